//! What a person asks for: the parameters of each verb.

use crate::task::Isolation;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// No fields.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Nothing {}

/// Who connects.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Hello {
    /// The client's [`PROTOCOL`].
    pub protocol: u32,
    /// The client's version.
    pub version: String,
    /// The client's working folder; the daemon finds the project.
    pub folder: String,
    /// `nvim` or `shell`.
    pub client: String,
}

/// Parameters of `task_new`.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TaskNew {
    /// A folder of the project that the task is for; the client's own project otherwise.
    pub folder: Option<String>,
    /// One line, at most 200 characters.
    pub title: String,
    /// Markdown.
    pub description: Option<String>,
    /// Higher first.
    #[serde(default)]
    pub priority: i64,
    /// Free words.
    #[serde(default)]
    pub tags: Vec<String>,
    /// A name from `[agent.NAME]`; the configured default otherwise.
    pub agent: Option<String>,
    /// Passed to the agent.
    pub model: Option<String>,
    /// Passed to the agent.
    pub permission_mode: Option<String>,
    /// How edits are kept apart.
    pub isolation: Option<Isolation>,
    /// The task (number) this one builds on.
    pub on: Option<i64>,
}

/// Parameters of `task_edit`; absent fields stay as they are.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TaskEdit {
    /// The task.
    pub task: String,
    /// One line.
    pub title: Option<String>,
    /// Markdown.
    pub description: Option<String>,
    /// Higher first.
    pub priority: Option<i64>,
    /// Free words.
    pub tags: Option<Vec<String>>,
    /// What was given in one command has one word in common: `undo` takes all of it back.
    pub command: Option<String>,
}

/// The environment of the asking client. It is kept in memory only and never shown.
#[derive(Clone, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Environment(pub BTreeMap<String, String>);

impl std::fmt::Debug for Environment {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Environment({} variables)", self.0.len())
    }
}

/// Parameters of `environment`.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Brought {
    /// For what later verbs run in the project.
    #[serde(default)]
    pub environment: Environment,
}

/// Parameters of `task_start`.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TaskStart {
    /// The task.
    pub task: String,
    /// The first prompt; "work on this task" otherwise.
    pub prompt: Option<String>,
    /// A fresh session, where the task has a conversation from before it ended.
    #[serde(default)]
    pub fresh: bool,
    /// For the agent.
    #[serde(default)]
    pub environment: Environment,
}

/// Parameters of `task_send`.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TaskSend {
    /// The task.
    pub task: String,
    /// At most 1 MB.
    pub text: String,
    /// Type it as it is, so that `/compact` or `!ls` works.
    #[serde(default)]
    pub raw: bool,
}

/// Parameters of `task_prompts`: with `prompt`, one that waits is changed first. At most one change at a time.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TaskPrompts {
    /// The task.
    pub task: String,
    /// The prompt to change.
    pub prompt: Option<i64>,
    /// Its new text.
    pub text: Option<String>,
    /// Its new place among those that wait, from 1.
    pub place: Option<usize>,
    /// Remove it.
    #[serde(default)]
    pub remove: bool,
    /// Also list what was sent.
    #[serde(default)]
    pub history: bool,
}

/// A verb on one task.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct One {
    /// The task.
    pub task: String,
}

/// Parameters of `presence`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Presence {
    /// Whether this Neovim has the focus; nothing where its terminal does not report it.
    pub focused: Option<bool>,
    /// The tasks (uuids) with a window on the screen.
    pub visible: Vec<String>,
}

/// Parameters of `task_approve`.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TaskApprove {
    /// The task.
    pub task: String,
    /// The request the person saw; may be absent when exactly one is open.
    pub request: Option<String>,
    /// Index into the request's `suggestions`: allow and remember, for this session.
    pub always: Option<usize>,
}

/// Parameters of `task_deny`.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TaskDeny {
    /// The task.
    pub task: String,
    /// The request the person saw.
    pub request: Option<String>,
    /// Told to the agent.
    pub reason: Option<String>,
}

/// Parameters of `task_answer`.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TaskAnswer {
    /// The task.
    pub task: String,
    /// The request the person saw.
    pub request: Option<String>,
    /// Question text → chosen label, or free text. A single answer may use the empty key.
    pub answers: BTreeMap<String, String>,
}

/// Parameters of `task_restart`.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TaskRestart {
    /// The task.
    pub task: String,
    /// A fresh session with the task's context, instead of the resumed conversation.
    #[serde(default)]
    pub fresh: bool,
    /// For the agent.
    #[serde(default)]
    pub environment: Environment,
}

/// Parameters of `task_complete`.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TaskComplete {
    /// The task.
    pub task: String,
    /// Even while busy or with an open request.
    #[serde(default)]
    pub force: bool,
    /// The commit message, where something is committed.
    pub message: Option<String>,
    /// As of [`TaskEdit`].
    pub command: Option<String>,
}

/// Parameters of `task_delete`.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TaskDelete {
    /// The task.
    pub task: String,
    /// As of [`TaskEdit`].
    pub command: Option<String>,
}

/// Parameters of `undo`.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Undo {
    /// The step that was offered; refused where another one would be taken back by now.
    pub step: Option<i64>,
    /// Take it back, instead of only saying what that would do.
    pub confirmed: bool,
}

/// Parameters of `task_fail`.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TaskFail {
    /// The task.
    pub task: String,
    /// Why.
    pub reason: Option<String>,
    /// Take its branch and its uncommitted edits away too; both are kept under `refs/chorus/discarded/`.
    #[serde(default)]
    pub discard: bool,
    /// As of [`TaskEdit`].
    pub command: Option<String>,
}

/// Parameters of `task_reopen`.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TaskReopen {
    /// The task.
    pub task: String,
    /// Bring back what was discarded.
    #[serde(default)]
    pub restore: bool,
}

/// Parameters of `task_list` and `task_inbox`.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct TaskList {
    /// A task status, an agent status, `live`, `unread`, `+tag`, or nothing.
    pub filter: Option<String>,
    /// Tasks of every project.
    pub everywhere: bool,
}

/// Parameters of `task_output`.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TaskOutput {
    /// The task.
    pub task: String,
    /// Lines of history above the screen.
    #[serde(default)]
    pub history: u32,
}

/// Parameters of `task_watch`.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TaskWatch {
    /// The task.
    pub task: String,
    /// Begin or end.
    #[serde(default)]
    pub on: bool,
    /// Cells of the window that shows the output. While no terminal is attached, the pane takes this size until the
    /// stream ends.
    #[serde(default)]
    pub columns: Option<u32>,
    /// Lines of that window.
    #[serde(default)]
    pub rows: Option<u32>,
}

/// Parameters of `task_web`.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TaskWeb {
    /// The task.
    pub task: String,
    /// Let the browser type.
    #[serde(default)]
    pub write: bool,
}
