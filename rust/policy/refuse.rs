//! Which deny and ask rules match a call. Here the reading is the guard's, which follows all that a text may run, and what
//! may match is asked.

use super::Call;
use super::mention::{Mention, Mentions};
use super::pattern::{CommandPattern, PathPattern};
use super::rule::Certainty::{self, Maybe, No, Sure};
use super::rule::{Rule, Rules};
use crate::guard::{self, UNKNOWN};
use crate::status::Action;
use std::path::{Path, PathBuf};

/// What the deny and ask rules say.
#[derive(Default)]
pub(super) struct Narrowing {
    pub denies: Option<Rule>,
    /// With the reason, as the end of a sentence.
    pub asks: Option<(Rule, String)>,
}

/// The first deny rule that surely matches, and the first rule by which a person is asked.
pub(super) fn matching(rules: &Rules, call: &Call<'_>) -> Narrowing {
    let mut narrowing = Narrowing::default();
    let mut touched = None;
    for rule in rules.rules.iter().filter(|rule| rule.action != Action::Allow) {
        let about = rule.about(call);
        let found = match rule.command.is_empty() && rule.path.is_empty() || about == No {
            true => Sure,
            false => touched.get_or_insert_with(|| Touched::of(call)).certainty(rule, call),
        };
        match (rule.action, about.min(found)) {
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
    mentions: Vec<Mention>,
    /// The text cannot be read.
    is_unclear: bool,
}

impl Touched {
    fn of(call: &Call<'_>) -> Touched {
        let scope = call.scope;
        let mut mentions = Mentions::new(call);
        scope.paths.iter().for_each(|path| mentions.path(path));
        scope.texts.iter().for_each(|text| mentions.text(text));
        if scope.has_more_texts {
            mentions.unseen();
        }
        let followed = scope.command.as_deref().map(guard::follow);
        let is_unclear = matches!(followed, Some(None));
        let followed = followed.flatten().unwrap_or_default();
        followed.commands.iter().for_each(|argv| mentions.command(argv));
        followed.files.iter().for_each(|file| mentions.path(file));
        Touched { commands: followed.commands, mentions: mentions.found(), is_unclear }
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
        let aims: Vec<Aim<'_>> = rule.path.iter().map(|pattern| Aim::of(pattern, call)).collect();
        let paths = self.mentions.iter().map(|mention| certainty_of(mention, &aims)).max().unwrap_or(No);
        command.min(paths)
    }
}

/// A pattern of paths, and where the part of it without wildcards leads.
struct Aim<'p> {
    pattern: &'p PathPattern,
    start: &'p str,
    real: Option<PathBuf>,
}

impl<'p> Aim<'p> {
    fn of(pattern: &'p PathPattern, call: &Call<'_>) -> Aim<'p> {
        let start = pattern.start();
        let real = (call.locate)(&call.tree.join(start)).absolute;
        Aim { pattern, start, real }
    }

    /// Whether a path is one of the pattern or in one, and whether such a one may be in it.
    fn takes(&self, path: &Path) -> (bool, bool) {
        let Some(real) = &self.real else { return (false, true) };
        let named = path.strip_prefix(real).map(|rest| match rest.as_os_str().is_empty() {
            true => PathBuf::from(self.start),
            false => Path::new(self.start).join(rest),
        });
        (named.is_ok_and(|named| self.pattern.holds(&named)), real.starts_with(path))
    }
}

/// Whether a word names a file of the patterns.
fn certainty_of(mention: &Mention, aims: &[Aim<'_>]) -> Certainty {
    let of = |path: &Path| {
        let taken = aims.iter().map(|aim| aim.takes(path));
        taken.fold((false, false), |(one, above), (is_one, is_above)| (one || is_one, above || is_above))
    };
    let Some(found) = mention.leads.iter().map(|lead| lead.absolute.as_deref().map(of)).collect::<Option<Vec<_>>>()
    else {
        return Maybe;
    };
    if found.is_empty() {
        Maybe
    } else if found.iter().all(|(is_one, _)| *is_one) {
        mention.is_path
    } else if found.iter().any(|(is_one, is_above)| *is_one || *is_above && mention.is_whole) {
        Maybe
    } else {
        No
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
