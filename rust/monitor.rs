//! The only loop with a clock: facts come in, evidence is gathered, a status goes out.
//!
//! Everything that can wake it is a [`Fact`], a session file, or a time at which a verdict may change by itself. It
//! never waits for tmux: a sweep runs beside it and comes back as a fact.

mod alerts;
mod judge;
mod requests;
mod sessions;
mod sweep;
mod watched;

use crate::agent::SessionSeen;
use crate::core::Core;
use crate::core::fact::{AgentReport, Fact, Launched};
use crate::process::{self, Identity};
use crate::status::{AgentStatus, Millis};
use sessions::SessionWatches;
use std::collections::HashMap;
use std::sync::{Arc, Weak};
use std::time::Duration;
pub use sweep::SweepPlan;
use tokio::sync::mpsc::{UnboundedReceiver, channel};
use watched::Watched;

/// What the loop knows.
pub struct Monitor {
    core: Weak<Core>,
    tasks: HashMap<String, Watched>,
    sessions: SessionWatches,
    sweeps: sweep::SweepPlan,
    next_processes: Millis,
    /// How far our clock was ahead of the wall clock.
    ahead: Millis,
    /// Sessions of processes that no known launch owns: one may be reported before its launch is.
    unclaimed: HashMap<u32, SessionSeen>,
    /// Events of launches that were not reported yet: of a quick agent, or of one that a new daemon has not found yet.
    early: Vec<AgentReport>,
    /// Conversations of processes behind the terminal, by process. They may have inherited a task's mark; no task is in
    /// them.
    background: HashMap<u32, String>,
    /// Processes of agents whose launches were not reported yet, by launch.
    early_processes: HashMap<String, Identity>,
}

/// More strangers than this are forgotten; they are the user's own sessions.
const MOST_UNCLAIMED: usize = 500;

/// More early events than this are dropped; the spool holds no more.
const MOST_EARLY: usize = 2000;

/// What agents said of their sessions that may wait to be taken in.
const SEEN: usize = 256;

/// How often it is seen about whose process the process table is to be asked.
const PROCESSES: Millis = 2000;

/// Runs until the daemon ends.
pub async fn run(core: Weak<Core>, sweeps: sweep::SweepPlan, mut facts: UnboundedReceiver<Fact>) {
    let (tell, mut seen) = channel(SEEN);
    let mut monitor = Monitor {
        core,
        tasks: HashMap::new(),
        sessions: SessionWatches::new(tell),
        sweeps,
        next_processes: 0,
        ahead: crate::clock::ahead(),
        unclaimed: HashMap::new(),
        early: Vec::new(),
        background: HashMap::new(),
        early_processes: HashMap::new(),
    };
    loop {
        let wait = monitor.next_wake() - crate::clock::now();
        let wait = Duration::from_millis(wait.clamp(0, 60_000) as u64);
        tokio::select! {
            fact = facts.recv() => match fact {
                Some(fact) => monitor.receive(fact).await,
                None => return,
            },
            Some(seen) = seen.recv() => monitor.receive_session(seen),
            () = tokio::time::sleep(wait) => {}
        }
        while let Ok(fact) = facts.try_recv() {
            monitor.receive(fact).await;
        }
        while let Ok(seen) = seen.try_recv() {
            monitor.receive_session(seen);
        }
        let Some(core) = monitor.core.upgrade() else { return };
        monitor.poll(&core).await;
        monitor.judge(&core).await;
    }
}

impl Monitor {
    async fn receive(&mut self, fact: Fact) {
        match fact {
            Fact::Launched(mut launched) => {
                if let Some(process) = self.early_processes.remove(&launched.launch) {
                    launched.process = Some(process);
                }
                self.watch_process(&launched);
                if let Some((adapter, dir)) = launched.adapter.zip(launched.config_dir.as_deref()) {
                    self.sessions.watch(adapter, dir);
                }
                self.sweeps.soon();
                let mut watched = Watched::new(*launched);
                watched.read_transcript(crate::clock::now()).await;
                let task = watched.launched.task.clone();
                self.tasks.insert(task.clone(), watched);
                self.receive_early(&task);
                for seen in std::mem::take(&mut self.unclaimed).into_values() {
                    self.receive_session(seen);
                }
            }
            Fact::AgentProcess { task, launch, process } => self.receive_process(&task, launch, process),
            Fact::Ended { task } => {
                self.tasks.remove(&task);
                self.early.retain(|report| report.task != task);
                if let Some(core) = self.core.upgrade() {
                    core.live.remove(&task);
                }
            }
            Fact::Event(report) if self.is_of_background(&report) => {}
            Fact::Event(report) => match self.tasks.get_mut(&report.task) {
                Some(watched) if watched.launched.launch == report.launch => watched.receive_event(&report),
                _ if self.early.len() < MOST_EARLY => self.early.push(*report),
                _ => {}
            },
            Fact::PaneDied { task } => {
                if let Some(watched) = self.tasks.get_mut(&task) {
                    watched.dirty = true;
                    self.sweeps.now();
                }
            }
            Fact::RequestClosed { task, request } => {
                if let Some(watched) = self.tasks.get_mut(&task) {
                    watched.close_request(&request);
                }
            }
            Fact::HasRules { task } => {
                if let Some(watched) = self.tasks.get_mut(&task) {
                    watched.evidence.has_rules = true;
                }
            }
            Fact::Ruled { task, request } => {
                if let Some(watched) = self.tasks.get_mut(&task) {
                    watched.close_request(&request);
                    watched.evidence.ruled_at = Some(watched.answered_at);
                }
            }
            Fact::Interrupted { task, at } => {
                if let Some(watched) = self.tasks.get_mut(&task) {
                    watched.evidence.interrupted(at);
                    watched.dirty = true;
                }
            }
            Fact::HooksOff { task, launch, cause } => {
                if let Some(watched) = self.tasks.get_mut(&task).filter(|watched| watched.launched.launch == launch) {
                    watched.hooks_off = Some(cause);
                    watched.dirty = true;
                }
            }
            Fact::Swept(swept) => sweep::apply(&mut self.tasks, &mut self.sweeps, *swept),
        }
    }

