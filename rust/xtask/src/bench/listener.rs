//! A Neovim with the plugin that stamps every `User` event it gets.

use super::clock;
use chorus_testkit::{Sandbox, repository};
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, Stdio};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

const SCRIPT: &str = include_str!("listener.lua");

/// What is awaited longer than this never comes.
const LIMIT: Duration = Duration::from_secs(15);

/// One event.
#[derive(Clone, Debug)]
pub struct Told {
    /// When, by [`clock::now`].
    pub at: u64,
    /// `ChorusTaskChanged`.
    pub name: String,
    /// The task's uuid.
    pub task: String,
    /// The agent's status.
    pub status: String,
    /// How many commits the task has.
    pub commits: u32,
}

#[derive(Default)]
struct Log {
    told: Mutex<Vec<Told>>,
    more: Condvar,
}

/// The Neovim. Dropped, it ends.
pub struct Listener {
    nvim: Child,
    log: Arc<Log>,
}

impl Log {
    fn lock(&self) -> MutexGuard<'_, Vec<Told>> {
        self.told.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Listener {
    /// Starts it in the sandbox's project and waits until it knows the tasks.
    pub fn start(sandbox: &Sandbox, chorus: &Path) -> Result<Listener, String> {
        let script = sandbox.write("listener.lua", SCRIPT);
        let mut command = sandbox.command("nvim");
        command.args(["--clean", "--headless", "-l"]).arg(script).stdin(Stdio::piped()).stdout(Stdio::piped());
        command.env("BENCH_CHECKOUT", repository()).env("BENCH_CHORUS", chorus);
        let mut nvim = command.spawn().map_err(|error| format!("cannot run Neovim: {error}"))?;
        let log = Arc::new(Log::default());
        if let Some(stdout) = nvim.stdout.take() {
            let log = Arc::clone(&log);
            std::thread::spawn(move || {
                for told in BufReader::new(stdout).lines().map_while(Result::ok).filter_map(|line| read(&line)) {
                    log.lock().push(told);
                    log.more.notify_all();
                }
            });
        }
        let listener = Listener { nvim, log };
        listener.after(0, |told| told.name == "ready").ok_or("Neovim did not connect")?;
        Ok(listener)
    }

    /// The first fitting event from that stamp on; nothing when none comes.
    pub fn after(&self, from: u64, fits: impl Fn(&Told) -> bool) -> Option<Told> {
        self.within(LIMIT, from, fits)
    }

    /// As [`Listener::after`], with a limit of one's own.
    pub fn within(&self, limit: Duration, from: u64, fits: impl Fn(&Told) -> bool) -> Option<Told> {
        let began = Instant::now();
        let mut told = self.log.lock();
        loop {
            // The connection's own line has no time.
            let found = told.iter().find(|told| (told.at >= from || told.at == 0) && fits(told));
            if let Some(found) = found {
                return Some(found.clone());
            }
            let left = limit.checked_sub(began.elapsed())?;
            told = self.log.more.wait_timeout(told, left).unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    /// Milliseconds from the stamp to the event that tells of that status; infinite when none does.
    pub fn status(&self, from: u64, task: &str, status: &str) -> f64 {
        let told = self.after(from, |told| told.task == task && told.status == status);
        told.map_or(f64::INFINITY, |told| clock::between(from, told.at))
    }

    /// Has it start a task; the stamp from just before it asks.
    pub fn start_task(&mut self, task: &str) -> Result<u64, String> {
        let stdin = self.nvim.stdin.as_mut().ok_or("Neovim takes no input")?;
        writeln!(stdin, "{task}").map_err(|error| error.to_string())?;
        let asked = self.after(0, |told| told.name == "start" && told.task == task);
        asked.map(|told| told.at).ok_or_else(|| "Neovim does not ask".into())
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        let _ = self.nvim.kill();
        let _ = self.nvim.wait();
    }
}

fn read(line: &str) -> Option<Told> {
    let mut fields = line.split('\t').map(str::to_owned);
    Some(Told {
        at: fields.next()?.parse().ok()?,
        name: fields.next()?,
        task: fields.next()?,
        status: fields.next()?,
        commits: fields.next()?.parse().ok()?,
    })
}
