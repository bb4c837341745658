//! What persons did in the last day, and taking it back.

use super::column::{Cells, JsonColumn};
use super::journal::Who;
use super::tx::Tx;
use crate::attribution::{Content, Ledger, Marks};
use crate::contract::DocumentVersion;
use crate::error::{Error, Result};
use crate::status::Millis;
use crate::task::{Status, Step, Task};
use rusqlite::{Row, params};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// For how long a step can be taken back.
pub const UNDOABLE: Millis = 24 * 60 * 60 * 1000;

/// Steps of one project that are looked at.
const MOST: i64 = 200;

/// The fields of a task that a person edits; absent fields did not change.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Fields {
    /// One line.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// Markdown.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// Higher first.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub priority: Option<i64>,
    /// Free words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tags: Option<Vec<String>>,
}

/// The owners in a file, before and after a person assigned some of its edits.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Reassigned {
    path: String,
    /// A digest of the file's content then.
    content: String,
    before: Marks,
    after: Marks,
}

/// How a step is taken back.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum StepChange {
    /// The task gets its fields back.
    Edited {
        /// As they were.
        before: Fields,
        /// As they became.
        after: Fields,
    },
    /// The task is opened again.
    Ended {
        /// When it ended.
        at: Millis,
        /// Prompts that waited and were given up.
        given_up: i64,
    },
    /// The task comes back.
    Deleted,
    /// Edits get their owners back.
    Assigned {
        /// The files.
        files: Vec<Reassigned>,
    },
    /// A prompt that waited has its text again, or waits again.
    Prompt {
        /// The prompt.
        id: i64,
        /// Its text before.
        before: String,
        /// Its text since; nothing where it was removed.
        after: Option<String>,
        /// Whether it is typed as it is.
        raw: bool,
        /// Where it was removed, the versions of documents in it.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        documents: Vec<DocumentVersion>,
    },
    /// It cannot be taken back.
    Stays {
        /// Why, and what a person can do instead; part of a sentence.
        why: String,
    },
}

/// One step of a person.
#[derive(Clone, Debug, PartialEq)]
pub struct PersonStep {
    /// Identity, growing.
    pub id: i64,
    /// Steps of one command have the same word here.
    pub command: Option<String>,
    /// When.
    pub at: Millis,
    /// The verb.
    pub verb: String,
    /// The task's uuid.
    pub task: Option<String>,
    /// The task's number then.
    pub number: Option<i64>,
    /// The task's title then.
    pub title: Option<String>,
    /// How it is taken back.
    pub change: StepChange,
}

fn read(row: &Row<'_>) -> rusqlite::Result<PersonStep> {
    let mut cells = Cells::of(row);
    Ok(PersonStep {
        id: cells.next()?,
        command: cells.next()?,
        at: cells.next()?,
        verb: cells.next()?,
        task: cells.next()?,
        number: cells.next()?,
        title: cells.next()?,
        change: cells.json()?,
    })
}

/// Why a step cannot be taken back any more, as part of a sentence.
pub type Refusal = String;

impl Reassigned {
    /// What an assignment made of a file's ledger; nothing where its owners are the same.
    pub fn of(path: &str, before: &Ledger, after: &Ledger) -> Option<Reassigned> {
        (before.marks() != after.marks()).then(|| Reassigned {
            path: path.to_owned(),
            content: digest(after),
            before: before.marks().clone(),
            after: after.marks().clone(),
        })
    }
}

fn digest(ledger: &Ledger) -> String {
    let bytes = match &ledger.version().content {
        Content::Text(bytes) => Sha256::digest(bytes),
        Content::Opaque { hash } => Sha256::digest(hash.as_bytes()),
    };
    bytes.iter().take(16).map(|byte| format!("{byte:02x}")).collect()
}

