//! Coding agents, in neutral terms. What knows one of them is in its own folder: [`claude`].
//!
//! An [`Adapter`] says what differs between agents; the rest of Chorus sees only neutral types. An agent may lead by
//! what it says of its session (a file, an event stream), by its hooks, or by its screen alone: [`Capabilities::gives`]
//! says by which, and the detector weighs what comes in. What an agent sends is parsed once, where it comes in, into an
//! [`crate::evidence::event::AgentEvent`].
//!
//! To add an agent: a folder beside `claude/` with an implementation of [`Adapter`], its screen rules and samples under
//! `tests/fixtures`; a name for it in [`AgentKind`], which the compiler then asks about below; its section in the help.

mod adapter;
pub mod claude;
pub mod context;
pub mod environment;
pub mod hooks_off;
pub mod launch;

pub use adapter::{
    Adapter, AgentReply, Answer, Capabilities, CommittingHook, HooksQuestion, LastMode, SessionSeen, SessionWatch,
    Transcript,
};

use crate::evidence::Gives;
use std::path::Path;

/// Which adapter an agent has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum AgentKind {
    /// Claude Code.
    Claude,
    /// `chorus demo-agent`, which behaves as Claude Code does.
    Demo,
    /// A program of which only the screen is known.
    Screen,
}

/// Every adapter, once.
pub const ADAPTERS: &[&dyn Adapter] = &[&claude::Claude];

impl AgentKind {
    /// The adapter; nothing where only the screen is known.
    pub fn adapter(self) -> Option<&'static dyn Adapter> {
        match self {
            AgentKind::Claude | AgentKind::Demo => Some(&claude::Claude),
            AgentKind::Screen => None,
        }
    }

    /// The kind that a built-in agent's name or its program's file name says.
    pub fn named(name: &str) -> Option<AgentKind> {
        match name {
            "claude" => Some(AgentKind::Claude),
            _ => None,
        }
    }
}

/// The adapter of that name, for a hook's event. Copies of `chorus hook` from when there was one adapter give no name.
pub fn of_hook(name: Option<&str>) -> &'static dyn Adapter {
    let named = |name: &str| ADAPTERS.iter().copied().find(|adapter| adapter.name() == name);
    name.and_then(named).unwrap_or(&claude::Claude)
}

/// One configured agent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Agent {
    /// The name in `[agent.NAME]`.
    pub name: String,
    /// Which adapter it has.
    pub kind: AgentKind,
    /// Program and the arguments that belong to it; never empty.
    pub command: Vec<String>,
    /// Arguments that follow Chorus's own.
    pub args: Vec<String>,
}

impl Agent {
    /// The agent of that name. Without a `command`, `demo` is this very program (`chorus`), any other is the program
    /// of its name. A command whose program is called as a built-in agent is that agent, under whatever name.
    pub fn new(name: &str, command: Vec<String>, args: Vec<String>, chorus: &Path) -> Agent {
        let Some(program) = command.first() else {
            let (kind, command) = match name {
                "demo" => (AgentKind::Demo, vec![chorus.to_string_lossy().into_owned(), "demo-agent".to_owned()]),
                _ => (AgentKind::named(name).unwrap_or(AgentKind::Screen), vec![name.to_owned()]),
            };
            return Agent { name: name.to_owned(), kind, command, args };
        };
        let of_program = || AgentKind::named(Path::new(program).file_name()?.to_str()?);
        let kind = AgentKind::named(name).or_else(of_program).unwrap_or(AgentKind::Screen);
        Agent { name: name.to_owned(), kind, command, args }
    }

    /// Its adapter; nothing where only its screen is known.
    pub fn adapter(&self) -> Option<&'static dyn Adapter> {
        self.kind.adapter()
    }

    /// What it can do for Chorus.
    pub fn capabilities(&self) -> Capabilities {
        let screen_alone = Capabilities { gives: Gives::default(), resume: false };
        self.adapter().map_or(screen_alone, Adapter::capabilities)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn agent(name: &str, command: &[&str]) -> Agent {
        let command = command.iter().map(|word| (*word).to_owned()).collect();
        Agent::new(name, command, Vec::new(), Path::new("/x/chorus"))
    }

    #[test]
    fn an_agent_is_known_by_its_name_or_its_program() {
        assert_eq!(agent("claude", &[]).command, ["claude"]);
        assert_eq!(agent("claude", &["npx", "claude-code"]).kind, AgentKind::Claude);
        assert_eq!(agent("work", &["/opt/claude", "--verbose"]).kind, AgentKind::Claude);
        assert_eq!(agent("aider", &[]).command, ["aider"]);
        assert_eq!(agent("demo", &[]).command, ["/x/chorus", "demo-agent"]);
        assert!(agent("demo", &[]).capabilities().gives.hooks);
        assert!(!agent("demo", &["sh"]).capabilities().gives.hooks);
    }
}
