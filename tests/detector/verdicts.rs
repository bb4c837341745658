//! What a verdict holds beside the status: details, open requests, the wish for a look, reasons.

use crate::scene::{BOX, Scene, T0, bash, box_under, permission_screen, word};
use chorus::agent::claude::failure;
use chorus::evidence::{ApiError, Process, TranscriptFact};
use chorus::status::{AgentStatus, Millis};
use serde_json::json;

#[test]
fn a_busy_agent_tells_of_its_work() {
    let running = Scene::turn().hook(
        11_000,
        "PreToolUse",
        json!({"tool_name": "Bash", "tool_input": bash("cargo test"), "tool_use_id": "a"}),
    );
    let detail = running.at(11_100).state.detail;
    assert_eq!((detail.tool.as_deref(), detail.summary.as_deref()), (Some("Bash"), Some("cargo test")));
    let subagent = Scene::turn().hook(
        12_000,
        "Stop",
        json!({"background_tasks": [{"id": "a", "type": "subagent", "status": "running"}]}),
    );
    assert_eq!(subagent.at(12_100).state.detail.background.as_deref(), Some("subagent"));
    let retrying = Scene::turn()
        .screen(20_000, &box_under("❯ go\n✻ 529 overloaded · retrying in 9s · attempt 6/10", "esc to interrupt"));
    let detail = retrying.at(21_000).state.detail;
    assert_eq!((detail.retry.as_deref(), detail.message.as_deref()), (Some("attempt 6/10"), Some("529 overloaded")));
    let over = retrying.hook(
        22_000,
        "PreToolUse",
        json!({"tool_name": "Read", "tool_input": {"file_path": "/a"}, "tool_use_id": "b"}),
    );
    assert_eq!(over.at(22_100).state.detail.retry, None, "a tool call ends the retries");
}

#[test]
fn a_busy_agent_has_its_prompt_and_when_it_was_last_heard_of_to_the_minute() {
    let minute = |at: Millis| (T0 + at) / 60_000 * 60_000;
    let prompt = |text: &str| json!({ "prompt": text });
    let turn = Scene::ready().file(10_000, "busy", None);
    let turn = turn.hook(10_100, "UserPromptSubmit", prompt("Add a\n\u{1b}[31mtest\u{202e} for it"));
    let detail = turn.at(11_000).state.detail;
    assert_eq!((detail.prompt.as_deref(), detail.heard_at), (Some("Add a ↵ test for it"), Some(minute(10_100))));
    let long = turn.hook(20_000, "UserPromptSubmit", prompt(&"é".repeat(500)));
    assert_eq!(long.at(20_100).state.detail.prompt.unwrap().chars().count(), 200);
    let call = json!({"tool_name": "Bash", "tool_input": bash("sleep 900"), "tool_use_id": "a"});
    let working = long.hook(190_000, "PreToolUse", call);
    assert_eq!(working.at(191_000).state.detail.heard_at, Some(minute(190_000)));
    assert_eq!(working.at(890_000).state.detail.heard_at, Some(minute(190_000)), "it says nothing since");
    let rests = working.hook(900_000, "Stop", json!({})).file(900_100, "idle", None);
    let detail = rests.at(901_000).state.detail;
    assert_eq!((detail.prompt, detail.heard_at), (None, None));
    let drawn = Scene::screen_only().alive(10).screen(5_000, &box_under("❯ go\n✻ Working… (5s)", "esc to interrupt"));
    assert_eq!(drawn.at(5_100).state.detail.heard_at, Some(minute(5_000)));
}

#[test]
fn the_spinner_has_the_words_of_the_task_at_work() {
    let drawn = |above: &str| {
        let screen = box_under(&format!("❯ go\n{above}"), "  Model: Opus 4.6  Ctx: 127.2k");
        word(&Scene::screen_only().alive(10).screen(5_000, &screen).at(5_100))
    };
    for above in [
        "✳ Simplifying recompute_tangents… (2m 18s · ↓ 4.8k tokens)\n  ⎿  ◻ Read the code",
        "✻ 修复登录… (12s · ↑ 302 tokens)",
        "· Misting…",
    ] {
        assert_eq!(drawn(above), "busy", "{above}");
    }
    for above in ["✻ Baked for 6s · done 6:32 AM", "● It goes on… as before\n  * one more… (maybe)"] {
        assert_eq!(drawn(above), "idle", "{above}");
    }
}

#[test]
fn a_quiet_agent_is_looked_at_for_retries() {
    let quiet = Scene::turn();
    assert!(!quiet.at(11_000).read_screen);
    assert_eq!(quiet.at(11_000).recheck_at, Some(T0 + 15_100), "five quiet seconds after the prompt");
    assert!(quiet.at(15_200).read_screen);
    let looked = quiet.screen(15_300, &box_under("❯ go\n✻ Whirring…", "esc to interrupt"));
    assert!(!looked.at(16_000).read_screen, "not again at once");
    assert!(looked.at(25_400).read_screen);
}

