//! One simple command as the rules see it.

use super::pattern::CommandPattern;
use super::script::{Simple, Word};
use crate::guard;

/// Builtins that change the folder in which later commands run.
pub(super) const MOVES: [&str; 4] = ["cd", "chdir", "pushd", "popd"];

/// Shells whose texts [`super::script`] reads as they do.
const READ_SHELLS: [&str; 4] = ["sh", "bash", "dash", "zsh"];

/// Builtins that do nothing but print, or nothing at all.
const HARMLESS: [&str; 5] = [":", "true", "false", "echo", "pwd"];

/// Builtins that go on elsewhere in the text. zsh computes their argument.
const JUMPS: [&str; 4] = ["exit", "return", "break", "continue"];

/// Builtins that compute what an argument's brackets hold, in one of the shells.
const COMPUTES: [&str; 9] = ["shift", "wait", "kill", "ulimit", "umask", "print", "jobs", "fg", "bg"];

/// Options of `test` that compare numbers, which zsh computes.
const COMPARES: [&str; 7] = ["-eq", "-ne", "-lt", "-le", "-gt", "-ge", "-t"];

/// Builtins by which later commands mean something else.
#[rustfmt::skip]
const CHANGES: [&str; 34] = [
    ".", "source", "eval", "exec", "alias", "unalias", "export", "declare", "typeset", "local", "readonly", "unset",
    "integer", "float", "hash", "enable", "disable", "shopt", "setopt", "unsetopt", "emulate", "zmodload", "autoload",
    "trap", "read", "mapfile", "readarray", "getopts", "let", "builtin", "noglob", "nocorrect", "-", "vared",
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
    /// It is a shell by its path that runs this text: a rule has to cover both.
    OwnText(&'c str),
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
    let is_builtin = simple.words.first().is_some_and(|word| word.known && !word.text.contains('/'));
    match of_name(simple) {
        // A file of that name may be anything.
        Reading::Harmless | Reading::Folder(_) | Reading::Wraps(_) if !is_builtin => Reading::Plain,
        Reading::Text(text) if !is_builtin => Reading::OwnText(text),
        reading => reading,
    }
}

/// What it is to the rules if the program is the one that its name says.
fn of_name(simple: &Simple) -> Reading<'_> {
    let Some(program) = name(simple) else { return Reading::Plain };
    let arguments = simple.words.get(1..).unwrap_or_default();
    let never = |why: &str| Reading::Never(format!("`{program}` {why}"));
    let known = |at: usize| arguments.get(at).filter(|word| word.known).map(|word| word.text.as_str());
    let is_alone = simple.variables.is_empty();
    if READ_SHELLS.contains(&program) {
        return match (known(0), known(1)) {
            (Some(option), Some(text)) if is_alone && arguments.len() == 2 && is_text_option(option) => {
                Reading::Text(text)
            }
            (Some(script), _) if !script.starts_with(['-', '+']) && !is_input(script) => Reading::Plain,
            _ => never("runs a text that no rule can see"),
        };
    }
    match program {
        _ if guard::SHELLS.contains(&program) => match known(0) {
            Some(script) if !script.starts_with(['-', '+']) && !is_input(script) => Reading::Plain,
            _ => never("is a shell that Chorus does not read"),
        },
        "set" if is_alone && arguments.iter().all(is_plain_setting) => Reading::Harmless,
        "set" => never("changes what later commands do"),
        "cd" => match (arguments, known(0)) {
            ([_], Some(folder)) if !folder.starts_with(['-', '+']) && is_alone => Reading::Folder(folder),
            _ => never("leaves the task's folder"),
        },
        _ if MOVES.contains(&program) => never("leaves the task's folder"),
        _ if HARMLESS.contains(&program) && is_alone => Reading::Harmless,
        _ if JUMPS.contains(&program) => match is_alone && arguments.iter().all(is_status) {
            true => Reading::Harmless,
            false => never("may run what its arguments hold"),
        },
        _ if CHANGES.contains(&program) => never("changes what later commands do"),
        _ if COMPUTES.contains(&program) && arguments.iter().any(is_computed) => {
            never("may run what its arguments hold")
        }
        "printf" if !is_plain_format(arguments) => never("may run what its arguments hold"),
        "test" | "[" if !is_plain_test(arguments) => never("may run what its arguments hold"),
        "timeout" if is_alone && known(0).is_some_and(is_duration) => wraps(simple, 2),
        // It runs the builtin.
        "command" if arguments.iter().any(|word| MOVES.contains(&word.text.as_str())) => {
            never("leaves the task's folder")
        }
        "nohup" | "command" if is_alone && known(0).is_some_and(|word| !word.starts_with('-')) => wraps(simple, 1),
        _ if INTERPRETERS.contains(&without_version(program)) && !has_program(arguments) => {
            never("reads its program from its input")
        }
        _ => Reading::Plain,
    }
}

