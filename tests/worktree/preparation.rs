//! What is put into a worktree stays in it, is never committed, and leaves no trace when it fails.

use crate::bed::{Bed, words};
use chorus::vcs::worktree::commit::commit_all;
use chorus::vcs::worktree::prepare::Preparation;
use chorus::vcs::worktree::standing::state;
use std::os::unix::fs::symlink;

#[tokio::test]
async fn copies_links_and_commands() {
    let bed = Bed::new();
    bed.write("project/.env", "secret");
    bed.write("project/conf/deep/x", "x");
    bed.write("project/node_modules/m/index.js", "m");
    symlink("deep/x", bed.project().join("conf/link")).unwrap();
    let preparation = Preparation {
        copy: words(&["./.env", "conf/", "missing", "a.txt"]),
        link: words(&["node_modules"]),
        run: vec![words(&["sh", "-c", "cat .env node_modules/m/index.js > noise.log"])],
    };
    let made = bed.make_with(1, "x", &preparation).await.unwrap();
    let read = |path: &str| std::fs::read_to_string(made.folder.join(path)).unwrap();
    assert_eq!(read(".env"), "secret");
    assert_eq!(read("conf/deep/x"), "x");
    assert_eq!(read("noise.log"), "secretm");
    assert!(made.folder.join("conf/link").is_symlink());
    assert_eq!(std::fs::read_link(made.folder.join("node_modules")).unwrap(), bed.project().join("node_modules"));

    assert!(state(&made).await.unwrap().changes.is_empty());
    std::fs::write(made.folder.join("b.txt"), "x").unwrap();
    commit_all(&made, "turn").await.unwrap().unwrap();
    let files = bed.git(["ls-tree", "-r", "--name-only", &made.branch]);
    assert_eq!(files, ".gitignore\na.txt\nb.txt");
}

#[tokio::test]
async fn paths_are_confined() {
    let bed = Bed::new();
    bed.write("outside/secret", "x");
    symlink("../outside", bed.project().join("out")).unwrap();
    symlink(bed.root.join("outside"), bed.project().join("tracked")).unwrap();
    bed.git(["add", "tracked"]);
    bed.git(["commit", "-qm", "a link that leads out"]);
    std::fs::remove_file(bed.project().join("tracked")).unwrap();
    bed.write("project/tracked/file", "x");
    let before = bed.traces();
    for path in
        ["../outside", "/etc/passwd", "out", "out/secret", ".git", ".GIT/config", "", ".", "x/../..", "tracked/file"]
    {
        for link in [false, true] {
            let list = words(&[path]);
            let (copy, link) = if link { (vec![], list) } else { (list, vec![]) };
            let preparation = Preparation { copy, link, run: vec![] };
            let error = bed.make_with(1, "x", &preparation).await.unwrap_err();
            assert!(error.message.contains("cannot prepare") && error.hint.is_some(), "{path}: {error}");
            assert_eq!(bed.traces(), before, "{path}");
        }
    }
    assert_eq!(std::fs::read_dir(bed.root.join("outside")).unwrap().count(), 1);
}

#[tokio::test]
async fn a_failing_command_undoes_everything_and_says_why() {
    let bed = Bed::new();
    let before = bed.traces();
    for (script, said) in [("echo no such module >&2; exit 3", "no such module"), ("kill -9 $$", "a signal")] {
        let preparation = Preparation { run: vec![words(&["sh", "-c", script])], ..Preparation::default() };
        let error = bed.make_with(1, "x", &preparation).await.unwrap_err();
        assert!(error.message.contains(said) && error.message.contains("#1"), "{error}");
        assert_eq!(bed.traces(), before);
    }
    let missing = Preparation { run: vec![words(&["no-such-program"])], ..Preparation::default() };
    assert!(bed.make_with(1, "x", &missing).await.unwrap_err().message.contains("no-such-program"));
    assert_eq!(bed.traces(), before);
}

#[tokio::test]
async fn commits_of_a_failing_command_are_not_thrown_away() {
    let bed = Bed::new();
    let script = "git commit -q --allow-empty -m x; exit 1";
    let preparation = Preparation { run: vec![words(&["sh", "-c", script])], ..Preparation::default() };
    let error = bed.make_with(1, "x", &preparation).await.unwrap_err();
    assert!(error.message.contains("chorus/1-x has commits and was kept"), "{error}");
    assert_eq!(bed.git(["log", "--format=%s", "-1", "chorus/1-x"]), "x");
}

#[tokio::test]
async fn a_place_that_is_taken_and_one_that_cannot_be_written() {
    let bed = Bed::new();
    let first = bed.make(1, "x").await;
    std::fs::create_dir(first.folder.with_file_name("2-y")).unwrap();
    assert_eq!(bed.make(2, "y").await.branch, "chorus/2-y-2");
    let other = Bed::new();
    std::fs::remove_dir(other.root.join("worktrees")).unwrap();
    other.write("worktrees", "a file");
    let error = other.make_with(1, "x", &Preparation::default()).await.unwrap_err();
    assert!(error.message.contains("cannot make"), "{error}");
    assert_eq!(other.git(["branch"]), "* main");
}
