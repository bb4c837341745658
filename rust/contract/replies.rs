//! What a client is answered.

use super::{Commit, Json, Reference};
use crate::status::Millis;
use crate::task::Task;
use serde::{Deserialize, Serialize};

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
    /// The first fault in the project's configuration, as `FILE:LINE:COLUMN: what is wrong`.
    pub configuration_fault: Option<String>,
}

/// What a list of all projects shows beside the client's own.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Others {
    /// Tasks of other projects.
    pub tasks: Vec<Task>,
    /// Their open requests.
    pub requests: Vec<Opened>,
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
    /// Whether the input is not whole: Chorus cut it, or keeps nothing of it.
    #[serde(default)]
    pub cut: bool,
    /// The agent's own rules for "allow always", each as a sentence.
    pub suggestions: Vec<String>,
    /// The agent's working folder when it asked, where the agent tells.
    #[serde(default)]
    pub folder: Option<String>,
    /// How it can be answered: `hook`, `keys`, or `terminal` (only by attaching).
    pub answerable: crate::status::Answerable,
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
    /// In the order in which its agent gets them.
    #[serde(default)]
    pub references: Vec<Reference>,
    /// Newest first, at most 200.
    pub commits: Vec<Commit>,
    /// Newest last, at most 200.
    pub journal: Vec<Entry>,
    /// Prompts that wait, in the order in which they will be typed.
    pub prompts: Vec<WaitingPrompt>,
}

/// A prompt that the agent does not have yet.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WaitingPrompt {
    /// Identity among all prompts.
    pub id: i64,
    /// Exactly what the person wrote.
    pub text: String,
    /// Typed as it is, so that `/compact` works.
    pub raw: bool,
    /// Whether it is being typed now: then it can no longer be changed.
    pub sending: bool,
    /// When it was accepted.
    pub queued_at: Millis,
}

/// Reply: a task's prompts.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Prompts {
    /// In the order in which they will be typed.
    pub waiting: Vec<WaitingPrompt>,
    /// Texts that were sent in this project, newest first, each once; at most 100. Only where they were asked for.
    pub sent: Vec<String>,
}

/// One line of "what happened".
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Entry {
    /// When.
    pub at: Millis,
    /// What: `created`, `started`, `prompt`, `turn_ended`, `request_opened`, …
    pub what: String,
    /// Who: `person`, `notification` (a person, by a button of one), `agent`, `chorus`.
    pub who: String,
    /// One sentence.
    pub text: String,
    /// Of a prompt that the agent got: what it did until the next one, where its hooks told.
    #[serde(default)]
    pub work: Option<TurnWork>,
}

/// What an agent and its subagents did in a turn, as their hooks told.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TurnWork {
    /// The tools, in the order of their first calls; at most 12.
    pub tools: Vec<ToolUse>,
    /// Calls of other tools.
    pub other_calls: i64,
    /// The files that tools edited, in the order of the first edits, from the task's folder on where they are in it; at
    /// most 8.
    pub files: Vec<String>,
    /// How many more files.
    pub other_files: i64,
}

/// The calls of one tool.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ToolUse {
    /// Its name, as the agent has it.
    pub tool: String,
    /// How many calls have ended.
    pub calls: i64,
    /// How many of them failed.
    pub failed: i64,
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
    /// `alert`, `process`, `session file`, `hook`, `transcript`, `screen`, `chorus`.
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
    /// A loopback address that leads in once.
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