#[test]
fn an_idle_pane_is_not_read() {
    assert!(Scene::ready().at(1_300).read_screen, "once: it may say that nobody is logged in");
    let ready = Scene::ready().screen(1_300, &box_under("", "? for shortcuts"));
    assert!(!ready.at(60_000).read_screen);
    assert_eq!(ready.at(60_000).recheck_at, None);
    let login = Scene::ready().screen(1_300, &box_under("", "? for shortcuts    Not logged in · run /login"));
    assert_eq!(word(&login.at(60_000)), "login_required");
    let ended = Scene::turn().hook(12_000, "Stop", json!({})).file(12_030, "idle", None);
    assert!(!ended.at(60_000).read_screen);
    let interrupted = Scene::turn().file(12_000, "idle", None);
    assert!(!interrupted.at(12_100).read_screen, "the screen lags behind the file");
    assert!(interrupted.at(12_400).read_screen, "no hook told how the turn ended");
    let looked = interrupted.screen(12_400, &box_under("❯ go\n  ⎿  Interrupted", "? for shortcuts"));
    assert!(!looked.at(60_000).read_screen);
    assert_eq!(looked.at(60_000).recheck_at, None);
}

#[test]
fn the_screen_says_which_of_two_subagents_asks() {
    let ask = |scene: Scene, at: Millis, who: &str, command: &str| {
        scene.hook(at, "PermissionRequest", json!({"agent_id": who, "tool_name": "Bash", "tool_input": bash(command)}))
    };
    let both = ask(ask(Scene::turn(), 12_245, "b", "touch u2"), 12_246, "a", "touch u1").file(
        12_280,
        "waiting",
        Some("permission prompt"),
    );
    assert!(both.at(12_700).read_screen, "two are open and one is shown");
    assert_eq!(both.at(12_700).open_requests.len(), 2);
    let seen = both.screen(12_700, &permission_screen("touch u1"));
    assert_eq!(seen.at(12_800).state.detail.summary.as_deref(), Some("touch u1"));
    // Allowed: the file goes on waiting, for the other one. The main turn ends meanwhile.
    let answered = seen
        .hook(
            15_100,
            "PostToolUse",
            json!({"agent_id": "a", "tool_name": "Bash", "tool_input": bash("touch u1"), "tool_use_id": "x"}),
        )
        .hook(15_500, "UserPromptSubmit", json!({}))
        .hook(15_900, "Stop", json!({}));
    let verdict = answered.at(16_000);
    assert_eq!((word(&verdict).as_str(), verdict.open_requests.len()), ("waiting/permission", 1));
    assert_eq!(verdict.state.detail.summary.as_deref(), Some("touch u2"));
    let over = answered.file(17_400, "busy", None);
    assert!(over.at(17_450).open_requests.is_empty());
}

#[test]
fn a_request_is_open_exactly_while_it_can_be_answered() {
    let asked = Scene::turn().asks(11_000, "Bash", bash("x"));
    assert_eq!(asked.at(11_010).open_requests, ["PermissionRequest-11000"], "the file is about to follow");
    assert_eq!(word(&asked.at(11_010)), "busy");
    let waiting = asked.file(11_030, "waiting", Some("permission prompt"));
    assert_eq!(waiting.at(3_600_000).open_requests.len(), 1, "an open dialog waits for ever");
    let answered = waiting.file(14_000, "busy", None);
    assert!(answered.at(14_020).open_requests.is_empty());
    let next = answered.asks(17_000, "Bash", bash("y")).file(17_010, "waiting", Some("permission prompt"));
    assert_eq!(next.at(17_100).open_requests, ["PermissionRequest-17000"]);
    let denied = next.then(|evidence| evidence.close_request("PermissionRequest-17000"));
    assert!(denied.at(17_200).open_requests.is_empty());
    let late = Scene::turn().file(11_030, "waiting", Some("permission prompt")).file(12_000, "busy", None).asks(
        11_000,
        "Bash",
        bash("x"),
    );
    assert!(late.at(12_100).open_requests.is_empty(), "the hook came after its answer");
    let never = Scene::turn().asks(11_000, "Bash", bash("x"));
    assert!(never.at(13_100).open_requests.is_empty(), "another hook allowed it: no dialog came");
    let killed =
        Scene::turn().asks(11_000, "Bash", bash("x")).process(12_000, Process::Dead { code: None, signal: Some(9) });
    assert!(killed.at(12_010).open_requests.is_empty());
}

#[test]
fn a_queued_prompt_and_a_late_stop_close_no_request() {
    let asked = Scene::turn().asks(11_000, "Bash", bash("x")).file(11_030, "waiting", Some("permission prompt"));
    let later = asked.hook(11_200, "UserPromptSubmit", json!({})).hook(11_210, "Stop", json!({}));
    assert_eq!(later.at(11_300).open_requests, ["PermissionRequest-11000"]);
    let earlier = Scene::turn().hook(11_200, "UserPromptSubmit", json!({})).hook(11_210, "Stop", json!({}));
    let earlier = earlier.asks(11_000, "Bash", bash("x")).file(11_030, "waiting", Some("permission prompt"));
    assert_eq!(earlier.at(11_300).open_requests, ["PermissionRequest-11000"]);
    assert!(earlier.file(12_000, "busy", None).at(12_100).open_requests.is_empty());
}

