//! One simple command as the rules see it.

use super::pattern::CommandPattern;
use super::script::{Simple, Word};
use crate::guard::{self, SHELLS};

/// Builtins that change the folder in which later commands run.
pub(super) const MOVES: [&str; 3] = ["cd", "pushd", "popd"];

/// Builtins that do nothing but print, or nothing at all.
const HARMLESS: [&str; 9] = [":", "true", "false", "echo", "pwd", "exit", "return", "break", "continue"];

/// Builtins by which later commands mean something else.
const CHANGES: [&str; 24] = [
    ".",
    "source",
    "eval",
    "exec",
    "alias",
    "unalias",
    "export",
    "declare",
    "typeset",
    "local",
    "readonly",
    "unset",
    "hash",
    "enable",
    "shopt",
    "setopt",
    "unsetopt",
    "trap",
    "read",
    "mapfile",
    "readarray",
    "getopts",
    "let",
    "builtin",
];

/// Programs that read a program from their input where they are given none.
const INTERPRETERS: [&str; 13] =
    ["python", "node", "perl", "ruby", "lua", "luajit", "php", "deno", "bun", "osascript", "Rscript", "tclsh", "pwsh"];

/// What a command is to the rules.
pub(super) enum Reading<'c> {
    /// It needs no rule.
    Harmless,
    /// No rule covers it.
    Never(String),
    /// It changes the working folder to this one.
    Folder(&'c str),
    /// It is a shell that runs this text and nothing else.
    Text(&'c str),
    /// It only runs this command, in another way.
    Wraps(Box<Simple>),
    /// A rule has to cover it.
    Plain,
}

/// The program's name without its folder, where it is known.
pub(super) fn name(simple: &Simple) -> Option<&str> {
    let program = simple.words.first().filter(|word| word.known)?;
    program.text.rsplit('/').next()
}

/// What the command is to the rules; its program's name is known.
pub(super) fn reading(simple: &Simple) -> Reading<'_> {
    let Some(program) = name(simple) else { return Reading::Plain };
    let arguments = simple.words.get(1..).unwrap_or_default();
    let never = |why: &str| Reading::Never(format!("`{program}` {why}"));
    let known = |at: usize| arguments.get(at).filter(|word| word.known).map(|word| word.text.as_str());
    let is_alone = simple.variables.is_empty();
    if SHELLS.contains(&program) {
        return match (known(0), known(1)) {
            (Some(option), Some(text)) if is_alone && arguments.len() == 2 && is_text_option(option) => {
                Reading::Text(text)
            }
            (Some(script), _) if !script.starts_with(['-', '+']) && !is_input(script) => Reading::Plain,
            _ => never("runs a text that no rule can see"),
        };
    }
    match program {
        "set" if arguments.iter().all(is_plain_setting) => Reading::Harmless,
        "set" => never("changes what later commands do"),
        "cd" => match (arguments, known(0)) {
            ([_], Some(folder)) if !folder.starts_with('-') && is_alone => Reading::Folder(folder),
            _ => never("leaves the task's folder"),
        },
        "pushd" | "popd" => never("leaves the task's folder"),
        _ if HARMLESS.contains(&program) && is_alone => Reading::Harmless,
        _ if CHANGES.contains(&program) => never("changes what later commands do"),
        "printf" | "test" | "[" if arguments.iter().any(|word| !word.known && word.splits || is_evaluated(word)) => {
            never("may run what its arguments hold")
        }
        "timeout" if is_alone && known(0).is_some_and(is_duration) => wraps(simple, 2),
        "nohup" | "command" if is_alone && known(0).is_some_and(|word| !word.starts_with('-')) => wraps(simple, 1),
        _ if INTERPRETERS.contains(&without_version(program)) && !has_program(arguments) => {
            never("reads its program from its input")
        }
        _ => Reading::Plain,
    }
}

/// `-v NAME[…]` of these builtins evaluates what the brackets hold.
fn is_evaluated(word: &Word) -> bool {
    matches!(word.text.as_str(), "-v" | "-R") || word.text.starts_with("-v")
}

