//! The tracer: the agent's parent, which learns from the kernel what the agent and its descendants write, and tells the
//! daemon before each call goes on. It opens, holds up and fails no call of its own accord: where a change by somebody
//! else should be taken in first, the call waits for the daemon, and not for long.

use super::courier::{self, Courier};
use super::pane::{Said, say};
use super::reports::{Reports, now};
use crate::attribution::{Nanos, Write};
use crate::contract::TraceOrder;
use crate::paths::State;
use crate::wire::trace::{FromTracer, ToTracer};
use chorus_write_trace::{self as trace, Listener, Signals, SpawnFailed, Traced};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::process::{Pid, Signal};
use std::cell::Cell;
use std::os::unix::net::UnixStream;
use std::os::unix::process::ExitStatusExt;
use std::process::{Child, Command};
use std::rc::Rc;
use std::time::{Duration, Instant};

/// How long a call waits for the daemon.
const CALL_WAITS: Duration = Duration::from_millis(50);
/// Calls together wait for at most so long at once, and for a tenth of the time in the long run.
const MOST_WAITING: Duration = Duration::from_millis(300);
/// How long the last reports may take to be sent.
const FAREWELL: Duration = Duration::from_secs(2);

/// Runs the agent and traces it until nothing of it runs any more.
pub fn run(state: &State, task: &str, order: &TraceOrder, command: &mut Command, mut pane: UnixStream) -> ! {
    let pane_process = rustix::process::getppid();
    let begun = now();
    let (traced, signals) = match start(command) {
        Ok(started) => started,
        Err(SpawnFailed::Program(error)) => {
            say(&mut pane, &Said::CannotRun(error.raw_os_error().unwrap_or_default()));
            std::process::exit(0)
        }
        Err(SpawnFailed::Filter(why)) => {
            report_untraced(state, task, &order.launch, &why);
            say(&mut pane, &Said::NoFilter);
            std::process::exit(0)
        }
    };
    let process = traced.child.id();
    say(&mut pane, &Said::Runs(process));
    leave_terminal();
    let shown = Rc::new(Cell::new(Some(process)));
    let begin = {
        let (shown, task, launch) = (shown.clone(), task.to_owned(), order.launch.clone());
        move |since| FromTracer::Begin { task: task.clone(), launch: launch.clone(), agent: shown.get(), since }
    };
    let tracer = Tracer {
        listener: traced.listener,
        courier: Courier::new(state, begun, Box::new(begin)),
        reports: Reports::of(order.root.clone(), &crate::client::start_request(state)),
        task: task.to_owned(),
        seq: 0,
        waiting: Vec::new(),
        credit: MOST_WAITING,
        credited: Instant::now(),
        seen: 0,
        agent: Some(Agent { child: traced.child, pane, shown }),
        pane_process,
        unused: false,
    };
    trace::forget_code();
    tracer.follow(&signals);
    std::process::exit(0)
}

fn start(command: &mut Command) -> Result<(Traced, Signals), SpawnFailed> {
    let ours = |error: std::io::Error| SpawnFailed::Filter(format!("it could not be set up: {error}"));
    trace::become_subreaper().map_err(ours)?;
    let signals = Signals::block(&[Signal::CHILD.as_raw(), Signal::TERM.as_raw()]).map_err(ours)?;
    Ok((trace::spawn(command, rustix::termios::isatty(std::io::stdin()))?, signals))
}

/// The terminal ends for tmux when nobody has it open any more.
fn leave_terminal() {
    let Ok(nothing) = std::fs::File::options().read(true).write(true).open("/dev/null") else { return };
    let _ = rustix::stdio::dup2_stdin(&nothing);
    let _ = rustix::stdio::dup2_stdout(&nothing);
    let _ = rustix::stdio::dup2_stderr(&nothing);
}

/// Tells the daemon, if there is one, that the agent runs without a tracer.
pub fn report_untraced(state: &State, task: &str, launch: &str, why: &str) {
    let said = FromTracer::Untraced { task: task.to_owned(), launch: launch.to_owned(), why: why.to_owned() };
    courier::send_once(state, &said);
}

/// A call that waits for the daemon.
struct Waiting {
    seq: u64,
    call: u64,
    since: Instant,
}

/// While it runs.
struct Agent {
    child: Child,
    pane: UnixStream,
    /// The process id that the daemon is to know.
    shown: Rc<Cell<Option<u32>>>,
}

struct Tracer {
    listener: Listener,
    courier: Courier,
    reports: Reports,
    task: String,
    seq: u64,
    waiting: Vec<Waiting>,
    /// How long calls may still wait.
    credit: Duration,
    credited: Instant,
    /// A file with an older `ctime` needs no question.
    seen: Nanos,
    agent: Option<Agent>,
    pane_process: Option<Pid>,
    /// The kernel says that nothing is left that the filter is on.
    unused: bool,
}

impl Tracer {
    /// Until nothing that the agent started runs any more.
    fn follow(mut self, signals: &Signals) {
        // What ended before the first wait sends no signal any more.
        let mut look = true;
        loop {
            if look {
                self.see_agent();
                let gone = trace::children_are_gone(self.agent.as_ref().map(|agent| agent.child.id()));
                if gone && self.agent.is_none() {
                    break;
                }
            }
            if self.unused && self.agent.is_none() {
                break;
            }
            look = self.turn(signals);
        }
        let until = Instant::now() + FAREWELL;
        while self.courier.has_more() && Instant::now() < until {
            let Some((socket, events)) = self.courier.waits_for() else { break };
            let _ = poll(&mut [PollFd::from_borrowed_fd(socket, events)], Some(&timespec(FAREWELL)));
            self.courier.turn();
        }
    }

