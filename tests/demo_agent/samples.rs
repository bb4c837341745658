//! What hooks are told has the fields that the real client's recordings have, no more and no fewer.

use super::{ID, demo};
use crate::stage::{keys, sample};
use serde_json::Value;

/// The recording an event is to be held against.
fn recording(event: &Value) -> Option<String> {
    let name = event["hook_event_name"].as_str()?;
    let about = ["tool_name", "notification_type", "source", "reason", "error", "trigger"];
    let about = about.into_iter().find_map(|field| event[field].as_str());
    let subagent = event["agent_id"].is_string();
    Some(match (name, about) {
        ("PostToolBatch", _) if subagent => return None,
        ("UserPromptSubmit" | "PostCompact" | "PostToolBatch" | "SubagentStart", _) => name.to_owned(),
        ("PostToolUseFailure", _) => name.to_owned(),
        ("Stop", _) => "Stop".into(),
        ("SubagentStop", _) => "SubagentStop.general-purpose".into(),
        // No recording of its own; the tool's events differ in the input only.
        ("PostToolUse", Some("Edit")) => "PostToolUse.Write".into(),
        ("PreToolUse" | "PermissionRequest", Some("Bash")) if subagent => format!("{name}.Bash.in-subagent"),
        ("PostToolUse", Some("Bash")) if subagent => return None,
        (name, Some(about)) => format!("{name}.{about}"),
        (name, None) => name.to_owned(),
    })
}

/// The fields within which the recordings are held against ours, too.
const INNER: [&str; 3] = ["tool_input", "tool_response", "effort"];

#[test]
fn every_event_has_the_fields_of_its_recording() {
    let stage = demo();
    stage.start(&["--session-id", ID]);
    let play = |prompt: &str, answers: &[&str]| {
        let ends = |events: &[String]| events.iter().any(|event| event == "Stop" || event == "StopFailure");
        stage.prompt(prompt);
        for key in answers {
            stage.await_status("waiting");
            stage.answer(key);
        }
        stage.await_that("the end", || ends(&stage.since(prompt)) && stage.status() == "idle");
    };
    play("[[bash: false]]", &[]);
    play("[[bash: touch y]]", &["1"]);
    play("[[write new.txt]]", &["1"]);
    play("[[read app.txt]] [[edit app.txt]]", &["1"]);
    play("[[ask]]", &["1"]);
    play("[[error 400]]", &[]);
    play("[[error 529]]", &[]);
    stage.prompt("[[subagent: [[bash: touch sub]]]]");
    stage.await_status("waiting");
    stage.answer("1");
    stage.await_hooks(|hooks| hooks.iter().any(|hook| hook["hook_event_name"] == "SubagentStop"));
    stage.await_that("rest", || {
        let last = stage.last("UserPromptSubmit")["prompt"].as_str().unwrap_or_default().to_owned();
        last.starts_with("<task-notification>")
            && stage.since(&last).contains(&"Stop".into())
            && stage.status() == "idle"
    });
    stage.send("/compact");
    stage.await_hooks(|hooks| hooks.iter().any(|hook| hook["hook_event_name"] == "PostCompact"));
    stage.await_status("idle");
    stage.press_until("BTab", || stage.screen().contains("accept edits on"));
    stage.press_until("BTab", || stage.screen().contains("plan mode on"));
    play("[[planfile]] [[plan]]", &["2"]);
    stage.prompt("[[bash: touch unanswered]]");
    stage.await_that("the notice", || stage.since("[[bash: touch unanswered]]").contains(&"Notification".into()));
    stage.answer("Escape");
    stage.send("/clear");
    stage.await_hooks(|hooks| hooks.iter().any(|hook| hook["source"] == "clear"));
    play("[[say last]]", &[]);
    let id = stage.session()["sessionId"].as_str().unwrap().to_owned();
    stage.send("/exit");
    stage.await_end();
    stage.start_in((80, 24), &["--resume", &id]);
    stage.await_hooks(|hooks| hooks.iter().any(|hook| hook["source"] == "resume"));
    stage.signal("TERM");
    stage.await_end();

    let mut compared = std::collections::BTreeSet::new();
    for event in stage.hooks() {
        let Some(name) = recording(&event) else { continue };
        // A session that ends before its first prompt has no prompt to name.
        let bare = event["hook_event_name"] == "SessionEnd" && event["prompt_id"].is_null();
        // Compaction's helpers have the fields of any subagent.
        let recorded = sample(&name);
        let mut expected = keys(&recorded);
        expected.retain(|key| !(bare && key == "prompt_id"));
        assert_eq!(keys(&event), expected, "{name}");
        for field in INNER.into_iter().filter(|_| event["tool_name"] != "Edit") {
            assert_eq!(keys(&event[field]), keys(&recorded[field]), "{name} {field}");
        }
        compared.insert(name);
    }
    let recorded = std::fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/hooks")).unwrap();
    assert!(recorded.count() >= compared.len());
    for name in
        ["SessionStart.resume", "PermissionRequest.Bash.in-subagent", "PostToolUse.Agent", "StopFailure.server_error"]
    {
        assert!(compared.contains(name), "{name} was not compared: {compared:?}");
    }
    assert!(compared.len() >= 30, "{compared:?}");
}
