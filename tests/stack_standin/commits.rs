//! Committing files and hunks.

use crate::each::{Outcome, on_each, on_each_of};
use chorus_testkit::but::Grammar;
use chorus_testkit::sandbox::script;

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
fn stack_nothing_to_commit_is_an_empty_commit_or_a_refusal() {
    on_each(|repository| {
        repository.new_branch("task-a");
        let tip = repository.tip("task-a");
        let ran = repository.try_commit("task-a", "nothing", &[]);
        match repository.program.grammar {
            Grammar::New => {
                assert_eq!(ran.code, 0);
                assert_ne!(repository.tip("task-a"), tip);
                assert!(repository.changed_on("task-a").is_empty());
            }
            Grammar::Old => Outcome::Refused(1, "Error: No changes to commit.").check("nothing", &ran),
        }
    });
}

#[test]
fn stack_without_a_branch_the_only_stack_is_meant() {
    on_each(|repository| {
        repository.new_branch("task-a");
        repository.write("a.txt", "A\n");
        repository.json(["commit", "-m", "whose"]);
        assert_eq!(repository.changed_on("task-a"), ["a.txt"]);
        repository.new_branch("task-b");
        repository.write("b.txt", "B\n");
        let words = match repository.program.grammar {
            Grammar::New => "Unclear where to commit. Found more than one stack",
            Grammar::Old => "Multiple branches found. Specify a branch to commit to",
        };
        Outcome::Refused(1, words).check("whose", &repository.but(["commit", "-m", "whose", "--json"]));
    });
}

#[test]
fn stack_an_answer_names_a_branch_that_was_made() {
    on_each(|repository| {
        repository.write("a.txt", "A\n");
        let ran = repository.try_commit("task-a", "first", &["a.txt"]);
        let answer: serde_json::Value = serde_json::from_str(&ran.stdout).unwrap();
        assert_eq!(answer["branch"], "task-a");
        repository.write("b.txt", "B\n");
        let ran = repository.try_commit("task-a", "second", &["b.txt"]);
        let answer: serde_json::Value = serde_json::from_str(&ran.stdout).unwrap();
        match repository.program.grammar {
            Grammar::New => {
                assert!(answer.get("branch").is_none());
                assert_eq!(answer["changeId"].as_str().unwrap().len(), 32);
            }
            Grammar::Old => assert_eq!(answer["branch_tip"], answer["commit_id"]),
        }
        assert!(repository.git(["cat-file", "commit", "task-a"]).contains("\nchange-id "));
    });
}

#[test]
fn stack_messages_arrive_as_they_are() {
    on_each(|repository| {
        repository.new_branch("task-a");
        let long: String = (0..2000).map(|line| format!("line {line} 'of' \"many\" $ünd `so on`\n")).collect();
        for message in ["subject\n\nbody line 1\nbody line 2", "-", long.as_str()] {
            repository.write("a.txt", message);
            repository.commit("task-a", message, &["a.txt"]);
            let raw = repository.git(["cat-file", "commit", "task-a"]);
            assert!(raw.ends_with(message.trim_end()), "{message:.40}");
        }
    });
    on_each(|repository| {
        repository.new_branch("task-a");
        repository.write("a.txt", "A\n");
        let refused = repository.try_commit("task-a", "--like an option", &["a.txt"]);
        assert_eq!(refused.code, 2, "{}", refused.stderr);
        let branch = if repository.program.grammar == Grammar::New { "--branch=task-a" } else { "task-a" };
        repository.json(["commit", branch, "--message=--like an option"]);
        assert_eq!(repository.git(["log", "-1", "--format=%s", "task-a"]), "--like an option");
    });
    on_each_of(Grammar::New, |repository| {
        repository.write("a.txt", "A\n");
        repository.json(["commit", "-b", "task-a", "-m", "subject", "-m", "body"]);
        assert_eq!(repository.git(["log", "-1", "--format=%B", "task-a"]), "subject\n\nbody");
        repository.write("a.txt", "B\n");
        assert_eq!(repository.but(["commit", "-b", "task-a", "--json", "a.txt"]).code, 1, "there is no editor");
        assert_eq!(repository.dirty(), ["a.txt"]);
    });
    on_each_of(Grammar::Old, |repository| {
        repository.write("a.txt", "A\n");
        repository.new_branch("task-a");
        let twice = repository.but(["commit", "task-a", "-m", "subject", "-m", "body", "--json"]);
        Outcome::Refused(2, "cannot be used multiple times").check("two messages", &twice);
        let file = repository.root().join("message");
        std::fs::write(&file, "from a file\n\nbody\n").unwrap();
        repository.json(["commit", "task-a", "--message-file", file.to_str().unwrap()]);
        assert_eq!(repository.git(["log", "-1", "--format=%B", "task-a"]), "from a file\n\nbody");
    });
}

