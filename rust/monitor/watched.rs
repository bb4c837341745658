//! One live task under watch: whose process it is, and the evidence about it.

use super::judge::VerdictChanges;
use crate::agent::{SessionSeen, Transcript};
use crate::clock;
use crate::core::fact::{AgentReport, Launched};
use crate::evidence::event::Happening;
use crate::evidence::session::AgentSession;
use crate::evidence::{Evidence, Process};
use crate::foreign;
use crate::process::{self, Identity};
use crate::status::{AgentState, AgentStatus, Millis};
use crate::tmux::Wanted;
use std::collections::BTreeSet;
use std::path::PathBuf;

/// How often the process table is asked about an agent: the way suspension is seen, and the safety net below tmux's own word
/// of a death. Reading one takes about 20 µs.
const AT_WORK: Millis = 2_000;
const AT_REST: Millis = 10_000;

/// One live task.
#[derive(Debug)]
pub struct Watched {
    /// Its launch.
    pub launched: Launched,
    /// When the watch began; the launch may be older.
    pub since: Millis,
    /// What is known.
    pub evidence: Evidence,
    /// Something changed since the last verdict.
    pub dirty: bool,
    /// What follows from earlier verdicts and could not be stored, oldest first.
    pub unstored: Vec<VerdictChanges>,
    /// When the verdict may change by itself.
    pub recheck_at: Option<Millis>,
    /// The evidence needs the screen.
    pub wants_screen: bool,
    /// The last verdict's state.
    pub state: AgentState,
    /// Requests that hooks opened and that were open at the last verdict.
    pub asked: BTreeSet<String>,
    /// Requests of waiting hook processes that were reported here: the store may know one a moment earlier.
    pub told: BTreeSet<String>,
    /// When the newest of them closed.
    pub answered_at: Millis,
    /// The request made for a dialog that no hook reported.
    pub unhooked: Option<Unhooked>,
    /// A turn runs, or ended a moment ago and its `Stop` hook may still come: until when to wait for it.
    pub turn: Turn,
    /// Prompts the agent said it got.
    pub prompts: u64,
    /// How many of them belong to turns that are over.
    pub prompts_done: u64,
    /// When the newest prompt was refused of which the store knows.
    pub refused_at: Millis,
    /// Whether the hooks run, once that is known.
    pub hooks_run: Option<bool>,
    /// Why they do not, once that was looked for.
    pub hooks_off: Option<Option<String>>,
    /// The permission mode as last stored.
    pub mode: Option<String>,
    /// The conversation as last stored.
    pub session_id: Option<String>,
    /// The transcript, once a hook named it.
    pub transcript: Option<Box<dyn Transcript>>,
    /// Whether a terminal shows the pane.
    pub attached: bool,
    /// The newest stamp of the session's status: as the agent wrote it, and on our clock.
    said_at: Option<(Millis, Millis)>,
    /// When the process table was last asked.
    looked_at: Millis,
    /// The newest capture, to tell whether the screen changed.
    pub capture: String,
    /// When the agent was first seen ended.
    pub exit_seen: Option<Millis>,
    /// Whether the exit was reported.
    pub exit_told: bool,
}

/// Where the current turn is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Turn {
    /// None runs.
    Over,
    /// Since when it runs.
    Runs(Millis),
    /// It came to rest; the agent's own word of it is awaited until then.
    Ending { began: Millis, until: Millis },
}

/// A dialog that no hook reported, as it became a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unhooked {
    /// The request.
    pub id: String,
    /// Since when it is open.
    pub since: Millis,
    /// What it asks, once its screen was read.
    pub words: Option<String>,
    /// How often another followed at once.
    pub changes: u8,
}

impl Watched {
    /// Nothing is known yet.
    pub fn new(launched: Launched) -> Watched {
        Watched {
            evidence: Evidence::launched(launched.gives, launched.at),
            session_id: launched.session_id.clone(),
            since: clock::now(),
            dirty: true,
            unstored: Vec::new(),
            recheck_at: None,
            wants_screen: false,
            state: AgentState::default(),
            asked: BTreeSet::new(),
            told: BTreeSet::new(),
            answered_at: 0,
            unhooked: None,
            turn: launched.turn_since.map_or(Turn::Over, Turn::Runs),
            prompts: 0,
            prompts_done: 0,
            refused_at: launched.at,
            hooks_run: None,
            hooks_off: None,
            mode: None,
            transcript: launched
                .adapter
                .zip(launched.transcript.as_deref())
                .map(|(adapter, file)| adapter.transcript(file)),
            attached: false,
            said_at: None,
            looked_at: 0,
            capture: String::new(),
            exit_seen: None,
            exit_told: false,
            launched,
        }
    }

