//! Which allow rules cover a call: all of it, or it is asked.

use super::Call;
use super::command::{self, Reading};
use super::inner::{self, Inner};
use super::place::{allowable, is_at_tree, is_in_tree};
use super::rule::{Certainty, Rule, Rules};
use super::script::{self, DEEPEST, Simple, Word};
use crate::guard;
use crate::status::Action;
use std::collections::BTreeSet;
use std::path::Path;

/// Texts of inner shells and commands of runners that are followed in one call.
const MOST: usize = 500;

/// The rules that allow the call together, or why it is asked.
pub(super) fn allowing(rules: &Rules, call: &Call<'_>) -> Result<Vec<Rule>, String> {
    let about = about(rules, call);
    if let Some(whole) = about.iter().find(|rule| rule.command.is_empty() && covers_files(rule, call)) {
        return Ok(vec![(*whole).clone()]);
    }
    let Some(text) = call.scope.command.as_deref().filter(|_| call.scope.is_shell) else {
        return Err("no rule allows it".into());
    };
    if about.iter().all(|rule| rule.command.is_empty()) {
        return Err("no rule allows it".into());
    }
    let mut cover = Cover::new(about, call);
    cover.text(text, 0)?;
    if !cover.is_read_alike(text) {
        return Err("Chorus is not sure which commands it runs".into());
    }
    let used = cover.used;
    let decided = cover.about.iter().enumerate().filter(|(index, _)| used.contains(index));
    let decided: Vec<Rule> = decided.map(|(_, rule)| (*rule).clone()).collect();
    // A text of nothing but `cd` and `true` needs no rule, and no rule speaks for it.
    if decided.is_empty() { Err("no rule allows it".into()) } else { Ok(decided) }
}

/// The commands of a shell call for which a rule is missing.
pub(super) fn missing(rules: &Rules, call: &Call<'_>) -> Result<Vec<Simple>, String> {
    let mut cover = Cover::new(about(rules, call), call);
    cover.missing = Some(Vec::new());
    cover.text(call.scope.command.as_deref().unwrap_or_default(), 0)?;
    Ok(cover.missing.unwrap_or_default())
}

/// The allow rules of which everything but `command` and `path` holds.
fn about<'r>(rules: &'r Rules, call: &Call<'_>) -> Vec<&'r Rule> {
    let is_about = |rule: &&Rule| rule.action == Action::Allow && rule.about(call) == Certainty::Sure;
    rules.rules.iter().filter(is_about).collect()
}

/// Whether a rule without `command` is about the whole call.
fn covers_files(rule: &Rule, call: &Call<'_>) -> bool {
    if rule.path.is_empty() {
        return true;
    }
    let is_inside = |path: &String| {
        allowable(call, path).is_some_and(|path| rule.path.iter().any(|pattern| pattern.fits(&path, false)))
    };
    call.scope.names_all_paths && !call.scope.paths.is_empty() && call.scope.paths.iter().all(is_inside)
}

struct Cover<'c> {
    /// Allow rules whose other conditions hold.
    about: Vec<&'c Rule>,
    call: &'c Call<'c>,
    /// Those that were needed.
    used: Vec<usize>,
    /// Whether the text changes the working folder.
    moved: bool,
    /// Whether the call begins in the task's tree itself.
    at_tree: bool,
    left: usize,
    /// Names of the programs that were looked at.
    seen: BTreeSet<String>,
    /// Where commands without a rule are only collected: those.
    missing: Option<Vec<Simple>>,
}

type Covered = Result<(), String>;

fn refused(what: &str) -> Covered {
    Err(what.to_owned())
}

