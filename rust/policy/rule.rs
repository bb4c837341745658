//! A rule: an action, and the conditions under which it counts.

use super::Call;
use super::pattern::{CommandPattern, PathPattern, Wildcard};
use crate::status::Action;
use std::fmt;
use std::path::PathBuf;

/// Where a rule stands.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Place {
    /// The file's path.
    pub file: String,
    /// From 1.
    pub line: usize,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.file, self.line)
    }
}

/// A server and a tool of it: `github/create_issue`, `github/*`, or `github` for all its tools.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct McpPattern {
    /// The server's name.
    pub server: Wildcard,
    /// The tool's name; every tool where it is absent.
    pub tool: Option<Wildcard>,
}

/// A rule of the policy. A condition that is empty always holds; of several values in one, any.
#[derive(Clone, Debug, PartialEq)]
pub struct Rule {
    /// What it does.
    pub action: Action,
    /// Names of tools.
    pub tool: Vec<Wildcard>,
    /// Shell commands.
    pub command: Vec<CommandPattern>,
    /// Files.
    pub path: Vec<PathPattern>,
    /// Tools of MCP servers.
    pub mcp: Vec<McpPattern>,
    /// Hosts of web addresses.
    pub host: Vec<Wildcard>,
    /// Numbers of tasks.
    pub task: Vec<i64>,
    /// Tags of tasks.
    pub tag: Vec<String>,
    /// The project.
    pub project: Option<PathBuf>,
    /// What a refused agent is told.
    pub message: Option<String>,
    /// Where it stands.
    pub place: Place,
    /// The rule as a line of TOML, without its action.
    pub text: String,
}

/// All rules that count.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Rules {
    /// In the order of the files.
    pub rules: Vec<Rule>,
}

impl McpPattern {
    /// Reads `SERVER` or `SERVER/TOOL`.
    pub fn parse(text: &str) -> Result<McpPattern, String> {
        let (server, tool) = match text.split_once('/') {
            Some((server, tool)) => (server, Some(tool)),
            None => (text, None),
        };
        if server.is_empty() || tool.is_some_and(|tool| tool.is_empty() || tool.contains('/')) {
            return Err("it must be `SERVER` or `SERVER/TOOL`".into());
        }
        Ok(McpPattern { server: Wildcard::parse(server), tool: tool.map(Wildcard::parse) })
    }

    fn fits(&self, server: &str, tool: &str) -> bool {
        self.server.fits(server) && self.tool.as_ref().is_none_or(|pattern| pattern.fits(tool))
    }
}

impl Rule {
    /// What keeps it from being a rule, as the end of a sentence.
    pub fn fault(&self) -> Option<&'static str> {
        let names_nothing = self.command.is_empty()
            && self.path.is_empty()
            && self.mcp.is_empty()
            && self.host.is_empty()
            && self.tool.iter().all(Wildcard::is_any);
        match self.action {
            Action::Allow if names_nothing => {
                Some("an allow rule must say what it allows: `command`, `path`, `mcp`, `host` or a `tool` by its name")
            }
            Action::Allow | Action::Ask if self.message.is_some() => Some("only a deny rule has a `message`"),
            _ => None,
        }
    }

    /// Whether everything but `command` and `path` holds.
    pub(super) fn about(&self, call: &Call<'_>) -> Certainty {
        let any = |conditions: &[Wildcard], value: &str| {
            conditions.is_empty() || conditions.iter().any(|condition| condition.fits(value))
        };
        let holds = any(&self.tool, call.tool)
            && (self.task.is_empty() || self.task.contains(&call.task))
            && (self.tag.is_empty() || self.tag.iter().any(|tag| call.tags.contains(tag)))
            && self.project.as_deref().is_none_or(|project| project == call.project);
        Certainty::of(holds).min(self.mcp_fits(call)).min(self.host_fits(call))
    }

    fn mcp_fits(&self, call: &Call<'_>) -> Certainty {
        if self.mcp.is_empty() {
            return Certainty::Sure;
        }
        let fits = |(server, tool): &&(String, String)| self.mcp.iter().any(|pattern| pattern.fits(server, tool));
        match call.scope.mcp.iter().filter(fits).count() {
            0 => Certainty::No,
            all if all == call.scope.mcp.len() => Certainty::Sure,
            _ => Certainty::Maybe,
        }
    }

    /// A rule that allows holds for all hosts of the call; which of them it opens, only the server knows.
    fn host_fits(&self, call: &Call<'_>) -> Certainty {
        if self.host.is_empty() {
            return Certainty::Sure;
        }
        let fits = |host: &Option<String>| match host {
            Some(host) => Certainty::of(self.host.iter().any(|condition| condition.fits(host))),
            None => Certainty::Maybe,
        };
        let scope = call.scope;
        let opened = (scope.has_address || scope.host.is_some()).then(|| fits(&scope.host));
        if opened == Some(Certainty::Sure) && self.action != Action::Allow {
            return Certainty::Sure;
        }
        let all: Vec<Certainty> = opened.into_iter().chain(scope.other_hosts.iter().map(fits)).collect();
        match (all.iter().min(), all.iter().max()) {
            (Some(least), Some(most)) if least == most => *most,
            (Some(_), Some(_)) => Certainty::Maybe,
            _ => Certainty::No,
        }
    }
}

/// Whether a rule matches a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Certainty {
    No,
    Maybe,
    Sure,
}

impl Certainty {
    fn of(holds: bool) -> Certainty {
        if holds { Certainty::Sure } else { Certainty::No }
    }
}
