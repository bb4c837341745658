//! A worktree is made, found in every state it can come to, and made again.

use crate::bed::{Bed, words};
use chorus::contract::Code;
use chorus::vcs::repository::Operation;
use chorus::vcs::worktree::dirty::changes;
use chorus::vcs::worktree::prepare::Preparation;
use chorus::vcs::worktree::standing::{Checkout, state};
use chorus::vcs::worktree::{Wish, create, plan, repair};

#[tokio::test]
async fn it_begins_at_head_on_a_branch_of_its_own() {
    let bed = Bed::new();
    let made = bed.make(12, "Größe: fix it!").await;
    assert_eq!(made.branch, "chorus/12-grosse-fix-it");
    assert_eq!(made.target.as_deref(), Some("refs/heads/main"));
    assert_eq!(made.base, bed.git(["rev-parse", "main"]));
    assert!(made.folder.ends_with("12-grosse-fix-it"));
    assert_eq!(std::fs::read_to_string(made.folder.join("a.txt")).unwrap(), "one\n");
    let standing = state(&made).await.unwrap();
    assert!(standing.present && standing.merged && standing.branch_exists && standing.changes.is_empty());
    assert_eq!((standing.checkout, standing.ahead, standing.elsewhere), (Checkout::Ours, 0, None));
    let again = bed.make(12, "Größe: fix it!").await;
    assert_eq!(again.branch, "chorus/12-grosse-fix-it-2");
}

#[tokio::test]
async fn it_can_begin_on_another_tasks_branch() {
    let bed = Bed::new();
    let first = bed.make(1, "first").await;
    bed.git_in(&first.folder, ["commit", "-q", "--allow-empty", "-m", "first's"]);
    let home = bed.root.join("worktrees");
    let preparation = Preparation::default();
    let mut wish = Wish { number: 2, title: "second", on: Some(&first.branch), home: &home, preparation: &preparation };
    let second = create(&bed.hand(), &wish).await.unwrap();
    assert_eq!(Some(second.base.clone()), first.tip().await.unwrap());
    assert_eq!(second.target, Some(first.reference()));
    wish.on = Some("chorus/none");
    assert_eq!(create(&bed.hand(), &wish).await.unwrap_err().code, Code::VcsRefused);
}

#[tokio::test]
async fn in_gitbutlers_workspace_it_begins_at_the_target() {
    for newer in [true, false] {
        let bed = Bed::new();
        bed.git(["update-ref", "refs/remotes/origin/main", "main"]);
        bed.git(["checkout", "-q", "-b", "gitbutler/workspace"]);
        bed.git(["commit", "-q", "--allow-empty", "-m", "GitButler Workspace Commit"]);
        let home = "project/.git/gitbutler/virtual_branches.toml";
        bed.write(home, "[default_target]\nbranchName = \"main\"\nremoteName = \"origin\"\n");
        if newer {
            bed.write(home, "");
            bed.git(["config", "gitbutler.project.targetRef", "refs/remotes/origin/main"]);
        }
        let made = bed.make(1, "x").await;
        assert_eq!(made.base, bed.git(["rev-parse", "main"]));
        assert_eq!(made.target.as_deref(), Some("refs/remotes/origin/main"));
        bed.git_in(&made.folder, ["commit", "-q", "--allow-empty", "-m", "x"]);
        assert!(!state(&made).await.unwrap().applied);
        bed.git(["merge", "-q", "--no-ff", "-m", "apply", &made.branch]);
        assert!(state(&made).await.unwrap().applied);
    }
}

#[tokio::test]
async fn every_state_is_told() {
    let bed = Bed::new();
    let made = bed.make(1, "x").await;
    std::fs::write(made.folder.join("new file"), "x").unwrap();
    std::fs::write(made.folder.join("noise.log"), "x").unwrap();
    assert_eq!(state(&made).await.unwrap().changes, ["new file"]);
    bed.git(["worktree", "lock", "--reason", "on a stick", &made.folder.to_string_lossy()]);
    assert_eq!(state(&made).await.unwrap().locked.as_deref(), Some("on a stick"));
    bed.git(["worktree", "unlock", &made.folder.to_string_lossy()]);

    bed.git_in(&made.folder, ["switch", "-q", "-c", "mine"]);
    assert_eq!(state(&made).await.unwrap().checkout, Checkout::Other("refs/heads/mine".into()));
    bed.git(["worktree", "add", "-q", "../side", &made.branch]);
    assert_eq!(state(&made).await.unwrap().elsewhere, Some(bed.root.join("side")));
    bed.git(["worktree", "remove", "../side"]);
    bed.git_in(&made.folder, ["checkout", "-q", "--detach"]);
    assert_eq!(state(&made).await.unwrap().checkout, Checkout::Detached);
    bed.git_in(&made.folder, ["bisect", "start"]);
    assert_eq!(state(&made).await.unwrap().operation, Some(Operation::Bisect));
    bed.git(["branch", "-D", &made.branch]);
    assert!(!state(&made).await.unwrap().branch_exists);
}

