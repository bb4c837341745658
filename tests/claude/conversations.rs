//! Which conversation a task's agent is in: after the task was reopened, when its record is gone, when the person took
//! up another task's, and when they leave it behind.

use crate::world::{Task, World, on_main, state};
use serde_json::Value;
use std::path::PathBuf;

fn alerts(page: &Value) -> Vec<String> {
    let alerts = page["task"]["alerts"].as_array().unwrap();
    alerts.iter().map(|alert| alert["text"].as_str().unwrap().to_owned()).collect()
}

/// The record of the task's conversation.
fn record(task: &Task<'_>) -> PathBuf {
    let name = format!("{}.jsonl", task.session_id());
    let projects = task.world.sandbox.home().join(".claude/projects");
    let folders = std::fs::read_dir(projects).unwrap().flatten();
    folders.map(|folder| folder.path().join(&name)).find(|file| file.exists()).expect("a record")
}

fn end_and_reopen(task: &Task<'_>) {
    task.verb("complete", &[]);
    task.verb("reopen", &[]);
}

#[test]
fn a_reopened_task_goes_on_with_its_conversation() {
    on_main(|world| {
        let task = world.task("Reopened");
        task.start("[[say remember-me]]");
        task.await_turns(1);
        let id = task.session_id();
        end_and_reopen(&task);
        task.start("[[say more]]");
        task.await_turn_of("[[say more]]");
        assert!(world.last_body().contains("remember-me"));
        assert_eq!(task.session_id(), id);
        assert!(alerts(&task.page()).is_empty());

        end_and_reopen(&task);
        task.verb("start", &["--fresh", "--prompt", "[[say afresh]]"]);
        task.await_turn_of("[[say afresh]]");
        assert!(!world.last_body().contains("remember-me"));
        assert_ne!(task.session_id(), id);
    });
}

#[test]
fn a_conversation_whose_record_is_gone_is_told() {
    on_main(|world| {
        let task = world.ready("Forgotten");
        let told = |page: &Value| alerts(page).iter().any(|text| text.contains("its conversation is gone"));
        std::fs::remove_file(record(&task)).unwrap();
        let reply = task.verb("restart", &[]);
        assert!(told(&serde_json::json!({ "task": reply })), "{reply}");
        task.turn("[[say anew]]");
        assert!(!world.last_body().contains("[[say ready]]"));
        assert!(told(&task.page()));
        assert!(task.entries("alert").iter().any(|entry| entry.contains("another one begins")));
        task.verb("dismiss", &[]);
        assert!(alerts(&task.page()).is_empty());

        // The same of a task that is taken up again.
        std::fs::remove_file(record(&task)).unwrap();
        end_and_reopen(&task);
        task.start("[[say once more]]");
        assert!(told(&task.page()));
    });
}

#[test]
fn another_tasks_conversation_is_only_visited() {
    on_main(|world| {
        let one = world.ready("One");
        let two = world.task("Two");
        two.start("[[say of-two]]");
        two.await_turns(1);
        let (of_one, of_two) = (one.session_id(), two.session_id());
        one.send_raw(&format!("/resume {of_two}"));
        one.until("the alert", |page| alerts(page).iter().any(|text| text.contains("the conversation of #2")));
        assert_eq!(one.session_id(), of_one);

        let pid = two.pid();
        let refused = two.refused("restart", &[]);
        assert!(refused.message.contains("open in #1 too"), "{refused:?}");
        assert_eq!((two.state().as_str(), two.pid()), ("idle", pid), "nothing was ended");

        one.verb("restart", &[]);
        one.turn("[[say of-one]]");
        let body = world.last_body();
        assert!(body.contains("[[say ready]]") && !body.contains("of-two"));
        assert!(alerts(&one.page()).is_empty());
        two.verb("restart", &[]);
        two.turn("[[say again]]");
        assert!(world.last_body().contains("of-two"));
    });
}

#[test]
fn a_restart_that_cannot_be_done_ends_nothing() {
    on_main(|world| {
        let task = world.ready("Kept");
        let (pid, restarts) = (task.pid(), task.page()["task"]["restarts"].clone());
        let uuid = task.page()["task"]["uuid"].as_str().unwrap().to_owned();
        let settings = world.sandbox.state().join("tasks").join(format!("{uuid}.json"));
        std::fs::remove_file(&settings).unwrap();
        std::fs::create_dir(&settings).unwrap();
        task.refused("restart", &[]);
        assert_eq!((task.state().as_str(), task.pid()), ("idle", pid));
        assert_eq!(task.page()["task"]["restarts"], restarts);
        std::fs::remove_dir(&settings).unwrap();
        task.turn("[[say it lives]]");
    });
}

#[test]
fn an_approved_plan_stays_approved() {
    on_main(|world| {
        let task = world.task_with("Planned", &["--permission-mode", "plan"]);
        task.start("[[planfile]] [[plan]] [[bash: touch done]] [[say off I go]]");
        assert_eq!(task.request()["kind"], "plan");
        task.verb("approve", &[]);
        let request = task.until("the next request", |page| page["requests"][0]["tool"] == "Bash");
        task.verb("approve", &["--request", request["requests"][0]["id"].as_str().unwrap()]);
        task.await_turns(1);
        task.verb("restart", &[]);
        task.until("a restart", |page| page["task"]["restarts"] == 1 && state(page) == "idle");
        task.await_screen("off I go");
        task.turn("[[say on I go]]");
        assert!(!task.screen().contains("plan mode on"), "{}", task.screen());
    });
}

/// No process behind the terminal has a conversation.
fn nothing_is_behind(world: &World) -> bool {
    let sessions = std::fs::read_dir(world.sandbox.home().join(".claude/sessions")).unwrap().flatten();
    let kind = |entry: std::fs::DirEntry| {
        let session: Value = chorus_testkit::files::json(&entry.path())?;
        session["kind"].as_str().map(str::to_owned)
    };
    sessions.filter_map(kind).all(|kind| kind == "interactive")
}

#[test]
fn the_conversation_stays_in_front() {
    on_main(|world| {
        let task = world.ready("In front");
        let id = task.session_id();
        task.keys(&["Left"]);
        task.send("[[slow 4]] [[say done]]");
        task.await_state("busy");
        task.await_screen("quick");
        task.keys(&["Left"]);
        task.await_turns(2);
        assert!(!task.screen().contains("moved to the background"), "{}", task.screen());
        assert!(nothing_is_behind(world));
        assert_eq!(task.session_id(), id);
        task.turn("[[say still here]]");
    });
}

#[test]
fn a_client_that_begins_anew_in_its_process_has_not_ended() {
    on_main(|world| {
        let task = world.ready("Relaunched");
        task.send_raw("/tui fullscreen");
        task.await_screen("By default, text auto-copies");
        task.turn("[[say in another look]]");
        assert_eq!((task.count("exited"), task.page()["task"]["restarts"].as_i64()), (0, Some(0)));
        assert!(world.last_body().contains("[[say ready]]"));
    });
}
