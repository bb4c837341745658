//! The stand-in's faults, which the real programs are not asked for.

use chorus_testkit::but::{self, Grammar, Repository};
use chorus_testkit::sandbox::Ran;
use chorus_testkit::wait_until;
use std::os::unix::process::ExitStatusExt;

fn on_each_standin(situation: impl Fn(&Repository)) {
    for program in but::standins() {
        let repository = Repository::new(&program);
        repository.new_branch("task-a");
        repository.write("a.txt", "A\n");
        situation(&repository);
    }
}

#[test]
fn stack_fault_dying_before_between_and_after() {
    for (fault, commits, dirty) in [("die-before", 0, 1), ("die-between", 0, 1), ("die-after", 1, 0)] {
        on_each_standin(|repository| {
            repository.fault(fault);
            let ran = repository.try_commit("task-a", "A's", &["a.txt"]);
            assert_eq!((ran.code, ran.stdout.as_str()), (-1, ""), "{fault}");
            assert!(repository.faults_left().is_empty());
            assert_eq!(repository.dirty().len(), dirty, "{fault}");
            assert_eq!(repository.git(["rev-list", "--count", "main..task-a"]), commits.to_string(), "{fault}");
            assert_eq!(repository.read("a.txt").unwrap(), b"A\n");
            if dirty == 1 {
                repository.commit("task-a", "again", &["a.txt"]);
                assert!(repository.dirty().is_empty());
            }
        });
    }
}

#[test]
fn stack_fault_hanging_until_it_is_killed() {
    on_each_standin(|repository| {
        repository.fault("hang@status");
        let mut child = repository.command(repository.bin().join("but")).args(["status", "--json"]).spawn().unwrap();
        wait_until("the fault is taken", || repository.faults_left().is_empty());
        assert!(child.try_wait().unwrap().is_none());
        child.kill().unwrap();
        assert_eq!(child.wait().unwrap().signal(), Some(9));
        assert_eq!(repository.dirty(), ["a.txt"]);
    });
}

#[test]
fn stack_fault_answers_that_are_not_true() {
    on_each_standin(|repository| {
        repository.fault("garbage");
        let ran = repository.try_commit("task-a", "A's", &["a.txt"]);
        assert_eq!(ran.code, 0);
        assert!(serde_json::from_str::<serde_json::Value>(&ran.stdout).is_err());
        assert_eq!(repository.changed_on("task-a"), ["a.txt"]);
    });
    on_each_standin(|repository| {
        repository.fault("empty-commit");
        let commit = repository.commit("task-a", "A's", &["a.txt"]);
        assert_eq!(repository.tip("task-a"), commit);
        assert!(repository.changed_on("task-a").is_empty());
        assert_eq!(repository.dirty(), ["a.txt"]);
    });
    on_each_standin(|repository| {
        repository.fault("disk-full@*");
        let ran = repository.but(["status", "--json"]);
        assert_eq!((ran.code, ran.stderr.as_str()), (1, "Error: No space left on device (os error 28)\n"));
    });
}

#[test]
fn stack_fault_a_new_stack_lost_from_the_workspace() {
    on_each_standin(|repository| {
        if repository.program.grammar == Grammar::Old {
            return;
        }
        repository.fault("lose-stack");
        let commit = repository.commit("task-b", "B's", &["a.txt"]);
        assert_eq!(repository.tip("task-b"), commit, "the reference holds it");
        assert_eq!(repository.branches(), ["task-a"]);
        assert_ne!(repository.read("a.txt").unwrap(), b"A\n", "the file is gone from the working tree");
        assert!(repository.dirty().is_empty());
        repository.json(["apply", "task-b"]);
        assert_eq!(repository.read("a.txt").unwrap(), b"A\n");
    });
}

