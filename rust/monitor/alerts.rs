//! What a person has to know of a task's agent beside its status: hooks that do not run, a prompt that was refused, a
//! conversation that is another task's.

use super::watched::{Turn, Watched};
use crate::agent::hooks_off;
use crate::core::Core;
use crate::core::fact::Fact;
use crate::error::Result;
use crate::evidence::PromptRefusal;
use crate::status::Millis;
use crate::store::{Tx, Who};
use crate::task::{Alert, AlertKind};
use std::sync::Arc;

/// The first hook comes before the first turn; a machine under load may bring it later than the session file.
const HOOKS_MAY_FOLLOW: Millis = 5_000;
/// A prompt is refused 0.1 to 0.4 s after its hook (Claude Code 2.1.332).
const REFUSAL_MAY_FOLLOW: Millis = 1_000;

/// What changed.
#[derive(Clone, Debug, Default)]
pub struct AlertChanges {
    /// Whether the hooks run, where that is news: the alert if they do not.
    hooks: Option<Option<Alert>>,
    refusal: Option<PromptRefusal>,
    /// When the turn began that the refusal ended, where the agent's session told.
    began: Option<Millis>,
    /// The permission mode.
    mode: Option<String>,
}

impl AlertChanges {
    /// Compares the evidence with what the store knows.
    pub async fn plan(core: &Arc<Core>, watched: &mut Watched, now: Millis) -> AlertChanges {
        expect_refusal(watched, now).await;
        let newest = watched.evidence.transcript.as_ref().and_then(|transcript| transcript.refusal.clone());
        let refusal = newest.filter(|refusal| refusal.at > watched.refused_at);
        if let Some(refusal) = &refusal {
            watched.refused_at = refusal.at;
        }
        let mode = watched.evidence.hooks.mode.clone().filter(|mode| watched.mode.as_ref() != Some(mode));
        watched.mode = mode.clone().or(watched.mode.take());
        let busy_at = watched.evidence.session.as_ref().and_then(|session| session.busy_at);
        let began = refusal.as_ref().and_then(|refusal| busy_at.filter(|busy| *busy <= refusal.at));
        AlertChanges { hooks: hooks(core, watched, now), refusal, began, mode }
    }

    /// Whether a person has to hear of something.
    pub fn is_news(&self) -> bool {
        self.hooks.is_some() || self.refusal.is_some() || self.mode.is_some()
    }

    /// Stores them.
    pub fn store(self, tx: &mut Tx<'_>, task: &str) -> Result<()> {
        match self.hooks {
            Some(Some(alert)) => _ = tx.alert(task, &alert)?,
            Some(None) => tx.end_alert(task, AlertKind::Hooks)?,
            None => {}
        }
        if let Some(mode) = self.mode {
            tx.set_mode(task, &mode)?;
        }
        if let Some(refusal) = self.refusal {
            let why = format!("a hook of yours refused it: {}", refusal.reason);
            if tx.refuse_prompt(task, &refusal, self.began, &why)? {
                tx.journal(task, Who::Agent, "prompt_refused", &format!("A prompt was not taken: {why}"), None)?;
            }
        }
        Ok(())
    }
}

/// Reads on in the conversation's file when a prompt was taken and no turn began: one that is refused may have come and
/// gone between two looks at the session file.
async fn expect_refusal(watched: &mut Watched, now: Millis) {
    if watched.turn != Turn::Over || watched.prompts <= watched.prompts_done {
        return;
    }
    let Some(due) = watched.evidence.hooks.prompt.map(|at| at + REFUSAL_MAY_FOLLOW) else { return };
    if now < due {
        watched.recheck_at = Some(watched.recheck_at.map_or(due, |at| at.min(due)));
        return;
    }
    watched.read_transcript(now).await;
    if refused_since(watched, due - 2 * REFUSAL_MAY_FOLLOW) {
        watched.end_turn();
    }
}

/// Whether the newest prompt was refused, and that after `began`.
pub fn refused_since(watched: &Watched, began: Millis) -> bool {
    let busy = watched.evidence.session.as_ref().and_then(|session| session.busy_at);
    let began = busy.map_or(began, |busy| busy.min(began));
    let newest = watched.evidence.transcript.as_ref().and_then(|transcript| transcript.refusal.as_ref());
    newest.is_some_and(|refusal| refusal.at >= began)
}

/// Whether the hooks run is known once one came, or once a turn began without any.
fn hooks(core: &Arc<Core>, watched: &mut Watched, now: Millis) -> Option<Option<Alert>> {
    let evidence = &watched.evidence;
    evidence.launch.as_ref().filter(|launch| launch.gives.hooks)?;
    let run = match (evidence.hooks.last, evidence.session.as_ref().and_then(|session| session.busy_at)) {
        (Some(_), _) => true,
        // A turn that began before this daemon did may have told another one.
        (None, Some(busy)) if busy >= watched.since => {
            let due = busy + HOOKS_MAY_FOLLOW;
            if now < due {
                watched.recheck_at = Some(watched.recheck_at.map_or(due, |at| at.min(due)));
                return None;
            }
            false
        }
        (None, _) => return None,
    };
    if watched.hooks_run != Some(run) {
        watched.hooks_run = Some(run);
        watched.hooks_off = None;
        if run {
            return Some(None);
        }
        look_for_cause(core, watched);
    }
    if run {
        return None;
    }
    let cause = watched.hooks_off.take()?;
    Some(Some(hooks_off::alert(watched.launched.isolation, cause.as_deref())))
}

/// Beside the monitor's loop: the agent's settings may lie on a disk that does not answer.
fn look_for_cause(core: &Arc<Core>, watched: &Watched) {
    let launched = &watched.launched;
    let (task, launch) = (launched.task.clone(), launched.launch.clone());
    let (core, adapter, asked) = (core.clone(), launched.adapter, launched.hooks.clone());
    tokio::spawn(async move {
        let cause = match adapter {
            Some(adapter) => hooks_off::cause(adapter, asked).await,
            None => None,
        };
        core.fact(Fact::HooksOff { task, launch, cause });
    });
}
