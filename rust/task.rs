//! A task and the rules of its life. Pure: no I/O, no clock.

use crate::status::{AgentState, Millis};
use serde::{Deserialize, Serialize};

/// Where a task is in its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// Created, or reopened; nothing runs.
    Pending,
    /// Its tmux session lives.
    Running,
    /// Running, with at least one open request.
    Waiting,
    /// Done.
    Completed,
    /// Given up, with a reason.
    Failed,
}

/// How a task's edits are kept apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, Default)]
#[serde(rename_all = "snake_case")]
pub enum Isolation {
    /// The best the project allows.
    #[default]
    Auto,
    /// A GitButler stack.
    Stack,
    /// A git worktree.
    Worktree,
    /// The shared working tree; Chorus commits nothing.
    None,
}

/// A task as every client sees it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Task {
    /// Canonical path of the project.
    pub project: String,
    /// `#12`, counted per project.
    pub number: i64,
    /// Identity across projects and renumbering.
    pub uuid: String,
    /// One line.
    pub title: String,
    /// Markdown; absent in lists, present in [`crate::contract::Page`].
    pub description: Option<String>,
    /// Higher first; 0 by default.
    pub priority: i64,
    /// Free words.
    pub tags: Vec<String>,
    /// The task's life.
    pub status: Status,
    /// The agent's name, `claude` by default.
    pub agent: String,
    /// The model passed to the agent, if any.
    pub model: Option<String>,
    /// The permission mode passed to the agent, if any.
    pub permission_mode: Option<String>,
    /// What the agent does.
    pub agent_status: AgentState,
    /// A turn ended that nobody has seen.
    pub unread: bool,
    /// How edits are kept apart.
    pub isolation: Isolation,
    /// The stack's branch name.
    pub stack: Option<String>,
    /// The task (number) this one builds on.
    pub on: Option<i64>,
    /// The worktree's path.
    pub worktree: Option<String>,
    /// The tmux pane id, such as `%3`.
    pub pane: Option<String>,
    /// The agent's session id.
    pub session_id: Option<String>,
    /// How often the agent was restarted.
    pub restarts: i64,
    /// Prompts accepted and not yet delivered.
    pub queued: i64,
    /// Number of open requests.
    pub requests: i64,
    /// The reason of a failure, or the result told at completion.
    pub result: Option<String>,
    /// True for `chorus demo-agent`: shown wherever the task is shown.
    pub demo: bool,
    /// When it was created.
    pub created_at: Millis,
    /// When it was first started.
    pub started_at: Option<Millis>,
    /// When it was completed or failed.
    pub completed_at: Option<Millis>,
    /// Grows with every change of this task.
    pub revision: i64,
}

/// A change of a task's life that a verb asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// Begin to run.
    Start,
    /// End well.
    Complete,
    /// Give up.
    Fail,
    /// Make pending again.
    Reopen,
    /// Remove from the store.
    Delete,
    /// Anything that needs a live session: send, interrupt, restart, answer.
    Touch,
}

impl Status {
    /// Whether the task's tmux session should exist.
    pub fn is_live(self) -> bool {
        matches!(self, Status::Running | Status::Waiting)
    }

    /// Where `step` leads from here, or what to say instead: why not, and what to do next.
    pub fn after(self, step: Step) -> Result<Status, (&'static str, &'static str)> {
        use Status::*;
        match (step, self) {
            (Step::Start, Pending) => Ok(Running),
            (Step::Start, Running | Waiting) => Err(("it is running already", "use `restart` to restart its agent")),
            (Step::Start, _) => Err(("it has ended", "use `reopen` first")),
            (Step::Complete, Running | Waiting) => Ok(Completed),
            (Step::Fail, Running | Waiting) => Ok(Failed),
            (Step::Complete | Step::Fail | Step::Touch, Pending) => {
                Err(("it has not been started", "use `start` first"))
            }
            (Step::Complete | Step::Fail | Step::Touch, Completed | Failed)
                if step != Step::Touch || !self.is_live() =>
            {
                Err(("it has ended", "use `reopen` to take it up again"))
            }
            (Step::Touch, live) => Ok(live),
            (Step::Reopen, Completed | Failed) => Ok(Pending),
            (Step::Reopen, _) => Err(("it has not ended", "only a completed or failed task can be reopened")),
            (Step::Delete, Pending | Completed | Failed) => Ok(self),
            (Step::Delete, _) => Err(("it is running", "complete or fail it first")),
            (Step::Complete | Step::Fail, Completed | Failed) => {
                Err(("it has ended", "use `reopen` to take it up again"))
            }
        }
    }
}
