//! A verdict, and what follows from it for the store: the agent's state, requests, the end of a turn, the exit.

use super::watched::{Turn, Unhooked, Watched};
use crate::core::sight::Sight;
use crate::core::{Core, End};
use crate::detector;
use crate::detector::screen::dialog::Dialog;
use crate::status::{AgentState, AgentStatus, Answerable, Kind, Millis};
use crate::store::{Closing, NewRequest, Outcome, Tx, Who};
use std::collections::BTreeSet;
use std::sync::Arc;

/// The session file leads the hook of a turn that ended by 90–215 ms (Claude Code 2.1.328): so long is the last message awaited.
const STOP_MAY_FOLLOW: Millis = 500;
/// A dialog for which no hook came by then has none. The hook comes with the dialog, but one whose daemon was killed
/// needs a moment to come back.
const HOOK_MAY_FOLLOW: Millis = 1500;

/// The session file leads the screen by up to 215 ms (Claude Code 2.1.328).
const DRAWN_BY: Millis = 300;
/// So long after that the dialog is looked for on the screen; without it the request has no words.
const SCREEN_MAY_FOLLOW: Millis = 1000;
/// The session file or the process table leads tmux's word of how the agent ended.
const HOW_MAY_FOLLOW: Millis = 3000;
/// A daemon that found the agent alive has no evidence yet: for so long what the store says stands.
const GATHERING: Millis = 1500;

/// Weighs the evidence of one task and stores what changed.
pub async fn judge(core: &Arc<Core>, watched: &mut Watched, now: Millis) {
    if matches!(watched.turn, Turn::Ending { until, .. } if now >= until) {
        // No hook told how the turn ended.
        watched.read_transcript(now);
    }
    let verdict = detector::detect(&watched.evidence, now);
    watched.dirty = false;
    watched.recheck_at = verdict.recheck_at.filter(|at| *at > now);
    watched.wants_screen = verdict.read_screen;
    let gathered = watched.since + GATHERING;
    let recovered = watched.since > watched.launched.at + GATHERING;
    let nothing = match verdict.state.status {
        AgentStatus::Unknown => true,
        AgentStatus::Starting => recovered,
        _ => false,
    };
    if nothing && now < gathered {
        watched.recheck_at = Some(watched.recheck_at.map_or(gathered, |at| at.min(gathered)));
        return;
    }
    let state = steady(&watched.state, verdict.state);
    let ended = follow_turn(watched, &state, now);
    let mut plan = plan_requests(watched, &state, &verdict.open_requests, now);
    plan.close.retain(|request| !core.answers.is_pressed(request));
    watched.told.retain(|request| core.answers.is_awaited(request));
    let told = watched.told.clone();
    let exit = follow_exit(watched, &state, now);
    let exited = exit.is_some();
    let session = session_id(watched);
    let no_login = state.status == AgentStatus::LoginRequired && watched.state.status != AgentStatus::LoginRequired;
    watched.state = state.clone();
    core.sights.show(
        &watched.launched.task,
        Sight {
            launch: watched.launched.launch.clone(),
            state: state.clone(),
            process: watched.process(),
            started: watched.evidence.hooks.started.is_some(),
            prompts: watched.prompts,
            rule: verdict.rule.to_string(),
            pieces: verdict.pieces,
            reading: watched.evidence.screen.as_ref().map(|screen| screen.reading.clone()),
        },
    );
    for request in &plan.close {
        core.answers.release(request);
    }
    let (task, launch, attached) = (watched.launched.task.clone(), watched.launched.launch.clone(), watched.attached);
    let (answers, adapter) = (core.clone(), watched.launched.adapter);
    let change = move |tx: &mut Tx<'_>| {
        if tx.newest_launch(&task)?.is_none_or(|newest| newest.id != launch) || !tx.row(&task)?.status.is_live() {
            return Ok((false, false));
        }
        if let Some(session) = session {
            tx.set_session(&task, &session)?;
        }
        let is_ours = |request: &str| {
            let is_news = answers.answers.is_awaited(request) && !told.contains(request);
            !is_news && !answers.answers.is_pressed(request)
        };
        plan.carry_out(tx, &task, is_ours)?;
        if no_login {
            let message = state.detail.message.as_deref().unwrap_or_default();
            let advice = adapter.map_or_else(|| message.to_owned(), |adapter| adapter.login_advice(message));
            tx.journal(&task, Who::Chorus, "login_required", &advice, None)?;
        }
        tx.set_agent_state(&task, state)?;
        if let Some(ended) = &ended {
            tx.end_turn(&task, ended.message.as_deref())?;
            if attached || ended.by_person {
                tx.seen(&task)?;
            }
        }
        if let Some(how) = exit {
            tx.journal(&task, Who::Agent, "exited", &format!("The agent's session ended: {how}"), None)?;
            tx.end_launch(&launch, &how)?;
        }
        Ok((tx.row(&task)?.queued > 0, ended.is_some()))
    };
    let Ok(store) = core.store() else { return };
    match store.write(change).await {
        Ok((queued, ended)) => {
            let task = || watched.launched.task.clone();
            if ended {
                core.ended(End::Turn(task()));
            }
            if exited {
                core.ended(End::Agent(task()));
            }
            if queued && matches!(watched.state.status, AgentStatus::Idle | AgentStatus::Busy) {
                core.deliver(&watched.launched.task);
            }
        }
        Err(error) if error.code == crate::contract::Code::NoSuchTask => {}
        Err(error) => {
            log::error!("cannot store a status: {error}");
            watched.dirty = true;
            watched.recheck_at = Some(now + 1000);
        }
    }
}

