//! Why a request was refused.

use serde::{Deserialize, Serialize};

/// Why a request was refused.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Failure {
    /// For programs.
    pub code: Code,
    /// What could not be done and why, for people.
    pub message: String,
    /// What to do next.
    pub hint: Option<String>,
}

/// Error codes. Each exists because a client acts on it or a script may.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the names say it")]
pub enum Code {
    UnknownVerb,
    BadInput,
    NoSuchTask,
    WrongState,
    TaskBusy,
    RequestOpen,
    NoRequest,
    SeveralRequests,
    RequestChanged,
    NotAnswerable,
    TmuxMissing,
    TmuxOld,
    TmuxFailed,
    AgentMissing,
    AgentFailed,
    StoreUnusable,
    DaemonUnreachable,
    OlderClient,
    Replaced,
    FromAgent,
    ToolMissing,
    NotARepository,
    GitFailed,
    ButMissing,
    ButFailed,
    VcsRefused,
    Unsupported,
    Internal,
}
