//! Screen rules: TOML in, compiled once, asked often. The rules that an adapter brings explain the shape by example; a
//! person's file of the same shape is merged in front of them.

use super::screen::layout::{LayoutMarks, ScreenPart};
use crate::contract::Code;
use crate::error::{Error, Result};
use crate::evidence::reading::Means;
use crate::status::{AgentStatus, Kind};
use parking_lot::Mutex;
use regex::{Regex, RegexBuilder};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::sync::Arc;

/// A rules file with more than this is a mistake.
const MOST: usize = 500;

/// A rules file, as written.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RuleFile {
    /// How the interface is found; absent marks are those of the built-in rules.
    pub layout: LayoutText,
    /// In order: the first that holds wins.
    pub rule: Vec<RuleText>,
    /// What a dialog's title says about the tool.
    pub tool: Vec<ToolText>,
    /// What an option's text means; patterns tried in the order mode, always, no, yes.
    pub means: BTreeMap<String, Vec<String>>,
    /// The plain patterns that fit any agent, asked when no rule holds.
    pub status: StatusText,
}

/// `[layout]`: regular expressions on single lines; see [`LayoutMarks`].
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[expect(missing_docs, reason = "they are those of Marks")]
pub struct LayoutText {
    pub divider: Option<String>,
    pub prompt: Option<String>,
    pub echo: Option<String>,
    pub block: Option<String>,
    pub closing: Option<String>,
    pub more: Option<String>,
    pub row: Option<String>,
}

/// `[[rule]]`.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RuleText {
    /// Shown by `explain` and `detect`.
    pub name: String,
    /// What it says when it holds.
    pub status: AgentStatus,
    /// The status's kind.
    pub kind: Option<Kind>,
    /// Work that goes on after the turn: `shell` or `subagent`.
    pub background: Option<String>,
    /// The tool that the dialog is of.
    pub tool: Option<String>,
    /// Whether a dialog's rows are options to choose from; `false` for forms.
    #[serde(default = "yes")]
    pub options: bool,
    /// All must hold.
    pub when: Vec<ConditionText>,
}

/// One condition. Named groups `tool`, `summary`, `message` and `retry` become details.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ConditionText {
    /// The part of the screen; it must be there.
    #[serde(rename = "in")]
    pub part: ScreenPart,
    /// Found in the part's text, with all white space collapsed so that wrapped sentences match.
    pub has: Option<String>,
    /// Found on one of the part's lines.
    pub line: Option<String>,
    /// Not found in the part's collapsed text.
    pub lacks: Option<String>,
}

/// `[[tool]]`: a dialog's title.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ToolText {
    /// Found in the dialog's title; a group `tool` names it, else `name` does.
    pub title: String,
    /// The tool's name.
    pub name: Option<String>,
    /// Where its summary stands: `body` (between fences, else below the title) or `subtitle`.
    #[serde(default)]
    pub summary: Place,
}

/// Where a dialog says what it is about.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Place {
    /// Between the fences, else the first line below the title.
    #[default]
    Body,
    /// The line below the title.
    Subtitle,
}

/// `[status.idle]` and `[status.waiting]`.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct StatusText {
    /// Says that the prompt is free.
    pub idle: PatternsText,
    /// Says that an answer is needed; asked before `idle`.
    pub waiting: PatternsText,
}

/// Regular expressions on single lines, asked of the last 15 non-blank ones.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct PatternsText {
    /// Any of them.
    pub patterns: Vec<String>,
}

fn yes() -> bool {
    true
}

/// A compiled rule.
#[derive(Clone, Debug)]
pub(super) struct Rule {
    pub(super) text: RuleText,
    pub(super) when: Vec<Condition>,
}

/// A compiled condition.
#[derive(Clone, Debug)]
pub(super) struct Condition {
    pub(super) part: ScreenPart,
    pub(super) has: Option<Regex>,
    pub(super) line: Option<Regex>,
    pub(super) lacks: Option<Regex>,
}

/// A compiled tool title.
#[derive(Clone, Debug)]
pub(super) struct Tool {
    pub(super) title: Regex,
    pub(super) name: Option<String>,
    pub(super) summary: Place,
}

/// Compiled rules of one agent; cheap to clone.
#[derive(Clone, Debug)]
pub struct Rules(pub(super) Arc<Compiled>);

#[derive(Clone, Debug)]
pub(super) struct Compiled {
    pub(super) rules: Vec<Rule>,
    pub(super) tools: Vec<Tool>,
    pub(super) means: Vec<(Means, Regex)>,
    pub(super) marks: LayoutMarks,
    pub(super) waiting: Vec<Regex>,
    pub(super) idle: Vec<Regex>,
}

