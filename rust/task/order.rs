//! The order in which tasks need a person; `lua/chorus/tasks/order.lua` is the other half, and a test compares the two.

use super::{Status, Task};
use crate::status::{AgentStatus, Millis};
use std::cmp::Reverse;

/// Where a task stands in a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Section {
    /// Nothing goes on without a person.
    NeedsYou,
    /// A turn ended that nobody has seen.
    Unread,
    /// The agent works.
    Working,
    /// The agent could take a prompt, or nobody knows what it does.
    Idle,
    /// It was never started, or was reopened.
    NotStarted,
    /// It was completed or given up.
    Ended,
}

/// Orders tasks: by section, then the higher priority, then what has lasted longest; of ended tasks the newest.
pub type Rank = (Section, Reverse<i64>, Millis, i64, String);

impl Task {
    /// The section it stands in.
    pub fn section(&self) -> Section {
        use AgentStatus::{Busy, Error, Exited, LoginRequired, Starting, Waiting};
        let (agent, is_live) = (self.agent_status.status, self.status.is_live());
        let is_stuck = matches!(agent, Waiting | LoginRequired | Error | Exited);
        if is_live && (self.requests > 0 || !self.alerts.is_empty() || is_stuck) || self.trouble.is_some() {
            Section::NeedsYou
        } else if is_live && matches!(agent, Busy | Starting) {
            Section::Working
        } else if self.unread {
            Section::Unread
        } else if is_live {
            Section::Idle
        } else if self.status == Status::Pending {
            Section::NotStarted
        } else {
            Section::Ended
        }
    }

    /// When its state began.
    pub fn state_since(&self) -> Millis {
        match self.status {
            Status::Completed | Status::Failed => self.completed_at.unwrap_or(self.created_at),
            Status::Pending => self.created_at,
            _ if self.agent_status.since > 0 => self.agent_status.since,
            _ => self.started_at.unwrap_or(self.created_at),
        }
    }

    /// Where it stands among others.
    pub fn rank(&self) -> Rank {
        let section = self.section();
        let (priority, since) = match section {
            Section::Ended => (0, -self.state_since()),
            _ => (self.priority, self.state_since()),
        };
        (section, Reverse(priority), since, self.number, self.project.clone())
    }
}
