//! Patterns of names, commands and files.

use globset::{GlobBuilder, GlobMatcher};
use std::path::Path;

/// Bytes of one pattern, at most: it bounds what a pattern costs.
const LONGEST: usize = 1000;

/// Text in which each `*` stands for any characters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wildcard {
    /// What stands between the `*`.
    pieces: Vec<String>,
}

impl Wildcard {
    /// Reads a pattern in which every `*` is a wildcard.
    pub fn parse(text: &str) -> Wildcard {
        Wildcard { pieces: text.split('*').map(str::to_owned).collect() }
    }

    /// Whether it fits everything.
    pub fn is_any(&self) -> bool {
        self.pieces.len() > 1 && self.pieces.iter().all(String::is_empty)
    }

    /// Its text, where it has no wildcard.
    pub fn literal(&self) -> Option<&str> {
        match self.pieces.as_slice() {
            [text] => Some(text),
            _ => None,
        }
    }

    /// Whether the text fits, in time linear to it: between two wildcards the first place is as good as any later one.
    pub fn fits(&self, text: &str) -> bool {
        let [first, middle @ .., last] = self.pieces.as_slice() else { return self.literal() == Some(text) };
        let Some(mut rest) = text.strip_prefix(first.as_str()) else { return false };
        for piece in middle {
            let Some((_, after)) = rest.split_once(piece.as_str()) else { return false };
            rest = after;
        }
        rest.ends_with(last.as_str())
    }
}

/// A simple command of the shell: words, of which `*` stands for one, or as the last for all that follow.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CommandPattern {
    /// `NAME=value` before the program.
    pub(super) variables: Vec<(String, Wildcard)>,
    /// The program and its arguments.
    pub(super) words: Vec<Wildcard>,
    /// Whether any further words may follow.
    pub(super) open: bool,
}

impl CommandPattern {
    /// Reads a pattern. Quotes and backslashes take the meaning from a `*`, as they do in a shell.
    ///
    /// # Errors
    /// When it is no single simple command, as the end of a sentence.
    pub fn parse(text: &str) -> Result<CommandPattern, String> {
        if text.len() > LONGEST {
            return Err(format!("it must have at most {LONGEST} bytes"));
        }
        let mut words = words(text)?;
        let named = |word: &Wildcard| {
            let (name, first) = word.pieces.first()?.split_once('=')?;
            let value = std::iter::once(first.to_owned()).chain(word.pieces.iter().skip(1).cloned()).collect();
            is_variable(name).then(|| (name.to_owned(), Wildcard { pieces: value }))
        };
        let count = words.iter().take_while(|word| named(word).is_some()).count();
        let variables = words.drain(..count).filter_map(|word| named(&word)).collect();
        if words.is_empty() {
            return Err("it names no program".into());
        }
        let open = words.last().is_some_and(Wildcard::is_any);
        if open {
            words.pop();
        }
        Ok(CommandPattern { variables, words, open })
    }
}

/// Whether the text can be a variable's name.
pub(super) fn is_variable(name: &str) -> bool {
    let fits = |c: char| c.is_ascii_alphanumeric() || c == '_';
    name.starts_with(|c: char| fits(c) && !c.is_ascii_digit()) && name.chars().all(fits)
}

fn words(text: &str) -> Result<Vec<Wildcard>, String> {
    let mut words = Vec::new();
    let mut word: Option<Vec<String>> = None;
    let mut quote = None;
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        let pieces = |word: &mut Option<Vec<String>>, c: Option<char>| {
            let pieces = word.get_or_insert_with(|| vec![String::new()]);
            if let Some(last) = pieces.last_mut() {
                last.extend(c);
            }
        };
        match (c, quote) {
            (c, Some(end)) if c == end => quote = None,
            (c, Some('\'')) => pieces(&mut word, Some(c)),
            ('\\', _) => pieces(&mut word, Some(chars.next().ok_or("a backslash stands at its end")?)),
            (c, Some(_)) => pieces(&mut word, Some(c)),
            ('\'' | '"', None) => {
                quote = Some(c);
                pieces(&mut word, None);
            }
            (' ' | '\t', None) => words.extend(word.take().map(|pieces| Wildcard { pieces })),
            ('*', None) => {
                pieces(&mut word, None);
                word.get_or_insert_default().push(String::new());
            }
            (';' | '&' | '|' | '<' | '>' | '(' | ')' | '$' | '`' | '\n', None) => {
                return Err(format!(
                    "`{}` cannot stand in it: a pattern is one command, each of its kind a pattern of its \
                    own",
                    c.escape_debug()
                ));
            }
            (c, None) if c.is_control() || c.is_whitespace() => return Err("it must be plain text".into()),
            (c, None) => pieces(&mut word, Some(c)),
        }
    }
    if quote.is_some() {
        return Err("it contains an unclosed quote".into());
    }
    words.extend(word.map(|pieces| Wildcard { pieces }));
    Ok(words)
}

