//! What a person, the system or the API does to a client: each ends in the right status.

use crate::world::{Task, World, on_each, on_main, send, state};
use chorus_testkit::sandbox::script;
use rustix::process::Signal;
use serde_json::{Value, json};

/// Esc until the agent rests, with no request left.
#[track_caller]
fn escape(task: &Task<'_>) {
    task.keys_until(&["Escape"], "rest after Esc", |page| state(page) == "idle" && page["task"]["requests"] == 0);
    assert!(task.world.inbox().is_empty());
    assert_eq!(task.page()["task"]["status"], "running");
}

/// Waits until the agent's last message is that. It comes by a hook, after the client's own word that it rests.
#[track_caller]
fn says(task: &Task<'_>, message: &str) {
    let told = |page: &Value| page["task"]["agent_status"]["detail"]["message"] == message;
    task.until(&format!("the message {message:?}"), told);
}

/// The task can go on.
#[track_caller]
fn goes_on(task: &Task<'_>) {
    let word = format!("still here {}", task.count("prompt"));
    task.turn(&format!("[[say {word}]]"));
    says(task, &word);
}

#[test]
fn escape_at_the_terminal() {
    on_main(|world| {
        let task = world.ready("Esc");
        task.send("[[slow 60]]");
        task.await_state("busy");
        task.await_screen("quick brown");
        escape(&task);

        task.send("[[bash: touch running; tail -f /dev/null]]");
        task.request();
        task.verb("approve", &[]);
        task.await_state("busy");
        task.wait("the command to run", || world.sandbox.project().join("running").exists().then_some(()));
        escape(&task);

        task.send("[[bash: touch never]]");
        task.request();
        task.await_state("waiting permission");
        escape(&task);
        assert!(!world.sandbox.project().join("never").exists());
        assert_eq!(task.entries("request_closed").last().unwrap(), "agent: Answered elsewhere: touch never");

        task.send("[[ask]]");
        task.request();
        task.await_state("waiting question");
        escape(&task);
        goes_on(&task);
    });
}

#[test]
fn escape_at_a_plan() {
    on_main(|world| {
        let task = world.task_with("Plan", &["--permission-mode", "plan"]);
        task.start("[[planfile]] [[plan]]");
        assert_eq!(task.request()["kind"], "plan");
        task.await_state("waiting plan");
        escape(&task);
        goes_on(&task);
    });
}

#[test]
fn interrupt() {
    on_main(|world| {
        let task = world.ready("Interrupt");
        assert_eq!(task.refused("interrupt", &[]).code, "wrong_state");
        task.send("[[slow 60]]");
        task.await_state("busy");
        task.await_screen("quick brown");
        task.verb("interrupt", &[]);
        task.await_state("idle");
        assert_eq!(task.page()["task"]["unread"], false, "the person knows");
        goes_on(&task);

        task.send("[[bash: touch x]]");
        task.request();
        assert_eq!(task.refused("interrupt", &[]).code, "request_open");
        task.verb("deny", &[]);
        task.await_turn_of("[[bash: touch x]]");
    });
}

#[test]
fn interrupt_while_the_prompt_is_edited_as_in_vi() {
    on_main(|world| {
        world.settings(json!({ "editorMode": "vim" }));
        let task = world.ready("Interrupt in vi");
        task.send("[[slow 60]]");
        task.await_state("busy");
        task.await_screen("quick brown");
        task.verb("interrupt", &[]);
        task.await_state("idle");
        assert_eq!((task.count("interrupted"), task.count("not_interrupted")), (1, 0));
        goes_on(&task);
    });
}

#[test]
fn the_client_is_killed() {
    on_main(|world| {
        let task = world.ready("Killed");
        let id = task.session_id();
        task.send("[[slow 60]]");
        task.await_state("busy");
        task.signal(Signal::KILL);
        task.await_state("exited signal");
        assert_eq!(task.page()["task"]["agent_status"]["detail"]["signal"], 9);
        assert_eq!(task.page()["task"]["status"], "running");
        task.verb("restart", &[]);
        task.until("rest", |page| state(page) == "idle");
        assert_eq!((task.session_id(), task.page()["task"]["restarts"].as_i64()), (id, Some(1)));
        goes_on(&task);
    });
}

