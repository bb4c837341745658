//! Screen rules: TOML in, compiled once, asked often. The rules that an adapter brings explain the shape by example; a
//! person's file of the same shape is merged in front of them.

mod file;

pub use file::{
    ConditionText, LayoutText, PatternText, PatternsText, Place, RuleFile, RuleText, Source, StatusText, ToolText,
    parse, unplaced,
};

use super::screen::layout::{LayoutMarks, ScreenPart};
use crate::contract::Code;
use crate::error::{Error, Result};
use crate::evidence::reading::Means;
use parking_lot::Mutex;
use regex::{Regex, RegexBuilder, RegexSet, RegexSetBuilder};
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
