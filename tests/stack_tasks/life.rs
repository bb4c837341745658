//! When a task's edits are committed, and what becomes of them and of its branch when it ends.

use super::edits::{edit, numbered, numbered_but, write};
use super::world::{World, any, each, each_standin};
use std::process::Command;

#[test]
fn commits_wait_for_the_completion() {
    any(|world| {
        world.config("[vcs]\ncommit = 'complete'\n");
        let task = world.rested("At the end", &(edit("a.txt", 3, "three") + "[[say done]]"));
        world.turn(&task, &(write("new.txt", "new\n") + "[[say done]]"));
        assert_eq!(world.look(&task)["commits"], 0);
        assert_eq!(world.owners(), [format!("a.txt:3 task {task}"), format!("new.txt:1 task {task}")]);
        let done = world.json(["complete", &task, "--message", "All of it\n\nIn one."]);
        let branch = world.branch(&task);
        assert_eq!((&done["status"], &done["commits"]), (&"completed".into(), &1.into()));
        let result = done["result"].as_str().unwrap();
        assert!(result.contains(&branch) && result.contains("1 commit"), "{result}");
        assert!(result.contains(&format!("but push {branch}")), "{result}");
        assert_eq!(world.changed_on(&branch), ["a.txt -line 3", "a.txt +three", "new.txt +new"]);
        let message = world.git(["log", "-1", "--format=%B", &branch]);
        assert!(message.starts_with("All of it\n\nIn one."), "{message}");
        assert_eq!(world.owners(), [""; 0]);
    });
}

#[test]
fn commits_wait_for_a_person() {
    any(|world| {
        world.config("[vcs]\ncommit = 'manual'\n");
        let task = world.rested("By hand", &(edit("a.txt", 3, "three") + "[[say done]]"));
        assert_eq!(world.look(&task)["commits"], 0);
        assert_eq!(world.json(["commit", &task])["commits"], 1);
        let branch = world.branch(&task);
        assert_eq!(world.changed_on(&branch), ["a.txt -line 3", "a.txt +three"]);
        assert!(world.git(["log", "-1", "--format=%B", &branch]).contains("Chorus-Task: #1"));
        assert_eq!(world.refused(["commit", &task]).code, "wrong_state");
        world.turn(&task, &(edit("a.txt", 5, "five") + "[[say done]]"));
        let done = world.json(["complete", &task]);
        assert_eq!((&done["status"], &done["commits"]), (&"completed".into(), &1.into()));
        assert!(done["result"].as_str().unwrap().contains("edits in 1 file are uncommitted"), "{done}");
        assert_eq!(world.read("a.txt"), numbered_but(&[(3, "three"), (5, "five")]));
    });
}

#[test]
fn a_task_whose_edits_cannot_be_committed_stays_live() {
    each_standin(|world| {
        world.config("[vcs]\ncommit = 'complete'\n");
        let task = world.rested("Stays", &(edit("a.txt", 3, "three") + "[[say done]]"));
        world.fault("disk-full");
        let refusal = world.refused(["complete", &task]);
        assert!(world.has_failed());
        assert_eq!(refusal.code, "vcs_refused");
        assert!(refusal.message.contains("No space left on device"), "{refusal:?}");
        let page = world.look(&task);
        assert_eq!(page["status"], "running");
        assert!(page["trouble"]["text"].as_str().unwrap().contains("No space left"), "{page}");
        assert!(world.run(["show", &task]).stdout.contains("No space left"));
        assert_eq!(world.read("a.txt"), numbered_but(&[(3, "three")]));
        let done = world.json(["complete", &task]);
        assert_eq!((&done["status"], &done["trouble"]), (&"completed".into(), &serde_json::Value::Null));
        assert_eq!(world.changed_on(&world.branch(&task)), ["a.txt -line 3", "a.txt +three"]);
    });
}

/// A task with a commit and uncommitted edits, beside the uncommitted edits of another in the same file.
fn given_up(world: &World) -> (String, String) {
    let task = world.rested("Given up", &(edit("b.txt", 5, "five") + "[[say done]]"));
    world.commits(&task, 1);
    let moves = "[[bash: mv README.md READ.md; rm b.txt; printf x > made]]";
    world.json(["send", &task, &format!("{} {moves} [[ask]] [[say done]]", edit("a.txt", 3, "three"))]);
    world.asks(&task);
    world.claims(&task);
    let other = world.asking("Other", &edit("a.txt", 30, "thirty by the other"));
    (task, other)
}

