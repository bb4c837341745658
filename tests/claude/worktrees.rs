//! Tasks in worktrees of their own: whether the client trusts the new folder, and what it writes there.

use crate::world::{World, on_each, on_main};
use chorus_testkit::{files, wait_for};
use serde_json::Value;

/// A new task in a worktree.
fn task<'a>(world: &'a World, title: &str) -> crate::world::Task<'a> {
    world.task_with(title, &["--permission-mode", "acceptEdits", "--isolation", "worktree"])
}

/// Folders that the client trusts, by its own configuration.
fn trusted(world: &World) -> Vec<String> {
    let config = world.sandbox.home().join(".claude.json");
    let config: Value = wait_for("the client's configuration", || files::json(&config));
    let projects = config["projects"].as_object().unwrap();
    let trusted = projects.iter().filter(|(_, project)| project["hasTrustDialogAccepted"] == true);
    trusted.map(|(name, _)| name.clone()).collect()
}

/// The client takes the trust of a repository's main worktree for its linked ones, wherever they are.
#[test]
fn the_worktree_of_a_trusted_project_is_trusted() {
    on_main(|world| {
        let before = trusted(world);
        let task = task(world, "Greet people");
        task.start("Write a greeting here\n[[tool Write {\"file_path\":\"greeting.txt\",\"content\":\"hello\\n\"}]] [[say I wrote it.]]");
        task.await_turns(1);
        let page = task.until("a commit", |page| page["task"]["commits"] == 1);
        let (branch, folder) = (page["task"]["stack"].as_str().unwrap(), page["task"]["worktree"].as_str().unwrap());
        assert_eq!(world.sandbox.git(["show", &format!("{branch}:greeting.txt")]), "hello");
        let shown = world.sandbox.git(["show", "--name-only", "--format=%s", branch]);
        assert!(shown.starts_with("Write a greeting here") && shown.ends_with("\n\ngreeting.txt"), "{shown}");
        assert_eq!(std::fs::read_to_string(format!("{folder}/greeting.txt")).unwrap(), "hello\n");
        assert!(!world.sandbox.project().join("greeting.txt").exists());
        assert_eq!(trusted(world), before, "nobody trusted anything on the way");

        // With its conversation, in the same folder.
        let session = task.session_id();
        task.verb("restart", &[]);
        task.await_state("idle");
        task.turn("Write another one here [[tool Write {\"file_path\":\"again.txt\",\"content\":\"again\\n\"}]] [[say I did.]]");
        task.until("another commit", |page| page["task"]["commits"] == 2);
        assert_eq!(task.session_id(), session);
        assert_eq!(task.page()["task"]["worktree"], folder);
    });
}

/// In a project that is not trusted the person is asked by the client, in its pane. The client keeps the answer for the
/// repository: no other worktree of it is asked about.
#[test]
fn an_untrusted_project_is_asked_about_once() {
    on_each(|world| {
        world.untrusted();
        let first = task(world, "Ask first");
        first.start("[[say hello]]");
        let request = first.request();
        assert_eq!((request["kind"].as_str(), request["answerable"].as_str()), (Some("trust"), Some("keys")));
        first.await_state("waiting trust");
        assert_eq!(first.count("turn_ended"), 0);
        first.trust();
        first.await_turns(1);
        let project = world.sandbox.project().canonicalize().unwrap();
        assert_eq!(trusted(world), [project.to_string_lossy()]);

        let second = task(world, "Not again");
        second.start("[[say hello again]]");
        second.await_turns(1);
        assert_eq!(second.count("request_opened"), 0);
    });
}
