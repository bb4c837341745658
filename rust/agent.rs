//! Coding agents: Claude Code first. Everything that knows a particular agent is in its folder here.

pub mod claude;
pub mod context;

use std::path::Path;

/// How Chorus talks to an agent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Adapter {
    /// Claude Code.
    Claude,
    /// `chorus demo-agent`, which behaves as Claude Code does.
    Demo,
    /// A program of which only the screen is known.
    Screen,
}

/// What an agent can do for Chorus.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Capabilities {
    /// It takes `--settings` with hooks and calls them.
    pub hooks: bool,
    /// It writes `<config>/sessions/<pid>.json`.
    pub session_file: bool,
    /// It resumes a conversation by its id.
    pub resume: bool,
}

/// One configured agent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Agent {
    /// The name in `[agent.NAME]`.
    pub name: String,
    /// How Chorus talks to it.
    pub adapter: Adapter,
    /// Program and the arguments that belong to it; never empty.
    pub command: Vec<String>,
    /// Arguments that follow Chorus's own.
    pub args: Vec<String>,
}

impl Agent {
    /// The agent of that name. Without a `command`, `demo` is this very program (`chorus`), any other is the program
    /// of its name. A command whose program is called `claude` is Claude Code, under whatever name.
    pub fn new(name: &str, command: Vec<String>, args: Vec<String>, chorus: &Path) -> Agent {
        let demo = || vec![chorus.to_string_lossy().into_owned(), "demo-agent".to_owned()];
        let (adapter, command) = match (name, command.first()) {
            ("demo", None) => (Adapter::Demo, demo()),
            ("claude", None) => (Adapter::Claude, vec!["claude".to_owned()]),
            (_, None) => (Adapter::Screen, vec![name.to_owned()]),
            ("claude", Some(_)) => (Adapter::Claude, command),
            (_, Some(program)) if Path::new(program).file_name().is_some_and(|file| file == "claude") => {
                (Adapter::Claude, command)
            }
            (_, Some(_)) => (Adapter::Screen, command),
        };
        Agent { name: name.to_owned(), adapter, command, args }
    }

    /// What it can do for Chorus.
    pub fn capabilities(&self) -> Capabilities {
        let full = self.adapter != Adapter::Screen;
        Capabilities { hooks: full, session_file: full, resume: full }
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
        assert_eq!(agent("claude", &["npx", "claude-code"]).adapter, Adapter::Claude);
        assert_eq!(agent("work", &["/opt/claude", "--verbose"]).adapter, Adapter::Claude);
        assert_eq!(agent("aider", &[]).command, ["aider"]);
        assert_eq!(agent("demo", &[]).command, ["/x/chorus", "demo-agent"]);
        assert!(agent("demo", &[]).capabilities().hooks);
        assert!(!agent("demo", &["sh"]).capabilities().hooks);
    }
}
