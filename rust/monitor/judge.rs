//! A verdict, and what follows from it for the store: the agent's state, requests, the end of a turn, the exit.

use super::alerts::{self, AlertChanges};
use super::requests::{self, RequestChanges};
use super::watched::{Turn, Watched};
use crate::agent::Adapter;
use crate::contract::Code;
use crate::core::answers::Answers;
use crate::core::live::LiveStatus;
use crate::core::{Core, Ending};
use crate::detector::{self, Verdict};
use crate::error::Result;
use crate::status::{AgentState, AgentStatus, Kind, Millis};
use crate::store::{Tx, Who};
use crate::task::{Alert, AlertKind};
use std::collections::BTreeSet;
use std::sync::Arc;

/// The session file leads the hook of a turn that ended by 90–215 ms (Claude Code 2.1.328): so long is the last message
/// awaited.
const STOP_MAY_FOLLOW: Millis = 500;
/// The session file or the process table leads tmux's word of how the agent ended.
const HOW_MAY_FOLLOW: Millis = 3000;
/// A daemon that found the agent alive has no evidence yet: for so long what the store says stands.
const GATHERING: Millis = 1500;
/// Verdicts that wait for a store that takes nothing, of one task.
const MOST_UNSTORED: usize = 100;

/// Weighs the evidence of one task, stores what follows from it, and acts on what was stored.
pub async fn judge(core: &Arc<Core>, watched: &mut Watched, now: Millis) {
    let Some(verdict) = weigh(watched, now).await else { return };
    let alerts = AlertChanges::plan(core, watched, now).await;
    let changes = VerdictChanges::plan(core, watched, &verdict, alerts, now);
    watched.state = changes.state.clone();
    publish(core, watched, verdict);
    changes.requests.close.iter().for_each(|request| core.answers.release(request));
    let mut all = std::mem::take(&mut watched.unstored);
    all.push(changes);
    let exited = all.iter().any(|changes| changes.exit.is_some());
    let (kept, answers) = (all.clone(), core.clone());
    let stored = match core.store() {
        Ok(store) => store.write(move |tx| store_all(all, tx, &answers.answers)).await,
        Err(error) => Err(error),
    };
    match stored {
        Ok(stored) => follow_up(core, watched, &stored, exited, now),
        Err(error) if error.code == Code::NoSuchTask => {}
        Err(error) => {
            log::error!("cannot store a status: {error}");
            if error.code == Code::StoreUnusable {
                watched.unstored = kept.into_iter().filter(VerdictChanges::happens_once).take(MOST_UNSTORED).collect();
            }
            watched.dirty = true;
            watched.recheck_at = Some(now + 1000);
        }
    }
}

/// The verdict on what is known now; nothing while too little is known for one.
async fn weigh(watched: &mut Watched, now: Millis) -> Option<Verdict> {
    if matches!(watched.turn, Turn::Ending { until, .. } if now >= until) {
        // No hook reported how the turn ended.
        watched.read_transcript(now).await;
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
        return None;
    }
    Some(verdict)
}

/// In order, in one transaction: what an earlier verdict could not store happened before.
fn store_all(all: Vec<VerdictChanges>, tx: &mut Tx<'_>, answers: &Answers) -> Result<Stored> {
    let mut stored = Stored::default();
    for changes in all {
        let next = changes.store(tx, answers)?;
        stored = Stored { queued: next.queued, turn_ended: stored.turn_ended || next.turn_ended };
    }
    Ok(stored)
}

/// What a verdict changes in the store.
#[derive(Clone, Debug)]
pub struct VerdictChanges {
    task: String,
    launch: String,
    adapter: Option<&'static dyn Adapter>,
    state: AgentState,
    requests: RequestChanges,
    alerts: AlertChanges,
    /// Requests of which the monitor knows that a hook waits.
    told: BTreeSet<String>,
    /// The conversation, where it is another.
    session: Option<String>,
    /// The agent has no login since now.
    no_login: bool,
    turn: Option<TurnEnd>,
    exit: Option<String>,
    /// A person looks at the terminal.
    attached: bool,
}

