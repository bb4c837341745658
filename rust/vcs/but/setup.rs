//! Whether a repository can be worked on with `but`, read from its files: no process is started for it.

use super::{But, Result};
use crate::foreign::fs;
use crate::vcs::lock::Held;
use std::path::Path;

/// A repository's state for GitButler.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Setup {
    /// The workspace is checked out.
    Ready,
    /// `but setup` never ran.
    Missing,
    /// It ran, and another branch (or a bare commit) is checked out.
    OtherBranch(String),
    /// A linked worktree, or a submodule.
    Linked,
    /// Not the root of a repository's main worktree.
    NoRepository,
    /// A merge, rebase, cherry-pick or revert was begun and not ended.
    Unfinished(&'static str),
}

/// The branch that GitButler checks out.
const WORKSPACE: &str = "refs/heads/gitbutler/workspace";

/// What git leaves in its folder while something is unfinished (`gitrepository-layout(5)`).
const UNFINISHED: [(&str, &str); 6] = [
    ("MERGE_HEAD", "merge"),
    ("rebase-merge", "rebase"),
    ("rebase-apply", "rebase"),
    ("CHERRY_PICK_HEAD", "cherry-pick"),
    ("REVERT_HEAD", "revert"),
    ("BISECT_LOG", "bisection"),
];

/// The state of the repository whose main worktree is `root`. A commit made on the workspace itself is only told by
/// `but` ([`super::Refusal::ModeExit`]).
pub fn setup(root: &Path) -> Setup {
    let git = root.join(".git");
    if fs::is_file(&git) {
        return Setup::Linked;
    }
    let Ok(head) = crate::foreign::text(&git.join("HEAD"), crate::foreign::FEW) else { return Setup::NoRepository };
    if let Some((_, what)) = UNFINISHED.iter().find(|(name, _)| fs::exists(git.join(name))) {
        return Setup::Unfinished(what);
    }
    let checked_out = head.trim().strip_prefix("ref: ").unwrap_or(head.trim());
    match (fs::is_dir(git.join("gitbutler")), checked_out) {
        (false, _) => Setup::Missing,
        (true, WORKSPACE) => Setup::Ready,
        (true, other) => Setup::OtherBranch(other.strip_prefix("refs/heads/").unwrap_or(other).to_owned()),
    }
}

impl But {
    /// Makes the repository a GitButler project, or checks its workspace out again (0.1 s with 5,000 files, 2026-08).
    pub async fn set_up(&self, held: &Held) -> Result<()> {
        self.change(self.command(["setup"]), held).await.map(drop)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn states_are_read_from_the_folder() {
        let root = tempfile::tempdir().unwrap();
        let root = root.path();
        assert_eq!(setup(root), Setup::NoRepository);
        std::fs::create_dir(root.join(".git")).unwrap();
        let head = |text: &str| std::fs::write(root.join(".git/HEAD"), text).unwrap();
        head("ref: refs/heads/main\n");
        assert_eq!(setup(root), Setup::Missing);
        std::fs::create_dir(root.join(".git/gitbutler")).unwrap();
        assert_eq!(setup(root), Setup::OtherBranch("main".into()));
        head("0e4c9249b4fe3fa66debc5188250d1ab28f33331\n");
        assert!(matches!(setup(root), Setup::OtherBranch(_)));
        head("ref: refs/heads/gitbutler/workspace\n");
        assert_eq!(setup(root), Setup::Ready);
        std::fs::write(root.join(".git/MERGE_HEAD"), "").unwrap();
        assert_eq!(setup(root), Setup::Unfinished("merge"));
    }

    #[test]
    fn a_linked_worktree_is_told() {
        let root = tempfile::tempdir().unwrap();
        std::fs::write(root.path().join(".git"), "gitdir: /elsewhere\n").unwrap();
        assert_eq!(setup(root.path()), Setup::Linked);
    }
}
