//! Evidence as it comes in, told briefly.

use chorus::agent::Adapter;
use chorus::agent::claude::Claude;
use chorus::agent::claude::session_file::parse;
use chorus::detector::rules::Rules;
use chorus::detector::screen::{Beside, classify};
use chorus::detector::{Verdict, detect};
use chorus::evidence::{Evidence, Gives, Process};
use chorus::status::Millis;
use serde_json::{Value, json};

/// The launch; every time in a scene is counted from it, in milliseconds.
pub const T0: Millis = 1_795_159_000_000;

pub struct Scene(pub Evidence);

impl Scene {
    /// Claude Code: a session file and hooks.
    pub fn claude() -> Scene {
        Scene(Evidence::launched(Gives { session: true, hooks: true }, T0))
    }

    /// An agent that gives nothing but a screen.
    pub fn screen_only() -> Scene {
        Scene(Evidence::launched(Gives::default(), T0))
    }

    /// Started and at its prompt.
    pub fn ready() -> Scene {
        Scene::claude().alive(10).hook(600, "SessionStart", json!({"source": "startup"})).file(900, "idle", None)
    }

    /// A turn runs since 10 000.
    pub fn turn() -> Scene {
        Scene::ready().file(10_000, "busy", None).hook(10_100, "UserPromptSubmit", json!({}))
    }

    /// As `ready`, and no session file ever.
    pub fn hooks_only() -> Scene {
        Scene::claude().alive(10).hook(600, "SessionStart", json!({"source": "startup"}))
    }

    pub fn alive(mut self, at: Millis) -> Scene {
        self.0.saw_process(Process::Alive { command: Some("claude".into()), suspended: false }, T0 + at);
        self
    }

    pub fn process(mut self, at: Millis, process: Process) -> Scene {
        self.0.saw_process(process, T0 + at);
        self
    }

    pub fn file(mut self, at: Millis, status: &str, waiting_for: Option<&str>) -> Scene {
        let at = T0 + at;
        let text = json!({"pid": 7, "procStart": "1", "status": status, "waitingFor": waiting_for,
            "updatedAt": at, "statusUpdatedAt": at});
        self.0.saw_session(parse(text.to_string().as_bytes()).unwrap(), true, at + 15);
        self
    }

    pub fn hook(mut self, at: Millis, name: &str, fields: Value) -> Scene {
        let mut event = fields;
        event["hook_event_name"] = json!(name);
        self.0.saw_event(&Claude.parse(&event), &format!("{name}-{at}"), T0 + at);
        self
    }

    pub fn asks(self, at: Millis, tool: &str, input: Value) -> Scene {
        let called = self.hook(
            at - 50,
            "PreToolUse",
            json!({"tool_name": tool, "tool_input": input, "tool_use_id": format!("use-{at}")}),
        );
        called.hook(at, "PermissionRequest", json!({"tool_name": tool, "tool_input": input}))
    }

    pub fn screen(mut self, at: Millis, text: &str) -> Scene {
        let rules = Rules::of(Some(Claude.screen_rules()), None).unwrap();
        self.0.saw_screen(classify(&rules, text, Beside::default()), (80, 24), true, T0 + at);
        self
    }

    pub fn then(mut self, change: impl FnOnce(&mut Evidence)) -> Scene {
        change(&mut self.0);
        self
    }

    pub fn at(&self, now: Millis) -> Verdict {
        detect(&self.0, T0 + now)
    }
}

pub const BOX: &str = "──────────────────────\n❯ \n──────────────────────\n";

pub fn box_under(above: &str, footer: &str) -> String {
    format!("{above}\n{BOX}  {footer}")
}

pub fn permission_screen(command: &str) -> String {
    format!(
        "──────────────────────\n Bash command\n╌╌╌╌╌╌\n {command}\n╌╌╌╌╌╌\n Do you want to proceed?\n ❯ 1. Yes\n   2. No\n\n Esc to cancel · Tab to amend"
    )
}

pub const TRUST: &str = "──────────────────────\n Accessing workspace:\n /tmp/x\n\n Is this a project you created or one you trust?\n\n ❯ No, exit\n   Yes, I trust this folder\n\n Enter to confirm · Esc to cancel";

pub fn bash(command: &str) -> Value {
    json!({"command": command})
}

/// `waiting/permission`, `idle`, …
pub fn word(verdict: &Verdict) -> String {
    let name = |value: Value| value.as_str().unwrap_or_default().to_owned();
    let status = name(serde_json::to_value(verdict.state.status).unwrap());
    let kind = verdict.state.kind.map(|kind| format!("/{}", name(serde_json::to_value(kind).unwrap())));
    status + &kind.unwrap_or_default()
}
