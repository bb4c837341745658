//! The words of a call that may name a file, and where each leads. What is found here is denied or asked, so that a word
//! counts for every path that it may be.

use super::Call;
use super::command::MOVES;
use super::place::Located;
use super::rule::Certainty::{self, Maybe, Sure};
use crate::guard::UNKNOWN;
use std::path::{Path, PathBuf};

/// Paths that are looked up for one call.
const MOST: usize = 500;
/// Folders from which the words of one call are read.
const MOST_FOLDERS: usize = 8;
/// Letters of an option in which a path may begin.
const LETTERS: usize = 12;

/// Options after which a program works in another folder.
const FOLDER_OPTIONS: [&str; 11] = [
    "-C",
    "--chdir",
    "--cwd",
    "--dir",
    "--directory",
    "--prefix",
    "--work-tree",
    "--working-directory",
    "--base-directory",
    "--project-directory",
    "--root",
];

/// A word that may name a file.
pub(super) struct Mention {
    /// Where it leads from each folder in which it may be read; nothing where it may be any path.
    pub leads: Vec<Located>,
    /// How sure it is that the word is a path.
    pub is_path: Certainty,
    /// Whether a folder's name stands for all that is in it.
    pub is_whole: bool,
}

/// Collects the words of a call.
pub(super) struct Mentions<'c> {
    call: &'c Call<'c>,
    /// Folders in which the next command may run.
    folders: Vec<PathBuf>,
    /// It may run in any other as well.
    is_lost: bool,
    left: usize,
    found: Vec<Mention>,
}

impl<'c> Mentions<'c> {
    pub(super) fn new(call: &'c Call<'c>) -> Mentions<'c> {
        let folders: Vec<PathBuf> =
            call.scope.folder.iter().filter_map(|folder| (call.locate)(folder).absolute).collect();
        Mentions { call, is_lost: folders.is_empty(), folders, left: MOST, found: Vec::new() }
    }

    /// Everything that was found.
    pub(super) fn found(self) -> Vec<Mention> {
        self.found
    }

    /// A command of the shell with its arguments, in the order in which they run.
    pub(super) fn command(&mut self, argv: &[String]) {
        let Some((program, words)) = argv.split_first() else { return };
        let name = program.rsplit('/').next().unwrap_or(program);
        if MOVES.contains(&name) {
            words.iter().for_each(|word| self.add(word, Sure, false));
            match words {
                [folder] if name.ends_with('d') && !folder.starts_with(['-', '+']) && !is_open(folder) => {
                    self.enter(folder)
                }
                _ => self.is_lost = true,
            }
            return;
        }
        self.is_lost |= words.iter().any(|word| matches!(word.as_str(), "-execdir" | "-okdir"));
        let folders = folder_values(words);
        folders.iter().for_each(|folder| self.enter(folder));
        words.iter().for_each(|word| self.word(word, !folders.contains(&word.as_str())));
    }

    /// A word as a program gets it.
    fn word(&mut self, word: &str, is_whole: bool) {
        match word.strip_prefix('-') {
            None => {
                self.add(word, Sure, is_whole);
                self.tails(word);
            }
            Some(option) => match option.split_once('=') {
                Some((_, value)) => {
                    self.add(value, Sure, is_whole);
                    self.tails(value);
                }
                // A value may follow any of the letters.
                None if !option.starts_with('-') => {
                    let ends = option.char_indices().skip(1).take(LETTERS).map(|(at, _)| &option[at..]);
                    ends.for_each(|value| self.add(value, Maybe, false));
                    self.tails(option);
                }
                None => {}
            },
        }
    }

    /// What stands behind a sign after which programs expect a file: `if=FILE`, `@FILE`, `HEAD:FILE`.
    fn tails(&mut self, word: &str) {
        let ends = word.match_indices(['=', ':', '@', ',']).take(LETTERS).map(|(at, sign)| &word[at + sign.len()..]);
        ends.for_each(|value| self.add(value, Maybe, false));
    }

    /// A path that a call names.
    pub(super) fn path(&mut self, path: &str) {
        self.add(path, Sure, true);
    }

    /// A text of a call that may be a path.
    pub(super) fn text(&mut self, text: &str) {
        let path = match text.split_once("://") {
            Some(("http" | "https", _)) => return,
            Some((_, path)) => path,
            None => text,
        };
        // Prose has question marks.
        if !(is_open(path) && path.contains(char::is_whitespace)) {
            self.add(path, Maybe, true);
        }
    }

    /// A text of a call that nobody looked at.
    pub(super) fn unseen(&mut self) {
        self.found.push(Mention { leads: Vec::new(), is_path: Maybe, is_whole: true });
    }

    fn add(&mut self, path: &str, is_path: Certainty, is_whole: bool) {
        // So many are some that may be any path.
        if path.is_empty() || self.found.len() > 4 * MOST {
            return;
        }
        let path_folders = if path.starts_with('/') { 1 } else { self.folders.len() };
        let leads = match self.left.checked_sub(path_folders) {
            Some(left) if !is_open(path) => {
                self.left = left;
                self.leads(path)
            }
            _ => Vec::new(),
        };
        self.found.push(Mention { leads, is_path, is_whole });
    }

    /// Where the path leads; nothing where it may lead anywhere.
    fn leads(&self, path: &str) -> Vec<Located> {
        let path = Path::new(path);
        if path.is_absolute() {
            return vec![(self.call.locate)(path)];
        }
        if self.is_lost {
            Vec::new()
        } else {
            self.folders.iter().map(|folder| (self.call.locate)(&folder.join(path))).collect()
        }
    }

    /// What follows may run in that folder, below each of those before.
    fn enter(&mut self, folder: &str) {
        if is_open(folder) {
            self.is_lost = true;
            return;
        }
        for from in self.folders.clone() {
            match (self.call.locate)(&from.join(folder)).absolute {
                Some(folder) if self.folders.contains(&folder) => {}
                Some(folder) if self.folders.len() < MOST_FOLDERS => self.folders.push(folder),
                _ => self.is_lost = true,
            }
        }
    }
}

/// Whether only the shell, or nobody, knows which path it is.
fn is_open(path: &str) -> bool {
    path.contains([UNKNOWN, '*', '?', '[', '{']) || path.starts_with('~')
}

/// The values of options that name a folder to work in; a number is another option's.
fn folder_values(words: &[String]) -> Vec<&str> {
    let mut values = Vec::new();
    for (index, word) in words.iter().enumerate() {
        let value = match word.split_once('=') {
            Some((option, value)) if FOLDER_OPTIONS.contains(&option) => Some(value),
            _ if FOLDER_OPTIONS.contains(&word.as_str()) => words.get(index + 1).map(String::as_str),
            _ => word.strip_prefix("-C"),
        };
        values.extend(value.filter(|value| !value.is_empty() && !value.chars().all(|c| c.is_ascii_digit())));
    }
    values
}
