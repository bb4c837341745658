//! Everything known about one task's agent, each piece with its source and time. The monitor brings one piece at a
//! time; [`crate::detector::detect`] weighs them. Pure: no I/O, no clock.

pub mod event;
pub mod hooks;
pub mod reading;
pub mod session;

use crate::status::{AgentStatus, Millis};
use event::{AgentEvent, FailureCause};
use hooks::Hooks;
use reading::ScreenReading;
use session::{AgentSession, SessionStatus};

/// What an agent can give; a silence means something only where there could have been a sound.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Gives {
    /// It tells its status itself, by a session file or an event stream; that leads then.
    pub session: bool,
    /// Its hooks call Chorus.
    pub hooks: bool,
}

/// One start of the agent's process.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LaunchFact {
    /// When.
    pub at: Millis,
    /// What to expect of it.
    pub gives: Gives,
}

/// The pane's program, as tmux and the process table tell it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Process {
    /// The pane is alive.
    Alive {
        /// tmux's `pane_current_command`: the foreground program.
        command: Option<String>,
        /// Job control stopped the agent (state `T`).
        suspended: bool,
    },
    /// The pane is dead (`pane_dead`, kept by `remain-on-exit`).
    Dead {
        /// tmux's `pane_dead_status`.
        code: Option<i32>,
        /// tmux's `pane_dead_signal`.
        signal: Option<i32>,
    },
    /// tmux answered that there is no such pane, or no server of ours runs.
    Gone,
}

/// The newest answer about the process.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProcessFact {
    /// The answer.
    pub process: Process,
    /// When it was given.
    pub at: Millis,
}

/// The newest session file of the agent's process.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SessionFact {
    /// Its content.
    pub file: AgentSession,
    /// Whether its process (pid and start) lives; a file whose process does not is stale.
    pub alive: bool,
    /// When it was read, or found to be stale.
    pub at: Millis,
    /// When the session was last seen to become busy.
    pub busy_at: Option<Millis>,
    /// When the file went away: the client removes it as it exits.
    pub removed_at: Option<Millis>,
}

/// What the transcript's tail says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TranscriptFact {
    /// When it was read.
    pub at: Millis,
    /// The agent's last message.
    pub message: Option<String>,
    /// The error the last turn ended in, when nothing follows it.
    pub error: Option<ApiError>,
    /// A retry in progress, when nothing follows it.
    pub retry: Option<ApiRetry>,
    /// The refusal of the last prompt, when nothing follows it.
    pub refusal: Option<PromptRefusal>,
}

/// A prompt that never reached the model: a hook of the person's refused it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PromptRefusal {
    /// When it was recorded.
    pub at: Millis,
    /// The same as the agent dated it: what tells one refusal from another, also for a later daemon.
    pub stamp: Millis,
    /// What the hook said.
    pub reason: String,
    /// The prompt, where that is recorded.
    pub prompt: Option<String>,
}

/// An error of the API, as the agent recorded it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApiError {
    /// When it was recorded.
    pub at: Millis,
    /// The text.
    pub text: String,
    /// What kind of failure it is.
    pub cause: FailureCause,
}

/// A retry of the same request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApiRetry {
    /// When it was recorded.
    pub at: Millis,
    /// Which one, such as `attempt 4`.
    pub text: String,
}

/// The newest look at the screen.
#[derive(Clone, Debug, PartialEq)]
pub struct ScreenFact {
    /// What the rules made of it.
    pub reading: ScreenReading,
    /// When it was captured.
    pub at: Millis,
    /// Width and height in cells.
    pub size: (u32, u32),
    /// When its content last differed from the look before.
    pub changed_at: Millis,
    /// Newest output of the pane since the look; the reading may be out of date.
    pub disturbed_at: Option<Millis>,
}

/// Everything known about one task's agent.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Evidence {
    /// The launch that all of it is about; nothing runs when absent.
    pub launch: Option<LaunchFact>,
    /// The process.
    pub process: Option<ProcessFact>,
    /// Since when tmux has not answered. Silence is not death.
    pub silent_since: Option<Millis>,
    /// The session file.
    pub session: Option<SessionFact>,
    /// The hooks.
    pub hooks: Hooks,
    /// The transcript.
    pub transcript: Option<TranscriptFact>,
    /// The screen.
    pub screen: Option<ScreenFact>,
    /// The screen has shown that the agent takes a prompt.
    pub has_rested: bool,
    /// When Chorus last pressed Esc in the pane.
    pub interrupted_at: Option<Millis>,
    /// Whether rules may answer its requests.
    pub has_rules: bool,
    /// When a rule of the policy last answered a request.
    pub ruled_at: Option<Millis>,
    /// Since when the agent has left its terminal to whole lines, as it does before it stops itself.
    pub left_terminal_at: Option<Millis>,
}

