//! A list of commands while it is parsed: which compound commands are open, and what is piped into what.

use super::parse::Unreadable;
use super::syntax::{Script, ShellCommand};

/// How many compound commands may be open at once.
const MOST_OPEN: usize = 200;

/// A compound command that has begun.
pub enum Open {
    Paren,
    Keyword,
    /// `case`, and whether a pattern comes next.
    Case(bool),
}

/// The list being read.
#[derive(Default)]
pub struct Frame {
    pub script: Script,
    pub command: ShellCommand,
    /// With the number of commands before each.
    pub open: Vec<(Open, usize)>,
    /// Where the compound command that has just ended began.
    ended: Option<usize>,
}

impl Frame {
    /// Ends the command that was read.
    pub fn finish(&mut self) {
        let command = std::mem::take(&mut self.command);
        let empty = command.words.is_empty() && command.assignments.is_empty() && command.given.is_empty();
        if !empty || command.from.is_some() || command.to.is_some() || !command.others.is_empty() {
            if !command.words.is_empty() {
                self.ended = None;
            }
            self.script.commands.push(command);
        } else {
            // An input waits for the first command of a group.
            self.command.piped = command.piped;
        }
    }

    /// Ends it with a separator that is no pipe.
    pub fn separate(&mut self) {
        self.finish();
        self.command.piped = None;
        self.ended = None;
    }

    /// Ends it with a pipe into the next.
    pub fn pipe(&mut self) {
        self.finish();
        let count = self.script.commands.len();
        let from = self.ended.take().unwrap_or(count.saturating_sub(1));
        self.command.piped = Some(from..count);
    }

    /// A compound command begins.
    pub fn begin(&mut self, open: Open) -> Result<(), Unreadable> {
        self.open.push((open, self.script.commands.len()));
        if self.open.len() > MOST_OPEN { Err(Unreadable) } else { Ok(()) }
    }

    /// The innermost compound command ends.
    pub fn end(&mut self) {
        self.finish();
        self.ended = self.open.pop().map(|(_, from)| from);
    }

    /// Whether a pattern of `case` comes next; `set` says what comes from here on.
    pub fn pattern(&mut self, set: Option<bool>) -> bool {
        match self.open.last_mut() {
            Some((Open::Case(pattern), _)) => std::mem::replace(pattern, set.unwrap_or(*pattern)),
            _ => false,
        }
    }

    /// Whether a keyword would be one here.
    pub fn is_start(&self) -> bool {
        self.command.words.is_empty() && self.command.assignments.is_empty()
    }
}
