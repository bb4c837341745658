//! Tasks: their rows, finding them, creating, editing, deleting.

use super::column::{Cells, JsonColumn, WordColumn};
use super::filter::Filter;
use super::journal::Who;
use super::steps::{Fields, StepChange};
use super::tx::Tx;
use super::{refuse, text};
use crate::contract::{Code, Event, TaskDeleted, TaskEdit, TaskNew};
use crate::error::{Error, Result};
use crate::status::{AgentState, AgentStatus};
use crate::task::{Isolation, Status, Step, Task};
use crate::text::clean_line;
use rusqlite::{Row, params};

/// What a new task has where its maker says nothing.
#[derive(Clone, Debug)]
pub struct Defaults {
    /// The agent's name.
    pub agent: String,
    /// How edits are kept apart.
    pub isolation: Isolation,
}

/// A task needs a person: something is asked of one, or nothing goes on without one.
const NEEDY: &str = "status = 'waiting'
    OR status = 'running'
        AND (agent_status IN ('login_required', 'error', 'exited') OR EXISTS (SELECT 1 FROM alerts WHERE task = uuid))
    OR trouble IS NOT NULL";

/// In the order of [`read`]. `description` is an expression: lists leave the text out.
fn select(description: &str, rest: &str) -> String {
    format!(
        "SELECT project, number, uuid, title, {description}, priority, tags, status, agent, model, permission_mode,
            agent_status, agent_kind, agent_detail, agent_since, unread, muted, isolation, isolation_reason,
            stack, \"on\", worktree,
            (SELECT count(*) FROM commits WHERE task = uuid AND gone_at IS NULL), uncommitted, overlaps, unclaimed,
            outdated, trouble,
            (SELECT json_group_array(json_object('kind', kind, 'text', text, 'remedy', remedy))
                FROM alerts WHERE task = uuid),
            pane,
            session_id, restarts,
            (SELECT count(*) FROM prompts WHERE task = uuid AND state IN ('queued', 'sending')),
            (SELECT count(*) FROM requests WHERE task = uuid AND closed_at IS NULL),
            result, demo, created_at, started_at, completed_at, revision
        FROM tasks {rest}"
    )
}

fn read(row: &Row<'_>) -> rusqlite::Result<Task> {
    let mut cells = Cells::of(row);
    Ok(Task {
        project: cells.next()?,
        number: cells.next()?,
        uuid: cells.next()?,
        title: cells.next()?,
        description: cells.next()?,
        priority: cells.next()?,
        tags: cells.json()?,
        status: cells.word()?,
        agent: cells.next()?,
        model: cells.next()?,
        permission_mode: cells.next()?,
        agent_status: AgentState {
            status: cells.word()?,
            kind: cells.next::<Option<WordColumn<_>>>()?.map(|kind| kind.0),
            detail: cells.json()?,
            since: cells.next()?,
        },
        unread: cells.next()?,
        muted: cells.next()?,
        isolation: cells.word()?,
        isolation_reason: cells.next()?,
        stack: cells.next()?,
        on: cells.next()?,
        worktree: cells.next()?,
        commits: cells.next()?,
        uncommitted: cells.next()?,
        overlaps: cells.json()?,
        unclaimed: cells.next()?,
        outdated: cells.next()?,
        trouble: cells.next::<Option<JsonColumn<_>>>()?.map(|trouble| trouble.0),
        alerts: cells.json()?,
        pane: cells.next()?,
        session_id: cells.next()?,
        restarts: cells.next()?,
        queued: cells.next()?,
        requests: cells.next()?,
        result: cells.next()?,
        demo: cells.next()?,
        created_at: cells.next()?,
        started_at: cells.next()?,
        completed_at: cells.next()?,
        revision: cells.next()?,
    })
}

