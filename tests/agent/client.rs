//! One real client in a sandbox: started as Chorus starts it, its hooks recorded and answered by a script.

use chorus::agent::Agent;
use chorus::agent::claude::launch;
use chorus::agent::claude::{conversation, sessions, settings};
use chorus::agent::environment::{self, Mark};
use chorus::agent::launch::{AgentLaunch, Begin};
use chorus::contract::{Environment, Renderer};
use chorus_testkit::{FakeApi, Sandbox, claude, files, given, sandbox, skip, wait_for};
use serde_json::Value;
use std::path::{Path, PathBuf};

/// Stands in for `chorus hook`: keeps each event, prints `replies/<event>` or `replies/<event>.<source>`. A permission
/// request waits for its reply, which is taken once.
const HOOK: &str = r#"#!/bin/sh
cd "$CHORUS_STATE_DIR" || exit 0
event=$(mktemp events/new.XXXXXX)
cat > "$event"
name=$(sed -n 's/.*"hook_event_name":"\([A-Za-z]*\)".*/\1/p' "$event")
source=$(sed -n 's/.*"source":"\([a-z]*\)".*/\1/p' "$event")
mark=${event##*.}
printf '%s %s %s' "$1" "$CHORUS_TASK" "$CHORUS_LAUNCH" > "events/draft.$mark"
mv "events/draft.$mark" "events/mark.$mark"
mv "$event" "events/$(date +%s%N).json"
reply="replies/$name${source:+.$source}"
if [ "$name" = PermissionRequest ]; then
    until mv "$reply" "$reply.$$" 2>/dev/null; do sleep 0.02; done
    reply="$reply.$$"
fi
cat "$reply" 2>/dev/null
exit 0
"#;

/// Runs a test on each client there is.
pub fn on_each(test: impl Fn(&mut World)) {
    let clients = given::clients();
    if clients.is_empty() {
        return skip("no Claude Code client was fetched");
    }
    for client in clients {
        eprintln!("Claude Code {}", client.version);
        test(&mut World::new(&client.path, &client.version));
    }
}

pub struct World {
    pub version: String,
    pub api: FakeApi,
    pub sandbox: Sandbox,
    pub hook: PathBuf,
    /// More variables of the person who starts the agent.
    pub person: Vec<(String, String)>,
    /// A file that the agent may read.
    pub readable: Option<PathBuf>,
    agent: Agent,
    pane: String,
    launches: u32,
}

impl World {
    fn new(client: &Path, version: &str) -> World {
        let sandbox = Sandbox::new(env!("CARGO_BIN_EXE_chorus"));
        claude::Configuration::trusting(sandbox.project()).write(&sandbox.home()).unwrap();
        for folder in ["state/events", "state/replies"] {
            std::fs::create_dir(sandbox.root().join(folder)).unwrap();
        }
        let hook = sandbox.state().join("it's a hook");
        sandbox::script(&hook, HOOK);
        // The server outlives each client.
        let server = ["-f", "/dev/null", "start-server", ";", "set-option", "-s", "exit-empty", "off"];
        sandbox.tmux(server).expect("tmux starts");
        let command = vec![client.to_string_lossy().into_owned()];
        World {
            version: version.to_owned(),
            api: FakeApi::start(),
            hook,
            person: Vec::new(),
            readable: None,
            agent: Agent::new("claude", command, Vec::new(), Path::new("unused")),
            pane: String::new(),
            launches: 0,
            sandbox,
        }
    }

    pub fn config(&self) -> PathBuf {
        self.sandbox.home().join(".claude")
    }

    /// Starts the agent in a pane, as the daemon and `chorus exec` do together, and waits until its prompt is free.
    pub fn start(&mut self, session_id: &str, mode: Option<&str>) {
        self.launches += 1;
        let settings = self.sandbox.state().join("settings.json");
        let content = settings::settings(&self.hook, self.readable.as_deref(), false);
        std::fs::write(&settings, content.to_string()).unwrap();
        let conversation = conversation::conversation(None, &self.config(), &self.sandbox.project(), session_id);
        assert!(sessions::running(&self.config(), session_id).is_empty());
        let another = uuid::Uuid::new_v4().to_string();
        let (begin, session_id) =
            launch::choose(&conversation).map_or((Begin::New, another.as_str()), |begin| (begin, session_id));
        let argv = launch::argv(&AgentLaunch {
            agent: &self.agent,
            session_id,
            begin,
            title: "--a 'title' #{pane_id}",
            hook: &self.hook,
            readable: Path::new("unused"),
            shared: false,
            settings: &settings,
            model: None,
            permission_mode: mode,
        });
        let mut person = Environment(self.sandbox.environment().clone());
        person.0.extend(claude::environment(self.api.port()).into_iter().map(|(name, value)| (name.to_owned(), value)));
        person.0.extend(self.person.iter().cloned());
        let state = self.sandbox.state();
        let launch = format!("launch-{}", self.launches);
        let tmux = self.sandbox.root().join("own-tmux/tmux-0/default");
        let mark = Mark { task: "the-task", launch: &launch, state_dir: &state, tmux: &tmux };
        let environment = environment::for_agent(&person, mark, Renderer::Classic);
        let words = environment.0.iter().map(|(name, value)| format!("{name}={value}"));
        let inside = environment::FROM_PANE.iter().map(|name| format!("{name}=\"${name}\"")).collect::<Vec<_>>();
        let script = format!("exec env -i {} \"$@\"", inside.join(" "));
        let mut command: Vec<String> =
            ["-f", "/dev/null", "new-session", "-d", "-x", "120", "-y", "40", "-P", "-F"].map(str::to_owned).to_vec();
        command.extend(["#{pane_id}", "/bin/sh", "-c", &script, "sh"].map(str::to_owned));
        command.extend(words.chain(argv));
        self.pane = self.sandbox.tmux(command).expect("tmux starts the agent");
        self.await_status("idle");
    }

    /// The session file of the client, and its pid.
    pub fn session(&self) -> Option<Value> {
        let files = std::fs::read_dir(self.config().join("sessions")).ok()?.flatten().map(|entry| entry.path());
        let mut json = files.filter(|path| path.extension().is_some_and(|extension| extension == "json"));
        files::json(&json.next()?)
    }

    #[track_caller]
    pub fn await_status(&self, status: &str) {
        let found = |session: Value| (session["status"] == status).then_some(());
        self.wait(&format!("status {status}"), || self.session().and_then(found));
    }

    /// Waits, and shows the screen when it was in vain.
    #[track_caller]
    pub fn wait<T>(&self, what: &str, find: impl FnMut() -> Option<T>) -> T {
        let shown = ShownOnPanic(self);
        let found = wait_for(&format!("{what} on {}", self.version), find);
        std::mem::forget(shown);
        found
    }

    pub fn screen(&self) -> String {
        self.sandbox.tmux(["capture-pane", "-p", "-t", &self.pane]).unwrap_or_default()
    }

    pub fn keys(&self, keys: &[&str]) {
        let command = ["send-keys", "-t", &self.pane].into_iter().chain(keys.iter().copied());
        self.sandbox.tmux(command).expect("tmux sends keys");
    }

    /// Types a text and sends it once it stands in the box.
    #[track_caller]
    pub fn send(&self, text: &str) {
        let begin: String = text.chars().take(30).collect();
        let box_holds = |text: &str| {
            self.screen().lines().rfind(|line| line.starts_with('❯')).is_some_and(|line| line.contains(text))
        };
        self.keys(&["-l", text]);
        self.wait("the text in the box", || box_holds(&begin).then_some(()));
        self.keys(&["Enter"]);
    }

    /// Sends a prompt and waits for the end of its turn.
    #[track_caller]
    pub fn turn(&self, prompt: &str) {
        let ends = || self.count("Stop") + self.count("StopFailure");
        let before = ends();
        self.send(prompt);
        self.wait(&format!("the end of {prompt}"), || (ends() > before).then_some(()));
        self.await_status("idle");
    }

    /// Sends `/clear` or `/compact` and waits for the session that follows.
    #[track_caller]
    pub fn command(&self, command: &str) {
        let sources = || self.events().iter().filter(|event| event["source"] == command[1..]).count();
        let before = sources();
        self.send(command);
        self.wait(command, || (sources() > before).then_some(()));
        self.await_status("idle");
    }

    /// Leaves the client.
    #[track_caller]
    pub fn exit(&self) {
        let pid = self.wait("a session", || self.session())["pid"].as_u64().unwrap().try_into().unwrap();
        self.send("/exit");
        self.wait("the client ends", || chorus::process::identity(pid).is_none().then_some(()));
    }

    /// Every hook event so far, in order.
    pub fn events(&self) -> Vec<Value> {
        let mut found: Vec<PathBuf> =
            self.event_files().filter(|path| path.extension().is_some_and(|e| e == "json")).collect();
        found.sort();
        found.iter().filter_map(|file| files::json(file)).collect()
    }

    /// What each hook process was given: its argument, task and launch.
    pub fn marks(&self) -> Vec<String> {
        let is_mark = |path: &PathBuf| path.file_name().is_some_and(|name| name.to_string_lossy().starts_with("mark."));
        self.event_files().filter(is_mark).map(|file| std::fs::read_to_string(file).unwrap()).collect()
    }

    fn event_files(&self) -> impl Iterator<Item = PathBuf> + use<> {
        std::fs::read_dir(self.sandbox.state().join("events")).unwrap().flatten().map(|entry| entry.path())
    }

    pub fn named(&self, name: &str) -> Vec<Value> {
        let mut events = self.events();
        events.retain(|event| event["hook_event_name"] == name);
        events
    }

    pub fn count(&self, name: &str) -> usize {
        self.named(name).len()
    }

    /// What the hook prints for that event from now on (`SessionStart.clear`), or for the next `PermissionRequest`.
    pub fn reply(&self, event: &str, reply: &Value) {
        let file = self.sandbox.write("state/replies/new", &reply.to_string());
        std::fs::rename(file, self.sandbox.state().join("replies").join(event)).unwrap();
    }

    /// Nothing is printed for that event from now on.
    pub fn be_silent(&self, event: &str) {
        let _ = std::fs::remove_file(self.sandbox.state().join("replies").join(event));
    }

    /// The newest request of the model.
    pub fn request(&self) -> String {
        self.api.turns().last().expect("a request").body.to_string()
    }

    /// The newest tool result that the model was told.
    pub fn told(&self) -> String {
        let turns = self.api.turns();
        let messages = turns.last().expect("a request").body["messages"].as_array().unwrap().clone();
        let blocks = messages.iter().rev().filter_map(|message| message["content"].as_array()).flatten();
        blocks
            .filter(|block| block["type"] == "tool_result")
            .map(|block| block["content"].to_string())
            .next()
            .unwrap_or_default()
    }
}

struct ShownOnPanic<'a>(&'a World);

impl Drop for ShownOnPanic<'_> {
    fn drop(&mut self) {
        eprintln!("{}\n{:?}", self.0.screen(), self.0.session());
    }
}
