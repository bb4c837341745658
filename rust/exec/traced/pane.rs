//! The pane's own process beside a tracer: it passes signals on to the agent, waits for its end and ends alike, so that
//! tmux sees what it would see of the agent itself.

use super::tracer;
use crate::contract::TraceOrder;
use crate::paths::State;
use chorus_write_trace as trace;
use rustix::event::{PollFd, PollFlags, poll};
use rustix::process::Signal;
use serde::{Deserialize, Serialize};
use std::io::{self, BufRead, BufReader, Write};
use std::os::unix::net::UnixStream;
use std::os::unix::process::CommandExt;
use std::process::Command;

/// What the tracer says to the pane's process, one a line.
#[derive(Debug, Serialize, Deserialize)]
pub enum Said {
    /// The agent runs, as this process.
    Runs(u32),
    /// It ended with this code.
    Exited(i32),
    /// A signal ended it.
    Killed(i32),
    /// It could not be run: the operating system's error.
    CannotRun(i32),
    /// No filter could be installed: it is to run without.
    NoFilter,
    /// A program below the filter needs a daemon. One that it started itself would be below the filter too.
    StartDaemon,
}

/// Signals for the agent that come to the pane's process. The terminal's own, such as Ctrl-C, go to the foreground.
const PASSED_ON: [Signal; 7] =
    [Signal::HUP, Signal::INT, Signal::QUIT, Signal::TERM, Signal::USR1, Signal::USR2, Signal::CONT];
/// Others that would interrupt the wait.
const HELD: [Signal; 4] = [Signal::CHILD, Signal::TSTP, Signal::TTIN, Signal::TTOU];

/// Runs the agent below a tracer and ends as it does, or becomes it where nothing can be traced. Returns only the error
/// of a program that cannot be run.
pub fn run(state: &State, task: &str, order: &TraceOrder, command: &mut Command) -> io::Error {
    match start(state, task, order, command) {
        Ok(error) => error,
        Err(why) => {
            tracer::report_untraced(state, task, &order.launch, &why.to_string());
            run_untraced(command)
        }
    }
}

fn run_untraced(command: &mut Command) -> io::Error {
    trace::unblock();
    command.env_remove(crate::client::TRACED).exec()
}

/// An error says that nothing was begun.
fn start(state: &State, task: &str, order: &TraceOrder, command: &mut Command) -> io::Result<io::Error> {
    let (here, there) = UnixStream::pair()?;
    let blocked: Vec<i32> = PASSED_ON.iter().chain(&HELD).map(|signal| signal.as_raw()).collect();
    let signals = trace::Signals::block(&blocked)?;
    command.env(crate::client::TRACED, &state.dir);
    let Some(tracer) = trace::fork(Signal::TERM.as_raw())? else {
        drop((here, signals));
        tracer::run(state, task, order, command, there);
    };
    drop(there);
    trace::forget_code();
    Ok(match wait(state, &signals, here, tracer) {
        End::CannotRun(error) => error,
        // It told the daemon why.
        End::NoFilter => run_untraced(command),
    })
}

enum End {
    CannotRun(io::Error),
    NoFilter,
}

fn wait(state: &State, signals: &trace::Signals, from_tracer: UnixStream, tracer: u32) -> End {
    let mut agent = None;
    let mut lines = BufReader::with_capacity(256, from_tracer);
    loop {
        let mut ready = [PollFd::new(signals, PollFlags::IN), PollFd::new(lines.get_ref(), PollFlags::IN)];
        if poll(&mut ready, None).is_err() {
            continue;
        }
        let said = !ready[1].revents().is_empty();
        while let Some(signal) = signals.next() {
            let is_passed_on = PASSED_ON.iter().any(|passed| passed.as_raw() == signal);
            if let Some(agent) = agent.filter(|_| is_passed_on) {
                trace::send(agent, signal);
            }
        }
        if !said {
            continue;
        }
        let mut line = String::new();
        let read = lines.read_line(&mut line);
        match read.ok().filter(|read| *read > 0).and_then(|_| serde_json::from_str(&line).ok()) {
            Some(Said::Runs(process)) => agent = Some(process),
            Some(Said::Exited(code)) => std::process::exit(code),
            Some(Said::Killed(signal)) => trace::die_by(signal),
            Some(Said::CannotRun(error)) => {
                reap(tracer);
                return End::CannotRun(io::Error::from_raw_os_error(error));
            }
            Some(Said::StartDaemon) => start_daemon(state),
            Some(Said::NoFilter) => {
                reap(tracer);
                return End::NoFilter;
            }
            // The tracer was killed, and the agent with it.
            None => trace::die_by(Signal::KILL.as_raw()),
        }
    }
}

/// Starts a daemon that descends from no pane: its parent ends at once.
fn start_daemon(state: &State) {
    match trace::fork(Signal::TERM.as_raw()) {
        Ok(None) => {
            trace::unblock();
            let started = crate::client::start_daemon(state);
            std::process::exit(i32::from(started.is_err()))
        }
        Ok(Some(parent)) => reap(parent),
        Err(_) => {}
    }
}

fn reap(tracer: u32) {
    let tracer = i32::try_from(tracer).ok().and_then(rustix::process::Pid::from_raw);
    let _ = rustix::process::waitpid(tracer, rustix::process::WaitOptions::empty());
}

/// Tells the pane's process. It may be gone.
pub fn say(to: &mut UnixStream, said: &Said) {
    if let Ok(mut line) = serde_json::to_vec(said) {
        line.push(b'\n');
        let _ = to.write_all(&line);
    }
}
