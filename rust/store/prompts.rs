//! The prompts a task was sent, in the order they were accepted.

use super::column::{Cells, JsonColumn, WordColumn};
use super::documents::KnownBy;
use super::journal::Who;
use super::tx::Tx;
use super::{refuse, text};
use crate::contract::{Code, DocumentVersion, Event, Notice};
use crate::error::Result;
use crate::evidence::PromptRefusal;
use crate::status::Millis;
use crate::task::{Alert, AlertKind, Step};
use crate::text::{clean_line, clean_summary};
use rusqlite::{Row, params};
use serde::{Deserialize, Serialize};

/// Prompts of one task that may wait.
const QUEUE: i64 = 100;
/// A hook of the person's may take a minute before it refuses a prompt.
const REFUSED_WITHIN: Millis = 60_000;
/// Between the agent's busy session or its refusal, and the moment at which the prompt counted as delivered.
const DELIVERED_AROUND: Millis = 5_000;
const UNKNOWN: &str = "no reason is known";

/// How far a prompt came.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PromptState {
    /// Accepted.
    Queued,
    /// Being typed. After a crash nobody knows whether the agent has it.
    Sending,
    /// The agent has it.
    Delivered,
    /// Given up, with a reason.
    Failed,
}

/// One prompt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Prompt {
    /// Identity, growing.
    pub id: i64,
    /// The task's uuid.
    pub task: String,
    /// Exactly what the person wrote.
    pub text: String,
    /// To be typed as it is, so that `/compact` works.
    pub raw: bool,
    /// How far it came.
    pub state: PromptState,
    /// Why it failed.
    pub reason: Option<String>,
    /// When it was accepted.
    pub queued_at: Millis,
}

const SELECT: &str = "SELECT id, task, text, raw, state, reason, queued_at FROM prompts";

fn read(row: &Row<'_>) -> rusqlite::Result<Prompt> {
    let mut cells = Cells::of(row);
    Ok(Prompt {
        id: cells.next()?,
        task: cells.next()?,
        text: cells.next()?,
        raw: cells.next()?,
        state: cells.word()?,
        reason: cells.next()?,
        queued_at: cells.next()?,
    })
}

