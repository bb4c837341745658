//! A stage: one agent in a private tmux, with hooks that write down what they are told.

use chorus_testkit::files;
use chorus_testkit::wait::LIMIT;
use serde_json::{Value, json};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

/// Every event these tests look at.
const EVENTS: &[&str] = &[
    "SessionStart",
    "UserPromptSubmit",
    "PreToolUse",
    "PermissionRequest",
    "PostToolUse",
    "PostToolUseFailure",
    "PostToolBatch",
    "Notification",
    "Stop",
    "StopFailure",
    "SubagentStart",
    "SubagentStop",
    "SessionEnd",
    "PreCompact",
    "PostCompact",
];

/// Writes down each event in one piece. A permission hook can be held back and then answered by files.
const RECORDER: &str = r#"
line=$(cat)
printf '%s\n' "$line" >> "$1/hooks.jsonl"
case $line in
*'"hook_event_name":"PermissionRequest"'*)
    trap 'printf "%s\n" "{\"hook_event_name\":\"Killed\"}" >> "$1/hooks.jsonl"; exit 0' TERM
    if [ -e "$1/hold" ]; then
        while [ ! -e "$1/answer" ]; do sleep 0.02; done
        if [ -e "$1/linger" ]; then sleep 20 & touch "$1/lingers"; fi
        cat "$1/answer"
    fi ;;
