//! Judges tools of other programs, named `mcp__SERVER__TOOL`: does one move branches or other tasks' edits?

use super::git;
use super::walk::Offense;
use crate::text::name_words;

/// Words that say that a tool only reads.
const READS: [&str; 12] =
    ["list", "show", "get", "status", "log", "diff", "search", "find", "view", "read", "describe", "blame"];

/// Words that make a branch, a tag or a worktree another.
const CHANGES: [&str; 8] = ["create", "delete", "rename", "move", "remove", "add", "set", "new"];

/// The offense of a call of that tool, if any.
pub fn judge(tool: &str) -> Option<Offense> {
    let (server, tool) = tool.strip_prefix("mcp__")?.split_once("__")?;
    let server = server.to_ascii_lowercase();
    let words = name_words(tool);
    let is_forge = ["github", "gitlab", "gitea", "forgejo", "bitbucket"].iter().any(|forge| server.contains(forge));
    let is_git = server.contains("git") && !is_forge || words.first().is_some_and(|word| word == "git");
    let has = |wanted: &[&str]| words.iter().any(|word| wanted.contains(&word.as_str()));
    if has(&READS) && !has(&CHANGES) {
        return None;
    }
    if is_forge && has(&["merge"]) {
        return Some(Offense::Git("merge".into()));
    }
    if !is_git {
        return None;
    }
    // `cherry_pick` is one word of git's.
    let pairs = words.windows(2).map(|pair| pair.join("-"));
    let refused = pairs.chain(words.iter().cloned()).find(|word| git::is_refused(word));
    let changed = ["branch", "tag", "worktree", "remote", "submodule"].into_iter().find(|word| has(&[word]));
    let named = refused.or_else(|| changed.filter(|_| has(&CHANGES)).map(str::to_owned))?;
    Some(Offense::Git(named))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tools_that_change_branches_are_refused_and_others_pass() {
        for (tool, what) in [
            ("mcp__git__git_commit", "commit"),
            ("mcp__git__git_reset", "reset"),
            ("mcp__git__git_checkout", "checkout"),
            ("mcp__git__git_create_branch", "branch"),
            ("mcp__git__git_stash", "stash"),
            ("mcp__git__git_cherry_pick", "cherry-pick"),
            ("mcp__git-mcp-server__git_push", "push"),
            ("mcp__tools__gitCommit", "commit"),
            ("mcp__gitkraken__git_worktree_add", "worktree"),
            ("mcp__github__merge_pull_request", "merge"),
            ("mcp__git__git_get_or_create_branch", "branch"),
        ] {
            assert_eq!(judge(tool), Some(Offense::Git(what.into())), "{tool}");
        }
        for tool in [
            "mcp__git__git_status",
            "mcp__git__git_diff_unstaged",
            "mcp__git__git_log",
            "mcp__git__git_show",
            "mcp__git__git_branch",
            "mcp__git__git_add",
            "mcp__git__git_stash_list",
            "mcp__github__list_commits",
            "mcp__github__create_issue",
            "mcp__files__move_file",
            "mcp__checkout__reset_cart",
            "Bash",
            "mcp__git",
        ] {
            assert_eq!(judge(tool), None, "{tool}");
        }
    }
}
