//! Which words name an uncommitted change.

use crate::each::{Outcome, on_each, on_each_of};
use Outcome::{Done, Refused};
use chorus_testkit::but::{Grammar, Repository};

const UNKNOWN: Outcome = Refused(1, "Could not find uncommitted change: '");
const INVALID: Outcome = Refused(1, "Invalid file ID(s):\n  '");

/// Words after the message; what the new and what the old program make of them; what is committed then.
type Row = (&'static [&'static str], Outcome, Outcome, &'static [&'static str]);
const WORDS: &[Row] = &[
    (&["sp ace.txt"], Done, Done, &["sp ace.txt"]),
    (&["ü ñ.txt"], Done, Done, &["ü ñ.txt"]),
    (&["qu\"ote.txt"], Done, Done, &["qu\"ote.txt"]),
    (&["co:lon.txt"], UNKNOWN, INVALID, &[]),
    (&["com,ma.txt"], Done, Refused(1, "'com' not found"), &["com,ma.txt"]),
    (&["one/x.txt"], Done, Done, &["one/x.txt"]),
    (&["deep/"], Done, Refused(1, "'deep/' is a path prefix"), &["deep/er/y.txt", "deep/x.txt"]),
    (&["deep"], UNKNOWN, INVALID, &[]),
    (&["./good.txt"], UNKNOWN, INVALID, &[]),
    (&["ignored.log"], UNKNOWN, INVALID, &[]),
    (&["README.md"], UNKNOWN, INVALID, &[]),
    (
        &["good.txt", "nope.txt"],
        Refused(1, "Could not find uncommitted change: 'nope.txt'"),
        Refused(1, "'nope.txt' not found"),
        &[],
    ),
    (&["good.txt", "good.txt"], Done, Refused(1, "duplicate inputs"), &["good.txt"]),
    (&["bin.dat", "link", "a.txt"], Done, Done, &["a.txt", "bin.dat", "link"]),
    (&["b.txt"], Done, Done, &["b.txt"]),
];

fn filled(repository: &Repository) {
    repository.new_branch("task-a");
    for path in
        ["sp ace.txt", "ü ñ.txt", "qu\"ote.txt", "co:lon.txt", "com,ma.txt", "one/x.txt", "deep/x.txt", "deep/er/y.txt"]
    {
        repository.write(path, format!("{path}\n"));
    }
    repository.write("good.txt", "good\n");
    repository.write(".gitignore", "*.log\n");
    repository.write("ignored.log", "ignored\n");
    repository.write("bin.dat", b"\0\x01\xff");
    std::os::unix::fs::symlink("a.txt", repository.path().join("link")).unwrap();
    use std::os::unix::fs::PermissionsExt;
    let mode = std::fs::Permissions::from_mode(0o755);
    std::fs::set_permissions(repository.path().join("a.txt"), mode).unwrap();
    std::fs::remove_file(repository.path().join("b.txt")).unwrap();
}

#[test]
fn stack_paths_are_taken_as_recorded() {
    on_each(|repository| {
        filled(repository);
        let mut dirty = repository.dirty();
        for (words, new, old, committed) in WORDS {
            let tip = repository.tip("task-a");
            let expected = if repository.program.grammar == Grammar::New { *new } else { *old };
            expected.check(&words.join(" "), &repository.try_commit("task-a", "some", words));
            let committed: &[&str] = if expected.is_done() { committed } else { &[] };
            let listed = repository.git(["diff", "--name-only", "-z", "--no-renames", &tip, "task-a"]);
            let listed: Vec<&str> = listed.split('\0').filter(|path| !path.is_empty()).collect();
            assert_eq!(listed, committed, "{words:?}");
            dirty.retain(|path| !committed.contains(&path.as_str()));
            assert_eq!(repository.dirty(), dirty, "{words:?}");
        }
    });
}

#[test]
fn stack_a_colon_is_no_matter_by_id() {
    on_each(|repository| {
        filled(repository);
        let status = repository.status();
        let key = if repository.program.grammar == Grammar::New { "uncommittedChanges" } else { "unassignedChanges" };
        let change = status[key].as_array().unwrap().iter().find(|change| change["filePath"] == "co:lon.txt").unwrap();
        repository.commit("task-a", "by id", &[change["cliId"].as_str().unwrap()]);
        assert_eq!(repository.changed_on("task-a"), ["co:lon.txt"]);
    });
}

#[test]
fn stack_an_absolute_path_is_not_known_and_paths_are_the_root_s() {
    on_each(|repository| {
        filled(repository);
        let absolute = repository.path().join("good.txt");
        assert_eq!(repository.try_commit("task-a", "m", &[absolute.to_str().unwrap()]).code, 1);
        let words: &[&str] = match repository.program.grammar {
            Grammar::New => &["-C", "deep", "commit", "--json", "-b", "task-a", "-m", "m", "good.txt"],
            Grammar::Old => &["-C", "deep", "commit", "--json", "task-a", "-m", "m", "-p", "good.txt"],
        };
        assert_eq!(repository.but(words).code, 0);
        assert_eq!(repository.changed_on("task-a"), ["good.txt"]);
    });
}

#[test]
fn stack_no_paths_are_everything() {
    on_each(|repository| {
        filled(repository);
        repository.git(["checkout", "--", "b.txt"]);
        repository.commit("task-a", "all", &[]);
        assert!(repository.dirty().is_empty());
        assert_eq!(repository.file_on("task-a", "bin.dat").unwrap(), b"\0\x01\xff");
        assert_eq!(repository.file_on("task-a", "link").unwrap(), b"a.txt");
        assert!(repository.git(["ls-tree", "task-a", "a.txt"]).starts_with("100755 "));
    });
}

