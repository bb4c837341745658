//! Commits taken back, reworded, picked; changes discarded; undo.

use crate::each::{Outcome, on_each, on_each_of};
use Outcome::Refused;
use chorus_testkit::but::Grammar;
use serde_json::json;

#[test]
fn stack_a_commit_taken_back_is_uncommitted_again() {
    on_each(|repository| {
        repository.write("a.txt", "A\n");
        let first = repository.commit("task-a", "first", &["a.txt"]);
        repository.write("b.txt", "B\n");
        repository.commit("task-a", "second", &["b.txt"]);
        let answer = repository.json(["uncommit", &first]);
        let expected = if repository.program.grammar == Grammar::New { json!(null) } else { json!({ "ok": true }) };
        assert_eq!(answer, expected);
        assert_eq!(repository.dirty(), ["a.txt"]);
        assert_eq!(repository.changed_on("task-a"), ["b.txt"]);
        assert_eq!(repository.read("a.txt").unwrap(), b"A\n");
        Refused(1, "'nope'").check("unknown", &repository.but(["uncommit", "nope", "--json"]));
        let branch = repository.but(["uncommit", "task-a", "--json"]);
        match repository.program.grammar {
            Grammar::New => {
                Outcome::Done.check("branch", &branch);
                assert!(repository.branches().is_empty());
                assert_eq!(repository.dirty(), ["a.txt", "b.txt"]);
            }
            Grammar::Old => Refused(1, "Cannot uncommit task-a - it is a branch.").check("branch", &branch),
        }
    });
}

#[test]
fn stack_undo_puts_the_whole_working_tree_back() {
    on_each(|repository| {
        repository.new_branch("task-a");
        repository.write("a.txt", "A\n");
        repository.commit("task-a", "A's", &["a.txt"]);
        repository.write("b.txt", "dirty afterwards\n");
        repository.write("untracked.txt", "afterwards\n");
        let answer = repository.json(["undo"]);
        match repository.program.grammar {
            Grammar::New => assert_eq!((&answer["action"], &answer["changed"]), (&json!("undo"), &json!(true))),
            Grammar::Old => assert!(answer.is_null()),
        }
        assert_eq!(repository.dirty(), ["a.txt"]);
        assert!(repository.read("untracked.txt").is_none(), "what came later is gone");
        assert_eq!(repository.tip("task-a"), repository.tip("main"));
        repository.json(["redo"]);
        assert_eq!(repository.dirty(), ["b.txt", "untracked.txt"]);
        assert_eq!(repository.changed_on("task-a"), ["a.txt"]);
    });
}

#[test]
fn stack_the_log_of_operations_tells_kinds() {
    on_each(|repository| {
        repository.new_branch("task-a");
        repository.write("a.txt", "A\n");
        repository.commit("task-a", "A's", &["a.txt"]);
        repository.json(["unapply", "task-a"]);
        let log = repository.json(["oplog"]);
        let kinds: Vec<&str> =
            log.as_array().unwrap().iter().map(|entry| entry["details"]["operation"].as_str().unwrap()).collect();
        assert_eq!(kinds, ["UnapplyBranch", "CreateCommit", "CreateBranch"]);
        assert!(log[0]["id"].as_str().unwrap().len() == 40 && log[0]["createdAt"].is_u64());
    });
}

#[test]
fn stack_nothing_left_to_undo_is_told() {
    on_each_of(Grammar::New, |repository| {
        repository.new_branch("task-a");
        assert_eq!(repository.json(["undo"])["changed"], true);
        assert_eq!(repository.json(["undo"]), json!({ "action": "undo", "changed": false }));
        assert!(repository.branches().is_empty());
    });
}

#[test]
fn stack_discarded_changes_are_gone() {
    on_each(|repository| {
        let before = repository.read("a.txt");
        repository.write("a.txt", "dirty\n");
        repository.write("b.txt", "dirty\n");
        let answer = repository.json(["discard", "a.txt"]);
        match repository.program.grammar {
            Grammar::New => assert_eq!(answer, json!({ "type": "uncommittedChanges", "paths": ["a.txt"] })),
            Grammar::Old => assert_eq!(answer, json!({ "discarded": 1, "failed": 0 })),
        }
        assert_eq!(repository.read("a.txt"), before);
        assert_eq!(repository.dirty(), ["b.txt"]);
        Refused(1, "a.txt").check("clean", &repository.but(["discard", "a.txt", "--json"]));
    });
}

#[test]
fn stack_branches_and_commits_are_reworded() {
    on_each(|repository| {
        repository.write("a.txt", "A\n");
        let commit = repository.commit("task-a", "first words", &["a.txt"]);
        assert!(repository.json(["reword", "task-a", "-m", "task-z"]).is_null());
        assert_eq!(repository.branches(), ["task-z"]);
        let answer = repository.json(["reword", &commit, "-m", "other words"]);
        assert_eq!(answer["new_commit_id"], repository.tip("task-z"));
        assert_eq!(repository.git(["log", "-1", "--format=%s", "task-z"]), "other words");
        assert!(repository.dirty().is_empty());
    });
}

#[test]
fn stack_a_branch_and_a_commit_are_shown() {
    on_each(|repository| {
        repository.write("a.txt", "A\n");
        let commit = repository.commit("task-a", "subject\n\nbody", &["a.txt"]);
        let shown = repository.json(["show", "task-a"]);
        assert_eq!(shown["commits"][0]["sha"], commit);
        assert_eq!(shown["commits"][0]["files"][0]["path"], "a.txt");
        assert_eq!((&shown["commits"][0]["insertions"], &shown["commits"][0]["deletions"]), (&json!(1), &json!(40)));
        assert_eq!(shown["stackedOn"], json!([]));
        assert_eq!(shown["baseCommit"]["message"], "initial");
        let shown = repository.json(["show", &commit]);
        assert_eq!((&shown["commit"], &shown["message"]), (&json!(commit), &json!("subject\n\nbody")));
        Refused(1, "Commit 'nope' not found").check("unknown", &repository.but(["show", "nope", "--json"]));
    });
}