#[test]
fn the_client_is_killed_at_a_request() {
    on_main(|world| {
        let task = world.ready("Killed at a request");
        task.send("[[bash: touch x]]");
        let request = task.request();
        task.await_state("waiting permission");
        task.signal(Signal::KILL);
        task.await_state("exited signal");
        task.requests(0);
        let error = task.refused("approve", &["--request", request["id"].as_str().unwrap()]);
        assert_eq!(error.code, "request_changed");
        assert_eq!(task.entries("request_closed"), ["chorus: No longer asked: touch x"]);
    });
}

#[test]
fn a_client_that_a_person_suspended_is_restarted() {
    on_main(|world| {
        let task = world.ready("Suspended");
        // tmux continues a pane's own process at once.
        task.signal(Signal::STOP);
        goes_on(&task);
        let id = task.session_id();
        task.keys(&["C-z"]);
        task.await_state("exited suspended");
        assert_eq!(task.send("[[say continued]]")["queued"], true);
        task.verb("restart", &[]);
        task.await_turn_of("[[say continued]]");
        assert_eq!((task.session_id(), task.page()["task"]["restarts"].as_i64()), (id, Some(0)));
    });
}

/// A client below another program, as an npm launcher or a person's own wrapper is: nothing continues that by itself.
fn below_another_program(world: &World) {
    let client = std::fs::read_link(world.sandbox.root().join("bin/claude")).unwrap();
    let wrapper = world.sandbox.root().join("bin/wrapper");
    script(&wrapper, &format!("#!/bin/sh\n'{}' \"$@\"\n", client.display()));
    world.sandbox.link("claude", &wrapper);
}

#[test]
fn a_client_below_another_program_is_suspended_and_continued() {
    on_main(|world| {
        below_another_program(world);
        let task = world.ready("Suspended");
        let client = task.client();
        assert_ne!(client, task.pid());
        send(client, Signal::STOP);
        task.await_state("exited suspended");
        assert_eq!(task.send("[[say continued]]")["queued"], true);
        task.verb("restart", &[]);
        task.await_turn_of("[[say continued]]");
        assert_eq!((task.client(), task.page()["task"]["restarts"].as_i64()), (client, Some(0)));

        send(client, Signal::STOP);
        task.await_state("exited suspended");
        let before = task.session_id();
        task.verb("restart", &["--fresh"]);
        task.until("a restart", |page| page["task"]["restarts"] == 1 && state(page) == "idle");
        assert!(chorus::process::identity(client as u32).is_none(), "the suspended client has left");
        assert_ne!(task.session_id(), before);
        goes_on(&task);

        send(task.client(), Signal::KILL);
        task.await_state("exited code");
    });
}

#[test]
fn the_person_leaves_the_client() {
    on_main(|world| {
        let task = world.ready("Left");
        task.send_raw("/exit");
        task.await_state("exited code");
        assert_eq!(task.page()["task"]["agent_status"]["detail"]["code"], 0);
        let sent = task.send("[[say after]]");
        assert_eq!((&sent["queued"], sent["reason"].as_str()), (&true.into(), Some("the agent has ended: restart it")));
        task.verb("restart", &[]);
        task.await_turns(2);
        says(&task, "after");
    });
}

#[test]
fn the_person_clears_the_conversation() {
    on_main(|world| {
        let task = world.ready("Cleared");
        let id = task.session_id();
        task.send_raw("/clear");
        task.until("another session", |page| page["task"]["session_id"] != id.as_str() && state(page) == "idle");
        goes_on(&task);
        assert_eq!(world.last_body().matches("Your task: #1").count(), 1);
        assert!(!world.last_body().contains("say ready"), "the conversation was cleared");
        let cleared = task.session_id();
        task.verb("restart", &[]);
        task.until("a restart", |page| page["task"]["restarts"] == 1 && state(page) == "idle");
        assert_eq!(task.session_id(), cleared);
        goes_on(&task);
        assert_eq!(world.last_body().matches("Your task: #1").count(), 1);
    });
}

#[test]
fn the_conversation_is_compacted() {
    on_main(|world| {
        let task = world.ready("Compacted");
        goes_on(&task);
        let id = task.session_id();
        let before = world.api.requests().len();
        task.send_raw("/compact");
        task.wait("the summary", || (world.api.requests().len() > before).then_some(()));
        task.await_screen("Compacted");
        task.await_state("idle");
        goes_on(&task);
        assert_eq!(task.session_id(), id);
        assert_eq!(world.last_body().matches("Your task: #1").count(), 1);
    });
}

