//! The main job: a task from its title to its end.

use crate::world::{on_each, until};

#[test]
fn a_task_is_started_asks_is_allowed_and_completed() {
    on_each(|world| {
        let task = world.task("Touch a file");
        task.start("[[bash: touch made]] [[slow 1]]");
        let request = task.request();
        assert_eq!((request["kind"].as_str(), request["tool"].as_str()), (Some("permission"), Some("Bash")));
        assert_eq!((request["summary"].as_str(), request["answerable"].as_str()), (Some("touch made"), Some("hook")));
        task.await_state("waiting permission");
        let page = task.page();
        assert_eq!(page["task"]["status"], "waiting");
        assert_eq!(page["task"]["agent_status"]["detail"]["summary"], "touch made");
        assert_eq!(world.inbox().len(), 1);

        let answered = task.verb("approve", &["--request", request["id"].as_str().unwrap()]);
        assert_eq!(answered["outcome"], "allowed");
        task.await_state("busy");
        task.await_turns(1);
        assert!(world.sandbox.project().join("made").exists());
        let page = task.page();
        assert_eq!((&page["task"]["unread"], &page["task"]["status"]), (&true.into(), &"running".into()));
        assert!(world.inbox().is_empty());

        let pid = task.pid();
        task.verb("complete", &[]);
        assert_eq!((task.state().as_str(), &task.page()["task"]["status"]), ("stopped", &"completed".into()));
        until("the client to end", || chorus::process::identity(pid as u32).is_none());
        let page = task.page();
        let what: Vec<&str> =
            page["journal"].as_array().unwrap().iter().filter_map(|entry| entry["what"].as_str()).collect();
        let expected = [
            "created",
            "started",
            "isolation",
            "prompt",
            "context",
            "prompt",
            "request_opened",
            "request_closed",
            "turn_ended",
            "completed",
        ];
        assert_eq!(what, expected);
    });
}