/// What came of storing them.
#[derive(Default)]
struct Stored {
    queued: bool,
    turn_ended: bool,
}

impl VerdictChanges {
    fn plan(
        core: &Core,
        watched: &mut Watched,
        verdict: &Verdict,
        alerts: AlertChanges,
        now: Millis,
    ) -> VerdictChanges {
        let state = steady(&watched.state, verdict.state.clone());
        let turn = follow_turn(watched, &state, now);
        let mut requests = requests::plan(watched, &state, &verdict.open_requests, now);
        requests.close.retain(|request| !core.answers.is_pressed(request));
        watched.told.retain(|request| core.answers.is_awaited(request));
        let exit = follow_exit(watched, &state, now);
        let is_login_required = |state: &AgentState| state.status == AgentStatus::LoginRequired;
        VerdictChanges {
            task: watched.launched.task.clone(),
            launch: watched.launched.launch.clone(),
            adapter: watched.launched.adapter,
            requests,
            alerts,
            told: watched.told.clone(),
            session: session_id(watched),
            no_login: is_login_required(&state) && !is_login_required(&watched.state),
            turn,
            exit,
            attached: watched.attached,
            state,
        }
    }

    /// Whether a later verdict would not bring the same again.
    fn happens_once(&self) -> bool {
        self.turn.is_some()
            || self.exit.is_some()
            || self.session.is_some()
            || self.no_login
            || self.alerts.is_news()
            || self.requests.is_news()
    }

    /// Nothing where the task has ended or was launched anew meanwhile.
    fn store(self, tx: &mut Tx<'_>, answers: &Answers) -> Result<Stored> {
        let task = &self.task;
        if tx.newest_launch(task)?.is_none_or(|newest| newest.id != self.launch) || !tx.row(task)?.status.is_live() {
            return Ok(Stored::default());
        }
        if let Some(session) = self.session {
            follow_session(tx, task, &session)?;
        }
        self.alerts.store(tx, task)?;
        let is_ours = |request: &str| {
            let is_news = answers.is_awaited(request) && !self.told.contains(request);
            !is_news && !answers.is_pressed(request)
        };
        self.requests.store(tx, task, is_ours)?;
        if self.no_login {
            let message = self.state.detail.message.as_deref().unwrap_or_default();
            let advice = self.adapter.map_or_else(|| message.to_owned(), |adapter| adapter.login_advice(message));
            tx.journal(task, Who::Chorus, "login_required", &advice, None)?;
        }
        tx.set_agent_state(task, self.state)?;
        if let Some(ended) = &self.turn {
            tx.end_turn(task, ended.message.as_deref())?;
            if self.attached || ended.by_person {
                tx.seen(task)?;
            }
        }
        if let Some(how) = self.exit {
            tx.journal(task, Who::Agent, "exited", &format!("The agent's session ended: {how}"), None)?;
            tx.end_launch(&self.launch, &how)?;
        }
        Ok(Stored { queued: tx.row(task)?.queued > 0, turn_ended: self.turn.is_some() })
    }
}

/// Shows verbs that wait for something what the agent does now.
fn publish(core: &Core, watched: &Watched, verdict: Verdict) {
    core.live.publish(
        &watched.launched.task,
        LiveStatus {
            launch: watched.launched.launch.clone(),
            state: watched.state.clone(),
            process: watched.process(),
            started: watched.evidence.hooks.started.is_some(),
            prompts: watched.prompts,
            changed: watched.evidence.session.as_ref().and_then(|session| session.file.status_updated_at),
            rule: verdict.rule.to_string(),
            pieces: verdict.pieces,
            reading: watched.evidence.screen.as_ref().map(|screen| screen.reading.clone()),
        },
    );
}

