//! What agents and their panes say and are told: hooks, and `chorus exec`. The format of a hook only grows, for running
//! agents call whatever binary is there.

use super::{Environment, Json};
use crate::status::Millis;
use serde::{Deserialize, Serialize};

/// One event of an agent, as `chorus hook` saw it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Hook {
    /// Given by the hook process: the same event twice is one event.
    pub id: String,
    /// The task's uuid, given by Chorus in the agent's environment.
    pub task: String,
    /// The launch this agent process belongs to, given by Chorus.
    pub launch: String,
    /// When the hook ran.
    pub at: Millis,
    /// True when the client waits for an answer ([`HookReply`]).
    pub wait: bool,
    /// What the agent sent on standard input.
    pub event: Json,
    /// The name of the adapter that reads it; absent from older copies, which knew one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agent: Option<String>,
}

/// From tmux's `pane-died` hook.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PaneDied {
    /// The task's uuid.
    pub task: String,
}

/// What `chorus hook` prints.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct HookReply {
    /// JSON for the agent's standard input; nothing when absent.
    pub output: Option<Json>,
}

/// `chorus exec TASK` asks what to run.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ExecAsk {
    /// The task's uuid.
    pub task: String,
}

/// What `chorus exec` becomes.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Exec {
    /// Program and arguments.
    pub argv: Vec<String>,
    /// The whole environment.
    pub environment: Environment,
    /// The working folder.
    pub folder: String,
    /// Present where the agent's writes are to be traced.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trace: Option<TraceOrder>,
}

/// Part of what `chorus exec` receives: the agent's writes are to be traced.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TraceOrder {
    /// The folder whose paths are reported, as the kernel names it.
    pub root: String,
    /// The launch that the agent belongs to.
    pub launch: String,
}

/// Where an agent draws.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Renderer {
    /// On the main screen, so that tmux keeps the conversation in its history and the mouse is free.
    Classic,
    /// On the alternate screen.
    Fullscreen,
}
