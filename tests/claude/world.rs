//! One real client's world: a sandbox with its daemon, a scripted API, and the tasks in it.

use chorus_testkit::tools::Tool;
use chorus_testkit::world::Refusal;
pub use chorus_testkit::world::{count, state};
use chorus_testkit::{FakeApi, Sandbox, claude, files, given, skip, wait_for, wait_until};
use rustix::process::Signal;
use serde_json::Value;
use std::sync::{Condvar, Mutex, OnceLock};

/// Clients are large: so many tests run one at once, whatever the number of threads.
const SEATS: usize = 2;

static TAKEN: (Mutex<usize>, Condvar) = (Mutex::new(0), Condvar::new());

struct Seat;

impl Seat {
    fn take() -> Seat {
        let mut taken = TAKEN.1.wait_while(TAKEN.0.lock().unwrap(), |taken| *taken >= SEATS).unwrap();
        *taken += 1;
        Seat
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        *TAKEN.0.lock().unwrap() -= 1;
        TAKEN.1.notify_one();
    }
}

fn clients() -> &'static [Tool] {
    static ASKED: OnceLock<Vec<Tool>> = OnceLock::new();
    ASKED.get_or_init(given::clients)
}

/// Runs a test on the main client.
pub fn on_main(test: impl Fn(&mut World)) {
    match clients().first() {
        Some(client) => test(&mut World::new(client)),
        None => skip("no Claude Code client was fetched"),
    }
}

/// Runs a test on every client: for what clients are asked and say in ways that change with their versions.
pub fn on_each(test: impl Fn(&mut World)) {
    on_main(&test);
    for client in clients().iter().skip(1) {
        eprintln!("Claude Code {}", client.version);
        test(&mut World::new(client));
    }
}

pub struct World {
    pub sandbox: chorus_testkit::World,
    pub api: FakeApi,
    pub version: String,
    _seat: Seat,
}

impl World {
    fn new(client: &Tool) -> World {
        let seat = Seat::take();
        let mut sandbox = Sandbox::new(env!("CARGO_BIN_EXE_chorus"));
        let api = FakeApi::start();
        claude::install(&mut sandbox, client, &api).unwrap();
        World { sandbox: chorus_testkit::World::new(sandbox), api, version: client.version.clone(), _seat: seat }
    }

    /// More keys of the user's own settings.
    pub fn settings(&self, settings: Value) {
        let world = claude::Configuration {
            settings: Some(settings),
            ..claude::Configuration::trusting(self.sandbox.project())
        };
        world.write(&self.sandbox.home()).unwrap();
    }

    /// The project's folder is not trusted.
    pub fn untrusted(&self) {
        claude::Configuration::default().write(&self.sandbox.home()).unwrap();
    }

    /// A new task whose agent asks before it does something.
    pub fn task(&self, title: &str) -> Task<'_> {
        self.task_with(title, &["--permission-mode", "default"])
    }

    /// A new task with more words for `chorus new`.
    pub fn task_with(&self, title: &str, options: &[&str]) -> Task<'_> {
        Task { world: self, number: self.sandbox.task_with(title, options) }
    }

    /// A new task, started and at rest after a first turn.
    pub fn ready(&self, title: &str) -> Task<'_> {
        let task = self.task(title);
        task.start("[[say ready]]");
        task.await_turns(1);
        task
    }

    /// Every open request of the project.
    pub fn inbox(&self) -> Vec<Value> {
        self.sandbox.json(["inbox"]).as_array().unwrap().clone()
    }

    /// What the model was asked last, as JSON text.
    pub fn last_body(&self) -> String {
        self.api.turns().last().expect("a turn of the model").body.to_string()
    }

    /// The newest tool result that the model was told.
    pub fn told(&self) -> String {
        let turns = self.api.turns();
        let messages = turns.last().expect("a turn of the model").body["messages"].as_array().unwrap().clone();
        let blocks = messages.iter().rev().filter_map(|message| message["content"].as_array()).flatten();
        let results = blocks.filter(|block| block["type"] == "tool_result");
        results.map(|block| block["content"].to_string()).next().unwrap_or_default()
    }
}

pub struct Task<'a> {
    pub world: &'a World,
    pub number: String,
}