/// The sets compiled last, newest first. One takes 3.5 MB and 30 ms, and the agents of all tasks want the same.
static KNOWN: Mutex<Vec<(Option<&'static str>, RuleFile, Rules)>> = Mutex::new(Vec::new());
const MOST_KNOWN: usize = 8;

/// Reads a rules file.
pub fn parse(toml: &str) -> Result<RuleFile> {
    toml::from_str(toml).map_err(|error| refused(format!("cannot read screen rules: {}", error.to_string().trim_end())))
}

impl Rules {
    /// The rules for an agent: the built-in ones (as TOML) where there are any, and a person's in front.
    pub fn of(built_in: Option<&'static str>, own: Option<RuleFile>) -> Result<Rules> {
        let (key, own) = (built_in, own.unwrap_or_default());
        let mut known = KNOWN.lock();
        let found = known.iter().position(|(with, file, _)| (*with, file) == (built_in, &own));
        let entry = match found {
            Some(at) => known.remove(at),
            None => {
                let built_in = built_in.map(parse).transpose()?.unwrap_or_default();
                let file = own.clone().in_front_of(built_in);
                (key, own, Rules::compile(file)?)
            }
        };
        let rules = entry.2.clone();
        known.insert(0, entry);
        known.truncate(MOST_KNOWN);
        Ok(rules)
    }

    fn compile(file: RuleFile) -> Result<Rules> {
        let status = [&file.status.waiting.patterns, &file.status.idle.patterns];
        if file.rule.len() + file.tool.len() + status.iter().map(|patterns| patterns.len()).sum::<usize>() > MOST {
            return Err(refused(format!("cannot use screen rules: there are more than {MOST}")));
        }
        let [waiting, idle] = status.map(|patterns| all("status", patterns));
        let mut means = Vec::new();
        for (word, meaning) in
            [("mode", Means::Mode), ("always", Means::Always), ("no", Means::No), ("yes", Means::Yes)]
        {
            for pattern in file.means.get(word).into_iter().flatten() {
                means.push((meaning, compiled("means", pattern)?));
            }
        }
        let marks = marks(&file.layout)?;
        let tools = file
            .tool
            .into_iter()
            .map(|tool| Ok(Tool { title: compiled("tool", &tool.title)?, name: tool.name, summary: tool.summary }));
        let tools = tools.collect::<Result<_>>()?;
        let rules = file.rule.into_iter().map(Rule::compile).collect::<Result<_>>()?;
        Ok(Rules(Arc::new(Compiled { rules, tools, means, marks, waiting: waiting?, idle: idle? })))
    }
}

impl Rule {
    fn compile(text: RuleText) -> Result<Rule> {
        let pattern =
            |pattern: &Option<String>| pattern.as_ref().map(|pattern| compiled(&text.name, pattern)).transpose();
        let condition = |when: &ConditionText| {
            let (has, line, lacks) = (pattern(&when.has)?, pattern(&when.line)?, pattern(&when.lacks)?);
            Ok(Condition { part: when.part, has, line, lacks })
        };
        if text.when.is_empty() {
            return Err(refused(format!("cannot use screen rule `{}`: it has no condition", text.name)));
        }
        let when = text.when.iter().map(condition).collect::<Result<_>>()?;
        Ok(Rule { when, text })
    }
}

impl RuleFile {
    /// Both, this one's first.
    fn in_front_of(mut self, mut other: RuleFile) -> RuleFile {
        self.rule.append(&mut other.rule);
        self.tool.append(&mut other.tool);
        for (word, mut patterns) in other.means {
            self.means.entry(word).or_default().append(&mut patterns);
        }
        self.status.idle.patterns.append(&mut other.status.idle.patterns);
        self.status.waiting.patterns.append(&mut other.status.waiting.patterns);
        let (own, other) = (&mut self.layout, other.layout);
        own.divider = own.divider.take().or(other.divider);
        own.prompt = own.prompt.take().or(other.prompt);
        own.echo = own.echo.take().or(other.echo);
        own.block = own.block.take().or(other.block);
        own.closing = own.closing.take().or(other.closing);
        own.more = own.more.take().or(other.more);
        own.row = own.row.take().or(other.row);
        self
    }
}

fn marks(text: &LayoutText) -> Result<LayoutMarks> {
    // Without a mark nothing is ever found by it.
    let mark = |pattern: &Option<String>| compiled("layout", pattern.as_deref().unwrap_or(r"[^\s\S]"));
    Ok(LayoutMarks {
        divider: mark(&text.divider)?,
        prompt: mark(&text.prompt)?,
        echo: mark(&text.echo)?,
        block: mark(&text.block)?,
        closing: mark(&text.closing)?,
        more: mark(&text.more)?,
        row: mark(&text.row)?,
    })
}

fn all(of: &str, patterns: &[String]) -> Result<Vec<Regex>> {
    patterns.iter().map(|pattern| compiled(of, pattern)).collect()
}

fn compiled(of: &str, pattern: &str) -> Result<Regex> {
    RegexBuilder::new(pattern).size_limit(1 << 20).dfa_size_limit(1 << 20).build().map_err(|error| {
        let error = error.to_string().split_whitespace().collect::<Vec<_>>().join(" ");
        refused(format!("cannot use pattern `{pattern}` of `{of}`: {error}"))
    })
}

fn refused(message: String) -> Error {
    Error::new(Code::BadInput, message).hint("correct the pattern; the syntax is that of Rust's regex crate")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_rules_are_compiled_once() {
        let shared = |one: &Rules, other: &Rules| Arc::ptr_eq(&one.0, &other.0);
        let own = || parse("[status.idle]\npatterns = ['^> $']").ok();
        let built_in = Some("[status.idle]\npatterns = ['^free$']");
        let known = Rules::of(built_in, None).unwrap();
        assert!(shared(&known, &Rules::of(built_in, Some(RuleFile::default())).unwrap()));
        assert!(!shared(&known, &Rules::of(built_in, own()).unwrap()));
        let alone = Rules::of(None, own()).unwrap();
        assert!(shared(&alone, &Rules::of(None, own()).unwrap()));
        assert!(!shared(&alone, &Rules::of(built_in, own()).unwrap()));
    }
}
