//! The policy: a person's rules that answer an agent's permission requests. Pure.
//!
//! [`judge`] takes the rules and one tool call and returns a verdict. Deny wins over ask, ask over allow, and what no rule
//! matches is asked; the order of rules means nothing. The two directions read a shell command differently. [`script`] reads
//! it exactly, and what it does not know exactly is not allowed. The guard's reading follows everything that a text may run,
//! and what it finds may be denied. A text in which the guard finds a program that the exact reading did not is asked.

mod command;
mod contradiction;
mod cover;
mod inner;
mod mention;
mod pattern;
mod place;
mod propose;
mod refuse;
mod rule;
mod script;

pub use crate::status::Action;
pub use contradiction::contradictions;
pub use pattern::{CommandPattern, PathPattern, Wildcard};
pub use place::{Locate, Located};
pub use propose::{Conditions, propose};
pub use rule::{McpPattern, Place, Rule, Rules};

use crate::evidence::event::ToolScope;
use std::path::Path;

/// The tool call that a rule may answer, and where it happens.
#[derive(Clone, Copy)]
pub struct Call<'c> {
    /// The tool's name.
    pub tool: &'c str,
    /// What the call touches.
    pub scope: &'c ToolScope,
    /// Whether something of its input was left out on the way.
    pub cut: bool,
    /// The task's number.
    pub task: i64,
    /// The task's tags.
    pub tags: &'c [String],
    /// The task's project.
    pub project: &'c Path,
    /// The folder of the task's files: its worktree, else the project.
    pub tree: &'c Path,
    /// Finds where a path leads, links and `..` resolved.
    pub locate: Locate<'c>,
}

/// What the rules say about a call.
#[derive(Clone, Debug, PartialEq)]
pub struct Verdict {
    /// What happens.
    pub action: Action,
    /// The rules that decided, in the order of the files.
    pub rules: Vec<Rule>,
    /// For the agent, where it is denied.
    pub message: Option<String>,
    /// Why a person is asked, as the end of a sentence.
    pub why: Option<String>,
}

impl Verdict {
    fn ask(why: impl Into<String>) -> Verdict {
        Verdict { action: Action::Ask, rules: Vec::new(), message: None, why: Some(why.into()) }
    }

    /// The rules that decided, as `FILE:LINE`, separated by commas.
    pub fn places(&self) -> String {
        self.rules.iter().map(|rule| rule.place.to_string()).collect::<Vec<_>>().join(", ")
    }
}

/// What the rules say about a call.
pub fn judge(rules: &Rules, call: &Call<'_>) -> Verdict {
    if call.cut {
        return Verdict::ask("Chorus did not get the whole request");
    }
    let narrowing = refuse::matching(rules, call);
    if let Some(denies) = narrowing.denies {
        let message = denies.message.clone();
        return Verdict { action: Action::Deny, rules: vec![denies], message, why: None };
    }
    if let Some((rule, why)) = narrowing.asks {
        return Verdict { rules: vec![rule], ..Verdict::ask(why) };
    }
    if call.scope.widens {
        return Verdict::ask("it would change what the agent may do without asking, which no rule grants");
    }
    match cover::allowing(rules, call) {
        Ok(rules) => Verdict { action: Action::Allow, rules, message: None, why: None },
        Err(why) => Verdict::ask(why),
    }
}

#[cfg(test)]
mod tests;
