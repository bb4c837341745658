//! Changes that build on another stack's commits.

use crate::each::{on_each, on_each_of};
use chorus_testkit::but::{Grammar, Repository};

/// Lines of a.txt that A commits and lines that B changes then (0 deletes the line before it); how the new program
/// says it; whether the old one commits it.
type Row = (&'static [(usize, &'static str)], &'static [(usize, &'static str)], &'static str, bool);
const LOCKS: &[Row] = &[
    (&[(3, "A")], &[(3, "B")], "    line 3 depends on task-a (", false),
    (&[(3, "A"), (4, "A")], &[(3, "B"), (4, "B")], "    lines 3–4 depends on task-a (", false),
    (&[(10, "A")], &[(11, "B")], "    conflicts with commits on task-a (edits touch the same file)", true),
];

#[test]
fn stack_a_locked_change_is_refused_with_its_reason_or_left_out() {
    for (first, second, reason, old_commits) in LOCKS {
        on_each(|repository| {
            repository.new_branch("task-a");
            repository.new_branch("task-b");
            first.iter().for_each(|(line, text)| repository.change_line("a.txt", *line, text));
            repository.commit("task-a", "A's", &["a.txt"]);
            second.iter().for_each(|(line, text)| repository.change_line("a.txt", *line, text));
            repository.write("free.txt", "free\n");
            let (tip, text) = (repository.tip("task-b"), repository.read("a.txt"));
            let ran = repository.try_commit("task-b", "B's", &["a.txt", "free.txt"]);
            match repository.program.grammar {
                Grammar::New => {
                    assert_eq!((ran.code, ran.stdout.as_str()), (1, ""));
                    let expected = format!("Error: Cannot commit: 1 change could not be applied:\n  a.txt\n{reason}");
                    assert!(ran.stderr.starts_with(&expected), "{}", ran.stderr);
                    let hint = "Hint: to apply these changes, stack task-b on top of task-a and try again — commits \
                                already on the branch move with it:\n  but move task-b --above task-a";
                    assert!(ran.stderr.trim_end().ends_with(hint), "{}", ran.stderr);
                    assert_eq!(repository.tip("task-b"), tip, "nothing is committed");
                    assert_eq!(repository.dirty(), ["a.txt", "free.txt"]);
                }
                Grammar::Old => {
                    assert_eq!(ran.code, 0, "{}", ran.stderr);
                    assert_eq!(repository.changed_on("task-b").contains(&"a.txt".to_owned()), *old_commits);
                    assert!(repository.changed_on("task-b").contains(&"free.txt".to_owned()));
                    assert_eq!(repository.dirty().is_empty(), *old_commits);
                }
            }
            assert_eq!(repository.read("a.txt"), text);
        });
    }
}

#[test]
fn stack_a_locked_change_makes_an_empty_commit_in_the_old_program() {
    on_each_of(Grammar::Old, |repository| {
        repository.new_branch("task-a");
        repository.new_branch("task-b");
        repository.change_line("a.txt", 3, "A");
        repository.commit("task-a", "A's", &["a.txt"]);
        repository.change_line("a.txt", 3, "B");
        repository.change_line("a.txt", 20, "free, but in the same file");
        let commit = repository.commit("task-b", "B's", &["a.txt"]);
        assert_eq!(repository.tip("task-b"), commit);
        assert!(repository.changed_on("task-b").is_empty());
        assert_eq!(repository.dirty(), ["a.txt"]);
    });
}

#[test]
fn stack_a_file_that_another_stack_made_is_its_own() {
    on_each(|repository| {
        repository.new_branch("task-b");
        repository.write("made.txt", "1\n2\n");
        repository.commit("task-a", "A's", &["made.txt"]);
        repository.write("made.txt", "1\n2\n3\n");
        let ran = repository.try_commit("task-b", "B's", &["made.txt"]);
        match repository.program.grammar {
            Grammar::New => assert!(ran.stderr.contains("    line 3 depends on task-a ("), "{}", ran.stderr),
            Grammar::Old => assert_eq!(ran.code, 0),
        }
        assert_eq!(repository.dirty(), ["made.txt"]);
        assert!(repository.changed_on("task-b").is_empty());
        // Taken away by somebody else it is an empty commit; only the new program takes it for clean then.
        std::fs::remove_file(repository.path().join("made.txt")).unwrap();
        repository.commit("task-b", "away", &["made.txt"]);
        assert!(repository.changed_on("task-b").is_empty());
        assert_eq!(repository.dirty().is_empty(), repository.program.grammar == Grammar::New);
    });
}

