//! Removal loses nothing: it refuses, or everything is under `refs/chorus/discarded/` first.

use crate::bed::{Bed, discard, remove};
use chorus::vcs::worktree::Worktree;
use chorus::vcs::worktree::commit::commit_all;

fn discarded(bed: &Bed) -> String {
    bed.git(["for-each-ref", "--format=%(refname)", "refs/chorus/discarded"])
}

async fn with_a_commit(bed: &Bed) -> Worktree {
    let made = bed.make(7, "x").await;
    std::fs::write(made.folder.join("b.txt"), "committed\n").unwrap();
    commit_all(&made, "m").await.unwrap().unwrap();
    made
}

#[tokio::test]
async fn a_clean_and_merged_one_goes() {
    let bed = Bed::new();
    let before = bed.traces();
    let empty = bed.make(1, "x").await;
    std::fs::write(empty.folder.join("noise.log"), "x").unwrap();
    remove(&empty).await.unwrap();
    assert_eq!(bed.traces(), before);

    let merged = with_a_commit(&bed).await;
    bed.git(["merge", "-q", &merged.branch]);
    remove(&merged).await.unwrap();
    assert!(!merged.folder.exists());
    assert_eq!(bed.git(["branch", "--list", "chorus/*"]), merged.branch);
    remove(&merged).await.unwrap();
}

#[tokio::test]
async fn anything_else_stays() {
    let bed = Bed::new();
    let made = with_a_commit(&bed).await;
    let refused = |why: &'static str| {
        let made = made.clone();
        async move {
            let error = remove(&made).await.unwrap_err();
            assert!(error.message.contains(why) && error.hint.is_some(), "{error}");
            assert!(made.folder.exists());
        }
    };
    refused("1 of its commits are not merged").await;
    bed.git(["merge", "-q", &made.branch]);
    std::fs::write(made.folder.join("c"), "x").unwrap();
    refused("c has changes that are not committed").await;
    std::fs::remove_file(made.folder.join("c")).unwrap();
    bed.git_in(&made.folder, ["switch", "-q", "-c", "other"]);
    refused("other is checked out").await;
    bed.git_in(&made.folder, ["switch", "-q", &made.branch]);
    bed.git(["worktree", "lock", "--reason", "mine", &made.folder.to_string_lossy()]);
    refused("it is locked (mine)").await;
    assert!(discard(&made, 7).await.is_err());
}

#[tokio::test]
async fn a_discarded_one_is_kept_with_every_uncommitted_byte() {
    let bed = Bed::new();
    let made = with_a_commit(&bed).await;
    let tip = made.tip().await.unwrap().unwrap();
    std::fs::write(made.folder.join("a.txt"), "staged\n").unwrap();
    bed.git_in(&made.folder, ["add", "a.txt"]);
    std::fs::write(made.folder.join("a.txt"), "newer\n").unwrap();
    std::fs::write(made.folder.join("untracked"), "u\n").unwrap();
    bed.write("gitconfig", "[user]\nuseConfigOnly = true\n");
    let name = discard(&made, 7).await.unwrap().unwrap();
    assert!(name.starts_with("refs/chorus/discarded/7-"));
    assert_eq!(discarded(&bed), name);
    let show = |path: &str| bed.git(["show", &format!("{name}:{path}")]);
    assert_eq!((show("a.txt"), show("untracked"), show("b.txt")), ("newer".into(), "u".into(), "committed".into()));
    assert_eq!(bed.git(["rev-parse", &format!("{name}^")]), tip);
    assert!(!made.folder.exists());
    assert_eq!(bed.git(["branch", "--list", "chorus/*"]), "");
}

#[tokio::test]
async fn a_clean_one_keeps_its_tip_and_an_empty_one_nothing() {
    let bed = Bed::new();
    let made = with_a_commit(&bed).await;
    let tip = made.tip().await.unwrap().unwrap();
    let name = discard(&made, 7).await.unwrap().unwrap();
    assert_eq!(bed.git(["rev-parse", &name]), tip);
    let before = bed.traces();
    let empty = bed.make(8, "y").await;
    assert_eq!(discard(&empty, 8).await.unwrap(), None);
    assert_eq!(bed.traces(), before);
}

#[tokio::test]
async fn a_conflict_and_a_detached_head_are_kept_whole() {
    let bed = Bed::new();
    let made = bed.make(7, "x").await;
    std::fs::write(made.folder.join("a.txt"), "task\n").unwrap();
    commit_all(&made, "task").await.unwrap();
    let tip = made.tip().await.unwrap().unwrap();
    bed.write("project/a.txt", "main\n");
    bed.git(["commit", "-qam", "main"]);
    bed.git_in(&made.folder, ["checkout", "-q", "--detach", "main"]);
    bed.git_in(&made.folder, ["commit", "-q", "--allow-empty", "-m", "loose"]);
    let loose = made.git().head().await.unwrap().unwrap();
    assert!(!bed.try_git(&made.folder, ["merge", &made.branch]).0);
    let name = discard(&made, 7).await.unwrap().unwrap();
    assert!(bed.git(["show", &format!("{name}:a.txt")]).contains("<<<<<<<"));
    assert_eq!(bed.git(["rev-parse", &format!("{name}^1"), &format!("{name}^2")]), format!("{loose}\n{tip}"));
}

#[tokio::test]
async fn one_removed_by_hand_keeps_its_branch_or_its_tip() {
    let bed = Bed::new();
    let made = with_a_commit(&bed).await;
    let tip = made.tip().await.unwrap().unwrap();
    std::fs::remove_dir_all(&made.folder).unwrap();
    let name = discard(&made, 7).await.unwrap().unwrap();
    assert_eq!(bed.git(["rev-parse", &name]), tip);
    assert_eq!(bed.git(["worktree", "list"]).lines().count(), 1);
}

#[tokio::test]
async fn something_else_in_its_place_is_not_touched() {
    let bed = Bed::new();
    let made = with_a_commit(&bed).await;
    std::fs::remove_dir_all(&made.folder).unwrap();
    std::fs::create_dir(&made.folder).unwrap();
    std::fs::write(made.folder.join("precious"), "x").unwrap();
    for repository in [false, true] {
        if repository {
            bed.git_in(&made.folder, ["init", "-q"]);
        }
        let error = discard(&made, 7).await.unwrap_err();
        assert!(error.message.contains("something else"), "{error}");
        assert!(made.folder.join("precious").exists());
    }
}
