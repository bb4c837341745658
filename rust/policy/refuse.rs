//! Which deny and ask rules match a call. Here the reading is the guard's, which follows all that a text may run, and what
//! may match is asked.

use super::Call;
use super::pattern::{CommandPattern, PathPattern};
use super::place::located;
use super::rule::{Rule, Rules};
use crate::evidence::event::ToolScope;
use crate::guard::{self, UNKNOWN};
use crate::status::Action;

/// Words of commands that are looked up as paths.
const MOST: usize = 500;

/// What the deny and ask rules say.
#[derive(Default)]
pub(super) struct Narrowing {
    pub denies: Option<Rule>,
    /// With the reason, as the end of a sentence.
    pub asks: Option<(Rule, String)>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Certainty {
    No,
    Maybe,
    Sure,
}

use Certainty::{Maybe, No, Sure};

/// The first deny rule that surely matches, and the first rule by which a person is asked.
pub(super) fn matching(rules: &Rules, call: &Call<'_>) -> Narrowing {
    let mut narrowing = Narrowing::default();
    let about = rules.rules.iter().filter(|rule| rule.action != Action::Allow && rule.is_about(call));
    let mut touched = None;
    for rule in about {
        let found = match rule.command.is_empty() && rule.path.is_empty() {
            true => Sure,
            false => touched.get_or_insert_with(|| Touched::of(call.scope)).certainty(rule, call),
        };
        match (rule.action, found) {
            (_, No) | (Action::Allow, _) => {}
            (Action::Deny, Sure) => _ = narrowing.denies.get_or_insert_with(|| rule.clone()),
            (Action::Deny, Maybe) => {
                let why = format!("it may be what the rule at {} denies", rule.place);
                narrowing.asks.get_or_insert_with(|| (rule.clone(), why));
            }
            (Action::Ask, _) => {
                let why = format!("the rule at {} asks", rule.place);
                narrowing.asks.get_or_insert_with(|| (rule.clone(), why));
            }
        }
    }
    narrowing
}

/// What a call would run and open, as far as the guard can tell.
struct Touched {
    commands: Vec<Vec<String>>,
    files: Vec<String>,
    /// The text cannot be read.
    is_unclear: bool,
}

impl Touched {
    fn of(scope: &ToolScope) -> Touched {
        let files = scope.paths.clone();
        let Some(text) = &scope.command else { return Touched { commands: Vec::new(), files, is_unclear: false } };
        match guard::follow(text) {
            Some(followed) => {
                let files = files.into_iter().chain(followed.files).collect();
                Touched { commands: followed.commands, files, is_unclear: false }
            }
            None => Touched { commands: Vec::new(), files, is_unclear: true },
        }
    }

    fn certainty(&self, rule: &Rule, call: &Call<'_>) -> Certainty {
        if self.is_unclear {
            return Maybe;
        }
        let command = match rule.command.is_empty() {
            true => Sure,
            false => {
                self.commands.iter().flat_map(|argv| rule.command.iter().map(|one| fits(one, argv))).max().unwrap_or(No)
            }
        };
        if command == No || rule.path.is_empty() {
            return command;
        }
        let words = self.commands.iter().flat_map(|argv| argv.iter().skip(1)).chain(&self.files);
        let mut paths = No;
        for (index, word) in words.enumerate() {
            paths = paths.max(if index < MOST { self::paths(rule, call, word) } else { Maybe });
            if paths == Sure {
                break;
            }
        }
        command.min(paths)
    }
}

/// Whether a word names a file of the rule.
fn paths(rule: &Rule, call: &Call<'_>, word: &str) -> Certainty {
    let path = match word.strip_prefix('-') {
        Some(option) => option.split_once('=').map_or("", |(_, value)| value),
        None => word,
    };
    if path.is_empty() {
        return No;
    }
    if path.contains([UNKNOWN, '*', '?', '[', '{']) || path.starts_with('~') {
        return Maybe;
    }
    let found = located(call, path);
    let fits = |pattern: &PathPattern| match pattern.is_absolute() {
        true => found.absolute.as_deref().is_some_and(|path| pattern.fits(&path.to_string_lossy(), true)),
        false => found.inside.as_deref().is_some_and(|path| pattern.fits(path, true)),
    };
    match rule.path.iter().any(fits) {
        true => Sure,
        false if found.absolute.is_none() => Maybe,
        false => No,
    }
}

/// Whether a command is one of the pattern, whose end is always open here. Options may stand between its words.
fn fits(pattern: &CommandPattern, argv: &[String]) -> Certainty {
    let Some((program, rest)) = argv.split_first() else { return No };
    let Some((own, words)) = pattern.words.split_first() else { return if pattern.open { Sure } else { No } };
    let base = program.rsplit('/').next().unwrap_or(program);
    if !own.fits(program) && !own.fits(base) {
        return No;
    }
    let mut left = words.iter().peekable();
    let (mut is_sure, mut after_option) = (pattern.variables.is_empty(), false);
    for word in rest {
        let Some(own) = left.peek() else { break };
        let is_option = word.starts_with('-');
        if word.contains(UNKNOWN) && !own.is_any() {
            // It may be several words, and any.
            return Maybe;
        } else if own.fits(word) {
            left.next();
        } else if after_option && !is_option {
            // It may be the option's value.
            is_sure = false;
        } else if !is_option {
            return No;
        }
        after_option = is_option;
    }
    match (left.peek(), is_sure) {
        (Some(_), _) => No,
        (None, true) => Sure,
        (None, false) => Maybe,
    }
}
