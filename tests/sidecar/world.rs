//! A sandbox whose tasks run the demo agent, and what is asked of it again and again.

use chorus_testkit::{Sandbox, around, given, wait_until};
use rmpv::Value as Packed;
use serde_json::{Value, json};
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};

pub struct World {
    base: chorus_testkit::World,
    pub tmux: PathBuf,
}

around!(World, base: chorus_testkit::World);

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
        World::of(env!("CARGO_BIN_EXE_chorus").as_ref(), tmux)
    }

    /// With the first tmux, and Chorus's program at that path.
    pub fn running(chorus: &Path) -> World {
        World::of(chorus, given::tmuxes().into_iter().next().expect("a tmux").path)
    }

    fn of(chorus: &Path, tmux: PathBuf) -> World {
        let sandbox = Sandbox::new(chorus);
        sandbox.link("tmux", &tmux);
        sandbox.write("config/chorus/chorus.toml", "[agent]\ndefault = \"demo\"\n");
        World { base: chorus_testkit::World::new(sandbox), tmux }
    }

    /// SIGTERM for a process.
    pub fn terminate(&self, pid: u32) {
        signal(pid, rustix::process::Signal::TERM);
    }

    /// The program in a pane without asking the daemon: the process that tmux started for the only task.
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

    /// tmux, except that a command with that word runs these lines of shell first. In them `$real` is tmux itself, and
    /// `touch $reached` ends [`World::await_reached`].
    pub fn tmux_on(&self, word: &str, lines: &str) {
        let (real, reached) = (self.tmux.display(), self.root().join("reached"));
        let _ = std::fs::remove_file(&reached);
        let text = format!(
            "real='{real}' reached='{}'\ncase \"$*\" in *{word}*)\n{lines}\n;; esac\nexec $real \"$@\"",
            reached.display()
        );
        self.script("tmux", &text);
    }

    /// Waits until tmux has reached the place that [`World::tmux_on`] marks.
    #[track_caller]
    pub fn await_reached(&self) {
        wait_until("tmux has come that far", || self.root().join("reached").exists());
    }

    /// tmux as it was.
    pub fn real_tmux(&self) {
        self.link("tmux", &self.tmux);
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
