//! What is put into a worktree stays in it, is never committed, and leaves no trace when it fails.

use crate::bed::{Bed, discard, remove, words};
use chorus::vcs::worktree::commit::{Span, commit_all, diff};
use chorus::vcs::worktree::prepare::{Preparation, committed};
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

#[tokio::test]
async fn what_git_ignores_is_prepared_and_everything_else_committed() {
    let bed = Bed::new();
    bed.write("project/.gitignore", ".env\nnode_modules\nbuild/\n.claude/settings.local.json\n");
    bed.git(["commit", "-qam", "ignored"]);
    for path in [".env", "node_modules/m.js", "build/out.txt", ".claude/settings.local.json", "conf/a", "conf/b.log"] {
        bed.write(&format!("project/{path}"), "x");
    }
    let preparation = Preparation {
        copy: words(&[".env", "build/out.txt", ".claude/settings.local.json", "conf"]),
        link: words(&["node_modules"]),
        run: vec![],
    };
    let made = bed.make_with(1, "x", &preparation).await.unwrap();
    assert!(state(&made).await.unwrap().changes.is_empty());
    assert_eq!(commit_all(&made, "nothing").await.unwrap(), None);
    std::fs::write(made.folder.join("b.txt"), "x").unwrap();
    assert!(String::from_utf8_lossy(&diff(&made, Span::Uncommitted).await.unwrap()).contains("+++ b/b.txt"));
    commit_all(&made, "turn").await.unwrap().unwrap();
    assert_eq!(bed.git(["ls-tree", "-r", "--name-only", &made.branch]), ".gitignore\na.txt\nb.txt");
    std::fs::write(made.folder.join("c.txt"), "x").unwrap();
    let kept = discard(&made, 1).await.unwrap().unwrap();
    assert_eq!(bed.git(["ls-tree", "-r", "--name-only", &kept]), ".gitignore\na.txt\nb.txt\nc.txt");
}

/// A commit of everything by the agent's own git.
fn commit_everything(bed: &Bed, folder: &std::path::Path) {
    bed.git_in(folder, ["add", "-A"]);
    bed.git_in(folder, ["commit", "-q", "--allow-empty", "-m", "theirs"]);
}

#[tokio::test]
async fn no_commit_of_an_agent_takes_it_and_the_project_is_as_before() {
    let bed = Bed::new();
    let users = "[user]\nname = T\nemail = t@localhost\n[core]\nexcludesFile = ~/mine\n";
    bed.write("gitconfig", users);
    bed.write("home/mine", "*.swp");
    bed.write("project/.gitignore", "node_modules/\n");
    bed.git(["commit", "-qam", "ignored"]);
    for path in ["node_modules/m.js", "data/rare", "a [b]*.txt"] {
        bed.write(&format!("project/{path}"), "x");
    }
    let preparation = Preparation { copy: words(&["a [b]*.txt"]), link: words(&["node_modules", "data"]), run: vec![] };
    let status = bed.git(["status", "--porcelain"]);
    let made = bed.make_with(1, "x", &preparation).await.unwrap();
    std::fs::write(made.folder.join("b.swp"), "x").unwrap();
    std::fs::write(made.folder.join("a [b]c.txt"), "x").unwrap();
    commit_everything(&bed, &made.folder);
    assert_eq!(bed.git(["ls-tree", "-r", "--name-only", &made.branch]), ".gitignore\na [b]c.txt\na.txt");
    assert_eq!(bed.git(["status", "--porcelain"]), status, "the project's own working tree is as before");
    // Another worktree of the same project, of the person's own, is too.
    bed.git(["worktree", "add", "-q", "../own"]);
    bed.write("own/data", "x");
    assert_eq!(bed.git_in(&bed.root.join("own"), ["status", "--porcelain"]), "?? data");
    bed.git(["merge", "-q", "--no-edit", &made.branch]);
    assert!(bed.project().join("node_modules/m.js").is_file() && bed.project().join("data/rare").is_file());
    remove(&made).await.unwrap();
    assert!(!std::fs::read_to_string(bed.project().join(".git/config")).unwrap().contains("includeIf"));
}

#[tokio::test]
async fn one_that_was_forced_in_is_found_and_can_leave_again() {
    let bed = Bed::new();
    bed.write("project/node_modules/m.js", "x");
    bed.write("project/.gitignore", "*\n!*.txt\n!node_modules\n");
    bed.git(["commit", "-qam", "a rule that takes everything back"]);
    let preparation = Preparation { link: words(&["node_modules"]), ..Preparation::default() };
    let made = bed.make_with(1, "x", &preparation).await.unwrap();
    // The rule in the tree goes over what is excluded: Chorus's own commit does not take it even when it was staged.
    std::fs::write(made.folder.join("b.txt"), "x").unwrap();
    bed.git_in(&made.folder, ["add", "-f", "node_modules"]);
    commit_all(&made, "m").await.unwrap().unwrap();
    assert_eq!(committed(&made, &preparation).await.unwrap(), Vec::<String>::new());
    bed.git_in(&made.folder, ["add", "-f", "node_modules"]);
    bed.git_in(&made.folder, ["commit", "-qm", "theirs"]);
    assert_eq!(committed(&made, &preparation).await.unwrap(), ["node_modules"]);
    bed.git_in(&made.folder, ["rm", "-rq", "--cached", "--", "node_modules"]);
    commit_all(&made, "out again").await.unwrap().unwrap();
    assert_eq!(committed(&made, &preparation).await.unwrap(), Vec::<String>::new());
    assert!(made.folder.join("node_modules").is_symlink());
}

#[tokio::test]
async fn behind_a_link_and_in_a_submodule() {
    let bed = Bed::new();
    bed.git(["init", "-q", "-b", "main", "../library"]);
    bed.git_in(&bed.root.join("library"), ["commit", "-q", "--allow-empty", "-m", "library"]);
    let url = bed.root.join("library").to_string_lossy().into_owned();
    bed.git(["submodule", "--quiet", "add", &url, "lib"]);
    bed.write("project/docs/a.md", "x");
    bed.git(["add", "docs"]);
    bed.git(["commit", "-qm", "more"]);
    for path in ["lib/.env", "docs/local"] {
        bed.write(&format!("project/{path}"), "x");
    }
    let preparation = Preparation { copy: words(&["lib/.env", "docs/local"]), ..Preparation::default() };
    let made = bed.make_with(1, "x", &preparation).await.unwrap();
    assert!(state(&made).await.unwrap().changes.is_empty());
    std::fs::remove_dir_all(made.folder.join("docs")).unwrap();
    bed.write("away/a.md", "away");
    bed.write("away/local", "away");
    symlink(bed.root.join("away"), made.folder.join("docs")).unwrap();
    assert!(String::from_utf8_lossy(&diff(&made, Span::Uncommitted).await.unwrap()).contains("deleted file"));
    commit_all(&made, "m").await.unwrap().unwrap();
    assert!(bed.git(["ls-tree", &made.branch, "docs"]).starts_with("120000"));
    assert_eq!(bed.git_in(&made.folder, ["status", "--porcelain"]), "");
}