    /// An event of this launch.
    pub fn receive_event(&mut self, report: &AgentReport) {
        if report.launch != self.launched.launch {
            return;
        }
        self.evidence.saw_event(&report.event, &report.id, report.at);
        match &report.event.what {
            Happening::PromptTaken { .. } => self.prompts += 1,
            Happening::Asks(_) => _ = self.told.insert(report.id.clone()),
            // The whole turn went by between two reads, or while no daemon ran.
            Happening::TurnEnd { .. } if self.turn == Turn::Over && self.prompts > self.prompts_done => {
                self.turn = Turn::Runs(report.at);
            }
            _ => {}
        }
        if let Some(path) = &report.event.transcript {
            let known = self.transcript.as_ref().is_some_and(|transcript| transcript.path() == path);
            if !known {
                self.transcript = self.launched.adapter.map(|adapter| adapter.transcript(path));
            }
        }
        self.dirty = true;
    }

    /// The turn is over.
    pub fn end_turn(&mut self) {
        self.turn = Turn::Over;
        self.prompts_done = self.prompts;
    }

    /// A request is over.
    pub fn close_request(&mut self, request: &str) {
        self.evidence.close_request(request);
        self.asked.remove(request);
        self.answered_at = clock::now();
        self.dirty = true;
    }

    /// Whether a session file is of a process that is known as this task's.
    pub fn knows(&self, seen: &SessionSeen) -> bool {
        self.launched.config_dir.as_ref() == Some(&seen.config_dir) && self.is_known(seen.pid)
    }

    /// Whether a session file is this task's: written by the pane's own process, else naming the session id that Chorus
    /// gave, else written by a process that carries the task's mark (an agent behind a wrapper script).
    pub fn owns(&self, seen: &SessionSeen) -> bool {
        if self.launched.config_dir.as_ref() != Some(&seen.config_dir) {
            return false;
        }
        if self.is_known(seen.pid) {
            return true;
        }
        let Some(session) = seen.session.as_ref().filter(|session| !session.background) else { return false };
        let names_session = || session.session_id.is_some() && session.session_id == self.launched.session_id;
        let is_marked = || process::variable_of(seen.pid, "CHORUS_LAUNCH").as_deref() == Some(&self.launched.launch);
        names_session() || is_marked()
    }

    /// Whether that is the process of this launch.
    fn is_known(&self, pid: u32) -> bool {
        let in_pane = self.launched.process.as_ref().is_some_and(|process| process.pid == pid);
        in_pane || self.evidence.session.as_ref().is_some_and(|known| known.file.pid == pid)
    }

    /// The session file was written or removed.
    pub fn receive_session(&mut self, seen: SessionSeen, now: Millis) {
        let Some(session) = seen.session else {
            self.evidence.session_removed(now);
            self.looked_at = 0;
            self.dirty = true;
            return;
        };
        let alive = process::identity(seen.pid)
            .is_some_and(|identity| session.start.as_ref().is_none_or(|start| *start == identity.start));
        // What a killed agent of an earlier launch left names the same session.
        if !alive && !self.is_known(seen.pid) {
            return;
        }
        let session = self.stamped(session);
        self.evidence.saw_session(session, alive, now);
        self.dirty = true;
    }

    /// The same with its stamps on our clock. What was said once stays at its time.
    fn stamped(&mut self, mut session: AgentSession) -> AgentSession {
        session.updated_at = session.updated_at.map(clock::of_wall);
        if let Some(said) = session.status_updated_at {
            let known = self.said_at.filter(|(stamp, _)| *stamp == said);
            let (_, at) = *self.said_at.insert(known.unwrap_or_else(|| (said, clock::of_wall(said))));
            session.status_updated_at = Some(at);
        }
        session
    }

    /// The time was set: what is waited for by it is asked for at once.
    pub fn look_again(&mut self) {
        self.looked_at = 0;
        self.dirty = true;
    }

    /// The agent's conversation as it is recorded, when no event has named the file.
    fn find_transcript(&self) -> Option<impl Future<Output = Option<Box<dyn Transcript>>> + Send + use<>> {
        let file = &self.evidence.session.as_ref()?.file;
        let (adapter, dir) = (self.launched.adapter?, self.launched.config_dir.clone()?);
        let (folder, id) = (PathBuf::from(file.cwd.as_ref()?), file.session_id.clone()?);
        Some(async move {
            let found = foreign::ask(dir, move |dir| adapter.find_transcript(&dir, &folder, &id)).await;
            Some(adapter.transcript(&found.ok().flatten()?))
        })
    }