impl Tx<'_> {
    /// The task that a person named: a number of `project` (`12`, `#12`) or a uuid of any project; with its
    /// description. Fails with [`Code::NoSuchTask`] and the nearest as a hint.
    pub fn task(&self, project: &str, given: &str) -> Result<Task> {
        let given = given.trim();
        let found = match given.strip_prefix('#').unwrap_or(given).parse::<i64>() {
            Ok(number) => {
                self.one(&select("description", "WHERE project = ?1 AND number = ?2"), params![project, number], read)?
            }
            Err(_) => self.one(&select("description", "WHERE uuid = ?1"), [given], read)?,
        };
        match found {
            Some(task) => Ok(task),
            None => Err(self.no_such_task(project, given)?),
        }
    }

    /// The task as lists show it: without its description.
    pub fn row(&self, uuid: &str) -> Result<Task> {
        let found = self.one(&select("NULL", "WHERE uuid = ?1"), [uuid], read)?;
        found.ok_or_else(|| Error::new(Code::NoSuchTask, "the task is gone").hint("`chorus list` shows the tasks"))
    }

    /// Tasks of `project`, or of all, without descriptions: by project, then priority, then number.
    pub fn tasks(&self, project: Option<&str>, filter: &Filter) -> Result<Vec<Task>> {
        let rest = "WHERE ?1 IS NULL OR project = ?1 ORDER BY project, priority DESC, number";
        let mut tasks = self.all(&select("NULL", rest), [project], read)?;
        tasks.retain(|task| filter.matches(task));
        Ok(tasks)
    }

    /// Whether any task's tmux session should live.
    pub fn has_live_tasks(&self) -> Result<bool> {
        Ok(self.number("SELECT EXISTS (SELECT 1 FROM tasks WHERE status IN ('running', 'waiting'))", [])? == 1)
    }

    /// How many tasks outside of `project` need a person.
    pub fn elsewhere(&self, project: &str) -> Result<i64> {
        self.number(&format!("SELECT count(*) FROM tasks WHERE project <> ?1 AND ({NEEDY})"), [project])
    }

    /// Creates a task; the reply is the task with its description.
    pub fn create(&mut self, project: &str, new: TaskNew, defaults: &Defaults) -> Result<Task> {
        let create = |tx: &mut Self| {
            let title = text::title(&new.title)?;
            let description = text::description(new.description.as_deref().unwrap_or_default())?;
            let tags = text::tags(&new.tags)?;
            let agent = text::name("the agent's name", new.agent.as_deref().unwrap_or(&defaults.agent))?;
            let optional = |what, given: &Option<String>| given.as_deref().map(|it| text::name(what, it)).transpose();
            let model = optional("the model", &new.model)?;
            let permission_mode = optional("the permission mode", &new.permission_mode)?;
            if let Some(on) = new.on {
                tx.task(project, &on.to_string())?;
            }
            let uuid = uuid::Uuid::new_v4().to_string();
            let number = tx.next_number(project)?;
            let idle = AgentStatus::default();
            tx.run(
                "INSERT INTO tasks (uuid, project, number, title, description, priority, tags, status, agent, model,
                    permission_mode, agent_status, agent_since, isolation, \"on\", created_at)
                VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?13)",
                params![
                    uuid,
                    project,
                    number,
                    title,
                    description,
                    new.priority,
                    JsonColumn(&tags),
                    WordColumn(Status::Pending),
                    agent,
                    model,
                    permission_mode,
                    WordColumn(idle),
                    tx.now(),
                    WordColumn(new.isolation.unwrap_or(defaults.isolation)),
                    new.on,
                ],
            )?;
            tx.journal(&uuid, Who::Person, "created", &format!("Created as `{title}`"), None)?;
            tx.touch(&uuid)?;
            tx.task(project, &uuid)
        };
        create(self).map_err(|error| error.context("cannot create the task"))
    }

    /// Changes the fields that are given and different; the reply is the task with its description.
    pub fn edit(&mut self, project: &str, edit: TaskEdit) -> Result<Task> {
        let task = self.task(project, &edit.task)?;
        let change = |tx: &mut Self| {
            let title = edit.title.as_deref().map_or(Ok(task.title.clone()), text::title)?;
            let description = edit.description.as_deref().map_or(Ok(task.description.clone()), text::description)?;
            let tags = edit.tags.as_deref().map_or(Ok(task.tags.clone()), text::tags)?;
            let priority = edit.priority.unwrap_or(task.priority);
            let changed = [
                (title != task.title, "title"),
                (description != task.description, "description"),
                (priority != task.priority, "priority"),
                (tags != task.tags, "tags"),
            ];
            let changed: Vec<_> = changed.into_iter().filter(|(differs, _)| *differs).map(|(_, name)| name).collect();
            if !changed.is_empty() {
                let has = |name: &str| changed.contains(&name);
                let before = Fields {
                    title: has("title").then(|| task.title.clone()),
                    description: has("description").then(|| task.description.clone().unwrap_or_default()),
                    priority: has("priority").then_some(task.priority),
                    tags: has("tags").then(|| task.tags.clone()),
                };
                let after = Fields {
                    title: has("title").then(|| title.clone()),
                    description: has("description").then(|| description.clone().unwrap_or_default()),
                    priority: has("priority").then_some(priority),
                    tags: has("tags").then(|| tags.clone()),
                };
                let change = StepChange::Edited { before, after };
                tx.note_step(&task.project, Some(&task), "edit", edit.command.as_deref(), &change)?;
                tx.run(
                    "UPDATE tasks SET title = ?2, description = ?3, priority = ?4, tags = ?5 WHERE uuid = ?1",
                    params![task.uuid, title, description, priority, JsonColumn(&tags)],
                )?;
                tx.journal(&task.uuid, Who::Person, "edited", &format!("Changed {}", changed.join(", ")), None)?;
                tx.touch(&task.uuid)?;
            }
            tx.task(project, &task.uuid)
        };
        change(self).map_err(|error| error.context(format!("cannot edit #{}", task.number)))
    }

    /// Removes a task that does not run, with its requests, prompts, launches and the facts kept about it. All of that can
    /// come back for a day; its journal stays for a while.
    pub fn delete(&mut self, uuid: &str, command: Option<&str>) -> Result<()> {
        let (task, _) = self.may(uuid, Step::Delete, "delete")?;
        self.note_step(&task.project, Some(&task), "delete", command, &StepChange::Deleted)?;
        self.keep_rows(uuid)?;
        self.journal(uuid, Who::Person, "deleted", &format!("Deleted #{} `{}`", task.number, task.title), None)?;
        self.run("DELETE FROM tasks WHERE uuid = ?1", [uuid])?;
        self.run("DELETE FROM meta WHERE key GLOB '*[a-z] ' || ?1 AND key <> 'id'", [uuid])?;
        self.forget(uuid);
        let gone = TaskDeleted { uuid: task.uuid, number: task.number };
        self.notify(&task.project, Event::TaskDeleted(gone));
        Ok(())
    }

    pub(super) fn next_number(&mut self, project: &str) -> Result<i64> {
        self.number(
            "INSERT INTO projects (path, next_number) VALUES (?1, 2)
            ON CONFLICT (path) DO UPDATE SET next_number = next_number + 1 RETURNING next_number - 1",
            [project],
        )
    }

    /// Whether the project has tasks.
    pub fn has_tasks(&self, project: &str) -> Result<bool> {
        Ok(self.number("SELECT count(*) FROM tasks WHERE project = ?1", [project])? > 0)
    }

    /// Everything of a project is at another path from now on, where no tasks are; each task's journal says why.
    pub fn move_project(&mut self, from: &str, to: &str, why: &str) -> Result<()> {
        self.run(
            "INSERT INTO projects (path, next_number) SELECT ?2, next_number FROM projects WHERE path = ?1
            ON CONFLICT (path) DO UPDATE SET next_number = max(next_number, excluded.next_number)",
            [from, to],
        )?;
        let tasks = self.tasks(Some(from), &Filter::default())?;
        self.run("DELETE FROM ledgers WHERE project = ?1", [to])?;
        for sql in
            ["UPDATE tasks SET project = ?2 WHERE project = ?1", "UPDATE ledgers SET project = ?2 WHERE project = ?1"]
        {
            self.run(sql, [from, to])?;
        }
        self.move_rows(from, to)?;
        self.run("DELETE FROM projects WHERE path = ?1", [from])?;
        for task in tasks {
            self.journal(&task.uuid, Who::Chorus, "moved", why, None)?;
            self.touch(&task.uuid)?;
        }
        Ok(())
    }

    fn no_such_task(&self, project: &str, given: &str) -> Result<Error> {
        let tasks = self.tasks(Some(project), &Filter::default())?;
        let number = given.strip_prefix('#').unwrap_or(given).parse::<i64>();
        let nearest = match number {
            Ok(number) => tasks.iter().min_by_key(|task| task.number.abs_diff(number)),
            Err(_) => tasks
                .iter()
                .map(|task| (strsim::jaro_winkler(&task.title.to_lowercase(), &given.to_lowercase()), task))
                .filter(|(likeness, _)| *likeness > 0.75)
                .max_by(|a, b| a.0.total_cmp(&b.0))
                .map(|(_, task)| task),
        };
        let shown = match number {
            Ok(number) => format!("#{number}"),
            Err(_) => format!("`{}`", clean_line(given, 50)),
        };
        let hint = match nearest {
            Some(task) => format!("the nearest is #{} `{}`; `chorus list` shows all", task.number, task.title),
            None if tasks.is_empty() => "this project has no tasks yet; `new` makes one".to_owned(),
            None => "give a number such as 12; `chorus list` shows the tasks".to_owned(),
        };
        Ok(refuse(Code::NoSuchTask, format!("there is no task {shown} in this project"), hint))
    }
}