#[test]
fn stack_two_branches_to_blame_give_two_lines_and_no_hint() {
    on_each_of(Grammar::New, |repository| {
        for (name, line) in [("task-a", 3), ("task-b", 30)] {
            repository.change_line("a.txt", line, name);
            repository.commit(name, name, &["a.txt"]);
        }
        repository.change_line("a.txt", 3, "C");
        repository.change_line("a.txt", 30, "C");
        let ran = repository.try_commit("task-c", "C's", &["a.txt"]);
        let lines: Vec<&str> = ran.stderr.lines().collect();
        assert!(lines[2].starts_with("    line 3 depends on task-a ("), "{}", ran.stderr);
        assert!(lines[3].starts_with("    line 30 depends on task-b ("), "{}", ran.stderr);
        assert_eq!(lines.len(), 4);
        assert!(!repository.git(["for-each-ref"]).contains("task-c"), "no branch is made");
    });
}

#[test]
fn stack_a_new_branch_for_a_locked_change_is_hinted_at() {
    on_each_of(Grammar::New, |repository| {
        repository.change_line("a.txt", 3, "A");
        repository.commit("task-a", "A's", &["a.txt"]);
        repository.change_line("a.txt", 3, "B");
        let ran = repository.try_commit("task-b", "B's", &["a.txt"]);
        let hint = "Hint: to apply these changes, create task-b stacked on top of task-a and try again:\n  \
                    but branch new task-b --anchor task-a";
        assert!(ran.stderr.trim_end().ends_with(hint), "{}", ran.stderr);
        assert_eq!(repository.branches(), ["task-a"]);
    });
}

/// Stacks B's branch on A's, as each program is told.
fn stack_above(repository: &Repository, upper: &str, lower: &str) {
    match repository.program.grammar {
        Grammar::New => {
            let answer = repository.json(["move", upper, "--above", lower]);
            let expected = serde_json::json!({ "type": "stackBranch", "sourceBranch": upper, "targetBranch": lower });
            assert_eq!(answer, expected);
        }
        Grammar::Old => assert!(repository.json(["move", upper, lower]).is_null()),
    }
}

#[test]
fn stack_moved_above_it_a_locked_change_can_be_committed() {
    on_each(|repository| {
        repository.change_line("a.txt", 3, "A");
        repository.commit("task-a", "A's", &["a.txt"]);
        repository.change_line("b.txt", 3, "B");
        repository.commit("task-b", "B's", &["b.txt"]);
        repository.change_line("a.txt", 3, "B too");
        stack_above(repository, "task-b", "task-a");
        assert_eq!(repository.stacks(), [["task-b", "task-a"]]);
        repository.commit("task-b", "B's on A's", &["a.txt"]);
        assert!(repository.dirty().is_empty());
        assert_eq!(repository.git(["log", "--format=%s", "task-b"]), "B's on A's\nB's\nA's\ninitial");
        assert!(String::from_utf8(repository.file_on("task-a", "a.txt").unwrap()).unwrap().contains("\nA\n"));
        assert!(String::from_utf8(repository.file_on("task-b", "a.txt").unwrap()).unwrap().contains("\nB too\n"));
    });
}

#[test]
fn stack_a_branch_can_stand_on_its_own_again() {
    on_each(|repository| {
        repository.write("a.txt", "A\n");
        repository.commit("task-a", "A's", &["a.txt"]);
        repository.write("b.txt", "B\n");
        repository.commit("task-b", "B's", &["b.txt"]);
        stack_above(repository, "task-b", "task-a");
        match repository.program.grammar {
            Grammar::New => repository.json(["move", "task-b", "--unstack"]),
            Grammar::Old => repository.json(["move", "task-b", "zz"]),
        };
        assert_eq!(repository.stacks(), [["task-a"], ["task-b"]]);
        assert_eq!(repository.changed_on("task-b"), ["b.txt"]);
        assert!(repository.dirty().is_empty());
    });
}
