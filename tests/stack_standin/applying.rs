//! Taking stacks out of the workspace and bringing them in.

use crate::each::{Outcome, on_each, on_each_of};
use Outcome::Refused;
use chorus_testkit::but::Grammar;
use serde_json::json;

#[test]
fn stack_unapplied_files_leave_and_come_back() {
    on_each(|repository| {
        repository.write("new.txt", "new\n");
        repository.commit("task-a", "A's", &["new.txt"]);
        repository.write("b.txt", "dirty\n");
        let answer = repository.json(["unapply", "task-a"]);
        assert_eq!(answer["branches"], json!(["task-a"]));
        assert!(repository.branches().is_empty());
        assert!(repository.read("new.txt").is_none());
        assert_eq!(repository.dirty(), ["b.txt"]);
        let again = repository.but(["unapply", "task-a", "--json"]);
        Refused(1, "task-a").check("again", &again);
        let answer = repository.json(["apply", "task-a"]);
        match repository.program.grammar {
            Grammar::New => assert_eq!(
                answer,
                json!({
                    "status": "applied", "workspaceChanged": true, "appliedBranches": ["refs/heads/task-a"],
                    "workspaceRefCreated": false, "conflictingStacks": [],
                })
            ),
            Grammar::Old => {
                assert_eq!(answer["name"]["full"], "refs/heads/task-a");
                assert_eq!(answer["target_id"], repository.tip("task-a"));
            }
        }
        assert_eq!(repository.branches(), ["task-a"]);
        assert_eq!(repository.read("new.txt").unwrap(), b"new\n");
        assert_eq!(repository.dirty(), ["b.txt"]);
        let again = repository.json(["apply", "task-a"]);
        if repository.program.grammar == Grammar::New {
            assert_eq!(again["status"], "alreadyApplied");
        }
        Refused(1, "The reference 'nope' did not exist").check("unknown", &repository.but(["apply", "nope", "--json"]));
    });
}

#[test]
fn stack_a_branch_that_is_not_applied_takes_no_commit() {
    on_each(|repository| {
        repository.write("new.txt", "new\n");
        repository.commit("task-a", "A's", &["new.txt"]);
        repository.json(["unapply", "task-a"]);
        repository.write("b.txt", "dirty\n");
        let words = match repository.program.grammar {
            Grammar::New => "A branch named 'task-a' exists but is not applied\n\nHint: Run `but apply task-a`",
            Grammar::Old => "Reference 'task-a' already exists and is outside the workspace",
        };
        Refused(1, words).check("commit", &repository.try_commit("task-a", "m", &["b.txt"]));
    });
}

#[test]
fn stack_a_conflicting_branch_is_not_applied_and_only_the_new_program_says_so() {
    on_each(|repository| {
        repository.change_line("a.txt", 5, "A");
        repository.commit("task-a", "A's", &["a.txt"]);
        repository.json(["unapply", "task-a"]);
        repository.change_line("a.txt", 5, "B");
        repository.commit("task-b", "B's", &["a.txt"]);
        let text = repository.read("a.txt");
        let ran = repository.but(["apply", "task-a", "--json"]);
        let answer: serde_json::Value = serde_json::from_str(&ran.stdout).unwrap();
        match repository.program.grammar {
            Grammar::New => {
                assert_eq!(ran.code, 1);
                assert_eq!(answer["status"], "conflictAborted");
                assert_eq!(answer["conflictingStacks"], json!(["refs/heads/task-b"]));
            }
            Grammar::Old => assert_eq!((ran.code, answer["name"]["full"].as_str()), (0, Some("refs/heads/task-a"))),
        }
        assert_eq!(repository.branches(), ["task-b"]);
        assert_eq!(repository.read("a.txt"), text);
        assert!(repository.dirty().is_empty());
    });
}

#[test]
fn stack_dirty_lines_that_would_be_overwritten_stop_it() {
    on_each(|repository| {
        repository.change_line("a.txt", 5, "A");
        repository.commit("task-a", "A's", &["a.txt"]);
        repository.json(["unapply", "task-a"]);
        repository.change_line("a.txt", 5, "dirty");
        let words = match repository.program.grammar {
            Grammar::New => "Uncommitted files would be overwritten by checkout: \"a.txt\"",
            Grammar::Old => "Failed to apply branch. Worktree changes would be overwritten by checkout: \"a.txt\"",
        };
        Refused(1, words).check("apply", &repository.but(["apply", "task-a", "--json"]));
        assert!(repository.branches().is_empty());
        assert_eq!(repository.dirty(), ["a.txt"]);
    });
    on_each_of(Grammar::New, |repository| {
        repository.change_line("a.txt", 5, "A");
        repository.commit("task-a", "A's", &["a.txt"]);
        repository.change_line("a.txt", 30, "far away");
        repository.json(["unapply", "task-a"]);
        assert!(String::from_utf8(repository.read("a.txt").unwrap()).unwrap().contains("line 5\n"));
        repository.json(["apply", "task-a"]);
        repository.change_line("a.txt", 5, "near");
        let refused = repository.but(["unapply", "task-a", "--json"]);
        Refused(1, "Uncommitted files would be overwritten by checkout: \"a.txt\"").check("unapply", &refused);
        assert_eq!(repository.branches(), ["task-a"]);
    });
}

#[test]
fn stack_a_branch_of_a_worktree_can_be_seen_in_the_workspace() {
    on_each(|repository| {
        let tree = repository.root().join("tree").to_string_lossy().into_owned();
        repository.git(["worktree", "add", "--quiet", "-b", "beside", &tree, "main"]);
        std::fs::write(repository.root().join("tree/seen.txt"), "seen\n").unwrap();
        repository.git(["-C", &tree, "add", "--all"]);
        repository.git(["-C", &tree, "commit", "--quiet", "--message", "from beside"]);
        repository.json(["apply", "beside"]);
        assert_eq!(repository.branches(), ["beside"]);
        assert_eq!(repository.read("seen.txt").unwrap(), b"seen\n");
        assert_eq!(repository.git(["-C", &tree, "status", "--short"]), "");
    });
}
