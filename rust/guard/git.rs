//! Judges git commands: does one leave branches and other tasks' edits alone? Checked with git 2.47 and its manual.

use super::expand::UNKNOWN;
use super::walk::Offense;

/// Refused, except in forms that only read.
#[rustfmt::skip]
const REFUSED: &[&str] = &[
    "commit", "push", "stash", "rebase", "merge", "reset", "cherry-pick", "revert", "checkout", "switch", "restore",
    "clean", "am", "pull", "update-ref", "symbolic-ref", "filter-branch", "filter-repo", "commit-tree", "bisect",
];

/// Refused as well, but often in a form that only reads, so they are no reason to refuse an unreadable text.
#[rustfmt::skip]
const REFUSED_PARTLY: &[&str] = &[
    "branch", "tag", "worktree", "submodule", "gc", "prune", "reflog", "read-tree", "checkout-index", "replace",
    "fast-import", "citool", "gui", "mergetool", "sparse-checkout", "send-pack", "http-push", "maintenance", "repack",
    "remote", "notes", "fetch", "config", "history", "subtree", "lfs", "send-email", "refs",
];

/// Never refused: they read, or change files as any edit does.
#[rustfmt::skip]
const PASSES: &[&str] = &[
    "add", "annotate", "apply", "archive", "backfill", "blame", "bugreport", "bundle", "cat-file", "check-attr",
    "check-ignore", "check-mailmap", "check-ref-format", "cherry", "clone", "column", "commit-graph", "count-objects",
    "credential", "describe", "diagnose", "diff", "diff-files", "diff-index", "diff-pairs", "diff-tree", "difftool",
    "fetch-pack", "fmt-merge-msg", "for-each-ref", "for-each-repo", "format-patch", "fsck", "get-tar-commit-id", "grep",
    "hash-object", "help", "index-pack", "init", "init-db", "instaweb", "interpret-trailers", "last-modified", "log",
    "ls-files", "ls-remote", "ls-tree", "mailinfo", "mailsplit", "merge-base", "merge-file", "merge-tree", "mktag",
    "mktree", "multi-pack-index", "mv", "name-rev", "pack-objects", "pack-redundant", "pack-refs", "patch-id",
    "range-diff", "repo", "request-pull", "rerere", "rev-list", "rev-parse", "rm", "shortlog", "show", "show-branch",
    "show-index", "show-ref", "stage", "status", "stripspace", "unpack-file", "update-index", "var", "verify-commit",
    "verify-pack", "verify-tag", "version", "whatchanged", "write-tree",
];

/// Options before the subcommand that take the next word.
const VALUES: [&str; 9] = [
    "-C",
    "-c",
    "--git-dir",
    "--work-tree",
    "--namespace",
    "--super-prefix",
    "--config-env",
    "--attr-source",
    "--list-cmds",
];

/// Whether the word is a subcommand that is refused, except in forms that only read.
pub fn is_refused(word: &str) -> bool {
    REFUSED.contains(&word)
}

/// The offense of `git ARGS`, if any.
pub fn judge(args: &[String]) -> Option<Offense> {
    let mut rest = args.iter().map(String::as_str);
    let subcommand = loop {
        let word = rest.next()?;
        let alias = |value: &str| value.to_ascii_lowercase().starts_with("alias.");
        match word {
            "-h" | "--help" | "-v" | "--version" | "--html-path" | "--man-path" | "--info-path" | "--exec-path" => {
                return None;
            }
            "-c" | "--config-env" if rest.clone().next().is_some_and(alias) => {
                return Some(Offense::Git(format!("{word} alias.")));
            }
            _ if word.strip_prefix("--config-env=").is_some_and(alias) => {
                return Some(Offense::Git("-c alias.".into()));
            }
            _ if VALUES.contains(&word) => drop(rest.next()),
            _ if word.starts_with('-') => {}
            _ => break word,
        }
    };
    let args: Vec<&str> = rest.collect();
    if subcommand.contains(UNKNOWN) {
        return Some(Offense::Unclear("…".into()));
    }
    if PASSES.contains(&subcommand) || matches!(args.first(), Some(&("-h" | "--help"))) {
        return None;
    }
    if !REFUSED.contains(&subcommand) && !REFUSED_PARTLY.contains(&subcommand) {
        return Some(Offense::Unclear(subcommand.to_owned()));
    }
    (!reads(subcommand, &args)).then(|| Offense::Git(described(subcommand, &args)))
}

/// The subcommand, with its own subcommand or option where that one is refused.
fn described(subcommand: &str, args: &[&str]) -> String {
    let nested = matches!(subcommand, "worktree" | "submodule" | "reflog" | "remote" | "stash" | "bisect" | "notes");
    let option = matches!(subcommand, "branch" | "gc" | "tag");
    match args.first() {
        Some(first) if nested && !first.starts_with('-') || option && first.starts_with('-') => {
            format!("{subcommand} {}", first.replace(UNKNOWN, "…"))
        }
        _ => subcommand.to_owned(),
    }
}

