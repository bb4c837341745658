//! A task's life, and its agent's.

use super::column::{JsonColumn, WordColumn};
use super::journal::Who;
use super::requests::RequestOutcome;
use super::tx::Tx;
use crate::contract::{Code, EditsChanged, Event, TurnEnded};
use crate::error::{Error, Result};
use crate::status::{AgentState, AgentStatus, Detail};
use crate::task::{Isolation, Status, Step, Task};
use crate::text::{clean_block, clean_summary};
use rusqlite::params;

impl Tx<'_> {
    /// The task and where `step` leads; fails with [`Code::WrongState`]: `cannot DOING #12: WHY`.
    pub fn may(&self, uuid: &str, step: Step, doing: &str) -> Result<(Task, Status)> {
        let task = self.row(uuid)?;
        match task.status.after(step) {
            Ok(status) => Ok((task, status)),
            Err((why, hint)) => {
                let message = format!("cannot {doing} #{}: {why}", task.number);
                Err(Error::new(Code::WrongState, message).hint(hint))
            }
        }
    }

    /// Takes a step of the task's life. `said` is the result of a completion or the reason of a failure.
    ///
    /// Ending closes its requests as gone, gives up its prompts, forgets its pane and stops its agent's state, so the
    /// processes are ended before.
    pub fn step(&mut self, uuid: &str, step: Step, who: Who, said: Option<&str>) -> Result<Task> {
        let (doing, what, done) = match step {
            Step::Start => ("start", "started", "Started"),
            Step::Complete => ("complete", "completed", "Completed"),
            Step::Fail => ("fail", "failed", "Given up"),
            Step::Reopen => ("reopen", "reopened", "Reopened"),
            Step::Delete | Step::Touch => return Err(Error::internal("not a step from one status to another")),
        };
        let (_, status) = self.may(uuid, step, doing)?;
        let said = said.map(clean_block).filter(|said| !said.trim().is_empty());
        if matches!(step, Step::Complete | Step::Fail) {
            self.close_requests(uuid, RequestOutcome::Gone, Who::Chorus)?;
            self.give_up_prompts(uuid, "the task has ended")?;
            self.end_alerts(uuid)?;
            self.set_agent_state(uuid, AgentState::default())?;
            self.set_pane(uuid, None)?;
            // Whoever ends a task is done with what it said.
            self.seen(uuid)?;
        }
        let ended = matches!(step, Step::Complete | Step::Fail).then(|| self.now());
        self.run(
            "UPDATE tasks SET status = ?2, result = ?3, completed_at = ?4, unread = unread AND ?4 IS NULL,
                outdated = CASE WHEN ?4 IS NULL THEN outdated ELSE 0 END,
                started_at = CASE WHEN ?2 = 'running' THEN coalesce(started_at, ?5) ELSE started_at END
            WHERE uuid = ?1",
            params![uuid, WordColumn(status), said, ended, self.now()],
        )?;
        let text = said.map_or(done.to_owned(), |said| format!("{done}: {said}"));
        self.journal(uuid, who, what, &text, None)?;
        self.touch(uuid)?;
        self.row(uuid)
    }

    /// Makes a task pending again whose start did not succeed, and says why.
    pub fn undo_start(&mut self, uuid: &str, why: &str) -> Result<Task> {
        if self.row(uuid)?.status.is_live() {
            self.close_requests(uuid, RequestOutcome::Gone, Who::Chorus)?;
            self.give_up_prompts(uuid, "the task could not be started")?;
            self.end_alerts(uuid)?;
            self.set_agent_state(uuid, AgentState::default())?;
            self.set_pane(uuid, None)?;
            self.run(
                "UPDATE tasks SET status = ?2, outdated = 0 WHERE uuid = ?1",
                params![uuid, WordColumn(Status::Pending)],
            )?;
            self.journal(uuid, Who::Chorus, "start_failed", &format!("Could not be started: {why}"), None)?;
            self.touch(uuid)?;
        }
        self.row(uuid)
    }

    /// Sets what the agent does; true when that is news. `since` is kept while status and kind stay, else it is the
    /// state's own, or now when that is 0. A task that does not run stays stopped whatever late evidence says.
    pub fn set_agent_state(&mut self, uuid: &str, state: AgentState) -> Result<bool> {
        let task = self.row(uuid)?;
        let old = task.agent_status;
        let mut state = AgentState { detail: bounded(state.detail), ..state };
        let same = (old.status, old.kind) == (state.status, state.kind);
        if same {
            state.since = old.since;
        } else if state.since == 0 {
            state.since = self.now();
        }
        if state == old || !task.status.is_live() && state.status != AgentStatus::Stopped {
            return Ok(false);
        }
        self.run(
            "UPDATE tasks SET agent_status = ?2, agent_kind = ?3, agent_detail = ?4, agent_since = ?5 WHERE uuid = ?1",
            params![uuid, WordColumn(state.status), state.kind.map(WordColumn), JsonColumn(&state.detail), state.since],
        )?;
        self.touch(uuid)?;
        Ok(true)
    }

    /// A turn ended: unread until someone sees it. Nothing for a task that does not run.
    pub fn end_turn(&mut self, uuid: &str, message: Option<&str>) -> Result<()> {
        let task = self.row(uuid)?;
        if !task.status.is_live() {
            return Ok(());
        }
        let message = message.map(|message| clean_summary(message, 500)).filter(|message| !message.is_empty());
        self.run("UPDATE tasks SET unread = 1 WHERE uuid = ?1", [uuid])?;
        let text = message.as_ref().map_or("The turn ended".to_owned(), |message| format!("The turn ended: {message}"));
        self.journal(uuid, Who::Agent, "turn_ended", &text, None)?;
        self.touch(uuid)?;
        let ended = TurnEnded { uuid: task.uuid, number: task.number, title: task.title, message };
        self.notify(&task.project, Event::TurnEnded(ended));
        if task.isolation != Isolation::Stack {
            // No scan finds what its commands wrote.
            self.notify(&task.project, Event::EditsChanged(EditsChanged::anywhere()));
        }
        Ok(())
    }

    /// A person wants notifications of the task, or none; false where that was so before.
    pub fn mute(&mut self, uuid: &str, muted: bool) -> Result<bool> {
        let changed =
            self.run("UPDATE tasks SET muted = ?2 WHERE uuid = ?1 AND muted <> ?2", params![uuid, muted])? == 1;
        if changed {
            let text = if muted { "Notifications muted" } else { "Notifications no longer muted" };
            self.journal(uuid, Who::Person, "muted", text, None)?;
            self.touch(uuid)?;
        }
        Ok(changed)
    }

    /// Someone has seen the last turn.
    pub fn seen(&mut self, uuid: &str) -> Result<()> {
        if self.run("UPDATE tasks SET unread = 0 WHERE uuid = ?1 AND unread", [uuid])? == 1 {
            self.touch(uuid)?;
        }
        Ok(())
    }
}

/// Every text at most 500 characters on one line.
fn bounded(detail: Detail) -> Detail {
    let line = |text: Option<String>| text.map(|text| clean_summary(&text, 500));
    Detail {
        tool: line(detail.tool),
        summary: line(detail.summary),
        message: line(detail.message),
        retry: line(detail.retry),
        background: line(detail.background),
        prompt: line(detail.prompt),
        ..detail
    }
}
