//! Names of branches: new ones, taken ones, bad ones; deleting and listing.

use crate::each::{Outcome, on_each, on_each_of};
use Outcome::{Done, Refused};
use chorus_testkit::but::Grammar;

/// A name; what the new and what the old program make of it; the branch that the old one makes.
type Row = (&'static str, Outcome, Outcome, &'static str);
const NAMES: &[Row] = &[
    ("chorus/fix-login_1", Done, Done, "chorus/fix-login_1"),
    ("Täsk-Ü", Done, Done, "Täsk-Ü"),
    ("a b", Refused(1, "Invalid branch name\n\nHint: Try 'a-b' instead"), Done, "a-b"),
    ("a..b", Refused(1, "Hint: Try 'a.b' instead"), Done, "a.b"),
    ("a.lock", Refused(1, "Hint: Try 'a' instead"), Done, "a"),
    ("taken", Refused(1, "A branch named 'taken' is already applied"), Done, "taken"),
    ("main", Refused(1, "A branch named 'main' exists but is not applied"), Done, "main"),
    (
        "taken/sub",
        Refused(1, "Branch name 'taken/sub' collides with existing branch 'taken'"),
        Refused(1, "could not be read in full"),
        "",
    ),
    (
        "folder",
        Refused(1, "The reflog could not be created or updated"),
        Refused(1, "The reflog could not be created or updated"),
        "",
    ),
];

#[test]
fn stack_names_are_taken_as_recorded() {
    on_each(|repository| {
        repository.new_branch("taken");
        repository.new_branch("folder/x");
        for (name, new, old, made) in NAMES {
            let ran = repository.but(["branch", "new", name, "--json"]);
            let is_new = repository.program.grammar == Grammar::New;
            let expected = if is_new { new } else { old };
            expected.check(name, &ran);
            if expected.is_done() {
                let answer: serde_json::Value = serde_json::from_str(&ran.stdout).unwrap();
                assert_eq!(answer["branch"], *name);
                let made = if is_new { name } else { made };
                assert!(repository.branches().iter().any(|branch| branch == made), "{made}");
                assert_eq!(repository.tip(made), repository.tip("main"));
            }
        }
    });
}

#[test]
fn stack_a_branch_can_be_made_on_top_of_another() {
    on_each(|repository| {
        repository.write("a.txt", "a\n");
        let below = repository.commit("task-a", "A's", &["a.txt"]);
        let option = if repository.program.grammar == Grammar::New { "--above" } else { "--anchor" };
        repository.json(["branch", "new", "task-b", option, "task-a"]);
        assert_eq!(repository.stacks(), [["task-b", "task-a"]]);
        assert_eq!(repository.tip("task-b"), below);
        repository.write("a.txt", "b\n");
        repository.commit("task-b", "B's", &["a.txt"]);
        assert_eq!(repository.file_on("task-a", "a.txt").unwrap(), b"a\n");
        assert_eq!(repository.file_on("task-b", "a.txt").unwrap(), b"b\n");
        // A commit to the lower one carries the upper one along.
        repository.write("c.txt", "c\n");
        repository.commit("task-a", "A's too", &["c.txt"]);
        assert_eq!(repository.git(["log", "--format=%s", "task-b"]), "B's\nA's too\nA's\ninitial");
        let unknown = repository.but(["branch", "new", "task-c", option, "nope", "--json"]);
        let words = if option == "--above" { "Could not find target: 'nope'" } else { "Could not find anchor: nope" };
        Refused(1, words).check("above nope", &unknown);
    });
}

#[test]
fn stack_new_branches_come_first_or_last() {
    on_each(|repository| {
        ["task-a", "task-b", "task-c"].iter().for_each(|name| repository.new_branch(name));
        let mut expected = ["task-a", "task-b", "task-c"];
        if repository.program.grammar == Grammar::New {
            expected.reverse();
        }
        assert_eq!(repository.branches(), expected);
    });
}

#[test]
fn stack_a_list_has_lasting_ids_and_hides_empty_branches() {
    on_each(|repository| {
        repository.new_branch("empty");
        repository.git(["branch", "beside", "main"]);
        repository.write("a.txt", "a\n");
        repository.commit("task-a", "A's", &["a.txt"]);
        let list = repository.json(["branch", "list"]);
        let stacks = list["appliedStacks"].as_array().unwrap();
        assert_eq!(stacks.len(), 1);
        assert_eq!(stacks[0]["heads"][0]["name"], "task-a");
        assert_eq!(stacks[0]["heads"][0]["lastAuthor"]["name"], "A Tester");
        let id = &stacks[0]["id"];
        repository.write("b.txt", "b\n");
        repository.commit("task-a", "A's too", &["b.txt"]);
        let list = repository.json(["branch", "list", "--empty"]);
        let stacks = list["appliedStacks"].as_array().unwrap();
        assert_eq!(stacks.len(), 2);
        assert!(stacks.iter().any(|stack| stack["id"] == *id));
        assert!(list["branches"].as_array().unwrap().iter().any(|branch| branch["name"] == "beside"));
    });
}

#[test]
fn stack_a_deleted_branch_takes_its_files_with_it() {
    on_each_of(Grammar::New, |repository| {
        repository.write("a.txt", "a\n");
        repository.commit("task-a", "A's", &["a.txt"]);
        repository.write("b.txt", "dirty\n");
        let answer = repository.json(["branch", "delete", "task-a"]);
        assert_eq!(answer, serde_json::json!({ "type": "branches", "branches": ["task-a"] }));
        assert!(repository.branches().is_empty());
        assert_ne!(repository.read("a.txt").unwrap(), b"a\n");
        assert_eq!(repository.dirty(), ["b.txt"]);
        assert!(!repository.git(["for-each-ref"]).contains("task-a"));
        Refused(1, "Could not find branch: 'task-a'")
            .check("again", &repository.but(["branch", "delete", "task-a", "--json"]));
    });
    on_each_of(Grammar::Old, |repository| {
        repository.write("a.txt", "a\n");
        repository.commit("task-a", "A's", &["a.txt"]);
        repository.new_branch("empty");
        let refused = repository.but(["branch", "delete", "task-a", "--json"]);
        Refused(1, "Refusing to delete last named segment 'task-a'").check("with commits", &refused);
        Done.check("empty", &repository.but(["branch", "delete", "empty", "--json"]));
        Done.check("unknown", &repository.but(["branch", "delete", "nope", "--json"]));
        assert_eq!(repository.branches(), ["task-a"]);
    });
}