#[test]
fn a_failed_task_keeps_all() {
    any(|world| {
        let (task, other) = given_up(&world);
        let branch = world.branch(&task);
        assert_eq!(world.json(["fail", &task, "no good"])["status"], "failed");
        assert_eq!(world.changed_on(&branch), ["b.txt -line 5", "b.txt +five"]);
        assert_eq!(world.read("a.txt"), numbered_but(&[(3, "three"), (30, "thirty by the other")]));
        assert!(world.owners().contains(&format!("a.txt:3 task {task}")), "{:?}", world.owners());
        world.answer(&other);
        world.commits(&other, 1);

        world.json(["reopen", &task]);
        world.json(["start", &task, "--prompt", "[[say back]]"]);
        assert_eq!(world.branch(&task), branch);
        assert_eq!(world.stacks().len(), 2);
        world.commits(&task, 2);
        assert!(world.changed_on(&branch).contains(&"a.txt +three".into()));
        assert_eq!(world.on(&branch, "b.txt"), None);
        assert_eq!(world.owners(), [""; 0]);
    });
}

#[test]
fn what_was_discarded_is_kept_and_comes_back() {
    each(|world| {
        let (task, other) = given_up(&world);
        let branch = world.branch(&task);
        let tip = world.git(["rev-parse", &branch]);
        assert_eq!(world.json(["fail", &task, "--discard"])["status"], "failed");
        assert!(!world.branches().contains(&branch), "{:?}", world.branches());
        assert_eq!(world.stacks(), [[world.branch(&other)]]);
        let kept = world.git(["for-each-ref", "--format=%(refname)", "refs/chorus/discarded/"]);
        assert!(kept.lines().any(|name| world.git(["rev-parse", name]) == tip), "{kept}");
        // Only what the other did is left.
        assert_eq!(world.owners(), [format!("a.txt:30 task {other}")]);
        assert_eq!(world.read("a.txt"), numbered_but(&[(30, "thirty by the other")]));
        assert_eq!(world.read("b.txt"), numbered("line"));
        assert_eq!(world.read("README.md"), "# A project\n");
        assert!(!world.project().join("made").exists() && !world.project().join("READ.md").exists());
        assert_eq!(world.look(&task)["commits"], 0);

        world.json(["reopen", &task, "--restore"]);
        assert_eq!(world.git(["rev-parse", &branch]), tip);
        assert_eq!(world.read("a.txt"), numbered_but(&[(3, "three"), (30, "thirty by the other")]));
        assert!(!world.project().join("b.txt").exists() && !world.project().join("README.md").exists());
        assert_eq!((world.read("made"), world.read("READ.md")), ("x".into(), "# A project\n".into()));
        world.answer(&other);
        world.commits(&other, 1);
        assert_eq!(world.changed_on(&world.branch(&other)), ["a.txt -line 30", "a.txt +thirty by the other"]);
        world.json(["start", &task, "--prompt", "[[say back]]"]);
        world.awaits(&task, "all is committed", |page| {
            page["task"]["uncommitted"] == 0 && page["task"]["stack"] == branch.as_str()
        });
        world.rests(&task, 2);
        assert_eq!(world.owners(), [""; 0]);
        assert!(world.changed_on(&branch).contains(&"a.txt +three".into()), "{:?}", world.changed_on(&branch));
        assert_eq!(world.on(&branch, "README.md"), None);
        assert_eq!(world.refused(["reopen", &task, "--restore"]).code, "wrong_state");
    });
}

#[test]
fn a_branch_that_moved_outside_is_told_and_mended() {
    any(|world| {
        let task = world.rested("Moved", &(edit("a.txt", 3, "three") + "[[say done]]"));
        world.commits(&task, 1);
        let branch = world.branch(&task);
        // A person commits to it behind everybody's back.
        let mut git: Command = world.command("git");
        let tree = world.git(["rev-parse", &format!("{branch}^{{tree}}")]);
        git.args(["commit-tree", &tree, "-p", &branch, "-m", "By hand"]);
        let commit = String::from_utf8(git.output().unwrap().stdout).unwrap();
        world.git(["update-ref", &format!("refs/heads/{branch}"), commit.trim()]);
        world.turn(&task, &(edit("a.txt", 30, "thirty") + "[[say done]]"));
        let trouble = world.trouble(&task);
        assert_eq!(trouble["kind"], "moved_outside", "{trouble}");
        assert_eq!(world.json(["mend", &task])["done"], false);
        assert_eq!(world.json(["mend", &task, "--yes"])["done"], true);
        assert_eq!(world.look(&task)["trouble"], serde_json::Value::Null);
        let subjects = world.git(["log", "--format=%s", &format!("main..{branch}")]);
        assert!(subjects.contains("By hand"), "{subjects}");
        let changed = ["a.txt -line 3", "a.txt +three", "a.txt -line 30", "a.txt +thirty"];
        assert_eq!(world.changed_on(&branch), changed);
    });
}
