//! The agent's own session file leads: it is right even where no hook fires. Hooks, transcript and screen add what it leaves out.

use super::by_process::{REMOVED, live_session};
use super::{FOLLOWS, RuledFact, Ruling, SETTLE, by_hooks, by_screen};
use crate::evidence::event::SessionStart;
use crate::evidence::hooks::OpenRequest;
use crate::evidence::session::SessionStatus;
use crate::evidence::{Evidence, ScreenFact, SessionFact};
use crate::status::{AgentStatus, Detail, Kind, Millis};
use crate::text::LINE_END;

/// A busy agent of which nothing is heard for so long may be retrying, which only the screen tells.
const QUIET: Millis = 5_000;
/// How often a dialog that is being written to is read again.
const DIALOG_LOOK: Millis = 2_000;
/// How often a quiet agent's screen is read. Between two attempts it does not tell of any.
const RETRY_LOOK: Millis = 5_000;

/// The session file leads or follows the event of a turn's end by 215 ms at most; one so much later is of another rest.
const REST_FOLLOWS: Millis = 1_000;

/// The hook comes so long after the session file says `waiting`; what a rule answers then was never waited for.
const HOOK_FOLLOWS: Millis = 300;
/// The session file follows an answer by so long.
const ANSWER_TAKEN: Millis = 1_000;

pub(super) fn rule(evidence: &Evidence, now: Millis) -> Option<Ruling> {
    let session = evidence.session.as_ref().filter(|session| session.alive)?;
    let since = since(session);
    let found = match session.file.status.as_ref()? {
        SessionStatus::Busy => busy(evidence, since, now),
        SessionStatus::Idle => at_rest(evidence, session, since, now, None),
        SessionStatus::Shell => at_rest(evidence, session, since, now, Some("shell")),
        SessionStatus::Waiting => match rules_answer(evidence, session, since).filter(|until| now < *until) {
            Some(until) => {
                Ruling { until: Some(until), ..ruling(AgentStatus::Busy, "waiting, and its hook may follow", since) }
            }
            None => waiting(evidence, session, since),
        },
        SessionStatus::Other(_) => return None,
    };
    // `by_process` rules once a removed file has been gone for a moment.
    let until = session.removed_at.map(|removed| removed + REMOVED).or(found.until);
    Some(Ruling { until, ..found })
}

/// Until when a permission that the session file tells of may be one that a rule answers, or has answered.
fn rules_answer(evidence: &Evidence, session: &SessionFact, since: Millis) -> Option<Millis> {
    let hooks = evidence.launch.as_ref().is_some_and(|launch| launch.gives.hooks);
    if !hooks || !evidence.hooks.requests.is_empty() || session.file.waiting_kind != Some(Kind::Permission) {
        return None;
    }
    let ruled = evidence.ruled_at.filter(|at| *at >= since - HOOK_FOLLOWS).map(|at| at + ANSWER_TAKEN);
    ruled.or((evidence.has_rules || evidence.ruled_at.is_some()).then_some(since + HOOK_FOLLOWS))
}

/// Since when the live session file says what it says, and whether that is `waiting`.
pub(super) fn status_since(evidence: &Evidence) -> Option<(Millis, bool)> {
    let session = live_session(evidence)?;
    match session.file.status.as_ref()? {
        SessionStatus::Other(_) => None,
        status => Some((since(session), *status == SessionStatus::Waiting)),
    }
}

fn since(session: &SessionFact) -> Millis {
    session.file.status_updated_at.unwrap_or(session.at)
}

fn ruling(status: AgentStatus, word: &str, since: Millis) -> Ruling {
    Ruling { status, rule: format!("session file: {word}"), since, used: vec![RuledFact::Session], ..Ruling::default() }
}

/// The screen, if it was read late enough to show the present status.
fn screen_of(evidence: &Evidence, since: Millis) -> Option<&ScreenFact> {
    evidence.screen.as_ref().filter(|screen| screen.at >= since + SETTLE)
}