impl<'c> Cover<'c> {
    fn new(about: Vec<&'c Rule>, call: &'c Call<'c>) -> Cover<'c> {
        let at_tree = is_at_tree(call.scope, call);
        Cover { about, call, used: Vec::new(), moved: false, at_tree, left: MOST, seen: BTreeSet::new(), missing: None }
    }

    fn text(&mut self, text: &str, depth: usize) -> Covered {
        let commands = script::read(text, depth).map_err(|why| format!("its command is not read by rules: {why}"))?;
        self.moved |= commands.iter().any(|one| command::name(one).is_some_and(|name| command::MOVES.contains(&name)));
        commands.iter().try_for_each(|one| self.simple(one, depth))
    }

    fn simple(&mut self, simple: &Simple, depth: usize) -> Covered {
        self.left = self.left.checked_sub(1).ok_or("it runs too many commands")?;
        for redirect in &simple.redirects {
            self.redirect(&redirect.file, redirect.writes)?;
        }
        let Some(program) = simple.words.first() else {
            return if simple.variables.is_empty() { Ok(()) } else { refused("it sets a variable") };
        };
        if !program.known {
            return refused("the program's name is not known before it runs");
        }
        self.seen.extend(command::name(simple).map(str::to_owned));
        match command::reading(simple) {
            Reading::Harmless => Ok(()),
            Reading::Never(why) => Err(why),
            Reading::Folder(folder) => match is_in_tree(self.call, folder) {
                true => Ok(()),
                false => refused("it leaves the task's folder"),
            },
            Reading::Text(text) if depth < DEEPEST => self.text(text, depth + 1),
            Reading::OwnText(text) if depth < DEEPEST => {
                self.plain(simple, depth)?;
                self.text(text, depth + 1)
            }
            Reading::Wraps(inner) if depth < DEEPEST => self.simple(&inner, depth + 1),
            Reading::Text(_) | Reading::OwnText(_) | Reading::Wraps(_) => refused("it is nested too deep"),
            Reading::Plain => self.plain(simple, depth),
        }
    }

    /// A command that a rule has to cover, and what it runs in turn.
    fn plain(&mut self, simple: &Simple, depth: usize) -> Covered {
        let shown = || crate::text::reveal_line(&command::shown(simple), 120);
        let program = &simple.words[0].text;
        if program.contains('/') && !Path::new(program).is_absolute() && (self.moved || !self.at_tree) {
            return Err(format!("`{}` is run from another folder than the task's", shown()));
        }
        match (self.about.iter().position(|rule| self.is_matched(rule, simple)), &mut self.missing) {
            (Some(index), _) => self.used.push(index),
            (None, Some(missing)) => missing.push(simple.clone()),
            (None, None) => return Err(format!("no rule allows `{}`", shown())),
        }
        self.seen.extend(command::guessed_programs(simple));
        let inside = inner::of(simple).map_err(|why| format!("`{}` {why}", shown()))?;
        if !inside.runs.is_empty() && depth >= DEEPEST {
            return refused("it is nested too deep");
        }
        let moved = self.moved;
        self.moved |= inside.moves;
        for inner in inside.runs {
            match inner {
                Inner::Command(command) => self.simple(&command, depth + 1)?,
                Inner::Text(text) => self.text(&text, depth + 1)?,
            }
        }
        self.moved = moved;
        Ok(())
    }

    /// Whether the guard, which reads the text in another way, finds no other program in it.
    fn is_read_alike(&self, text: &str) -> bool {
        let Some(followed) = guard::follow(text) else { return false };
        let mut programs = followed.commands.iter().filter_map(|argv| argv.first());
        // `time` is a word of the shell's own.
        programs.all(|program| program == "time" || self.seen.contains(program.rsplit('/').next().unwrap_or(program)))
    }

    fn is_matched(&self, rule: &Rule, simple: &Simple) -> bool {
        let program = command::name(simple).unwrap_or_default();
        rule.command.iter().any(|pattern| {
            command::fits(pattern, simple).is_some_and(|wild| {
                let names_a_file = wild.iter().any(|word| !word.text.starts_with('-'));
                rule.path.is_empty()
                    || names_a_file && wild.iter().all(|word| self.is_argument_inside(rule, program, word))
            })
        })
    }

    /// Whether an argument names nothing outside of the rule's paths. An option is no path unless it may hold one.
    fn is_argument_inside(&self, rule: &Rule, program: &str, word: &Word) -> bool {
        let path = match word.text.strip_prefix('-') {
            Some(option) => match option.split_once('=') {
                Some((_, value)) => value,
                None => return word.known && command::is_only_options(program, option),
            },
            None => &word.text,
        };
        let is_fit = |path: String| rule.path.iter().any(|pattern| pattern.fits(&path, false));
        word.known && !self.moved && !path.is_empty() && allowable(self.call, path).is_some_and(is_fit)
    }

    /// A file that is read must be the task's; one that is written must be what a rule lets an edit tool write.
    fn redirect(&mut self, file: &Word, writes: bool) -> Covered {
        if !file.known {
            return refused("a redirection's file is not known before it runs");
        }
        if ["/dev/null", "/dev/stdout", "/dev/stderr"].contains(&file.text.as_str()) {
            return Ok(());
        }
        let name = crate::text::reveal_line(&file.text, 80);
        let path = Some(&file.text).filter(|text| !self.moved || text.starts_with('/'));
        let Some(path) = path.and_then(|path| allowable(self.call, path)) else {
            return Err(format!("it redirects to or from `{name}`, which is not known to be in the task's folder"));
        };
        if !writes {
            return Ok(());
        }
        let lets = |rule: &&Rule| rule.command.is_empty() && rule.path.iter().any(|pattern| pattern.fits(&path, false));
        match self.about.iter().position(lets) {
            Some(index) => {
                self.used.push(index);
                Ok(())
            }
            None => Err(format!("no rule allows to write `{name}`")),
        }
    }
}
