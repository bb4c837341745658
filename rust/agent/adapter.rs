//! What Chorus asks of an adapter: everything that differs between coding agents, in neutral terms.

use super::launch::{AgentLaunch, Begin, Startup};
use crate::contract::{Environment, Json, Renderer};
use crate::error::Result;
use crate::evidence::event::{AgentEvent, ToolScope};
use crate::evidence::session::AgentSession;
use crate::evidence::{Gives, TranscriptFact};
use crate::status::Millis;
use crate::typing::AgentPrompt;
use std::collections::BTreeMap;
use std::fmt::Debug;
use std::io;
use std::path::{Path, PathBuf};
use tokio::sync::mpsc::Sender;

/// One kind of coding agent. Every method must be cheap and must not fail on what an agent or a file says: that is
/// untrusted.
pub trait Adapter: Debug + Sync {
    /// Its name, by which a hook says whose it is.
    fn name(&self) -> &'static str;

    /// What the agent can do for Chorus.
    fn capabilities(&self) -> Capabilities;

    /// Reads a message of the agent: the input of a hook, or an item of its event stream.
    fn parse(&self, message: &Json) -> AgentEvent;

    /// Takes the bulk out of a message that is too long to be kept: what no status depends on.
    fn shorten(&self, message: &mut Json);

    /// The message that gives the agent what it is told at an event.
    fn reply(&self, reply: &AgentReply) -> Json;

    /// The message that answers the request which `message` made.
    ///
    /// # Errors
    /// `not_answerable` or `bad_input` when the answer does not fit the request.
    fn answer(&self, message: &Json, answer: &Answer) -> Result<Json>;

    /// What such a message said beyond yes or no, in one line: the reason, the answers, or what is allowed from now on.
    fn said(&self, sent: &Json) -> Option<String>;

    /// What a call of that tool touches, with this input, from that working folder.
    fn scope(&self, tool: &str, input: &Json, folder: Option<&Path>) -> ToolScope;

    /// The screen rules, as TOML.
    fn screen_rules(&self) -> &'static str;

    /// How the agent's prompt is read and filled.
    fn prompt(&self) -> &'static dyn AgentPrompt;

    /// The agent's configuration folder, given its environment and where it runs.
    fn config_dir(&self, environment: &Environment, folder: &Path) -> Option<PathBuf>;

    /// Names the configuration folder in an environment.
    fn set_config_dir(&self, environment: &mut Environment, config_dir: &Path);

    /// Takes out of an environment what an outer agent of this kind left there, and sets what the renderer needs. Asked
    /// of every adapter, whatever agent is started.
    fn dress(&self, environment: &mut BTreeMap<String, String>, renderer: Renderer);

    /// What has to be written for a launch, and what to run.
    fn start(&self, launch: &AgentLaunch<'_>) -> Startup;

    /// How that conversation can be resumed in that folder; nothing where a new one has to begin.
    fn take_up(&self, config_dir: &Path, folder: &Path, session_id: &str) -> Option<Begin>;

    /// The processes that run that conversation now. A second one would write into the same record.
    fn running(&self, config_dir: &Path, session_id: &str) -> Vec<u32>;

    /// Why Enter may not send a typed prompt, as a part of a sentence, where the agent's configuration shows it.
    fn why_not_sent(&self, config_dir: &Path) -> Option<String>;

    /// The permission mode in which a resumed conversation starts: the configured one, `asked`. After an approved plan it
    /// is the mode in which the conversation was last, where that allows no more than approving a plan does: the agent
    /// reports its mode itself.
    fn mode_after<'a>(&self, asked: Option<&'a str>, last: &LastMode<'a>) -> Option<&'a str>;

    /// Why the agent's hooks will not run, as a part of a sentence, where its configuration shows that before a start.
    fn hooks_off(&self, asked: &HooksQuestion) -> Option<String>;

    /// Watches what agents say of their sessions, on the current runtime, for the configuration folders that are named
    /// to the watch. Nothing where they say nothing.
    fn watch_sessions(&self, seen: Sender<SessionSeen>) -> Option<Box<dyn SessionWatch>>;

    /// What a file says in which an agent tells of its session.
    fn session_file(&self, content: &[u8]) -> Option<AgentSession>;

    /// Where that conversation is recorded.
    fn find_transcript(&self, config_dir: &Path, folder: &Path, session_id: &str) -> Option<PathBuf>;

    /// Reads a conversation's file as it grows.
    fn transcript(&self, file: &Path) -> Box<dyn Transcript>;

    /// What to tell a person whose agent has no login. `message` is what the agent showed.
    fn login_advice(&self, message: &str) -> String;

    /// Hooks in the agent's settings by which GitButler itself would commit, for an agent in `folder`.
    fn committing_hooks(&self, folder: &Path, environment: &Environment) -> Vec<CommittingHook>;
}

/// What an agent can do for Chorus.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Capabilities {
    /// What leads its status. An agent that gives nothing is known by its screen alone.
    pub gives: Gives,
    /// It takes up a conversation by its id.
    pub resume: bool,
}

/// The permission mode of a conversation before its agent ended.
#[derive(Clone, Copy, Debug, Default)]
pub struct LastMode<'a> {
    /// As the agent reported it. Untrusted.
    pub mode: Option<&'a str>,
    /// Whether a plan of the conversation was approved.
    pub plan_approved: bool,
}

/// What decides whether an agent's hooks run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HooksQuestion {
    /// The program that the hooks call.
    pub program: PathBuf,
    /// The command and the arguments that a person configured.
    pub args: Vec<String>,
    /// Where the agent works.
    pub folder: PathBuf,
    /// The agent's configuration folder.
    pub config_dir: Option<PathBuf>,
}

/// What an agent is told at an event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AgentReply {
    /// At the start of a session: the task's context.
    Context(String),
    /// Before a tool call: it is refused, for this reason.
    Refuse(String),
    /// Before a tool call: a note that the agent reads; the call goes on.
    Note(String),
    /// Before a tool call: a person is asked, for this reason.
    AskPerson(String),
}

/// A person's answer to a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// Yes, once.
    Allow {
        /// The suggestion by which more of its like is allowed.
        always: Option<usize>,
    },
    /// No; the agent goes on.
    Deny {
        /// Told to the agent.
        reason: Option<String>,
    },
    /// Question → answer.
    Words(BTreeMap<String, String>),
}

/// What an agent said of its session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SessionSeen {
    /// The configuration folder, as it was given to the watch.
    pub config_dir: PathBuf,
    /// The agent's process.
    pub pid: u32,
    /// What it said; nothing when it took that back, as it exits.
    pub session: Option<AgentSession>,
}

/// A watch over sessions. Dropped, it ends.
pub trait SessionWatch: Debug + Send {
    /// Watches those of one configuration folder, which need not exist. What is there already is told at once.
    fn watch(&self, config_dir: &Path);
}

/// A conversation's file, read as it grows.
pub trait Transcript: Debug + Send {
    /// The file.
    fn path(&self) -> &Path;

    /// What it says at `now`, if that is something else than before.
    ///
    /// # Errors
    /// When the file exists and cannot be read.
    fn read(&mut self, now: Millis) -> io::Result<Option<TranscriptFact>>;
}

/// A hook by which GitButler itself would commit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CommittingHook {
    /// The settings file.
    pub file: PathBuf,
    /// Its line there, from 1.
    pub line: usize,
    /// The command.
    pub command: String,
}
