//! Rules that say opposite things about the same calls.

use super::pattern::CommandPattern;
use super::rule::{Rule, Rules};
use crate::status::Action;

/// One sentence for each allow rule that another rule makes useless.
pub fn contradictions(rules: &Rules) -> Vec<String> {
    let allows = rules.rules.iter().filter(|rule| rule.action == Action::Allow);
    let against = |allow: &&Rule| rules.rules.iter().find(|rule| rule.action != Action::Allow && beats(rule, allow));
    let told = |allow: &Rule, other: &Rule| {
        let (does, wins) = match other.action {
            Action::Deny => ("denies", "deny wins"),
            _ => ("asks about", "ask wins"),
        };
        format!("{}: the rule at {} {does} what this rule allows, and {wins}", allow.place, other.place)
    };
    allows.filter_map(|allow| against(&allow).map(|other| told(allow, other))).collect()
}

/// Whether `other` matches something of every call that `allow` allows.
fn beats(other: &Rule, allow: &Rule) -> bool {
    let within = |has: bool, all: bool| !has || all;
    let tools = allow.tool.iter().all(|tool| other.tool.iter().any(|own| own == tool || fits(own, tool.literal())));
    let hosts = allow.host.iter().all(|host| other.host.iter().any(|own| own == host || fits(own, host.literal())));
    let mcp = allow
        .mcp
        .iter()
        .all(|tool| other.mcp.iter().any(|own| own == tool || own.tool.is_none() && own.server == tool.server));
    within(!other.tool.is_empty(), !allow.tool.is_empty() && tools)
        && within(!other.host.is_empty(), !allow.host.is_empty() && hosts)
        && within(!other.mcp.is_empty(), !allow.mcp.is_empty() && mcp)
        && within(
            !other.task.is_empty(),
            !allow.task.is_empty() && allow.task.iter().all(|task| other.task.contains(task)),
        )
        && within(!other.tag.is_empty(), !allow.tag.is_empty() && allow.tag.iter().all(|tag| other.tag.contains(tag)))
        && within(other.project.is_some(), other.project == allow.project)
        && within(
            !other.command.is_empty(),
            allow.command.iter().any(|command| other.command.iter().any(|own| contains(own, command))),
        )
        && within(
            !other.path.is_empty(),
            allow.path.iter().any(|path| other.path.iter().any(|own| own == path || own.fits(path.text(), true))),
        )
}

fn fits(pattern: &super::Wildcard, literal: Option<&str>) -> bool {
    literal.is_some_and(|text| pattern.fits(text))
}

/// Whether every command of `inner` is one of `outer`, whose end is open.
fn contains(outer: &CommandPattern, inner: &CommandPattern) -> bool {
    outer.variables.is_empty()
        && outer.words.len() <= inner.words.len()
        && outer
            .words
            .iter()
            .zip(&inner.words)
            .all(|(own, other)| own == other || own.is_any() || fits(own, other.literal()))
}
