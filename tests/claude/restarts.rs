//! Restarts, and the task's context exactly once in whatever conversation follows.

use crate::world::{World, on_each, on_main, state};
use serde_json::json;

#[track_caller]
fn assert_told_once(world: &World, when: &str) {
    let body = world.last_body();
    assert_eq!(body.matches("Your task: #1").count(), 1, "{when} on {}", world.version);
    let referenced = ["REFERENCED-TEXT", "REFERENCED-NOTE"].map(|text| body.matches(text).count());
    assert!([[0, 0], [1, 1]].contains(&referenced), "{when} on {}: {referenced:?}", world.version);
}

#[test]
fn a_conversation_is_resumed_or_begun_afresh() {
    on_each(|world| {
        let task = world.task("Restarted");
        task.verb("edit", &["--description", "FIRST-DESCRIPTION"]);
        world.sandbox.write("project/PLAN.md", "# Plan\n\nREFERENCED-TEXT\n");
        task.verb("ref", &["PLAN.md:3", "--note", "REFERENCED-NOTE"]);
        task.start("[[say remember-me]]");
        task.await_turns(1);
        assert_told_once(world, "after the start");
        assert!(world.last_body().contains("REFERENCED-TEXT"));
        let id = task.session_id();

        task.verb("restart", &[]);
        task.turn("[[say resumed]]");
        assert_told_once(world, "after a resume");
        assert!(world.last_body().contains("remember-me"));
        assert_eq!((task.session_id(), task.page()["task"]["restarts"].as_i64()), (id.clone(), Some(1)));

        task.verb("edit", &["--description", "SECOND-DESCRIPTION"]);
        task.verb("restart", &[]);
        task.turn("[[say changed]]");
        assert_told_once(world, "after a change");
        assert_eq!(world.last_body().matches("SECOND-DESCRIPTION").count(), 1);

        task.verb("restart", &["--fresh"]);
        task.turn("[[say afresh]]");
        assert_told_once(world, "after a fresh start");
        let body = world.last_body();
        assert!(
            !body.contains("remember-me") && !body.contains("FIRST-DESCRIPTION") && body.contains("SECOND-DESCRIPTION")
        );
        assert_ne!(task.session_id(), id);
    });
}

#[test]
fn a_busy_client_is_restarted() {
    on_main(|world| {
        let task = world.ready("Busy");
        let (id, pid) = (task.session_id(), task.pid());
        task.send("[[bash: tail -f /dev/null]]");
        task.request();
        task.verb("restart", &[]);
        task.requests(0);
        task.until("rest", |page| page["task"]["restarts"] == 1 && state(page) == "idle");
        assert!(chorus::process::identity(pid as u32).is_none());
        assert_eq!(task.session_id(), id);
        task.turn("[[say again]]");
        assert_told_once(world, "after a restart in the middle");
    });
}

#[test]
fn a_hung_client_that_is_restarted_has_nothing_new_to_read() {
    on_main(|world| {
        let task = world.ready("Hung");
        let told = task.count("turn_ended");
        task.send("[[hang 600]]");
        task.await_state("busy");
        task.verb("restart", &[]);
        task.until("rest", |page| page["task"]["restarts"] == 1 && state(page) == "idle");
        task.turn("[[say back]]");
        assert_eq!(task.count("turn_ended"), told + 1);
    });
}

#[test]
fn the_tmux_server_is_killed() {
    on_main(|world| {
        let task = world.ready("Without a server");
        let id = task.session_id();
        world.sandbox.tmux(["kill-server"]).unwrap();
        task.await_state("exited lost");
        assert_eq!(task.page()["task"]["status"], "running");
        task.verb("restart", &[]);
        task.turn("[[say in a new server]]");
        assert_eq!(task.session_id(), id);
        assert_told_once(world, "in a new server");
        assert!(world.last_body().contains("[[say ready]]"), "the conversation is kept");
    });
}

#[test]
fn a_client_that_never_got_a_prompt_is_restarted() {
    on_main(|world| {
        world.untrusted();
        let task = world.task("Never prompted");
        task.start("[[say at last]]");
        task.await_state("waiting trust");
        world.settings(json!({}));
        task.verb("restart", &[]);
        task.await_turn_of("[[say at last]]");
        assert_told_once(world, "after a restart before the first prompt");
    });
}

#[test]
fn the_context_is_told_once_without_hooks() {
    on_main(|world| {
        world.settings(json!({ "disableAllHooks": true }));
        let task = world.ready("No hooks");
        assert_told_once(world, "after the start");
        task.verb("restart", &[]);
        task.until("a restart", |page| page["task"]["restarts"] == 1 && state(page) == "idle");
        task.send("[[say resumed]]");
        task.until("its answer", |page| {
            page["task"]["agent_status"]["detail"]["message"] == "resumed" && state(page) == "idle"
        });
        assert_told_once(world, "after a resume");
        task.verb("restart", &["--fresh"]);
        task.until("a restart", |page| page["task"]["restarts"] == 2 && state(page) == "idle");
        task.send("[[say afresh]]");
        task.until("its answer", |page| {
            page["task"]["agent_status"]["detail"]["message"] == "afresh" && state(page) == "idle"
        });
        assert_told_once(world, "after a fresh start");
    });
}
