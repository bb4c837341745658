//! What an agent itself says of its session, in whatever way it says so: a file it writes, a stream of events. Texts are
//! untrusted and bounded.

use crate::process::Identity;
use crate::status::{Kind, Millis};

/// What the agent says it is doing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SessionStatus {
    /// A turn runs, or a background subagent does.
    Busy,
    /// The prompt is free.
    Idle,
    /// A dialog is open; see [`AgentSession::waiting_for`].
    Waiting,
    /// The prompt is free and a background shell command runs.
    Shell,
    /// A word this version does not know.
    Other(String),
}

/// An agent's word on its session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AgentSession {
    /// The agent's process.
    pub pid: u32,
    /// The process's start, as in [`Identity::start`].
    pub start: Option<String>,
    /// The conversation; an agent may change it within one process.
    pub session_id: Option<String>,
    /// Whether it runs behind the terminal: no screen shows it, and no task is in it.
    pub background: bool,
    /// The agent's working folder.
    pub cwd: Option<String>,
    /// Absent until the agent is ready to say.
    pub status: Option<SessionStatus>,
    /// What it waits for, in the agent's own words.
    pub waiting_for: Option<String>,
    /// What kind of dialog that is.
    pub waiting_kind: Option<Kind>,
    /// When the agent said so.
    pub updated_at: Option<Millis>,
    /// When `status` last changed.
    pub status_updated_at: Option<Millis>,
}

impl AgentSession {
    /// The process, as far as it can be told apart from a later one with its number.
    pub fn identity(&self) -> Option<Identity> {
        self.start.clone().map(|start| Identity { pid: self.pid, start })
    }
}
