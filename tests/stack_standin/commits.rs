//! Committing files and hunks.

use crate::each::on_each;
use chorus_testkit::but::Grammar;

#[test]
fn stack_each_branch_gets_its_own_files_and_the_working_tree_stays() {
    on_each(|repository| {
        repository.new_branch("task-a");
        repository.new_branch("task-b");
        repository.change_line("a.txt", 3, "by a");
        repository.change_line("b.txt", 3, "by b");
        repository.write("src/new.rs", "new\n");
        let before = ["a.txt", "b.txt", "src/new.rs"].map(|path| repository.read(path));
        let commit = repository.commit("task-a", "A's", &["a.txt", "src/new.rs"]);
        assert_eq!(repository.tip("task-a"), commit);
        assert_eq!(repository.dirty(), ["b.txt"]);
        repository.commit("task-b", "B's", &["b.txt"]);
        assert!(repository.dirty().is_empty());
        assert_eq!(repository.changed_on("task-a"), ["a.txt", "src/new.rs"]);
        assert_eq!(repository.changed_on("task-b"), ["b.txt"]);
        assert_eq!(["a.txt", "b.txt", "src/new.rs"].map(|path| repository.read(path)), before);
        assert_eq!(repository.git(["log", "-1", "--format=%s", "task-a"]), "A's");
        assert_eq!(repository.git(["status", "--short"]), "");
    });
}

#[test]
fn stack_two_branches_share_a_file_by_hunks() {
    on_each(|repository| {
        repository.new_branch("task-a");
        repository.new_branch("task-b");
        repository.change_line("a.txt", 3, "by a");
        repository.change_line("a.txt", 30, "by b");
        let hunks = repository.hunks("a.txt");
        assert_eq!(hunks.len(), 2);
        repository.commit("task-a", "A's", &[&hunks[0]]);
        assert_eq!(repository.dirty(), ["a.txt"]);
        let hunks = repository.hunks("a.txt");
        repository.commit("task-b", "B's", &[&hunks[0]]);
        assert!(repository.dirty().is_empty());
        let text = |branch: &str| String::from_utf8(repository.file_on(branch, "a.txt").unwrap()).unwrap();
        assert!(text("task-a").contains("by a") && !text("task-a").contains("by b"));
        assert!(text("task-b").contains("by b") && !text("task-b").contains("by a"));
    });
}

#[test]
fn stack_a_line_of_another_branch_is_refused_or_left_out() {
    on_each(|repository| {
        repository.new_branch("task-a");
        repository.new_branch("task-b");
        repository.change_line("a.txt", 3, "by a");
        repository.commit("task-a", "A's", &["a.txt"]);
        repository.change_line("a.txt", 3, "by a, then b");
        repository.write("free.txt", "free\n");
        let tip = repository.tip("task-b");
        let ran = repository.try_commit("task-b", "B's", &["a.txt"]);
        match repository.program.grammar {
            Grammar::New => {
                assert_eq!((ran.code, ran.stdout.as_str()), (1, ""));
                assert!(
                    ran.stderr.starts_with(
                        "Error: Cannot commit: 1 change could not be applied:\n  a.txt\n    line 3 depends on task-a ("
                    ),
                    "{}",
                    ran.stderr
                );
                assert!(ran.stderr.trim_end().ends_with("\n  but move task-b --above task-a"), "{}", ran.stderr);
                assert_eq!(repository.tip("task-b"), tip);
            }
            Grammar::Old => {
                assert_eq!(ran.code, 0, "{}", ran.stderr);
                assert!(repository.changed_on("task-b").is_empty());
                assert_ne!(repository.tip("task-b"), tip);
            }
        }
        assert_eq!(repository.dirty(), ["a.txt", "free.txt"]);
    });
}
