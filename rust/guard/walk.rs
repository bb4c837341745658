//! Follows what a script would run, in the order of its text, and stops at the first refused command.

use super::expand::{BUDGET, UNKNOWN, telling};
use super::parse::{self, Unreadable};
use super::printed::{formatted, is_flag, join, quote};
use super::runner::{self, Inner};
use super::syntax::{Script, ShellCommand};
use super::{but, git, programs};
use std::collections::HashMap;

/// Why a walk ended early.
#[derive(Debug)]
pub enum Stop {
    Refused(Offense),
    Unreadable,
}

impl From<Unreadable> for Stop {
    fn from(_: Unreadable) -> Self {
        Stop::Unreadable
    }
}

pub type Result<T> = std::result::Result<T, Stop>;

/// What is wrong with a command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Offense {
    /// `git` and a refused subcommand.
    Git(String),
    /// `but` and a refused subcommand.
    But(String),
    /// `git` with a subcommand that is not one of git's own: an alias, or an unknown one.
    Unclear(String),
    /// Another program, and what to do instead.
    Program { what: String, instead: &'static str },
    /// A program whose name only the shell knows, with a refused subcommand of git.
    Hidden(String),
}

/// Programs that run a shell text.
pub const SHELLS: [&str; 10] = ["sh", "bash", "dash", "zsh", "ksh", "mksh", "ash", "fish", "rbash", "yash"];

/// The state of a walk.
pub struct Walk {
    /// Values of variables that the text sets. `@` holds the arguments, `alias NAME` an alias.
    pub variables: HashMap<String, Vec<String>>,
    /// Content of files that the text itself writes.
    pub files: HashMap<String, String>,
    /// How many bytes may still be parsed and expanded.
    pub budget: usize,
    /// Where nothing is refused: all that was found.
    followed: Option<Followed>,
}

/// What a text would run and open.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Followed {
    /// Each command with its arguments, in the order of the text; [`UNKNOWN`] stands for what only the shell knows.
    pub commands: Vec<Vec<String>>,
    /// Files of redirections.
    pub files: Vec<String>,
}

/// Judges a whole text.
pub fn judge(text: &str) -> Result<()> {
    let mut walk = Walk { variables: HashMap::new(), files: HashMap::new(), budget: BUDGET, followed: None };
    walk.text(text, None, 0).map(drop)
}

/// Follows a whole text and refuses nothing.
pub fn follow(text: &str) -> Result<Followed> {
    let followed = Some(Followed::default());
    let mut walk = Walk { variables: HashMap::new(), files: HashMap::new(), budget: BUDGET, followed };
    walk.text(text, None, 0)?;
    Ok(walk.followed.unwrap_or_default())
}

impl Walk {
    fn text(&mut self, text: &str, input: Option<&str>, depth: usize) -> Result<Option<String>> {
        self.spend(text.len())?;
        let script = parse::script(text, depth)?;
        self.run(&script, input, depth)
    }

    /// Follows a script and returns what it prints, as far as that is known.
    pub fn run(&mut self, script: &Script, input: Option<&str>, depth: usize) -> Result<Option<String>> {
        if depth > parse::DEEPEST {
            return Err(Stop::Unreadable);
        }
        let mut printed: Vec<Option<String>> = Vec::new();
        for command in &script.commands {
            let piped = match &command.piped {
                Some(range) => join(printed.get(range.clone()).unwrap_or_default()),
                None => input.map(str::to_owned),
            };
            self.spend(piped.as_ref().map_or(0, String::len))?;
            printed.push(self.simple(command, piped, depth)?);
        }
        Ok(join(&printed))
    }

