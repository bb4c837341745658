//! A sandbox whose tasks run the demo agent, and what is asked of it again and again.

use chorus_testkit::sandbox::{self, Ran};
use chorus_testkit::{Sandbox, files, given, processes, wait_for, wait_until};
use rmpv::Value as Packed;
use serde_json::{Value, json};
use std::io::Write;
use std::ops::{Deref, DerefMut};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::Stdio;

pub struct World {
    sandbox: Sandbox,
    pub tmux: PathBuf,
}

impl Deref for World {
    type Target = Sandbox;
    fn deref(&self) -> &Sandbox {
        &self.sandbox
    }
}

impl DerefMut for World {
    fn deref_mut(&mut self) -> &mut Sandbox {
        &mut self.sandbox
    }
}

impl Drop for World {
    /// The sandbox ends tmux servers by tmux.
    fn drop(&mut self) {
        self.real_tmux();
    }
}

/// Runs the test in a world of its own for each tmux.
#[track_caller]
pub fn each(test: impl Fn(World)) {
    for tmux in given::tmuxes() {
        println!("with tmux {}", tmux.version);
        test(World::with(tmux.path));
    }
}

impl World {
    /// With the first tmux.
    pub fn new() -> World {
        World::with(given::tmuxes().into_iter().next().expect("a tmux").path)
    }

    fn with(tmux: PathBuf) -> World {
        let sandbox = Sandbox::new(env!("CARGO_BIN_EXE_chorus"));
        sandbox.link("tmux", &tmux);
        sandbox.write("config/chorus/chorus.toml", "[agent]\ndefault = \"demo\"\n");
        World { sandbox, tmux }
    }

    /// Creates a task; its number.
    #[track_caller]
    pub fn task(&self, title: &str) -> String {
        self.json(["new", "--title", title])["number"].to_string()
    }

    /// Creates and starts a task with that first prompt, and waits until the turn is over.
    #[track_caller]
    pub fn rested(&self, title: &str, prompt: &str) -> String {
        let task = self.begun(title, prompt);
        self.rests(&task, 1);
        task
    }

    /// Waits until that many turns of the task are over and its agent is idle.
    #[track_caller]
    pub fn rests(&self, task: &str, turns: usize) {
        wait_until("the turn is over", || self.count(task, "turn_ended") >= turns);
        self.until(task, "idle");
    }

    /// Creates and starts a task with that first prompt, and waits until the agent has it.
    #[track_caller]
    pub fn begun(&self, title: &str, prompt: &str) -> String {
        let task = self.task(title);
        self.json(["start", &task, "--prompt", prompt]);
        wait_until("the agent has its prompt", || self.prompts(&task) > 0);
        task
    }

    /// How many prompts the agent said it got.
    pub fn prompts(&self, task: &str) -> usize {
        self.journal(task).iter().filter(|(what, text)| what == "prompt" && text.starts_with("Got a prompt")).count()
    }

    /// What happened to the task: what, and the sentence.
    #[track_caller]
    pub fn journal(&self, task: &str) -> Vec<(String, String)> {
        let page = self.json(["show", task]);
        let text = |entry: &Value, name: &str| entry[name].as_str().unwrap().to_owned();
        page["journal"].as_array().unwrap().iter().map(|entry| (text(entry, "what"), text(entry, "text"))).collect()
    }

    /// How often that happened to the task.
    #[track_caller]
    pub fn count(&self, task: &str, what: &str) -> usize {
        self.journal(task).iter().filter(|(happened, _)| happened == what).count()
    }

    /// The task.
    #[track_caller]
    pub fn look(&self, task: &str) -> Value {
        self.json(["show", task])["task"].clone()
    }

    /// `idle`, or `waiting permission`.
    #[track_caller]
    pub fn agent(&self, task: &str) -> String {
        let state = self.look(task)["agent_status"].clone();
        let word = |name: &str| state[name].as_str().unwrap_or_default().to_owned();
        format!("{} {}", word("status"), word("kind")).trim().to_owned()
    }

