//! The session's life: turns, interruptions, the queue, clear, resume, and every way to end.

use super::{ID, demo, on_each};
use crate::stage::{Stage, clients};
use chorus_testkit::files;
use serde_json::json;

#[test]
fn escape_fires_nothing_wherever_it_hits() {
    on_each(|stage| {
        stage.prompt("[[slow 50]]");
        stage.await_screen("the quick brown");
        stage.press_until("Escape", || stage.status() == "idle");
        stage.await_since("[[slow 50]]", &["UserPromptSubmit"], "idle");

        stage.prompt("[[bash: tail -f app.txt]]");
        stage.await_that("the tool", || stage.since("[[bash: tail -f app.txt]]").len() == 2);
        stage.press_until("Escape", || stage.status() == "idle");
        stage.await_since("[[bash: tail -f app.txt]]", &["UserPromptSubmit", "PreToolUse"], "idle");

        stage.prompt("[[ask]]");
        stage.await_status("waiting");
        stage.answer("Escape");
        stage.await_since("[[ask]]", &["UserPromptSubmit", "PreToolUse", "PermissionRequest"], "idle");
    });
}

#[test]
fn before_anything_is_said_escape_gives_the_prompt_back() {
    on_each(|stage| {
        stage.prompt("[[hang 50]]");
        stage.await_screen("esc to interrupt");
        stage.press_until("Escape", || stage.status() == "idle");
        stage.await_screen("❯\u{a0}[[hang 50]]");
        stage.press_until("C-c", || !stage.screen().contains("[[hang 50]]"));
    });
}

#[test]
fn prompts_wait_for_the_turn_and_then_make_one_together() {
    on_each(|stage| {
        stage.prompt("[[slow 4]]");
        stage.prompt("queued one");
        stage.prompt("queued [[say two]]");
        stage.await_hooks(|hooks| hooks.iter().filter(|hook| hook["hook_event_name"] == "Stop").count() == 2);
        assert_eq!(stage.last("Stop")["last_assistant_message"], "two");
        stage.await_status("idle");
        let submits = stage.hooks().iter().filter(|hook| hook["hook_event_name"] == "UserPromptSubmit").count();
        assert_eq!(submits, 3);
    });
}

#[test]
fn a_shell_line_is_a_turn_that_hooks_hear_only_the_end_of() {
    on_each(|stage| {
        stage.send("!echo shell line");
        stage.await_hooks(|hooks| hooks.iter().any(|hook| hook["hook_event_name"] == "Stop"));
        assert!(stage.hooks().iter().all(|hook| hook["hook_event_name"] != "UserPromptSubmit"));
        let shown = |line: &str| line.contains('⎿') && line.ends_with("shell line");
        stage.await_that("the output", || stage.screen().lines().any(shown));
    });
}

#[test]
fn a_background_shell_shows_and_its_end_is_a_turn() {
    on_each(|stage| {
        let gate = stage.path("gate").display().to_string();
        let prompt = format!("[[bashbg: until [ -e {gate} ]; do sleep 0.05; done]]");
        stage.prompt(&prompt);
        // Only the stand-in asks here: the client knows that this changes nothing.
        stage.await_that("the shell", || {
            if stage.status() == "waiting" {
                stage.answer("1");
            }
            stage.status() == "shell"
        });
        assert_eq!(stage.last("Stop")["background_tasks"][0]["type"], "shell");
        stage.await_screen("1 shell");
        std::fs::write(gate, "").unwrap();
        let told =
            |hook: &serde_json::Value| hook["prompt"].as_str().is_some_and(|p| p.starts_with("<task-notification>"));
        stage.await_hooks(|hooks| {
            hooks
                .iter()
                .position(told)
                .is_some_and(|at| hooks[at..].iter().any(|hook| hook["hook_event_name"] == "Stop"))
        });
        stage.await_status("idle");
    });
}

#[test]
fn a_subagent_keeps_the_session_busy_and_its_end_is_a_turn() {
    on_each(|stage| {
        stage.prompt("[[subagent: [[slow 4]]]]");
        stage.await_hooks(|hooks| hooks.iter().any(|hook| hook["hook_event_name"] == "Stop"));
        assert_eq!(stage.status(), "busy");
        assert_eq!(stage.last("Stop")["background_tasks"][0]["type"], "subagent");
        stage.await_hooks(|hooks| hooks.iter().any(|hook| hook["hook_event_name"] == "SubagentStop"));
        stage.await_hooks(|hooks| hooks.iter().filter(|hook| hook["hook_event_name"] == "Stop").count() == 2);
        stage.await_status("idle");
    });
}