/// The same status keeps its beginning.
fn steady(old: &AgentState, new: AgentState) -> AgentState {
    let same = (old.status, old.kind) == (new.status, new.kind) && old.since != 0;
    AgentState { since: if same { old.since } else { new.since }, ..new }
}

/// A turn that ended.
struct Ended {
    message: Option<String>,
    by_person: bool,
}

fn follow_turn(watched: &mut Watched, state: &AgentState, now: Millis) -> Option<Ended> {
    use AgentStatus::*;
    let rests = matches!(state.status, Idle | Error | LoginRequired);
    let runs = matches!(state.status, Busy)
        || state.status == Waiting && state.kind != Some(Kind::Trust) && state.kind != Some(Kind::Dialog);
    if runs && !matches!(watched.turn, Turn::Runs(_)) {
        watched.turn = Turn::Runs(now);
    }
    if matches!(state.status, Exited | Stopped) {
        watched.end_turn();
    }
    let (began, until) = match watched.turn {
        Turn::Runs(began) if rests => (began, now + STOP_MAY_FOLLOW),
        Turn::Ending { began, until } => (began, until),
        _ => return None,
    };
    let hooks = &watched.evidence.hooks;
    let stop = hooks.stop.as_ref().filter(|stop| stop.at >= began).map(|stop| stop.message.clone());
    let failure = hooks.failure.as_ref().filter(|failure| failure.at >= began).map(|failure| failure.message.clone());
    let by_person = watched.evidence.interrupted_at.is_some_and(|at| at >= began);
    let word = stop.or(failure);
    if word.is_none()
        && watched.evidence.launch.as_ref().is_some_and(|launch| launch.gives.hooks)
        && now < until
        && !by_person
    {
        watched.turn = Turn::Ending { began, until };
        watched.recheck_at = Some(watched.recheck_at.map_or(until, |at| at.min(until)));
        return None;
    }
    watched.end_turn();
    Some(Ended { message: word.flatten().or_else(|| state.detail.message.clone()), by_person })
}

/// Requests to close and to open.
#[derive(Default)]
struct Requests {
    close: Vec<String>,
    outcome: Option<Outcome>,
    close_all_but: Option<BTreeSet<String>>,
    open: Option<NewRequest>,
}

impl Requests {
    /// Only these are still asked.
    fn keep_only(&mut self, open: BTreeSet<String>, watched: &mut Watched) {
        self.close = watched.asked.difference(&open).cloned().collect();
        self.close_all_but = Some(open.clone());
        watched.asked = open;
        watched.unhooked = None;
    }

    /// `is_ours` tells whether an open request may be closed for not being among those that are known.
    fn carry_out(self, tx: &mut Tx<'_>, task: &str, is_ours: impl Fn(&str) -> bool) -> crate::error::Result<()> {
        let outcome = self.outcome.unwrap_or(Outcome::Elsewhere);
        let who = if outcome == Outcome::Elsewhere { Who::Person } else { Who::Chorus };
        for id in &self.close {
            tx.close_request(id, Closing { outcome, who, answer: None })?;
        }
        if let Some(kept) = self.close_all_but {
            for request in tx.open_requests_of(task)? {
                if !kept.contains(&request.id) && is_ours(&request.id) {
                    tx.close_request(&request.id, Closing { outcome, who, answer: None })?;
                }
            }
        }
        if let Some(new) = self.open {
            tx.receive(task, new)?;
        }
        Ok(())
    }
}

