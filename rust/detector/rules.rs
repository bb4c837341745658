//! Screen rules: TOML in, compiled once, asked often. The rules that an adapter brings explain the shape by example; a
//! person's file of the same shape is merged in front of them.

use super::screen::layout::{LayoutMarks, ScreenPart};
use crate::contract::Code;
use crate::error::{Error, Result};
use crate::evidence::reading::Means;
use crate::status::{AgentStatus, Kind};
use parking_lot::Mutex;
use regex::{Regex, RegexBuilder, RegexSet, RegexSetBuilder};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::sync::Arc;
use toml::Spanned;

/// A rules file with more than this is a mistake.
const MOST: usize = 500;

/// Bytes of one compiled pattern, and of all plain patterns of one status together. It bounds the time that a screen takes
/// whatever a pattern says: a search is linear in both.
pub const LARGEST: usize = 1 << 18;
const LARGEST_TOGETHER: usize = 1 << 20;

/// How many lines at the end of a screen the plain patterns see where nothing else is said.
const LINES: usize = 15;
/// A longer line is cut for the plain patterns, in bytes.
pub(super) const LONGEST_LINE: usize = 400;

/// A regular expression, with its place in the file.
pub type PatternText = Spanned<String>;

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
    pub means: BTreeMap<String, Vec<PatternText>>,
    /// The plain patterns that fit any agent, asked when no rule holds.
    pub status: StatusText,
    /// What the keys of an answer are: `yes`, `no`, `always`, or a word for people. Of a dialog that a rule reads off the
    /// screen with its options, only `no` counts.
    pub answers: BTreeMap<String, Vec<String>>,
    /// The file it was read from, for messages.
    #[serde(skip)]
    pub source: Option<Source>,
}

/// A rules file as it was read.
#[derive(Clone, Debug, PartialEq)]
pub struct Source {
    /// Its name, for people.
    pub name: String,
    /// Its text.
    pub text: String,
}

impl Source {
    /// `FILE:LINE:COLUMN: `, both from 1, in characters.
    fn place(&self, at: usize) -> String {
        let before = self.text.get(..at).unwrap_or(&self.text);
        let (line, column) =
            before.rsplit_once('\n').map_or((1, before), |(above, column)| (above.matches('\n').count() + 2, column));
        format!("{}:{line}:{}: ", self.name, column.chars().count() + 1)
    }
}

/// `[layout]`: regular expressions on single lines; see [`LayoutMarks`].
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[expect(missing_docs, reason = "they are those of Marks")]
pub struct LayoutText {
    pub divider: Option<PatternText>,
    pub prompt: Option<PatternText>,
    pub echo: Option<PatternText>,
    pub block: Option<PatternText>,
    pub closing: Option<PatternText>,
    pub more: Option<PatternText>,
    pub row: Option<PatternText>,
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
    pub has: Option<PatternText>,
    /// Found on one of the part's lines.
    pub line: Option<PatternText>,
    /// Not found in the part's collapsed text.
    pub lacks: Option<PatternText>,
}

/// `[[tool]]`: a dialog's title.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ToolText {
    /// Found in the dialog's title; a group `tool` names it, else `name` does.
    pub title: PatternText,
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

/// `[status.waiting]`, `[status.busy]` and `[status.idle]`, asked in that order.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct StatusText {
    /// Says that the prompt is free.
    pub idle: PatternsText,
    /// Says that a turn runs; asked before `idle`.
    pub busy: PatternsText,
    /// Says that an answer is needed; asked before `busy`.
    pub waiting: PatternsText,
    /// How many lines at the end of the screen they see; 15 where nothing is said.
    pub lines: Option<usize>,
}

/// Regular expressions on single lines, asked of the last ones that are not blank.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct PatternsText {
    /// Any of them.
    pub patterns: Vec<PatternText>,
}

