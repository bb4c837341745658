//! Permission, questions and plans: the dialog and the hook, and whoever answers first.

use super::{ID, on_each};
use crate::stage::{Stage, clients};
use serde_json::json;

const ASKED: [&str; 3] = ["UserPromptSubmit", "PreToolUse", "PermissionRequest"];

fn asked_and(more: &[&'static str]) -> Vec<&'static str> {
    [&ASKED, more].concat()
}

#[test]
fn a_hook_allows() {
    on_each(|stage| {
        stage.hold();
        stage.prompt("[[bash: touch made]]");
        stage.await_status("waiting");
        assert_eq!(stage.session()["waitingFor"], "permission prompt");
        stage.release(&json!({"behavior": "allow"}));
        stage.await_since("[[bash: touch made]]", &asked_and(&["PostToolUse", "Stop"]), "idle");
        assert!(stage.project().join("made").exists());
        stage.await_screen("Allowed by PermissionRequest hook");
    });
}

#[test]
fn a_hook_changes_the_input_and_the_rules() {
    on_each(|stage| {
        stage.hold();
        let prompt = "[[bash: touch one]] [[bash: touch two]]";
        stage.prompt(prompt);
        stage.await_status("waiting");
        let rules = json!([{"toolName": "Bash", "ruleContent": "touch *"}]);
        let update = json!({"type": "addRules", "rules": rules, "behavior": "allow", "destination": "session"});
        let input = json!({"command": "touch other", "description": "x"});
        stage.release(&json!({"behavior": "allow", "updatedInput": input, "updatedPermissions": [update]}));
        let more = ["PostToolUse", "PreToolUse", "PostToolUse", "Stop"];
        stage.await_since(prompt, &asked_and(&more), "idle");
        let there = |name: &str| stage.project().join(name).exists();
        assert_eq!([there("one"), there("other"), there("two")], [false, true, true]);
    });
}

#[test]
fn a_hook_denies_and_the_turn_goes_on() {
    on_each(|stage| {
        stage.hold();
        stage.prompt("[[bash: touch made]] [[say more]]");
        stage.await_status("waiting");
        stage.release(&json!({"behavior": "deny", "message": "not today"}));
        stage.await_since("[[bash: touch made]] [[say more]]", &asked_and(&["Stop"]), "idle");
        assert_eq!(stage.last("Stop")["last_assistant_message"], "more");
        assert!(!stage.project().join("made").exists());
        stage.await_screen("not today");
    });
}

#[test]
fn a_hook_denies_and_interrupts() {
    on_each(|stage| {
        stage.hold();
        stage.prompt("[[bash: touch made]] [[say more]]");
        stage.await_status("waiting");
        stage.release(&json!({"behavior": "deny", "message": "no", "interrupt": true}));
        stage.await_since("[[bash: touch made]] [[say more]]", &ASKED, "idle");
    });
}

#[test]
fn the_person_is_first_and_a_late_interrupt_hits_what_runs_then() {
    on_each(|stage| {
        stage.hold();
        stage.prompt("[[bash: touch made]] [[slow 50]]");
        stage.await_status("waiting");
        stage.answer("1");
        stage.await_that("the file", || stage.project().join("made").exists());
        stage.await_screen("the quick brown fox");
        assert_eq!(stage.status(), "busy");
        stage.release(&json!({"behavior": "deny", "message": "late", "interrupt": true}));
        stage.await_since("[[bash: touch made]] [[slow 50]]", &asked_and(&["PostToolUse"]), "idle");
    });
}

#[test]
fn escape_and_no_end_the_hook_and_the_turn_and_tell_nobody() {
    on_each(|stage| {
        stage.hold();
        // "No" is the fourth option here.
        for key in ["Escape", "4"] {
            stage.prompt("[[bash: touch made]]");
            stage.await_status("waiting");
            stage.answer(key);
            stage.await_since("[[bash: touch made]]", &asked_and(&["Killed"]), "idle");
        }
        assert!(!stage.project().join("made").exists());
    });
}

#[test]
fn a_question_is_answered_from_outside_or_by_keys_and_needs_an_answer() {
    on_each(|stage| {
        stage.hold();
        stage.prompt("[[ask]]");
        let mut input = stage.await_request()["tool_input"].clone();
        assert_eq!(stage.session()["waitingFor"], "input needed");
        input["answers"] = json!({"Which colour should the button be?": "Blue"});
        stage.release(&json!({"behavior": "allow", "updatedInput": input}));
        stage.await_since("[[ask]]", &asked_and(&["PostToolUse", "Stop"]), "idle");
        let answered = stage.last("PostToolUse")["tool_response"]["answers"].clone();
        assert_eq!(answered["Which colour should the button be?"], "Blue");

        stage.hold();
        stage.prompt("[[ask2]]");
        stage.await_status("waiting");
        stage.await_screen("Which colour");
        stage.release(&json!({"behavior": "allow"}));
        stage.press_until("2", || stage.screen().contains("Which platforms"));
        stage.press_until("3", || stage.screen().contains("[✔] Windows"));
        stage.press_until("Tab", || stage.screen().contains("Review your answers"));
        stage.answer("1");
        stage.await_since("[[ask2]]", &asked_and(&["PostToolUse", "Stop"]), "idle");
        let answered = stage.last("PostToolUse")["tool_response"]["answers"].clone();
        assert_eq!(answered["Which platforms do we support?"], "Windows");
        assert_eq!(answered["Which colour should the button be?"], "Blue");
    });
}

#[test]
fn a_plan_is_not_approved_by_a_bare_allow_but_with_its_input() {
    for client in clients() {
        let stage = Stage::new(&client);
        stage.start(&["--session-id", ID, "--permission-mode", "plan"]);
        stage.hold();
        stage.prompt("[[planfile]] [[plan]]");
        let request = stage.await_request();
        assert_eq!((&request["tool_name"], &request["permission_mode"]), (&json!("ExitPlanMode"), &json!("plan")));
        stage.release(&json!({"behavior": "allow"}));
        // Still the person's to answer; the second option leaves plan mode and goes on asking.
        stage.answer("2");
        stage.await_hooks(|hooks| hooks.iter().any(|hook| hook["hook_event_name"] == "Stop"));
        assert_eq!(stage.last("Stop")["permission_mode"], "default");
    }
    for client in clients() {
        let stage = Stage::new(&client);
        stage.start(&["--session-id", ID, "--permission-mode", "plan"]);
        stage.hold();
        stage.prompt("[[planfile]] [[plan]]");
        let plan = stage.await_request()["tool_input"]["plan"].clone();
        stage.release(&json!({"behavior": "allow", "updatedInput": {"plan": plan}}));
        stage.await_hooks(|hooks| hooks.iter().any(|hook| hook["hook_event_name"] == "Stop"));
        assert_eq!(stage.last("Stop")["permission_mode"], "default");
    }
}

#[test]
fn a_guard_before_the_tool_denies_without_a_dialog() {
    on_each(|stage| {
        let deny = json!({"hookEventName": "PreToolUse", "permissionDecision": "deny",
            "permissionDecisionReason": "guarded"});
        stage.print("PreToolUse", &json!({"hookSpecificOutput": deny}));
        stage.prompt("[[bash: touch made]] [[say after]]");
        stage.await_since("[[bash: touch made]] [[say after]]", &["UserPromptSubmit", "PreToolUse", "Stop"], "idle");
        assert!(!stage.project().join("made").exists());
        stage.await_screen("guarded");
    });
}

#[test]
fn a_no_with_a_reason_lets_the_turn_go_on() {
    on_each(|stage| {
        stage.prompt("[[bash: touch made]] [[say after]]");
        stage.await_status("waiting");
        stage.press_until("Down", || stage.screen().contains("❯ 4. No"));
        stage.press_until("Tab", || stage.screen().contains("No, and tell"));
        stage.type_text("use mkdir");
        stage.await_screen("No, use mkdir");
        stage.press(&["Enter"]);
        stage.await_since("[[bash: touch made]] [[say after]]", &asked_and(&["Stop"]), "idle");
    });
}

#[test]
fn a_hook_that_leaves_a_process_with_its_output_open_decides_nothing() {
    on_each(|stage| {
        std::fs::write(stage.path("linger"), "").unwrap();
        stage.hold();
        stage.prompt("[[bash: touch made]]");
        stage.await_status("waiting");
        stage.release(&json!({"behavior": "allow"}));
        stage.await_that("the hook's end", || stage.path("lingers").exists());
        // Six seconds without an answer are proof that the decision was not taken.
        stage.await_since("[[bash: touch made]]", &asked_and(&["Notification"]), "waiting");
        stage.answer("Escape");
    });
}

#[test]
fn nobody_answers_and_hooks_are_told() {
    on_each(|stage| {
        stage.prompt("[[bash: touch made]]");
        stage.await_since("[[bash: touch made]]", &asked_and(&["Notification"]), "waiting");
        assert_eq!(stage.last("Notification")["notification_type"], "permission_prompt");
        stage.answer("Escape");
    });
}

#[test]
fn always_for_edits_stops_the_asking() {
    on_each(|stage| {
        stage.prompt("[[write new.txt]] [[write newer.txt]]");
        stage.await_status("waiting");
        stage.answer("2");
        let more = ["PostToolUse", "PreToolUse", "PostToolUse", "Stop"];
        stage.await_since("[[write new.txt]] [[write newer.txt]]", &asked_and(&more), "idle");
        assert_eq!(stage.last("Stop")["permission_mode"], "acceptEdits");
    });
}