fn wraps(simple: &Simple, from: usize) -> Reading<'_> {
    let words: Vec<Word> = simple.words.get(from..).unwrap_or_default().to_vec();
    match words.first().is_some_and(|word| word.known) {
        true => Reading::Wraps(Box::new(Simple { words, ..Simple::default() })),
        false => Reading::Plain,
    }
}

/// `-c`, `-lc`, `-euc` and the like.
fn is_text_option(option: &str) -> bool {
    option
        .strip_prefix('-')
        .is_some_and(|letters| letters.ends_with('c') && letters.chars().all(|c| "celux".contains(c)))
}

fn is_input(script: &str) -> bool {
    script.is_empty() || script.starts_with("/dev/") || script.starts_with("/proc/")
}

/// `-e`, `-euo pipefail` and the like.
fn is_plain_setting(word: &Word) -> bool {
    let letters = word.text.strip_prefix(['-', '+']).unwrap_or_default();
    word.known && (word.text == "pipefail" || !letters.is_empty() && letters.chars().all(|c| "euxo".contains(c)))
}

fn is_duration(text: &str) -> bool {
    let number = text.strip_suffix(['s', 'm', 'h', 'd']).unwrap_or(text);
    number.starts_with(|c: char| c.is_ascii_digit()) && number.chars().all(|c| c.is_ascii_digit() || c == '.')
}

/// Whether an interpreter is given a program: a file, a text, or an option that only prints.
fn has_program(arguments: &[Word]) -> bool {
    let is_given = |word: &Word| {
        let options = ["-c", "-m", "-e", "-p", "-V", "-v", "-h", "--"];
        !word.text.starts_with('-') || options.iter().any(|option| word.text.starts_with(option))
    };
    let reads = |word: &Word| word.text == "-" || is_input(&word.text);
    arguments.iter().any(|word| word.known && is_given(word)) && !arguments.iter().any(reads)
}

/// `python3.12` is `python`.
fn without_version(program: &str) -> &str {
    program.trim_end_matches(|c: char| c.is_ascii_digit() || c == '.' || c == '-')
}

/// A word as the guard knows it.
pub(super) fn guessed(word: &Word) -> String {
    if word.known { word.text.clone() } else { guard::UNKNOWN.to_string() }
}

/// A command out of the guard's words.
pub(super) fn from_words(words: &[String]) -> Simple {
    let word = |text: &String| {
        let known = !text.contains(guard::UNKNOWN);
        Word { text: text.clone(), known, splits: !known }
    };
    Simple { words: words.iter().map(word).collect(), ..Simple::default() }
}

/// As it is written, for a message.
pub(super) fn shown(simple: &Simple) -> String {
    let variables = simple.variables.iter().map(|(name, value)| format!("{name}={}", value.text));
    variables.chain(simple.words.iter().map(|word| word.text.clone())).collect::<Vec<_>>().join(" ")
}

/// Whether the pattern covers the command; if so, the words that its wildcards stand for.
pub(super) fn fits<'w>(pattern: &CommandPattern, simple: &'w Simple) -> Option<Vec<&'w Word>> {
    let is_set = |(name, value): &(String, Word)| {
        value.known && pattern.variables.iter().any(|(own, fit)| own == name && fit.fits(&value.text))
    };
    if !simple.variables.iter().all(is_set) || simple.words.len() < pattern.words.len() {
        return None;
    }
    let (fixed, rest) = simple.words.split_at(pattern.words.len());
    if !rest.is_empty() && !pattern.open {
        return None;
    }
    let mut wild: Vec<&Word> = rest.iter().collect();
    for (own, word) in pattern.words.iter().zip(fixed) {
        let is_literal = own.literal().is_some();
        let climbs = || word.text.split('/').any(|part| part == "..");
        let fits = match word.known {
            true => own.fits(&word.text) && (is_literal || own.is_any() || !climbs()),
            false => own.is_any() && !word.splits,
        };
        if !fits {
            return None;
        }
        if !is_literal {
            wild.push(word);
        }
    }
    Some(wild)
}