fn busy(evidence: &Evidence, since: Millis, now: Millis) -> Ruling {
    let mut ruling = ruling(AgentStatus::Busy, "busy", since);
    let hooks = &evidence.hooks;
    let stopped = hooks.stop.as_ref().filter(|stop| hooks.working_at().is_none_or(|worked| worked < stop.at));
    if stopped.is_some() && !hooks.subagents.is_empty() {
        ruling.detail.background = Some("subagent".into());
        ruling.used.extend([RuledFact::Stop, RuledFact::Subagents]);
        return ruling;
    }
    if let Some(call) = hooks.tools.values().max_by_key(|call| call.at) {
        ruling.detail.tool = Some(call.tool.clone());
        ruling.detail.summary = call.summary.clone();
        ruling.used.push(RuledFact::Activity);
        return ruling;
    }
    let heard = hooks.working_at().max(Some(since)).unwrap_or(since);
    let recorded = evidence.transcript.as_ref().and_then(|transcript| transcript.retry.as_ref());
    let seen = screen_of(evidence, heard).filter(|screen| screen.reading.status == AgentStatus::Busy);
    if let Some(retry) = recorded.filter(|retry| retry.at >= heard) {
        ruling.detail.retry = Some(retry.text.clone());
        ruling.used.push(RuledFact::Transcript);
    }
    if let Some(screen) = seen.filter(|screen| now < screen.at + 2 * RETRY_LOOK) {
        let found = &screen.reading.detail;
        if found.retry.is_some() || found.message.is_some() {
            ruling.detail.retry = found.retry.clone().or(Some("retrying".into()));
            ruling.detail.message = found.message.clone();
            ruling.used.push(RuledFact::Screen);
        }
        ruling.until = Some(screen.at + 2 * RETRY_LOOK);
    }
    let looked = evidence.screen.as_ref().filter(|screen| screen.at >= heard + QUIET);
    ruling.look = Some(looked.map_or(heard + QUIET, |screen| screen.at + RETRY_LOOK));
    ruling
}

fn at_rest(evidence: &Evidence, session: &SessionFact, since: Millis, now: Millis, background: Option<&str>) -> Ruling {
    let hooks = &evidence.hooks;
    let mut ruling = ruling(AgentStatus::Idle, background.unwrap_or("idle"), since);
    ruling.detail.background = background.map(str::to_owned);
    if let Some(ruling) = disagreement(evidence, since, now) {
        return ruling;
    }
    let worked = hooks.working_at().max(session.busy_at);
    let stands = |at: Millis| session.busy_at.is_none_or(|busy| busy <= at);
    // The file follows the end of a turn at once. A later rest is of a turn whose end no hook reported, or of a dialog.
    let is_of_this_rest = |at: Millis| stands(at) && since <= at + REST_FOLLOWS;
    let rests_on_screen = || screen_of(evidence, since).filter(|screen| screen.reading.status != AgentStatus::Unknown);
    let failed = hooks.standing_failure().filter(|failure| stands(failure.at));
    let failed = failed.filter(|failure| is_of_this_rest(failure.at) || rests_on_screen().is_none());
    if let Some(failure) = failed {
        let (status, kind) = by_hooks::failure(failure.cause);
        ruling.detail.message = failure.message.clone();
        let rule = format!("session file: {}, hook: the turn failed", background.unwrap_or("idle"));
        ruling.used.push(RuledFact::Failure);
        let look = (!is_of_this_rest(failure.at)).then_some(since + SETTLE);
        return Ruling { status, kind, rule, since: failure.at, look, ..ruling };
    }
    let transcript =
        evidence.transcript.as_ref().filter(|transcript| worked.is_none_or(|worked| transcript.at >= worked));
    let launched = evidence.launch.as_ref().map_or(0, |launch| launch.at);
    let recorded = transcript.and_then(|transcript| transcript.error.as_ref());
    if let Some(error) = recorded.filter(|error| error.at >= worked.unwrap_or(launched)) {
        let (status, kind) = by_hooks::failure(error.cause);
        ruling.detail.message = Some(error.text.clone());
        let rule = "session file: idle, transcript: error".to_owned();
        ruling.used.push(RuledFact::Transcript);
        return Ruling { status, kind, rule, since: error.at, ..ruling };
    }
    let stop = hooks.stop.as_ref().filter(|stop| hooks.working_at().is_none_or(|worked| stop.at >= worked));
    if let Some(stop) = stop {
        ruling.detail.message = stop.message.clone();
        ruling.used.push(RuledFact::Stop);
    } else if let Some(message) = transcript.and_then(|transcript| transcript.message.clone()) {
        ruling.detail.message = Some(message);
        ruling.used.push(RuledFact::Transcript);
    }
    // Where no hook told how the last turn ended, or none has run yet, the screen does, once.
    if stop.is_some_and(|stop| is_of_this_rest(stop.at)) {
        return ruling;
    }
    let Some(screen) = screen_of(evidence, since) else {
        ruling.look = Some(since + SETTLE);
        return ruling;
    };
    // A resumed conversation shows the error it ended in once; the footer speaks of now.
    let resumed =
        worked.is_none() && hooks.started.as_ref().is_some_and(|started| started.how == SessionStart::Resumed);
    let counts = !resumed || screen.reading.rule.ends_with(".footer");
    if counts && matches!(screen.reading.status, AgentStatus::Error | AgentStatus::LoginRequired) {
        let found = by_screen::ruling(screen);
        let rule = format!("session file: {}, {}", background.unwrap_or("idle"), found.rule);
        return Ruling { rule, used: vec![RuledFact::Session, RuledFact::Screen], since, ..found };
    }
    ruling
}

