//! Processes the agent starts: hooks and shell commands, each in a process group of its own.

use rustix::process::{Pid, Signal};
use std::collections::HashSet;
use std::io::{Read, Write};
use std::os::unix::process::CommandExt;
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex, mpsc};
use std::time::Duration;

/// How a child ended.
#[derive(Debug, Clone, Default)]
pub struct Ended {
    /// Exit code; nothing after a signal, or when it could not start.
    pub code: Option<i32>,
    /// At most [`KEPT`] bytes.
    pub stdout: String,
    /// At most [`KEPT`] bytes.
    pub stderr: String,
    /// A process it left behind still held its outputs open.
    pub is_held: bool,
}

/// How much of an output is kept.
const KEPT: usize = 1 << 20;

/// So long after a child's end its outputs are waited for.
const GRACE: Duration = Duration::from_millis(100);

/// Every child that lives, so that none outlives the agent.
#[derive(Clone, Default)]
pub struct Children(Arc<Mutex<HashSet<u32>>>);

/// A running child.
#[derive(Debug, Clone, Copy)]
pub struct Running(u32);

impl Running {
    /// Asks it and its children to end, as the client does: SIGTERM.
    pub fn end(self) {
        if let Some(group) = i32::try_from(self.0).ok().and_then(Pid::from_raw) {
            let _ = rustix::process::kill_process_group(group, Signal::TERM);
        }
    }
}

impl Children {
    /// Starts `command` with `input` on its standard input and tells `done` how it ended. After `limit` it is ended.
    pub fn start(
        &self,
        command: &mut Command,
        input: Vec<u8>,
        limit: Option<Duration>,
        done: impl FnOnce(Ended) + Send + 'static,
    ) -> Option<Running> {
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).process_group(0);
        let mut child = match command.spawn() {
            Ok(child) => child,
            Err(error) => {
                done(Ended { stderr: error.to_string(), ..Ended::default() });
                return None;
            }
        };
        let running = Running(child.id());
        let living = Arc::clone(&self.0);
        if let Ok(mut living) = living.lock() {
            living.insert(child.id());
        }
        let (stdout, stderr) = (Output::of(child.stdout.take()), Output::of(child.stderr.take()));
        if let Some(mut pipe) = child.stdin.take() {
            std::thread::spawn(move || pipe.write_all(&input));
        }
        let (over, wait) = mpsc::channel::<()>();
        if let Some(limit) = limit {
            std::thread::spawn(move || {
                if wait.recv_timeout(limit) == Err(mpsc::RecvTimeoutError::Timeout) {
                    running.end();
                }
            });
        }
        std::thread::spawn(move || {
            let code = child.wait().ok().and_then(|status| status.code());
            drop(over);
            if let Ok(mut living) = living.lock() {
                living.remove(&running.0);
            }
            let is_held = !(stdout.is_whole() & stderr.is_whole());
            done(Ended { code, stdout: stdout.text(), stderr: stderr.text(), is_held });
        });
        Some(running)
    }

    /// Starts `command` and waits for its end.
    pub fn run(&self, command: &mut Command, input: Vec<u8>, limit: Duration) -> Ended {
        let (tell, told) = mpsc::channel();
        self.start(command, input, Some(limit), move |ended| drop(tell.send(ended)));
        told.recv().unwrap_or_default()
    }

    /// Ends all that live.
    pub fn end_all(&self) {
        let living = self.0.lock().map(|living| living.clone()).unwrap_or_default();
        living.into_iter().for_each(|pid| Running(pid).end());
    }
}

/// An output as it is read.
struct Output {
    bytes: Arc<Mutex<Vec<u8>>>,
    end: mpsc::Receiver<()>,
}

impl Output {
    fn of(pipe: Option<impl Read + Send + 'static>) -> Output {
        let bytes = Arc::new(Mutex::new(Vec::new()));
        let (open, end) = mpsc::channel();
        let kept = Arc::clone(&bytes);
        std::thread::spawn(move || {
            // Dropped at the end.
            let _open = open;
            let Some(mut pipe) = pipe else { return };
            let mut part = [0; 8192];
            while let Ok(length @ 1..) = pipe.read(&mut part) {
                if let Ok(mut kept) = kept.lock()
                    && kept.len() < KEPT
                {
                    kept.extend_from_slice(&part[..length]);
                }
            }
        });
        Output { bytes, end }
    }

    /// Whether its end was reached.
    fn is_whole(&self) -> bool {
        self.end.recv_timeout(GRACE) == Err(mpsc::RecvTimeoutError::Disconnected)
    }

    fn text(&self) -> String {
        self.bytes.lock().map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shell(line: &str) -> Command {
        let mut command = Command::new("sh");
        command.args(["-c", line]);
        command
    }

    #[test]
    fn a_child_gets_its_input_and_gives_both_outputs() {
        let ended =
            Children::default().run(&mut shell("cat; echo no >&2; exit 3"), b"in".into(), Duration::from_secs(60));
        assert_eq!((ended.code, ended.stdout.as_str(), ended.stderr.as_str()), (Some(3), "in", "no\n"));
    }

    #[test]
    fn a_child_ends_at_its_limit_with_all_it_started() {
        let ended = Children::default().run(&mut shell("sleep 600; echo late"), Vec::new(), Duration::from_millis(20));
        assert_eq!((ended.code, ended.stdout.as_str()), (None, ""));
    }

    #[test]
    fn what_a_child_leaves_behind_does_not_hold_it_up() {
        let ended = Children::default().run(&mut shell("sleep 5 & echo out"), Vec::new(), Duration::from_secs(60));
        assert_eq!((ended.code, ended.stdout.as_str(), ended.is_held), (Some(0), "out\n", true));
    }

    #[test]
    fn a_missing_program_is_an_end_too() {
        let ended = Children::default().run(&mut Command::new("/no/such"), Vec::new(), Duration::from_secs(60));
        assert_eq!(ended.code, None);
        assert!(!ended.stderr.is_empty());
    }
}
