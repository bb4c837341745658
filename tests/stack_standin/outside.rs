//! References that somebody else moves, several commands at once.

use crate::each::{Outcome, on_each};
use chorus_testkit::but::{Grammar, Repository};
use std::io::Write;

fn move_reference(repository: &Repository, branch: &str) -> String {
    let tree = format!("{branch}^{{tree}}");
    let commit = repository.git(["commit-tree", &tree, "-p", branch, "-m", "from outside"]);
    repository.git(["update-ref", &format!("refs/heads/{branch}"), &commit]);
    commit
}

#[test]
fn stack_a_moved_reference_swallows_a_commit_or_refuses_it() {
    on_each(|repository| {
        repository.write("a.txt", "A\n");
        let tip = repository.commit("task-a", "A's", &["a.txt"]);
        let moved = move_reference(repository, "task-a");
        let status = repository.status();
        assert_eq!(status["stacks"][0]["branches"][0]["commits"][0]["commitId"], tip, "the old tip is shown");
        repository.write("q.txt", "q\n");
        let ran = repository.try_commit("task-a", "lost", &["q.txt"]);
        assert_eq!(repository.tip("task-a"), moved);
        match repository.program.grammar {
            Grammar::New => {
                assert_eq!(ran.code, 0, "{}", ran.stderr);
                let answer: serde_json::Value = serde_json::from_str(&ran.stdout).unwrap();
                let commit = answer["commitId"].as_str().unwrap();
                assert!(repository.read("q.txt").is_none(), "the file is gone");
                assert_eq!(repository.git(["show", &format!("{commit}:q.txt")]), "q", "but in the commit");
                assert!(repository.dirty().is_empty());
                // Unapplied and applied the reference is read again, and the commit can be picked.
                repository.json(["unapply", "task-a"]);
                repository.json(["apply", "task-a"]);
                let picked = repository.json(["pick", commit, "--branch", "task-a"]);
                assert_eq!(picked["commits"][0]["sourceCommitId"], commit);
                assert_eq!(repository.read("q.txt").unwrap(), b"q\n");
                assert_eq!(repository.git(["log", "--format=%s", "task-a"]), "lost\nfrom outside\nA's\ninitial");
            }
            Grammar::Old => {
                let words = "Failed to find reference refs/heads/task-a in rebase editor";
                Outcome::Refused(1, words).check("commit", &ran);
                assert_eq!(repository.dirty(), ["q.txt"]);
            }
        }
    });
}

#[test]
fn stack_a_deleted_reference_hides_the_branch() {
    on_each(|repository| {
        repository.write("a.txt", "A\n");
        repository.commit("task-a", "A's", &["a.txt"]);
        repository.git(["update-ref", "-d", "refs/heads/task-a"]);
        assert!(repository.branches().is_empty());
        assert!(repository.dirty().is_empty());
        assert_eq!(repository.read("a.txt").unwrap(), b"A\n");
    });
}

#[test]
fn stack_several_commits_at_once_to_branches_that_are_there_all_arrive() {
    on_each(|repository| {
        let names = ["task-a", "task-b", "task-c", "task-d"];
        for name in names {
            repository.new_branch(name);
            repository.write(&format!("{name}.txt"), name);
        }
        std::thread::scope(|scope| {
            for name in names {
                scope.spawn(move || repository.commit(name, name, &[&format!("{name}.txt")]));
            }
        });
        assert!(repository.dirty().is_empty());
        for name in names {
            assert_eq!(repository.changed_on(name), [format!("{name}.txt")]);
            assert_eq!(repository.read(&format!("{name}.txt")).unwrap(), name.as_bytes());
        }
    });
}

#[test]
fn stack_several_branches_made_at_once_are_all_there() {
    on_each(|repository| {
        std::thread::scope(|scope| {
            for name in ["n1", "n2", "n3", "n4"] {
                scope.spawn(move || repository.new_branch(name));
            }
        });
        let mut branches = repository.branches();
        branches.sort();
        assert_eq!(branches, ["n1", "n2", "n3", "n4"]);
    });
}

#[test]
fn stack_a_lock_held_elsewhere_is_waited_for() {
    on_each(|repository| {
        let lock = std::fs::File::options()
            .create(true)
            .append(true)
            .open(repository.path().join(".git/gitbutler/gitbutler.write-lock"))
            .unwrap();
        lock.lock().unwrap();
        std::thread::scope(|scope| {
            let commit = scope.spawn(|| {
                repository.write("a.txt", "A\n");
                repository.commit("task-a", "A's", &["a.txt"])
            });
            // It cannot have ended: the commit needs the lock.
            std::thread::sleep(std::time::Duration::from_millis(200));
            assert!(!commit.is_finished());
            drop(lock);
            commit.join().unwrap();
        });
        assert_eq!(repository.branches(), ["task-a"]);
    });
}

#[test]
fn stack_a_file_written_all_the_time_loses_nothing_by_its_commits() {
    on_each(|repository| {
        repository.new_branch("task-a");
        repository.write("busy.txt", "0\n");
        repository.commit("task-a", "busy", &["busy.txt"]);
        let done = std::sync::atomic::AtomicBool::new(false);
        let written = std::thread::scope(|scope| {
            let writer = scope.spawn(|| {
                let mut text = String::from("0\n");
                let mut file = std::fs::File::options().append(true).open(repository.path().join("busy.txt")).unwrap();
                while !done.load(std::sync::atomic::Ordering::Relaxed) {
                    let line = format!("{}\n", text.len());
                    file.write_all(line.as_bytes()).unwrap();
                    text.push_str(&line);
                    std::thread::sleep(std::time::Duration::from_millis(1));
                }
                text
            });
            for number in 0..3 {
                // It may be refused, or leave the file out; what is written stays in either case.
                let ran = repository.try_commit("task-a", &format!("commit {number}"), &["busy.txt"]);
                assert!(ran.code == 0 || ran.stderr.starts_with("Error: "), "{}", ran.stderr);
            }
            done.store(true, std::sync::atomic::Ordering::Relaxed);
            writer.join().unwrap()
        });
        assert_eq!(String::from_utf8(repository.read("busy.txt").unwrap()).unwrap(), written);
        let committed = repository.file_on("task-a", "busy.txt").unwrap();
        assert!(written.as_bytes().starts_with(&committed), "what is committed was there at some time");
    });
}