#[test]
fn an_error_ends_the_turn_and_a_retry_may_mend_it() {
    on_each(|stage| {
        stage.prompt("[[error 400]]");
        stage.await_since("[[error 400]]", &["UserPromptSubmit", "StopFailure"], "idle");
        assert_eq!(stage.last("StopFailure")["error"], "unknown");
        // The scripted API counts failures by prompt, so this one is new to it.
        let prompt = format!("{} [[error 500 x2]]", stage.project().display());
        stage.prompt(&prompt);
        stage.await_screen("retrying in");
        assert_eq!(stage.status(), "busy");
        stage.await_since(&prompt, &["UserPromptSubmit", "Stop"], "idle");
        assert_eq!(stage.last("Stop")["last_assistant_message"], "Recovered after 2 failures.");
        stage.prompt("[[error 529]]");
        stage.await_since("[[error 529]]", &["UserPromptSubmit", "StopFailure"], "idle");
        assert_eq!(stage.last("StopFailure")["error"], "server_error");
    });
}

#[test]
fn clear_is_a_new_session_in_the_same_process() {
    on_each(|stage| {
        stage.prompt("[[say first]]");
        stage.await_since("[[say first]]", &["UserPromptSubmit", "Stop"], "idle");
        let before = stage.session();
        stage.send("/clear");
        stage.await_hooks(|hooks| hooks.iter().any(|hook| hook["source"] == "clear"));
        let after = ["UserPromptSubmit", "Stop", "SessionEnd", "SessionStart"];
        stage.await_since("[[say first]]", &after, "idle");
        let now = stage.session();
        assert_eq!(now["pid"], before["pid"]);
        assert_ne!(now["sessionId"], before["sessionId"]);
        assert_eq!(stage.last("SessionStart")["session_id"], now["sessionId"]);
        assert_eq!(
            (&stage.last("SessionEnd")["reason"], &stage.last("SessionEnd")["session_id"]),
            (&json!("clear"), &json!(ID))
        );
    });
}

#[test]
fn a_compaction_keeps_the_session() {
    on_each(|stage| {
        stage.prompt("[[say first]]");
        stage.await_since("[[say first]]", &["UserPromptSubmit", "Stop"], "idle");
        stage.send("/compact");
        stage.await_hooks(|hooks| hooks.iter().any(|hook| hook["hook_event_name"] == "PostCompact"));
        let expected =
            ["UserPromptSubmit", "Stop", "PreCompact", "SubagentStop", "SubagentStop", "SessionStart", "PostCompact"];
        stage.await_since("[[say first]]", &expected, "idle");
        assert_eq!(stage.last("SessionStart")["source"], "compact");
        assert_eq!(stage.session()["sessionId"], ID);
    });
}

#[test]
fn exit_and_signals_take_the_file_along_and_a_kill_leaves_it() {
    for client in clients() {
        for (how, reason) in
            [("/exit", "prompt_input_exit"), ("C-c", "prompt_input_exit"), ("TERM", "other"), ("HUP", "other")]
        {
            let stage = Stage::new(&client);
            stage.start(&["--session-id", ID]);
            match how {
                "/exit" => stage.send("/exit"),
                "C-c" => stage.press(&["C-c", "C-c"]),
                signal => stage.signal(signal),
            }
            stage.await_end();
            assert!(stage.session_now().is_none(), "{how}");
            assert_eq!(stage.last("SessionEnd")["reason"], reason, "{how}");
        }
        let stage = Stage::new(&client);
        stage.start(&["--session-id", ID]);
        stage.signal("KILL");
        stage.await_end();
        assert_eq!(stage.status(), "idle");
        assert_eq!(stage.last("SessionEnd"), json!(null));
    }
}

#[test]
fn a_conversation_is_resumed_and_ids_are_checked() {
    for client in clients() {
        let stage = Stage::new(&client);
        stage.start(&["--session-id", ID]);
        stage.prompt("[[say remember]]");
        stage.await_since("[[say remember]]", &["UserPromptSubmit", "Stop"], "idle");
        stage.send("/exit");
        stage.await_end();
        stage.start_in((80, 24), &["--resume", ID]);
        stage.await_hooks(|hooks| hooks.iter().any(|hook| hook["source"] == "resume"));
        stage.await_screen("● remember");
        stage.await_status("idle");
        assert_eq!(stage.session()["sessionId"], ID);

        let refused = |args: [&str; 2], error: &str| {
            let output = stage.program().args(args).output().unwrap();
            let text =
                format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
            assert_eq!(output.status.code(), Some(1), "{text}");
            assert!(text.contains(error), "{text}");
        };
        refused(["--session-id", "nope"], "Invalid session ID. Must be a valid UUID.");
        if matches!(client, crate::stage::Client::Demo) {
            refused(["--session-id", ID], &format!("Session ID {ID} is already in use."));
            let other = ID.replace('1', "9");
            refused(["--resume", &other], &format!("No conversation found with session ID: {other}"));
        }
    }
}

