//! Reads a shell text exactly: as bash and zsh would, or not at all.
//!
//! The guard's parser accepts more and guesses, for what it finds is refused. Here what is found is allowed, so a construct
//! whose meaning is not sure (arithmetic, `case`, functions, `$'…'`, changed expansions) makes the whole text unclear.

use super::pattern::is_variable;
use crate::text::is_unseen;

mod words;

/// A command longer than this (bytes) is not read.
const LONGEST: usize = 64 * 1024;
/// How deep substitutions, subshells and texts of inner shells may nest together.
pub(super) const DEEPEST: usize = 12;

/// Why a text cannot be read exactly, as the end of a sentence.
pub(super) type Unclear = &'static str;

/// A shell puts the two lines together before it reads what stands there, as `$` and `(`.
const JOINED: Unclear = "it joins two lines within a word, a quote or a here-document";

/// A word after the shell has expanded it, as far as that is known.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Word {
    /// The text; with [`Word::known`] false, as it is written.
    pub text: String,
    /// Whether the text is exactly the value.
    pub known: bool,
    /// Whether the shell may make several words of it, or none.
    pub splits: bool,
}

/// A file that a redirection opens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Redirect {
    pub file: Word,
    pub writes: bool,
}

/// A simple command.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Simple {
    /// `NAME=value` before the command.
    pub variables: Vec<(String, Word)>,
    pub words: Vec<Word>,
    pub redirects: Vec<Redirect>,
}

/// Every simple command of the text, also those in substitutions.
pub(super) fn read(text: &str, depth: usize) -> Result<Vec<Simple>, Unclear> {
    if text.len() > LONGEST {
        return Err("it is too long");
    }
    let is_odd = |c: char| c != '\n' && c != '\t' && c != ' ' && (is_unseen(c) || c.is_whitespace() || c.is_control());
    if text.contains(is_odd) {
        return Err("it holds a character that nobody sees");
    }
    let chars: Vec<char> = text.chars().collect();
    let mut reader = Reader::new(&chars, depth)?;
    reader.list(None)?;
    Ok(reader.found)
}

/// A here-document whose text comes after the line.
struct Pending {
    delimiter: String,
    expands: bool,
    strips: bool,
}

struct Reader<'t> {
    chars: &'t [char],
    at: usize,
    depth: usize,
    found: Vec<Simple>,
    pending: Vec<Pending>,
}

impl<'t> Reader<'t> {
    fn new(chars: &'t [char], depth: usize) -> Result<Self, Unclear> {
        if depth > DEEPEST {
            return Err("it is nested too deep");
        }
        Ok(Reader { chars, at: 0, depth, found: Vec::new(), pending: Vec::new() })
    }

    fn peek(&self) -> Option<char> {
        self.peek_at(0)
    }

    fn peek_at(&self, ahead: usize) -> Option<char> {
        self.chars.get(self.at + ahead).copied()
    }

    fn take(&mut self, c: char) -> bool {
        let found = self.peek() == Some(c);
        self.at += usize::from(found);
        found
    }

    /// Whether a backslash here joins this line and the next.
    fn joins(&self) -> bool {
        self.peek() == Some('\\') && self.peek_at(1) == Some('\n')
    }

    /// Blanks and joined lines, of which none may make one operator of two.
    fn blanks(&mut self) -> Result<(), Unclear> {
        let is_operator = |c: Option<char>| c.is_some_and(|c| ";&|<>()".contains(c));
        loop {
            match self.peek() {
                Some(' ' | '\t') => self.at += 1,
                Some('\\') if self.joins() => {
                    let before = self.at.checked_sub(1).and_then(|at| self.chars.get(at).copied());
                    if is_operator(before) && is_operator(self.peek_at(2)) {
                        return Err(JOINED);
                    }
                    self.at += 2;
                }
                _ => return Ok(()),
            }
        }
    }

    /// A shell may take `#` for a word; so the text behind it must be harmless as such.
    fn comment(&mut self) -> Result<(), Unclear> {
        while let Some(c) = self.peek().filter(|c| *c != '\n') {
            if ";&|<>$`()'\"\\".contains(c) {
                return Err("its comment holds more than words");
            }
            self.at += 1;
        }
        Ok(())
    }