#[test]
fn the_api_refuses_for_good() {
    on_main(|world| {
        world.sandbox.set("CLAUDE_CODE_MAX_RETRIES", "1");
        let task = world.ready("Errors");
        for (error, wanted) in [("400", "error request"), ("529", "error server"), ("429", "error rate_limit")] {
            task.send(&format!("[[error {error}]]"));
            task.await_state(wanted);
            let message = task.page()["task"]["agent_status"]["detail"]["message"].to_string();
            assert!(message.contains(error) || message.contains("Scripted"), "{message}");
            assert_eq!(task.page()["task"]["unread"], true);
        }
        goes_on(&task);
    });
}

#[test]
fn a_retry_is_busy() {
    on_main(|world| {
        let task = world.ready("Retry");
        task.send("[[error 500 x2 ra=7]]");
        let retry =
            |page: &serde_json::Value| page["task"]["agent_status"]["detail"]["retry"].as_str().map(str::to_owned);
        let page = task.until("a retry", |page| retry(page).is_some());
        assert_eq!(state(&page), "busy");
        assert!(retry(&page).unwrap().ends_with("/10"), "{:?}", retry(&page));
        task.await_turns(2);
        assert_eq!(retry(&task.page()), None);
    });
}

fn asks_for_a_login(world: &World, task: &Task<'_>) {
    task.await_state("login_required");
    task.requests(0);
    let shown = world.sandbox.run(["explain", &task.number]).stdout + &world.sandbox.run(["show", &task.number]).stdout;
    assert!(shown.contains("claude setup-token"), "{shown}");
}

#[test]
fn the_api_refuses_the_key() {
    on_main(|world| {
        world.sandbox.set("CLAUDE_CODE_MAX_RETRIES", "1");
        let task = world.ready("Refused");
        task.send("[[error 401]]");
        asks_for_a_login(world, &task);
        let sent = task.send("[[say with a login]]");
        assert_eq!((&sent["queued"], sent["reason"].as_str()), (&true.into(), Some("the agent has no login")));
        task.verb("restart", &[]);
        task.await_turn_of("[[say with a login]]");
    });
}

#[test]
fn there_is_no_login() {
    on_main(|world| {
        world.sandbox.unset("ANTHROPIC_API_KEY");
        let task = world.task("No login");
        task.start("[[say hello]]");
        asks_for_a_login(world, &task);
        world.sandbox.set("ANTHROPIC_API_KEY", chorus_testkit::claude::KEY);
    });
}

#[test]
fn work_in_the_background() {
    on_main(|world| {
        let task = world.ready("Background");
        let background = |word: &'static str| {
            move |page: &serde_json::Value| page["task"]["agent_status"]["detail"]["background"] == word
        };
        task.send("[[subagentbg: go [[slow 4]]]] [[say gone]]");
        let page = task.until("a subagent", |page| background("subagent")(page));
        assert_eq!(state(&page), "busy");
        task.until("its end", |page| !background("subagent")(page) && state(page) == "idle");

        task.send("[[bashbg: touch started; tail -f /dev/null]] [[say left it]]");
        task.request();
        task.verb("approve", &[]);
        let page = task.until("a shell", |page| background("shell")(page));
        assert_eq!(state(&page), "idle");
        assert!(world.sandbox.project().join("started").exists());
        goes_on(&task);
    });
}

#[test]
fn two_permissions_at_once() {
    on_each(|world| {
        let task = world.ready("Two at once");
        task.send("[[par bash: touch p1 | bash: touch p2]] [[say both]]");
        let mut answered = 0;
        while answered < 2 {
            let page = task.until("a request", |page| page["requests"].as_array().is_some_and(|open| !open.is_empty()));
            let id = page["requests"][0]["id"].as_str().unwrap();
            // The client may ask the second anew once the first is answered: then the one that was seen is another.
            let ran = world.sandbox.run(["approve", &task.number, "--request", id, "--json"]);
            assert!(ran.code == 0 || ran.stdout.contains("request_changed"), "{}{}", ran.stdout, ran.stderr);
            answered += usize::from(ran.code == 0);
        }
        task.await_turns(2);
        assert!(["p1", "p2"].iter().all(|file| world.sandbox.project().join(file).exists()));
        assert!(task.count("request_opened") >= 2);
        let allowed = task.entries("request_closed").into_iter().filter(|entry| entry.starts_with("person: Allowed"));
        assert_eq!(allowed.count(), 2);
    });
}