    /// Waits for what [`World::agent`] says.
    #[track_caller]
    pub fn until(&self, task: &str, agent: &str) {
        let mut last = String::new();
        let fits = || {
            last = self.agent(task);
            last == agent
        };
        let waited = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| wait_until("", fits)));
        assert!(waited.is_ok(), "#{task} is {last} and not {agent}: {}", self.run(["explain", task]).stdout);
    }

    /// Waits until the task has exactly one open request; the request.
    #[track_caller]
    pub fn request(&self, task: &str) -> Value {
        wait_for("one open request", || {
            let page = self.json(["show", task]);
            let open = page["requests"].as_array().unwrap().clone();
            (open.len() == 1 && page["task"]["status"] == "waiting").then(|| open[0].clone())
        })
    }

    /// The code of a command that is refused; it prints its reason, too.
    #[track_caller]
    pub fn refused<I: IntoIterator<Item = S>, S: AsRef<std::ffi::OsStr>>(&self, args: I) -> Refusal {
        let ran: Ran = self.chorus(args).arg("--json").output().unwrap().into();
        assert_eq!(ran.code, 1, "{ran:?}");
        let answer: Value = serde_json::from_str(&ran.stdout).unwrap_or_else(|error| panic!("{error}: {ran:?}"));
        let error = &answer["error"];
        let text = |name: &str| error[name].as_str().unwrap_or_default().to_owned();
        let refusal = Refusal { code: text("code"), message: text("message"), hint: text("hint") };
        assert!(ran.stderr.contains(&refusal.message.replace('\n', " ")), "{ran:?}");
        refusal
    }

    /// Runs `chorus` with that on its standard input.
    pub fn fed(&self, args: &[&str], input: &[u8]) -> Ran {
        let mut command = self.chorus(args);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let mut stdin = child.stdin.take().unwrap();
        let input = input.to_vec();
        // A program that does not read its input is no fault of the test.
        let feed = std::thread::spawn(move || drop(stdin.write_all(&input)));
        let ran = child.wait_with_output().unwrap().into();
        feed.join().unwrap();
        ran
    }

    /// The daemon, once one runs.
    #[track_caller]
    pub fn a_daemon(&self) -> u32 {
        wait_for("a daemon", || self.daemon())
    }

    /// SIGKILL for the daemon, and its end.
    #[track_caller]
    pub fn kill_daemon(&self) -> u32 {
        let pid = self.a_daemon();
        self.kill(pid);
        pid
    }

    /// SIGKILL for a process, and its end.
    #[track_caller]
    pub fn kill(&self, pid: u32) {
        processes::kill(pid);
        wait_until("the process is gone", || !is_alive(pid));
    }

    /// SIGTERM for a process.
    pub fn terminate(&self, pid: u32) {
        signal(pid, rustix::process::Signal::TERM);
    }

    /// The program in the task's pane.
    #[track_caller]
    pub fn agent_pid(&self, task: &str) -> u32 {
        let pane = self.look(task)["pane"].as_str().expect("a pane").to_owned();
        self.tmux(["display-message", "-p", "-t", &pane, "#{pane_pid}"]).unwrap().parse().unwrap()
    }

    /// The same without asking the daemon: the process that tmux started for the only task.
    #[track_caller]
    pub fn only_pane_pid(&self) -> u32 {
        self.tmux(["list-panes", "-a", "-F", "#{pane_pid}"]).unwrap().parse().unwrap()
    }

    /// The tmux server.
    pub fn server_pid(&self) -> Option<u32> {
        self.tmux(["display-message", "-p", "#{pid}"])?.parse().ok()
    }

    /// The daemon's socket.
    pub fn socket(&self) -> PathBuf {
        self.state().join("sock")
    }

    /// Puts a script first on PATH under that name.
    pub fn script(&self, name: &str, text: &str) {
        self.unlink(name);
        sandbox::script(&self.root().join("bin").join(name), &format!("#!/bin/sh\n{text}\n"));
    }

    /// tmux as it was.
    pub fn real_tmux(&self) {
        self.link("tmux", &self.tmux);
    }

    /// The log's text.
    pub fn log(&self) -> String {
        std::fs::read_to_string(self.state().join("log")).unwrap_or_default()
    }

    /// Lets the demo agent write down what a model would have got.
    pub fn keep_asked(&self) {
        let file = self.root().join("asked");
        let text = format!(
            "[agent]\ndefault = \"demo\"\n[agent.demo.env]\nCHORUS_DEMO_LOG = {:?}\n",
            file.display().to_string()
        );
        self.write("config/chorus/chorus.toml", &text);
    }

    /// What a model would have got, one request after the other.
    pub fn asked(&self) -> Vec<Value> {
        files::json_lines(&self.root().join("asked"))
    }
}

/// Why a command was refused.
#[derive(Debug)]
pub struct Refusal {
    pub code: String,
    pub message: String,
    pub hint: String,
}

impl Refusal {
    /// One sentence that says what could not be done and why, and one that says what to do next.
    #[track_caller]
    pub fn is_clear(&self) {
        assert!(!self.message.is_empty() && !self.message.contains('\n'), "{self:?}");
        assert!(self.message.len() < 400, "{self:?}");
        assert!(!self.hint.is_empty(), "{self:?}");
    }
}

/// Whether a process runs: a zombie does not.
pub fn is_alive(pid: u32) -> bool {
    chorus::process::identity(pid).is_some()
}

pub fn signal(pid: u32, signal: rustix::process::Signal) {
    let pid = rustix::process::Pid::from_raw(pid as i32).unwrap();
    rustix::process::kill_process(pid, signal).unwrap();
}

pub fn mode(path: &Path) -> u32 {
    std::fs::symlink_metadata(path).unwrap().permissions().mode() & 0o777
}

/// One request on a bare connection, with any handshake; the reply or the error.
pub fn ask(stream: &mut UnixStream, request: Value) -> Result<Value, Value> {
    let request = chorus::wire::to_value(&request).unwrap();
    let message = Packed::Array(vec![0.into(), 1.into(), "request".into(), Packed::Array(vec![request])]);
    let mut bytes = Vec::new();
    rmpv::encode::write_value(&mut bytes, &message).unwrap();
    stream.write_all(&bytes).unwrap();
    let Packed::Array(answer) = rmpv::decode::read_value(stream).unwrap() else { panic!("no answer") };
    let json = |value: &Packed| chorus::wire::from_value::<Value>(value).unwrap();
    if answer[2].is_nil() { Ok(json(&answer[3])) } else { Err(json(&answer[2])) }
}

/// `hello` with that protocol.
pub fn hello(protocol: u32, folder: &Path) -> Value {
    json!({ "method": "hello", "params": { "protocol": protocol, "version": "0", "folder": folder, "client": "shell" } })
}