impl Tx<'_> {
    /// Accepts a person's prompt for a task that runs.
    pub fn enqueue(&mut self, uuid: &str, text: &str, raw: bool) -> Result<Prompt> {
        self.enqueue_of(Who::Person, uuid, text, raw)
    }

    /// Accepts a prompt for a task that runs; `who` wrote it.
    pub fn enqueue_of(&mut self, who: Who, uuid: &str, text: &str, raw: bool) -> Result<Prompt> {
        let (task, _) = self.may(uuid, Step::Touch, "send to")?;
        let accept = |tx: &mut Self| {
            text::bounded("the prompt", text)?;
            if text.trim().is_empty() {
                return Err(refuse(Code::BadInput, "the prompt is empty", "write what the agent should do"));
            }
            if task.queued >= QUEUE {
                let message = format!("{QUEUE} prompts wait already");
                return Err(refuse(Code::TaskBusy, message, "answer its open request, or see `explain`"));
            }
            let sql = "INSERT INTO prompts (task, text, raw, state, queued_at, changed_at)
                VALUES (?1, ?2, ?3, 'queued', ?4, ?4) RETURNING id, task, text, raw, state, reason, queued_at";
            let prompt = tx.one(sql, params![uuid, text, raw, tx.now()], read)?;
            tx.journal(uuid, who, "prompt", text, None)?;
            tx.touch(uuid)?;
            prompt.ok_or_else(|| crate::error::Error::internal("the prompt just made is not there"))
        };
        accept(self).map_err(|error| error.context(format!("cannot send to #{}", task.number)))
    }

    /// Accepts a person's prompt that holds these versions: the agent knows them once it has the prompt.
    pub fn enqueue_telling(&mut self, uuid: &str, text: &str, versions: &[DocumentVersion]) -> Result<Prompt> {
        let prompt = self.enqueue(uuid, text, false)?;
        self.put_versions(prompt.id, versions)?;
        Ok(prompt)
    }

    /// The prompt holds these versions.
    pub(super) fn put_versions(&mut self, id: i64, versions: &[DocumentVersion]) -> Result<()> {
        if !versions.is_empty() {
            self.run("UPDATE prompts SET documents = ?2 WHERE id = ?1", params![id, JsonColumn(versions)])?;
        }
        Ok(())
    }

    /// The versions of documents in prompts on their way to the agent.
    pub fn versions_on_their_way(&self, uuid: &str) -> Result<Vec<DocumentVersion>> {
        let sql = "SELECT documents FROM prompts
            WHERE task = ?1 AND state IN ('queued', 'sending') AND documents IS NOT NULL";
        let found = self.all(sql, [uuid], |row| row.get::<_, JsonColumn<Vec<DocumentVersion>>>(0))?;
        Ok(found.into_iter().flat_map(|versions| versions.0).collect())
    }

    /// Whether the agent knows other versions of documents by the prompt.
    pub fn tells_of_documents(&self, id: i64) -> Result<bool> {
        Ok(!self.versions_in(id)?.is_empty())
    }

    /// The versions of documents in the prompt.
    pub(super) fn versions_in(&self, id: i64) -> Result<Vec<DocumentVersion>> {
        let sql = "SELECT documents FROM prompts WHERE id = ?1 AND documents IS NOT NULL";
        let found = self.one(sql, [id], |row| row.get::<_, JsonColumn<Vec<DocumentVersion>>>(0))?;
        Ok(found.map(|versions| versions.0).unwrap_or_default())
    }

    /// The prompt to send next: the oldest that waits, and none while one is being sent.
    pub fn next_prompt(&self, uuid: &str) -> Result<Option<Prompt>> {
        let sql = format!(
            "{SELECT} WHERE task = ?1 AND state IN ('queued', 'sending')
            ORDER BY state = 'sending' DESC, coalesce(place, id), id LIMIT 1"
        );
        Ok(self.one(&sql, [uuid], read)?.filter(|prompt| prompt.state == PromptState::Queued))
    }

    /// Prompts that were being sent. In a daemon that just started: when the one before ended.
    pub fn sending(&self) -> Result<Vec<Prompt>> {
        self.all(&format!("{SELECT} WHERE state = 'sending' ORDER BY id"), [], read)
    }

    /// Records how far a prompt came. Delivered and failed are final: true when that was news.
    pub fn set_prompt(&mut self, id: i64, state: PromptState, reason: Option<&str>) -> Result<bool> {
        let Some(task) = self.move_prompt(id, state, reason)? else { return Ok(false) };
        if state == PromptState::Failed {
            self.run("UPDATE prompts SET kept = 1 WHERE id = ?1", [id])?;
            self.alert_of_prompts(&task)?;
            let row = self.row(&task)?;
            let reason = clean_line(reason.unwrap_or(UNKNOWN), 500);
            let notice = Notice {
                level: "error".to_owned(),
                text: format!("a prompt may not have reached #{}: {reason}", row.number),
                hint: Some(format!("`:Chorus attach {}` shows what it does", row.number)),
            };
            self.notify(&row.project, Event::Notice(notice));
        }
        Ok(true)
    }

    /// Reports that a prompt waits although its agent looks free, and why.
    pub fn report_waiting_prompt(&mut self, id: i64, why: &str) -> Result<()> {
        let owner = "SELECT task FROM prompts WHERE id = ?1";
        let Some(task) = self.one::<String>(owner, [id], |row| row.get(0))? else { return Ok(()) };
        let row = self.row(&task)?;
        let why = clean_line(why, 500);
        self.journal(&task, Who::Chorus, "prompt_waits", &format!("A prompt waits: {why}"), None)?;
        let notice = Notice {
            level: "warn".to_owned(),
            text: format!("a prompt of #{} waits: {why}", row.number),
            hint: Some(format!("`:Chorus attach {}` shows what the agent does", row.number)),
        };
        self.notify(&row.project, Event::Notice(notice));
        Ok(())
    }

    /// The task whose prompt it is, if that was news.
    fn move_prompt(&mut self, id: i64, state: PromptState, reason: Option<&str>) -> Result<Option<String>> {
        let reason = reason.map(|reason| clean_line(reason, 500));
        let sql = "UPDATE prompts SET state = ?2, reason = ?3, changed_at = ?4
            WHERE id = ?1 AND state IN ('queued', 'sending') AND state <> ?2 RETURNING task";
        let task: Option<String> =
            self.one(sql, params![id, WordColumn(state), reason, self.now()], |row| row.get(0))?;
        let Some(task) = task else { return Ok(None) };
        if state == PromptState::Failed {
            let text = format!("A prompt was not delivered: {}", reason.as_deref().unwrap_or(UNKNOWN));
            self.journal(&task, Who::Chorus, "prompt_failed", &text, None)?;
        }
        if state == PromptState::Delivered {
            for told in self.versions_in(id)? {
                self.know_document(&task, &told.path, &told.version, KnownBy::Tell)?;
            }
        }
        self.touch(&task)?;
        Ok(Some(task))
    }

    /// A prompt that counted as delivered was refused: the newest that `refusal` names, or where the agent does not record
    /// which it was, the newest that was delivered since about `began`. Nothing where a person typed it in the terminal,
    /// nor for a refusal that is stored already: true where it is news.
    pub fn refuse_prompt(
        &mut self,
        uuid: &str,
        refusal: &PromptRefusal,
        began: Option<Millis>,
        why: &str,
    ) -> Result<bool> {
        if !self.first_time(&format!("refusal {uuid} {}", refusal.stamp))? {
            return Ok(false);
        }
        let from = match &refusal.prompt {
            Some(_) => refusal.at - REFUSED_WITHIN,
            None => began.unwrap_or(refusal.at) - DELIVERED_AROUND,
        };
        let sql = format!(
            "{SELECT} WHERE task = ?1 AND state IN ('sending', 'delivered') AND changed_at BETWEEN ?2 AND ?3
            ORDER BY id DESC LIMIT 5"
        );
        let recent = self.all(&sql, params![uuid, from, refusal.at + DELIVERED_AROUND], read)?;
        let is_it = |prompt: &Prompt| refusal.prompt.as_ref().is_none_or(|told| is_of(told, &prompt.text));
        let Some(prompt) = recent.into_iter().find(is_it) else { return Ok(true) };
        let sql = "UPDATE prompts SET state = 'failed', reason = ?2, kept = 1 WHERE id = ?1";
        self.run(sql, params![prompt.id, clean_line(why, 500)])?;
        self.alert_of_prompts(uuid)?;
        Ok(true)
    }

    /// The agent took a prompt at that time. One that counted as undelivered until then only came late.
    pub fn accept_late_prompt(&mut self, uuid: &str, told: &str, at: Millis) -> Result<()> {
        // A hook of the person's that refused it had seen it before.
        let sql = format!("{SELECT} WHERE task = ?1 AND kept AND state = 'failed' AND changed_at <= ?2 ORDER BY id");
        let kept = self.all(&sql, params![uuid, at], read)?;
        let Some(prompt) = kept.into_iter().find(|prompt| is_of(told, &prompt.text)) else { return Ok(()) };
        self.run("UPDATE prompts SET state = 'delivered', reason = NULL, kept = 0 WHERE id = ?1", [prompt.id])?;
        self.alert_of_prompts(uuid)
    }

    /// The alert that prompts were not delivered, or its end.
    fn alert_of_prompts(&mut self, uuid: &str) -> Result<()> {
        let sql = format!("{SELECT} WHERE task = ?1 AND kept ORDER BY id");
        let kept = self.all(&sql, [uuid], read)?;
        let Some(newest) = kept.last() else { return self.end_alert(uuid, AlertKind::Prompt) };
        let others = match kept.len() - 1 {
            0 => String::new(),
            others => format!(" and {others} before it"),
        };
        let reason = newest.reason.as_deref().unwrap_or(UNKNOWN);
        let alert = Alert {
            kind: AlertKind::Prompt,
            text: format!("the prompt “{}”{others} may not have reached it: {reason}", clean_summary(&newest.text, 60)),
            remedy: Some("`resend` sends it again, `dismiss` forgets it".to_owned()),
        };
        self.put_alert(uuid, &alert).map(drop)
    }

    /// Accepts again, in order, what may not have reached the agent.
    pub fn resend_prompts(&mut self, uuid: &str) -> Result<()> {
        let (task, _) = self.may(uuid, Step::Touch, "send to")?;
        let sql = format!("{SELECT} WHERE task = ?1 AND kept ORDER BY id");
        let kept = self.all(&sql, [uuid], read)?;
        if kept.is_empty() {
            let message = format!("cannot send to #{} again: it has got every prompt", task.number);
            return Err(refuse(Code::WrongState, message, "use `send` for a new one"));
        }
        for prompt in kept {
            let again = self.enqueue(uuid, &prompt.text, prompt.raw)?;
            let same = "UPDATE prompts SET documents = (SELECT documents FROM prompts WHERE id = ?2) WHERE id = ?1";
            self.run(same, [again.id, prompt.id])?;
            self.run("UPDATE prompts SET kept = 0 WHERE id = ?1", [prompt.id])?;
        }
        self.end_alert(uuid, AlertKind::Prompt)
    }

    /// Fails every prompt of the task that waits.
    pub fn give_up_prompts(&mut self, uuid: &str, reason: &str) -> Result<()> {
        let sql = "SELECT id FROM prompts WHERE task = ?1 AND state IN ('queued', 'sending') ORDER BY id";
        let waiting: Vec<i64> = self.all(sql, [uuid], |row| row.get(0))?;
        for id in waiting {
            self.move_prompt(id, PromptState::Failed, Some(reason))?;
        }
        Ok(())
    }
}

