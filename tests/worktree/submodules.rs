//! Submodules come along without the network, and what is only in them is not lost.

use crate::bed::{Bed, discard, remove};
use chorus::vcs::worktree::Worktree;
use chorus::vcs::worktree::commit::commit_all;

/// A project with the submodules `used` and `unused`, of which the first is checked out.
async fn bed() -> (Bed, Worktree) {
    let bed = Bed::new();
    bed.git(["init", "-q", "-b", "main", "../library"]);
    bed.write("library/l.txt", "l\n");
    bed.git_in(&bed.root.join("library"), ["add", "-A"]);
    bed.git_in(&bed.root.join("library"), ["commit", "-qm", "library"]);
    for path in ["used", "unused"] {
        let url = bed.root.join("library").to_string_lossy().into_owned();
        bed.git(["submodule", "--quiet", "add", "--name", path, &url, path]);
    }
    bed.git(["commit", "-qm", "submodules"]);
    bed.git(["submodule", "--quiet", "deinit", "-f", "unused"]);
    // The network is gone, and so is the permission to clone from files.
    std::fs::rename(bed.root.join("library"), bed.root.join("away")).unwrap();
    bed.write("gitconfig", "[user]\nname = T\nemail = t@localhost\n");
    let made = bed.make(1, "x").await;
    (bed, made)
}

#[tokio::test]
async fn those_that_the_project_uses_are_checked_out() {
    let (bed, made) = bed().await;
    assert_eq!(std::fs::read_to_string(made.folder.join("used/l.txt")).unwrap(), "l\n");
    assert!(!made.folder.join("unused/l.txt").exists());
    let url = bed.git_in(&made.folder.join("used"), ["remote", "get-url", "origin"]);
    assert_eq!(url, bed.root.join("library").to_string_lossy());
    remove(&made).await.unwrap();
    assert!(!made.folder.exists());
}

#[tokio::test]
async fn edits_in_one_are_no_commit_and_stop_removal() {
    let (_bed, made) = bed().await;
    std::fs::write(made.folder.join("used/l.txt"), "edited\n").unwrap();
    assert_eq!(commit_all(&made, "m").await.unwrap(), None);
    let error = remove(&made).await.unwrap_err();
    assert!(error.message.contains("used has changes"), "{error}");
}

#[tokio::test]
async fn a_discard_keeps_their_commits_and_edits() {
    let (bed, made) = bed().await;
    let inner = made.folder.join("used");
    std::fs::write(inner.join("new"), "committed\n").unwrap();
    bed.git_in(&inner, ["add", "-A"]);
    bed.git_in(&inner, ["commit", "-qm", "inner"]);
    std::fs::write(inner.join("l.txt"), "edited\n").unwrap();
    commit_all(&made, "moved the submodule").await.unwrap().unwrap();
    let name = discard(&made, 1).await.unwrap().unwrap();
    let modules = bed.project().join(".git/modules/used");
    assert_eq!(bed.git_in(&modules, ["show", &format!("{name}:new")]), "committed");
    assert_eq!(bed.git_in(&modules, ["show", &format!("{name}:l.txt")]), "edited");
    assert!(!made.folder.exists());
}
