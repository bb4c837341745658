//! What the detector makes of every situation that was measured on the real client, piece by piece as they come in.

use chorus::detector::rules::Rules;
use chorus::detector::screen::{Beside, classify};
use chorus::detector::{Verdict, detect};
use chorus::evidence::session_file::parse;
use chorus::evidence::{ApiError, Evidence, Gives, Process, TranscriptFact};
use chorus::status::{AgentStatus, Millis};
use serde_json::{Value, json};

/// The launch; every time in a scene is counted from it, in milliseconds.
const T0: Millis = 1_795_159_000_000;

struct Scene(Evidence);

impl Scene {
    /// Claude Code: a session file and hooks.
    fn claude() -> Scene {
        Scene(Evidence::launched(Gives { session_file: true, hooks: true }, T0))
    }

    /// An agent that gives nothing but a screen.
    fn screen_only() -> Scene {
        Scene(Evidence::launched(Gives::default(), T0))
    }

    /// Started and at its prompt.
    fn ready() -> Scene {
        Scene::claude().alive(10).hook(600, "SessionStart", json!({"source": "startup"})).file(900, "idle", None)
    }

    /// A turn runs since 10 000.
    fn turn() -> Scene {
        Scene::ready().file(10_000, "busy", None).hook(10_100, "UserPromptSubmit", json!({}))
    }

    /// As `ready`, and no session file ever.
    fn hooks_only() -> Scene {
        Scene::claude().alive(10).hook(600, "SessionStart", json!({"source": "startup"}))
    }

    fn alive(mut self, at: Millis) -> Scene {
        self.0.saw_process(Process::Alive { command: Some("claude".into()), suspended: false }, T0 + at);
        self
    }

    fn process(mut self, at: Millis, process: Process) -> Scene {
        self.0.saw_process(process, T0 + at);
        self
    }

    fn file(mut self, at: Millis, status: &str, waiting_for: Option<&str>) -> Scene {
        let at = T0 + at;
        let text = json!({"pid": 7, "procStart": "1", "status": status, "waitingFor": waiting_for,
            "updatedAt": at, "statusUpdatedAt": at});
        self.0.saw_session(parse(text.to_string().as_bytes()).unwrap(), true, at + 15);
        self
    }

    fn hook(mut self, at: Millis, name: &str, fields: Value) -> Scene {
        let mut event = fields;
        event["hook_event_name"] = json!(name);
        self.0.saw_hook(&event, &format!("{name}-{at}"), T0 + at);
        self
    }

    fn asks(self, at: Millis, tool: &str, input: Value) -> Scene {
        let called = self.hook(
            at - 50,
            "PreToolUse",
            json!({"tool_name": tool, "tool_input": input, "tool_use_id": format!("use-{at}")}),
        );
        called.hook(at, "PermissionRequest", json!({"tool_name": tool, "tool_input": input}))
    }

    fn screen(mut self, at: Millis, text: &str) -> Scene {
        let rules = Rules::for_agent("claude", None).unwrap();
        self.0.saw_screen(classify(&rules, text, Beside::default()), (80, 24), true, T0 + at);
        self
    }

    fn then(mut self, change: impl FnOnce(&mut Evidence)) -> Scene {
        change(&mut self.0);
        self
    }

    fn at(&self, now: Millis) -> Verdict {
        detect(&self.0, T0 + now)
    }
}

const BOX: &str = "──────────────────────\n❯ \n──────────────────────\n";

fn box_under(above: &str, footer: &str) -> String {
    format!("{above}\n{BOX}  {footer}")
}

fn permission_screen(command: &str) -> String {
    format!(
        "──────────────────────\n Bash command\n╌╌╌╌╌╌\n {command}\n╌╌╌╌╌╌\n Do you want to proceed?\n ❯ 1. Yes\n   2. No\n\n Esc to cancel · Tab to amend"
    )
}

const TRUST: &str = "──────────────────────\n Accessing workspace:\n /tmp/x\n\n Is this a project you created or one you trust?\n\n ❯ No, exit\n   Yes, I trust this folder\n\n Enter to confirm · Esc to cancel";

fn bash(command: &str) -> Value {
    json!({"command": command})
}

/// `waiting/permission`, `idle`, …
fn word(verdict: &Verdict) -> String {
    let name = |value: Value| value.as_str().unwrap_or_default().to_owned();
    let status = name(serde_json::to_value(verdict.state.status).unwrap());
    let kind = verdict.state.kind.map(|kind| format!("/{}", name(serde_json::to_value(kind).unwrap())));
    status + &kind.unwrap_or_default()
}