    /// Commands up to `end` (taken), or to the end of the text.
    fn list(&mut self, end: Option<char>) -> Result<(), Unclear> {
        let outer = std::mem::take(&mut self.pending);
        loop {
            self.blanks()?;
            let Some(c) = self.peek() else {
                let is_whole = end.is_none() && self.pending.is_empty();
                self.pending = outer;
                return if is_whole { Ok(()) } else { Err("it has no end") };
            };
            match c {
                '\n' if !outer.is_empty() => return Err("its here-document is not clear"),
                '\n' => {
                    self.at += 1;
                    self.documents()?;
                }
                '#' => self.comment()?,
                ';' | '&' | '|' => {
                    self.at += 1;
                    match (c, self.peek()) {
                        (';', Some(';' | '&' | '|')) => return Err("it holds a `case`"),
                        ('&', Some('>')) => return Err("its redirection is not clear"),
                        ('&', Some('&')) | ('|', Some('|')) => self.at += 1,
                        ('|', Some('&')) => self.at += 1,
                        _ => {}
                    }
                }
                '(' => {
                    self.at += 1;
                    if self.peek() == Some('(') {
                        return Err("it holds arithmetic");
                    }
                    self.inner(Some(')'))?;
                }
                ')' if end == Some(')') => {
                    self.at += 1;
                    if !self.pending.is_empty() {
                        return Err("its here-document is not clear");
                    }
                    self.pending = outer;
                    return Ok(());
                }
                ')' => return Err("its brackets do not match"),
                _ => self.simple()?,
            }
        }
    }

    /// A list one level deeper.
    fn inner(&mut self, end: Option<char>) -> Result<(), Unclear> {
        self.depth += 1;
        if self.depth > DEEPEST {
            return Err("it is nested too deep");
        }
        self.list(end)?;
        self.depth -= 1;
        Ok(())
    }

    /// One simple command, or the words of a compound command before its next simple one.
    fn simple(&mut self) -> Result<(), Unclear> {
        let mut command = Simple::default();
        loop {
            self.blanks()?;
            match self.peek() {
                None | Some('\n' | ';' | '|' | ')' | '#') => break,
                Some('&') if self.peek_at(1) != Some('>') => break,
                Some('(') => return Err("it holds a function, a list or a pattern in brackets"),
                Some('<' | '>' | '&') => {
                    self.redirect(&mut command)?;
                    continue;
                }
                Some(c) if c.is_ascii_digit() && self.is_descriptor() => {
                    self.redirect(&mut command)?;
                    continue;
                }
                _ => {}
            }
            let from = self.at;
            let word = self.word()?;
            let is_first = command.words.is_empty();
            let written: String = self.chars.get(from..self.at).unwrap_or_default().iter().collect();
            if is_first && command.variables.is_empty() && command.redirects.is_empty() {
                match written.as_str() {
                    "if" | "then" | "elif" | "else" | "fi" | "while" | "until" | "do" | "done" | "{" | "}" | "!"
                    | "time" => continue,
                    "for" => return self.choices(),
                    "case" | "select" | "function" | "coproc" | "[[" | "]]" | "repeat" | "foreach" => {
                        return Err("it holds a compound command that Chorus does not follow");
                    }
                    _ => {}
                }
            }
            // In zsh they also stand behind a command.
            if matches!(written.as_str(), "{" | "}") {
                return Err("it holds a brace among a command's words");
            }
            match written.split_once('=') {
                Some((name, value)) if is_first && is_variable(name) => {
                    if value.is_empty() && self.peek() == Some('(') {
                        return Err("it sets a list");
                    }
                    let text = word.text.split_once('=').map_or(String::new(), |(_, value)| value.to_owned());
                    command.variables.push((name.to_owned(), Word { text, ..word }));
                }
                Some((name, _)) if is_first && (name.ends_with('+') || name.ends_with(']')) => {
                    return Err("it changes a variable");
                }
                _ => command.words.push(word),
            }
        }
        let is_empty = command.words.is_empty() && command.variables.is_empty() && command.redirects.is_empty();
        if !is_empty {
            self.found.push(command);
        }
        Ok(())
    }

    /// `for NAME in WORDS`, up to its separator; the words' own substitutions are found as they are read.
    fn choices(&mut self) -> Result<(), Unclear> {
        self.blanks()?;
        let name = self.word()?;
        if !name.known || !is_loop_name(&name.text) {
            return Err("it holds a loop over a variable whose name may mean something to a program");
        }
        self.blanks()?;
        let mut is_first = true;
        loop {
            self.blanks()?;
            match self.peek() {
                None | Some('\n' | ';') => return Ok(()),
                Some('&' | '|' | '<' | '>' | '(' | ')' | '#') => {
                    return Err("it holds a loop that Chorus does not follow");
                }
                _ => {}
            }
            let from = self.at;
            let word = self.word()?;
            let written = self.chars.get(from..self.at).unwrap_or_default();
            if is_first && word.text != "in" || matches!(written, ['{' | '}']) {
                return Err("it holds a loop that Chorus does not follow");
            }
            is_first = false;
        }
    }

    /// Whether digits stand directly before a redirection.
    fn is_descriptor(&self) -> bool {
        let digits = self.chars.iter().skip(self.at).take_while(|c| c.is_ascii_digit()).count();
        matches!(self.peek_at(digits), Some('<' | '>'))
    }