impl Tx<'_> {
    /// Notes what a person did, mostly to a task.
    pub fn note_step(
        &mut self,
        project: &str,
        task: Option<&Task>,
        verb: &str,
        command: Option<&str>,
        change: &StepChange,
    ) -> Result<()> {
        self.run(
            "INSERT INTO steps (project, command, at, verb, task, number, title, change)
            VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
            params![
                project,
                command.map(super::text::id),
                self.now(),
                verb,
                task.map(|task| &task.uuid),
                task.map(|task| task.number),
                task.map(|task| &task.title),
                JsonColumn(change)
            ],
        )?;
        Ok(())
    }

    /// What persons did in the project in the last day and did not take back, newest first.
    pub fn steps(&self, project: &str) -> Result<Vec<PersonStep>> {
        let sql = "SELECT id, command, at, verb, task, number, title, change FROM steps
            WHERE project = ?1 AND at > ?2 AND undone_at IS NULL ORDER BY id DESC LIMIT ?3";
        self.all(sql, params![project, self.now() - UNDOABLE, MOST], read)
    }

    /// What taking the step back would do, in a sentence, or why it cannot be.
    pub fn plan_undo(&self, project: &str, step: &PersonStep) -> Result<std::result::Result<String, Refusal>> {
        let uuid = step.task.as_deref().unwrap_or_default();
        let task = match self.row(uuid) {
            Ok(row) => Some(self.task(&row.project, uuid)?),
            Err(_) => None,
        };
        Ok(match (&step.change, task) {
            (StepChange::Stays { why }, _) => Err(why.clone()),
            (StepChange::Deleted, Some(_)) => Err("the task exists again".into()),
            (StepChange::Deleted, None) if self.has_rows(uuid)? => {
                let number = if self.number_is_taken(uuid)? { " under a new number" } else { "" };
                Ok(format!("the task comes back{number} with its conversation, its requests and its journal"))
            }
            (StepChange::Deleted, None) => Err("nothing of the task is kept any more".into()),
            (StepChange::Assigned { files }, _) => self.plan_owners(project, files)?,
            (_, None) => Err("the task was deleted since".into()),
            (StepChange::Edited { before, after }, Some(task)) => plan_fields(&task, before, after),
            (StepChange::Ended { at, given_up }, Some(task)) => plan_opening(&task, *at, *given_up),
            (StepChange::Prompt { id, after, .. }, Some(task)) => self.plan_prompt(&task, *id, after.as_deref())?,
        })
    }

    /// Takes the step back, but for what of it is not in the store. [`Tx::plan_undo`] says whether that can be.
    pub fn undo_step(&mut self, project: &str, step: &PersonStep) -> Result<std::result::Result<String, Refusal>> {
        let done = match self.plan_undo(project, step)? {
            Ok(done) => done,
            Err(why) => return Ok(Err(why)),
        };
        let uuid = step.task.as_deref().unwrap_or_default();
        match &step.change {
            StepChange::Stays { .. } => return Err(Error::internal("a step that stays was taken back")),
            StepChange::Edited { before, .. } => self.put_fields(uuid, before)?,
            StepChange::Ended { .. } => _ = self.step(uuid, Step::Reopen, Who::Person, None)?,
            StepChange::Deleted => self.restore_rows(uuid)?,
            StepChange::Assigned { files } => self.put_owners(project, files)?,
            StepChange::Prompt { before, after: None, raw, documents, .. } => {
                let again = self.enqueue(uuid, before, *raw)?;
                self.put_versions(again.id, documents)?;
            }
            StepChange::Prompt { id, before, .. } => {
                self.run("UPDATE prompts SET text = ?2 WHERE id = ?1", params![id, before])?;
            }
        }
        if self.row(uuid).is_ok() {
            self.journal(uuid, Who::Person, "undone", &format!("Took back `{}`: {done}", step.verb), None)?;
            self.touch(uuid)?;
        }
        self.end_step(step.id)?;
        Ok(Ok(done))
    }

    /// The step is taken back.
    pub fn end_step(&mut self, id: i64) -> Result<()> {
        self.run("UPDATE steps SET undone_at = ?2 WHERE id = ?1", params![id, self.now()]).map(drop)
    }

    fn put_fields(&mut self, uuid: &str, fields: &Fields) -> Result<()> {
        self.run(
            "UPDATE tasks SET title = coalesce(?2, title), description = coalesce(?3, description),
                priority = coalesce(?4, priority), tags = coalesce(?5, tags) WHERE uuid = ?1",
            params![uuid, fields.title, fields.description, fields.priority, fields.tags.as_ref().map(JsonColumn)],
        )?;
        Ok(())
    }

    fn plan_prompt(&self, task: &Task, id: i64, after: Option<&str>) -> Result<std::result::Result<String, Refusal>> {
        let Some(after) = after else {
            let may = task.status.after(Step::Touch);
            return Ok(may
                .map(|_| "the prompt waits again, after all others".to_owned())
                .map_err(|(why, _)| why.into()));
        };
        let waiting = self.waiting_prompts(&task.uuid)?;
        let is_same = waiting.iter().any(|prompt| prompt.id == id && !prompt.sending && prompt.text == after);
        Ok(if is_same {
            Ok("the prompt has its previous text again".to_owned())
        } else {
            Err("the prompt was sent or changed since".to_owned())
        })
    }

    fn plan_owners(&self, project: &str, files: &[Reassigned]) -> Result<std::result::Result<String, Refusal>> {
        for file in files {
            let as_then = self.ledger(project, &file.path)?.filter(|ledger| digest(ledger) == file.content);
            if as_then.is_none_or(|ledger| *ledger.marks() != file.after) {
                return Ok(Err(format!("{} has changed or was committed since", file.path)));
            }
        }
        let paths: Vec<&str> = files.iter().map(|file| file.path.as_str()).collect();
        Ok(Ok(format!("the edits in {} get their previous owners", paths.join(", "))))
    }

    fn put_owners(&mut self, project: &str, files: &[Reassigned]) -> Result<()> {
        for file in files {
            let Some(ledger) = self.ledger(project, &file.path)? else { continue };
            let before = Ledger::kept(ledger.version().clone(), file.before.clone());
            self.put_ledger(project, &file.path, &before)?;
        }
        self.recount_edits(project)?;
        let paths: Vec<String> = files.iter().map(|file| file.path.clone()).collect();
        self.notify_edits(project, &paths);
        Ok(())
    }
}