    /// tmux before 3.6 loses word of some deaths (seen with Debian's 3.3a), so the process itself is watched.
    fn watch_process(&self, launched: &Launched) {
        let (core, task) = (self.core.clone(), launched.task.clone());
        let Some(process) = launched.process.clone() else { return };
        tokio::spawn(async move {
            process::wait_for_end(&process).await;
            if let Some(core) = core.upgrade() {
                core.fact(Fact::PaneDied { task });
            }
        });
    }

    /// The agent runs beside the pane's own process. What it said of its session may have come before.
    fn receive_process(&mut self, task: &str, launch: String, process: Identity) {
        match self.tasks.get_mut(task) {
            Some(watched) if watched.launched.launch == launch => {
                if watched.launched.process.as_ref() == Some(&process) {
                    return;
                }
                watched.launched.process = Some(process);
                watched.dirty = true;
                let launched = watched.launched.clone();
                self.watch_process(&launched);
                for seen in std::mem::take(&mut self.unclaimed).into_values() {
                    self.receive_session(seen);
                }
            }
            _ if self.early_processes.len() < MOST_EARLY => _ = self.early_processes.insert(launch, process),
            _ => {}
        }
    }

    /// Receives the events that came before the report of their launch, and none of earlier launches.
    fn receive_early(&mut self, task: &str) {
        let Some(watched) = self.tasks.get_mut(task) else { return };
        for report in self.early.extract_if(.., |report| report.task == task) {
            watched.receive_event(&report);
        }
    }

    fn is_of_background(&self, report: &AgentReport) -> bool {
        let session = report.event.session_id.as_ref();
        session.is_some_and(|session| self.background.values().any(|background| background == session))
    }

    fn receive_session(&mut self, seen: SessionSeen) {
        if let Some(session) = seen.session.as_ref().filter(|session| session.background) {
            if let Some(conversation) = session.session_id.clone()
                && self.background.len() < MOST_UNCLAIMED
            {
                self.background.insert(seen.pid, conversation);
            }
            return;
        }
        let now = crate::clock::now();
        // The process first: two agents may be in one conversation.
        let known = self.tasks.iter().find(|(_, watched)| watched.knows(&seen));
        let owner = known.or_else(|| self.tasks.iter().find(|(_, watched)| watched.owns(&seen)));
        let owner = owner.map(|(task, _)| task.clone());
        if let Some(watched) = owner.and_then(|task| self.tasks.get_mut(&task)) {
            watched.receive_session(seen, now);
        } else if seen.session.is_none() {
            self.unclaimed.remove(&seen.pid);
            self.background.remove(&seen.pid);
        } else if self.unclaimed.len() < MOST_UNCLAIMED {
            self.unclaimed.insert(seen.pid, seen);
        }
    }

    /// Asks the process table and tmux when it is time to.
    async fn poll(&mut self, core: &Arc<Core>) {
        let now = crate::clock::now();
        let ahead = crate::clock::ahead();
        if (ahead - self.ahead).abs() > crate::clock::STEP {
            log::warn!("the wall clock was set by {} ms: everything is looked at again", self.ahead - ahead);
            self.ahead = ahead;
            self.next_processes = 0;
            self.sweeps.now();
            self.tasks.values_mut().for_each(Watched::look_again);
        }
        if now >= self.next_processes {
            self.next_processes = now + PROCESSES;
            for watched in self.tasks.values_mut() {
                if watched.is_process_due(now) && watched.check_process(now) {
                    self.sweeps.now();
                }
                if watched.state.status == AgentStatus::Busy {
                    watched.read_transcript(now).await;
                }
            }
        }
        let screens = self.tasks.values().filter_map(Watched::screen_to_read);
        if let Some(order) = self.sweeps.due(now, self.tasks.len(), self.reads_screens(), screens) {
            tokio::spawn(sweep::carry_out(core.clone(), order));
        }
    }

    async fn judge(&mut self, core: &Arc<Core>) {
        let now = crate::clock::now();
        for watched in self.tasks.values_mut() {
            if watched.dirty || watched.recheck_at.is_some_and(|at| at <= now) {
                judge::judge(core, watched, now).await;
            }
        }
    }

    fn reads_screens(&self) -> bool {
        self.tasks.values().any(|watched| watched.screen_to_read().is_some())
    }

    fn next_wake(&self) -> Millis {
        let rechecks = self.tasks.values().filter_map(|watched| watched.recheck_at).min().unwrap_or(Millis::MAX);
        let mut wake = rechecks.min(self.sweeps.next(self.tasks.len(), self.reads_screens()));
        if !self.tasks.is_empty() {
            wake = wake.min(self.next_processes);
        }
        wake
    }
}