impl Evidence {
    /// A fresh launch: what was known is about another process.
    pub fn launched(gives: Gives, at: Millis) -> Evidence {
        Evidence { launch: Some(LaunchFact { at, gives }), ..Evidence::default() }
    }

    /// tmux or the process table answered.
    pub fn saw_process(&mut self, process: Process, at: Millis) {
        self.silent_since = None;
        self.process = Some(ProcessFact { process, at });
    }

    /// tmux did not answer; what it last said stands for a while.
    pub fn tmux_silent(&mut self, at: Millis) {
        self.silent_since.get_or_insert(at);
    }

    /// The session file was read; `alive` tells whether its process (pid and start) lives.
    pub fn saw_session(&mut self, file: AgentSession, alive: bool, at: Millis) {
        let same = |known: &SessionFact| known.file.pid == file.pid && known.file.start == file.start;
        let before = self.session.take().filter(same);
        let mut busy_at = before.as_ref().and_then(|known| known.busy_at);
        // A reader may come late with what it read early.
        let file = before.map(|known| known.file).filter(|known| known.updated_at > file.updated_at).unwrap_or(file);
        let since = file.status_updated_at.unwrap_or(at);
        match file.status {
            Some(SessionStatus::Busy) => {
                busy_at = busy_at.max(Some(since));
                self.hooks.no_dialog(since);
            }
            Some(SessionStatus::Idle | SessionStatus::Shell) => {
                self.hooks.no_dialog(since);
                self.hooks.at_rest(since);
            }
            _ => {}
        }
        self.session = Some(SessionFact { file, alive, at, busy_at, removed_at: None });
    }

    /// The session file's process is gone, though the file may lie there still.
    pub fn session_died(&mut self, at: Millis) {
        if let Some(session) = self.session.as_mut().filter(|session| session.alive) {
            session.alive = false;
            session.at = at;
        }
    }

    /// The session file was removed.
    pub fn session_removed(&mut self, at: Millis) {
        if let Some(session) = &mut self.session {
            session.removed_at.get_or_insert(at);
        }
    }

    /// An event happened at `at`; `id` names it. One from before the launch is about another process.
    pub fn saw_event(&mut self, event: &AgentEvent, id: &str, at: Millis) {
        if self.launch.as_ref().is_some_and(|launch| at >= launch.at) {
            self.hooks.apply(event, id, at);
        }
    }

    /// A request was answered through Chorus, or its hook was abandoned by the client.
    pub fn close_request(&mut self, id: &str) {
        self.hooks.close(id);
    }

    /// The transcript's tail was read.
    pub fn saw_transcript(&mut self, fact: TranscriptFact) {
        self.transcript = Some(fact);
    }

    /// The screen was captured and classified; `changed` tells whether its content differs from the look before.
    pub fn saw_screen(&mut self, reading: ScreenReading, size: (u32, u32), changed: bool, at: Millis) {
        self.has_rested |= reading.status == AgentStatus::Idle;
        let before = self.screen.take().filter(|_| !changed).map(|screen| screen.changed_at);
        self.screen = Some(ScreenFact { reading, at, size, changed_at: before.unwrap_or(at), disturbed_at: None });
    }

    /// The pane wrote something after the last look.
    pub fn screen_disturbed(&mut self, at: Millis) {
        if let Some(screen) = &mut self.screen {
            screen.disturbed_at = screen.disturbed_at.max(Some(at));
        }
    }

    /// Chorus pressed Esc, or takes that back: it had no effect.
    pub fn interrupted(&mut self, at: Option<Millis>) {
        self.interrupted_at = at;
    }

    /// The agent's terminal was looked at; true when that is news.
    pub fn saw_terminal(&mut self, is_left: bool, at: Millis) -> bool {
        let was_left = self.left_terminal_at.is_some();
        self.left_terminal_at = is_left.then(|| self.left_terminal_at.unwrap_or(at));
        was_left != is_left
    }
}
