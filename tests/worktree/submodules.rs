//! Submodules come along without the network, and what is only in them is not lost.

use crate::bed::{Bed, Intents, discard, hold, remove};
use crate::removal::killed;
use chorus::vcs::worktree::commit::commit_all;
use chorus::vcs::worktree::dirty::changes;
use chorus::vcs::worktree::prepare::Preparation;
use chorus::vcs::worktree::{self, Wish, Worktree, make};

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
    bed.git_in(&inner, ["switch", "-qc", "other"]);
    bed.git_in(&inner, ["commit", "-q", "--allow-empty", "-m", "on another branch"]);
    let other = bed.git_in(&inner, ["rev-parse", "other"]);
    bed.git_in(&inner, ["checkout", "-q", "-"]);
    std::fs::write(inner.join("l.txt"), "edited\n").unwrap();
    commit_all(&made, "moved the submodule").await.unwrap().unwrap();
    let name = discard(&made, 1).await.unwrap().unwrap();
    let modules = bed.project().join(".git/modules/used");
    assert_eq!(bed.git_in(&modules, ["show", &format!("{name}:new")]), "committed");
    assert_eq!(bed.git_in(&modules, ["show", &format!("{name}:l.txt")]), "edited");
    bed.git_in(&modules, ["merge-base", "--is-ancestor", &other, &name]);
    assert!(!made.folder.exists());
}

#[tokio::test]
async fn a_discard_that_is_killed_while_it_deletes_keeps_what_was_there_before() {
    let (bed, made) = bed().await;
    std::fs::write(made.folder.join("a.txt"), "edited\n").unwrap();
    std::fs::write(made.folder.join("used/l.txt"), "edited\n").unwrap();
    let intent = killed(&made, 2).await;
    std::fs::remove_file(made.folder.join("a.txt")).unwrap();
    std::fs::remove_file(made.folder.join("used/l.txt")).unwrap();
    let held = hold(&made).await;
    let recovered = worktree::remove::recover(&made, 7, &intent, &held, &mut Intents::default()).await.unwrap();
    let kept = recovered.kept.unwrap();
    assert_eq!(bed.git(["show", &format!("{kept}:a.txt")]), "edited");
    assert_eq!(bed.git_in(&bed.project().join(".git/modules/used"), ["show", &format!("{kept}:l.txt")]), "edited");
    assert!(!made.folder.exists() && !intent.aside.exists());
    assert_eq!(bed.git(["worktree", "list"]).lines().count(), 1);
    assert_eq!(bed.git(["branch", "--list", "chorus/*"]), "");
}

#[tokio::test]
async fn a_merged_one_leaves_the_commits_of_its_submodules_to_the_project() {
    let (bed, made) = bed().await;
    let inner = made.folder.join("used");
    bed.git_in(&inner, ["commit", "-q", "--allow-empty", "-m", "only here"]);
    let commit = bed.git_in(&inner, ["rev-parse", "HEAD"]);
    commit_all(&made, "moved the submodule").await.unwrap().unwrap();
    bed.git(["merge", "-q", &made.branch]);
    remove(&made).await.unwrap();
    assert!(!made.folder.exists());
    bed.git(["submodule", "--quiet", "update", "used"]);
    assert_eq!(bed.git_in(&bed.project().join("used"), ["rev-parse", "HEAD"]), commit);
    // What the project has already gets no reference.
    let other = bed.make(2, "y").await;
    remove(&other).await.unwrap();
    let modules = bed.project().join(".git/modules/used");
    assert_eq!(bed.git_in(&modules, ["for-each-ref", "--format=%(refname)", "refs/chorus/kept"]).lines().count(), 1);
}

#[tokio::test]
async fn what_a_merged_one_leaves_has_one_reference_without_what_was_fetched_and_goes_once_others_have_it() {
    let (bed, made) = bed().await;
    let (inner, away) = (made.folder.join("used"), bed.root.join("away"));
    for tag in ["v1", "v2", "v3"] {
        bed.git_in(&away, ["commit", "-q", "--allow-empty", "-m", tag]);
        bed.git_in(&away, ["tag", tag]);
    }
    bed.git_in(&inner, ["fetch", "-q", "--tags", &away.to_string_lossy(), "+refs/heads/*:refs/remotes/origin/*"]);
    let own = ["one", "two", "three"].map(|name| {
        bed.git_in(&inner, ["switch", "-q", "--detach", "HEAD"]);
        bed.git_in(&inner, ["commit", "-q", "--allow-empty", "-m", name]);
        bed.git_in(&inner, ["branch", name]);
        let commit = bed.git_in(&inner, ["rev-parse", name]);
        if name != "three" {
            bed.git_in(&inner, ["switch", "-q", "--detach", "HEAD^"]);
        }
        commit
    });
    commit_all(&made, "moved the submodule").await.unwrap().unwrap();
    bed.git(["merge", "-q", &made.branch]);
    remove(&made).await.unwrap();
    let modules = bed.project().join(".git/modules/used");
    let kept = || bed.git_in(&modules, ["for-each-ref", "--format=%(refname)", "refs/chorus/kept"]);
    assert_eq!(kept().lines().count(), 1, "{}", kept());
    for commit in &own {
        bed.git_in(&modules, ["merge-base", "--is-ancestor", commit, &kept()]);
    }
    let tagged = bed.git_in(&away, ["rev-parse", "v3"]);
    assert!(!bed.try_git(&modules, ["cat-file", "-e", &tagged]).0);

    let days = |days: i64| chorus::clock::now() + days * 24 * 60 * 60 * 1000;
    assert_eq!(worktree::kept::prune(&bed.hand(), days(91)).await.unwrap(), 0, "nobody else has it");
    for commit in &own {
        bed.git_in(&modules, ["tag", &format!("tag-{commit}"), commit]);
    }
    assert_eq!(worktree::kept::prune(&bed.hand(), days(89)).await.unwrap(), 0);
    assert_eq!(worktree::kept::prune(&bed.hand(), days(91)).await.unwrap(), 1);
    assert_eq!(kept(), "");
}

