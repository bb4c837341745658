//! Every request, reply, event and error code, typed once. The Lua half is
//! `lua/chorus/contract.lua`; `tests/contract` holds the two together.
//!
//! Transport: MessagePack-RPC over the daemon's socket. A shell client calls `request` with
//! `[{method, params}]`. Neovim notifies `request` with `[id, {method, params}]` and is answered by
//! `require('chorus.client').receive(message)` with a [`Message`]. Structs travel as maps by name.

use crate::status::Millis;
use crate::task::{Isolation, Task};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Grows when an older peer could misread a newer one.
pub const PROTOCOL: u32 = 1;

/// A JSON object with free content.
pub type Json = serde_json::Value;

/// What a client asks for. `task` is a number in the connection's project (`12`, `#12`) or a uuid.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(tag = "method", content = "params", rename_all = "snake_case", deny_unknown_fields)]
pub enum Request {
    /// First on every connection that asks for more than `hook` or `exec`.
    Hello(Hello),
    /// Everything a fresh client shows. Reply: [`Snapshot`].
    Snapshot(Nothing),
    /// Create a task. Reply: [`Task`].
    TaskNew(TaskNew),
    /// Change fields of a task. Reply: [`Task`].
    TaskEdit(TaskEdit),
    /// tmux session, agent, context. Reply: [`Task`].
    TaskStart(TaskStart),
    /// A prompt, delivered exactly; queued while a request is open. Reply: [`Sent`].
    TaskSend(TaskSend),
    /// Stop the turn, keep the session. Reply: [`Task`].
    TaskInterrupt(One),
    /// Allow the open request. Reply: [`Opened`].
    TaskApprove(TaskApprove),
    /// Refuse the open request. Reply: [`Opened`].
    TaskDeny(TaskDeny),
    /// Answer the open question. Reply: [`Opened`].
    TaskAnswer(TaskAnswer),
    /// The agent, in the same tmux session. Reply: [`Task`].
    TaskRestart(TaskRestart),
    /// End the task well. Reply: [`Task`].
    TaskComplete(TaskComplete),
    /// Give the task up. Reply: [`Task`].
    TaskFail(TaskFail),
    /// Make an ended task pending. Reply: [`Task`].
    TaskReopen(One),
    /// Remove a task that does not run. Reply: [`Nothing`].
    TaskDelete(One),
    /// The task's page: fields, requests, journal. Reply: [`Page`].
    TaskShow(One),
    /// Tasks. Reply: [`Tasks`].
    TaskList(TaskList),
    /// Open requests. Reply: [`Requests`].
    TaskInbox(TaskList),
    /// Why the status is what it is. Reply: [`Explanation`].
    TaskExplain(One),
    /// The pane's content now. Reply: [`Output`].
    TaskOutput(TaskOutput),
    /// Begin or end a stream of [`Event::Output`] for one task on this connection. Reply: [`Nothing`].
    TaskWatch(TaskWatch),
    /// How to open the task's terminal. Reply: [`Terminal`].
    TaskAttach(One),
    /// A person has seen the task's last turn. Reply: [`Nothing`].
    TaskSeen(One),
    /// A web terminal by ttyd. Reply: [`Web`].
    TaskWeb(TaskWeb),
    /// What Chorus needs and whether it is there. Reply: [`Health`].
    Health(Nothing),
    /// Effective configuration and where each value came from. Reply: [`Config`].
    Config(Nothing),
    /// From `chorus hook`: one event of an agent. Reply: [`HookReply`], for a permission only once it is answered.
    Hook(Hook),
    /// From `chorus exec`: what to run in the pane. Reply: [`Exec`].
    Exec(ExecAsk),
}

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

/// The daemon's half of the handshake.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Welcome {
    /// The daemon's [`PROTOCOL`].
    pub protocol: u32,
    /// The daemon's version.
    pub version: String,
    /// Process id of the daemon.
    pub pid: u32,
    /// Canonical path of the client's project.
    pub project: String,
    /// The state folder (drafts live in its `drafts/`).
    pub state_dir: String,
}

/// Parameters of `task_new`.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct TaskNew {
    /// One line, at most 200 characters.
    pub title: String,
    /// Markdown.
    pub description: Option<String>,
    /// Higher first.
    pub priority: i64,
    /// Free words.
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
#[serde(default, deny_unknown_fields)]
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