    /// Waits for the next thing to do and does it; true when a child changed its state.
    fn turn(&mut self, signals: &Signals) -> bool {
        let limit = self.timeout();
        let of_socket = self.courier.waits_for();
        let mut ready = vec![
            PollFd::new(&self.listener, if self.unused { PollFlags::empty() } else { PollFlags::IN }),
            PollFd::new(signals, PollFlags::IN),
        ];
        if self.unused {
            ready.remove(0);
        }
        ready.extend(of_socket.map(|(socket, events)| PollFd::from_borrowed_fd(socket, events)));
        if poll(&mut ready, limit.map(timespec).as_ref()).is_err() {
            return false;
        }
        let events: Vec<PollFlags> = ready.iter().map(PollFd::revents).collect();
        drop(ready);
        let (calls, rest) = if self.unused { (PollFlags::empty(), &events[..]) } else { (events[0], &events[1..]) };
        if calls.contains(PollFlags::IN) {
            self.receive();
        } else if calls.intersects(PollFlags::HUP | PollFlags::ERR) {
            self.unused = true;
        }
        // Answers of the daemon before what they set free.
        if rest.get(1).is_some_and(|event| !event.is_empty()) || rest.len() == 1 {
            self.hear();
        }
        self.release_overdue();
        !rest[0].is_empty() && self.see_signals(signals)
    }

    fn timeout(&self) -> Option<Duration> {
        let overdue = self.waiting.iter().map(|waiting| waiting.since + CALL_WAITS).min();
        let next = [overdue, self.courier.tries_at()].into_iter().flatten().min();
        next.map(|next| next.saturating_duration_since(Instant::now()))
    }

    /// One stopped call.
    fn receive(&mut self) {
        let Ok(Some(call)) = self.listener.receive() else { return };
        let writes = self.reports.of_call(&call, &self.task);
        if self.reports.wants_daemon()
            && let Some(agent) = &mut self.agent
        {
            say(&mut agent.pane, &Said::StartDaemon);
        }
        // Else what was read is another process's.
        if writes.is_empty() || !self.listener.still_waits(call.id) {
            return self.listener.resume(call.id);
        }
        let mut waits_for = None;
        for write in writes {
            self.seq += 1;
            let waits = waits_for.is_none() && self.should_wait(&write);
            if waits {
                waits_for = Some(self.seq);
            }
            let at = write.at;
            self.courier.report(self.seq, at, &FromTracer::Wrote { seq: self.seq, waits, write });
        }
        match waits_for {
            Some(seq) => self.waiting.push(Waiting { seq, call: call.id, since: Instant::now() }),
            None => self.listener.resume(call.id),
        }
    }

    /// Whether the file may hold a change that was not seen. A new file and a folder hold none.
    fn should_wait(&mut self, write: &Write) -> bool {
        let Some(before) = write.before.filter(|before| before.ctime_ns >= self.seen && !write.folder) else {
            return false;
        };
        self.courier.is_connected() && self.may_wait() && self.reports.is_news(&write.path, &before)
    }

    fn may_wait(&mut self) -> bool {
        let passed = self.credited.elapsed();
        self.credited += passed;
        self.credit = (self.credit + passed / 10).min(MOST_WAITING);
        self.credit > CALL_WAITS
    }

    fn hear(&mut self) {
        for said in self.courier.turn() {
            match said {
                ToTracer::Go { seq } => self.release(|waiting| waiting.seq == seq),
                ToTracer::Flush { id } => self.courier.say(&FromTracer::Flushed { id }),
                ToTracer::Seen { before } => self.seen = self.seen.max(before),
                ToTracer::Kept { seq, but } => self.courier.forget(seq, &but),
                ToTracer::Enough => self.courier.give_up(),
                ToTracer::Ignored { folder } => self.reports.ignore(folder),
            }
        }
        if !self.courier.is_connected() {
            // The next daemon does not know of the question.
            self.release(|_| true);
        }
    }

    fn release_overdue(&mut self) {
        self.release(|waiting| waiting.since.elapsed() >= CALL_WAITS);
    }

    fn release(&mut self, may_go: impl Fn(&Waiting) -> bool) {
        for waiting in self.waiting.extract_if(.., |waiting| may_go(waiting)) {
            self.listener.resume(waiting.call);
            self.credit = self.credit.saturating_sub(waiting.since.elapsed());
        }
    }

    /// True when a child changed its state.
    fn see_signals(&mut self, signals: &Signals) -> bool {
        let mut child = false;
        while let Some(signal) = signals.next() {
            child |= signal == Signal::CHILD.as_raw();
            let pane_is_gone = rustix::process::getppid() != self.pane_process;
            if let Some(agent) = self.agent.as_mut().filter(|_| signal == Signal::TERM.as_raw() && pane_is_gone) {
                // Somebody killed the pane's process, and means the agent.
                let _ = agent.child.kill();
            }
        }
        child
    }

    fn see_agent(&mut self) {
        let Some(agent) = &mut self.agent else { return };
        let process = agent.child.id();
        if let Ok(Some(status)) = agent.child.try_wait() {
            let said = status.signal().map_or_else(|| Said::Exited(status.code().unwrap_or(1)), Said::Killed);
            agent.shown.set(None);
            say(&mut agent.pane, &said);
            self.agent = None;
            // What goes on running is no matter of this terminal.
            let _ = rustix::process::setsid();
        } else if let Some(signal) = trace::stopped(process)
            && signal != Signal::TTIN.as_raw()
            && signal != Signal::TTOU.as_raw()
        {
            // As tmux does with a pane's own process: nobody could continue it.
            trace::send_to_group(process, Signal::CONT.as_raw());
        }
    }
}

fn timespec(duration: Duration) -> Timespec {
    Timespec { tv_sec: duration.as_secs() as i64, tv_nsec: i64::from(duration.subsec_nanos()) }
}
