//! Which GitButler commands only look. Checked with both grammars, of 2026-05 and 2026-08.

use super::walk::Offence;

/// Words that are refused wherever they follow `but`; others that are not listed as reading are refused in a command.
#[rustfmt::skip]
const CHANGES: &[&str] = &[
    "commit", "push", "pull", "merge", "land", "move", "squash", "reword", "amend", "uncommit", "discard", "absorb",
    "resolve", "apply", "unapply", "undo", "redo", "setup", "teardown", "clean", "switch", "edit", "stage", "unstage",
    "mark", "unmark", "rub", "pick", "claude", "cursor", "mcp", "worktree",
];

/// Whether the word is a `but` subcommand that changes something.
pub fn is_refused(word: &str) -> bool {
    CHANGES.contains(&word)
}

/// What is wrong with `but ARGS`.
pub fn judge(args: &[String]) -> Option<Offence> {
    let asks = args.iter().any(|arg| arg == "--help");
    let mut rest = args.iter().map(String::as_str).filter(|arg| *arg != "--");
    let subcommand = loop {
        match rest.next()? {
            "-C" | "--current-dir" | "-f" | "--format" => drop(rest.next()),
            "-h" | "-V" | "--version" => return None,
            word if word.starts_with('-') => {}
            word => break word,
        }
    };
    let next: Vec<&str> = rest.collect();
    let inner = next.iter().copied().find(|arg| !arg.starts_with('-')).unwrap_or_default();
    let reads = match subcommand {
        "status" | "st" | "diff" | "show" | "help" | "completions" => true,
        "branch" => matches!(inner, "" | "list" | "ls" | "show"),
        "oplog" | "alias" => matches!(inner, "" | "list" | "ls"),
        _ => false,
    };
    if reads || asks || next.first() == Some(&"-h") {
        return None;
    }
    let named = matches!(subcommand, "branch" | "oplog" | "claude" | "alias" | "mcp") && !inner.is_empty();
    let what = if named { format!("{subcommand} {inner}") } else { subcommand.to_owned() };
    Some(Offence::But(what.replace(super::expand::UNKNOWN, "…")))
}
