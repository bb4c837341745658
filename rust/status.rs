//! What an agent is doing: the words every client shows. Pure data.

use serde::{Deserialize, Serialize};

pub use crate::clock::Millis;

/// The agent's own status, beside the task's life (`Status`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, Default)]
#[serde(rename_all = "snake_case")]
pub enum AgentStatus {
    /// No session runs.
    #[default]
    Stopped,
    /// A session was launched and has not said anything yet.
    Starting,
    /// A turn runs (API retries included, with the retry in the detail).
    Busy,
    /// The prompt is free.
    Idle,
    /// The agent needs an answer; see [`Kind`].
    Waiting,
    /// The agent has no credentials.
    LoginRequired,
    /// The last turn ended in an error that the agent does not retry.
    Error,
    /// The session ended.
    Exited,
    /// The evidence ran out or disagrees.
    Unknown,
}

/// What kind of waiting, error or exit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// Waiting: a tool call needs a yes or no.
    Permission,
    /// Waiting: the agent asks the person something.
    Question,
    /// Waiting: a plan needs approval.
    Plan,
    /// Waiting: any dialog shown before the session starts.
    Trust,
    /// Waiting: a dialog the person opened in the agent.
    Dialog,
    /// Error: the API refused by rate or usage limit.
    RateLimit,
    /// Error: the API failed or could not be reached.
    Server,
    /// Error: the API refused the request.
    Request,
    /// Exited with a code.
    Code,
    /// Ended by a signal.
    Signal,
    /// Stopped by job control; it can be continued.
    Suspended,
    /// The pane or the tmux server is gone.
    Lost,
}

/// How a request can be answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Answerable {
    /// By the hook that waits for the answer.
    Hook,
    /// By keys, pressed in the dialog on the screen.
    Keys,
    /// Only by a person in the agent's terminal.
    Terminal,
}

/// A status with what is known beside it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Default)]
pub struct AgentState {
    /// The status.
    pub status: AgentStatus,
    /// Its kind, where the status has kinds.
    pub kind: Option<Kind>,
    /// What more is known.
    #[serde(default)]
    pub detail: Detail,
    /// When this status began.
    #[serde(default)]
    pub since: Millis,
}

/// Facts beside a status. Every text is untrusted and bounded to 500 characters.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Default)]
#[serde(default)]
pub struct Detail {
    /// The tool a request is about.
    pub tool: Option<String>,
    /// One line: the command, the file, the question.
    pub summary: Option<String>,
    /// The last message or error of the agent.
    pub message: Option<String>,
    /// The retry in progress, such as `attempt 4/10`.
    pub retry: Option<String>,
    /// Exit code.
    pub code: Option<i32>,
    /// Signal number.
    pub signal: Option<i32>,
    /// Work that goes on after the turn: `shell` or `subagent`.
    pub background: Option<String>,
    /// While it is busy: the prompt it works on, at most 200 characters.
    pub prompt: Option<String>,
    /// While it is busy: when it was last heard of, to the minute, so that a chatty agent is no news each time.
    pub heard_at: Option<Millis>,
}

/// What a rule does with a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Action {
    /// The call is allowed, once.
    Allow,
    /// The call is refused.
    Deny,
    /// A person is asked.
    Ask,
}