/// Whether this form of a refused subcommand only reads.
fn reads(subcommand: &str, args: &[&str]) -> bool {
    let first = args.first().copied().unwrap_or_default();
    let has = |names: &[&str]| args.iter().any(|arg| names.contains(arg));
    match subcommand {
        "commit" => has(&["--dry-run"]),
        "clean" => has(&["--dry-run"]) || args.iter().any(|arg| is_short(arg) && arg.contains('n')),
        "stash" => matches!(first, "list" | "show"),
        "worktree" => first == "list",
        "submodule" => matches!(first, "" | "status" | "summary" | "--cached"),
        "bisect" => matches!(first, "log" | "view" | "visualize" | "terms" | "help"),
        "reflog" => !matches!(first, "expire" | "delete" | "drop" | "write"),
        "remote" => matches!(first, "" | "-v" | "--verbose" | "show" | "get-url"),
        "notes" => matches!(first, "" | "list" | "show" | "get-ref"),
        "sparse-checkout" => first == "list",
        "refs" => matches!(first, "list" | "exists" | "verify"),
        "lfs" => matches!(first, "ls-files" | "status" | "env" | "version" | "logs" | "locks" | "help"),
        "am" => first.starts_with("--show-current-patch"),
        "gc" => !args.iter().any(|arg| arg.starts_with("--prune")),
        "symbolic-ref" => args.iter().filter(|arg| !arg.starts_with('-')).count() < 2 && !has(&["-d", "--delete"]),
        "config" => !sets_alias(args),
        "fetch" => !moves_branches(args),
        "branch" => lists_branches(args),
        "tag" => lists_tags(args),
        _ => false,
    }
}

fn is_short(arg: &str) -> bool {
    arg.starts_with('-') && !arg.starts_with("--")
}

/// The arguments without those options of `with_value` that take the next word, and without that word.
fn without<'a>(args: &[&'a str], with_value: &[&str]) -> Vec<&'a str> {
    let mut rest = args.iter();
    let mut kept = Vec::new();
    while let Some(arg) = rest.next() {
        if with_value.contains(arg) {
            rest.next();
        } else {
            kept.push(*arg);
        }
    }
    kept
}

fn has_names(args: &[&str]) -> bool {
    args.iter().any(|arg| !arg.starts_with('-'))
}

fn sets_alias(args: &[&str]) -> bool {
    let alias = args.iter().position(|arg| arg.to_ascii_lowercase().starts_with("alias."));
    alias.is_some_and(|at| at + 1 < args.len() && !args.iter().any(|arg| arg.starts_with("--get") || *arg == "get"))
}

/// Whether a fetch writes to a branch of this repository: a refspec with a destination of that kind.
fn moves_branches(args: &[&str]) -> bool {
    let mut specs = without(args, &["-j", "--jobs", "--depth", "--deepen", "-o", "--server-option", "--refmap"]);
    specs.retain(|spec| !spec.starts_with('-'));
    let moves = |spec: &&str| {
        let to = spec.split_once(':').map_or("", |(_, to)| to);
        !to.is_empty() && !to.starts_with("refs/remotes/")
    };
    args.contains(&"-u") || args.contains(&"--update-head-ok") || specs.iter().skip(1).any(moves)
}

const LISTS: [&str; 10] = [
    "--list",
    "-l",
    "--contains",
    "--no-contains",
    "--merged",
    "--no-merged",
    "--points-at",
    "--show-current",
    "--verify",
    "--all",
];

fn lists(args: &[&str], letters: &str) -> bool {
    args.iter().any(|arg| {
        LISTS.iter().any(|name| arg.split('=').next() == Some(name))
            || is_short(arg) && arg.contains(|c| letters.contains(c))
    })
}

fn lists_branches(args: &[&str]) -> bool {
    let args = without(args, &["--sort", "--format"]);
    const CHANGES: [&str; 9] = [
        "--delete",
        "--move",
        "--copy",
        "--force",
        "--set-upstream-to",
        "--set-upstream",
        "--unset-upstream",
        "--edit-description",
        "--track",
    ];
    let changes = |arg: &&str| {
        CHANGES.iter().any(|name| arg.split('=').next() == Some(name))
            || is_short(arg) && arg.contains(|c| "dDmMcCfut".contains(c))
    };
    !args.iter().any(changes) && (lists(&args, "lar") || !has_names(&args))
}

fn lists_tags(args: &[&str]) -> bool {
    let args = without(args, &["--sort", "--format"]);
    const CHANGES: [&str; 7] = ["--delete", "--force", "--annotate", "--sign", "--message", "--file", "--edit"];
    let changes = |arg: &&str| {
        CHANGES.iter().any(|name| arg.split('=').next() == Some(name))
            || is_short(arg) && arg.contains(|c| "dfasmFue".contains(c))
    };
    !args.iter().any(changes) && (lists(&args, "lnv") || !has_names(&args))
}