#[test]
fn every_situation() {
    let failure = |error: &str, text: &str| json!({"error": error, "last_assistant_message": text});
    let cases: Vec<(&str, Scene, Millis, &str)> = vec![
        ("nothing was launched", Scene(Evidence::default()), 0, "stopped"),
        ("just launched", Scene::claude(), 200, "starting"),
        ("the session began, no status yet", Scene::hooks_only(), 700, "starting"),
        ("launched long ago, never a sign", Scene::claude().alive(10), 21_000, "unknown"),
        ("the trust dialog", Scene::claude().alive(10).screen(900, TRUST), 1_000, "waiting/trust"),
        (
            "the trust dialog, an hour later",
            Scene::claude().alive(10).screen(3_600_000, TRUST),
            3_600_500,
            "waiting/trust",
        ),
        ("the prompt is free", Scene::ready(), 1_000, "idle"),
        ("still free after a day", Scene::ready(), 86_400_000, "idle"),
        ("a turn runs", Scene::turn(), 10_200, "busy"),
        ("a turn runs for two hours without a hook", Scene::turn(), 7_200_000, "busy"),
        (
            "the turn ended",
            Scene::turn().hook(12_000, "Stop", json!({"background_tasks": []})).file(12_030, "idle", None),
            12_100,
            "idle",
        ),
        // Esc fires no hook at all.
        ("Esc while streaming", Scene::turn().file(12_000, "idle", None), 12_100, "idle"),
        ("Esc while streaming, much later", Scene::turn().file(12_000, "idle", None), 500_000, "idle"),
        (
            "Esc while a tool runs",
            Scene::turn()
                .hook(
                    11_000,
                    "PreToolUse",
                    json!({"tool_name": "Bash", "tool_input": bash("sleep 9"), "tool_use_id": "a"}),
                )
                .file(12_000, "idle", None),
            90_000,
            "idle",
        ),
        (
            "Esc at a permission prompt",
            Scene::turn()
                .asks(11_000, "Bash", bash("ls"))
                .file(11_030, "waiting", Some("permission prompt"))
                .file(13_000, "idle", None),
            13_100,
            "idle",
        ),
        (
            "Esc at a question",
            Scene::turn()
                .asks(11_000, "AskUserQuestion", json!({}))
                .file(11_030, "waiting", Some("input needed"))
                .file(13_000, "idle", None),
            13_100,
            "idle",
        ),
        (
            "Esc at a plan",
            Scene::turn()
                .asks(11_000, "ExitPlanMode", json!({"plan": "x"}))
                .file(11_030, "waiting", Some("permission prompt"))
                .file(13_000, "idle", None),
            13_100,
            "idle",
        ),
        // Dialogs.
        (
            "a permission prompt",
            Scene::turn().asks(11_000, "Bash", bash("touch x")).file(11_030, "waiting", Some("permission prompt")),
            11_100,
            "waiting/permission",
        ),
        (
            "a permission prompt, hook yet to come",
            Scene::turn().file(11_030, "waiting", Some("permission prompt")),
            11_050,
            "waiting/permission",
        ),
        (
            "a plan",
            Scene::turn().asks(11_000, "ExitPlanMode", json!({"plan": "x"})).file(
                11_030,
                "waiting",
                Some("permission prompt"),
            ),
            11_100,
            "waiting/plan",
        ),
        (
            "a question",
            Scene::turn().asks(11_000, "AskUserQuestion", json!({})).file(11_030, "waiting", Some("input needed")),
            11_100,
            "waiting/question",
        ),
        (
            "a question as 2.1.197 words it",
            Scene::turn().asks(11_000, "AskUserQuestion", json!({})).file(11_030, "waiting", Some("permission prompt")),
            11_100,
            "waiting/question",
        ),
        (
            "an elicitation, after its tool was allowed",
            Scene::turn()
                .asks(11_000, "mcp__fake__elicit", json!({}))
                .file(11_030, "waiting", Some("permission prompt"))
                .file(12_000, "busy", None)
                .file(12_500, "waiting", Some("input needed")),
            12_600,
            "waiting/question",
        ),
        (
            "a dialog that the person opened",
            Scene::ready().file(5_000, "waiting", Some("dialog open")),
            5_100,
            "waiting/dialog",
        ),
        (
            "the sandbox asks",
            Scene::turn().file(11_030, "waiting", Some("sandbox request")),
            11_100,
            "waiting/permission",
        ),
        ("waiting for something new", Scene::turn().file(11_030, "waiting", Some("a miracle")), 11_100, "waiting"),
        (
            "allowed: the tool runs, nothing fires",
            Scene::turn()
                .asks(11_000, "Bash", bash("x"))
                .file(11_030, "waiting", Some("permission prompt"))
                .file(14_000, "busy", None),
            14_050,
            "busy",
        ),
        // Background work.
        (
            "a background shell runs",
            Scene::turn()
                .hook(12_000, "Stop", json!({"background_tasks": [{"type": "shell", "status": "running"}]}))
                .file(12_030, "shell", None),
            12_100,
            "idle",
        ),
        (
            "a background subagent runs",
            Scene::turn().hook(11_000, "SubagentStart", json!({"agent_id": "a"})).hook(
                12_000,
                "Stop",
                json!({"background_tasks": [{"id": "a", "type": "subagent", "status": "running"}]}),
            ),
            12_100,
            "busy",
        ),
        // Errors.
        (
            "retries, minutes long",
            Scene::turn().screen(
                20_000,
                &box_under("❯ go\n✻ 529 overloaded · retrying in 9s · attempt 6/10", "esc to interrupt"),
            ),
            21_000,
            "busy",
        ),
        (
            "rate limit",
            Scene::turn().file(12_000, "idle", None).hook(
                12_030,
                "StopFailure",
                failure("rate_limit", "API Error: Request rejected (429)"),
            ),
            12_100,
            "error/rate_limit",
        ),
        (
            "server error, hook before file",
            Scene::turn()
                .hook(12_000, "StopFailure", failure("server_error", "API Error: 500"))
                .file(12_030, "idle", None),
            12_100,
            "error/server",
        ),
        (
            "the API refuses the request",
            Scene::turn().file(12_000, "idle", None).hook(
                12_030,
                "StopFailure",
                failure("unknown", "API Error: 400 bad"),
            ),
            12_100,
            "error/request",
        ),
        (
            "not logged in",
            Scene::turn().file(12_000, "idle", None).hook(
                12_030,
                "StopFailure",
                failure("authentication_failed", "Please run /login · API Error: 401"),
            ),
            12_100,
            "login_required",
        ),
        (
            "error, then a new prompt",
            Scene::turn()
                .file(12_000, "idle", None)
                .hook(12_030, "StopFailure", failure("server_error", "x"))
                .file(20_000, "busy", None)
                .hook(20_100, "UserPromptSubmit", json!({})),
            20_200,
            "busy",
        ),
        (
            "error, a new prompt, Esc",
            Scene::turn()
                .file(12_000, "idle", None)
                .hook(12_030, "StopFailure", failure("server_error", "x"))
                .file(20_000, "busy", None)
                .hook(20_100, "UserPromptSubmit", json!({}))
                .file(21_000, "idle", None),
            21_100,
            "idle",
        ),
        (
            "error, then `!ls`, which fires no UserPromptSubmit",
            Scene::turn()
                .file(12_000, "idle", None)
                .hook(12_030, "StopFailure", failure("server_error", "x"))
                .file(20_000, "busy", None)
                .file(21_000, "idle", None),
            21_100,
            "idle",
        ),
        (
            "error, then /clear",
            Scene::turn()
                .file(12_000, "idle", None)
                .hook(12_030, "StopFailure", failure("server_error", "x"))
                .hook(20_000, "SessionEnd", json!({"reason": "clear"}))
                .hook(20_100, "SessionStart", json!({"source": "clear"})),
            20_200,
            "idle",
        ),
        (
            "login, then success",
            Scene::turn()
                .file(12_000, "idle", None)
                .hook(12_030, "StopFailure", failure("authentication_failed", "x"))
                .hook(30_000, "Notification", json!({"notification_type": "auth_success"})),
            30_100,
            "idle",
        ),
        (
            "an error on the screen of an agent whose hooks are off",
            Scene::claude()
                .alive(10)
                .file(900, "idle", None)
                .file(5_000, "busy", None)
                .file(6_000, "idle", None)
                .screen(6_400, &box_under("❯ go\n● API Error: 500 x", "? for shortcuts")),
            6_500,
            "error/server",
        ),
        (
            "words like an error, but the turn ended well",
            Scene::turn()
                .hook(12_000, "Stop", json!({}))
                .file(12_030, "idle", None)
                .screen(12_400, &box_under("❯ go\n● API Error: 500 x", "? for shortcuts")),
            12_500,
            "idle",
        ),
        // Conversations come and go within one process.
        (
            "/clear while a request was stale",
            Scene::turn()
                .asks(11_000, "Bash", bash("x"))
                .file(12_000, "idle", None)
                .hook(13_000, "SessionEnd", json!({"reason": "clear"}))
                .hook(13_100, "SessionStart", json!({"source": "clear"})),
            13_200,
            "idle",
        ),
        (
            "compaction",
            Scene::ready()
                .file(10_000, "busy", None)
                .hook(10_700, "SubagentStop", json!({"agent_id": "z", "agent_type": ""}))
                .hook(10_900, "SessionStart", json!({"source": "compact"})),
            11_000,
            "busy",
        ),
        // The end.
        (
            "/exit, the pane dies",
            Scene::ready()
                .then(|evidence| evidence.session_removed(T0 + 30_000))
                .hook(30_030, "SessionEnd", json!({"reason": "prompt_input_exit"}))
                .process(30_200, Process::Dead { code: Some(0), signal: None }),
            30_250,
            "exited/code",
        ),
        (
            "/exit, tmux yet to tell",
            Scene::ready().then(|evidence| evidence.session_removed(T0 + 30_000)),
            30_600,
            "exited",
        ),
        (
            "a file replaced: gone for a moment only",
            Scene::turn().then(|evidence| evidence.session_removed(T0 + 11_000)),
            11_100,
            "busy",
        ),
        (
            "a file replaced, and back",
            Scene::turn().then(|evidence| evidence.session_removed(T0 + 11_000)).file(11_050, "busy", None),
            15_000,
            "busy",
        ),
        (
            "/exit back to a shell",
            Scene::ready()
                .then(|evidence| evidence.session_removed(T0 + 30_000))
                .process(30_300, Process::Alive { command: Some("bash".into()), suspended: false }),
            31_000,
            "exited",
        ),
        (
            "SIGKILL in a turn",
            Scene::turn().process(15_000, Process::Dead { code: None, signal: Some(9) }),
            15_010,
            "exited/signal",
        ),
        (
            "SIGKILL, the file is stale",
            Scene::turn().then(|evidence| evidence.session_died(T0 + 15_000)),
            15_010,
            "exited",
        ),
        (
            "failed to start",
            Scene::claude().process(700, Process::Dead { code: Some(1), signal: None }),
            750,
            "exited/code",
        ),
        (
            "killed at a permission prompt",
            Scene::turn()
                .asks(11_000, "Bash", bash("x"))
                .file(11_030, "waiting", Some("permission prompt"))
                .process(12_000, Process::Dead { code: None, signal: Some(15) }),
            12_010,
            "exited/signal",
        ),
        (
            "Ctrl-Z in a turn",
            Scene::turn().process(15_000, Process::Alive { command: Some("claude".into()), suspended: true }),
            15_010,
            "exited/suspended",
        ),
        (
            "continued",
            Scene::turn()
                .process(15_000, Process::Alive { command: Some("claude".into()), suspended: true })
                .alive(20_000),
            20_010,
            "busy",
        ),
        ("the tmux server is gone", Scene::turn().process(15_000, Process::Gone), 15_010, "exited/lost"),
        (
            "tmux does not answer, the session file does",
            Scene::turn().then(|evidence| evidence.tmux_silent(T0 + 12_000)),
            90_000,
            "busy",
        ),
        (
            "tmux does not answer, nothing else is known",
            Scene::claude().alive(10).screen(900, TRUST).then(|evidence| evidence.tmux_silent(T0 + 5_000)),
            16_000,
            "unknown",
        ),
        (
            "tmux did not answer for a moment",
            Scene::claude().alive(10).screen(900, TRUST).then(|evidence| evidence.tmux_silent(T0 + 5_000)),
            9_000,
            "waiting/trust",
        ),
        (
            "a death before the launch is another's",
            Scene::claude().process(-50, Process::Dead { code: Some(0), signal: None }),
            100,
            "starting",
        ),
        // Session files that cannot be followed.
        ("an unknown word in the file, hooks know", Scene::turn().file(10_500, "dreaming", None), 11_000, "busy"),
        (
            "the file stands still, hooks go on",
            Scene::ready().hook(40_000, "UserPromptSubmit", json!({})),
            46_000,
            "unknown",
        ),
        (
            "the file stands still, hook and screen go on",
            Scene::ready()
                .hook(40_000, "UserPromptSubmit", json!({}))
                .screen(45_100, &box_under("❯ go", "esc to interrupt")),
            46_000,
            "busy",
        ),
        ("the file is about to follow", Scene::ready().hook(40_000, "UserPromptSubmit", json!({})), 40_100, "idle"),
        // Hooks alone.
        ("hooks: a turn", Scene::hooks_only().hook(10_000, "UserPromptSubmit", json!({})), 10_100, "busy"),
        (
            "hooks: a request",
            Scene::hooks_only().hook(10_000, "UserPromptSubmit", json!({})).asks(11_000, "Bash", bash("x")),
            11_100,
            "waiting/permission",
        ),
        (
            "hooks: allowed and done",
            Scene::hooks_only().hook(10_000, "UserPromptSubmit", json!({})).asks(11_000, "Bash", bash("x")).hook(
                13_000,
                "PostToolUse",
                json!({"tool_name": "Bash", "tool_input": bash("x"), "tool_use_id": "use-11000"}),
            ),
            13_100,
            "busy",
        ),
        (
            "hooks: the turn ended",
            Scene::hooks_only().hook(10_000, "UserPromptSubmit", json!({})).hook(12_000, "Stop", json!({})),
            12_100,
            "idle",
        ),
        (
            "hooks: ended with a subagent behind",
            Scene::hooks_only().hook(10_000, "UserPromptSubmit", json!({})).hook(
                12_000,
                "Stop",
                json!({"background_tasks": [{"id": "a", "type": "subagent", "status": "running"}]}),
            ),
            12_100,
            "busy",
        ),
        (
            "hooks: a late event of the turn before",
            Scene::hooks_only().hook(12_000, "Stop", json!({})).hook(10_000, "UserPromptSubmit", json!({})),
            12_100,
            "idle",
        ),
        (
            "hooks: busy, too long ago to believe",
            Scene::hooks_only().hook(10_000, "UserPromptSubmit", json!({})),
            71_000,
            "unknown",
        ),
        (
            "hooks: Esc at a request, the screen knows",
            Scene::hooks_only()
                .asks(11_000, "Bash", bash("x"))
                .screen(15_000, &box_under("❯ go\n  ⎿  Interrupted", "? for shortcuts")),
            15_100,
            "idle",
        ),
        (
            "hooks: a request, the screen agrees after an hour",
            Scene::hooks_only().asks(11_000, "Bash", bash("touch x")).screen(3_600_000, &permission_screen("touch x")),
            3_600_100,
            "waiting/permission",
        ),
        (
            "hooks: Chorus pressed Esc",
            Scene::hooks_only()
                .hook(10_000, "UserPromptSubmit", json!({}))
                .then(|evidence| evidence.interrupted(T0 + 12_000)),
            12_100,
            "unknown",
        ),
        (
            "hooks: an error",
            Scene::hooks_only().hook(10_000, "UserPromptSubmit", json!({})).hook(
                12_000,
                "StopFailure",
                failure("rate_limit", "x"),
            ),
            500_000,
            "error/rate_limit",
        ),
        (
            "hooks: goodbye",
            Scene::hooks_only().hook(12_000, "SessionEnd", json!({"reason": "other"})),
            13_100,
            "exited",
        ),
        (
            "hooks: /clear is no goodbye",
            Scene::hooks_only().hook(12_000, "SessionEnd", json!({"reason": "clear"})).hook(
                12_100,
                "SessionStart",
                json!({"source": "clear"}),
            ),
            13_200,
            "idle",
        ),
        // The screen alone.
        (
            "screen: idle, undisturbed for a day",
            Scene::screen_only().alive(10).screen(900, &box_under("", "? for shortcuts")),
            86_400_000,
            "idle",
        ),
        (
            "screen: idle, written to since, not read",
            Scene::screen_only()
                .alive(10)
                .screen(900, &box_under("", "? for shortcuts"))
                .then(|evidence| evidence.screen_disturbed(T0 + 30_000)),
            41_000,
            "unknown",
        ),
        (
            "screen: busy, not read again",
            Scene::screen_only().alive(10).screen(900, &box_under("", "esc to interrupt")),
            30_000,
            "unknown",
        ),
        ("screen: no rule, changing", Scene::screen_only().alive(10).screen(30_000, "compiling"), 31_000, "busy"),
        ("screen: no rule, still", Scene::screen_only().alive(10).screen(30_000, "compiling"), 34_000, "unknown"),
        (
            "screen: Claude shows what no rule knows",
            Scene::claude().alive(10).screen(30_000, "something else"),
            31_000,
            "unknown",
        ),
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
        error: Some(ApiError { at: T0 + at, text: text.into() }),
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
    assert_eq!(used, ["waiting, permission prompt", "PermissionRequest, Bash: rm -rf build"]);
    assert!(verdict.pieces.iter().any(|piece| piece.source == "process" && !piece.used));
    let unknown = Scene::ready().hook(40_000, "UserPromptSubmit", json!({})).at(46_000);
    assert_eq!(unknown.rule, "the session file says idle, newer hooks say busy");
    assert!(unknown.read_screen);
}
