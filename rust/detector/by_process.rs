//! The process's truth: an agent that has ended or is stopped, whatever else is said.

use super::screen::is_shell;
use super::{RuledFact, Ruling, SILENCE, STARTING};
use crate::evidence::{Evidence, LaunchFact, Process, SessionFact};
use crate::status::{AgentStatus, Detail, Kind, Millis};

/// The client removes its session file as it exits, and also when it begins anew in the same process (`/tui`), after
/// which the file is back in 1.5 s (2.1.332). That its process is gone is known sooner.
pub(super) const REMOVED: Millis = 6_000;
/// The event of a session that ends comes a little before the end.
const ENDING: Millis = 1_000;

fn exited(kind: Option<Kind>, rule: &str, since: Millis, used: RuledFact) -> Ruling {
    let (status, used) = (AgentStatus::Exited, vec![used]);
    Ruling { status, kind, rule: rule.to_owned(), since, used, ..Ruling::default() }
}

/// The agent ended, or job control stopped it.
pub(super) fn ended(evidence: &Evidence, launch: &LaunchFact, now: Millis) -> Option<Ruling> {
    let fact = evidence.process.as_ref().filter(|fact| fact.at >= launch.at);
    let dead = fact.and_then(|fact| match &fact.process {
        Process::Dead { code, signal } => {
            let kind = if signal.is_some() { Some(Kind::Signal) } else { code.map(|_| Kind::Code) };
            let detail = Detail { code: *code, signal: *signal, ..Detail::default() };
            Some(Ruling { detail, ..exited(kind, "process: dead", fact.at, RuledFact::Process) })
        }
        Process::Gone => Some(exited(Some(Kind::Lost), "process: the pane is gone", fact.at, RuledFact::Process)),
        Process::Alive { suspended: true, .. } => {
            Some(exited(Some(Kind::Suspended), "process: suspended", fact.at, RuledFact::Process))
        }
        Process::Alive { .. } => None,
    });
    dead.or_else(|| gave_up_terminal(evidence))
        .or_else(|| session_over(evidence, now))
        .or_else(|| shell_in_front(evidence, launch, now))
        .or_else(|| said_goodbye(evidence, now))
}

/// The agent stopped itself (Ctrl-Z) where it is the pane's own program. tmux continues such a program at once, so the
/// process table does not show it; the agent waits for a signal of its own, and its screen says so.
fn gave_up_terminal(evidence: &Evidence) -> Option<Ruling> {
    let since = evidence.left_terminal_at?;
    let screen = evidence.screen.as_ref().filter(|screen| screen.at >= since)?;
    let suspended = screen.reading.kind == Some(Kind::Suspended);
    suspended.then(|| exited(Some(Kind::Suspended), "screen: suspended", since, RuledFact::Screen))
}

/// The session file's process is gone, or the client removed the file.
fn session_over(evidence: &Evidence, now: Millis) -> Option<Ruling> {
    let session = evidence.session.as_ref()?;
    if !session.alive {
        return Some(exited(None, "session file: its process is gone", session.at, RuledFact::Session));
    }
    let removed = session.removed_at.filter(|removed| now >= removed + REMOVED)?;
    Some(exited(None, "session file: removed", removed, RuledFact::Session))
}

/// A shell has the terminal, where the agent had it before. An agent of which only the screen is known may be a script.
fn shell_in_front(evidence: &Evidence, launch: &LaunchFact, now: Millis) -> Option<Ruling> {
    if !launch.gives.session && !launch.gives.hooks {
        return None;
    }
    let fact = evidence.process.as_ref().filter(|fact| fact.at >= launch.at)?;
    let Process::Alive { command: Some(command), .. } = &fact.process else { return None };
    let lived = evidence.hooks.last.is_some() || now >= launch.at + STARTING;
    let over = is_shell(command) && lived && live_session(evidence).is_none();
    over.then(|| exited(None, "process: a shell is in front", fact.at, RuledFact::Process))
}

/// The session ended by its own word, and no session file says otherwise.
fn said_goodbye(evidence: &Evidence, now: Millis) -> Option<Ruling> {
    let ended = evidence.hooks.ended.as_ref()?;
    let newer = evidence.hooks.last.as_ref().is_some_and(|last| *last > ended.at);
    let over = now >= ended.at + ENDING && !newer && live_session(evidence).is_none();
    over.then(|| exited(None, "hook: the session ended", ended.at, RuledFact::Ended))
}

/// tmux does not answer and nothing else is left to go by. That is not a death.
pub(super) fn silent(evidence: &Evidence, now: Millis) -> Option<Ruling> {
    let since = evidence.silent_since.filter(|since| now >= since + SILENCE)?;
    let heard = evidence.hooks.last.as_ref().is_some_and(|last| *last > since);
    let rule = "tmux does not answer".to_owned();
    (!heard).then(|| Ruling {
        status: AgentStatus::Unknown,
        rule,
        since,
        used: vec![RuledFact::Silence],
        ..Ruling::default()
    })
}

/// The session file of a live process, still there.
pub(super) fn live_session(evidence: &Evidence) -> Option<&SessionFact> {
    evidence.session.as_ref().filter(|session| session.alive && session.removed_at.is_none())
}
