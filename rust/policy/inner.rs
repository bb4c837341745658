//! What a command runs in turn: `env`, `find -exec`, `xargs` and the like.
//!
//! The guard guesses where such a command begins, for what it finds is refused. Here what is found is allowed, so an
//! option that is not listed, or a word that is not known before the command, makes all of it unclear.

use super::command;
use super::pattern::is_variable;
use super::script::{Simple, Word};
use crate::guard;

/// What a command runs.
pub(super) enum Inner {
    /// A command.
    Command(Simple),
    /// A text for a shell.
    Text(String),
}

/// The commands inside of one, and whether they run in another folder.
#[derive(Default)]
pub(super) struct Inside {
    pub runs: Vec<Inner>,
    pub moves: bool,
}

/// How to find the command among a program's words. Several names of one program stand together.
struct Runner {
    names: &'static [&'static str],
    /// Short options without a value.
    flags: &'static str,
    /// Short options with a value.
    values: &'static str,
    /// Short options whose value, if there is one, is the rest of their word.
    attached: &'static str,
    /// Long options without a value; with `=`, those that may have one behind it.
    long: &'static [&'static str],
    /// Long options with a value, behind `=` or as the next word.
    long_values: &'static [&'static str],
    /// Words before the command that are not options.
    skip: usize,
    /// Options by which the command runs in another folder.
    moves: &'static [&'static str],
}

const PLAIN: Runner =
    Runner { names: &[], flags: "", values: "", attached: "", long: &[], long_values: &[], skip: 0, moves: &[] };

#[rustfmt::skip]
const RUNNERS: &[Runner] = &[
    Runner { names: &["nohup", "busybox"], ..PLAIN },
    Runner { names: &["command"], flags: "p", ..PLAIN },
    Runner { names: &["env", "genv"], flags: "i0v", values: "uCa", long: &["--ignore-environment", "--null", "--debug"], long_values: &["--unset", "--chdir", "--argv0"], moves: &["C", "--chdir"], ..PLAIN },
    Runner { names: &["time", "gtime"], flags: "pvaqlh", values: "fo", long: &["--portability", "--verbose", "--append", "--quiet"], long_values: &["--format", "--output"], ..PLAIN },
    Runner { names: &["nice"], flags: "0123456789", values: "n", long_values: &["--adjustment"], ..PLAIN },
    Runner { names: &["ionice"], flags: "t", values: "cn", long: &["--ignore"], long_values: &["--class", "--classdata"], ..PLAIN },
    Runner { names: &["setsid"], flags: "cfw", long: &["--ctty", "--fork", "--wait"], ..PLAIN },
    Runner { names: &["timeout", "gtimeout"], flags: "fpv", values: "ks", long: &["--foreground", "--preserve-status", "--verbose"], long_values: &["--kill-after", "--signal"], skip: 1, ..PLAIN },
    Runner { names: &["stdbuf", "gstdbuf"], values: "ioe", long_values: &["--input", "--output", "--error"], ..PLAIN },
    Runner { names: &["sudo"], flags: "nEHkbABPS", values: "ugCpDhT", long: &["--non-interactive", "--set-home", "--background"], long_values: &["--user", "--group", "--chdir", "--prompt"], moves: &["D", "--chdir"], ..PLAIN },
    Runner { names: &["doas"], flags: "n", values: "u", ..PLAIN },
    Runner { names: &["flock"], flags: "sxenuoF", values: "wE", long: &["--shared", "--exclusive", "--nonblock", "--nb", "--unlock", "--close", "--no-fork", "--verbose"], long_values: &["--wait", "--timeout", "--conflict-exit-code"], skip: 1, ..PLAIN },
    Runner { names: &["xargs"], flags: "0rtpxo", values: "ILnPsdaEJRS", attached: "iel", long: &["--null", "--no-run-if-empty", "--verbose", "--interactive", "--exit", "--open-tty", "--replace=", "--max-lines=", "--eof="], long_values: &["--max-args", "--max-procs", "--max-chars", "--delimiter", "--arg-file"], ..PLAIN },
    Runner { names: &["asdf exec"], ..PLAIN },
    Runner { names: &["direnv exec"], skip: 1, ..PLAIN },
];

/// Programs that run what only they can tell.
const UNTOLD: [&str; 4] = ["su", "script", "parallel", "watch"];

/// Programs that run others, which the guard can read from their arguments.
const GUESSED: [&str; 3] = ["nix", "nix-shell", "tmux"];

/// Why it is not known what a command runs, as the end of a sentence.
type Unclear = &'static str;

const OPTION: Unclear = "has an option that Chorus does not know";
const UNKNOWN: Unclear = "may run another command, by a word that is not known before it runs";

