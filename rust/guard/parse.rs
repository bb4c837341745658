//! The parser of a shell text: its position, its depth, and the pieces that span lines.

use super::syntax::{Script, Word};

/// The text is not valid shell for this parser, or nested too deep to follow.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Unreadable;

/// How deep quotes, substitutions and texts of inner shells may nest together.
pub const DEEPEST: usize = 24;

/// Parses one text. Each step moves on or ends, and lookahead is remembered, so parsing takes linear time.
pub struct Parser<'a> {
    pub chars: &'a [char],
    pub at: usize,
    depth: usize,
    /// Where this line ends, and where the here-documents that were announced on it end.
    line: Option<(usize, usize)>,
}

/// Reads a whole text found at `depth`.
pub fn script(text: &str, depth: usize) -> Result<Script, Unreadable> {
    let chars: Vec<char> = text.chars().collect();
    Parser::new(&chars, depth)?.commands(None)
}

impl<'a> Parser<'a> {
    fn new(chars: &'a [char], depth: usize) -> Result<Self, Unreadable> {
        if depth > DEEPEST {
            return Err(Unreadable);
        }
        Ok(Parser { chars, at: 0, depth, line: None })
    }

    /// The character here.
    pub fn peek(&self) -> Option<char> {
        self.peek_at(0)
    }

    /// The character `ahead` of here.
    pub fn peek_at(&self, ahead: usize) -> Option<char> {
        self.chars.get(self.at + ahead).copied()
    }

    /// Takes the character here.
    pub fn next(&mut self) -> Option<char> {
        let c = self.peek()?;
        self.at += 1;
        Some(c)
    }

    /// Takes `c` if it is here.
    pub fn take(&mut self, c: char) -> bool {
        let found = self.peek() == Some(c);
        self.at += usize::from(found);
        found
    }

    /// What is left.
    pub fn rest(&self) -> &'a [char] {
        self.chars.get(self.at..).unwrap_or_default()
    }

    /// The characters of a range.
    pub fn text(&self, from: usize, to: usize) -> String {
        self.chars.get(from..to).unwrap_or_default().iter().collect()
    }

    /// One level deeper.
    pub fn enter(&mut self) -> Result<(), Unreadable> {
        self.depth += 1;
        if self.depth > DEEPEST { Err(Unreadable) } else { Ok(()) }
    }

    /// One level up.
    pub fn leave(&mut self) {
        self.depth -= 1;
    }

    /// The commands up to `end`, one level deeper.
    pub fn nested(&mut self, end: Option<char>) -> Result<Script, Unreadable> {
        self.enter()?;
        let script = self.commands(end)?;
        self.leave();
        Ok(script)
    }

    /// The script between backticks, whose own backslashes are taken off first.
    pub fn backticks(&mut self) -> Result<Script, Unreadable> {
        let mut text = String::new();
        loop {
            match self.next().ok_or(Unreadable)? {
                '`' => break,
                '\\' => match self.next().ok_or(Unreadable)? {
                    c @ ('`' | '\\' | '$') => text.push(c),
                    c => text.extend(['\\', c]),
                },
                c => text.push(c),
            }
        }
        script(&text, self.depth + 1)
    }

    /// Skips blanks and joined lines.
    pub fn blanks(&mut self) {
        loop {
            match self.peek() {
                Some('\n') => return,
                Some('\\') if self.peek_at(1) == Some('\n') => self.at += 2,
                Some(c) if c.is_whitespace() => self.at += 1,
                _ => return,
            }
        }
    }

    /// Takes the newline here and the here-documents that follow it.
    pub fn newline(&mut self) {
        match self.line {
            Some((end, after)) if end == self.at => self.at = after,
            _ => self.at += 1,
        }
    }

    /// Skips blanks, newlines and comments.
    pub fn lines(&mut self) {
        loop {
            self.blanks();
            match self.peek() {
                Some('\n') => self.newline(),
                Some('#') => self.comment(),
                _ => return,
            }
        }
    }

    /// Skips to the end of the line.
    pub fn comment(&mut self) {
        while self.peek().is_some_and(|c| c != '\n') {
            self.at += 1;
        }
    }

    /// The text of a here-document whose delimiter is read next; `<<` has been.
    pub fn here_document(&mut self) -> Result<Word, Unreadable> {
        let tabs = self.take('-');
        self.blanks();
        let word = self.word()?;
        let mut delimiter = String::new();
        let mut expands = true;
        for part in &word.parts {
            let super::syntax::WordPart::Text { text, quoted } = part else { return Err(Unreadable) };
            delimiter.push_str(text);
            expands &= !quoted;
        }
        let (line, from) = match self.line {
            Some((line, after)) if line >= self.at => (line, after),
            _ => {
                let line = self.line_end();
                (line, (line + 1).min(self.chars.len()))
            }
        };
        let (to, after) = self.body(from, &delimiter, tabs, expands);
        self.line = Some((line, after));
        let mut body = Word::default();
        if expands {
            let chars = self.chars.get(from..to).unwrap_or_default();
            Parser::new(chars, self.depth + 1)?.quoted(&mut body, None)?;
        } else {
            body.parts.push(super::syntax::WordPart::Text { text: self.text(from, to), quoted: true });
        }
        Ok(body)
    }

    fn line_end(&self) -> usize {
        let mut escaped = false;
        for (index, c) in self.rest().iter().enumerate() {
            match c {
                '\n' if !escaped => return self.at + index,
                '\\' => escaped = !escaped,
                _ => escaped = false,
            }
        }
        self.chars.len()
    }

    /// Where a body that begins at `from` ends, and where the text goes on; without its delimiter it is all the rest.
    fn body(&self, from: usize, delimiter: &str, tabs: bool, joins: bool) -> (usize, usize) {
        let mut start = from;
        // A line with those that are joined to it, and where it begins.
        let (mut whole, mut begins) = (Vec::new(), from);
        while start < self.chars.len() {
            let length = self.chars[start..].iter().position(|c| *c == '\n').unwrap_or(self.chars.len() - start);
            let line = &self.chars[start..start + length];
            let skip = if tabs { line.iter().take_while(|c| **c == '\t').count() } else { 0 };
            whole.extend_from_slice(&line[skip..]);
            start += length + 1;
            if joins && line.iter().rev().take_while(|c| **c == '\\').count() % 2 == 1 {
                whole.pop();
                continue;
            }
            if whole.iter().copied().eq(delimiter.chars()) {
                return (begins, start.min(self.chars.len()));
            }
            whole.clear();
            begins = start;
        }
        (self.chars.len(), self.chars.len())
    }

    /// `((…))`, when that is what stands here and not two subshells: what it expands.
    pub fn arithmetic(&mut self) -> Result<Option<Word>, Unreadable> {
        if self.peek() != Some('(') || self.peek_at(1) != Some('(') {
            return Ok(None);
        }
        let mut open = 0_usize;
        for (index, c) in self.rest().iter().enumerate() {
            match c {
                '(' => open += 1,
                ')' => open -= 1,
                _ => {}
            }
            if open == 0 {
                return Ok(None);
            }
            if open == 1 && *c == ')' {
                if self.peek_at(index + 1) != Some(')') {
                    return Ok(None);
                }
                let mut inside = Word::default();
                let chars = self.chars.get(self.at + 2..self.at + index).unwrap_or_default();
                Parser::new(chars, self.depth + 1)?.quoted(&mut inside, None)?;
                self.at += index + 2;
                return Ok(Some(inside));
            }
        }
        Ok(None)
    }
}
