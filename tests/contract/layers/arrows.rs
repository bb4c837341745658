//! Which module names which, read from the tokens of each source file: comments and strings name nothing.

use proc_macro2::{Delimiter, TokenStream, TokenTree};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// One file of the crate.
pub struct Source {
    /// From the top of the checkout.
    pub path: String,
    /// As other modules name it, without `crate::`.
    pub module: String,
    /// What it holds.
    pub text: String,
}

/// A module names a path.
pub struct Arrow {
    /// Where.
    pub line: usize,
    /// The module, without `crate::`.
    pub from: String,
    /// `crate::…`, or the path of another crate.
    pub to: String,
}

/// Other crates of whose paths the rules speak.
const OUTSIDE: [&str; 2] = ["std", "tokio"];

impl Source {
    /// Every file of the crate but those of its own tests.
    pub fn all() -> Vec<Source> {
        let top = Path::new(env!("CARGO_MANIFEST_DIR"));
        let mut sources = Vec::new();
        gather(top, &top.join("rust"), &mut sources);
        sources.sort_by(|a, b| a.path.cmp(&b.path));
        assert!(sources.len() > 100, "the crate has more files than {}", sources.len());
        sources
    }

    /// The names of the agents that have a folder of their own.
    pub fn agents() -> BTreeSet<String> {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("rust/agent");
        let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
        entries.filter(|path| path.is_dir()).map(|path| name_of(&path)).collect()
    }

    /// Every path the file names, in order.
    pub fn arrows(&self) -> Vec<Arrow> {
        let mut arrows = Vec::new();
        walk(self.tokens(), &self.module, self.module == "main", &mut arrows);
        arrows
    }

    /// Names and literals, with their lines, but those of documentation and tests.
    pub fn words(&self) -> Vec<(usize, String)> {
        let mut words = Vec::new();
        gather_words(self.tokens(), &mut words);
        words
    }

    fn tokens(&self) -> Vec<TokenTree> {
        let tokens: TokenStream = self.text.parse().unwrap_or_else(|error| panic!("{}: {error}", self.path));
        without_attributes(tokens)
    }
}

fn name_of(path: &Path) -> String {
    path.file_stem().unwrap().to_string_lossy().into_owned()
}

/// Folders that hold a crate of their own are no part of this one.
fn gather(top: &Path, folder: &Path, sources: &mut Vec<Source>) {
    let entries: Vec<PathBuf> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    for path in entries {
        if path.is_dir() && !path.join("Cargo.toml").exists() {
            gather(top, &path, sources);
        } else if path.extension().is_some_and(|end| end == "rs") && name_of(&path) != "tests" {
            let parts = path.strip_prefix(top.join("rust")).unwrap().with_extension("");
            let module = parts.iter().map(|part| part.to_string_lossy()).collect::<Vec<_>>().join("::");
            let shown = path.strip_prefix(top).unwrap().display().to_string();
            sources.push(Source { path: shown, module, text: std::fs::read_to_string(&path).unwrap() });
        }
    }
}

/// The tokens without attributes (documentation is one) and without what `#[cfg(test)]` stands before.
fn without_attributes(tokens: TokenStream) -> Vec<TokenTree> {
    let mut kept = Vec::new();
    let mut tokens = tokens.into_iter().peekable();
    while let Some(token) = tokens.next() {
        if !is(&token, '#') {
            kept.push(token);
            continue;
        }
        tokens.next_if(|next| is(next, '!'));
        let Some(attribute) = tokens.next() else { break };
        if attribute.to_string().replace(' ', "") == "[cfg(test)]" {
            let ends = |token: &TokenTree| {
                is(token, ';') || matches!(token, TokenTree::Group(group) if group.delimiter() == Delimiter::Brace)
            };
            while tokens.next().is_some_and(|token| !ends(&token)) {}
        }
    }
    kept
}

fn is(token: &TokenTree, mark: char) -> bool {
    matches!(token, TokenTree::Punct(punct) if punct.as_char() == mark)
}