/// A project with a remote and one submodule, `lib`, which has one itself, `lib/inner`.
fn nested() -> Bed {
    let bed = Bed::new();
    bed.git(["remote", "add", "origin", "https://example.org/shop.git"]);
    for name in ["inner", "lib"] {
        let folder = bed.root.join(name);
        bed.git(["init", "-q", "-b", "main", &folder.to_string_lossy()]);
        bed.write(&format!("{name}/{name}.txt"), "x\n");
        bed.git_in(&folder, ["add", "-A"]);
        bed.git_in(&folder, ["commit", "-qm", name]);
    }
    let url = |name: &str| bed.root.join(name).to_string_lossy().into_owned();
    bed.git_in(&bed.root.join("lib"), ["submodule", "--quiet", "add", &url("inner"), "inner"]);
    bed.git_in(&bed.root.join("lib"), ["commit", "-qm", "inner"]);
    bed.git(["submodule", "--quiet", "add", &url("lib"), "lib"]);
    bed.git(["submodule", "--quiet", "update", "--init", "--recursive"]);
    bed.git(["commit", "-qm", "submodules"]);
    for name in ["lib", "inner"] {
        std::fs::rename(bed.root.join(name), bed.root.join(format!("{name}-away"))).unwrap();
    }
    bed.write("gitconfig", "[user]\nname = T\nemail = t@localhost\n");
    bed
}

/// Task `number`'s worktree, not made yet.
async fn plan(bed: &Bed, number: u32) -> Worktree {
    let (home, preparation) = (bed.root.join("worktrees"), Preparation::default());
    let wish = Wish { number, title: "x", on: None, home: &home, preparation: &preparation };
    worktree::plan(&bed.hand(), &wish).await.unwrap()
}

const REMOTE: [&str; 3] = ["remote", "get-url", "origin"];

#[tokio::test]
async fn no_way_of_updating_one_reaches_the_projects_own_remote() {
    for update in ["none", "merge", "rebase", "!touch ran"] {
        let bed = nested();
        bed.git(["config", "submodule.lib.update", update]);
        let made = bed.make(1, "x").await;
        assert_eq!(bed.git(REMOTE), "https://example.org/shop.git", "{update}");
        for file in ["lib/lib.txt", "lib/inner/inner.txt"] {
            assert!(made.folder.join(file).is_file(), "{update}: {file}");
        }
        assert_eq!(bed.git_in(&made.folder.join("lib"), REMOTE), bed.root.join("lib").to_string_lossy());
        assert!(!made.folder.join("lib/ran").exists());
        assert_eq!(bed.git(["config", "submodule.lib.update"]), update);
    }
}

#[tokio::test]
async fn one_that_cannot_be_had_is_told_and_ends_nothing() {
    // The project's copy lacks the commit, its remote is gone, and the user's clones name their remote otherwise.
    let bed = nested();
    bed.write("gitconfig", "[user]\nname = T\nemail = t@localhost\n[clone]\ndefaultRemoteName = upstream\n");
    let made = bed.make(1, "x").await;
    assert_eq!(
        bed.git_in(&made.folder.join("lib"), ["remote", "get-url", "upstream"]),
        bed.root.join("lib").to_string_lossy()
    );
    bed.git(["update-index", "--cacheinfo", "160000", &"1".repeat(40), "lib"]);
    bed.git(["commit", "-qm", "a commit that nobody has"]);
    let plan = plan(&bed, 2).await;
    let notes = make(&plan, &Preparation::default()).await.unwrap();
    assert!(notes[0].contains("the submodule lib is missing"), "{notes:?}");
    assert_eq!(bed.git(REMOTE), "https://example.org/shop.git");
}

