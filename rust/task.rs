//! A task and the rules of its life. Pure: no I/O, no clock.

pub mod order;

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

/// Why a task's edits are not committed, or its branch is not as it should be.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Trouble {
    /// `depends_on`, `moved_outside`, `not_applied`, `conflicted`, `changing`, `damaged`, `repository`, `hook`, `tool`,
    /// `left` (a worktree that was removed, switched or locked), `nested` (edits in a repository inside the worktree),
    /// `prepared` (somebody committed what Chorus put into the worktree).
    pub kind: String,
    /// One sentence.
    pub text: String,
    /// What `mend` would do, as a sentence; nothing where only a person can.
    pub remedy: Option<String>,
    /// The branch above which the task's would be stacked, where that is the remedy.
    pub above: Option<String>,
    /// Files it is about.
    pub files: Vec<String>,
}

/// What of a live task needs a person and is no request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Alert {
    /// What it is about.
    pub kind: AlertKind,
    /// One sentence.
    pub text: String,
    /// What a person can do about it.
    pub remedy: Option<String>,
}

/// What an alert is about. A task has one of a kind at most.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AlertKind {
    /// The agent's hooks do not run.
    Hooks,
    /// The agent is in a conversation that is not the task's, or the task's is gone.
    Conversation,
    /// A prompt may not have reached the agent.
    Prompt,
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
    /// Markdown; absent in lists, present in a page.
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
    /// A person wants no notifications of it.
    #[serde(default)]
    pub muted: bool,
    /// How edits are kept apart.
    pub isolation: Isolation,
    /// Why its edits are not kept apart although that was not asked for; only with isolation `none`.
    pub isolation_reason: Option<String>,
    /// The stack's branch name.
    pub stack: Option<String>,
    /// The task (number) this one builds on.
    pub on: Option<i64>,
    /// The worktree's path.
    pub worktree: Option<String>,
    /// How many commits Chorus made for it.
    pub commits: i64,
    /// How many files hold uncommitted edits of it.
    pub uncommitted: i64,
    /// Other tasks (numbers) with uncommitted edits in the same files.
    pub overlaps: Vec<i64>,
    /// How many unclaimed edits may be of it.
    pub unclaimed: i64,
    /// How many documents changed since its agent read them.
    #[serde(default)]
    pub outdated: i64,
    /// What keeps its edits from being committed.
    pub trouble: Option<Trouble>,
    /// What else needs a person, beside requests.
    #[serde(default)]
    pub alerts: Vec<Alert>,
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

impl Task {
    /// The path from the task's worktree, or from its project; a path outside of both as it is.
    pub fn relative<'p>(&self, path: &'p str) -> &'p str {
        let below = |tree: &str| path.strip_prefix(tree)?.strip_prefix('/').filter(|rest| !rest.is_empty());
        self.worktree.as_deref().and_then(below).or_else(|| below(&self.project)).unwrap_or(path)
    }
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
            (Step::Complete, Running | Waiting) => Ok(Completed),
            (Step::Fail, Running | Waiting) => Ok(Failed),
            (Step::Touch, Running | Waiting) => Ok(self),
            (Step::Reopen, Completed | Failed) => Ok(Pending),
            (Step::Reopen, Pending | Running | Waiting) => {
                Err(("it has not ended", "only a completed or failed task can be reopened"))
            }
            (Step::Delete, Pending | Completed | Failed) => Ok(self),
            (Step::Delete, Running | Waiting) => Err(("it is running", "complete or fail it first")),
            (Step::Complete | Step::Fail | Step::Touch, Pending) => Err(("it is not running", "use `start` first")),
            (Step::Start | Step::Complete | Step::Fail | Step::Touch, Completed | Failed) => {
                Err(("it has ended", "use `reopen` to take it up again"))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_step_from_every_status() {
        use Status::*;
        let statuses = [Pending, Running, Waiting, Completed, Failed];
        let table = [
            (Step::Start, [Some(Running), None, None, None, None]),
            (Step::Complete, [None, Some(Completed), Some(Completed), None, None]),
            (Step::Fail, [None, Some(Failed), Some(Failed), None, None]),
            (Step::Reopen, [None, None, None, Some(Pending), Some(Pending)]),
            (Step::Delete, [Some(Pending), None, None, Some(Completed), Some(Failed)]),
            (Step::Touch, [None, Some(Running), Some(Waiting), None, None]),
        ];
        for (step, row) in table {
            for (status, expected) in statuses.into_iter().zip(row) {
                assert_eq!(status.after(step).ok(), expected, "{step:?} from {status:?}");
            }
        }
    }

    #[test]
    fn a_refusal_says_why_and_what_to_do() {
        assert_eq!(Status::Pending.after(Step::Complete), Err(("it is not running", "use `start` first")));
        assert_eq!(Status::Failed.after(Step::Start), Err(("it has ended", "use `reopen` to take it up again")));
    }
}