*'"hook_event_name":"'*)
    event=${line#*'"hook_event_name":"'}
    event=${event%%'"'*}
    if [ -e "$1/print.$event" ]; then cat "$1/print.$event"; fi ;;
esac
exit 0
"#;

/// The client on the stage: the demo agent, or the real one where it is at hand.
#[derive(Clone, Debug)]
pub enum Client {
    /// `chorus demo-agent`.
    Demo,
    /// A Claude Code binary and the base URL of a scripted API.
    Claude(String, String),
}

/// Every client at hand: the demo agent, and Claude Code when `CHORUS_TEST_CLAUDE` names its binary and
/// `CHORUS_TEST_API` the loopback address of a scripted API.
pub fn clients() -> Vec<Client> {
    let real = std::env::var("CHORUS_TEST_CLAUDE").and_then(|path| Ok((path, std::env::var("CHORUS_TEST_API")?)));
    let real = real.map(|(path, api)| Client::Claude(path, api));
    std::iter::once(Client::Demo).chain(real.ok()).collect()
}

/// One private world.
pub struct Stage {
    folder: tempfile::TempDir,
    client: Client,
    extra: Vec<(String, String)>,
    /// How many tmux servers there have been: an old one may still be on its way out.
    servers: std::cell::Cell<u32>,
}

impl Stage {
    /// An empty one.
    pub fn new(client: &Client) -> Stage {
        let folder = tempfile::tempdir().unwrap();
        let stage = Stage { folder, client: client.clone(), extra: Vec::new(), servers: 0.into() };
        std::fs::create_dir_all(stage.config()).unwrap();
        std::fs::create_dir(stage.project()).unwrap();
        std::fs::write(stage.project().join("app.txt"), "alpha\nsecond\n").unwrap();
        std::fs::write(stage.path("record.sh"), RECORDER).unwrap();
        let command = format!("sh '{}' '{}'", stage.path("record.sh").display(), stage.folder.path().display());
        let hook = json!([{"hooks": [{"type": "command", "command": command, "timeout": 600}]}]);
        let hooks: Value = EVENTS.iter().map(|event| ((*event).to_owned(), hook.clone())).collect();
        std::fs::write(stage.path("settings.json"), json!({"hooks": hooks}).to_string()).unwrap();
        if let Client::Claude(..) = client {
            let trusted = json!({"hasTrustDialogAccepted": true});
            let known = json!({"hasCompletedOnboarding": true, "customApiKeyResponses": {"approved": ["sk-test-dummy"]},
                "projects": {(stage.project().display().to_string()): trusted}});
            std::fs::write(stage.config().join(".claude.json"), known.to_string()).unwrap();
        }
        stage
    }

    /// Sets a variable for the agent.
    pub fn variable(mut self, name: &str, value: &str) -> Stage {
        self.extra.push((name.to_owned(), value.to_owned()));
        self
    }

    /// A path in this world.
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Where the agent works.
    pub fn project(&self) -> PathBuf {
        self.path("project")
    }

    fn config(&self) -> PathBuf {
        self.path("config")
    }

    /// The environment of the agent, and nothing of ours.
    fn environment(&self) -> Vec<(String, String)> {
        let mut all = vec![
            ("PATH", std::env::var("PATH").unwrap()),
            ("HOME", self.folder.path().display().to_string()),
            ("CLAUDE_CONFIG_DIR", self.config().display().to_string()),
            ("TERM", "tmux-256color".into()),
            ("LANG", "C.UTF-8".into()),
            ("CHORUS_DEMO_PLAIN", "1".into()),
            ("CHORUS_DEMO_LOG", self.path("requests.jsonl").display().to_string()),
        ];
        if let Client::Claude(_, api) = &self.client {
            all.push(("ANTHROPIC_BASE_URL", api.clone()));
            all.push(("ANTHROPIC_API_KEY", "sk-test-dummy".into()));
            for name in [
                "DISABLE_TELEMETRY",
                "DISABLE_AUTOUPDATER",
                "DISABLE_ERROR_REPORTING",
                "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC",
                "CLAUDE_CODE_DISABLE_ALTERNATE_SCREEN",
            ] {
                all.push((name, "1".into()));
            }
        }
        let all = all.into_iter().map(|(name, value)| (name.to_owned(), value));
        all.chain(self.extra.iter().cloned()).collect()
    }

    /// The program and its first arguments.
    pub fn program(&self) -> Command {
        let mut command = match &self.client {
            Client::Demo => {
                let mut command = Command::new(env!("CARGO_BIN_EXE_chorus"));
                command.arg("demo-agent");
                command
            }
            Client::Claude(path, _) => Command::new(path),
        };
        command.env_clear().envs(self.environment()).current_dir(self.project());
        command
    }

    /// Starts the agent in a pane of that size, on a server of its own.
    pub fn start_in(&self, (cols, rows): (u16, u16), args: &[&str]) {
        if self.servers.get() > 0 {
            self.tmux(&["kill-server"]);
        }
        self.servers.set(self.servers.get() + 1);
        let program = self.program();
        let settings = self.path("settings.json").display().to_string();
        let mode = ["--permission-mode", "manual"];
        let mode = if args.contains(&"--permission-mode") { &mode[..0] } else { &mode[..] };
        let mut line = "exec env -i TMUX=\"$TMUX\" TMUX_PANE=\"$TMUX_PANE\"".to_owned();
        for (name, value) in self.environment() {
            write!(line, " {}", quoted(&format!("{name}={value}"))).unwrap();
        }
        let words = std::iter::once(program.get_program()).chain(program.get_args());
        let words: Vec<String> = words.map(|word| word.to_string_lossy().into_owned()).collect();
        let flags = ["--settings", &settings].into_iter().chain(mode.iter().copied()).chain(args.iter().copied());
        for word in words.iter().map(String::as_str).chain(flags) {
            write!(line, " {}", quoted(word)).unwrap();
        }
        let (cols, rows) = (cols.to_string(), rows.to_string());
        let project = self.project().display().to_string();
        self.tmux(&["new-session", "-d", "-s", "a", "-x", &cols, "-y", &rows, "-c", &project, &line]);
        self.tmux(&["set-option", "-g", "remain-on-exit", "on"]);
    }

    /// Starts the agent and waits until its prompt is free.
    pub fn start(&self, args: &[&str]) {
        self.start_in((80, 24), args);
        self.await_status("idle");
        self.await_hooks(|hooks| hooks.iter().any(|hook| hook["hook_event_name"] == "SessionStart"));
    }

    /// Runs tmux; its output.
    pub fn tmux(&self, args: &[&str]) -> String {
        let socket = self.path(&format!("tmux{}", self.servers.get()));
        let output = Command::new("tmux").arg("-S").arg(socket).args(["-f", "/dev/null"]).args(args).output().unwrap();
        String::from_utf8_lossy(&output.stdout).into_owned()
    }

    /// Presses keys, by tmux's names.
    pub fn press(&self, keys: &[&str]) {
        self.tmux(&[&["send-keys", "-t", "a"], keys].concat());
    }

    /// Types text.
    pub fn type_text(&self, text: &str) {
        self.press(&["-l", text]);
    }

    /// Types a prompt and sends it, once it stands in the box.
    pub fn send(&self, text: &str) {
        self.type_text(text);
        let end: String = text.chars().rev().take(12).collect::<Vec<_>>().into_iter().rev().collect();
        self.await_screen(&end);
        self.press(&["Enter"]);
    }

    /// Sends a prompt and waits until hooks have heard of it.
    pub fn prompt(&self, text: &str) {
        let heard = |hooks: &[Value]| hooks.iter().filter(|hook| hook["prompt"] == text).count();
        let before = heard(&self.hooks());
        self.send(text);
        self.await_hooks(|hooks| heard(hooks) > before);
    }

    /// Presses a key until `done`: a dialog that has just appeared takes none, and one that is not open yet waits for a pause
    /// of 1.2 s.
    pub fn press_until(&self, key: &str, done: impl Fn() -> bool) {
        let begin = Instant::now();
        while begin.elapsed() < LIMIT {
            self.press(&[key]);
            let soon = Instant::now() + Duration::from_secs(2);
            while Instant::now() < soon {
                if done() {
                    return;
                }
                std::thread::sleep(Duration::from_millis(10));
            }
        }
        panic!("{key} did nothing\n{}", self.scene());
    }

    /// Answers the open dialog by a key.
    pub fn answer(&self, key: &str) {
        let is_answered = || self.session_now().is_some_and(|session| session["status"] != "waiting");
        self.press_until(key, is_answered);
    }

    /// What is on the screen.
    pub fn screen(&self) -> String {
        self.tmux(&["capture-pane", "-p", "-t", "a"])
    }

    /// The session file, once it can be read: its agent writes over it.
    pub fn session(&self) -> Value {
        let mut found = None;
        self.await_that("a session file", || {
            found = self.session_now();
            found.is_some()
        });
        found.unwrap_or_default()
    }

    /// The session file; nothing when there is none, and for the moment in which it is written.
    pub fn session_now(&self) -> Option<Value> {
        let mut found: Vec<PathBuf> = std::fs::read_dir(self.config().join("sessions"))
            .ok()?
            .flatten()
            .map(|entry| entry.path())
            .filter(|path| path.extension().is_some_and(|extension| extension == "json"))
            .collect();
        found.sort();
        files::json(&found.pop()?)
    }

    /// Its status.
    pub fn status(&self) -> String {
        self.session()["status"].as_str().unwrap_or_default().to_owned()
    }

    /// The agent's process.
    pub fn pid(&self) -> i32 {
        self.tmux(&["display-message", "-p", "-t", "a", "#{pane_pid}"]).trim().parse().unwrap()
    }

    /// Sends it a signal.
    pub fn signal(&self, name: &str) {
        let pid = self.pid().to_string();
        assert!(Command::new("kill").args(["-s", name, &pid]).status().unwrap().success());
    }

    /// Waits for the agent's end.
    pub fn await_end(&self) {
        let dead = || self.tmux(&["display-message", "-p", "-t", "a", "#{pane_dead}"]).trim() == "1";
        self.await_that("the agent's end", dead);
    }

    /// What the hooks were told, in order.
    pub fn hooks(&self) -> Vec<Value> {
        files::json_lines(&self.path("hooks.jsonl"))
    }

    /// The names of the events since the last prompt with that text, it included.
    pub fn since(&self, prompt: &str) -> Vec<String> {
        let hooks = self.hooks();
        let begin = hooks.iter().rposition(|hook| hook["prompt"] == prompt).unwrap_or(0);
        let name = |hook: &Value| hook["hook_event_name"].as_str().unwrap().to_owned();
        hooks[begin..].iter().map(name).filter(|name| name != "PostToolBatch").collect()
    }

    /// The last event of that name.
    pub fn last(&self, event: &str) -> Value {
        self.hooks().into_iter().rfind(|hook| hook["hook_event_name"] == event).unwrap_or_default()
    }

    /// Holds permission hooks back until [`Stage::release`].
    pub fn hold(&self) {
        let _ = std::fs::remove_file(self.path("answer"));
        std::fs::write(self.path("hold"), "").unwrap();
    }

    /// Lets held permission hooks print this.
    pub fn release(&self, decision: &Value) {
        let output = json!({"hookSpecificOutput": {"hookEventName": "PermissionRequest", "decision": decision}});
        std::fs::write(self.path("answer.new"), output.to_string()).unwrap();
        std::fs::rename(self.path("answer.new"), self.path("answer")).unwrap();
    }

    /// Makes the hooks of an event print this.
    pub fn print(&self, event: &str, output: &Value) {
        std::fs::write(self.path(&format!("print.{event}")), output.to_string()).unwrap();
    }

    /// Waits for the session file.
    pub fn await_status(&self, status: &str) {
        self.await_that(status, || self.status() == status);
    }

    /// Waits for a dialog and for its hook; what the hook was told.
    pub fn await_request(&self) -> Value {
        self.await_status("waiting");
        let is_told = |hooks: &[Value]| {
            let mut last = hooks.iter().rev().map(|hook| &hook["hook_event_name"]);
            last.find(|name| *name == "PermissionRequest" || *name == "UserPromptSubmit")
                .is_some_and(|name| name == "PermissionRequest")
        };
        self.await_hooks(is_told);
        self.last("PermissionRequest")
    }

    /// Waits for the screen.
    pub fn await_screen(&self, text: &str) {
        self.await_that(text, || self.screen().contains(text));
    }

    /// Waits for what hooks are told.
    pub fn await_hooks(&self, done: impl Fn(&[Value]) -> bool) {
        self.await_that("hooks", || done(&self.hooks()));
    }

    /// Waits for the events since a prompt to be these, and the session to rest with them. A dialog that stands for six
    /// seconds, as on a busy machine, is notified of too: that counts where it is awaited.
    pub fn await_since(&self, prompt: &str, events: &[&str], status: &str) {
        let is_awaited = |event: &String| event != "Notification" || events.contains(&"Notification");
        let since = || self.since(prompt).into_iter().filter(is_awaited).collect::<Vec<_>>();
        self.await_that(&format!("{events:?}"), || since() == events && self.status() == status);
    }

    /// Waits for anything.
    pub fn await_that(&self, what: &str, mut done: impl FnMut() -> bool) {
        let begin = Instant::now();
        while !done() {
            assert!(begin.elapsed() < LIMIT, "waited in vain for {what}\n{}", self.scene());
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    /// All there is to know when a wait was in vain.
    fn scene(&self) -> String {
        let events: Vec<String> = self.hooks().iter().map(|hook| hook["hook_event_name"].to_string()).collect();
        format!("{:?}\nsession {:?}\nhooks {events:?}\n{}", self.client, self.session_now(), self.screen())
    }
}

impl Drop for Stage {
    fn drop(&mut self) {
        self.tmux(&["kill-server"]);
    }
}

fn quoted(word: &str) -> String {
    format!("'{}'", word.replace('\'', "'\\''"))
}

/// The sorted keys of a JSON object.
pub fn keys(value: &Value) -> Vec<String> {
    let mut keys: Vec<String> = value.as_object().map(|fields| fields.keys().cloned().collect()).unwrap_or_default();
    keys.sort();
    keys
}

/// A recorded hook event of the real client.
pub fn sample(name: &str) -> Value {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/hooks").join(format!("{name}.json"));
    serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap()
}
