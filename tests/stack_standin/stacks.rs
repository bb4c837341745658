//! Setting up, status, branches.

use crate::each::{on_each, on_each_program};
use chorus_testkit::Sandbox;
use chorus_testkit::but::{Grammar, Repository};
use serde_json::json;

#[test]
fn stack_setup_checks_the_workspace_out_and_keeps_what_is_dirty() {
    on_each_program(|program| {
        let repository = Repository::bare(program);
        repository.write("a.txt", "dirty\n");
        repository.write("new.txt", "new\n");
        let answer = repository.json(["setup"]);
        let target = json!({ "branchName": "gb-local/main", "remoteName": "gb-local", "newlySet": true });
        assert_eq!(answer["target"], target);
        assert_eq!(repository.git(["symbolic-ref", "HEAD"]), "refs/heads/gitbutler/workspace");
        assert!(repository.path().join(".git/gitbutler").is_dir());
        assert_eq!(repository.dirty(), ["a.txt", "new.txt"]);
        assert_eq!(repository.json(["setup"])["target"]["newlySet"], false);
    });
}

#[test]
fn stack_status_is_shaped_as_recorded() {
    on_each(|repository| {
        repository.new_branch("task-a");
        repository.write("a.txt", "dirty\n");
        let status = repository.status();
        let (dirty, absent) = match repository.program.grammar {
            Grammar::New => ("uncommittedChanges", "unassignedChanges"),
            Grammar::Old => ("unassignedChanges", "uncommittedChanges"),
        };
        assert_eq!(status[dirty][0]["filePath"], "a.txt");
        assert_eq!(status[dirty][0]["changeType"], "modified");
        assert!(status[dirty][0]["cliId"].is_string());
        assert!(status.get(absent).is_none());
        assert!(status.get("conflictedFiles").is_none());
        let branch = &status["stacks"][0]["branches"][0];
        assert_eq!(branch["name"], "task-a");
        assert_eq!(branch["commits"], json!([]));
        assert_eq!(branch["branchStatus"], "completelyUnpushed");
        assert_eq!(status["mergeBase"]["message"], "initial\n");
        assert_eq!(status["upstreamState"]["behind"], 0);
    });
}

#[test]
fn stack_a_sandbox_can_have_the_program_and_its_repository() {
    on_each_program(|program| {
        let mut sandbox = Sandbox::new("unused");
        let repository = Repository::within(&mut sandbox, program);
        assert_eq!(repository.path(), sandbox.project());
        repository.write("a.txt", "A\n");
        let output = sandbox.command("but").args(["status", "--json"]).output().unwrap();
        let status: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
        assert_eq!(status, repository.status());
        assert_eq!(repository.dirty(), ["a.txt"]);
    });
}