/// What the command runs in turn; nothing where it is no such program.
///
/// # Errors
/// When that is not known.
pub(super) fn of(simple: &Simple) -> Result<Inside, Unclear> {
    let Some(program) = command::name(simple) else { return Ok(Inside::default()) };
    let arguments = simple.words.get(1..).unwrap_or_default();
    let is = |at: usize, text: &str| arguments.get(at).is_some_and(|word| word.known && word.text == text);
    match program {
        "find" => return found(arguments),
        "fd" | "fdfind" => return found_by_fd(arguments),
        // The words after `--`, whatever tools stand before.
        "mise" if is(0, "exec") || is(0, "x") => {
            let at = arguments.iter().position(|word| word.known && word.text == "--").ok_or(OPTION)?;
            let command = Simple { words: arguments[at + 1..].to_vec(), ..Simple::default() };
            return Ok(Inside { moves: true, ..Inside::of(command) });
        }
        "mise" | "direnv" | "asdf"
            if arguments.first().is_some_and(|word| !word.known || word.text.starts_with('-')) =>
        {
            return Err(OPTION);
        }
        "command" if is(0, "-v") || is(0, "-V") => return Ok(Inside::default()),
        _ if UNTOLD.contains(&program) => return Err("runs a text that no rule can see"),
        _ if GUESSED.contains(&program) => return guessed(program, arguments),
        _ => {}
    }
    let pair = arguments.first().filter(|word| word.known).map(|word| format!("{program} {}", word.text));
    let found = |runner: &&Runner| runner.names.iter().any(|name| *name == program || Some(*name) == pair.as_deref());
    let Some(runner) = RUNNERS.iter().find(found) else { return Ok(Inside::default()) };
    let words = arguments.get(usize::from(!runner.names.contains(&program))..).unwrap_or_default();
    let options = runner.options(words)?;
    let rest = words.get(options.end + runner.skip..).unwrap_or_default();
    let mut inside = match rest {
        [option, text] if program == "flock" && option.known && ["-c", "--command"].contains(&option.text.as_str()) => {
            Inside { runs: vec![Inner::Text(text.known.then(|| text.text.clone()).ok_or(UNKNOWN)?)], moves: false }
        }
        [first, ..] if first.text.starts_with('-') => return Err(OPTION),
        rest if ["env", "genv", "sudo"].contains(&program) => Inside::of(with_variables(rest)),
        rest => Inside::of(Simple { words: rest.to_vec(), ..Simple::default() }),
    };
    inside.moves = options.moves;
    if program == "xargs" {
        inside.runs.iter_mut().for_each(|inner| inner.takes_more(options.place.as_deref()));
    }
    Ok(inside)
}

/// The options before a command.
struct Options {
    /// How many words they are.
    end: usize,
    moves: bool,
    /// What `xargs` puts its input in the place of.
    place: Option<String>,
}

impl Runner {
    fn options(&self, words: &[Word]) -> Result<Options, Unclear> {
        let mut options = Options { end: 0, moves: false, place: None };
        while let Some(word) = words.get(options.end) {
            if !word.known {
                return Err(UNKNOWN);
            }
            let Some(letters) = word.text.strip_prefix('-').filter(|letters| !letters.is_empty()) else { break };
            options.end += 1;
            if letters == "-" {
                break;
            }
            let given = match letters.starts_with('-') {
                true => self.long(&word.text)?,
                false => self.short(letters)?,
            };
            let Some((name, value)) = given else { continue };
            let value = match value {
                Some(value) => value,
                None => {
                    let next = words.get(options.end).filter(|next| next.known).ok_or(UNKNOWN)?;
                    options.end += 1;
                    next.text.clone()
                }
            };
            options.moves |= self.moves.contains(&name.as_str());
            if ["I", "J", "i", "--replace="].contains(&name.as_str()) {
                options.place = Some(if value.is_empty() { "{}".to_owned() } else { value });
            }
        }
        if words.iter().skip(options.end).take(self.skip).any(|word| !word.known) {
            return Err(UNKNOWN);
        }
        Ok(options)
    }

    /// An option with a value, and its value where it is in the same word.
    fn long(&self, word: &str) -> Result<Option<(String, Option<String>)>, Unclear> {
        let (name, value) = word.split_once('=').map_or((word, None), |(name, value)| (name, Some(value)));
        let optional = format!("{name}=");
        if self.long_values.contains(&name) {
            Ok(Some((name.to_owned(), value.map(str::to_owned))))
        } else if self.long.contains(&optional.as_str()) {
            Ok(Some((optional, Some(value.unwrap_or_default().to_owned()))))
        } else if self.long.contains(&word) {
            Ok(None)
        } else {
            Err(OPTION)
        }
    }

    fn short(&self, letters: &str) -> Result<Option<(String, Option<String>)>, Unclear> {
        for (at, letter) in letters.char_indices() {
            let rest = &letters[at + letter.len_utf8()..];
            if self.values.contains(letter) {
                return Ok(Some((letter.to_string(), Some(rest.to_owned()).filter(|rest| !rest.is_empty()))));
            }
            if self.attached.contains(letter) {
                return Ok(Some((letter.to_string(), Some(rest.to_owned()))));
            }
            if !self.flags.contains(letter) {
                return Err(OPTION);
            }
        }
        Ok(None)
    }
}