/// Parameters of `task_start`.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct TaskStart {
    /// The task.
    pub task: String,
    /// The first prompt; "work on this task" otherwise.
    pub prompt: Option<String>,
    /// For the agent.
    pub environment: Environment,
}

/// Parameters of `task_send`.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct TaskSend {
    /// The task.
    pub task: String,
    /// At most 1 MB.
    pub text: String,
    /// Type it as it is, so that `/compact` or `!ls` works.
    pub raw: bool,
}

/// A verb on one task.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct One {
    /// The task.
    pub task: String,
}

/// Parameters of `task_approve`.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
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
#[serde(default, deny_unknown_fields)]
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
#[serde(default, deny_unknown_fields)]
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
#[serde(default, deny_unknown_fields)]
pub struct TaskRestart {
    /// The task.
    pub task: String,
    /// A fresh session with the task's context, instead of the resumed conversation.
    pub fresh: bool,
    /// For the agent.
    pub environment: Environment,
}

/// Parameters of `task_complete`.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct TaskComplete {
    /// The task.
    pub task: String,
    /// Even while busy or with an open request.
    pub force: bool,
    /// The commit message, where something is committed.
    pub message: Option<String>,
}

/// Parameters of `task_fail`.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct TaskFail {
    /// The task.
    pub task: String,
    /// Why.
    pub reason: Option<String>,
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
#[serde(default, deny_unknown_fields)]
pub struct TaskOutput {
    /// The task.
    pub task: String,
    /// Lines of history above the screen.
    pub history: u32,
}

/// Parameters of `task_watch`.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct TaskWatch {
    /// The task.
    pub task: String,
    /// Begin or end.
    pub on: bool,
}

/// Parameters of `task_web`.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct TaskWeb {
    /// The task.
    pub task: String,
    /// Let the browser type.
    pub write: bool,
}

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
    /// What the agent sent on standard input; for `pane-died` `{hook_event_name: "PaneDied"}`.
    pub event: Json,
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
}

/// Reply: a prompt was accepted.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Sent {
    /// True when it waits for the agent to be free.
    pub queued: bool,
    /// Why it waits.
    pub reason: Option<String>,
}

/// Everything a fresh client shows.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Snapshot {
    /// This project's tasks.
    pub tasks: Vec<Task>,
    /// This project's open requests.
    pub requests: Vec<Opened>,
    /// Tasks of other projects that need a person.
    pub elsewhere: i64,
}

/// Reply: tasks.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Tasks {
    /// In order: priority, then number.
    pub tasks: Vec<Task>,
}

/// Reply: open requests.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Requests {
    /// Oldest first.
    pub requests: Vec<Opened>,
}

/// A request: the agent needs an answer. Texts are untrusted.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Opened {
    /// Identity; an answer names it.
    pub id: String,
    /// Project of the task.
    pub project: String,
    /// Number of the task.
    pub number: i64,
    /// The task's uuid.
    pub task: String,
    /// `permission`, `question`, `plan`, `trust` or `dialog`.
    pub kind: crate::status::Kind,
    /// The tool asked for.
    pub tool: Option<String>,
    /// One line for lists.
    pub summary: String,
    /// The whole input: command, file and diff, questions, plan; at most 256 kB.
    pub input: Option<Json>,
    /// The agent's own rules for "allow always", each as a sentence.
    pub suggestions: Vec<String>,
    /// How it can be answered: `hook`, `keys`, or `terminal` (only by attaching).
    pub answerable: String,
    /// When it opened.
    pub opened_at: Millis,
    /// When it closed.
    pub closed_at: Option<Millis>,
    /// `allowed`, `denied`, `answered`, `elsewhere` or `gone`.
    pub outcome: Option<String>,
}

/// The task's page.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Page {
    /// The task, with its description.
    pub task: Task,
    /// Open requests.
    pub requests: Vec<Opened>,
    /// Newest last, at most 200.
    pub journal: Vec<Entry>,
}

/// One line of "what happened".
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Entry {
    /// When.
    pub at: Millis,
    /// What: `created`, `started`, `prompt`, `turn_ended`, `request_opened`, …
    pub what: String,
    /// Who: `person`, `agent`, `chorus`.
    pub who: String,
    /// One sentence.
    pub text: String,
}

/// Why a status is what it is.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Explanation {
    /// The task.
    pub task: Task,
    /// The rule that won.
    pub rule: String,
    /// Every piece of evidence.
    pub evidence: Vec<Piece>,
}