#[tokio::test]
async fn merged_is_by_history_or_by_content() {
    let bed = Bed::new();
    let made = bed.make(1, "x").await;
    std::fs::write(made.folder.join("b.txt"), "x\n").unwrap();
    bed.git_in(&made.folder, ["add", "-A"]);
    bed.git_in(&made.folder, ["commit", "-qm", "x"]);
    let standing = state(&made).await.unwrap();
    assert_eq!((standing.merged, standing.ahead), (false, 1));
    bed.git(["merge", "-q", "--squash", &made.branch]);
    bed.git(["commit", "-qm", "squashed"]);
    assert!(state(&made).await.unwrap().merged);
    bed.git(["reset", "-q", "--hard", "HEAD~1"]);
    bed.git(["merge", "-q", "--no-ff", "-m", "merge", &made.branch]);
    assert!(state(&made).await.unwrap().merged);
}

#[tokio::test]
async fn removed_by_hand_it_is_made_again_on_its_branch() {
    let bed = Bed::new();
    bed.write("project/.env", "secret");
    let preparation = Preparation { copy: vec![".env".into()], ..Preparation::default() };
    let made = bed.make_with(1, "x", &preparation).await.unwrap();
    bed.git_in(&made.folder, ["commit", "-q", "--allow-empty", "-m", "kept"]);
    let tip = made.tip().await.unwrap();
    std::fs::remove_dir_all(made.folder.parent().unwrap()).unwrap();
    let gone = state(&made).await.unwrap();
    assert!(!gone.present && gone.branch_exists);

    bed.git(["worktree", "add", "-q", "-f", "../side", &made.branch]);
    let error = repair(&made, &preparation).await.unwrap_err();
    assert!(error.message.contains("checked out in"), "{error}");
    bed.git(["worktree", "remove", "../side"]);

    // What cannot be made whole is not there at all: the next try would take it for whole.
    let fails = Preparation { run: vec![vec!["false".into()]], ..preparation.clone() };
    let error = repair(&made, &fails).await.unwrap_err();
    assert!(error.message.contains("cannot make the worktree of") && !made.folder.exists(), "{error}");
    assert!(repair(&made, &preparation).await.unwrap().is_new);
    assert_eq!(made.git().head().await.unwrap(), tip);
    assert_eq!(std::fs::read_to_string(made.folder.join(".env")).unwrap(), "secret");
    assert_eq!(state(&made).await.unwrap().checkout, Checkout::Ours);
    assert!(!repair(&made, &preparation).await.unwrap().is_new);
    // A kill came before the copies.
    std::fs::remove_file(made.folder.join(".env")).unwrap();
    std::fs::write(made.git().git_dir().await.unwrap().join("chorus-half-made"), "").unwrap();
    repair(&made, &preparation).await.unwrap();
    assert_eq!(std::fs::read_to_string(made.folder.join(".env")).unwrap(), "secret");

    std::fs::remove_dir_all(&made.folder).unwrap();
    bed.git(["update-ref", "-d", &made.reference()]);
    assert!(repair(&made, &preparation).await.unwrap_err().message.contains("the branch is gone"));
}

#[tokio::test]
async fn a_copy_that_a_kill_cut_short_is_made_anew_and_no_copy_is_ever_committed() {
    let bed = Bed::new();
    for path in ["local.conf", "big/one", "big/two", "other.conf"] {
        bed.write(&format!("project/{path}"), path);
    }
    let preparation =
        Preparation { copy: words(&["local.conf", "big", "other.conf"]), link: words(&["linked"]), run: vec![] };
    std::os::unix::fs::symlink("big", bed.project().join("linked")).unwrap();
    let made = bed.make_with(1, "x", &preparation).await.unwrap();
    // The kill came in the copy of `big`.
    let git_dir = made.git().git_dir().await.unwrap();
    std::fs::write(git_dir.join("chorus-half-made"), "").unwrap();
    std::fs::write(git_dir.join("chorus-prepared"), "local.conf\0big\0").unwrap();
    for path in ["big/two", "other.conf", "linked"] {
        std::fs::remove_file(made.folder.join(path)).unwrap();
    }
    std::fs::write(made.folder.join("big/one"), "ha").unwrap();
    std::fs::write(made.folder.join("theirs"), "x").unwrap();
    repair(&made, &preparation).await.unwrap();
    for path in ["local.conf", "big/one", "big/two", "other.conf"] {
        assert_eq!(std::fs::read_to_string(made.folder.join(path)).unwrap(), path);
    }
    assert!(made.folder.join("linked").is_symlink());
    assert_eq!(changes(&made).await.unwrap().paths, ["theirs"]);
    bed.git_in(&made.folder, ["add", "-A"]);
    assert_eq!(bed.git_in(&made.folder, ["diff", "--cached", "--name-only"]), "theirs");
}

#[tokio::test]
async fn what_a_killed_daemon_left_half_made_is_undone() {
    let bed = Bed::new();
    let before = bed.traces();
    let home = bed.root.join("worktrees");
    let preparation = Preparation::default();
    let wish = Wish { number: 1, title: "x", on: None, home: &home, preparation: &preparation };
    let planned = plan(&bed.hand(), &wish).await.unwrap();
    assert_eq!(planned.undo().await, None);
    assert_eq!(bed.traces(), before);

    let planned = plan(&bed.hand(), &wish).await.unwrap();
    bed.git(["branch", &planned.branch]);
    assert_eq!(planned.undo().await, None);
    assert_eq!(bed.traces(), before);

    let planned = plan(&bed.hand(), &wish).await.unwrap();
    bed.git(["worktree", "add", "-q", "-b", &planned.branch, &planned.folder.to_string_lossy()]);
    assert_eq!(planned.undo().await, None);
    assert_eq!(bed.traces(), before);
}
