//! Programs that run another program, and which of their words are its command.

/// The command of a runner.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Inner {
    /// A command with its arguments.
    Words(Vec<String>),
    /// A text for a shell.
    Text(String),
}

/// How to find the command among a runner's arguments.
struct Runner {
    names: &'static [&'static str],
    /// Short options that take the next word.
    values: &'static str,
    /// Long options that take the next word.
    long: &'static [&'static str],
    /// Words before the command that are not options.
    skip: usize,
    /// The short option whose value is a text for a shell.
    text: Option<char>,
}

const PLAIN: Runner = Runner { names: &[], values: "", long: &[], skip: 0, text: None };

#[rustfmt::skip]
const RUNNERS: &[Runner] = &[
    Runner { names: &["nohup", "setsid", "builtin", "command", "busybox", "-"], ..PLAIN },
    Runner { names: &["env", "genv"], values: "uCa", long: &["--unset", "--chdir", "--argv0"], text: Some('S'), ..PLAIN },
    Runner { names: &["exec"], values: "a", ..PLAIN },
    Runner { names: &["time", "gtime"], values: "fo", long: &["--format", "--output"], ..PLAIN },
    Runner { names: &["nice"], values: "n", long: &["--adjustment"], ..PLAIN },
    Runner { names: &["ionice"], values: "cn", long: &["--class", "--classdata"], ..PLAIN },
    Runner { names: &["timeout", "gtimeout"], values: "ks", long: &["--kill-after", "--signal"], skip: 1, ..PLAIN },
    Runner { names: &["stdbuf", "gstdbuf"], values: "ioe", long: &["--input", "--output", "--error"], ..PLAIN },
    Runner { names: &["sudo", "doas"], values: "ugCDhpRrTtU", long: &["--user", "--group", "--chdir", "--host", "--prompt", "--chroot", "--role", "--type", "--other-user"], ..PLAIN },
    Runner { names: &["flock"], values: "wE", long: &["--timeout", "--wait", "--conflict-exit-code"], skip: 1, text: Some('c') },
    Runner { names: &["su"], values: "sgGw", skip: 2, text: Some('c'), ..PLAIN },
    Runner { names: &["script"], values: "oIOBTmE", skip: 1, text: Some('c'), ..PLAIN },
    Runner { names: &["npx", "bunx"], values: "p", long: &["--package"], text: Some('c'), ..PLAIN },
    Runner { names: &["uvx", "pnpx"], values: "p", long: &["--from", "--with", "--python"], ..PLAIN },
    Runner { names: &["yarn", "pnpm"], values: "CF", long: &["--cwd", "--dir", "--filter"], ..PLAIN },
    Runner { names: &["screen"], values: "SscehpTt", ..PLAIN },
];

/// Runners whose first word is a subcommand: `poetry run git …`, and how many words stand before the command.
const WITH_SUBCOMMAND: &[(&str, &str, usize)] = &[
    ("direnv", "exec", 1),
    ("mise", "exec", 0),
    ("mise", "x", 0),
    ("asdf", "exec", 0),
    ("bundle", "exec", 0),
    ("npm", "exec", 0),
    ("npm", "x", 0),
    ("pnpm", "exec", 0),
    ("pnpm", "dlx", 0),
    ("yarn", "exec", 0),
    ("yarn", "dlx", 0),
    ("yarn", "run", 0),
    ("bun", "x", 0),
    ("pipx", "run", 0),
    ("poetry", "run", 0),
    ("uv", "run", 0),
    ("pipenv", "run", 0),
];

/// What the program `name` runs when it is called with `args`; nothing when it is no runner.
pub fn inner(name: &str, args: &[String]) -> Option<Inner> {
    if matches!(name, "watch" | "parallel") {
        let words: Vec<&str> = args.iter().map(String::as_str).take_while(|arg| !arg.starts_with(":::")).collect();
        let from = options(&words, "nj", &["--interval", "--jobs"]);
        let command = words[from..].join(" ");
        // Each word behind `:::` goes to the end of the command, or is one.
        let given = args.iter().skip(words.len()).filter(|arg| !arg.starts_with(":::"));
        let each: Vec<String> = given.map(|arg| format!("{command} {arg}")).collect();
        return Some(Inner::Text(if each.is_empty() { command } else { each.join("\n") }));
    }
    if matches!(name, "python" | "python3") && args.first().is_some_and(|arg| arg == "-m") {
        // A module of that name is the program's.
        let module = args.get(1)?.replace('_', "-");
        return Some(Inner::Words(std::iter::once(module).chain(args.iter().skip(2).cloned()).collect()));
    }
    if matches!(name, "nix-shell" | "nix") {
        let at = args.iter().position(|arg| matches!(arg.as_str(), "--run" | "--command" | "-c"))?;
        let rest = args.get(at + 1..).unwrap_or_default();
        let text = name == "nix-shell";
        return Some(if text { Inner::Text(rest.first()?.clone()) } else { Inner::Words(rest.to_vec()) });
    }
    let words: Vec<&str> = args.iter().map(String::as_str).collect();
    for (program, subcommand, skip) in WITH_SUBCOMMAND {
        if name == *program && words.first() == Some(subcommand) {
            let from = 1 + options(&words[1..], "", &[]) + skip;
            let from = from + usize::from(words.get(from) == Some(&"--"));
            return Some(Inner::Words(args.get(from..).unwrap_or_default().to_vec()));
        }
    }
    let runner = RUNNERS.iter().find(|runner| runner.names.contains(&name))?;
    let mut from = options(&words, runner.values, runner.long) + runner.skip;
    if let Some(text) = runner.text.and_then(|letter| text_of(letter, args, from)) {
        return Some(Inner::Text(text));
    }
    while words.get(from).is_some_and(|word| is_assignment(word)) {
        from += 1;
    }
    Some(Inner::Words(args.get(from..).unwrap_or_default().to_vec()))
}

