//! What the detector makes of every situation that was measured on the real client, piece by piece as they come in.

use crate::scene::{Scene, T0, TRUST, bash, box_under, permission_screen, word};
use chorus::evidence::{Evidence, Process};
use chorus::status::Millis;
use serde_json::json;

#[test]
#[rustfmt::skip]
fn every_situation() {
    let failure = |error: &str, text: &str| json!({"error": error, "last_assistant_message": text});
    let cases: Vec<(&str, Scene, Millis, &str)> = vec![
        ("nothing was launched", Scene(Evidence::default()), 0, "stopped"),
        ("just launched", Scene::claude(), 200, "starting"),
        ("the session began, no status yet", Scene::hooks_only(), 700, "starting"),
        ("launched long ago, never a sign", Scene::claude().alive(10), 21_000, "unknown"),
        ("the trust dialog", Scene::claude().alive(10).screen(900, TRUST), 1_000, "waiting/trust"),
        ("the trust dialog, an hour later", Scene::claude().alive(10).screen(3_600_000, TRUST), 3_600_500, "waiting/trust"),
        ("the prompt is free", Scene::ready(), 1_000, "idle"),
        ("still free after a day", Scene::ready(), 86_400_000, "idle"),
        ("a turn runs", Scene::turn(), 10_200, "busy"),
        ("a turn runs for two hours without a hook", Scene::turn(), 7_200_000, "busy"),
        ("the turn ended", Scene::turn().hook(12_000, "Stop", json!({"background_tasks": []})).file(12_030, "idle", None), 12_100, "idle"),
        // Esc fires no hook at all.
        ("Esc while streaming", Scene::turn().file(12_000, "idle", None), 12_100, "idle"),
        ("Esc while streaming, much later", Scene::turn().file(12_000, "idle", None), 500_000, "idle"),
        ("Esc while a tool runs", Scene::turn().hook(11_000, "PreToolUse", json!({"tool_name": "Bash", "tool_input": bash("sleep 9"), "tool_use_id": "a"})).file(12_000, "idle", None), 90_000, "idle"),
        ("Esc at a permission prompt", Scene::turn().asks(11_000, "Bash", bash("ls")).file(11_030, "waiting", Some("permission prompt")).file(13_000, "idle", None), 13_100, "idle"),
        ("Esc at a question", Scene::turn().asks(11_000, "AskUserQuestion", json!({})).file(11_030, "waiting", Some("input needed")).file(13_000, "idle", None), 13_100, "idle"),
        ("Esc at a plan", Scene::turn().asks(11_000, "ExitPlanMode", json!({"plan": "x"})).file(11_030, "waiting", Some("permission prompt")).file(13_000, "idle", None), 13_100, "idle"),
        // Dialogs.
        ("a permission prompt", Scene::turn().asks(11_000, "Bash", bash("touch x")).file(11_030, "waiting", Some("permission prompt")), 11_100, "waiting/permission"),
        ("a permission prompt, hook yet to come", Scene::turn().file(11_030, "waiting", Some("permission prompt")), 11_050, "waiting/permission"),
        ("a plan", Scene::turn().asks(11_000, "ExitPlanMode", json!({"plan": "x"})).file(11_030, "waiting", Some("permission prompt")), 11_100, "waiting/plan"),
        ("a question", Scene::turn().asks(11_000, "AskUserQuestion", json!({})).file(11_030, "waiting", Some("input needed")), 11_100, "waiting/question"),
        ("a question as 2.1.197 words it", Scene::turn().asks(11_000, "AskUserQuestion", json!({})).file(11_030, "waiting", Some("permission prompt")), 11_100, "waiting/question"),
        ("an elicitation, after its tool was allowed", Scene::turn().asks(11_000, "mcp__fake__elicit", json!({})).file(11_030, "waiting", Some("permission prompt")).file(12_000, "busy", None).file(12_500, "waiting", Some("input needed")), 12_600, "waiting/question"),
        ("a dialog that the person opened", Scene::ready().file(5_000, "waiting", Some("dialog open")), 5_100, "waiting/dialog"),
        ("the sandbox asks", Scene::turn().file(11_030, "waiting", Some("sandbox request")), 11_100, "waiting/permission"),
        ("waiting for something new", Scene::turn().file(11_030, "waiting", Some("a miracle")), 11_100, "waiting"),
        ("allowed: the tool runs, nothing fires", Scene::turn().asks(11_000, "Bash", bash("x")).file(11_030, "waiting", Some("permission prompt")).file(14_000, "busy", None), 14_050, "busy"),
        // Background work.
        ("a background shell runs", Scene::turn().hook(12_000, "Stop", json!({"background_tasks": [{"type": "shell", "status": "running"}]})).file(12_030, "shell", None), 12_100, "idle"),
        ("a background subagent runs", Scene::turn().hook(11_000, "SubagentStart", json!({"agent_id": "a"})).hook(12_000, "Stop", json!({"background_tasks": [{"id": "a", "type": "subagent", "status": "running"}]})), 12_100, "busy"),
        // Errors.
        ("retries, minutes long", Scene::turn().screen(20_000, &box_under("❯ go\n✻ 529 overloaded · retrying in 9s · attempt 6/10", "esc to interrupt")), 21_000, "busy"),
        ("rate limit", Scene::turn().file(12_000, "idle", None).hook(12_030, "StopFailure", failure("rate_limit", "API Error: Request rejected (429)")), 12_100, "error/rate_limit"),
        ("server error, hook before file", Scene::turn().hook(12_000, "StopFailure", failure("server_error", "API Error: 500")).file(12_030, "idle", None), 12_100, "error/server"),
        ("the API refuses the request", Scene::turn().file(12_000, "idle", None).hook(12_030, "StopFailure", failure("unknown", "API Error: 400 bad")), 12_100, "error/request"),
        ("not logged in", Scene::turn().file(12_000, "idle", None).hook(12_030, "StopFailure", failure("authentication_failed", "Please run /login · API Error: 401")), 12_100, "login_required"),
        ("error, then a new prompt", Scene::turn().file(12_000, "idle", None).hook(12_030, "StopFailure", failure("server_error", "x")).file(20_000, "busy", None).hook(20_100, "UserPromptSubmit", json!({})), 20_200, "busy"),
        ("error, a new prompt, Esc", Scene::turn().file(12_000, "idle", None).hook(12_030, "StopFailure", failure("server_error", "x")).file(20_000, "busy", None).hook(20_100, "UserPromptSubmit", json!({})).file(21_000, "idle", None), 21_100, "idle"),
        ("error, then `!ls`, which fires no UserPromptSubmit", Scene::turn().file(12_000, "idle", None).hook(12_030, "StopFailure", failure("server_error", "x")).file(20_000, "busy", None).file(21_000, "idle", None), 21_100, "idle"),
        ("error, then /clear", Scene::turn().file(12_000, "idle", None).hook(12_030, "StopFailure", failure("server_error", "x")).hook(20_000, "SessionEnd", json!({"reason": "clear"})).hook(20_100, "SessionStart", json!({"source": "clear"})), 20_200, "idle"),
        ("login, then success", Scene::turn().file(12_000, "idle", None).hook(12_030, "StopFailure", failure("authentication_failed", "x")).hook(30_000, "Notification", json!({"notification_type": "auth_success"})), 30_100, "idle"),
        ("an error on the screen of an agent whose hooks are off", Scene::claude().alive(10).file(900, "idle", None).file(5_000, "busy", None).file(6_000, "idle", None).screen(6_400, &box_under("❯ go\n● API Error: 500 x", "? for shortcuts")), 6_500, "error/server"),
        ("words like an error, but the turn ended well", Scene::turn().hook(12_000, "Stop", json!({})).file(12_030, "idle", None).screen(12_400, &box_under("❯ go\n● API Error: 500 x", "? for shortcuts")), 12_500, "idle"),
        ("error, the next turn's end was not told", Scene::turn().file(12_000, "idle", None).hook(12_030, "StopFailure", failure("server_error", "x")).file(30_000, "idle", None).screen(30_400, &box_under("❯ go\n● Done.", "? for shortcuts")), 30_500, "idle"),
        ("error, a dialog opened and closed", Scene::turn().file(12_000, "idle", None).hook(12_030, "StopFailure", failure("server_error", "x")).file(30_000, "idle", None), 30_500, "error/server"),
        ("error, a dialog opened and closed, looked at", Scene::turn().file(12_000, "idle", None).hook(12_030, "StopFailure", failure("server_error", "x")).file(30_000, "idle", None).screen(30_400, &box_under("❯ go\n● API Error: 500 x", "? for shortcuts")), 30_500, "error/server"),
        ("a failure that was not told, after a turn that ended well", Scene::turn().hook(12_000, "Stop", json!({})).file(12_030, "idle", None).file(30_000, "idle", None).screen(30_400, &box_under("❯ go\n● API Error: 400 x", "? for shortcuts")), 30_500, "error/request"),
        ("a question that was not told, with an old request about", Scene::turn().asks(11_000, "Bash", bash("x")).file(20_000, "waiting", Some("permission prompt")).screen(20_400, "──────────────────────\n Which one?\n\n ❯ 1. Red\n   2. Type something."), 20_500, "waiting/question"),
        // Conversations come and go within one process.
        ("/clear while a request was stale", Scene::turn().asks(11_000, "Bash", bash("x")).file(12_000, "idle", None).hook(13_000, "SessionEnd", json!({"reason": "clear"})).hook(13_100, "SessionStart", json!({"source": "clear"})), 13_200, "idle"),
        ("compaction", Scene::ready().file(10_000, "busy", None).hook(10_700, "SubagentStop", json!({"agent_id": "z", "agent_type": ""})).hook(10_900, "SessionStart", json!({"source": "compact"})), 11_000, "busy"),
        // The end.
        ("/exit, the pane dies", Scene::ready().then(|evidence| evidence.session_removed(T0 + 30_000)).hook(30_030, "SessionEnd", json!({"reason": "prompt_input_exit"})).process(30_200, Process::Dead { code: Some(0), signal: None }), 30_250, "exited/code"),
        ("/exit, tmux yet to tell", Scene::ready().then(|evidence| evidence.session_removed(T0 + 30_000)), 36_000, "exited"),
        ("/exit behind a wrapper", Scene::ready().then(|evidence| evidence.session_removed(T0 + 30_000)).then(|evidence| evidence.session_died(T0 + 30_100)), 30_200, "exited"),
        ("/tui begins anew in the same process", Scene::ready().then(|evidence| evidence.session_removed(T0 + 30_000)), 32_000, "idle"),
        ("a file replaced: gone for a moment only", Scene::turn().then(|evidence| evidence.session_removed(T0 + 11_000)), 11_100, "busy"),
        ("a file replaced, and back", Scene::turn().then(|evidence| evidence.session_removed(T0 + 11_000)).file(11_050, "busy", None), 15_000, "busy"),
        ("/exit back to a shell", Scene::ready().then(|evidence| evidence.session_removed(T0 + 30_000)).process(30_300, Process::Alive { command: Some("bash".into()), suspended: false }), 31_000, "exited"),
        ("SIGKILL in a turn", Scene::turn().process(15_000, Process::Dead { code: None, signal: Some(9) }), 15_010, "exited/signal"),
        ("SIGKILL, the file is stale", Scene::turn().then(|evidence| evidence.session_died(T0 + 15_000)), 15_010, "exited"),
        ("failed to start", Scene::claude().process(700, Process::Dead { code: Some(1), signal: None }), 750, "exited/code"),
        ("killed at a permission prompt", Scene::turn().asks(11_000, "Bash", bash("x")).file(11_030, "waiting", Some("permission prompt")).process(12_000, Process::Dead { code: None, signal: Some(15) }), 12_010, "exited/signal"),
        ("Ctrl-Z in a turn", Scene::turn().process(15_000, Process::Alive { command: Some("claude".into()), suspended: true }), 15_010, "exited/suspended"),
        ("continued", Scene::turn().process(15_000, Process::Alive { command: Some("claude".into()), suspended: true }).alive(20_000), 20_010, "busy"),
        ("the tmux server is gone", Scene::turn().process(15_000, Process::Gone), 15_010, "exited/lost"),
        ("tmux does not answer, the session file does", Scene::turn().then(|evidence| evidence.tmux_silent(T0 + 12_000)), 90_000, "busy"),
        ("tmux does not answer, nothing else is known", Scene::claude().alive(10).screen(900, TRUST).then(|evidence| evidence.tmux_silent(T0 + 5_000)), 16_000, "unknown"),
        ("tmux did not answer for a moment", Scene::claude().alive(10).screen(900, TRUST).then(|evidence| evidence.tmux_silent(T0 + 5_000)), 9_000, "waiting/trust"),
        ("a death before the launch is another's", Scene::claude().process(-50, Process::Dead { code: Some(0), signal: None }), 100, "starting"),
        // Session files that cannot be followed.
        ("an unknown word in the file, hooks know", Scene::turn().file(10_500, "dreaming", None), 11_000, "busy"),
        ("the file stands still, hooks go on", Scene::ready().hook(40_000, "UserPromptSubmit", json!({})), 46_000, "unknown"),
        ("the file stands still, hook and screen go on", Scene::ready().hook(40_000, "UserPromptSubmit", json!({})).screen(45_100, &box_under("❯ go", "esc to interrupt")), 46_000, "busy"),
        ("the file is about to follow", Scene::ready().hook(40_000, "UserPromptSubmit", json!({})), 40_100, "idle"),
        // Hooks alone.
        ("hooks: a turn", Scene::hooks_only().hook(10_000, "UserPromptSubmit", json!({})), 10_100, "busy"),
        ("hooks: a request", Scene::hooks_only().hook(10_000, "UserPromptSubmit", json!({})).asks(11_000, "Bash", bash("x")), 11_100, "waiting/permission"),
        ("hooks: allowed and done", Scene::hooks_only().hook(10_000, "UserPromptSubmit", json!({})).asks(11_000, "Bash", bash("x")).hook(13_000, "PostToolUse", json!({"tool_name": "Bash", "tool_input": bash("x"), "tool_use_id": "use-11000"})), 13_100, "busy"),
        ("hooks: the turn ended", Scene::hooks_only().hook(10_000, "UserPromptSubmit", json!({})).hook(12_000, "Stop", json!({})), 12_100, "idle"),
        ("hooks: ended with a subagent behind", Scene::hooks_only().hook(10_000, "UserPromptSubmit", json!({})).hook(12_000, "Stop", json!({"background_tasks": [{"id": "a", "type": "subagent", "status": "running"}]})), 12_100, "busy"),
        ("hooks: a late event of the turn before", Scene::hooks_only().hook(12_000, "Stop", json!({})).hook(10_000, "UserPromptSubmit", json!({})), 12_100, "idle"),
        ("hooks: busy, too long ago to believe", Scene::hooks_only().hook(10_000, "UserPromptSubmit", json!({})), 71_000, "unknown"),
        ("hooks: Esc at a request, the screen knows", Scene::hooks_only().asks(11_000, "Bash", bash("x")).screen(15_000, &box_under("❯ go\n  ⎿  Interrupted", "? for shortcuts")), 15_100, "idle"),
        ("hooks: a request, the screen agrees after an hour", Scene::hooks_only().asks(11_000, "Bash", bash("touch x")).screen(3_600_000, &permission_screen("touch x")), 3_600_100, "waiting/permission"),
        ("hooks: Chorus pressed Esc", Scene::hooks_only().hook(10_000, "UserPromptSubmit", json!({})).then(|evidence| evidence.interrupted(Some(T0 + 12_000))), 12_100, "unknown"),
        ("hooks: an error", Scene::hooks_only().hook(10_000, "UserPromptSubmit", json!({})).hook(12_000, "StopFailure", failure("rate_limit", "x")), 500_000, "error/rate_limit"),
        ("hooks: goodbye", Scene::hooks_only().hook(12_000, "SessionEnd", json!({"reason": "other"})), 13_100, "exited"),
        ("hooks: /clear is no goodbye", Scene::hooks_only().hook(12_000, "SessionEnd", json!({"reason": "clear"})).hook(12_100, "SessionStart", json!({"source": "clear"})), 13_200, "idle"),
        // The screen alone.
        ("screen: idle, undisturbed for a day", Scene::screen_only().alive(10).screen(900, &box_under("", "? for shortcuts")), 86_400_000, "idle"),
        ("screen: idle, written to since, not read", Scene::screen_only().alive(10).screen(900, &box_under("", "? for shortcuts")).then(|evidence| evidence.screen_disturbed(T0 + 30_000)), 41_000, "unknown"),
        ("screen: busy, not read again", Scene::screen_only().alive(10).screen(900, &box_under("", "esc to interrupt")), 30_000, "unknown"),
        ("screen: no rule, changing at its start", Scene::screen_only().alive(10).screen(3_000, "loading"), 3_100, "starting"),
        ("screen: no rule, changing after it took prompts", Scene::screen_only().alive(10).screen(2_000, &box_under("", "? for shortcuts")).screen(3_000, "compiling"), 3_100, "busy"),
        ("screen: no rule, changing", Scene::screen_only().alive(10).screen(30_000, "compiling"), 31_000, "busy"),
        ("screen: no rule, still", Scene::screen_only().alive(10).screen(30_000, "compiling"), 34_000, "unknown"),
        ("screen: Claude shows what no rule knows", Scene::claude().alive(10).screen(30_000, "something else"), 31_000, "unknown"),
    ];
    let wrong: Vec<String> = cases
        .iter()
        .filter_map(|(name, scene, now, expected)| {
            let verdict = scene.at(*now);
            (word(&verdict) != *expected)
                .then(|| format!("{name}: {} by `{}`, not {expected}", word(&verdict), verdict.rule))
        })
        .collect();
    assert!(wrong.is_empty(), "{} of {} wrong:\n{}", wrong.len(), cases.len(), wrong.join("\n"));
}
