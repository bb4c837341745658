//! Parses commands: separators, keywords, redirections, assignments. It accepts some texts that a shell refuses.

use super::frame::{Frame, Open};
use super::parse::{Parser, Unreadable};
use super::syntax::{Assignment, Script, ShellCommand, Word};

type Result<T> = std::result::Result<T, Unreadable>;

impl Parser<'_> {
    /// Commands up to `end` (taken), or to the end of the input.
    pub fn commands(&mut self, end: Option<char>) -> Result<Script> {
        let mut frame = Frame::default();
        loop {
            self.blanks();
            let Some(c) = self.peek() else {
                frame.finish();
                return if end.is_some() { Err(Unreadable) } else { Ok(frame.script) };
            };
            match c {
                '\n' => {
                    self.newline();
                    frame.separate();
                }
                '#' => self.comment(),
                '&' if self.peek_at(1) == Some('>') => {
                    self.at += 1;
                    self.redirect(&mut frame.command)?;
                }
                ';' | '&' => {
                    self.at += 1;
                    if c == ';' && (self.take(';') | self.take('&')) {
                        frame.pattern(Some(true));
                    }
                    frame.separate();
                }
                '|' => {
                    self.at += 1;
                    if frame.pattern(None) {
                        continue;
                    }
                    if self.take('|') {
                        frame.separate();
                    } else {
                        self.take('&');
                        frame.pipe();
                    }
                }
                '(' => {
                    let inside = if frame.is_start() { self.arithmetic()? } else { None };
                    if let Some(inside) = inside {
                        frame.command.others.push(inside);
                    } else {
                        self.at += 1;
                        if !frame.pattern(None) {
                            frame.finish();
                            frame.begin(Open::Paren)?;
                        }
                    }
                }
                ')' => {
                    self.at += 1;
                    if frame.pattern(Some(false)) {
                        frame.command = ShellCommand::default();
                    } else if let Some(from) = frame.open.iter().rposition(|(open, _)| matches!(open, Open::Paren)) {
                        frame.open.truncate(from + 1);
                        frame.end();
                    } else {
                        frame.separate();
                        if end == Some(')') {
                            return Ok(frame.script);
                        }
                    }
                }
                '<' | '>' if self.peek_at(1) != Some('(') => self.redirect(&mut frame.command)?,
                _ => {
                    let word = self.word()?;
                    self.place(&mut frame, word)?;
                }
            }
        }
    }

    fn place(&mut self, frame: &mut Frame, word: Word) -> Result<()> {
        let bare = word.bare();
        let describes = |text: &str| {
            text.chars().all(|c| c.is_ascii_digit()) || text.len() > 2 && text.starts_with('{') && text.ends_with('}')
        };
        if self.peek().is_some_and(|c| c == '<' || c == '>') && bare.is_some_and(describes) {
            return Ok(());
        }
        if !frame.is_start() {
            return self.plain(&mut frame.command, word);
        }
        match bare {
            Some("if" | "while" | "until" | "{") => frame.begin(Open::Keyword)?,
            Some("then" | "do" | "else" | "elif" | "!" | "coproc") => {}
            Some("time") if self.before_brace() => {}
            Some("}" | "fi" | "done" | "esac") => frame.end(),
            Some("function") => {
                self.blanks();
                self.word()?;
            }
            Some("for" | "select") => {
                frame.begin(Open::Keyword)?;
                self.choices(frame)?;
            }
            Some("case") => {
                self.blanks();
                frame.command.others.push(self.word()?);
                self.lines();
                self.word()?;
                frame.finish();
                frame.begin(Open::Case(true))?;
            }
            Some("[[") => self.test(&mut frame.command)?,
            _ => self.plain(&mut frame.command, word)?,
        }
        Ok(())
    }

    /// Whether a group in braces comes next.
    fn before_brace(&mut self) -> bool {
        self.blanks();
        self.peek() == Some('{')
    }

    /// An assignment before the command word, or one of its words.
    fn plain(&mut self, command: &mut ShellCommand, word: Word) -> Result<()> {
        if command.words.is_empty()
            && let Some((name, append, length)) = word.assigned()
        {
            let values = if word.bare().is_some_and(|text| text.len() == length) && self.peek() == Some('(') {
                self.list()?
            } else {
                vec![word.after(length)]
            };
            command.assignments.push(Assignment { name, values, append });
        } else {
            command.words.push(word);
        }
        Ok(())
    }

    /// `(several values)`
    fn list(&mut self) -> Result<Vec<Word>> {
        self.at += 1;
        let mut values = Vec::new();
        loop {
            self.lines();
            if self.take(')') {
                return Ok(values);
            }
            let value = self.word()?;
            if value.parts.is_empty() {
                self.next().ok_or(Unreadable)?;
            }
            values.push(value);
        }
    }

    /// `for NAME in WORDS`: the name becomes one of the words.
    fn choices(&mut self, frame: &mut Frame) -> Result<()> {
        self.blanks();
        let name = self.name();
        self.lines();
        if name.is_empty()
            || self.rest().get(..3).is_none_or(|next| next[..2] != ['i', 'n'] || !next[2].is_whitespace())
        {
            return Ok(());
        }
        self.at += 2;
        let mut values = Vec::new();
        loop {
            self.blanks();
            match self.peek() {
                None | Some('\n' | ';' | '&' | '|' | ')') => break,
                Some('(') => return Err(Unreadable),
                Some('<' | '>') if self.peek_at(1) != Some('(') => return Err(Unreadable),
                _ => values.push(self.word()?),
            }
        }
        frame.command.assignments.push(Assignment { name: format!("{name} in"), values, append: false });
        frame.finish();
        Ok(())
    }

    /// `[[ … ]]`: no command, but it may hold substitutions.
    fn test(&mut self, command: &mut ShellCommand) -> Result<()> {
        loop {
            self.lines();
            let word = self.word()?;
            if word.bare() == Some("]]") {
                return Ok(());
            }
            if word.parts.is_empty() {
                self.next().ok_or(Unreadable)?;
            } else {
                command.others.push(word);
            }
        }
    }

    /// `<`, `>` and their longer forms, with what they name.
    fn redirect(&mut self, command: &mut ShellCommand) -> Result<()> {
        if self.take('<') {
            if self.take('<') {
                let word = if self.take('<') {
                    self.blanks();
                    self.word()?
                } else {
                    self.here_document()?
                };
                command.given.push(word);
                return Ok(());
            }
            let both = self.take('&') | self.take('>');
            self.blanks();
            let word = self.word()?;
            if both {
                command.others.push(word)
            } else {
                command.from = Some(word)
            }
            return Ok(());
        }
        self.at += 1;
        let copies = !self.take('>') && !self.take('|') && self.take('&');
        self.blanks();
        let word = self.word()?;
        if copies {
            command.others.push(word)
        } else {
            command.others.extend(command.to.replace(word))
        }
        Ok(())
    }
}
