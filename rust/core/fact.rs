//! What is reported to the monitor.

use crate::agent::{Adapter, HooksQuestion};
use crate::detector::rules::Rules;
use crate::evidence::Gives;
use crate::evidence::event::AgentEvent;
use crate::process::Identity;
use crate::status::Millis;
use crate::task::Isolation;
use crate::tmux::capture::Shots;
use crate::tmux::{Listing, Pane};
use std::path::PathBuf;

/// One thing that happened.
#[derive(Debug)]
pub enum Fact {
    /// An agent was launched, or found alive when the daemon started.
    Launched(Box<Launched>),
    /// The agent runs below a tracer: its process is not the pane's.
    AgentProcess {
        /// The task's uuid.
        task: String,
        /// The launch.
        launch: String,
        /// The agent's process.
        process: Identity,
    },
    /// The task ended; nothing of it is watched any more.
    Ended {
        /// The task's uuid.
        task: String,
    },
    /// An agent reported an event.
    Event(Box<AgentReport>),
    /// tmux says that the task's pane died.
    PaneDied {
        /// The task's uuid.
        task: String,
    },
    /// A request was answered through Chorus, or its hook process ended.
    RequestClosed {
        /// The task's uuid.
        task: String,
        /// The request.
        request: String,
    },
    /// A session began while the person's policy has rules.
    HasRules {
        /// The task's uuid.
        task: String,
    },
    /// A rule answered a request as it was asked.
    Ruled {
        /// The task's uuid.
        task: String,
        /// The request.
        request: String,
    },
    /// Chorus pressed Esc in the task's pane.
    Interrupted {
        /// The task's uuid.
        task: String,
        /// When; nothing takes it back: the turn went on.
        at: Option<Millis>,
    },
    /// Why the hooks of a launch do not run, as far as the agent's settings tell.
    HooksOff {
        /// The task's uuid.
        task: String,
        /// The launch.
        launch: String,
        /// A part of a sentence.
        cause: Option<String>,
    },
    /// What tmux answered.
    Swept(Box<Swept>),
}

/// One event of a task's agent, read where it came in.
#[derive(Clone, Debug)]
pub struct AgentReport {
    /// The same event twice is one event.
    pub id: String,
    /// The task's uuid.
    pub task: String,
    /// The launch that it belongs to.
    pub launch: String,
    /// When it happened.
    pub at: Millis,
    /// The event.
    pub event: AgentEvent,
}

/// A launch as the monitor needs it.
#[derive(Clone, Debug)]
pub struct Launched {
    /// The task's uuid.
    pub task: String,
    /// The launch's uuid; hooks of an earlier one are not about this process.
    pub launch: String,
    /// The tmux server's socket.
    pub socket: PathBuf,
    /// The pane on it.
    pub pane: Pane,
    /// The agent's process: the pane's own, or the one that a tracer runs.
    pub process: Option<Identity>,
    /// The agent's session id, when Chorus gave it one.
    pub session_id: Option<String>,
    /// The agent's configuration folder, where it writes session files.
    pub config_dir: Option<PathBuf>,
    /// The conversation's file, where it exists already.
    pub transcript: Option<PathBuf>,
    /// When a turn began that ran when it was last watched.
    pub turn_since: Option<Millis>,
    /// What knows the agent; nothing where only its screen is known.
    pub adapter: Option<&'static dyn Adapter>,
    /// What the agent gives.
    pub gives: Gives,
    /// How its screen is read.
    pub rules: Rules,
    /// How the task's edits are kept apart.
    pub isolation: Isolation,
    /// What decides whether its hooks run.
    pub hooks: HooksQuestion,
    /// When it began.
    pub at: Millis,
}

/// What tmux answered, by socket.
#[derive(Debug)]
pub struct Swept {
    /// Before tmux was asked: what began later cannot be missing from the answers.
    pub began: Millis,
    /// When the answers were in.
    pub at: Millis,
    /// By the server's socket; no listing where none was asked for.
    pub answers: Vec<(PathBuf, Option<Listing>, Shots)>,
}
