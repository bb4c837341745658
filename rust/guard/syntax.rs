//! The syntax tree of a shell text, before expansion.

use std::ops::Range;

/// A list of commands in the order of the text; compound commands are dissolved into their simple ones.
#[derive(Debug, Default)]
pub struct Script {
    pub commands: Vec<ShellCommand>,
}

/// A simple command.
#[derive(Debug, Default)]
pub struct ShellCommand {
    /// `a=b` before the command word.
    pub assignments: Vec<Assignment>,
    pub words: Vec<Word>,
    /// Text given by `<<` or `<<<`.
    pub given: Vec<Word>,
    /// The file of `<`, or the last `>`.
    pub from: Option<Word>,
    pub to: Option<Word>,
    /// Every other redirection's target: it may hold substitutions.
    pub others: Vec<Word>,
    /// The commands whose output is piped into this one.
    pub piped: Option<Range<usize>>,
}

/// `name=value`, or `name=(several values)`.
#[derive(Debug)]
pub struct Assignment {
    pub name: String,
    pub values: Vec<Word>,
    /// `+=`
    pub append: bool,
}

/// Parts that stand together without a space.
#[derive(Debug, Default)]
pub struct Word {
    pub parts: Vec<WordPart>,
}

#[derive(Debug)]
pub enum WordPart {
    /// Literal text; a quoted one is never split, and holds no pattern or keyword.
    Text { text: String, quoted: bool },
    /// `$name`, or `${name…}` with what may stand in for it; `changed` by an operator, or the value of `$((…))`.
    Variable { name: String, otherwise: Option<Word>, changed: bool, quoted: bool },
    /// `$(…)` and backticks; `<(…)` stands for a file.
    Substitution { script: Script, quoted: bool, file: bool },
}

impl Word {
    /// The text, when it is one literal piece without quotes, as keywords are.
    pub fn bare(&self) -> Option<&str> {
        match self.parts.as_slice() {
            [WordPart::Text { text, quoted: false }] => Some(text),
            _ => None,
        }
    }

    /// Adds literal text to the last part where it is of the same kind.
    pub fn push(&mut self, c: char, quoted: bool) {
        if let Some(WordPart::Text { text, quoted: last }) = self.parts.last_mut()
            && *last == quoted
        {
            text.push(c);
        } else {
            self.parts.push(WordPart::Text { text: c.to_string(), quoted });
        }
    }

    /// The name that the word assigns to, whether it adds, and how much of the first part says so.
    pub fn assigned(&self) -> Option<(String, bool, usize)> {
        let Some(WordPart::Text { text, quoted: false }) = self.parts.first() else { return None };
        let (left, _) = text.split_once('=')?;
        let name = left.trim_end_matches('+').split('[').next().unwrap_or_default();
        let fits = |c: char| c.is_ascii_alphanumeric() || c == '_';
        let named = name.starts_with(|c: char| fits(c) && !c.is_ascii_digit()) && name.chars().all(fits);
        named.then(|| (name.to_owned(), left.ends_with('+'), left.len() + 1))
    }

    /// The word without the first `length` bytes of its first part.
    pub fn after(mut self, length: usize) -> Word {
        if let Some(WordPart::Text { text, quoted }) = self.parts.first_mut() {
            text.drain(..length);
            *quoted = true;
        }
        self
    }
}
