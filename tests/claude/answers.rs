//! Requests answered through the client's own hook, while its dialog stays usable.

use crate::world::{Task, on_each, on_main, state};
use chorus_testkit::processes;
use serde_json::Value;

fn id(request: &Value) -> &str {
    request["id"].as_str().unwrap()
}

fn made(task: &Task<'_>, file: &str) -> bool {
    task.world.sandbox.project().join(file).exists()
}

#[test]
fn a_refusal_reaches_the_model_with_its_reason() {
    on_each(|world| {
        let task = world.ready("Denied");
        task.send("[[bash: touch denied]] [[say understood]]");
        task.request();
        let denied = task.verb("deny", &["--reason", "use \"make\" & <not> touch"]);
        assert_eq!(denied["outcome"], "denied");
        task.await_turn_of("[[bash: touch denied]] [[say understood]]");
        assert_eq!(world.told(), r#""use \"make\" & <not> touch""#);
        assert_eq!(task.entries("request_closed"), ["person: Denied: touch denied"]);
        assert!(!made(&task, "denied"));
    });
}

#[test]
fn the_person_at_the_terminal_is_first() {
    on_main(|world| {
        let task = world.ready("At the terminal");
        task.send("[[bash: touch first; until test -e go; do sleep 0.1; done]] [[bash: touch second]]");
        let first = task.request();
        // The client keeps a dialog back while somebody types.
        task.await_screen("Do you want to proceed?");
        task.keys_until(&["1"], "the request to be closed", |page| page["requests"] == Value::Array(vec![]));
        // The command runs on: it is not its end that closes the request.
        assert_eq!(task.entries("request_closed").len(), 1);
        assert!(task.entries("request_closed")[0].starts_with("agent: Answered elsewhere: touch first"));
        assert!(world.inbox().is_empty());
        task.await_state("busy");
        assert_eq!(task.refused("approve", &["--request", id(&first)]).code, "request_changed");
        assert_eq!(task.refused("approve", &[]).code, "no_request");

        world.sandbox.write("project/go", "");
        let second = task.request();
        assert_ne!(id(&first), id(&second));
        assert_eq!(task.refused("approve", &["--request", id(&first)]).code, "request_changed");
        assert_eq!(task.refused("deny", &["--request", id(&first)]).code, "request_changed");
        assert_eq!((id(&task.request()), made(&task, "second")), (id(&second), false));
        task.verb("approve", &["--request", id(&second)]);
        task.await_turns(2);
        assert!(made(&task, "second"));
    });
}

#[test]
fn a_question_is_answered() {
    on_each(|world| {
        let task = world.ready("Question");
        task.send("[[ask]] [[say thank you]]");
        let request = task.request();
        assert_eq!((request["kind"].as_str(), request["tool"].as_str()), (Some("question"), Some("AskUserQuestion")));
        task.await_state("waiting question");
        assert_eq!(task.refused("approve", &[]).code, "not_answerable");
        assert_eq!(task.verb("answer", &["blue"])["outcome"], "answered");
        task.await_turn_of("[[ask]] [[say thank you]]");
        assert!(world.told().contains(r#"button be?\"=\"Blue\""#), "{}", world.told());
    });
}

#[test]
fn a_plan_is_approved() {
    on_each(|world| {
        let task = world.task_with("Plan", &["--permission-mode", "plan"]);
        task.start("[[planfile]] [[plan]] [[say off I go]]");
        assert_eq!(task.request()["kind"], "plan");
        task.await_state("waiting plan");
        assert_eq!(task.verb("approve", &[])["outcome"], "allowed");
        task.await_turns(1);
        assert!(world.told().contains("approved your plan"), "{}", world.told());
    });
}

#[test]
fn a_plan_is_approved_with_edits_or_with_questions() {
    on_each(|world| {
        for (always, edits) in [("1", true), ("2", false)] {
            let task = world.task_with("Plan", &["--permission-mode", "plan"]);
            let file = format!("made-{always}");
            task.start(&format!("[[planfile]] [[plan]] [[write: {file}]] [[say off I go]]"));
            let plan = task.request();
            assert_eq!(plan["kind"], "plan");
            assert!(plan["suggestions"][0].as_str().unwrap().contains("accept edits"), "{plan}");
            task.verb("approve", &["--always", always]);
            if !edits {
                let next = task.until("the next request", |page| page["requests"][0]["tool"] == "Write");
                task.verb("approve", &["--request", id(&next["requests"][0])]);
            }
            task.await_turns(1);
            assert_eq!((made(&task, &file), task.count("request_opened")), (true, if edits { 1 } else { 2 }));
        }
    });
}

#[test]
fn always_means_that_the_next_call_does_not_ask() {
    on_main(|world| {
        let task = world.ready("Always");
        task.send("[[bash: npm run nothing]]");
        assert_eq!(task.request()["suggestions"][0], "allow `npm run *` in this session");
        assert_eq!(task.refused("approve", &["--always", "7"]).code, "bad_input");
        task.verb("approve", &["--always", "1"]);
        task.await_turn_of("[[bash: npm run nothing]]");
        task.turn("[[bash: npm run more]]");
        assert_eq!(task.count("request_opened"), 1);
        assert!(!world.sandbox.project().join(".claude").exists(), "kept beyond the session");
    });
}

#[test]
fn an_answer_outlives_the_daemon() {
    on_main(|world| {
        let task = world.ready("Killed daemon");
        for (file, wait) in [("at-once", false), ("later", true)] {
            let prompt = format!("[[bash: touch {file}]]");
            task.send(&prompt);
            let request = task.request();
            task.await_state("waiting permission");
            processes::kill(world.sandbox.daemon().unwrap());
            if wait {
                // A hook that waits starts a daemon and comes back by itself.
                task.wait("a daemon", || world.sandbox.daemon());
                task.until("the status", |page| state(page) == "waiting permission" && page["requests"][0] == request);
            }
            task.verb("approve", &["--request", id(&request)]);
            task.await_turn_of(&prompt);
            assert!(made(&task, file));
            assert_eq!(task.entries("request_closed").last().unwrap(), &format!("person: Allowed: touch {file}"));
            assert_eq!(task.count("request_opened"), task.count("request_closed"));
        }
    });
}

#[test]
fn queued_prompts_close_no_request() {
    on_main(|world| {
        let task = world.ready("Queued");
        task.send("[[slow 2]]");
        task.await_state("busy");
        for file in ["q1", "q2", "q3"] {
            task.send(&format!("[[bash: touch {file}]]"));
        }
        let mut seen = Vec::new();
        while !["q1", "q2", "q3"].iter().any(|file| made(&task, file)) {
            let page =
                task.until("a request", |page| page["task"]["requests"] == 1 && state(page) == "waiting permission");
            let request = page["requests"][0].clone();
            task.await_screen("Do you want to proceed?");
            // Every prompt that is told of now is told while the request is open.
            task.until("the prompts", |page| page["task"]["queued"] == 0);
            assert_eq!(task.request(), request, "on {}", world.version);
            task.verb("approve", &["--request", id(&request)]);
            seen.push(request);
            task.wait("the command", || ["q1", "q2", "q3"].iter().any(|file| made(&task, file)).then_some(()));
        }
        assert!(!task.entries("request_closed").iter().any(|entry| entry.contains("at the terminal")));
    });
}

#[test]
fn several_requests_are_answered_by_name_only() {
    on_main(|world| {
        let (one, two) = (world.ready("One"), world.ready("Two"));
        one.send("[[bash: touch one]]");
        two.send("[[bash: touch two]]");
        let requests = [one.request(), two.request()];
        assert_eq!(world.inbox().len(), 2);
        assert_eq!(one.refused("approve", &["--request", id(&requests[1])]).code, "request_changed");
        two.verb("approve", &[]);
        two.await_turn_of("[[bash: touch two]]");
        assert!(made(&two, "two") && !made(&one, "one"));
        one.verb("deny", &[]);
        one.await_turn_of("[[bash: touch one]]");
    });
}