    /// Reads from the transcript what nothing else reports: the error a turn ended in, a retry in progress.
    pub async fn read_transcript(&mut self, now: Millis) {
        let finding = if self.transcript.is_none() { self.find_transcript() } else { None };
        let found = match finding {
            Some(finding) => finding.await,
            None => self.transcript.take(),
        };
        let Some(mut transcript) = found else { return };
        let read = foreign::ask(transcript.path().to_owned(), move |_| {
            let said = transcript.read(now);
            (transcript, said)
        });
        let (transcript, said) = match read.await {
            Ok(read) => read,
            Err(error) => return log::debug!("cannot read a transcript: {error}"),
        };
        self.transcript = Some(transcript);
        match said {
            Ok(Some(mut fact)) => {
                fact.error.iter_mut().for_each(|error| error.at = clock::of_wall(error.at));
                fact.retry.iter_mut().for_each(|retry| retry.at = clock::of_wall(retry.at));
                fact.refusal.iter_mut().for_each(|refusal| refusal.at = clock::of_wall(refusal.at));
                self.evidence.saw_transcript(fact);
                self.dirty = true;
            }
            Ok(None) => {}
            Err(error) => log::debug!("cannot read a transcript: {error}"),
        }
    }

    /// The agent's own process: the one that its session file names, else the pane's.
    pub fn process(&self) -> Option<Identity> {
        let named = self.evidence.session.as_ref().filter(|session| session.alive);
        named.and_then(|session| session.file.identity()).or_else(|| self.launched.process.clone())
    }

    /// Whether the agent's process lives, as the process table says now.
    pub fn is_alive(&self) -> bool {
        self.process().is_some_and(|process| process::is_alive(&process))
    }

    /// Whether job control stopped the agent, as the process table last said. tmux itself continues a pane's own program at
    /// once.
    pub fn is_suspended(&self) -> bool {
        match self.evidence.process.as_ref().map(|fact| &fact.process) {
            Some(Process::Alive { suspended, .. }) => *suspended,
            _ => self.process().is_some_and(|process| process::is_suspended(process.pid)),
        }
    }

    /// Whether it is time to ask the process table: soon again while the agent works or a person is at its terminal.
    pub fn is_process_due(&self, now: Millis) -> bool {
        let at_rest = self.state.status == AgentStatus::Idle && !self.attached;
        now >= self.looked_at + if at_rest { AT_REST } else { AT_WORK }
    }

    /// Asks the process table; true when tmux should be asked how the process ended.
    pub fn check_process(&mut self, now: Millis) -> bool {
        let Some(identity) = &self.launched.process else { return false };
        self.looked_at = now;
        let own = process::living(identity);
        let agent = match self.process().filter(|agent| agent != identity) {
            Some(agent) => process::living(&agent),
            None => own.clone(),
        };
        if agent.is_none() && self.evidence.session.as_ref().is_some_and(|session| session.alive) {
            self.evidence.session_died(now);
            self.dirty = true;
            return true;
        }
        let is_up = self.evidence.session.as_ref().is_some_and(|session| session.file.status.is_some());
        if let Some(is_left) = self.process().filter(|_| is_up).and_then(|agent| process::leaves_terminal(agent.pid)) {
            self.dirty |= self.evidence.saw_terminal(is_left, now);
        }
        let suspended = own.and(agent).map(|stat| stat.state == 'T');
        let known = self.evidence.process.as_ref().map(|fact| &fact.process);
        match (suspended, known) {
            (None, Some(Process::Dead { .. } | Process::Gone)) => false,
            (None, _) => {
                self.evidence.session_died(now);
                self.dirty = true;
                true
            }
            (Some(stopped), Some(Process::Alive { command, suspended })) if stopped != *suspended => {
                let command = command.clone();
                self.evidence.saw_process(Process::Alive { command, suspended: stopped }, now);
                self.dirty = true;
                false
            }
            _ => false,
        }
    }

    /// Only its screen shows what it does.
    pub fn gives_only_a_screen(&self) -> bool {
        !self.launched.gives.session
    }

    /// The pane to capture, while there is something on it to read: in any case when the evidence asks for it, else, where
    /// only the screen shows, if something was written since the last capture.
    pub fn screen_to_read(&self) -> Option<Wanted> {
        let dead = matches!(self.evidence.process.as_ref()?.process, Process::Dead { .. } | Process::Gone);
        let looked = self.evidence.screen.as_ref().map(|screen| clock::to_wall(screen.at) / 1000);
        let since = looked.filter(|_| !self.wants_screen);
        let reads = !dead && (self.wants_screen || self.gives_only_a_screen());
        reads.then(|| Wanted { since, ..Wanted::screen(&self.launched.pane) })
    }
}