#[test]
fn what_was_open_before_the_session_rested_stays_over() {
    // The hook comes after its answer, and another dialog opens later.
    let late = Scene::turn().file(11_030, "waiting", Some("permission prompt")).file(12_000, "busy", None);
    let late = late.asks(11_000, "Bash", bash("x")).file(15_000, "waiting", Some("dialog open"));
    assert!(late.at(15_100).open_requests.is_empty());
    // Esc in a tool call; `!ls` then starts a turn without a prompt.
    let call = json!({"tool_name": "Bash", "tool_input": bash("sleep 9"), "tool_use_id": "a"});
    let again = Scene::turn().hook(11_000, "PreToolUse", call).file(12_000, "idle", None).file(20_000, "busy", None);
    assert_eq!(again.at(20_100).state.detail.tool, None);
}

#[test]
fn a_prompt_box_drawn_by_others_is_not_taken_for_the_agents() {
    let shown = format!(
        "{BOX}  ? for shortcuts\n Do you want to proceed?\n ❯ 1. Yes\n   2. No\n\n Esc to cancel · Tab to amend"
    );
    let scene = Scene::screen_only().screen(1_000, &shown);
    assert_eq!(word(&scene.at(1_100)), "waiting/permission");
}

#[test]
fn hooks_out_of_order_or_twice_do_no_harm() {
    let closed_first = Scene::hooks_only().then(|evidence| evidence.close_request("PermissionRequest-11000")).asks(
        11_000,
        "Bash",
        bash("x"),
    );
    assert!(closed_first.at(11_100).open_requests.is_empty());
    let twice = Scene::hooks_only().hook(11_000, "PermissionRequest", json!({"tool_name": "Bash"})).hook(
        11_000,
        "PermissionRequest",
        json!({"tool_name": "Bash"}),
    );
    assert_eq!(twice.at(11_100).open_requests.len(), 1);
    let before_launch = Scene::claude().hook(-10, "UserPromptSubmit", json!({}));
    assert_eq!(word(&before_launch.at(100)), "starting");
    let strange = Scene::ready()
        .hook(2_000, "", json!({}))
        .hook(2_001, "PreToolUse", json!({"tool_name": {"a": 1}, "tool_input": [1], "tool_use_id": 7}))
        .hook(2_002, "NoSuchEvent", json!({"x": "y".repeat(100_000)}));
    assert_eq!(strange.at(2_100).state.status, AgentStatus::Idle);
}

#[test]
fn the_transcript_tells_errors_where_hooks_are_off() {
    let fact = |at, text: &str| TranscriptFact {
        at: T0 + at,
        error: Some(ApiError { at: T0 + at, text: text.into(), cause: failure::cause("", text) }),
        ..TranscriptFact::default()
    };
    let off = Scene::claude().alive(10).file(900, "idle", None).file(5_000, "busy", None).file(9_000, "idle", None);
    let off = off.then(|evidence| evidence.saw_transcript(fact(8_950, "API Error: 529 overloaded")));
    assert_eq!(word(&off.at(9_100)), "error/server");
    let again = off.file(20_000, "busy", None).file(21_000, "idle", None);
    assert_eq!(word(&again.at(21_100)), "idle");
}

#[test]
fn the_screen_tells_the_kind_where_hooks_are_off() {
    let off = Scene::claude().alive(10).file(900, "idle", None).file(5_000, "busy", None).file(
        9_000,
        "waiting",
        Some("permission prompt"),
    );
    assert!(!off.at(9_100).read_screen && off.at(9_400).read_screen);
    let plan = "▔▔▔▔▔▔▔▔▔▔▔▔▔▔\n   Exit plan mode?\n\n    Claude wants to exit plan mode\n\n    ❯ 1. Yes\n      2. No";
    let seen = off.screen(9_400, plan);
    let verdict = seen.at(9_500);
    assert_eq!((word(&verdict).as_str(), verdict.read_screen), ("waiting/plan", false));
    let early = Scene::claude().alive(10).file(9_000, "waiting", Some("permission prompt")).screen(9_100, plan);
    assert_eq!(word(&early.at(9_200)), "waiting/permission", "a capture so early may show what was before");
}

#[test]
fn a_verdict_explains_itself() {
    let verdict = Scene::turn()
        .asks(11_000, "Bash", bash("rm -rf build"))
        .file(11_030, "waiting", Some("permission prompt"))
        .at(11_100);
    assert_eq!(verdict.rule, "session file: waiting, permission prompt");
    assert_eq!(verdict.state.since, T0 + 11_030);
    let used: Vec<&str> = verdict.pieces.iter().filter(|piece| piece.used).map(|piece| piece.says.as_str()).collect();
    assert_eq!(used, ["waiting, permission prompt", "asked for Bash: rm -rf build"]);
    assert!(verdict.pieces.iter().any(|piece| piece.source == "process" && !piece.used));
    let unknown = Scene::ready().hook(40_000, "UserPromptSubmit", json!({})).at(46_000);
    assert_eq!(unknown.rule, "the session file says idle, newer hooks say busy");
    assert!(unknown.read_screen);
}
