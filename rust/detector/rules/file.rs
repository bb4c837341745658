//! A rules file as it is written.

use crate::contract::Code;
use crate::detector::screen::layout::ScreenPart;
use crate::error::{Error, Result};
use crate::status::{AgentStatus, Kind};
use serde::Deserialize;
use std::collections::BTreeMap;
use toml::Spanned;

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
    pub(super) fn place(&self, at: usize) -> String {
        let before = self.text.get(..at).unwrap_or(&self.text);
        let (line, column) =
            before.rsplit_once('\n').map_or((1, before), |(above, column)| (above.matches('\n').count() + 2, column));
        format!("{}:{line}:{}: ", self.name, column.chars().count() + 1)
    }
}

/// `[layout]`: regular expressions on single lines; see [`LayoutMarks`](crate::detector::screen::layout::LayoutMarks).
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

impl RuleFile {
    /// Both, this one's first.
    pub(super) fn in_front_of(mut self, mut other: RuleFile) -> RuleFile {
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

fn yes() -> bool {
    true
}
