//! One client in one state: started on the scripted API in a world of its own, driven by keys, captured at each size.

use super::scenes::{Act, Scene, Until};
use crate::screens::State;
use chorus_testkit::tools::Tool;
use chorus_testkit::{FakeApi, Sandbox, claude};
use serde_json::Value;
use std::path::Path;
use std::time::{Duration, Instant};

/// Columns and rows.
const SIZES: [(u16, u16); 3] = [(120, 40), (80, 24), (60, 20)];

/// How long a state may take to come about.
const LIMIT: Duration = Duration::from_secs(60);

/// The session file leads the screen by up to 215 ms, and a client redraws for as long after a change of size.
const DRAWN: Duration = Duration::from_millis(900);

/// Between a text and its Enter.
const ENTER: Duration = Duration::from_millis(300);

struct Client<'a> {
    sandbox: &'a Sandbox,
    pane: String,
}

/// Brings the state about and writes its screens into the folder.
pub fn record(client: &Tool, scene: &Scene, folder: &Path) -> Result<State, String> {
    let mut sandbox = Sandbox::new("chorus");
    let api = FakeApi::start();
    let told = |error: std::io::Error| format!("cannot prepare the client: {error}");
    claude::install(&mut sandbox, client, &api).map_err(told)?;
    if !scene.trusted {
        claude::Configuration::default().write(&sandbox.home()).map_err(told)?;
    }
    if scene.gives_up {
        sandbox.set("CLAUDE_CODE_MAX_RETRIES", "1");
    }
    sandbox.write("project/notes.txt", "alpha\nbeta\n");
    let client_of = start(&sandbox, scene)?;
    for act in scene.steps {
        client_of.act(act)?;
    }
    client_of.await_state(&scene.until)?;
    let mut state = State {
        name: scene.name.to_owned(),
        status: scene.status.to_owned(),
        version: client.version.clone(),
        ..State::default()
    };
    let before = client_of.session_words();
    for (columns, rows) in SIZES {
        let size = format!("{columns}x{rows}");
        client_of.tmux(&[
            "resize-window",
            "-t",
            &client_of.pane,
            "-x",
            &columns.to_string(),
            "-y",
            &rows.to_string(),
        ])?;
        std::thread::sleep(DRAWN);
        let path = folder.join(format!("{}-{size}.ansi", scene.name));
        std::fs::write(&path, client_of.capture()?)
            .map_err(|error| format!("cannot write {}: {error}", path.display()))?;
        state.sizes.push(size);
    }
    let (is_dead, code) = client_of.end();
    state.command = client_of.tmux(&["display-message", "-p", "-t", &client_of.pane, "#{pane_current_command}"]).ok();
    state.dead = is_dead.then_some(code);
    state.session = client_of.session_words();
    if state.session != before {
        return Err(format!("it went on while it was recorded: {before:?}, then {:?}", state.session));
    }
    Ok(state)
}

fn start<'a>(sandbox: &'a Sandbox, scene: &Scene) -> Result<Client<'a>, String> {
    let program = sandbox.root().join("bin/claude").to_string_lossy().into_owned();
    let (columns, rows) = SIZES[0];
    let size = [columns.to_string(), rows.to_string()];
    let words = [
        "-f",
        "/dev/null",
        "new-session",
        "-d",
        "-P",
        "-F",
        "#{pane_id}",
        "-x",
        &size[0],
        "-y",
        &size[1],
        "--",
        &program,
    ];
    let pane = sandbox.tmux(words.iter().chain(scene.args)).ok_or("tmux did not start the client")?;
    for option in [["remain-on-exit", "on"], ["status", "off"]] {
        sandbox.tmux(["set-option", "-g", option[0], option[1]]);
    }
    Ok(Client { sandbox, pane })
}

impl Client<'_> {
    fn tmux(&self, words: &[&str]) -> Result<String, String> {
        self.sandbox.tmux(words).ok_or_else(|| format!("tmux refused {words:?}"))
    }

    /// The screen, every blank of it.
    fn capture(&self) -> Result<Vec<u8>, String> {
        let mut command = self.sandbox.command("tmux");
        command.arg("-S").arg(self.sandbox.tmux_socket()).args(["capture-pane", "-p", "-e", "-t", &self.pane]);
        let output = command.output().map_err(|error| format!("cannot run tmux: {error}"))?;
        output.status.success().then_some(output.stdout).ok_or_else(|| "tmux refused to capture the pane".to_owned())
    }

    fn act(&self, act: &Act) -> Result<(), String> {
        match act {
            Act::Say(text) => {
                self.wait("the client rests", || self.status().as_deref() == Some("idle"))?;
                std::thread::sleep(DRAWN);
                self.tmux(&["send-keys", "-t", &self.pane, "-l", text])?;
                std::thread::sleep(ENTER);
                self.tmux(&["send-keys", "-t", &self.pane, "Enter"]).map(drop)
            }
            Act::Press(key) => {
                std::thread::sleep(DRAWN);
                self.tmux(&["send-keys", "-t", &self.pane, key]).map(drop)
            }
            Act::Status(status) => self.wait(status, || self.status().as_deref() == Some(status)),
        }
    }

    fn await_state(&self, until: &Until) -> Result<(), String> {
        let shows = |text: &str| self.screen().contains(text);
        let says = |status: &str| self.status().as_deref() == Some(status);
        match until {
            Until::Status(status) => self.wait(status, || says(status)),
            Until::Shows(status, text) => self.wait(&format!("{status} and {text}"), || says(status) && shows(text)),
            Until::Before(text) => self.wait(text, || self.status().is_none() && shows(text)),
            Until::Dead => self.wait("its end", || self.end().0),
        }
    }

    fn wait(&self, what: &str, holds: impl Fn() -> bool) -> Result<(), String> {
        let began = Instant::now();
        while !holds() {
            if began.elapsed() > LIMIT {
                return Err(format!("waited {} s in vain for {what}; its screen:\n{}", LIMIT.as_secs(), self.screen()));
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        Ok(())
    }

    fn screen(&self) -> String {
        self.tmux(&["capture-pane", "-p", "-t", &self.pane]).unwrap_or_default()
    }

    /// Whether the client has ended, and its exit code.
    fn end(&self) -> (bool, i64) {
        let said = self.tmux(&["display-message", "-p", "-t", &self.pane, "#{pane_dead} #{pane_dead_status}"]);
        let said = said.unwrap_or_default();
        let code = said.split(' ').nth(1).and_then(|code| code.parse().ok()).unwrap_or_default();
        (said.starts_with('1'), code)
    }

    /// What the client's session file says; there is one client in the world.
    fn session(&self) -> Option<Value> {
        let files = std::fs::read_dir(self.sandbox.home().join(".claude/sessions")).ok()?;
        let files =
            files.flatten().map(|entry| entry.path()).filter(|path| path.extension().is_some_and(|end| end == "json"));
        files.filter_map(|path| serde_json::from_slice(&std::fs::read(path).ok()?).ok()).next()
    }

    /// Its status, and what it waits for.
    fn session_words(&self) -> Option<(String, Option<String>)> {
        let session = self.session()?;
        let text = |name: &str| session[name].as_str().map(str::to_owned);
        Some((text("status")?, text("waitingFor")))
    }

    fn status(&self) -> Option<String> {
        self.session()?["status"].as_str().map(str::to_owned)
    }
}
