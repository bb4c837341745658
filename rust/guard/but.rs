//! Judges GitButler commands: does one only read? Checked with the grammars of 2026-05 and 2026-08.

use super::walk::Offense;

/// Subcommands that change something. [`judge`] also refuses every other one that it does not know to read.
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

/// The offense of `but ARGS`, if any.
pub fn judge(args: &[String]) -> Option<Offense> {
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
    Some(Offense::But(what.replace(super::expand::UNKNOWN, "…")))
}
