//! Hooks alone, where no session file says what the agent does. They miss every interruption, so they are checked
//! against the screen and expire.

use super::{HOOKS_COUNT, RuledFact, Ruling, SETTLE, STARTING, by_screen, open_requests};
use crate::evidence::Evidence;
use crate::evidence::event::{FailureCause, SessionStart};
use crate::status::{AgentStatus, Detail, Kind, Millis};

/// How often the screen is read while only hooks speak.
const LOOK: Millis = 5_000;

pub(super) fn rule(evidence: &Evidence, now: Millis) -> Option<Ruling> {
    let told = evidence.hooks.last?;
    let interrupted = evidence.interrupted_at.filter(|at| *at > told);
    let newest = interrupted.unwrap_or(told);
    let looked = evidence.screen.as_ref().filter(|screen| screen.at >= newest + SETTLE);
    let look = Some(looked.map_or(newest + SETTLE, |screen| screen.at + LOOK));
    let mut by_hooks = by_events(evidence, now);
    if let Some(seen) = looked.and_then(|screen| by_screen::standing(screen, now)) {
        if by_hooks.as_ref().is_some_and(|ruling| (ruling.status, ruling.kind) == (seen.status, seen.kind)) {
            return by_hooks.map(|ruling| Ruling { look, ..ruling });
        }
        return Some(Ruling { look: seen.look.or(look), ..seen });
    }
    if interrupted.is_some() {
        let (status, rule) = (AgentStatus::Unknown, "Chorus interrupted; no hook tells that".to_owned());
        return Some(Ruling {
            status,
            rule,
            since: newest,
            used: vec![RuledFact::Interrupt],
            look,
            ..Ruling::default()
        });
    }
    if let Some(ruling) = by_hooks.as_mut().filter(|ruling| ruling.status != AgentStatus::Idle) {
        ruling.look = look;
        let expires = if ruling.status == AgentStatus::Starting { told + STARTING } else { told + HOOKS_COUNT };
        let lasts = matches!(ruling.status, AgentStatus::Error | AgentStatus::LoginRequired);
        ruling.until = (!lasts).then_some(expires);
        if now >= expires && !lasts {
            ruling.rule = format!("{}, long ago", ruling.rule);
            ruling.status = AgentStatus::Unknown;
            ruling.kind = None;
            ruling.since = expires;
        }
    }
    by_hooks
}

/// The state that the events lead to, if none was missed.
fn by_events(evidence: &Evidence, now: Millis) -> Option<Ruling> {
    let hooks = &evidence.hooks;
    let ruling = |status, rule: &str, since, used| Ruling {
        status,
        rule: format!("hook: {rule}"),
        since,
        used,
        ..Ruling::default()
    };
    if let Some(request) = open_requests(evidence, now).first() {
        let detail = Detail { tool: Some(request.tool.clone()), summary: request.summary.clone(), ..Detail::default() };
        let waiting = ruling(AgentStatus::Waiting, "a request", request.at, vec![RuledFact::Requests]);
        return Some(Ruling { kind: Some(request.kind), detail, ..waiting });
    }
    let worked = hooks.working_at();
    if let Some(at) = worked.filter(|at| hooks.resting_at().is_none_or(|rested| rested < *at)) {
        let call = hooks.tools.values().max_by_key(|call| call.at);
        let tool = call.map(|call| call.tool.clone());
        let detail = Detail { tool, summary: call.and_then(|call| call.summary.clone()), ..Detail::default() };
        let busy =
            ruling(AgentStatus::Busy, "a prompt or a tool call", at, vec![RuledFact::Prompt, RuledFact::Activity]);
        return Some(Ruling { detail, ..busy });
    }
    if let Some(failure) = hooks.standing_failure() {
        let (status, kind) = self::failure(failure.cause);
        let detail = Detail { message: failure.message.clone(), ..Detail::default() };
        return Some(Ruling {
            kind,
            detail,
            ..ruling(status, "the turn failed", failure.at, vec![RuledFact::Failure])
        });
    }
    let started = hooks.started.as_ref().filter(|started| started.how != SessionStart::Compacted);
    if let Some(stop) = hooks.stop.as_ref().filter(|stop| started.is_none_or(|started| started.at <= stop.at)) {
        let subagents = !hooks.subagents.is_empty();
        let background = if subagents { Some("subagent") } else { (stop.shells > 0).then_some("shell") };
        let detail =
            Detail { message: stop.message.clone(), background: background.map(str::to_owned), ..Detail::default() };
        let status = if subagents { AgentStatus::Busy } else { AgentStatus::Idle };
        return Some(Ruling {
            detail,
            ..ruling(status, "the turn ended", stop.at, vec![RuledFact::Stop, RuledFact::Subagents])
        });
    }
    // The prompt is free 0.3 to 1.6 s after this; the session file or the screen will say when.
    let started = started?;
    let status = if started.how == SessionStart::Cleared { AgentStatus::Idle } else { AgentStatus::Starting };
    Some(ruling(status, "the session started", started.at, vec![RuledFact::Started]))
}

/// Status and kind of a turn that failed.
pub(super) fn failure(cause: FailureCause) -> (AgentStatus, Option<Kind>) {
    match cause {
        FailureCause::Login => (AgentStatus::LoginRequired, None),
        FailureCause::RateLimit => (AgentStatus::Error, Some(Kind::RateLimit)),
        FailureCause::Server => (AgentStatus::Error, Some(Kind::Server)),
        FailureCause::Request => (AgentStatus::Error, Some(Kind::Request)),
    }
}