/// Pure but for what it notes in `watched`: which requests the verdict closes, and whether a dialog without a hook
/// becomes one.
fn plan_requests(watched: &mut Watched, state: &AgentState, open: &[String], now: Millis) -> Requests {
    let hooked: BTreeSet<String> = open.iter().cloned().collect();
    let mut plan = Requests::default();
    match state.status {
        AgentStatus::Waiting => {
            plan.close = watched.asked.difference(&hooked).cloned().collect();
            if !plan.close.is_empty() {
                watched.answered_at = now;
            }
            watched.asked = hooked.clone();
            if !hooked.is_empty() {
                plan.close.extend(watched.unhooked.take().map(|old| old.id));
                return plan;
            }
            // The session file follows an answer a little later: what it still speaks of is no dialog without a hook.
            let since = state.since.max(watched.launched.at).max(watched.answered_at);
            // Hooks that waited for a daemon that was killed come back to the next one.
            let settled = since.max(watched.since) + HOOK_MAY_FOLLOW;
            let hooks = watched.evidence.launch.as_ref().is_some_and(|launch| launch.gives.hooks);
            let is_asked_by_hook = matches!(state.kind, Some(Kind::Permission | Kind::Question | Kind::Plan));
            if hooks && is_asked_by_hook && now < settled {
                watched.recheck_at = Some(watched.recheck_at.map_or(settled, |at| at.min(settled)));
                return plan;
            }
            let dialog = shown_dialog(watched, since);
            if dialog.is_none() && now < settled + SCREEN_MAY_FOLLOW {
                watched.wants_screen = true;
                watched.recheck_at = Some(settled + SCREEN_MAY_FOLLOW);
                return plan;
            }
            let words = dialog.and(state.detail.summary.clone());
            let old = watched.unhooked.take().filter(|old| old.since == since);
            let is_same = |old: &Unhooked| old.words.is_none() || words.is_none() || old.words == words;
            let id = match &old {
                Some(old) if is_same(old) => old.id.clone(),
                // The session file does not tell of a dialog that follows another at once.
                Some(_) => format!("seen-{}-{now}", watched.launched.launch),
                None => format!("seen-{}-{since}", watched.launched.launch),
            };
            plan.close_all_but = Some([id.clone()].into());
            plan.open = Some(unhooked(watched, state, id.clone(), since));
            let words = words.or_else(|| old?.words);
            watched.unhooked = Some(Unhooked { id, since, words });
        }
        // Nothing is known: what was asked may still be asked.
        AgentStatus::Unknown | AgentStatus::Starting => {}
        AgentStatus::Exited | AgentStatus::Stopped => {
            plan.outcome = Some(Outcome::Gone);
            plan.keep_only(BTreeSet::new(), watched);
        }
        // A hook can come before the session file says so: what the detector holds open stays.
        _ => plan.keep_only(hooked, watched),
    }
    plan
}

/// The dialog on the screen, if that was read since, and when it was drawn whole.
fn shown_dialog(watched: &Watched, since: Millis) -> Option<&Dialog> {
    watched.evidence.screen.as_ref().filter(|screen| screen.at >= since + DRAWN_BY)?.reading.dialog.as_ref()
}

fn unhooked(watched: &Watched, state: &AgentState, id: String, at: Millis) -> NewRequest {
    let dialog = shown_dialog(watched, at);
    let kind = state.kind.unwrap_or(Kind::Dialog);
    let by_keys = matches!(kind, Kind::Permission | Kind::Question | Kind::Plan);
    let summary = state.detail.summary.clone().unwrap_or_else(|| {
        match kind {
            Kind::Trust => "The agent asks something before it starts: attach and answer there",
            Kind::Dialog => "A dialog is open in the agent",
            _ => "The agent asks something: attach to see it",
        }
        .to_owned()
    });
    NewRequest {
        id,
        kind,
        tool: state.detail.tool.clone(),
        summary,
        input: dialog.and_then(|dialog| serde_json::to_value(dialog).ok()),
        suggestions: Vec::new(),
        answerable: if by_keys { Answerable::Keys } else { Answerable::Terminal },
        at,
    }
}

/// How the process ended, once, and when that is known.
fn follow_exit(watched: &mut Watched, state: &AgentState, now: Millis) -> Option<String> {
    if state.status != AgentStatus::Exited || state.kind == Some(Kind::Suspended) {
        watched.exit_seen = None;
        return None;
    }
    let known_by = *watched.exit_seen.get_or_insert(now) + HOW_MAY_FOLLOW;
    if watched.exit_told {
        return None;
    }
    if state.kind.is_none() && now < known_by {
        watched.recheck_at = Some(watched.recheck_at.map_or(known_by, |at| at.min(known_by)));
        return None;
    }
    watched.exit_told = true;
    Some(match (state.detail.code, state.detail.signal) {
        (_, Some(signal)) => format!("signal {signal}"),
        (Some(code), _) => format!("exit {code}"),
        _ => "lost".to_owned(),
    })
}

/// The conversation, when the agent changed it (`/clear`, `/resume`).
fn session_id(watched: &mut Watched) -> Option<String> {
    let evidence = &watched.evidence;
    let from_file =
        evidence.session.as_ref().filter(|session| session.alive).and_then(|session| session.file.session_id.clone());
    let newest = from_file.or_else(|| evidence.hooks.session_id.clone())?;
    (watched.session_id.as_ref() != Some(&newest)).then(|| {
        watched.session_id = Some(newest.clone());
        newest
    })
}