#[tokio::test]
async fn what_only_looks_like_one_is_passed_over() {
    let bed = nested();
    let more = "[submodule \"plain\"]\npath = plain\nurl = x\n[submodule \"none\"]\npath = none\nurl = y\n";
    let modules = bed.project().join(".gitmodules");
    let text = std::fs::read_to_string(&modules).unwrap();
    std::fs::write(&modules, text + more).unwrap();
    bed.write("project/plain/file", "x");
    bed.git(["init", "-q", "embedded"]);
    bed.git_in(&bed.project().join("embedded"), ["commit", "-q", "--allow-empty", "-m", "x"]);
    bed.git(["add", "-A"]);
    bed.git(["commit", "-qm", "a plain folder, no folder, a repository without an entry"]);
    bed.git(["submodule", "--quiet", "deinit", "-f", "lib"]);
    let first = plan(&bed, 1).await;
    let notes = make(&first, &Preparation::default()).await.unwrap();
    assert!(notes.len() == 1 && notes[0].contains("embedded"), "{notes:?}");
    assert_eq!(bed.git(REMOTE), "https://example.org/shop.git");
    assert_eq!(commit_all(&first, "m").await.unwrap(), None);
    std::fs::write(modules, "[submodule\n").unwrap();
    bed.git(["commit", "-qam", "broken"]);
    assert_eq!(make(&plan(&bed, 2).await, &Preparation::default()).await.unwrap().len(), 1);
}

#[tokio::test]
async fn nothing_inside_is_lost_though_git_is_told_to_ignore_it() {
    for ignore in ["all", "dirty"] {
        let bed = nested();
        bed.git(["config", "submodule.lib.ignore", ignore]);
        let made = bed.make(1, "x").await;
        std::fs::write(made.folder.join("lib/inner/inner.txt"), "edited\n").unwrap();
        assert_eq!(commit_all(&made, "m").await.unwrap(), None);
        assert_eq!(changes(&made).await.unwrap().nested, ["lib"]);
        let error = remove(&made).await.unwrap_err();
        assert!(error.message.contains("lib has changes"), "{error}");
        std::fs::write(made.folder.join("b.txt"), "x").unwrap();
        let name = discard(&made, 1).await.unwrap().unwrap();
        let inner = bed.project().join("lib/inner");
        assert_eq!(bed.git_in(&inner, ["show", &format!("{name}:inner.txt")]), "edited");
    }
}

#[tokio::test]
async fn one_that_nothing_names_any_more_is_put_aside_with_its_commits() {
    for is_linked in [true, false] {
        let bed = nested();
        let made = bed.make(1, "x").await;
        let away = |name: &str| bed.root.join(name).to_string_lossy().into_owned();
        // A submodule of the agent's own, with one inside, whose git folders are in the worktree's.
        std::fs::rename(away("inner-away"), away("inner")).unwrap();
        bed.git(["config", "--global", "protocol.file.allow", "always"]);
        bed.git_in(&made.folder, ["submodule", "--quiet", "add", &away("lib-away"), "deep/own"]);
        let own = made.folder.join("deep/own");
        bed.git_in(&own, ["submodule", "--quiet", "update", "--init"]);
        let commits = [&own, &own.join("inner")].map(|folder| {
            bed.git_in(folder, ["commit", "-q", "--allow-empty", "-m", "only here"]);
            bed.git_in(folder, ["rev-parse", "HEAD"])
        });
        std::fs::write(own.join("lib.txt"), "edited\n").unwrap();
        assert!(own.join(".git").is_file() && own.join("inner/.git").is_file());
        bed.git_in(&made.folder, ["config", "--file", ".gitmodules", "--remove-section", "submodule.deep/own"]);
        if !is_linked {
            bed.git_in(&made.folder, ["add", ".gitmodules"]);
            bed.git_in(&made.folder, ["rm", "-qf", "--cached", "deep/own"]);
        }
        let name = discard(&made, 1).await.unwrap().unwrap();
        assert!(!made.folder.exists());
        let kept = worktree::nested::folder(&made.folder, &name).join("deep/own");
        for (folder, commit) in [&kept, &kept.join("inner")].into_iter().zip(&commits) {
            assert_eq!(bed.git_in(folder, ["rev-parse", "HEAD"]), *commit);
            assert_eq!(bed.git_in(folder, ["rev-parse", "--show-toplevel"]), folder.to_string_lossy());
            bed.git_in(folder, ["fsck"]);
        }
        assert!(bed.git_in(&kept, ["status", "--porcelain"]).contains("M lib.txt"));
        assert_eq!(std::fs::read_to_string(kept.join("lib.txt")).unwrap(), "edited\n");
    }
}

#[tokio::test]
async fn a_worktree_of_one_keeps_what_it_is_in() {
    let bed = nested();
    let made = bed.make(1, "x").await;
    let linked = made.folder.join("linked");
    bed.git_in(&made.folder.join("lib"), ["worktree", "add", "-q", "--detach", &linked.to_string_lossy()]);
    bed.git_in(&linked, ["commit", "-q", "--allow-empty", "-m", "only here"]);
    let refused = discard(&made, 1).await.unwrap_err();
    assert!(refused.message.contains("cannot keep the repository linked") && refused.hint.is_some(), "{refused}");
    bed.git_in(&linked, ["status"]);
    bed.git_in(&made.folder.join("lib"), ["worktree", "remove", &linked.to_string_lossy()]);
}
