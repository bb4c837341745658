//! The target moves.

use crate::each::{Outcome, on_each};
use chorus_testkit::but::{Grammar, Repository};
use serde_json::json;

/// Gives the repository's `main`, which is its own remote's, a commit with one line of a file changed.
fn upstream(repository: &Repository, path: &str, line: usize, text: &str) {
    let tree = repository.root().join("upstream").to_string_lossy().into_owned();
    repository.git(["worktree", "add", "--quiet", &tree, "main"]);
    let file = repository.root().join("upstream").join(path);
    let content = std::fs::read_to_string(&file).unwrap();
    let mut lines: Vec<&str> = content.lines().collect();
    lines[line - 1] = text;
    std::fs::write(&file, lines.join("\n") + "\n").unwrap();
    repository.git(["-C", &tree, "commit", "--quiet", "--all", "--message", "upstream"]);
    repository.git(["worktree", "remove", "--force", &tree]);
}

#[test]
fn stack_nothing_new_is_up_to_date() {
    on_each(|repository| {
        assert_eq!(repository.json(["pull", "--check"])["upToDate"], true);
        assert_eq!(repository.json(["pull"])["status"], "up_to_date");
    });
}

#[test]
fn stack_a_pull_carries_stacks_and_tells_conflicts_with_exit_0() {
    on_each(|repository| {
        repository.change_line("a.txt", 5, "A");
        repository.commit("task-a", "A's", &["a.txt"]);
        repository.change_line("b.txt", 5, "B");
        repository.commit("task-b", "B's", &["b.txt"]);
        upstream(repository, "a.txt", 5, "upstream");
        let check = repository.json(["pull", "--check"]);
        assert_eq!((&check["upToDate"], &check["hasWorktreeConflicts"]), (&json!(false), &json!(false)));
        let status = |name: &str| {
            let statuses = check["branchStatuses"].as_array().unwrap();
            statuses.iter().find(|status| status["name"] == name).unwrap()["status"].clone()
        };
        assert_eq!((status("task-a"), status("task-b")), (json!("conflicted"), json!("updatable")));
        let pulled = repository.json(["pull"]);
        assert_eq!(pulled["status"], "completed_with_conflicts");
        assert_eq!(pulled["conflicts"][0]["branch"], "task-a");
        assert_eq!(pulled["summary"]["branchesUpdated"], 1);
        assert_eq!(pulled["summary"]["branchesConflicted"], 1);
        let status = repository.status();
        let commit = |name: &str| {
            let stacks = status["stacks"].as_array().unwrap().iter();
            let branches = stacks.flat_map(|stack| stack["branches"].as_array().unwrap());
            branches.into_iter().find(|branch| branch["name"] == name).unwrap()["commits"][0].clone()
        };
        assert_eq!((&commit("task-a")["conflicted"], &commit("task-b")["conflicted"]), (&json!(true), &json!(false)));
        assert_eq!(commit("task-a")["message"], "A's");
        assert!(String::from_utf8(repository.read("a.txt").unwrap()).unwrap().contains("\nupstream\n"));
        assert!(repository.git(["ls-tree", "--name-only", "task-a"]).contains(".conflict-side-1"));
        assert!(repository.dirty().is_empty());
    });
}

#[test]
fn stack_a_dirty_file_that_upstream_changed_gets_markers_or_stops_the_pull() {
    on_each(|repository| {
        repository.new_branch("task-a");
        repository.change_line("b.txt", 5, "B");
        repository.commit("task-a", "B's", &["b.txt"]);
        repository.change_line("a.txt", 5, "dirty");
        let dirty = repository.read("a.txt");
        upstream(repository, "a.txt", 5, "upstream");
        assert_eq!(repository.json(["pull", "--check"])["hasWorktreeConflicts"], true);
        let pulled = repository.json(["pull"]);
        match repository.program.grammar {
            Grammar::New => {
                assert_eq!(pulled["status"], "completed");
                assert_eq!(repository.status()["conflictedFiles"], json!(["a.txt"]));
                assert!(repository.dirty().is_empty());
                let text = String::from_utf8(repository.read("a.txt").unwrap()).unwrap();
                assert!(text.contains("<<<<<<< ours\ndirty\n=======\nupstream\n>>>>>>> theirs\n"), "{text}");
                repository.write("c.txt", "another\n");
                repository.commit("task-a", "C's", &["c.txt"]);
                let words = "unresolved conflicts exist in the index; class=Checkout (20); code=Conflict (-13)";
                Outcome::Refused(1, words).check("unapply", &repository.but(["unapply", "task-a", "--json"]));
                assert_eq!(repository.status()["conflictedFiles"], json!(["a.txt"]));
                repository.write("a.txt", "resolved\n");
                assert_eq!(repository.json(["resolve", "a.txt"]), json!({ "resolved_files": ["a.txt"] }));
                assert_eq!(repository.dirty(), ["a.txt"]);
            }
            Grammar::Old => {
                assert_eq!(pulled["status"], "worktree_conflicts");
                assert_eq!(repository.read("a.txt"), dirty);
            }
        }
    });
}

#[test]
fn stack_a_branch_that_is_upstream_is_integrated() {
    on_each(|repository| {
        repository.write("a.txt", "A\n");
        let tip = repository.commit("task-a", "A's", &["a.txt"]);
        repository.git(["update-ref", "refs/heads/main", &tip]);
        let pulled = repository.json(["pull"]);
        match repository.program.grammar {
            Grammar::New => {
                assert_eq!(pulled["integratedBranches"], json!(["task-a"]));
                assert!(repository.branches().is_empty());
            }
            Grammar::Old => {
                assert_eq!(pulled["status"], "up_to_date");
                assert_eq!(repository.branches(), ["task-a"]);
            }
        }
        assert!(repository.dirty().is_empty());
        assert_eq!(repository.read("a.txt").unwrap(), b"A\n");
    });
}
