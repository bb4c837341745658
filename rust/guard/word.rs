//! Parses words: quotes, escapes, variables, substitutions.

use super::parse::{Parser, Unreadable};
use super::syntax::{Word, WordPart};

type Result<T> = std::result::Result<T, Unreadable>;

/// What ends a word outside quotes.
fn ends_word(c: char) -> bool {
    c.is_whitespace() || matches!(c, ';' | '&' | '|' | '<' | '>' | '(' | ')')
}

impl Parser<'_> {
    /// The word that begins here; it may be empty where none does.
    pub fn word(&mut self) -> Result<Word> {
        let mut word = Word::default();
        while let Some(c) = self.peek() {
            match c {
                '\'' => {
                    self.at += 1;
                    word.parts.push(WordPart::Text { text: self.until_quote()?, quoted: true });
                }
                '"' => {
                    self.at += 1;
                    // An empty string is a word, too.
                    word.parts.push(WordPart::Text { text: String::new(), quoted: true });
                    self.quoted(&mut word, Some('"'))?;
                }
                '\\' => self.escape(&mut word),
                '$' | '`' => self.dollar(&mut word, false)?,
                '<' | '>' if self.peek_at(1) == Some('(') => {
                    self.at += 2;
                    let script = self.nested(Some(')'))?;
                    word.parts.push(WordPart::Substitution { script, quoted: true, file: true });
                }
                c if ends_word(c) => break,
                c => {
                    self.at += 1;
                    word.push(c, false);
                }
            }
        }
        Ok(word)
    }

    /// A backslash outside quotes: it joins lines, or makes the next character plain.
    fn escape(&mut self, word: &mut Word) {
        self.at += 1;
        match self.next() {
            Some('\n') => {}
            Some(c) => word.push(c, true),
            None => word.push('\\', true),
        }
    }

    fn until_quote(&mut self) -> Result<String> {
        let from = self.at;
        let length = self.rest().iter().position(|c| *c == '\'').ok_or(Unreadable)?;
        self.at += length + 1;
        Ok(self.text(from, from + length))
    }

    /// Text with expansions, up to `end` (taken), or to the end of the input.
    pub fn quoted(&mut self, word: &mut Word, end: Option<char>) -> Result<()> {
        loop {
            match self.peek() {
                None if end.is_none() => return Ok(()),
                None => return Err(Unreadable),
                found if found == end => {
                    self.at += 1;
                    return Ok(());
                }
                Some('\\') => {
                    self.at += 1;
                    match self.next() {
                        Some('\n') => {}
                        Some(c @ ('$' | '`' | '"' | '\\')) => word.push(c, true),
                        other => {
                            word.push('\\', true);
                            other.into_iter().for_each(|c| word.push(c, true));
                        }
                    }
                }
                Some('$' | '`') => self.dollar(word, true)?,
                Some(c) => {
                    self.at += 1;
                    word.push(c, true);
                }
            }
        }
    }

    /// Everything that `$` or a backtick begins.
    fn dollar(&mut self, word: &mut Word, quoted: bool) -> Result<()> {
        if self.next() == Some('`') {
            let script = self.backticks()?;
            word.parts.push(WordPart::Substitution { script, quoted, file: false });
            return Ok(());
        }
        // A shell puts joined lines together first.
        while self.peek() == Some('\\') && self.peek_at(1) == Some('\n') {
            self.at += 2;
        }
        let variable = |name: String| WordPart::Variable { name, otherwise: None, changed: false, quoted };
        match self.peek() {
            Some('(') => match self.arithmetic()? {
                Some(inside) => word.parts.push(WordPart::Variable {
                    name: String::new(),
                    otherwise: Some(inside),
                    changed: true,
                    quoted,
                }),
                None => {
                    self.at += 1;
                    let script = self.nested(Some(')'))?;
                    word.parts.push(WordPart::Substitution { script, quoted, file: false });
                }
            },
            Some('{') => {
                self.at += 1;
                let part = self.braces(quoted)?;
                word.parts.push(part);
            }
            Some('\'') if !quoted => {
                self.at += 1;
                let text = self.ansi()?;
                word.parts.push(WordPart::Text { text, quoted: true });
            }
            // `$"…"` is a string to translate: the quote is read next.
            Some('"') if !quoted => {}
            Some(c) if c.is_ascii_alphabetic() || c == '_' => {
                let name = self.name();
                word.parts.push(variable(name));
            }
            Some(c) if c.is_ascii_digit() || "@*#?$!-".contains(c) => {
                self.at += 1;
                word.parts.push(variable(c.to_string()));
            }
            _ => word.push('$', quoted),
        }
        Ok(())
    }

    /// A name of letters, digits and underscores.
    pub fn name(&mut self) -> String {
        let from = self.at;
        while self.peek().is_some_and(|c| c.is_ascii_alphanumeric() || c == '_') {
            self.at += 1;
        }
        self.text(from, self.at)
    }

    /// `${…}` after the brace.
    fn braces(&mut self, quoted: bool) -> Result<WordPart> {
        let mut changed = self.peek().is_some_and(|c| c == '!' || c == '#');
        if changed {
            self.at += 1;
        }
        let mut name = self.name();
        if name.is_empty() && self.peek().is_some_and(|c| "@*?$-".contains(c)) {
            name.extend(self.next());
        }
        if self.peek() == Some('[') {
            while self.peek().is_some_and(|c| c != ']') {
                self.at += 1;
            }
            self.at += 1;
        }
        let from = self.at;
        if self.peek() == Some(':') {
            self.at += 1;
        }
        let stands_in = self.peek().is_some_and(|c| "-=+".contains(c));
        if stands_in {
            self.at += 1;
        } else {
            self.at = from;
        }
        changed |= !stands_in && self.peek() != Some('}');
        let mut rest = Word::default();
        self.enter()?;
        while self.peek() != Some('}') {
            match self.peek().ok_or(Unreadable)? {
                '\'' if !quoted => {
                    self.at += 1;
                    rest.parts.push(WordPart::Text { text: self.until_quote()?, quoted: true });
                }
                '"' => {
                    self.at += 1;
                    self.quoted(&mut rest, Some('"'))?;
                }
                '\\' => self.escape(&mut rest),
                '$' | '`' => self.dollar(&mut rest, quoted)?,
                c => {
                    self.at += 1;
                    rest.push(c, quoted);
                }
            }
        }
        self.at += 1;
        self.leave();
        let otherwise = (!rest.parts.is_empty()).then_some(rest);
        Ok(WordPart::Variable { name, otherwise, changed, quoted })
    }

    /// `$'…'` after the quote.
    fn ansi(&mut self) -> Result<String> {
        let mut text = String::new();
        loop {
            match self.next().ok_or(Unreadable)? {
                '\'' => return Ok(text),
                '\\' => match self.next().ok_or(Unreadable)? {
                    'n' => text.push('\n'),
                    't' => text.push('\t'),
                    'x' => text.extend(self.hexadecimal()),
                    c => text.push(c),
                },
                c => text.push(c),
            }
        }
    }

    /// The character of up to two digits after `\x`.
    fn hexadecimal(&mut self) -> Option<char> {
        let mut value = 0_u32;
        for _ in 0..2 {
            let Some(digit) = self.peek().and_then(|c| c.to_digit(16)) else { break };
            value = value * 16 + digit;
            self.at += 1;
        }
        char::from_u32(value)
    }
}