impl StepChange {
    /// The files whose owners it changed.
    pub fn paths(&self) -> Vec<String> {
        match self {
            StepChange::Assigned { files } => files.iter().map(|file| file.path.clone()).collect(),
            _ => Vec::new(),
        }
    }
}

fn plan_fields(task: &Task, before: &Fields, after: &Fields) -> std::result::Result<String, Refusal> {
    let now = Fields {
        title: after.title.as_ref().map(|_| task.title.clone()),
        description: after.description.as_ref().map(|_| task.description.clone().unwrap_or_default()),
        priority: after.priority.map(|_| task.priority),
        tags: after.tags.as_ref().map(|_| task.tags.clone()),
    };
    if now != *after {
        return Err("these fields have changed since".into());
    }
    let title = before.title.as_ref().map(|title| format!("its title is “{title}” again"));
    let description = before.description.as_ref().map(|_| "its previous description returns".to_owned());
    let priority = before.priority.map(|priority| format!("its priority is {priority} again"));
    let tags = before.tags.as_ref().map(|tags| match tags.is_empty() {
        true => "it has no tags again".to_owned(),
        false => format!("its tags are {} again", tags.join(", ")),
    });
    Ok([title, description, priority, tags].into_iter().flatten().collect::<Vec<_>>().join(", "))
}

fn plan_opening(task: &Task, at: Millis, given_up: i64) -> std::result::Result<String, Refusal> {
    let has_ended = matches!(task.status, Status::Completed | Status::Failed);
    if !has_ended || task.completed_at != Some(at) {
        return Err("the task was reopened since".into());
    }
    let conversation = if task.session_id.is_some() { "resumes its conversation" } else { "starts its agent" };
    let branch = task.stack.as_ref().map(|branch| format!(", and its branch {branch} stays")).unwrap_or_default();
    let prompts = match given_up {
        0 => String::new(),
        1 => "; a prompt that waited stays given up".to_owned(),
        many => format!("; {many} prompts that waited stay given up"),
    };
    Ok(format!("the task is pending again; `start` {conversation}{branch}{prompts}"))
}