fn waiting(evidence: &Evidence, session: &SessionFact, since: Millis) -> Ruling {
    let wanted = session.file.waiting_for.as_deref().unwrap_or_default();
    let mut ruling = ruling(
        AgentStatus::Waiting,
        &format!("waiting, {}", if wanted.is_empty() { "no reason given" } else { wanted }),
        since,
    );
    let screen = screen_of(evidence, since);
    let dialog = screen.filter(|screen| screen.reading.status == AgentStatus::Waiting);
    let look = match screen {
        None => Some(since + SETTLE),
        Some(screen) => screen.disturbed_at.map(|disturbed| (disturbed + SETTLE).min(screen.at + DIALOG_LOOK)),
    };
    let said = session.file.waiting_kind;
    if said == Some(Kind::Dialog) {
        ruling.kind = said;
        ruling.look = look;
        if let Some(screen) = dialog {
            ruling.detail = screen.reading.detail.clone();
            ruling.used.push(RuledFact::Screen);
        }
        return ruling;
    }
    let requests = &evidence.hooks.requests;
    // The hook of a dialog comes with it. An older request may be of an earlier dialog whose end no hook reported.
    let is_recent = |request: &OpenRequest| since <= request.at + FOLLOWS;
    let shown = dialog.and_then(|screen| requests.iter().find(|request| shows(screen, request)));
    let is_it = |request: &&OpenRequest| requests.len() == 1 && (is_recent(request) || dialog.is_none());
    let request = shown.or_else(|| requests.first().filter(is_it));
    let request = request.filter(|request| said != Some(Kind::Question) || request.kind == Kind::Question);
    if let Some(request) = request {
        ruling.kind = said.filter(|kind| *kind == Kind::Question).or(Some(request.kind));
        ruling.detail =
            Detail { tool: Some(request.tool.clone()), summary: request.summary.clone(), ..Detail::default() };
        ruling.used.push(RuledFact::Requests);
        ruling.look = look.filter(|_| requests.len() > 1 || !is_recent(request));
        return ruling;
    }
    ruling.kind = said.or(requests.first().map(|request| request.kind));
    ruling.look = look;
    if let Some(screen) = dialog {
        let seen = screen.reading.kind.filter(|kind| matches!(kind, Kind::Permission | Kind::Question | Kind::Plan));
        // An agent may call a question or a plan a permission.
        ruling.kind = if said == Some(Kind::Question) { said } else { seen.or(said).or(screen.reading.kind) };
        ruling.detail = screen.reading.detail.clone();
        ruling.used.push(RuledFact::Screen);
    }
    ruling
}

/// Whether the dialog on screen is the one of this request: subagents ask at once and are shown in no sure order.
fn shows(screen: &ScreenFact, request: &OpenRequest) -> bool {
    // A screen shows no line ends.
    let squeeze = |text: &str| text.replace(LINE_END, " ").split_whitespace().collect::<String>();
    let seen = screen.reading.detail.summary.as_deref().map(squeeze).unwrap_or_default();
    let asked = request.summary.as_deref().map(squeeze).unwrap_or_default();
    let name = asked.rsplit('/').next().unwrap_or_default();
    !seen.is_empty()
        && !asked.is_empty()
        && (seen == asked || asked.starts_with(&seen) || (!name.is_empty() && seen == name))
}

/// Hooks of the main thread that the file has not followed for long: the screen decides, or nobody.
fn disagreement(evidence: &Evidence, since: Millis, now: Millis) -> Option<Ruling> {
    let worked = evidence.hooks.working_at().filter(|worked| *worked > since + FOLLOWS)?;
    let rested = evidence.hooks.resting_at().is_some_and(|rested| rested >= worked);
    if rested || now < worked + FOLLOWS {
        return None;
    }
    let used = vec![RuledFact::Session, RuledFact::Prompt, RuledFact::Activity, RuledFact::Screen];
    let Some(screen) = evidence.screen.as_ref().filter(|screen| screen.at >= worked + SETTLE) else {
        let rule = "the session file says idle, newer hooks say busy".to_owned();
        return Some(Ruling {
            status: AgentStatus::Unknown,
            rule,
            since: worked,
            used,
            look: Some(now),
            ..Ruling::default()
        });
    };
    let found = by_screen::ruling(screen);
    let rule = format!("session file and hooks disagree; {}", found.rule);
    Some(Ruling { rule, used, ..found })
}
