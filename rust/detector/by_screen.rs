//! The screen, where nothing else speaks: start dialogs, and agents that give nothing but a screen.

use super::{CHANGING, DISTURBED, RuledFact, Ruling, SETTLE, STARTING};
use crate::evidence::{Evidence, LaunchFact, ScreenFact};
use crate::status::{AgentStatus, Kind, Millis};

/// How often a screen that tells of work, or of a start dialog, is read again.
const LOOK: Millis = 2_000;

pub(super) fn rule(evidence: &Evidence, launch: &LaunchFact, now: Millis) -> Option<Ruling> {
    let screen = evidence.screen.as_ref().filter(|screen| screen.at >= launch.at)?;
    let only_screen = !launch.gives.session && !launch.gives.hooks;
    if screen.reading.status == AgentStatus::Unknown && only_screen {
        let written = screen.disturbed_at.max(Some(screen.changed_at)).unwrap_or(screen.at);
        let until = written + CHANGING;
        if now < until {
            let (rule, used) = ("screen: changing".to_owned(), vec![RuledFact::Screen]);
            // What it draws before it first takes a prompt is its start.
            let started = launch.at + STARTING;
            let is_starting = !evidence.has_rested && now < started;
            let until = if is_starting { until.min(started) } else { until };
            let status = if is_starting { AgentStatus::Starting } else { AgentStatus::Busy };
            let since = screen.changed_at;
            return Some(Ruling {
                status,
                rule,
                since,
                used,
                until: Some(until),
                look: Some(screen.at + LOOK),
                ..Ruling::default()
            });
        }
        return None;
    }
    standing(screen, now)
}

/// What the screen says, as long as that counts.
pub(super) fn standing(screen: &ScreenFact, now: Millis) -> Option<Ruling> {
    if matches!(screen.reading.status, AgentStatus::Unknown | AgentStatus::Starting) {
        return None;
    }
    let mut ruling = ruling(screen);
    let moving = ruling.status == AgentStatus::Busy || ruling.kind == Some(Kind::Trust);
    ruling.look = match screen.disturbed_at {
        Some(disturbed) => Some((disturbed + SETTLE).min(screen.at + LOOK)),
        None => moving.then_some(screen.at + LOOK),
    };
    let from = screen.disturbed_at.or((ruling.status == AgentStatus::Busy).then_some(screen.at));
    ruling.until = from.map(|from| from + DISTURBED);
    ruling.until.is_none_or(|until| now < until).then_some(ruling)
}

/// The reading as it is, whatever its age.
pub(super) fn ruling(screen: &ScreenFact) -> Ruling {
    let reading = &screen.reading;
    Ruling {
        status: reading.status,
        kind: reading.kind,
        detail: reading.detail.clone(),
        rule: format!("screen: {}", reading.rule),
        since: screen.changed_at,
        used: vec![RuledFact::Screen],
        until: None,
        look: None,
    }
}