#[test]
fn stack_a_deleted_file_comes_back_when_the_old_program_commits_others_with_it() {
    on_each(|repository| {
        repository.new_branch("task-a");
        let before = repository.read("b.txt");
        std::fs::remove_file(repository.path().join("b.txt")).unwrap();
        repository.write("a.txt", "A\n");
        repository.commit("task-a", "both", &["a.txt", "b.txt"]);
        assert_eq!(repository.changed_on("task-a"), ["a.txt", "b.txt"]);
        match repository.program.grammar {
            Grammar::New => assert!(repository.dirty().is_empty()),
            Grammar::Old => {
                assert_eq!(repository.dirty(), ["b.txt"]);
                assert_eq!(repository.read("b.txt"), before);
                std::fs::remove_file(repository.path().join("b.txt")).unwrap();
                assert!(repository.dirty().is_empty());
            }
        }
        // Alone it stays away.
        std::fs::remove_file(repository.path().join("README.md")).unwrap();
        repository.commit("task-a", "alone", &["README.md"]);
        assert!(repository.dirty().is_empty());
        assert!(repository.read("README.md").is_none());
    });
}

#[test]
fn stack_a_deleted_file_stays_removed_when_the_new_program_commits_a_binary_with_it() {
    on_each_of(Grammar::New, |repository| {
        repository.new_branch("task-a");
        std::fs::remove_file(repository.path().join("b.txt")).unwrap();
        repository.write("bin.dat", b"\0\x01\xff");
        repository.commit("task-a", "both", &["bin.dat", "b.txt"]);
        assert_eq!(repository.changed_on("task-a"), ["b.txt", "bin.dat"]);
        assert_eq!(repository.dirty(), ["b.txt"], "though it is committed");
        for paths in [&["b.txt"][..], &[]] {
            let again = repository.try_commit("task-a", "again", paths);
            let words = "Cannot commit: 1 change could not be applied:\n  b.txt\n    no effective change to commit";
            Refused(1, words).check("again", &again);
        }
        repository.git(["reset", "--quiet"]);
        assert!(repository.dirty().is_empty());
    });
}

#[test]
fn stack_a_renamed_file_is_one_change_under_its_new_name() {
    on_each(|repository| {
        repository.new_branch("task-a");
        std::fs::rename(repository.path().join("a.txt"), repository.path().join("moved.txt")).unwrap();
        let status = repository.status();
        let key = if repository.program.grammar == Grammar::New { "uncommittedChanges" } else { "unassignedChanges" };
        assert_eq!(status[key].as_array().unwrap().len(), 1);
        assert_eq!(
            (&status[key][0]["filePath"], &status[key][0]["changeType"]),
            (&"moved.txt".into(), &"renamed".into())
        );
        repository.commit("task-a", "moved", &["moved.txt"]);
        assert_eq!(repository.changed_on("task-a"), ["a.txt", "moved.txt"]);
        assert!(repository.dirty().is_empty());
    });
}

#[test]
fn stack_the_index_of_git_falls_behind_after_files_without_text() {
    on_each_of(Grammar::New, |repository| {
        filled(repository);
        repository.commit("task-a", "no text", &["bin.dat", "link", "a.txt"]);
        let status = repository.git(["status", "--short", "--", "a.txt", "bin.dat", "link"]);
        assert_eq!(status, "MM a.txt\nD  bin.dat\nD  link\n?? bin.dat\n?? link");
        assert!(!repository.dirty().iter().any(|path| path == "a.txt" || path == "bin.dat"));
    });
}

#[test]
fn stack_a_diff_names_hunks_and_says_nothing_of_what_is_no_text() {
    on_each(|repository| {
        filled(repository);
        repository.write("ends.txt", "crlf\r\nno newline");
        let diff = repository.json(["diff"]);
        let changes = diff["changes"].as_array().unwrap();
        let of = |path: &str| changes.iter().find(|change| change["path"] == path).unwrap();
        for path in ["bin.dat", "a.txt"] {
            assert_eq!(of(path)["diff"], serde_json::json!({ "type": "patch", "hunks": [] }), "{path}");
        }
        let hunk = |path: &str| of(path)["diff"]["hunks"][0].clone();
        assert_eq!(hunk("ends.txt")["diff"], "@@ -1,0 +1,2 @@\n+crlf\n+no newline\n");
        assert_eq!(hunk("link")["diff"], "@@ -1,0 +1,1 @@\n+a.txt\n");
        let gone = hunk("b.txt");
        let sizes = ["oldStart", "oldLines", "newStart", "newLines"].map(|key| gone[key].as_u64().unwrap());
        assert_eq!(sizes, [1, 40, 1, 0]);
        assert!(changes.iter().all(|change| change["status"] == "modified" && change["id"].is_string()));
        repository.commit("task-a", "all", &[]);
        let diff = repository.json(["diff", "task-a"]);
        let changes = diff["changes"].as_array().unwrap();
        let of = |path: &str| changes.iter().find(|change| change["path"] == path).unwrap();
        assert_eq!((&of("bin.dat")["diff"]["type"], &of("bin.dat")["status"]), (&"binary".into(), &"added".into()));
        assert!(changes.iter().all(|change| change.get("id").is_none()));
        let unknown = repository.but(["diff", "nope", "--json"]);
        Refused(1, "No ID found for entity").check("diff nope", &unknown);
    });
}
