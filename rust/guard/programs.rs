//! Programs besides git and `but` that move other tasks' edits, commit or publish: a table, and what needs more than a
//! row. Checked with the manuals of the programs (2026-11).

use super::walk::Offense;

/// A program, and its uses that are refused.
struct Rule {
    names: &'static [&'static str],
    /// Words that begin a refused use: `pr merge`. `*` stands for any word, [`ANY`] for any use, [`BARE`] for the call
    /// without arguments.
    uses: &'static [&'static str],
    /// Options that make it harmless.
    harmless: &'static [&'static str],
    instead: &'static str,
}

const ANY: &str = "";
const BARE: &str = ".";

const CHECK: &str = "run the check itself on your own files, such as `pre-commit run --files FILE...`: this command takes \
    every unstaged edit out of the working tree and puts it back, those of other tasks as well";
const RELEASE: &str = "finish your turn and ask the person for the release: this command commits, tags or publishes";
const LAND: &str = "finish your turn and ask the person to push or land the branch";
const FRONT: &str =
    "look with `git status`, `git diff` or `git log`; leave your edits in the working tree and finish your turn";

#[rustfmt::skip]
const RULES: &[Rule] = &[
    Rule { names: &["pre-commit", "prek"], uses: &["run", BARE], harmless: &["--files"], instead: CHECK },
    Rule { names: &["lefthook"], uses: &["run pre-commit"], harmless: &["--file", "--all-files", "--files-from-stdin"], instead: CHECK },
    Rule { names: &["lint-staged", "nano-staged", "git-format-staged"], uses: &[ANY], harmless: &["--no-stash"], instead: CHECK },
    Rule { names: &["gh"], uses: &["pr merge", "pr create", "pr new", "pr update-branch", "pr revert", "repo sync", "release create"], harmless: &["--dry-run"], instead: LAND },
    Rule { names: &["glab"], uses: &["mr merge", "mr accept", "mr create", "mr new", "mr rebase", "mr checkout", "release create"], harmless: &[], instead: LAND },
    Rule { names: &["tea"], uses: &["pr merge", "pr checkout", "pr create", "pulls merge", "pulls checkout", "pulls create", "releases create"], harmless: &[], instead: LAND },
    Rule { names: &["npm", "pnpm"], uses: &["version *"], harmless: &["--no-git-tag-version", "--git-tag-version=false"], instead: RELEASE },
    Rule { names: &["yarn"], uses: &["version"], harmless: &["--no-git-tag-version"], instead: RELEASE },
    Rule { names: &["bun"], uses: &["pm version *"], harmless: &["--no-git-tag-version"], instead: RELEASE },
    Rule { names: &["lerna"], uses: &["version", "publish"], harmless: &["--no-git-tag-version"], instead: RELEASE },
    Rule { names: &["cargo"], uses: &["release", "smart-release", "workspaces version", "workspaces publish", "ws version", "ws publish"], harmless: &["--dry-run", "--no-git-commit"], instead: RELEASE },
    Rule { names: &["cargo-release", "cargo-smart-release", "release-it", "np", "bumpp", "standard-version", "commit-and-tag-version"], uses: &[ANY], harmless: &["--dry-run"], instead: RELEASE },
    Rule { names: &["semantic-release"], uses: &[ANY], harmless: &["--dry-run", "-d", "--noop", "--print"], instead: RELEASE },
    Rule { names: &["release-plz"], uses: &["release", "release-pr"], harmless: &["--dry-run"], instead: RELEASE },
    Rule { names: &["changeset", "changesets"], uses: &["tag", "publish"], harmless: &["--no-git-tag"], instead: RELEASE },
    Rule { names: &["bump2version", "bumpversion", "tbump"], uses: &[ANY], harmless: &["--dry-run", "--no-commit", "--list", "--only-patch"], instead: RELEASE },
    Rule { names: &["bump-my-version"], uses: &["bump"], harmless: &["--dry-run", "--no-commit"], instead: RELEASE },
    Rule { names: &["cz", "commitizen"], uses: &["commit", "c", "bump", BARE], harmless: &["--dry-run", "--version-files-only", "--get-next"], instead: RELEASE },
    Rule { names: &["mvn", "mvnw"], uses: &["release:prepare", "release:perform", "release:branch", "release:update-versions"], harmless: &["-DdryRun=true"], instead: RELEASE },
    Rule { names: &["gradle", "gradlew", "rake"], uses: &["release"], harmless: &["--dry-run"], instead: RELEASE },
    Rule { names: &["jj"], uses: &[
        "abandon", "absorb", "backout", "bookmark create", "bookmark delete", "bookmark forget", "bookmark move", "bookmark rename",
        "bookmark set", "branch create", "branch delete", "branch set", "ci", "commit", "desc", "describe", "duplicate", "edit", "git clone",
        "git export", "git fetch", "git import", "git init", "git push", "metaedit", "new", "next", "op restore", "op revert", "op undo",
        "operation restore", "parallelize", "prev", "rebase", "redo", "resolve", "restore", "revert", "simplify-parents", "split", "squash",
        "undo", "unsquash", "workspace add", "workspace forget",
    ], harmless: &[], instead: FRONT },
    Rule { names: &["sl"], uses: &[
        "absorb", "amend", "bookmark", "checkout", "ci", "clean", "commit", "fold", "goto", "go", "graft", "hide", "histedit", "land",
        "metaedit", "next", "pr submit", "prev", "pull", "purge", "push", "rebase", "redo", "restack", "revert", "shelve", "split", "unamend",
        "uncommit", "undo", "unshelve", "update",
    ], harmless: &[], instead: FRONT },
    Rule { names: &["gt", "graphite"], uses: &[
        "absorb", "add", "amend", "bottom", "c", "checkout", "co", "commit", "continue", "create", "delete", "down", "fold", "get", "m",
        "merge", "modify", "move", "pop", "rename", "reorder", "restack", "s", "split", "squash", "ss", "submit", "sync", "top", "undo", "up",
    ], harmless: &["--dry-run"], instead: FRONT },
    Rule { names: &["stg"], uses: &[
        "branch", "clean", "commit", "delete", "edit", "float", "fold", "goto", "hide", "import", "init", "new", "pick", "pop", "pull", "push",
        "rebase", "redo", "refresh", "rename", "repair", "reset", "sink", "spill", "squash", "sync", "uncommit", "undo", "unhide",
    ], harmless: &[], instead: FRONT },
    Rule { names: &["arc"], uses: &["amend", "feature", "land", "patch"], harmless: &[], instead: LAND },
    Rule { names: &["mob"], uses: &["done", "next", "reset", "start"], harmless: &[], instead: FRONT },
    Rule { names: &["dulwich", "isogit"], uses: &["checkout", "commit", "merge", "pull", "push", "reset", "stash"], harmless: &[], instead: FRONT },
    Rule { names: &["ghstack"], uses: &[ANY], harmless: &[], instead: LAND },
    Rule { names: &["aicommits", "aicommit2", "gitwatch", "oco", "opencommit"], uses: &[ANY], harmless: &["--dry-run"], instead: FRONT },
    Rule { names: &["aider"], uses: &[ANY], harmless: &["--no-auto-commits", "--no-git"], instead: FRONT },
];