/// Whether it has no wildcard.
fn is_plain(text: &str) -> bool {
    !text.contains(['*', '?', '[', '{', '\\'])
}

/// Files: a glob relative to the task's tree, or (to deny and to ask) absolute.
#[derive(Clone, Debug)]
pub struct PathPattern {
    text: String,
    glob: GlobMatcher,
    /// The folder that it names, where it has no wildcard.
    folder: Option<String>,
}

impl PartialEq for PathPattern {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl PathPattern {
    /// Reads a glob. `*` does not cross a `/`, `**` does; a folder's name stands for everything in it.
    ///
    /// # Errors
    /// When it is no glob, as the end of a sentence.
    pub fn parse(text: &str) -> Result<PathPattern, String> {
        let trimmed = text.trim_start_matches("./").trim_end_matches('/');
        let trimmed = trimmed.strip_suffix("/.").unwrap_or(trimmed);
        if trimmed.is_empty() || text.len() > LONGEST || text.contains(char::is_control) {
            return Err(format!("it must be a path of 1 to {LONGEST} bytes"));
        }
        if trimmed.split('/').any(|part| part == "..") {
            return Err("it must not contain `..`".into());
        }
        if trimmed == "." {
            return Err("write `**` for the task's whole folder".into());
        }
        if trimmed.split('/').skip(1).any(|part| part.is_empty() || part == ".") {
            return Err("it must not contain `//` or `/./`".into());
        }
        let glob = GlobBuilder::new(trimmed).literal_separator(true).backslash_escape(true).build();
        let glob = glob.map_err(|error| format!("it is not a pattern of paths: {}", error.kind()))?;
        let folder = is_plain(trimmed).then(|| format!("{trimmed}/"));
        Ok(PathPattern { text: trimmed.to_owned(), glob: glob.compile_matcher(), folder })
    }

    /// Whether the path fits. A name that begins with a dot fits a wildcard only where `hidden` says so.
    pub(super) fn fits(&self, path: &str, hidden: bool) -> bool {
        let is_named = |part: &str| self.text.split('/').any(|own| own.starts_with('.') && own == part);
        let shows = |part: &str| !part.starts_with('.') || is_named(part);
        let found = self.glob.is_match(Path::new(path))
            || self.folder.as_deref().is_some_and(|folder| path.starts_with(folder));
        found && (hidden || path.split('/').all(shows))
    }

    /// Whether the path is one of the pattern or is in one; and so is a folder of which the pattern takes all.
    pub(super) fn holds(&self, path: &Path) -> bool {
        let last = self.text.rsplit('/').next().unwrap_or_default();
        match last {
            "**" => self.glob.is_match(path) || self.glob.is_match(path.join("x")),
            name if is_plain(name) => path.ancestors().any(|path| self.glob.is_match(path)),
            _ => self.glob.is_match(path),
        }
    }

    /// What stands before the first part with a wildcard.
    pub(super) fn start(&self) -> &str {
        let parts = self.text.split_inclusive('/');
        let length = parts.take_while(|part| is_plain(part)).map(str::len).sum::<usize>();
        let start = self.text.get(..length).unwrap_or_default();
        if start.len() > 1 { start.trim_end_matches('/') } else { start }
    }

    /// As it is written.
    pub(super) fn text(&self) -> &str {
        &self.text
    }
}
