//! Requests that no hook tells of: seen on the screen, answered by keys that were checked first, or not at all.

use crate::world::{Task, World, on_each, on_main, state};
use rustix::process::Signal;
use serde_json::{Value, json};

fn id(request: &Value) -> &str {
    request["id"].as_str().unwrap()
}

fn made(task: &Task<'_>, file: &str) -> bool {
    task.world.sandbox.project().join(file).exists()
}

/// The user has switched hooks off.
fn without_hooks(world: &World) {
    world.settings(json!({ "disableAllHooks": true }));
}

#[test]
fn a_command_is_allowed_or_refused_by_keys() {
    on_each(|world| {
        without_hooks(world);
        let task = world.ready("Keys");
        assert_eq!(task.count("context"), 1);
        task.send("[[bash: touch allowed]] [[say one]]");
        let request = task.request();
        assert_eq!((request["kind"].as_str(), request["answerable"].as_str()), (Some("permission"), Some("keys")));
        assert_eq!(request["summary"], "touch allowed");
        assert_eq!(task.refused("approve", &["--always", "1"]).code, "not_answerable");
        assert_eq!(task.verb("approve", &["--request", id(&request)])["outcome"], "allowed");
        task.await_turns(2);
        assert!(made(&task, "allowed"));

        task.send("[[bash: touch refused]] [[say never]]");
        assert_eq!(task.request()["summary"], "touch refused");
        assert_eq!(task.verb("deny", &["--reason", "[[say as told]]"])["outcome"], "denied");
        task.until("the reason as a prompt", |page| {
            page["task"]["agent_status"]["detail"]["message"] == "as told" && state(page) == "idle"
        });
        assert!(!made(&task, "refused"));
        assert_eq!(world.last_body().matches("Your task: #1").count(), 1);
    });
}

#[test]
fn a_question_and_a_plan_are_answered_by_keys() {
    on_main(|world| {
        without_hooks(world);
        let task = world.ready("A question by keys");
        task.send("[[ask]] [[say thank you]]");
        assert_eq!(task.request()["kind"], "question");
        assert_eq!(task.refused("answer", &["Green"]).code, "not_answerable");
        assert_eq!(task.verb("answer", &["Blue"])["outcome"], "answered");
        task.await_turns(2);
        assert!(world.told().contains(r#"button be?\"=\"Blue\""#), "{}", world.told());

        let plan = world.task_with("A plan by keys", &["--permission-mode", "plan"]);
        plan.start("[[planfile]] [[plan]] [[say off I go]]");
        assert_eq!(plan.request()["kind"], "plan");
        plan.verb("approve", &[]);
        plan.await_turns(1);
        assert!(world.told().contains("approved your plan"), "{}", world.told());
    });
}

#[test]
fn another_dialog_than_the_one_seen_is_left_alone() {
    on_main(|world| {
        without_hooks(world);
        let task = world.ready("Another dialog");
        task.send("[[bash: touch k1]] [[bash: touch k2]]");
        // A loaded machine may read the screen later than the request opens.
        let page = task.until("the first request", |page| page["requests"][0]["summary"] == "touch k1");
        let request = page["requests"][0].clone();
        // The daemon sleeps while the person answers and the next dialog opens.
        let daemon = i32::try_from(world.sandbox.daemon().unwrap()).unwrap();
        let pane = task.pane();
        let shows = |text: &str| {
            let screen = world.sandbox.tmux(["capture-pane", "-p", "-t", &pane]).unwrap_or_default();
            screen.contains(text) && screen.contains("Do you want to proceed?")
        };
        crate::world::send(daemon, Signal::STOP);
        world.sandbox.tmux(["send-keys", "-t", &pane, "1"]).unwrap();
        crate::world::until("the next dialog", || made(&task, "k1") && shows("touch k2"));
        crate::world::send(daemon, Signal::CONT);
        assert_eq!(task.refused("approve", &["--request", id(&request)]).code, "request_changed");
        let next = task.until("the next request", |page| page["requests"][0]["summary"] == "touch k2");
        assert_ne!(id(&next["requests"][0]), id(&request));
        assert!(!made(&task, "k2"));
        assert_eq!(task.refused("approve", &["--request", id(&request)]).code, "request_changed");
        task.verb("approve", &[]);
        task.await_turns(2);
        assert!(made(&task, "k2"));
    });
}

#[test]
fn a_dialog_that_a_person_opened_is_theirs() {
    on_main(|world| {
        let task = world.ready("Their dialog");
        task.send_raw("/model");
        let request = task.request();
        assert_eq!((request["kind"].as_str(), request["answerable"].as_str()), (Some("dialog"), Some("terminal")));
        task.await_state("waiting dialog");
        for verb in ["approve", "deny"] {
            assert_eq!(task.refused(verb, &[]).code, "not_answerable");
        }
        let sent = task.send("[[say after the dialog]]");
        assert_eq!(sent["queued"], true);
        task.keys_until(&["Escape"], "the dialog to close", |page| page["task"]["requests"] == 0);
        task.await_turn_of("[[say after the dialog]]");
    });
}

#[test]
fn trust_is_given_by_keys_after_the_marked_option_was_read_again() {
    on_each(|world| {
        world.untrusted();
        let task = world.task("Untrusted");
        task.start("[[say trusted now]]");
        let page = task.until("a dialog read whole", |page| page["requests"][0]["answerable"] == "keys");
        let request = &page["requests"][0];
        assert_eq!(request["kind"], "trust");
        let marked = |label: &Value| label["selected"] == true;
        let options = request["input"]["options"].as_array().unwrap();
        assert_eq!(options.iter().filter(|option| marked(option)).count(), 1, "{options:?}");
        // Somebody at the terminal has moved the marker meanwhile.
        let pane = task.pane();
        world.sandbox.tmux(["send-keys", "-t", &pane, "Down"]).unwrap();
        task.verb("approve", &["--request", id(request)]);
        task.await_turn_of("[[say trusted now]]");
    });
}

#[test]
fn trust_is_for_a_person_to_give() {
    on_main(|world| {
        world.untrusted();
        let task = world.task("Untrusted");
        task.start("[[say trusted now]]");
        let request = task.request();
        assert_eq!(request["kind"], "trust");
        task.await_state("waiting trust");
        let error = task.refused("answer", &["--request", id(&request), "perhaps"]);
        assert_eq!(error.code, "not_answerable");
        assert!(error.hint.contains("attach"), "{error:?}");
        assert_eq!(task.send("[[say and more]]")["queued"], true);
        task.await_screen("trust");
        assert!(world.api.turns().is_empty());
        task.trust();
        // The client tells of a prompt before it sends it.
        let prompts = || world.api.turns().into_iter().map(|turn| turn.prompt.clone()).collect::<Vec<String>>();
        task.wait("both prompts", || (prompts().len() >= 2).then_some(()));
        task.await_turn_of("[[say and more]]");
        assert_eq!(prompts(), ["[[say trusted now]]", "[[say and more]]"]);
    });
}