/// `NAME=value` before a command, and the command.
fn with_variables(words: &[Word]) -> Simple {
    let named = |word: &Word| {
        let (name, value) = word.text.split_once('=').filter(|(name, _)| is_variable(name))?;
        Some((name.to_owned(), Word { text: value.to_owned(), ..word.clone() }))
    };
    let variables: Vec<_> = words.iter().map_while(named).collect();
    Simple { words: words.get(variables.len()..).unwrap_or_default().to_vec(), variables, ..Simple::default() }
}

fn unknown(text: &str, splits: bool) -> Word {
    Word { text: text.to_owned(), known: false, splits }
}

impl Inside {
    /// Nothing where there is no command.
    fn of(command: Simple) -> Inside {
        let runs = if command.words.is_empty() { Vec::new() } else { vec![Inner::Command(command)] };
        Inside { runs, moves: false }
    }
}

impl Inner {
    /// What is put in the place of `place`, and added, is not known. A later option may take back the place.
    fn takes_more(&mut self, place: Option<&str>) {
        let Inner::Command(command) = self else { return };
        place.into_iter().for_each(|place| command.puts(place));
        command.words.push(unknown("…", true));
    }
}

impl Simple {
    /// A program puts something else in the place of `place`.
    fn puts(&mut self, place: &str) {
        let values = self.variables.iter_mut().map(|(_, value)| value);
        for word in self.words.iter_mut().chain(values).filter(|word| word.text.contains(place)) {
            *word = unknown(&word.text, false);
        }
    }
}

/// The commands of `find`: each ends with `;`, or with `+` behind `{}`.
fn found(arguments: &[Word]) -> Result<Inside, Unclear> {
    if arguments.iter().any(|word| !word.known) {
        return Err(UNKNOWN);
    }
    let mut inside = Inside::default();
    let mut rest = arguments;
    while let Some(at) =
        rest.iter().position(|word| ["-exec", "-execdir", "-ok", "-okdir"].contains(&word.text.as_str()))
    {
        inside.moves |= rest[at].text.ends_with("dir");
        rest = &rest[at + 1..];
        let ends = |at: usize| rest[at].text == ";" || rest[at].text == "+" && at > 0 && rest[at - 1].text == "{}";
        let end = (0..rest.len()).find(|at| ends(*at)).unwrap_or(rest.len());
        let mut command = Simple { words: rest[..end].to_vec(), ..Simple::default() };
        command.puts("{}");
        if rest.get(end).is_some_and(|word| word.text == "+") {
            command.words.iter_mut().for_each(|word| word.splits |= word.text == "{}");
        }
        inside.runs.extend(Inside::of(command).runs);
        rest = rest.get(end + 1..).unwrap_or_default();
    }
    Ok(inside)
}

/// The commands of `fd`: each ends with `;`.
fn found_by_fd(arguments: &[Word]) -> Result<Inside, Unclear> {
    if arguments.iter().any(|word| !word.known) {
        return Err(UNKNOWN);
    }
    let mut inside = Inside::default();
    let mut rest = arguments;
    while let Some((first, after)) = rest.split_first() {
        rest = after;
        match first.text.as_str() {
            "--" => break,
            "-x" | "-X" | "--exec" | "--exec-batch" => {
                let end = rest.iter().position(|word| word.text == ";").unwrap_or(rest.len());
                let mut command = Simple { words: rest[..end].to_vec(), ..Simple::default() };
                // Its places, as `{/.}`, have braces.
                command.puts("{");
                command.words.push(unknown("…", true));
                inside.runs.push(Inner::Command(command));
                rest = rest.get(end + 1..).unwrap_or_default();
            }
            long if long.starts_with("--") => {
                inside.moves |= long.starts_with("--base-directory");
                if long.starts_with("--exec") {
                    return Err(OPTION);
                }
            }
            // One of several letters may be the one that runs a command.
            short if short.starts_with('-') && short.contains(['x', 'X']) => return Err(OPTION),
            short => inside.moves |= short.starts_with("-C"),
        }
    }
    Ok(inside)
}

/// What the guard finds.
fn guessed(program: &str, arguments: &[Word]) -> Result<Inside, Unclear> {
    if arguments.iter().any(|word| !word.known) {
        return Err(UNKNOWN);
    }
    let texts: Vec<String> = arguments.iter().map(|word| word.text.clone()).collect();
    let known = |text: &String| Word { text: text.clone(), known: true, splits: false };
    let inner = |inner: guard::Inner| match inner {
        guard::Inner::Text(text) => Inner::Text(text),
        guard::Inner::Words(words) => {
            Inner::Command(Simple { words: words.iter().map(known).collect(), ..Simple::default() })
        }
    };
    let is_some = |inner: &Inner| !matches!(inner, Inner::Command(command) if command.words.is_empty());
    Ok(Inside { runs: guard::run_by(program, &texts).into_iter().map(inner).filter(is_some).collect(), moves: false })
}
