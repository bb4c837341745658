//! Words: quotes, escapes, and what the shell expands.

use super::{JOINED, Reader, Unclear, Word};

impl Reader<'_> {
    /// The word that begins here.
    pub(super) fn word(&mut self) -> Result<Word, Unclear> {
        let mut word = Word { known: true, ..Word::default() };
        let from = self.at;
        let mut has_braces = false;
        while let Some(c) = self.peek() {
            match c {
                ' ' | '\t' | '\n' | ';' | '&' | '|' | '<' | '>' | '(' | ')' => break,
                '\'' => {
                    self.at += 1;
                    let length =
                        self.chars.iter().skip(self.at).position(|c| *c == '\'').ok_or("a quote is not closed")?;
                    word.text.extend(self.chars.iter().skip(self.at).take(length));
                    self.at += length + 1;
                }
                '"' => {
                    self.at += 1;
                    word.known &= self.double(&mut word.text)?;
                }
                // Before a blank it ends the word.
                '\\' if self.joins() && matches!(self.peek_at(2), Some(' ' | '\t')) => break,
                '\\' if self.joins() => return Err(JOINED),
                '\\' => {
                    self.at += 1;
                    word.text.push(self.peek().ok_or("a backslash stands at its end")?);
                    self.at += 1;
                }
                '$' | '`' => {
                    let written = self.at;
                    if matches!(self.peek_at(1), Some('\'' | '"')) && c == '$' {
                        return Err("it holds a `$` before a quote");
                    }
                    if self.dollar()? {
                        word.known = false;
                        word.splits = true;
                    }
                    word.text.extend(self.chars.get(written..self.at).unwrap_or_default());
                }
                // Of nothing, braces make nothing.
                '{' if self.peek_at(1) == Some('}') => {
                    self.at += 2;
                    word.text.push_str("{}");
                }
                c => {
                    let begins = self.at == from;
                    self.at += 1;
                    let is_pattern = matches!(c, '*' | '?') || c == '[' && !(begins && self.is_word_end());
                    // zsh finds a program's path by `=name`, and both a home by `~`.
                    let is_value = word.text.ends_with(['=', ':']);
                    let is_shorthand = c == '~' && (begins || is_value) || c == '=' && begins;
                    word.splits |= is_pattern;
                    word.known &= !is_pattern && !is_shorthand;
                    has_braces |= matches!(c, '{' | '}');
                    word.text.push(c);
                }
            }
        }
        // A lone brace is itself; any other may be several words.
        if has_braces && !matches!(word.text.as_str(), "{" | "}") {
            word.known = false;
            word.splits = true;
        }
        Ok(word)
    }

    fn is_word_end(&self) -> bool {
        self.peek().is_none_or(|c| matches!(c, ' ' | '\t' | '\n' | ';' | '&' | '|' | '<' | '>' | '(' | ')'))
    }

    /// What stands between double quotes, after the first; whether all of it is literal.
    fn double(&mut self, text: &mut String) -> Result<bool, Unclear> {
        let mut known = true;
        loop {
            let written = self.at;
            match self.peek().ok_or("a quote is not closed")? {
                '"' => {
                    self.at += 1;
                    return Ok(known);
                }
                '\\' if self.joins() => return Err(JOINED),
                '\\' => {
                    self.at += 1;
                    match self.peek().ok_or("a quote is not closed")? {
                        c @ ('$' | '`' | '"' | '\\') => text.push(c),
                        c => text.extend(['\\', c]),
                    }
                    self.at += 1;
                }
                '$' | '`' => {
                    known &= !self.dollar()?;
                    text.extend(self.chars.get(written..self.at).unwrap_or_default());
                }
                c => {
                    text.push(c);
                    self.at += 1;
                }
            }
        }
    }

    /// A text in which only `$`, backticks and backslashes mean something, up to its end.
    pub(super) fn expanded(&mut self) -> Result<(), Unclear> {
        while let Some(c) = self.peek() {
            match c {
                '\\' if self.joins() => return Err(JOINED),
                '\\' => self.at += 2,
                '$' | '`' => {
                    self.dollar()?;
                }
                _ => self.at += 1,
            }
        }
        Ok(())
    }

    /// What `$` or a backtick begins, taken; false where it is only a `$`.
    fn dollar(&mut self) -> Result<bool, Unclear> {
        if self.take('`') {
            return self.backticks().map(|()| true);
        }
        self.at += 1;
        match self.peek() {
            Some('(') => {
                self.at += 1;
                if self.peek() == Some('(') {
                    return Err("it holds arithmetic");
                }
                self.inner(Some(')'))?;
            }
            Some('{') => {
                self.at += 1;
                let is_name = |c: char| c.is_ascii_alphanumeric() || c == '_';
                let length = self.chars.iter().skip(self.at).take_while(|c| is_name(**c)).count();
                self.at += length;
                if length == 0 || !self.take('}') {
                    return Err("it holds a changed expansion");
                }
            }
            Some('[') => return Err("it holds arithmetic"),
            // zsh has more that begins like this.
            Some('~' | '^' | '=' | '+' | ':') => return Err("it holds a changed expansion"),
            Some(c) if c.is_ascii_alphabetic() || c == '_' => {
                while self.peek().is_some_and(|c| c.is_ascii_alphanumeric() || c == '_') {
                    self.at += 1;
                }
                // A subscript is arithmetic in zsh.
                if self.peek() == Some('[') {
                    return Err("it holds a changed expansion");
                }
            }
            Some(c) if c.is_ascii_digit() || "@*#?$!-".contains(c) => self.at += 1,
            _ => return Ok(false),
        }
        Ok(true)
    }

    /// The script between backticks, the first of which was taken.
    fn backticks(&mut self) -> Result<(), Unclear> {
        let from = self.at;
        while let Some(c) = self.peek() {
            match c {
                '\\' => return Err("it holds a backslash between backticks"),
                '`' => {
                    let inside = self.chars.get(from..self.at).unwrap_or_default();
                    let mut script = Reader::new(inside, self.depth + 1)?;
                    script.list(None)?;
                    self.found.append(&mut script.found);
                    self.at += 1;
                    return Ok(());
                }
                _ => self.at += 1,
            }
        }
        Err("a backtick is not closed")
    }
}