#[test]
fn a_suspended_agent_rests_until_it_is_continued() {
    on_each(|stage| {
        stage.press(&["C-z"]);
        stage.await_screen("is suspended. Run `fg` to bring it back.");
        stage.signal("CONT");
        let last = || stage.screen().trim_end().lines().last().unwrap_or_default().to_owned();
        stage.await_that("the box", || last().contains("manual mode on"));
        stage.prompt("[[say awake]]");
        stage.await_since("[[say awake]]", &["UserPromptSubmit", "Stop"], "idle");
    });
}

#[test]
fn context_is_in_the_request_once() {
    let stage = demo();
    let context =
        |text: &str| json!({"hookSpecificOutput": {"hookEventName": "SessionStart", "additionalContext": text}});
    let last_request = || files::lines(&stage.path("requests.jsonl")).pop().unwrap();
    stage.print("SessionStart", &context("CONTEXT-A"));
    stage.start(&["--session-id", ID]);
    for (word, more) in [("one", ""), ("two", "/compact")] {
        let prompt = format!("[[say {word}]]");
        stage.prompt(&prompt);
        stage.await_since(&prompt, &["UserPromptSubmit", "Stop"], "idle");
        assert_eq!(last_request().matches("CONTEXT-A").count(), 1);
        if !more.is_empty() {
            stage.print("SessionStart", &context("CONTEXT-B"));
            stage.send(more);
            stage.await_hooks(|hooks| hooks.iter().any(|hook| hook["hook_event_name"] == "PostCompact"));
            stage.await_status("idle");
        }
    }
    stage.prompt("[[say three]]");
    stage.await_since("[[say three]]", &["UserPromptSubmit", "Stop"], "idle");
    let request = last_request();
    assert_eq!((request.matches("CONTEXT-A").count(), request.matches("CONTEXT-B").count()), (0, 1));
}

#[test]
fn what_is_pasted_arrives_exactly() {
    on_each(|stage| {
        for (pasted, arrives) in [
            ("  tab\there\n", "  tab    here"),
            ("one\ntwo\nthree", "one\ntwo\nthree"),
            ("\u{1b}[31mred\u{1b}[0m é😀 \"quoted\";", "red é😀 \"quoted\";"),
            (&"x".repeat(700), &"x".repeat(700)),
        ] {
            std::fs::write(stage.path("paste"), pasted).unwrap();
            stage.tmux(&["load-buffer", "-b", "c", &stage.path("paste").display().to_string()]);
            stage.tmux(&["paste-buffer", "-p", "-r", "-d", "-b", "c", "-t", "a"]);
            let end: String = arrives.lines().last().unwrap().trim_start().chars().take(12).collect();
            stage.await_screen(&end);
            stage.press_until("Enter", || stage.last("UserPromptSubmit")["prompt"] == arrives);
            stage.await_that("rest", || {
                stage.since(arrives) == ["UserPromptSubmit", "Stop"] && stage.status() == "idle"
            });
        }
        let many = (1..=300).map(|n| format!("line {n}")).collect::<Vec<_>>().join("\n");
        std::fs::write(stage.path("paste"), &many).unwrap();
        stage.tmux(&["load-buffer", "-b", "c", &stage.path("paste").display().to_string()]);
        stage.tmux(&["paste-buffer", "-p", "-r", "-d", "-b", "c", "-t", "a"]);
        stage.await_screen("+299 lines]");
        stage.press_until("Enter", || {
            stage.status() == "busy" || stage.last("Stop")["last_assistant_message"] != json!(null)
        });
        stage.await_that("the paste", || {
            let prompt = stage.last("UserPromptSubmit")["prompt"].as_str().unwrap_or_default().to_owned();
            prompt.starts_with("\n\n<pasted_content id=\"") && prompt.contains(&format!("\n{many}\n</pasted_content"))
        });
    });
}