fn gather_words(tokens: Vec<TokenTree>, words: &mut Vec<(usize, String)>) {
    for token in tokens {
        match token {
            TokenTree::Group(group) => gather_words(without_attributes(group.stream()), words),
            TokenTree::Punct(_) => {}
            word => words.push((word.span().start().line, word.to_string())),
        }
    }
}

/// `is_binary`: the library is called `chorus` there.
fn walk(tokens: Vec<TokenTree>, module: &str, is_binary: bool, arrows: &mut Vec<Arrow>) {
    let mut at = 0;
    while at < tokens.len() {
        match &tokens[at] {
            TokenTree::Group(group) => {
                let inner = match (at.checked_sub(2).map(|at| &tokens[at]), at.checked_sub(1).map(|at| &tokens[at])) {
                    (Some(TokenTree::Ident(word)), Some(TokenTree::Ident(name))) if word == "mod" => {
                        format!("{module}::{name}")
                    }
                    _ => module.to_owned(),
                };
                walk(without_attributes(group.stream()), &inner, is_binary, arrows);
                at += 1;
            }
            TokenTree::Ident(word) if begins_path(&tokens, at) => {
                let start = match word.to_string().as_str() {
                    "crate" => Some("crate".to_owned()),
                    "chorus" if is_binary => Some("crate".to_owned()),
                    "super" => Some(format!("crate::{}", above(module))),
                    "self" => Some(format!("crate::{module}")),
                    other => OUTSIDE.contains(&other).then(|| other.to_owned()),
                };
                at += 1;
                if let Some(start) = start {
                    at = follow(&tokens, at, start, module, arrows);
                }
            }
            _ => at += 1,
        }
    }
}

fn above(module: &str) -> &str {
    module.rsplit_once("::").map_or("", |(above, _)| above)
}

/// A word with `::` behind it and none before it.
fn begins_path(tokens: &[TokenTree], at: usize) -> bool {
    let before = at.checked_sub(1).and_then(|at| tokens.get(at)).is_some_and(|token| is(token, ':'));
    let single = before && !at.checked_sub(2).and_then(|at| tokens.get(at)).is_some_and(|token| is(token, ':'));
    (!before || single) && is_separator(tokens, at + 1)
}

fn is_separator(tokens: &[TokenTree], at: usize) -> bool {
    [at, at + 1].into_iter().all(|at| tokens.get(at).is_some_and(|token| is(token, ':')))
}

/// Follows a path from behind `start` and notes what it names; returns the position behind it.
fn follow(tokens: &[TokenTree], mut at: usize, mut path: String, module: &str, arrows: &mut Vec<Arrow>) -> usize {
    let mut line = tokens[at - 1].span().start().line;
    while is_separator(tokens, at) {
        match tokens.get(at + 2) {
            Some(TokenTree::Ident(word)) if word == "super" => path = above(&path).to_owned(),
            Some(TokenTree::Ident(word)) => {
                line = word.span().start().line;
                path = format!("{path}::{word}");
            }
            Some(TokenTree::Group(list)) if list.delimiter() == Delimiter::Brace => {
                follow_each(list.stream().into_iter().collect(), &path, module, arrows);
                return at + 3;
            }
            // `::*`, or the type arguments of a call.
            _ => break,
        }
        at += 3;
    }
    arrows.push(Arrow { line, from: module.to_owned(), to: path.trim_end_matches("::").to_owned() });
    at
}

/// The list of a `use`.
fn follow_each(tokens: Vec<TokenTree>, path: &str, module: &str, arrows: &mut Vec<Arrow>) {
    for item in tokens.split(|token| is(token, ',')).filter(|item| !item.is_empty()) {
        match &item[0] {
            TokenTree::Ident(word) if word != "self" => {
                follow(item, 1, format!("{path}::{word}"), module, arrows);
            }
            token => {
                arrows.push(Arrow { line: token.span().start().line, from: module.to_owned(), to: path.to_owned() })
            }
        }
    }
}