    fn redirect(&mut self, command: &mut Simple) -> Result<(), Unclear> {
        while self.peek().is_some_and(|c| c.is_ascii_digit()) {
            self.at += 1;
        }
        let both = self.take('&');
        let reads = self.take('<');
        if reads && self.take('<') {
            if self.take('<') {
                self.blanks()?;
                let from = self.at;
                self.word()?;
                return if self.at == from { Err("its redirection is not clear") } else { Ok(()) };
            }
            return self.announce();
        }
        // `<>` writes, too.
        let writes = self.take('>');
        if self.peek() == Some('(') {
            return Err("it holds a process substitution");
        }
        if writes && !reads {
            let _ = self.take('>') || self.take('|');
        }
        let copies = !both && self.take('&');
        self.blanks()?;
        let from = self.at;
        let file = self.word()?;
        if from == self.at || self.chars.get(from).is_some_and(|c| matches!(c, '!' | '=' | '^')) {
            return Err("its redirection is not clear");
        }
        let is_descriptor = copies && file.known && !file.text.is_empty();
        if is_descriptor && (file.text == "-" || file.text.chars().all(|c| c.is_ascii_digit())) {
            return Ok(());
        }
        if copies && reads {
            return Err("its redirection is not clear");
        }
        command.redirects.push(Redirect { file, writes });
        Ok(())
    }

    /// The delimiter of a here-document; `<<` has been read.
    fn announce(&mut self) -> Result<(), Unclear> {
        let strips = self.take('-');
        self.blanks()?;
        let mut delimiter = String::new();
        let mut quote = None;
        let mut expands = true;
        while let Some(c) = self.peek() {
            match (c, quote) {
                ('\n', _) | ('$' | '`' | '\\', _) => break,
                (c, Some(end)) if c == end => quote = None,
                ('\'' | '"', None) => {
                    quote = Some(c);
                    expands = false;
                }
                (' ' | '\t' | ';' | '&' | '|' | '<' | '>' | '(' | ')', None) => break,
                (c, _) => delimiter.push(c),
            }
            self.at += 1;
        }
        let is_odd = quote.is_some() || delimiter.is_empty() || matches!(self.peek(), Some('$' | '`' | '\\'));
        if is_odd {
            return Err("its here-document is not clear");
        }
        self.pending.push(Pending { delimiter, expands, strips });
        Ok(())
    }

    /// The here-documents that were announced on the line that has just ended.
    fn documents(&mut self) -> Result<(), Unclear> {
        for document in std::mem::take(&mut self.pending) {
            let from = self.at;
            let end = loop {
                let start = self.at;
                let length = self.chars.get(start..).unwrap_or_default().iter().take_while(|c| **c != '\n').count();
                let line = self.chars.get(start..start + length).unwrap_or_default();
                let tabs = if document.strips { line.iter().take_while(|c| **c == '\t').count() } else { 0 };
                if document.expands && line.ends_with(&['\\']) {
                    return Err(JOINED);
                }
                if line.get(tabs..).unwrap_or_default().iter().copied().eq(document.delimiter.chars()) {
                    self.at = start + length;
                    break start;
                }
                if start + length >= self.chars.len() {
                    return Err("its here-document has no end");
                }
                self.at = start + length + 1;
            };
            // The line's own end is the next thing read.
            self.take('\n');
            if document.expands {
                let mut body = Reader::new(self.chars.get(from..end).unwrap_or_default(), self.depth + 1)?;
                body.expanded()?;
                self.found.append(&mut body.found);
            }
        }
        Ok(())
    }
}

/// Names that people give to what they loop over.
#[rustfmt::skip]
const LOOP_NAMES: [&str; 72] = [
    "arg", "attempt", "base", "bin", "branch", "cmd", "commit", "count", "crate", "dir", "dirs", "doc", "elem", "entry",
    "example", "ext", "feature", "file", "filename", "files", "folder", "host", "idx", "image", "index", "input", "issue",
    "item", "key", "lang", "letter", "level", "line", "mod", "module", "name", "num", "number", "out", "output", "pack",
    "package", "page", "part", "pattern", "person", "pid", "pkg", "port", "ref", "repo", "round", "run", "script", "seed",
    "service", "size", "spec", "src", "step", "suite", "tag", "target", "task", "test", "tool", "try", "url", "user",
    "value", "version", "word",
];

/// Whether a variable of that name means nothing to a shell and to any program that might find it in its environment. zsh
/// ties `path` to `PATH` and has more such names, and many programs take settings from variables.
fn is_loop_name(name: &str) -> bool {
    let is_short = |part: &str| part.len() <= 2 && part.starts_with(|c: char| c.is_ascii_lowercase());
    let is_plain = |part: &str| part.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit());
    is_variable(name)
        && name.split('_').count() <= 2
        && name.split('_').all(|part| is_plain(part) && (is_short(part) || LOOP_NAMES.contains(&part)))
}
