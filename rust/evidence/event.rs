//! What happens in an agent, typed and free of any one agent's words. An adapter makes it once of what its agent sends;
//! every reader after that sees only this. Texts are untrusted and bounded.

use crate::attribution::{AskedChange, Patch};
use crate::contract::Json;
use crate::status::Kind;
use std::path::PathBuf;

/// One event of an agent.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct AgentEvent {
    /// The conversation; an agent may change it within one process.
    pub session_id: Option<String>,
    /// The conversation's file, which need not exist yet.
    pub transcript: Option<PathBuf>,
    /// The subagent that this comes from; nothing for the main conversation.
    pub subagent: Option<String>,
    /// The permission mode at the time, in the agent's own word.
    pub mode: Option<String>,
    /// What happened.
    pub what: Happening,
}

/// What happened.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Happening {
    /// A session begins or goes on.
    SessionStart(SessionStart),
    /// A prompt was accepted: typed, queued, or the agent's own.
    PromptTaken {
        /// The text.
        prompt: String,
    },
    /// A tool call begins.
    ToolStart(ToolCall),
    /// A tool call ended, well or not, or was refused.
    ToolEnd {
        /// The call.
        call: ToolCall,
        /// Whether the tool says that it failed.
        failed: bool,
    },
    /// The agent needs an answer.
    Asks(Box<AgentRequest>),
    /// The agent has a login from now on.
    LoggedIn,
    /// A message for people, which changes nothing.
    Notice,
    /// A turn ended well.
    TurnEnd {
        /// The last message.
        message: Option<String>,
        /// What goes on without the turn, where the agent says so.
        background: Option<Background>,
    },
    /// A turn ended by an error, after the agent's own retries.
    TurnFailure(TurnFailure),
    /// The subagent that the event names began.
    SubagentStart,
    /// The subagent that the event names ended.
    SubagentEnd,
    /// The conversation is about to be summarized.
    Compaction,
    /// The session ended.
    SessionEnd {
        /// Why, in the agent's own word.
        reason: String,
        /// Whether the process goes on with another conversation.
        continues: bool,
    },
    /// An event that means nothing to Chorus.
    #[default]
    Other,
}

/// How a session starts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SessionStart {
    /// With a new conversation.
    New,
    /// With an earlier conversation.
    Resumed,
    /// With a new conversation in place of one that was cleared.
    Cleared,
    /// In the middle of a conversation that was summarized.
    Compacted,
    /// With a copy of a conversation, under a new id.
    Forked,
}

/// A tool call.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ToolCall {
    /// The tool's name.
    pub tool: String,
    /// Ties the events of one call together, where the agent gives it.
    pub id: Option<String>,
    /// One line: the command, the file.
    pub summary: Option<String>,
    /// Equal for equal inputs.
    pub fingerprint: u64,
    /// The file that it only reads.
    pub reads: Option<PathBuf>,
    /// What it may do to files.
    pub work: ToolWork,
}

/// What a tool call may do to files.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum ToolWork {
    /// It edits one file.
    Edit(Box<FileEdit>),
    /// It runs a shell command, which may do anything.
    Shell {
        /// The command.
        command: Option<String>,
        /// Whether the command runs on after the call.
        background: bool,
    },
    /// Nothing.
    #[default]
    None,
}

/// The edit of one file.
#[derive(Clone, Debug, PartialEq)]
pub struct FileEdit {
    /// The file.
    pub path: PathBuf,
    /// What the tool was asked to do.
    pub change: AskedChange,
    /// What the tool says it did, once it has ended.
    pub patch: Option<Patch>,
}

/// What the agent asks.
#[derive(Clone, Debug, PartialEq)]
pub struct AgentRequest {
    /// Permission, question or plan.
    pub kind: Kind,
    /// The tool's name, fit to be shown.
    pub tool: String,
    /// One line for lists.
    pub summary: String,
    /// The tool's input, bounded.
    pub input: Json,
    /// Whether something of the input is left out.
    pub cut: bool,
    /// What can be allowed beyond this once, each as a sentence.
    pub suggestions: Vec<String>,
    /// The agent's working folder when it asked, absolute.
    pub folder: Option<String>,
    /// The call that it is about.
    pub call: ToolCall,
    /// What the call touches, for rules.
    pub scope: ToolScope,
}

/// Texts of a call's input that are kept, at most.
pub const MOST_TEXTS: usize = 1000;

/// What a tool call touches, as far as a rule may look at it. All of it is the agent's word.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ToolScope {
    /// The agent's working folder.
    pub folder: Option<PathBuf>,
    /// The shell command that it runs, whole.
    pub command: Option<String>,
    /// Whether it is the agent's own shell tool.
    pub is_shell: bool,
    /// Files that it names, as it names them.
    pub paths: Vec<String>,
    /// Whether these are all, and mean what they say.
    pub names_all_paths: bool,
    /// Whether it only searches: its paths are where it begins.
    pub searches: bool,
    /// Further texts of its input, any of which may be a path; at most [`MOST_TEXTS`].
    pub texts: Vec<String>,
    /// Whether it has more of these, which nobody looks at.
    pub has_more_texts: bool,
    /// The MCP server and its tool; each pair that the name may mean.
    pub mcp: Vec<(String, String)>,
    /// Whether it says which web address it opens.
    pub has_address: bool,
    /// The host of that address; nothing of one that programs could read in two ways.
    pub host: Option<String>,
    /// Hosts of further addresses that it may open, each as above; nothing also for one that nobody looked at.
    pub other_hosts: Vec<Option<String>>,
    /// Whether it would change what the agent may do without asking.
    pub widens: bool,
}

/// What goes on after a turn.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Background {
    /// Subagents, by id.
    pub subagents: Vec<String>,
    /// How many shell commands.
    pub shells: usize,
}

/// A turn that failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TurnFailure {
    /// The agent's class of it.
    pub class: String,
    /// The text shown.
    pub message: Option<String>,
    /// What kind of failure that is.
    pub cause: FailureCause,
}

/// Why a turn failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FailureCause {
    /// The agent has no valid login.
    Login,
    /// Too much was asked of the API.
    RateLimit,
    /// The API, or the way to it, is at fault.
    Server,
    /// The API refused the request.
    Request,
}

impl ToolWork {
    /// The shell command, where it runs one.
    pub fn command(&self) -> Option<&str> {
        match self {
            ToolWork::Shell { command, .. } => command.as_deref(),
            _ => None,
        }
    }
}

impl SessionStart {
    /// In a word, for people.
    pub fn word(self) -> &'static str {
        match self {
            SessionStart::New => "new",
            SessionStart::Resumed => "resumed",
            SessionStart::Cleared => "cleared",
            SessionStart::Compacted => "compacted",
            SessionStart::Forked => "forked",
        }
    }
}