/// One piece of evidence.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Piece {
    /// `process`, `session file`, `hook`, `transcript`, `screen`, `chorus`.
    pub source: String,
    /// What it says, as a sentence.
    pub says: String,
    /// When it was observed.
    pub at: Option<Millis>,
    /// Until when it counts.
    pub expires: Option<Millis>,
    /// Whether the winning rule used it.
    pub used: bool,
}

/// A pane's content.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Output {
    /// The task's uuid.
    pub task: String,
    /// Width in cells.
    pub columns: u32,
    /// Height of the screen in cells.
    pub rows: u32,
    /// History, then the screen: text with SGR escapes and no other control sequences.
    pub lines: Vec<String>,
    /// True on the alternate screen, where tmux keeps no history.
    pub alternate: bool,
}

/// How to open a terminal on a task.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Terminal {
    /// Program and arguments; run with TMUX unset.
    pub argv: Vec<String>,
}

/// Reply: a web terminal.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Web {
    /// A loopback address with a random path.
    pub url: String,
}

/// What Chorus needs and whether it is there.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Health {
    /// In order of importance.
    pub checks: Vec<Check>,
}

/// One line of health.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Check {
    /// What was looked at.
    pub name: String,
    /// `ok`, `warn` or `error`.
    pub level: String,
    /// What was found.
    pub text: String,
    /// What to do, with the exact command.
    pub advice: Option<String>,
}

/// Effective configuration.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Config {
    /// One row a key.
    pub values: Vec<Setting>,
    /// Faults and notices, as sentences.
    pub notices: Vec<String>,
}

/// One configured value.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Setting {
    /// Dotted key.
    pub key: String,
    /// As TOML.
    pub value: String,
    /// `default`, a file's path, or the environment variable's name.
    pub origin: String,
}

/// Every reply. Clients decode the type that the request names.
#[derive(Clone, Debug, Serialize)]
#[serde(untagged)]
#[expect(missing_docs, reason = "each variant is named after its type")]
pub enum Reply {
    Welcome(Welcome),
    Snapshot(Snapshot),
    Page(Page),
    Explanation(Explanation),
    Task(Box<Task>),
    Sent(Sent),
    Tasks(Tasks),
    Requests(Requests),
    Opened(Opened),
    Output(Output),
    Terminal(Terminal),
    Web(Web),
    Health(Health),
    Config(Config),
    Exec(Exec),
    HookReply(HookReply),
    Nothing(Nothing),
}

/// What the daemon tells every Neovim of the project.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(tag = "name", content = "data", rename_all = "snake_case")]
pub enum Event {
    /// A task is new or different.
    TaskChanged(Box<Task>),
    /// A task is gone.
    TaskDeleted(TaskDeleted),
    /// A request opened or changed.
    RequestOpened(Opened),
    /// A request closed.
    RequestClosed(Opened),
    /// A turn ended.
    TurnEnded(TurnEnded),
    /// The watched task's pane changed; only to the connection that watches it.
    Output(Output),
    /// Tasks of other projects that need a person.
    Elsewhere(Elsewhere),
    /// Background trouble, told once.
    Notice(Notice),
}

/// Data of `task_deleted`.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct TaskDeleted {
    /// The task's uuid.
    pub uuid: String,
    /// Its number.
    pub number: i64,
}

/// Data of `turn_ended`.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct TurnEnded {
    /// The task's uuid.
    pub uuid: String,
    /// Its number.
    pub number: i64,
    /// Its title.
    pub title: String,
    /// The agent's last message, at most 500 characters.
    pub message: Option<String>,
}

/// Data of `elsewhere`.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Elsewhere {
    /// How many tasks of other projects need a person.
    pub count: i64,
}

/// Data of `notice`.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Notice {
    /// `info`, `warn` or `error`.
    pub level: String,
    /// One sentence.
    pub text: String,
    /// What to do.
    pub hint: Option<String>,
}

/// What Neovim's `receive` is called with.
#[derive(Clone, Debug, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Message {
    /// The answer to a request.
    Response {
        /// The id Neovim gave.
        id: i64,
        /// The reply, when it was accepted.
        result: Option<Box<Reply>>,
        /// Why not, otherwise.
        error: Option<Failure>,
    },
    /// Something changed.
    Event(Event),
}

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
    Unsupported,
    Internal,
}
