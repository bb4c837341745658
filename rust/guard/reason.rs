//! What the agent reads: what was refused, why, and what to do instead.

use super::Refused;
use super::walk::Offense;

const WHY: &str = "Chorus commits this task's edits to its own branch when your turn ends, and other tasks have \
    uncommitted edits in this same working tree";

/// How much of a subcommand (characters) is quoted.
const LONGEST: usize = 40;

/// The reason for an offense.
pub fn of(offense: &Offense) -> Refused {
    match offense {
        Offense::Git(name) => plain(format!("git {name}"), instead(name)),
        Offense::But(name) => plain(format!("but {name}"), instead(name)),
        Offense::Program { what, instead } => plain(what.clone(), instead),
        Offense::Unclear(name) => {
            let what = format!("git {}", bounded(name));
            let reason = format!(
                "`{what}` is refused: it is not one of git's own commands, or Chorus cannot tell what it runs. {WHY}. \
                 Spell out a git command that only reads, such as `git status` or `git diff`."
            );
            Refused { what, reason }
        }
        Offense::Hidden(name) => {
            let what = format!("git {}", bounded(name));
            let reason = format!(
                "This command is refused: only the shell knows which program it runs, and if that is git, the command \
                 is `{what}`. {WHY}. Name the program plainly; if it is git, {}.",
                instead(name)
            );
            Refused { what, reason }
        }
    }
}

/// The reason for a call of a tool that does what `offense` names.
pub fn of_tool(tool: &str, offense: &Offense) -> Refused {
    let name = match offense {
        Offense::Git(name) | Offense::But(name) | Offense::Unclear(name) | Offense::Hidden(name) => name.as_str(),
        Offense::Program { .. } => "",
    };
    plain(tool.to_owned(), instead(name))
}

/// The reason for a command that could not be parsed and contains `what`.
pub fn unreadable(what: &str) -> Refused {
    let reason = format!(
        "This command is refused: it could not be parsed, and it contains `{what}`. {WHY}. \
         Write it more simply, or leave `{what}` out: {}.",
        instead(what.split(' ').nth(1).unwrap_or_default())
    );
    Refused { what: what.to_owned(), reason }
}

fn plain(what: String, instead: &str) -> Refused {
    let what = bounded(&what);
    Refused { reason: format!("`{what}` is refused in this task. {WHY}. Instead: {instead}."), what }
}

fn bounded(name: &str) -> String {
    name.chars().filter(|c| !c.is_control()).take(LONGEST).collect()
}

fn instead(name: &str) -> &'static str {
    match name.split(' ').next().unwrap_or_default() {
        "commit" | "amend" | "commit-tree" | "citool" | "stage" | "squash" | "reword" | "absorb" | "uncommit" => {
            "leave your edits in the working tree and finish your turn; they are committed then"
        }
        "push" | "send-pack" | "http-push" | "send-email" | "land" | "pr" => {
            "finish your turn and ask the person to push or land the branch"
        }
        "merge" | "rebase" | "pull" | "cherry-pick" | "revert" | "am" | "update-ref" | "move" | "subtree"
        | "resolve" => {
            "leave the branches as they are and ask the person for it; to undo a change of yours, edit the file back"
        }
        "restore" | "checkout-index" | "discard" => {
            "edit the file back to what it was (`git show HEAD:FILE` prints the committed text)"
        }
        "stash" => {
            "leave your edits where they are; to compare with the committed text use `git diff` or `git show HEAD:FILE`"
        }
        "checkout" | "switch" | "worktree" | "read-tree" => {
            "stay on this branch; look at other versions with `git show REV:FILE` or `git diff REV`, and to take back an \
             edit of yours, edit the file back"
        }
        "reset" => "leave commits and index as they are; to take back an edit of yours, edit the file back",
        "clean" => "delete the files that you made yourself, by name",
        "bisect" => "read the history with `git log` and `git show REV:FILE`, or ask the person",
        "-c" | "config" | "--config-env" => "call the git command by its own name, without an alias",
        "claude" | "cursor" | "mcp" => "leave it out: only Chorus commits here",
        _ => {
            "look with `git status`, `git diff`, `git log` or `but status`, and ask the person for anything that changes branches"
        }
    }
}