impl Task<'_> {
    /// `chorus VERB NUMBER …`, which must be done; its reply.
    #[track_caller]
    pub fn verb(&self, verb: &str, words: &[&str]) -> Value {
        self.world.sandbox.json([verb, &self.number].iter().chain(words))
    }

    /// `chorus VERB NUMBER …`, which must be refused; why it was.
    #[track_caller]
    pub fn refused(&self, verb: &str, words: &[&str]) -> Refusal {
        self.world.sandbox.refused([verb, &self.number].iter().chain(words))
    }

    pub fn start(&self, prompt: &str) {
        self.verb("start", &["--prompt", prompt]);
    }

    /// Sends a text by standard input.
    pub fn send(&self, text: &str) -> Value {
        self.send_with(text, &[])
    }

    /// Sends a text that is typed as it is.
    pub fn send_raw(&self, text: &str) -> Value {
        self.send_with(text, &["--raw"])
    }

    fn send_with(&self, text: &str, options: &[&str]) -> Value {
        let words = [&["send", &self.number, "-", "--json"], options].concat();
        let ran = self.world.sandbox.fed(&words, text.as_bytes());
        assert_eq!(ran.code, 0, "{}{}", ran.stdout, ran.stderr);
        serde_json::from_str(&ran.stdout).unwrap()
    }

    /// Sends a prompt, which no other was like, and waits until its turn has ended.
    #[track_caller]
    pub fn turn(&self, prompt: &str) {
        self.send(prompt);
        self.await_turn_of(prompt);
    }

    /// Waits until the agent got that prompt last and its turn has ended.
    #[track_caller]
    pub fn await_turn_of(&self, prompt: &str) {
        let told = format!("Got a prompt: {prompt}");
        self.until(&format!("the turn of {prompt}"), |page| {
            let journal = page["journal"].as_array().unwrap();
            let got = journal.iter().rposition(|entry| entry["who"] == "agent" && entry["text"] == told.as_str());
            let ended = |got: usize| journal[got..].iter().any(|entry| entry["what"] == "turn_ended");
            got.is_some_and(ended) && state(page).starts_with("idle")
        });
    }

    /// Waits until so many turns have ended and the agent rests.
    #[track_caller]
    pub fn await_turns(&self, turns: usize) {
        self.until(&format!("{turns} turns"), |page| {
            count(page, "turn_ended") >= turns && state(page).starts_with("idle")
        });
    }

    /// The task's page, as JSON.
    pub fn page(&self) -> Value {
        self.world.sandbox.page(&self.number)
    }

    /// Status and kind: `waiting permission`.
    pub fn state(&self) -> String {
        state(&self.page())
    }

    #[track_caller]
    pub fn await_state(&self, wanted: &str) {
        self.world.sandbox.until(&self.number, wanted);
    }

    /// Waits until the page fits and returns it.
    #[track_caller]
    pub fn until(&self, what: &str, fits: impl Fn(&Value) -> bool) -> Value {
        self.world.sandbox.awaits(&self.number, &format!("{what} on {}", self.world.version), fits)
    }

    /// The one open request, once there is one.
    #[track_caller]
    pub fn request(&self) -> Value {
        let page = self.until("a request", |page| page["requests"].as_array().is_some_and(|open| open.len() == 1));
        page["requests"][0].clone()
    }

    /// So many open requests.
    #[track_caller]
    pub fn requests(&self, wanted: usize) -> Vec<Value> {
        let what = format!("{wanted} requests");
        let page = self.until(&what, |page| page["requests"].as_array().is_some_and(|open| open.len() == wanted));
        page["requests"].as_array().unwrap().clone()
    }

    /// How many entries of that kind the journal has.
    pub fn count(&self, what: &str) -> usize {
        count(&self.page(), what)
    }

    /// The journal's entries of that kind, `who: text`.
    pub fn entries(&self, what: &str) -> Vec<String> {
        let page = self.page();
        let of_kind = page["journal"].as_array().unwrap().iter().filter(|entry| entry["what"] == what);
        of_kind
            .map(|entry| format!("{}: {}", entry["who"].as_str().unwrap(), entry["text"].as_str().unwrap()))
            .collect()
    }

    pub fn session_id(&self) -> String {
        self.world.sandbox.session(&self.number)
    }

    pub fn pane(&self) -> String {
        self.page()["task"]["pane"].as_str().expect("a pane").to_owned()
    }

    /// What tmux says of the pane: `#{pane_pid}` and the like.
    pub fn of_pane(&self, format: &str) -> String {
        self.world.sandbox.tmux(["display-message", "-p", "-t", &self.pane(), format]).expect("tmux answers")
    }

    /// The pane's process, which is the client if nothing is around it.
    pub fn pid(&self) -> i32 {
        self.of_pane("#{pane_pid}").parse().unwrap()
    }

    /// The client's process, by its session file.
    pub fn client(&self) -> i32 {
        let (id, folder) = (self.session_id(), self.world.sandbox.home().join(".claude/sessions"));
        let find = || {
            let sessions = std::fs::read_dir(&folder).ok()?.flatten().filter_map(|entry| files::json(&entry.path()));
            sessions.into_iter().find(|session: &Value| session["sessionId"] == id.as_str())
        };
        let session = self.wait("the client's session file", find);
        session["pid"].as_i64().unwrap().try_into().unwrap()
    }

    pub fn signal(&self, signal: Signal) {
        send(self.pid(), signal);
    }

    /// Presses keys at the terminal, as a person would.
    pub fn keys(&self, keys: &[&str]) {
        let pane = self.pane();
        let command = ["send-keys", "-t", &pane].into_iter().chain(keys.iter().copied());
        self.world.sandbox.tmux(command).expect("tmux sends keys");
    }

    pub fn screen(&self) -> String {
        self.world.sandbox.tmux(["capture-pane", "-p", "-t", &self.pane()]).unwrap_or_default()
    }

    /// Waits until the terminal shows a text.
    #[track_caller]
    pub fn await_screen(&self, text: &str) {
        self.wait(&format!("{text:?} on the screen"), || self.screen().contains(text).then_some(()));
    }

    /// Presses keys until what they should bring about is there: a dialog drops keys pressed right after it appeared, and
    /// one that is not open yet waits for a pause of 1.2 s.
    #[track_caller]
    pub fn keys_until(&self, keys: &[&str], what: &str, done: impl Fn(&Value) -> bool) {
        let mut pressed = std::time::Instant::now() - std::time::Duration::from_secs(60);
        self.wait(what, || {
            if done(&self.page()) {
                return Some(());
            }
            if pressed.elapsed() > std::time::Duration::from_secs(2) {
                self.keys(keys);
                pressed = std::time::Instant::now();
            }
            None
        });
    }

    /// Says yes to the trust dialog, as a person would: to the row that says so, and Enter.
    #[track_caller]
    pub fn trust(&self) {
        self.await_screen("trust");
        let marked = || self.screen().lines().find(|line| line.trim_start().starts_with('❯')).map(str::to_owned);
        if !marked().is_some_and(|row| row.contains("Yes")) {
            let before = marked();
            self.keys(&["Down"]);
            self.wait("the marker to move", || (marked().is_some() && marked() != before).then_some(()));
        }
        assert!(marked().unwrap().contains("Yes"), "{}", self.screen());
        self.keys_until(&["Enter"], "an answer", |page| page["task"]["requests"] == 0);
    }

    /// Waits, and shows what is known of the task when it was in vain.
    #[track_caller]
    pub fn wait<T>(&self, what: &str, find: impl FnMut() -> Option<T>) -> T {
        let shown = ShownOnPanic(self);
        let found = wait_for(&format!("{what} on {}", self.world.version), find);
        std::mem::forget(shown);
        found
    }
}

/// Sends a signal to a process.
pub fn send(pid: i32, signal: Signal) {
    rustix::process::kill_process(rustix::process::Pid::from_raw(pid).unwrap(), signal).unwrap();
}

/// Waits for a condition that no task's page shows.
#[track_caller]
pub fn until(what: &str, condition: impl FnMut() -> bool) {
    wait_until(what, condition);
}

struct ShownOnPanic<'a>(&'a Task<'a>);

impl Drop for ShownOnPanic<'_> {
    fn drop(&mut self) {
        eprintln!("{:#}\n{}", self.0.page(), self.0.world.sandbox.all_of(&self.0.number));
    }
}
