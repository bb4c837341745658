//! The evidence in sentences, for `explain`.

use super::{HOOKS_COUNT, RuledFact, SILENCE, STARTING};
use crate::contract::Piece;
use crate::evidence::session::SessionStatus;
use crate::evidence::{Evidence, Process, SessionFact};
use crate::status::Millis;

/// Every piece of evidence, in the order of trust; `used` marks those the ruling rests on.
pub(super) fn pieces(evidence: &Evidence, used: &[RuledFact]) -> Vec<Piece> {
    let mut pieces = Vec::new();
    let mut add = |fact: RuledFact, source: &str, says: String, at: Millis, expires: Option<Millis>| {
        pieces.push(Piece { source: source.to_owned(), says, at: Some(at), expires, used: used.contains(&fact) });
    };
    if let Some(launch) = &evidence.launch {
        add(RuledFact::Launch, "chorus", "launched the agent".into(), launch.at, Some(launch.at + STARTING));
    }
    if let Some(fact) = &evidence.process {
        add(RuledFact::Process, "process", process(&fact.process), fact.at, None);
    }
    if let Some(since) = evidence.silent_since {
        add(RuledFact::Silence, "process", "tmux does not answer".into(), since, Some(since + SILENCE));
    }
    if let Some(session) = &evidence.session {
        add(
            RuledFact::Session,
            "session file",
            session_file(session),
            session.file.status_updated_at.unwrap_or(session.at),
            None,
        );
    }
    let hooks = &evidence.hooks;
    if let Some(started) = &hooks.started {
        add(RuledFact::Started, "hook", format!("a session started: {}", started.how.word()), started.at, None);
    }
    if let Some(at) = hooks.prompt {
        add(RuledFact::Prompt, "hook", "a prompt was accepted".into(), at, Some(at + HOOKS_COUNT));
    }
    if let Some(at) = hooks.activity {
        let running = hooks.tools.values().max_by_key(|call| call.at);
        let says =
            running.map_or("a tool call ended".to_owned(), |call| format!("{} began and has not ended", call.tool));
        add(RuledFact::Activity, "hook", says, at, Some(at + HOOKS_COUNT));
    }
    for request in &hooks.requests {
        let who = if request.subagent.is_some() { " for a subagent" } else { "" };
        let what = request.summary.as_deref().map(|summary| format!(": {summary}")).unwrap_or_default();
        add(
            RuledFact::Requests,
            "hook",
            format!("asked{who} for {}{what}", request.tool),
            request.at,
            Some(request.at + HOOKS_COUNT),
        );
    }
    if let Some(at) = hooks.subagents.values().max() {
        add(
            RuledFact::Subagents,
            "hook",
            format!("subagents that have not ended: {}", hooks.subagents.len()),
            *at,
            None,
        );
    }
    if let Some(stop) = &hooks.stop {
        let rest = if stop.shells > 0 { format!("; background shells: {}", stop.shells) } else { String::new() };
        add(RuledFact::Stop, "hook", format!("the turn ended{rest}"), stop.at, None);
    }
    if let Some(failure) = &hooks.failure {
        let message = failure.message.as_deref().unwrap_or("no message");
        add(RuledFact::Failure, "hook", format!("the turn failed, {}: {message}", failure.class), failure.at, None);
    }
    if let Some(ended) = &hooks.ended {
        add(RuledFact::Ended, "hook", format!("the session ended, reason {}", ended.reason), ended.at, None);
    }
    if let Some(transcript) = &evidence.transcript {
        let error = transcript.error.as_ref().map(|error| format!("ends in an error: {}", error.text));
        let retry = transcript.retry.as_ref().map(|retry| format!("tells of a retry: {}", retry.text));
        let says = error.or(retry).unwrap_or_else(|| "no error".to_owned());
        add(RuledFact::Transcript, "transcript", says, transcript.at, None);
    }
    if let Some(screen) = &evidence.screen {
        let reading = &screen.reading;
        let kind = reading.kind.map(|kind| format!(" ({kind:?})").to_lowercase()).unwrap_or_default();
        let late = if screen.disturbed_at.is_some() { "; written to since" } else { "" };
        let says =
            format!("rule `{}` says {}{kind}{late}", reading.rule, format!("{:?}", reading.status).to_lowercase());
        add(RuledFact::Screen, "screen", says, screen.at, screen.disturbed_at.map(|at| at + super::DISTURBED));
    }
    if let Some(at) = evidence.interrupted_at {
        add(RuledFact::Interrupt, "chorus", "pressed Esc in the pane".into(), at, None);
    }
    pieces
}

fn process(process: &Process) -> String {
    match process {
        Process::Alive { suspended: true, .. } => "the agent is stopped by job control".into(),
        Process::Alive { command: Some(command), .. } => {
            format!("the pane runs {}", crate::text::clean_line(command, 60))
        }
        Process::Alive { command: None, .. } => "the pane lives".into(),
        Process::Dead { signal: Some(signal), .. } => format!("the agent was ended by signal {signal}"),
        Process::Dead { code: Some(code), .. } => format!("the agent exited with code {code}"),
        Process::Dead { .. } => "the agent ended".into(),
        Process::Gone => "the pane is gone".into(),
    }
}

fn session_file(session: &SessionFact) -> String {
    let pid = session.file.pid;
    if !session.alive {
        return format!("process {pid} is gone: the file is stale");
    }
    if session.removed_at.is_some() {
        return format!("process {pid} removed its file");
    }
    match &session.file.status {
        Some(SessionStatus::Busy) => "busy".into(),
        Some(SessionStatus::Idle) => "idle".into(),
        Some(SessionStatus::Shell) => "idle, a background shell runs".into(),
        Some(SessionStatus::Waiting) => {
            format!("waiting, {}", session.file.waiting_for.as_deref().unwrap_or("no reason given"))
        }
        Some(SessionStatus::Other(word)) => format!("`{word}`, a word this version does not know"),
        None => "no status yet".into(),
    }
}
