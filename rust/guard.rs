//! The guard: which shell commands of an agent in a stack task are refused, so that no task moves another's edits.
//!
//! All stack tasks share one working tree, and Chorus is its only committer. Pure: a command's text in, a verdict out.
//! [`parse`] reads the text as a shell would, [`walk`] follows what would run (wrappers, nested shells, variables,
//! pipes into a shell), [`git`] and [`but`] judge. It is a guard against habit, not a wall: a script file, another
//! language or an alias of the user's shell get past it, and a switched branch is noticed elsewhere.

mod but;
mod expand;
mod frame;
mod git;
mod parse;
mod printed;
mod reason;
mod runner;
mod shell;
mod syntax;
mod walk;
mod word;

/// A command longer than this (bytes) is not parsed.
const LONGEST: usize = 1 << 20;

/// What is refused, and the words the agent is told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refused {
    /// Program and subcommand: `git commit`.
    pub what: String,
    /// What was refused, why, and what to do instead.
    pub reason: String,
}

/// Judges the text of a shell command of an agent in a stack task; nothing when it may run.
///
/// A text that cannot be read as shell is refused only if a refused pair such as `git commit` stands in it.
pub fn verdict(command: &str) -> Option<Refused> {
    let end = if command.len() > LONGEST { Err(walk::Stop::Unreadable) } else { walk::judge(command) };
    match end {
        Ok(()) => None,
        Err(walk::Stop::Refused(offence)) => Some(reason::of(&offence)),
        Err(walk::Stop::Unreadable) => adjacent(command).map(|what| reason::unreadable(&what)),
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
