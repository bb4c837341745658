//! A sandbox with tasks in it.

use super::clock;
use chorus_testkit::{Sandbox, wait_for, wait_until};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use std::path::PathBuf;
use std::sync::Mutex;
use std::time::Instant;

/// As many starts as this are under way at once.
const AT_ONCE: usize = 3;

/// Tasks and what runs them.
pub struct World {
    /// Where.
    pub sandbox: Sandbox,
    /// In the order of their numbers.
    pub tasks: Vec<Task>,
    /// When the last of them was started.
    pub started: Instant,
    /// Options of `chorus new` for tasks that are started from now on.
    pub options: &'static [&'static str],
}

/// One task.
#[derive(Clone, Debug)]
pub struct Task {
    /// `12`.
    pub number: String,
    /// Its uuid.
    pub uuid: String,
    /// tmux's `%3`.
    pub pane: String,
    /// The agent's process.
    pub pid: u32,
}

impl World {
    /// No task yet; `config` is the user's `chorus.toml`.
    pub fn new(sandbox: Sandbox, config: &str) -> World {
        sandbox.write("config/chorus/chorus.toml", config);
        World { sandbox, tasks: Vec::new(), started: Instant::now(), options: &[] }
    }

    /// Starts so many more tasks and waits until each agent has one of these statuses.
    pub fn start(&mut self, count: usize, agent: &str, prompt: &str, until: &[&str]) {
        let left = Mutex::new(count);
        let take = || {
            let mut left = left.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
            *left = left.checked_sub(1)?;
            Some(())
        };
        let one = || {
            let new = ["new", "--title", "A task of the bench", "--agent", agent];
            let task = self.sandbox.json(new.iter().chain(self.options));
            let number = task["number"].to_string();
            self.sandbox.json(["start", &number, "--prompt", prompt]);
            self.task(&number)
        };
        let mut started = std::thread::scope(|scope| {
            let workers =
                [(); AT_ONCE].map(|()| scope.spawn(|| std::iter::from_fn(|| take().map(|()| one())).collect()));
            workers.into_iter().flat_map(|worker| worker.join().unwrap_or_else(|_| Vec::new())).collect::<Vec<Task>>()
        });
        assert_eq!(started.len(), count, "every task starts");
        for task in &mut started {
            wait_until("the agent is ready", || until.contains(&&*self.status(&task.number)));
            task.pid = chorus_testkit::processes::program_below(task.pid);
        }
        if count > 0 {
            self.started = Instant::now();
        }
        self.tasks.extend(started);
    }

    fn task(&self, number: &str) -> Task {
        let task = self.show(number);
        let text = |key: &str| task[key].as_str().unwrap_or_default().to_owned();
        let pane = text("pane");
        let pid = wait_for("the pane's process", || {
            self.sandbox.tmux(["display-message", "-p", "-t", &pane, "#{pane_pid}"])?.parse().ok()
        });
        Task { number: number.to_owned(), uuid: text("uuid"), pane, pid }
    }

    fn show(&self, number: &str) -> Value {
        self.sandbox.json(["show", number])["task"].clone()
    }

    /// What the agent does: `idle`.
    pub fn status(&self, number: &str) -> String {
        self.show(number)["agent_status"]["status"].as_str().unwrap_or_default().to_owned()
    }

    /// Gives the last `count` of the first `of` tasks so many seconds of work, during which they redraw at 10 Hz.
    pub fn keep_busy(&self, count: usize, of: usize, seconds: u32) {
        let busy = &self.tasks[of - count..of];
        for task in busy {
            self.sandbox.json(["send", &task.number, &format!("[[slow {seconds}]]")]);
        }
        for task in busy {
            wait_until("the agent is busy", || self.status(&task.number) == "busy");
        }
    }

    /// The demo agents' session files are in here.
    pub fn sessions(&self) -> PathBuf {
        self.sandbox.state().join("demo/sessions")
    }

    /// The daemon's pid.
    pub fn daemon(&self) -> u32 {
        wait_for("the daemon", || self.sandbox.daemon())
    }

    /// The tmux server's pid.
    pub fn tmux_server(&self) -> u32 {
        wait_for("the tmux server", || self.sandbox.tmux(["display-message", "-p", "#{pid}"])?.parse().ok())
    }

    /// Does something while the daemon stands still, as if there were none; agents and tmux go on.
    pub fn without_daemon<T>(&self, act: impl FnOnce() -> T) -> T {
        let daemon = self.daemon();
        signal(daemon, Signal::STOP);
        let result = act();
        signal(daemon, Signal::CONT);
        // It takes in what came meanwhile.
        clock::pause(1500);
        result
    }
}

/// Sends a signal to a process of this world.
pub fn signal(pid: u32, signal: Signal) {
    if let Some(pid) = i32::try_from(pid).ok().and_then(Pid::from_raw) {
        // It may be gone, which shows in the figures.
        let _ = kill_process(pid, signal);
    }
}