    fn simple(&mut self, command: &ShellCommand, piped: Option<String>, depth: usize) -> Result<Option<String>> {
        let mut input = piped;
        for assignment in &command.assignments {
            let values = match assignment.values.as_slice() {
                [word] if !assignment.name.ends_with(" in") => vec![self.whole(word, depth)?],
                words => self.fields(words, depth)?,
            };
            self.assign(&assignment.name, values, assignment.append);
        }
        for word in &command.others {
            let name = self.whole(word, depth)?;
            self.opened(&name);
        }
        if let Some(word) = &command.from {
            let name = self.whole(word, depth)?;
            self.opened(&name);
            input = self.file(&name);
        }
        for word in &command.given {
            input = Some(self.whole(word, depth)?);
        }
        let argv = self.fields(&command.words, depth)?;
        let to = command.to.as_ref().map(|word| self.whole(word, depth)).transpose()?;
        to.iter().for_each(|name| self.opened(name));
        let printed = self.command(&argv, input.as_deref(), depth)?;
        if let (Some(name), Some(text)) = (&to, &printed) {
            self.write(name, text)?;
        }
        Ok(printed)
    }

    fn refuse(&self, offense: Option<Offense>) -> Result<()> {
        match offense {
            Some(offense) if self.followed.is_none() => Err(Stop::Refused(offense)),
            _ => Ok(()),
        }
    }

    fn opened(&mut self, name: &str) {
        if let Some(followed) = &mut self.followed {
            followed.files.push(name.to_owned());
        }
    }

    fn file(&self, name: &str) -> Option<String> {
        self.files.get(name.trim_start_matches("./")).cloned()
    }

    fn write(&mut self, name: &str, text: &str) -> Result<()> {
        self.spend(text.len())?;
        self.files.entry(name.trim_start_matches("./").to_owned()).or_default().push_str(&format!("{text}\n"));
        Ok(())
    }

    /// Follows one command with its arguments and returns what it prints, as far as that is known.
    fn command(&mut self, argv: &[String], input: Option<&str>, depth: usize) -> Result<Option<String>> {
        if depth > parse::DEEPEST {
            return Err(Stop::Unreadable);
        }
        let Some((word, args)) = argv.split_first() else { return Ok(None) };
        self.spend(argv.iter().map(String::len).sum())?;
        if let Some(followed) = &mut self.followed {
            followed.commands.push(argv.to_vec());
        }
        if let Some(alias) = self.variables.get(&format!("alias {word}")).cloned() {
            self.variables.remove(&format!("alias {word}"));
            return self.text(&format!("{} {}", alias.join(" "), quote(args)), input, depth + 1);
        }
        let base = word.rsplit('/').next().unwrap_or(word).trim_start_matches('=').to_ascii_lowercase();
        let name = base.strip_suffix(".exe").unwrap_or(&base);
        if let Some(text) = self.file(word) {
            return self.text(&text, input, depth + 1);
        }
        self.refuse(programs::judge(name, args))?;
        match name {
            "git" => self.refuse(git::judge(args))?,
            "hub" => self.refuse(git::judge(args).filter(|offense| matches!(offense, Offense::Git(_))))?,
            "tmux" => {
                for text in programs::tmux_texts(args) {
                    self.text(&text, None, depth + 1)?;
                }
            }
            "but" => self.refuse(but::judge(args))?,
            _ if name.contains([UNKNOWN, '*', '?', '[']) => match git::judge(args) {
                Some(Offense::Git(what)) => self.refuse(Some(Offense::Hidden(what)))?,
                _ => return Ok(None),
            },
            _ if name.starts_with("git-") => {
                let spelled: Vec<String> = std::iter::once(name[4..].to_owned()).chain(args.iter().cloned()).collect();
                self.refuse(git::judge(&spelled).filter(|offense| matches!(offense, Offense::Git(_))))?;
            }
            "gh" if args.first().is_some_and(|arg| arg == "pr") => {
                if args.get(1).is_some_and(|arg| arg == "checkout" || arg == "co") {
                    self.refuse(Some(Offense::Git("checkout".into())))?;
                }
            }
            "eval" => return self.text(&args.join(" "), input, depth + 1),
            "trap" => {
                if let Some(text) = args.iter().find(|arg| !arg.starts_with('-')) {
                    self.text(text, None, depth + 1)?;
                }
            }
            "." | "source" => return self.shell(args, input, depth),
            "alias" | "export" | "declare" | "local" | "readonly" | "typeset" => {
                let prefix = if name == "alias" { "alias " } else { "" };
                for (name, value) in args.iter().filter_map(|arg| arg.split_once('=')) {
                    self.assign(&format!("{prefix}{name}"), vec![value.to_owned()], false);
                }
            }
            "set" => {
                if let Some(from) = args.iter().position(|arg| arg == "--") {
                    self.assign("@", args[from + 1..].to_vec(), false);
                }
            }
            "echo" => {
                let words: Vec<&str> = args.iter().skip_while(|arg| is_flag(arg)).map(String::as_str).collect();
                return Ok(Some(words.join(" ").replace("\\n", "\n")));
            }
            "printf" => return Ok(Some(formatted(args))),
            "which" | "type" => return Ok(args.last().cloned()),
            "command" if args.first().is_some_and(|arg| matches!(arg.as_str(), "-v" | "-V")) => {
                return Ok(args.last().cloned());
            }
            "cat" if args.iter().any(|arg| arg != "-") => {
                let texts: Vec<_> = args.iter().map(|arg| self.file(arg)).collect();
                return Ok(join(&texts));
            }
            "find" | "fd" | "fdfind" => {
                for inner in runner::executed(name, args) {
                    self.command(&inner, None, depth + 1)?;
                }
            }
            "xargs" => return self.xargs(args, input, depth),
            _ if SHELLS.contains(&name) => return self.shell(args, input, depth),
            _ => match runner::inner(name, args) {
                Some(Inner::Words(inner)) => return self.command(&inner, input, depth + 1),
                Some(Inner::Text(text)) => return self.text(&text, input, depth + 1),
                // An unknown program counts as a filter that prints what it reads.
                None => return Ok(input.map(str::to_owned)),
            },
        }
        Ok(None)
    }

