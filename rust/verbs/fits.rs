//! Which tasks a verb applies to. Pure; `lua/chorus/tasks/fits.lua` is the other half, compared by `tests/contract`.

use crate::status::AgentStatus;
use crate::task::{AlertKind, Isolation, Status, Task};
use serde::{Deserialize, Serialize};

/// The tasks among which `all`, a filter, the only candidate, a picker and completion choose. A task that is named is
/// not checked here: the daemon refuses it with the reason.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Fits {
    /// Every task.
    Any,
    /// Tasks that wait to be started.
    Pending,
    /// Tasks whose tmux session runs.
    Live,
    /// Tasks whose session does not run: pending or ended.
    NotLive,
    /// Completed and failed tasks.
    Ended,
    /// Tasks whose agent works on a turn.
    Busy,
    /// Tasks with an open request.
    Asking,
    /// Tasks with a branch of their own.
    Branch,
    /// Tasks with a branch of their own and edits that are not committed to it.
    Uncommitted,
    /// Tasks that unclaimed edits may be of.
    Unclaimed,
    /// Tasks with a branch in a worktree.
    Worktree,
    /// Tasks with something that keeps their edits from being committed.
    Trouble,
    /// Tasks whose agents read documents that have changed since.
    Outdated,
    /// Tasks with an alert.
    Alerted,
    /// Tasks with a prompt that may not have reached their agent.
    Undelivered,
    /// Tasks of which no notifications are shown.
    Muted,
}

impl Fits {
    /// Whether `task` is one of them.
    pub fn includes(self, task: &Task) -> bool {
        match self {
            Fits::Any => true,
            Fits::Pending => task.status == Status::Pending,
            Fits::Live => task.status.is_live(),
            Fits::NotLive => !task.status.is_live(),
            Fits::Ended => matches!(task.status, Status::Completed | Status::Failed),
            Fits::Busy => task.status.is_live() && task.agent_status.status == AgentStatus::Busy,
            Fits::Asking => task.requests > 0,
            Fits::Branch => task.stack.is_some(),
            Fits::Uncommitted => task.stack.is_some() && task.uncommitted > 0,
            Fits::Unclaimed => task.unclaimed > 0,
            Fits::Worktree => task.stack.is_some() && task.isolation == Isolation::Worktree,
            Fits::Trouble => task.trouble.is_some(),
            Fits::Outdated => task.status.is_live() && task.outdated > 0,
            Fits::Alerted => !task.alerts.is_empty(),
            Fits::Undelivered => task.alerts.iter().any(|alert| alert.kind == AlertKind::Prompt),
            Fits::Muted => task.muted,
        }
    }
}
