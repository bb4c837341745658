//! What is asked before anything is done: version, help, commands that there are none of, where it can work.

use crate::each::{Outcome, on_each, on_each_program};
use chorus_testkit::but::{Grammar, Repository};

#[test]
fn stack_a_grammar_is_known_by_its_help() {
    on_each(|repository| {
        let help = |words: &[&str]| repository.but(words);
        assert!(help(&["--version"]).stdout.starts_with("but "));
        assert!(help(&["--version", "--json"]).stdout.starts_with("but "));
        let commit = help(&["commit", "--help"]);
        assert_eq!(commit.code, 0);
        let claude = help(&["claude", "--help"]);
        match repository.program.grammar {
            Grammar::New => {
                assert!(commit.stdout.contains("--branch") && !commit.stdout.contains("--changes"));
                assert_eq!(claude.code, 2);
            }
            Grammar::Old => {
                assert!(commit.stdout.contains("--changes") && !commit.stdout.contains("--branch"));
                assert_eq!(claude.code, 0);
                assert!(claude.stdout.contains("pre-tool"));
            }
        }
    });
}

/// Command line, what the new and what the old program make of it.
const UNKNOWN: &[(&[&str], Outcome, Outcome)] = &[
    (
        &["nosuch"],
        Outcome::Refused(2, "unrecognized subcommand 'nosuch'"),
        Outcome::Refused(1, "\"but nosuch\" is not a command"),
    ),
    (&["nosuch", "--help"], Outcome::Refused(2, "unrecognized subcommand"), Outcome::Done),
    (&["commit", "-b", "x", "-m", "m", "a.txt"], Outcome::Done, Outcome::Refused(2, "unexpected argument '-b' found")),
    (
        &["commit", "--no-hooks", "-m", "m"],
        Outcome::Refused(2, "unexpected argument '--no-hooks' found"),
        Outcome::Done,
    ),
    (&["stage", "a.txt", "task-a"], Outcome::Refused(2, "unrecognized subcommand 'stage'"), Outcome::Done),
    (
        &["move", "task-a", "--above", "x"],
        Outcome::Refused(1, "Could not find anchor: 'x'"),
        Outcome::Refused(2, "unexpected argument '--above' found"),
    ),
];

#[test]
fn stack_what_is_not_known_is_refused() {
    for (words, new, old) in UNKNOWN {
        on_each(|repository| {
            repository.new_branch("task-a");
            repository.write("a.txt", "dirty\n");
            let ran = repository.but(words.iter().chain(&["--json"]));
            let expected = if repository.program.grammar == Grammar::New { new } else { old };
            expected.check(&words.join(" "), &ran);
        });
    }
}

#[test]
fn stack_setup_is_required_where_it_was_not_done_and_where_it_was_left() {
    on_each_program(|program| {
        let required = |repository: &Repository, words: &[&str], message: &str| {
            let ran = repository.but(words);
            assert_eq!(ran.code, 1, "{words:?}");
            let answer: serde_json::Value = serde_json::from_str(&ran.stdout).unwrap();
            assert_eq!(answer["error"], "setup_required", "{words:?}");
            assert_eq!(answer["message"], message, "{words:?}");
            assert_eq!(answer["hint"], "run `but setup` to configure the project", "{words:?}");
            assert!(ran.stderr.starts_with("Error: Setup required: "), "{}", ran.stderr);
        };
        let repository = Repository::bare(program);
        let commands: [&[&str]; 4] = [
            &["status", "--json"],
            &["branch", "list", "--json"],
            &["branch", "new", "x", "--json"],
            &["oplog", "--json"],
        ];
        commands.iter().for_each(|words| required(&repository, words, "No GitButler project found at ."));
        repository.json(["setup"]);
        repository.git(["checkout", "--quiet", "main"]);
        commands.iter().for_each(|words| required(&repository, words, "Not currently on a gitbutler/* branch."));
        repository.git(["checkout", "--quiet", "gitbutler/workspace"]);
        assert_eq!(repository.but(["status", "--json"]).code, 0);
        let tree = repository.root().join("tree").to_string_lossy().into_owned();
        repository.git(["worktree", "add", "--quiet", "-b", "beside", &tree, "main"]);
        let message = format!("No GitButler project found at {tree}");
        required(&repository, &["-C", &tree, "status", "--json"], &message);
        let ran = repository.but(["-C", &tree, "setup", "--json"]);
        Outcome::Refused(1, "is a non-main worktree. GitButler requires the main worktree.").check("setup", &ran);
        assert_eq!(repository.but(["status", "--json"]).code, 0, "the project stays as it is");
    });
}

#[test]
fn stack_without_a_repository_there_is_a_plain_text() {
    on_each_program(|program| {
        let repository = Repository::bare(program);
        let nowhere = repository.root().join("home").to_string_lossy().into_owned();
        let ran = repository.but(["-C", &nowhere, "status", "--json"]);
        Outcome::Refused(1, "No git repository found at").check("status", &ran);
        let bare = repository.root().join("bare.git").to_string_lossy().into_owned();
        repository.git(["init", "--quiet", "--bare", &bare]);
        let ran = repository.but(["-C", &bare, "status", "--json"]);
        Outcome::Refused(1, "Bare repositories are not supported.").check("status", &ran);
        repository.git(["checkout", "--quiet", "--detach"]);
        Outcome::Refused(1, "Failed to get HEAD reference name").check("setup", &repository.but(["setup", "--json"]));
    });
}

#[test]
fn stack_a_commit_on_the_workspace_stops_every_command() {
    on_each(|repository| {
        repository.write("a.txt", "dirty\n");
        let blocked = repository.command("git").args(["commit", "--quiet", "--all", "--message", "direct"]).output();
        assert!(!blocked.unwrap().status.success(), "the hook refuses");
        repository.git(["commit", "--quiet", "--no-verify", "--all", "--message", "direct"]);
        let expected =
            Outcome::Refused(1, "GitButler mode exit required: please run `but teardown` to preserve your work.");
        for words in [&["status", "--json"][..], &["diff", "--json"], &["branch", "new", "x", "--json"]] {
            expected.check(&words.join(" "), &repository.but(words));
        }
        repository.git(["reset", "--quiet", "--soft", "HEAD~1"]);
        repository.git(["reset", "--quiet"]);
        assert_eq!(repository.dirty(), ["a.txt"]);
    });
}

#[test]
fn stack_teardown_leaves_and_setup_brings_back() {
    on_each(|repository| {
        Outcome::Refused(1, "Failed to determine checkout target branch")
            .check("teardown", &repository.but(["teardown", "--json"]));
        repository.write("b.txt", "committed\n");
        repository.commit("task-b", "B's", &["b.txt"]);
        repository.write("a.txt", "dirty\n");
        assert_eq!(repository.json(["teardown"])["checkedOutBranch"], "task-b");
        assert_eq!(repository.git(["symbolic-ref", "HEAD"]), "refs/heads/task-b");
        assert_eq!(repository.read("a.txt").unwrap(), b"dirty\n");
        assert_eq!(repository.but(["status", "--json"]).code, 1);
        assert_eq!(repository.json(["setup"])["target"]["newlySet"], false);
        assert_eq!(repository.branches(), ["task-b"]);
        assert_eq!(repository.dirty(), ["a.txt"]);
    });
}