    /// A shell: its `-c` text, its file, or what it reads.
    fn shell(&mut self, args: &[String], input: Option<&str>, depth: usize) -> Result<Option<String>> {
        let (is_text, operands) = runner::shell_operands(args);
        match operands.split_first() {
            Some((text, arguments)) if is_text => {
                let arguments: Vec<String> = arguments.to_vec();
                if let Some((zero, rest)) = arguments.split_first() {
                    self.assign("0", vec![zero.clone()], false);
                    self.assign("@", rest.to_vec(), false);
                }
                self.text(text, input, depth + 1)
            }
            Some((name, _)) if !matches!(name.as_str(), "-" | "/dev/stdin" | "/dev/fd/0") => match self.file(name) {
                Some(text) => self.text(&text, input, depth + 1),
                None => Ok(None),
            },
            _ => match input {
                Some(text) => self.text(text, None, depth + 1),
                None => Ok(None),
            },
        }
    }

    /// `xargs`: its command with what it reads added, or put in the place of `-I`.
    fn xargs(&mut self, args: &[String], input: Option<&str>, depth: usize) -> Result<Option<String>> {
        let (place, mut inner) = runner::xargs(args);
        let read: Option<Vec<String>> = input.map(|text| text.split_whitespace().map(str::to_owned).collect());
        if inner.is_empty() {
            return Ok(input.map(str::to_owned));
        }
        let one = read.as_deref().and_then(telling).unwrap_or_else(|| UNKNOWN.to_string());
        match place {
            Some(place) => {
                let whole = input.map_or(UNKNOWN.to_string(), |text| text.trim().to_owned());
                self.spend(inner.len().saturating_mul(whole.len()))?;
                inner.iter_mut().for_each(|word| *word = word.replace(&place, &whole));
            }
            None => inner.push(one),
        }
        self.command(&inner, None, depth + 1)
    }
}
