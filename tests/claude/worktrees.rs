//! Tasks in worktrees of their own: whether the client trusts the new folder, and what it writes there.

use crate::world::{World, on_each};
use serde_json::Value;

/// A new task in a worktree.
fn task<'a>(world: &'a World, title: &str) -> crate::world::Task<'a> {
    world.task_with(title, &["--permission-mode", "acceptEdits", "--isolation", "worktree"])
}

/// The client takes the trust of a repository's main worktree for its linked ones, wherever they are.
#[test]
fn the_worktree_of_a_trusted_project_is_trusted() {
    on_each(|world| {
        let config = world.sandbox.home().join(".claude.json");
        let trusted = |config: &str| {
            let config: Value = serde_json::from_str(config).unwrap();
            let projects = config["projects"].as_object().unwrap().clone();
            let names = projects.into_iter().filter(|(_, project)| project["hasTrustDialogAccepted"] == true);
            names.map(|(name, _)| name).collect::<Vec<_>>()
        };
        let before = trusted(&std::fs::read_to_string(&config).unwrap());
        let task = task(world, "Greet people");
        task.start("Write a greeting here\n[[tool Write {\"file_path\":\"greeting.txt\",\"content\":\"hello\\n\"}]] [[say I wrote it.]]");
        task.await_turns(1);
        let page = task.until("a commit", |page| page["task"]["commits"] == 1);
        let (branch, folder) = (page["task"]["stack"].as_str().unwrap(), page["task"]["worktree"].as_str().unwrap());
        assert_eq!(world.sandbox.git(["show", &format!("{branch}:greeting.txt")]), "hello");
        assert_eq!(
            world.sandbox.git(["show", "--name-only", "--format=%s", branch]),
            "Write a greeting here\n\ngreeting.txt"
        );
        assert_eq!(std::fs::read_to_string(format!("{folder}/greeting.txt")).unwrap(), "hello\n");
        assert!(!world.sandbox.project().join("greeting.txt").exists());
        assert_eq!(trusted(&std::fs::read_to_string(&config).unwrap()), before, "nobody trusted anything on the way");

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

/// In a project that is not trusted the person is asked, by the client, in its own pane.
#[test]
fn an_untrusted_project_is_asked_about_in_the_worktree_too() {
    on_each(|world| {
        world.untrusted();
        let task = task(world, "Ask first");
        task.start("[[say hello]]");
        let request = task.request();
        assert_eq!((request["kind"].as_str(), request["answerable"].as_str()), (Some("trust"), Some("terminal")));
        task.await_state("waiting trust");
        assert_eq!(task.count("turn_ended"), 0);
        task.keys_until(&["Down", "Enter"], "a turn", |page| crate::world::count(page, "turn_ended") == 1);
        task.await_turns(1);
    });
}