/// A number, or that of the last command.
fn is_status(word: &Word) -> bool {
    word.text == "$?" || word.known && !word.text.is_empty() && word.text.chars().all(|c| c.is_ascii_digit())
}

fn is_computed(word: &Word) -> bool {
    !word.known || word.text.contains(['[', '$', '`'])
}

/// Whether the arguments of `printf` are a format and texts. It sets a variable after `-v`, and computes numbers.
fn is_plain_format(arguments: &[Word]) -> bool {
    let Some((format, values)) = arguments.split_first() else { return true };
    let takes_texts =
        |piece: &str| piece.trim_start_matches(|c: char| "-+ 0#.123456789".contains(c)).starts_with(['s', 'b', 'q']);
    let mut pieces = format.text.replace("%%", "").split('%').skip(1).map(takes_texts).collect::<Vec<_>>().into_iter();
    format.known
        && !format.text.starts_with('-')
        && (pieces.all(|is_text| is_text) && values.iter().all(|word| word.known || !word.splits)
            || values.iter().all(|word| word.known && is_number(&word.text)))
}

/// Whether the arguments of `test` hold nothing that a shell computes.
fn is_plain_test(arguments: &[Word]) -> bool {
    let compares = arguments.iter().any(|word| COMPARES.contains(&word.text.as_str()));
    let is_sign = |text: &str| COMPARES.contains(&text) || ["!", "-a", "-o", "]"].contains(&text);
    let is_operand = |word: &Word| is_status(word) || word.known && (is_number(&word.text) || is_sign(&word.text));
    !arguments.iter().any(|word| !word.known && word.splits && word.text != "$?" || is_evaluated(word))
        && (!compares || arguments.iter().all(is_operand))
}

/// A name would be computed as well.
fn is_number(text: &str) -> bool {
    text.chars().all(|c| c.is_ascii_digit() || "+-.".contains(c))
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

/// The programs that the guard takes a command to run. What a rule about the command has to cover, [`super::inner`] says.
pub(super) fn guessed_programs(simple: &Simple) -> Vec<String> {
    let unknown = || guard::UNKNOWN.to_string();
    let text = |word: &Word| if word.known { word.text.clone() } else { unknown() };
    let mut left = vec![simple.words.iter().map(text).collect::<Vec<String>>()];
    let mut programs = Vec::new();
    // A bound for texts that only seem to run something.
    while let Some(argv) = left.pop().filter(|_| programs.len() < 50) {
        let Some((program, arguments)) = argv.split_first() else { continue };
        programs.push(program.rsplit('/').next().unwrap_or_default().to_owned());
        left.extend(guard::run_by(program, arguments).into_iter().flat_map(|inner| match inner {
            guard::Inner::Words(words) => vec![words],
            guard::Inner::Text(text) => guard::follow(&text).map_or_else(Vec::new, |followed| followed.commands),
        }));
    }
    programs
}

/// Letters of programs' options that never have a value, and so no path, behind them.
#[rustfmt::skip]
const FLAGS: [(&str, &str); 12] = [
    ("cat", "AbeEnstTuv"), ("chmod", "cfRv"), ("cp", "abcdfHilLnpPrRuvX"), ("ln", "bfinPrsTv"), ("ls", "aAdFhilLnrRStTu1"),
    ("mkdir", "pv"), ("mv", "bfinuv"), ("rm", "dfiIrRvWx"), ("rmdir", "pv"), ("stat", "Lt"), ("touch", "acmh"), ("wc", "clmw"),
];

/// Whether an option, without its dash, holds no path: a long one, one letter, or letters that never have a value.
pub(super) fn is_only_options(program: &str, option: &str) -> bool {
    let flags = FLAGS.iter().find(|(name, _)| *name == program).map_or("", |(_, flags)| *flags);
    let is_long =
        option.strip_prefix('-').is_some_and(|name| name.chars().all(|c| c.is_ascii_alphanumeric() || c == '-'));
    is_long || option.chars().count() <= 1 || option.chars().all(|c| flags.contains(c))
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