#[test]
fn stack_only_the_old_program_runs_the_hooks_of_git() {
    on_each(|repository| {
        repository.new_branch("task-a");
        repository.write("a.txt", "A\n");
        let hook = repository.path().join(".git/hooks/pre-commit-user");
        script(&hook, "#!/bin/sh\necho no\nexit 1\n");
        let ran = repository.try_commit("task-a", "A's", &["a.txt"]);
        match repository.program.grammar {
            Grammar::New => Outcome::Done.check("hooks", &ran),
            Grammar::Old => {
                Outcome::Refused(1, "pre-commit hook failed:\n").check("hooks", &ran);
                assert_eq!(repository.dirty(), ["a.txt"]);
                repository.json(["commit", "task-a", "-m", "A's", "--no-hooks"]);
            }
        }
        assert_eq!(repository.changed_on("task-a"), ["a.txt"]);
    });
}

#[test]
fn stack_without_an_identity_nothing_is_committed() {
    on_each(|repository| {
        repository.new_branch("task-a");
        repository.git(["config", "--unset", "user.name"]);
        repository.git(["config", "--unset", "user.email"]);
        repository.write("a.txt", "A\n");
        Outcome::Refused(1, "AuthorMissing").check("nobody", &repository.try_commit("task-a", "A's", &["a.txt"]));
        assert_eq!(repository.dirty(), ["a.txt"]);
    });
}

#[test]
fn stack_a_staged_file_goes_to_its_own_branch_only() {
    on_each_of(Grammar::Old, |repository| {
        repository.new_branch("task-a");
        repository.new_branch("task-b");
        repository.write("a.txt", "A\n");
        repository.write("b.txt", "B\n");
        repository.json(["stage", "a.txt", "task-a"]);
        let status = repository.status();
        assert_eq!(status["stacks"][0]["assignedChanges"][0]["filePath"], "a.txt");
        assert_eq!(status["unassignedChanges"].as_array().unwrap().len(), 1);
        let by_path = repository.try_commit("task-a", "A's", &["a.txt"]);
        Outcome::Refused(1, "'a.txt' not found").check("by path", &by_path);
        repository.commit("task-b", "the rest", &[]);
        assert_eq!(repository.changed_on("task-b"), ["b.txt"]);
        repository.json(["commit", "task-a", "--only", "-m", "staged"]);
        assert_eq!(repository.changed_on("task-a"), ["a.txt"]);
    });
}

#[test]
fn stack_sixty_paths_go_in_one_command() {
    on_each(|repository| {
        repository.new_branch("task-a");
        let paths: Vec<String> = (0..60).map(|number| format!("many/f{number}.txt")).collect();
        paths.iter().for_each(|path| repository.write(path, path));
        let words: Vec<&str> = paths.iter().map(String::as_str).collect();
        repository.commit("task-a", "many", &words);
        assert_eq!(repository.changed_on("task-a").len(), 60);
        assert!(repository.dirty().is_empty());
    });
}

#[test]
fn stack_hunks_keep_every_byte() {
    on_each(|repository| {
        let text = |changed: &str, end: &str| {
            let lines = (1..=40).map(|line| if line == 3 { changed.to_owned() } else { format!("line {line}") });
            lines.collect::<Vec<_>>().join("\r\n") + end
        };
        repository.write("ends.txt", text("line 3", ""));
        repository.commit("task-a", "base", &["ends.txt"]);
        repository.write("ends.txt", text("changed", " and more, still without a newline"));
        let hunks = repository.hunks("ends.txt");
        assert_eq!(hunks.len(), 2);
        repository.commit("task-a", "the end", &[&hunks[1]]);
        let expected = text("line 3", " and more, still without a newline");
        assert_eq!(repository.file_on("task-a", "ends.txt").unwrap(), expected.as_bytes());
        repository.commit("task-a", "the rest", &["ends.txt"]);
        assert_eq!(repository.file_on("task-a", "ends.txt"), repository.read("ends.txt"));
        assert!(repository.dirty().is_empty());
    });
}

#[test]
fn stack_a_file_that_became_a_link_is_one_change() {
    on_each(|repository| {
        std::fs::remove_file(repository.path().join("a.txt")).unwrap();
        std::os::unix::fs::symlink("b.txt", repository.path().join("a.txt")).unwrap();
        assert_eq!(repository.hunks("a.txt").len(), 1);
        repository.commit("task-a", "a link", &["a.txt"]);
        assert!(repository.git(["ls-tree", "task-a", "a.txt"]).starts_with("120000 "));
        assert!(repository.dirty().is_empty());
    });
}

#[test]
fn stack_a_folder_in_a_file_s_place_is_refused_and_lost_by_the_old_program() {
    on_each(|repository| {
        repository.new_branch("task-a");
        std::fs::remove_file(repository.path().join("a.txt")).unwrap();
        repository.write("a.txt/inside.txt", "inside\n");
        let ran = repository.try_commit("task-a", "a folder", &[]);
        assert!(repository.changed_on("task-a").is_empty());
        match repository.program.grammar {
            Grammar::New => {
                Outcome::Refused(1, "  a.txt\n    the file went missing while committing").check("folder", &ran);
                assert_eq!(repository.read("a.txt/inside.txt").unwrap(), b"inside\n");
            }
            Grammar::Old => {
                Outcome::Refused(1, "null OID cannot exist").check("folder", &ran);
                assert!(repository.read("a.txt/inside.txt").is_none());
            }
        }
    });
}
