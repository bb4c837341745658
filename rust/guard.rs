//! The guard refuses shell commands of an agent in a stack task that would move the edits of other tasks.
//!
//! All stack tasks share one working tree, and only Chorus commits in it. The guard is pure: it takes the text of a
//! command and returns a verdict. [`parse`] reads the text as a shell would, [`walk`] follows what would run, [`git`],
//! [`but`] and [`programs`] judge each call, [`mcp`] a tool that is no shell.
//!
//! The guard works against habit; it is not a wall. Yet habit takes many forms: an agent puts a command into a
//! variable, an alias, a here-document, a pipe or a script and runs it from there. So the guard also follows what the
//! text itself sets, prints and writes ([`expand`], [`printed`]); `tests/refused.txt` holds an example of each form.
//! The guard does not follow files that the text does not write, other languages, or the aliases of the user's shell.
//! Chorus notices a branch switched that way by other means.

mod but;
mod expand;
mod frame;
mod git;
mod mcp;
mod parse;
mod printed;
mod programs;
mod reason;
mod runner;
mod shell;
mod syntax;
mod walk;
mod word;

pub use expand::UNKNOWN;
pub use runner::Inner;
pub use walk::{Followed, SHELLS};

use crate::evidence::event::ToolCall;

/// A command longer than this (bytes) is not parsed.
const LONGEST: usize = 1 << 20;

/// A refused command, in the words that the agent reads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refused {
    /// Program and subcommand: `git commit`.
    pub what: String,
    /// What was refused, why, and what to do instead.
    pub reason: String,
}

/// Judges a tool call of an agent in a stack task: its shell command, or the tool itself.
pub fn verdict_on(call: &ToolCall) -> Option<Refused> {
    let command = call.work.command().and_then(verdict);
    command.or_else(|| mcp::judge(&call.tool).map(|offense| reason::of_tool(&call.tool, &offense)))
}

/// Judges the text of a shell command of an agent in a stack task; `None` when it may run.
///
/// A text that cannot be read as shell is refused only if a refused pair such as `git commit` stands in it.
pub fn verdict(command: &str) -> Option<Refused> {
    let end = if command.len() > LONGEST { Err(walk::Stop::Unreadable) } else { walk::judge(command) };
    match end {
        Ok(()) => None,
        Err(walk::Stop::Refused(offense)) => Some(reason::of(&offense)),
        Err(walk::Stop::Unreadable) => adjacent(command).map(|what| reason::unreadable(&what)),
    }
}

/// What the text of a shell command would run and open, as far as it tells; nothing where it cannot be read.
pub fn follow(command: &str) -> Option<Followed> {
    if command.len() > LONGEST { None } else { walk::follow(command).ok() }
}

/// What a program runs in turn when it is called with these arguments: `env`, `find -exec`, `xargs` and the like.
pub fn run_by(program: &str, arguments: &[String]) -> Vec<Inner> {
    let name = program.rsplit('/').next().unwrap_or(program);
    let words = |words: Vec<String>| Inner::Words(words);
    match name {
        "find" | "fd" | "fdfind" => runner::executed(name, arguments).into_iter().map(words).collect(),
        "xargs" => {
            let (place, mut inner) = runner::xargs(arguments);
            // What it adds is not known.
            let added = UNKNOWN.to_string();
            match place {
                Some(place) => inner.iter_mut().for_each(|word| *word = word.replace(&place, &added)),
                None => inner.push(added),
            }
            vec![words(inner)]
        }
        "tmux" => programs::tmux_texts(arguments).into_iter().map(Inner::Text).collect(),
        _ => runner::inner(name, arguments).into_iter().collect(),
    }
}

/// The first refused pair of words, options between them skipped, wherever it stands.
fn adjacent(text: &str) -> Option<String> {
    let mut program = None;
    for word in text.split(|c: char| !(c.is_alphanumeric() || "-_./\\".contains(c))).filter(|word| !word.is_empty()) {
        let name = word.rsplit(['/', '\\']).next().unwrap_or(word);
        match program {
            Some("git") if git::is_refused(name) => return Some(format!("git {name}")),
            Some("but") if but::is_refused(name) => return Some(format!("but {name}")),
            Some(_) if word.starts_with('-') => {}
            _ => program = ["git", "but"].into_iter().find(|known| *known == name),
        }
    }
    None
}

#[cfg(test)]
mod tests;