/// Patterns of which no place is known.
pub fn unplaced(patterns: impl IntoIterator<Item = String>) -> Vec<PatternText> {
    patterns.into_iter().map(|pattern| Spanned::new(0..0, pattern)).collect()
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
    pub(super) plain: Plain,
    pub(super) answers: BTreeMap<String, Vec<String>>,
}

/// The compiled plain patterns.
#[derive(Clone, Debug)]
pub(super) struct Plain {
    pub(super) waiting: RegexSet,
    pub(super) busy: RegexSet,
    pub(super) idle: RegexSet,
    pub(super) lines: usize,
}

/// The sets compiled last, newest first. One takes 3.5 MB and 30 ms, and the agents of all tasks want the same.
static KNOWN: Mutex<Vec<(Option<&'static str>, RuleFile, Rules)>> = Mutex::new(Vec::new());
const MOST_KNOWN: usize = 8;

/// Reads a rules file of that name.
///
/// # Errors
/// `bad_input` with the place when it is no rules file.
pub fn parse(name: &str, toml: &str) -> Result<RuleFile> {
    let source = Source { name: name.to_owned(), text: toml.to_owned() };
    match toml::from_str::<RuleFile>(toml) {
        Ok(file) => Ok(RuleFile { source: Some(source), ..file }),
        Err(error) => {
            let why = error.message().lines().collect::<Vec<_>>().join(", ");
            let place = source.place(error.span().map_or(0, |span| span.start));
            Err(Error::new(Code::BadInput, format!("{place}{why}")).hint("`:help chorus-screen-rules` has an example"))
        }
    }
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
                let built_in =
                    built_in.map(|rules| parse("the built-in rules", rules)).transpose()?.unwrap_or_default();
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
        let status = &file.status;
        let plain = [&status.waiting, &status.busy, &status.idle].map(|patterns| patterns.patterns.len());
        if file.rule.len() + file.tool.len() + plain.iter().sum::<usize>() > MOST {
            return Err(refused(file.source.as_ref(), None, &format!("there are more than {MOST} screen rules")));
        }
        let compiler = Compiler { source: file.source.as_ref() };
        let plain = Plain {
            waiting: compiler.set("status.waiting", &status.waiting)?,
            busy: compiler.set("status.busy", &status.busy)?,
            idle: compiler.set("status.idle", &status.idle)?,
            lines: status.lines.unwrap_or(LINES),
        };
        let mut means = Vec::new();
        for (word, meaning) in
            [("mode", Means::Mode), ("always", Means::Always), ("no", Means::No), ("yes", Means::Yes)]
        {
            for pattern in file.means.get(word).into_iter().flatten() {
                means.push((meaning, compiler.one("means", pattern)?));
            }
        }
        let marks = compiler.marks(&file.layout)?;
        let tools = file.tool.iter().map(|tool| {
            let title = compiler.one("tool", &tool.title)?;
            Ok(Tool { title, name: tool.name.clone(), summary: tool.summary })
        });
        let tools = tools.collect::<Result<_>>()?;
        let rules = file.rule.iter().map(|rule| compiler.rule(rule)).collect::<Result<_>>()?;
        Ok(Rules(Arc::new(Compiled { rules, tools, means, marks, plain, answers: file.answers.clone() })))
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
        self.status.busy.patterns.append(&mut other.status.busy.patterns);
        self.status.waiting.patterns.append(&mut other.status.waiting.patterns);
        self.status.lines = self.status.lines.or(other.status.lines);
        for (word, keys) in other.answers {
            self.answers.entry(word).or_insert(keys);
        }
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

/// Compiles patterns, and says where one stands that cannot be.
struct Compiler<'a> {
    source: Option<&'a Source>,
}

impl Compiler<'_> {
    fn rule(&self, text: &RuleText) -> Result<Rule> {
        let pattern =
            |pattern: &Option<PatternText>| pattern.as_ref().map(|pattern| self.one(&text.name, pattern)).transpose();
        let condition = |when: &ConditionText| {
            let (has, line, lacks) = (pattern(&when.has)?, pattern(&when.line)?, pattern(&when.lacks)?);
            Ok(Condition { part: when.part, has, line, lacks })
        };
        if text.when.is_empty() {
            return Err(refused(self.source, None, &format!("the screen rule `{}` has no condition", text.name)));
        }
        let when = text.when.iter().map(condition).collect::<Result<_>>()?;
        Ok(Rule { when, text: text.clone() })
    }

    fn marks(&self, text: &LayoutText) -> Result<LayoutMarks> {
        // Without a mark nothing is ever found by it.
        let nothing = Spanned::new(0..0, r"[^\s\S]".to_owned());
        let mark = |pattern: &Option<PatternText>| self.one("layout", pattern.as_ref().unwrap_or(&nothing));
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

    fn one(&self, of: &str, pattern: &PatternText) -> Result<Regex> {
        let built = RegexBuilder::new(pattern.get_ref()).size_limit(1 << 20).dfa_size_limit(1 << 20).build();
        built.map_err(|error| {
            refused(self.source, Some(pattern), &format!("{} (in `{of}`)", fault(pattern.get_ref(), &error)))
        })
    }

    /// One search for all of them.
    fn set(&self, of: &str, patterns: &PatternsText) -> Result<RegexSet> {
        for pattern in &patterns.patterns {
            check(pattern.get_ref())
                .map_err(|why| refused(self.source, Some(pattern), &format!("{why} (in `{of}`)")))?;
        }
        let place = patterns.patterns.first();
        set(patterns.patterns.iter().map(Spanned::get_ref))
            .map_err(|_| refused(self.source, place, &format!("the patterns of `{of}` are too large together")))
    }
}

/// Whether a plain pattern can be used.
///
/// # Errors
/// Why not, as a sentence.
pub fn check(pattern: &str) -> std::result::Result<(), String> {
    let built = RegexBuilder::new(pattern).size_limit(LARGEST).build();
    built.map(drop).map_err(|error| fault(pattern, &error))
}

/// Whether plain patterns that can be used one by one can be used together.
pub fn are_small_together(patterns: &[String]) -> bool {
    set(patterns).is_ok()
}

fn set(patterns: impl IntoIterator<Item = impl AsRef<str>>) -> std::result::Result<RegexSet, regex::Error> {
    RegexSetBuilder::new(patterns).size_limit(LARGEST_TOGETHER).dfa_size_limit(1 << 20).build()
}

/// Why a regular expression cannot be used, on one line.
fn fault(pattern: &str, error: &regex::Error) -> String {
    let pattern = crate::text::reveal_line(pattern, 80);
    match error {
        regex::Error::CompiledTooBig(_) => format!("`{pattern}` is too large as a regular expression: repeat less"),
        error => {
            let all = error.to_string();
            let last = all.lines().last().unwrap_or_default().trim_start_matches("error: ");
            format!("`{pattern}` is not a regular expression: {last}")
        }
    }
}

fn refused(source: Option<&Source>, pattern: Option<&PatternText>, why: &str) -> Error {
    let at = pattern.map_or(0, |pattern| pattern.span().start);
    let place = source.map(|source| source.place(at)).unwrap_or_default();
    Error::new(Code::BadInput, format!("{place}{why}"))
        .hint("correct the pattern; the syntax is that of Rust's regex crate")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_rules_are_compiled_once() {
        let shared = |one: &Rules, other: &Rules| Arc::ptr_eq(&one.0, &other.0);
        let own = || parse("own.toml", "[status.idle]\npatterns = ['^> $']").ok();
        let built_in = Some("[status.idle]\npatterns = ['^free$']");
        let known = Rules::of(built_in, None).unwrap();
        assert!(shared(&known, &Rules::of(built_in, Some(RuleFile::default())).unwrap()));
        assert!(!shared(&known, &Rules::of(built_in, own()).unwrap()));
        let alone = Rules::of(None, own()).unwrap();
        assert!(shared(&alone, &Rules::of(None, own()).unwrap()));
        assert!(!shared(&alone, &Rules::of(built_in, own()).unwrap()));
    }
}