/// How many leading words are options with their values.
fn options(words: &[&str], values: &str, long: &[&str]) -> usize {
    let mut at = 0;
    while let Some(word) = words.get(at) {
        if *word == "--" {
            return at + 1;
        }
        let Some(letters) = word.strip_prefix('-').filter(|letters| !letters.is_empty()) else { break };
        let taken = if letters.starts_with('-') {
            long.contains(word)
        } else {
            letters.find(|c| values.contains(c)).is_some_and(|found| found + 1 == letters.len())
        };
        at += 1 + usize::from(taken);
    }
    at.min(words.len())
}

/// The value of the option that gives a text for a shell, with the words after it; only up to where the command would be.
fn text_of(letter: char, args: &[String], command: usize) -> Option<String> {
    let long = if letter == 'S' { "--split-string" } else { "--command" };
    args.iter().enumerate().take(command + 1).find_map(|(index, arg)| {
        let value = match (arg.strip_prefix(long), arg.strip_prefix('-')) {
            (Some(value), _) => value.trim_start_matches('='),
            (_, Some(letters)) if !letters.starts_with('-') => letters.split_once(letter)?.1,
            _ => return None,
        };
        Some(format!("{value} {}", args[index + 1..].join(" ")))
    })
}

fn is_assignment(word: &str) -> bool {
    word.split_once('=')
        .is_some_and(|(name, _)| !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_'))
}

/// Whether a shell's first operand is its text (`-c`), and its operands; none when it reads its input whatever they are
/// (`-s`).
pub fn shell_operands(args: &[String]) -> (bool, &[String]) {
    let (mut is_text, mut reads) = (false, false);
    let mut at = 0;
    while let Some(arg) = args.get(at) {
        let Some(letters) = arg.strip_prefix(['-', '+']).filter(|letters| !letters.is_empty()) else { break };
        at += 1;
        match letters {
            "-" => break,
            "-rcfile" | "-init-file" => at += 1,
            "-command" => is_text = true,
            _ if letters.starts_with('-') => {}
            _ => {
                is_text |= letters.contains('c');
                reads |= letters.contains('s');
                at += usize::from(letters.contains(['o', 'O']));
            }
        }
    }
    let operands = if reads && !is_text { None } else { args.get(at..) };
    (is_text, operands.unwrap_or_default())
}

/// The commands that `find -exec` or `fd -x` runs.
pub fn executed(name: &str, args: &[String]) -> Vec<Vec<String>> {
    let mut commands = Vec::new();
    let mut rest = args;
    while let Some((arg, after)) = rest.split_first() {
        rest = after;
        let Some(first) = (if name == "find" { find_runs(arg) } else { fd_runs(arg) }) else { continue };
        let ends = |at: usize| rest[at] == ";" || rest[at] == "+" && at > 0 && rest[at - 1] == "{}";
        let end = (0..rest.len()).find(|at| ends(*at)).unwrap_or(rest.len());
        let first = Some(first.to_owned()).filter(|first| !first.is_empty());
        commands.push(first.into_iter().chain(rest[..end].iter().cloned()).collect());
        rest = rest.get(end + 1..).unwrap_or_default();
    }
    commands
}

/// What stands of the command in the option that runs it: nothing.
fn find_runs(arg: &str) -> Option<&str> {
    matches!(arg, "-exec" | "-execdir" | "-ok" | "-okdir").then_some("")
}

/// The same, which may be the program.
fn fd_runs(arg: &str) -> Option<&str> {
    let long = arg.strip_prefix("--exec-batch").or_else(|| arg.strip_prefix("--exec"));
    match (long, arg.strip_prefix('-')) {
        (Some(""), _) => Some(""),
        (Some(value), _) => value.strip_prefix('='),
        (None, Some(letters)) if !letters.starts_with('-') => letters.split_once(['x', 'X']).map(|(_, rest)| rest),
        _ => None,
    }
}

/// What `xargs` puts its input in the place of, and its command.
pub fn xargs(args: &[String]) -> (Option<String>, Vec<String>) {
    let words: Vec<&str> = args.iter().map(String::as_str).collect();
    let long = ["--max-args", "--max-procs", "--delimiter", "--max-chars", "--arg-file"];
    let from = options(&words, "nIPLdEsaJR", &long);
    let place = words[..from].iter().enumerate().find_map(|(index, word)| match *word {
        "-I" | "-J" => words.get(index + 1).copied(),
        "-i" | "--replace" => Some("{}"),
        _ => word.strip_prefix("-I").or(word.strip_prefix("--replace=")),
    });
    (place.filter(|place| !place.is_empty()).map(str::to_owned), args.get(from..).unwrap_or_default().to_vec())
}