/// The offense of a call of the program `name`, if any.
pub fn judge(name: &str, args: &[String]) -> Option<Offense> {
    // Without the exception for help: to tmux, `-h` is also "side by side".
    if name == "tmux" {
        return tmux(args);
    }
    if args.iter().any(|arg| matches!(arg.as_str(), "--help" | "-h" | "--version")) {
        return None;
    }
    match name {
        "rm" | "rmdir" | "unlink" | "mv" | "shred" | "truncate" | "trash" | "trash-put" => {
            return git_folder(name, args);
        }
        _ => {}
    }
    let rule = RULES.iter().find(|rule| rule.names.contains(&name))?;
    let is_harmless =
        |arg: &String| rule.harmless.iter().any(|option| arg == option || arg.split('=').next() == Some(*option));
    if args.iter().any(is_harmless) {
        return None;
    }
    let used = rule.uses.iter().find(|used| is_used(used, args))?;
    let words = if matches!(*used, ANY | BARE) { "" } else { used.trim_end_matches(" *") };
    let what = if words.is_empty() { name.to_owned() } else { format!("{name} {words}") };
    Some(Offense::Program { what, instead: rule.instead })
}

/// Whether the arguments begin like that, options left out. One word may stand before, as the value of an option.
fn is_used(used: &str, args: &[String]) -> bool {
    match used {
        ANY => return true,
        BARE => return args.is_empty(),
        _ => {}
    }
    let operands: Vec<&str> = args.iter().map(String::as_str).filter(|arg| !arg.starts_with(['-', '+'])).collect();
    let begins = |operands: &[&str]| {
        let mut rest = operands.iter();
        used.split(' ').all(|word| rest.next().is_some_and(|given| word == "*" || word == *given))
    };
    // A goal of maven may stand anywhere.
    let is_goal = used.contains(':') && operands.contains(&used);
    let has_option = args.first().is_some_and(|arg| arg.starts_with('-'));
    is_goal || begins(&operands) || has_option && operands.len() > 1 && begins(&operands[1..])
}