/// What becomes of a commit whose only file is written after it was looked at.
fn check_written(repository: &Repository, ran: &Ran) {
    match repository.program.grammar {
        Grammar::New => {
            let words = "Error: Cannot commit: 1 change could not be applied:\n  a.txt\n    the selected hunks no longer \
                         match the worktree\n";
            assert_eq!((ran.code, ran.stderr.as_str()), (1, words));
        }
        Grammar::Old => {
            let answer: serde_json::Value = serde_json::from_str(&ran.stdout).unwrap();
            let expected = serde_json::json!({ "commit_id": null, "branch": "task-a", "branch_tip": null });
            assert_eq!((ran.code, answer), (0, expected));
        }
    }
    assert_eq!(repository.tip("task-a"), repository.tip("main"));
    assert_eq!(repository.dirty(), ["a.txt"]);
}

#[test]
fn stack_fault_a_file_written_during_its_commit() {
    on_each_standin(|repository| {
        repository.fault("written-meanwhile");
        check_written(repository, &repository.try_commit("task-a", "A's", &["a.txt"]));
        assert_eq!(repository.read("a.txt").unwrap(), b"A\nwritten meanwhile\n");
    });
    on_each_standin(|repository| {
        repository.fault("checkout-conflict");
        let tip = repository.tip("task-a");
        let ran = repository.try_commit("task-a", "A's", &["a.txt"]);
        assert_eq!(ran.code, 1);
        assert!(ran.stderr.contains("1 conflict prevents checkout; class=Checkout (20); code=Conflict (-13)"));
        assert_eq!(repository.tip("task-a"), tip);
        assert_eq!(repository.read("a.txt").unwrap(), b"A\nwritten meanwhile\n");
    });
    on_each_standin(|repository| {
        repository.fault("conflict-markers");
        let commit = repository.commit("task-a", "A's", &["a.txt"]);
        assert_eq!(repository.tip("task-a"), commit);
        assert_eq!(repository.status()["conflictedFiles"], serde_json::json!(["a.txt"]));
        let text = String::from_utf8(repository.read("a.txt").unwrap()).unwrap();
        assert!(text.contains("<<<<<<< ours\n"), "{text}");
    });
}

#[test]
fn stack_fault_one_of_two_files_written_during_their_commit() {
    on_each_standin(|repository| {
        repository.write("b.txt", "B\n");
        repository.fault("written-meanwhile");
        let ran = repository.try_commit("task-a", "both", &["a.txt", "b.txt"]);
        let old = repository.program.grammar == Grammar::Old;
        assert_eq!(ran.code == 0, old);
        let (committed, dirty): (&[&str], &[&str]) =
            if old { (&["b.txt"], &["a.txt"]) } else { (&[], &["a.txt", "b.txt"]) };
        assert_eq!(repository.changed_on("task-a"), committed);
        assert_eq!(repository.dirty(), dirty);
    });
}

#[test]
fn stack_invocations_are_logged() {
    on_each_standin(|repository| {
        repository.commit("task-a", "two\nlines", &["a.txt"]);
        let last = repository.invocations().pop().unwrap();
        assert_eq!(last[0], "commit");
        assert!(last.contains(&"two\nlines".to_owned()));
    });
}

#[test]
fn stack_fault_torn_between_a_branch_and_the_workspace() {
    on_each_standin(|repository| {
        repository.fault("die-torn");
        assert_eq!(repository.try_commit("task-a", "A's", &["a.txt"]).code, -1);
        assert_eq!(repository.changed_on("task-a"), ["a.txt"]);
        assert_eq!(repository.dirty(), ["a.txt"]);
        assert_eq!(repository.read("a.txt").unwrap(), b"A\n");
    });
}

#[test]
fn stack_fault_a_pause_in_which_the_file_is_written() {
    on_each_standin(|repository| {
        repository.fault("pause");
        std::thread::scope(|scope| {
            let commit = scope.spawn(|| repository.try_commit("task-a", "A's", &["a.txt"]));
            repository.wait_until_paused();
            repository.write("a.txt", "A and more\n");
            repository.go_on();
            check_written(repository, &commit.join().unwrap());
        });
        assert_eq!(repository.read("a.txt").unwrap(), b"A and more\n");
        repository.commit("task-a", "A's", &["a.txt"]);
        assert_eq!(repository.file_on("task-a", "a.txt").unwrap(), b"A and more\n");
    });
}