/// Whether `told` is the prompt as the agent received it: the same lines, below the task's context where that came with it.
/// A backslash keeps a text from being run as a command.
fn is_of(told: &str, text: &str) -> bool {
    let Ok(typed) = crate::typing::prepared::accepted(text) else { return false };
    let line = |line: &str| line.trim().trim_start_matches('\\').to_owned();
    let lines = |text: &str| text.trim().lines().map(line).collect::<Vec<_>>();
    lines(told).ends_with(&lines(&typed))
}

#[cfg(test)]
mod tests {
    use super::{PromptState, is_of};
    use crate::contract::TaskNew;
    use crate::store::{Defaults, Store, Who};
    use crate::task::{Isolation, Step};

    #[tokio::test]
    async fn a_prompt_that_comes_late_is_no_trouble_any_more() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(folder.path()).unwrap();
        let seen = store.write(|tx| {
            let defaults = Defaults { agent: "claude".into(), isolation: Isolation::None };
            let task = tx.create("/p", TaskNew { title: "A".into(), ..TaskNew::default() }, &defaults)?.uuid;
            tx.step(&task, Step::Start, Who::Person, None)?;
            for text in ["first", "second"] {
                let id = tx.enqueue(&task, text, false)?.id;
                tx.set_prompt(id, PromptState::Failed, Some("it was slow"))?;
            }
            let alerts = |tx: &super::Tx<'_>| Ok::<_, crate::error::Error>(tx.row(&task)?.alerts);
            let now = tx.now();
            tx.accept_late_prompt(&task, "first", now - 60_000)?;
            let before = alerts(tx)?;
            tx.accept_late_prompt(&task, "another", now)?;
            tx.accept_late_prompt(&task, "# Task 1\n\nsecond", now + 1)?;
            let between = alerts(tx)?;
            tx.accept_late_prompt(&task, "first", now + 1)?;
            Ok([before, between, alerts(tx)?])
        });
        let [before, between, after] = seen.await.unwrap();
        assert!(before[0].text.starts_with("the prompt “second” and 1 before it may not"), "{before:?}");
        assert!(between[0].text.starts_with("the prompt “first” may not"), "{between:?}");
        assert!(after.is_empty(), "{after:?}");
    }

    #[test]
    fn a_prompt_is_found_by_all_of_its_lines() {
        for (told, text) in [
            ("ok", "ok"),
            ("a\nb", " a\r\nb\n"),
            ("# Task 1\n\nabout it\n\nok", "ok"),
            ("\\/clear", "/clear"),
            ("a    b", "a\tb"),
        ] {
            assert!(is_of(told, text), "{told:?} {text:?}");
        }
        for (told, text) in [("is it ok", "ok"), ("ok\nthen", "ok"), ("book", "ok"), ("a", "b\na"), ("", "")] {
            assert!(!is_of(told, text), "{told:?} {text:?}");
        }
    }
}