/// Refused commands of tmux with their aliases; tmux takes any beginning that only one command has.
const TMUX: [(&str, &str, usize); 2] = [("kill-server", "kill-server", 8), ("send-keys", "send", 6)];

/// Commands of tmux that run a shell command.
const TMUX_RUNS: [&str; 19] = [
    "new-session",
    "new",
    "new-window",
    "neww",
    "split-window",
    "splitw",
    "respawn-pane",
    "respawnp",
    "respawn-window",
    "respawnw",
    "run-shell",
    "run",
    "if-shell",
    "if",
    "pipe-pane",
    "pipep",
    "display-popup",
    "popup",
    "confirm-before",
];

/// tmux: another server than the agent's own, the end of a server, or keys that nobody judges.
fn tmux(args: &[String]) -> Option<Offense> {
    let refused = |what: &str| {
        let instead = "leave Chorus's tmux server alone; a program of yours runs in a session of its own, started with \
            `tmux new-session -d -s NAME 'COMMAND'` and ended with `tmux kill-session -t NAME`";
        Some(Offense::Program { what: format!("tmux {what}"), instead })
    };
    for (at, arg) in args.iter().enumerate() {
        let value = |option: &str| match arg.strip_prefix(option) {
            Some("") => args.get(at + 1).map(String::as_str),
            joined => joined,
        };
        if ["-S", "-L"].iter().filter_map(|option| value(option)).any(|server| server.contains("chorus")) {
            return refused(&arg[..2]);
        }
    }
    tmux_commands(args).into_iter().find_map(|command| {
        let word = command.first()?;
        let (name, ..) = TMUX
            .iter()
            .find(|(name, alias, least)| word == alias || word.len() >= *least && name.starts_with(word.as_str()))?;
        refused(name)
    })
}

/// The commands of one call of tmux, its own options left out. A word that ends in `;` ends a command, unless it ends in
/// `\\;` (tmux(1), parsing).
fn tmux_commands(args: &[String]) -> Vec<Vec<String>> {
    let mut at = 0;
    while let Some(option) = args.get(at).filter(|arg| arg.starts_with('-')) {
        // These take the next word, unless it is joined.
        let takes = option.len() == 2 && "cfLST".contains(&option[1..]);
        at += 1 + usize::from(takes);
    }
    let rest = args.get(at..).unwrap_or_default();
    let mut commands = vec![Vec::new()];
    for word in rest {
        let (word, ends) = match word.strip_suffix(';') {
            Some(before) if before.is_empty() || before == "\\" => ("", true),
            Some(before) if !before.ends_with('\\') => (before, true),
            _ => (word.as_str(), false),
        };
        if let Some(command) = commands.last_mut().filter(|_| !word.is_empty()) {
            command.push(word.to_owned());
        }
        if ends {
            commands.push(Vec::new());
        }
    }
    commands
}

/// Texts that tmux would give to a shell: every end of a command's words, since options may stand before the text.
pub fn tmux_texts(args: &[String]) -> Vec<String> {
    let runs = |command: &&Vec<String>| command.first().is_some_and(|word| TMUX_RUNS.contains(&word.as_str()));
    let commands = tmux_commands(args);
    let ends =
        commands.iter().filter(runs).flat_map(|command| (1..command.len()).map(|from| command[from..].join(" ")));
    ends.collect()
}

/// Removing or moving the repository's git folder, or something in it. A repository in a folder below is the agent's
/// own matter.
fn git_folder(name: &str, args: &[String]) -> Option<Offense> {
    let is_git = |arg: &&String| {
        let parts: Vec<&str> = arg.split('/').filter(|part| !matches!(*part, "" | "." | "..")).collect();
        let Some(at) = parts.iter().position(|part| *part == ".git") else { return false };
        let is_scratch = ["/tmp/", "/var/tmp/"].iter().any(|folder| arg.starts_with(folder));
        let is_unknown = parts[..at].iter().all(|part| part.contains(super::expand::UNKNOWN));
        !is_scratch && (is_unknown || arg.starts_with('/'))
    };
    let found = args.iter().filter(|arg| !arg.starts_with('-')).find(is_git)?;
    let shown = found.replace(super::expand::UNKNOWN, "…");
    Some(Offense::Program {
        what: format!("{name} {shown}"),
        instead: "leave the repository's git folder as it is; a lock in it may be Chorus's, and goes by itself",
    })
}