/// A commit after a turn or an exit, a prompt for an agent that takes one.
fn follow_up(core: &Core, watched: &Watched, stored: &Stored, exited: bool, now: Millis) {
    let task = &watched.launched.task;
    if stored.turn_ended {
        core.ended(Ending { task: task.clone(), is_turn: true, at: now });
    }
    if exited {
        core.panes.forget_dead(task);
        core.ended(Ending { task: task.clone(), is_turn: false, at: now });
    }
    if stored.queued && matches!(watched.state.status, AgentStatus::Idle | AgentStatus::Busy) {
        core.deliver(task);
    }
}

/// The same status keeps its beginning.
fn steady(old: &AgentState, new: AgentState) -> AgentState {
    let same = (old.status, old.kind) == (new.status, new.kind) && old.since != 0;
    AgentState { since: if same { old.since } else { new.since }, ..new }
}

/// A turn that ended.
#[derive(Clone, Debug)]
struct TurnEnd {
    message: Option<String>,
    by_person: bool,
}

fn follow_turn(watched: &mut Watched, state: &AgentState, now: Millis) -> Option<TurnEnd> {
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
    if word.is_none() && alerts::refused_since(watched, began) {
        return None;
    }
    Some(TurnEnd { message: word.flatten().or_else(|| state.detail.message.clone()), by_person })
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
    // Once there is a file, hooks of another process that inherited the task's mark cannot move the task.
    let newest = match &evidence.session {
        Some(session) => session.file.session_id.clone().filter(|_| session.alive)?,
        None => evidence.hooks.session_id.clone()?,
    };
    (watched.session_id.as_ref() != Some(&newest)).then(|| {
        watched.session_id = Some(newest.clone());
        newest
    })
}

/// Notes the agent's conversation as the task's, unless another task has it: that one is only looked at.
fn follow_session(tx: &mut Tx<'_>, task: &str, session: &str) -> Result<()> {
    let Some(other) = tx.other_in_session(task, session)? else {
        tx.set_session(task, session)?;
        return tx.end_alert(task, AlertKind::Conversation);
    };
    let alert = Alert {
        kind: AlertKind::Conversation,
        text: format!("its agent is in the conversation of #{other}: prompts go there"),
        remedy: Some("`restart` goes back to its own conversation".to_owned()),
    };
    tx.alert(task, &alert).map(drop)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contract::TaskNew;
    use crate::store::{Boot, Defaults, NewLaunch, Store};
    use crate::task::{Isolation, Step};

    fn changes(task: &str, launch: &str) -> VerdictChanges {
        VerdictChanges {
            task: task.into(),
            launch: launch.into(),
            adapter: None,
            state: AgentState { status: AgentStatus::Idle, ..AgentState::default() },
            requests: RequestChanges::default(),
            alerts: AlertChanges::default(),
            told: BTreeSet::new(),
            session: None,
            no_login: false,
            turn: None,
            exit: None,
            attached: false,
        }
    }

    #[tokio::test]
    async fn what_could_not_be_stored_is_stored_with_the_next_verdict() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(folder.path()).unwrap();
        let begin = store.write(|tx| {
            let defaults = Defaults { agent: "claude".into(), isolation: Isolation::None };
            let task = tx.create("/p", TaskNew { title: "A".into(), ..TaskNew::default() }, &defaults)?;
            tx.step(&task.uuid, Step::Start, Who::Person, None)?;
            let boot = Boot { machine: "m".into(), id: "b".into() };
            let launch = NewLaunch { session_id: None, config_dir: None, boot, demo: false, restart: false };
            Ok((tx.begin_launch(&task.uuid, launch)?.id, task.uuid))
        });
        let (launch, task) = begin.await.unwrap();
        let now = changes(&task, &launch);
        let ended = TurnEnd { message: Some("done".into()), by_person: false };
        let before = VerdictChanges { turn: Some(ended), session: Some("s".into()), ..now.clone() };
        assert!(before.happens_once() && !now.happens_once());
        let stored = store.write(move |tx| {
            let stored = store_all(vec![before, now], tx, &Answers::default())?;
            Ok((stored.turn_ended, tx.row(&task)?))
        });
        let (turn_ended, row) = stored.await.unwrap();
        assert!(turn_ended && row.unread);
        assert_eq!(row.session_id.as_deref(), Some("s"));
    }
}
