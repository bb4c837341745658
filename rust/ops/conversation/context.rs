//! The task's context, exactly once a conversation: in answer to the event with which a session starts, else before the
//! agent's first prompt.

use crate::agent::context::{Context, Excerpt, at_start};
use crate::contract::ReferenceState;
use crate::core::Core;
use crate::core::fact::AgentReport;
use crate::error::Result;
use crate::evidence::event::SessionStart;
use crate::ops::documents::references::{self, FollowedReference};
use crate::paths::State;
use crate::status::Millis;
use crate::store::{KnownBy, Tx, Who};
use crate::task::Task;
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// That event comes before the prompt is free (Claude Code 2.1.328) or up to a second after it (2.1.197). An agent
/// whose hooks are off sends none, and its first prompt waits so long for nothing.
const START_MAY_FOLLOW: Duration = Duration::from_secs(5);

/// The context that the agent got last, in which launch and which conversation.
#[derive(Serialize, Deserialize)]
struct GivenContext {
    launch: String,
    #[serde(default)]
    session: Option<String>,
    /// The agent's hooks work: each conversation asks for itself.
    #[serde(default)]
    by_hook: bool,
    #[serde(default)]
    at: Option<Millis>,
    context: Context,
}

/// The task's context with the lines that it refers to.
pub fn context_of(task: &Task, references: &[FollowedReference]) -> Context {
    let included = references.iter().filter(|reference| reference.stored.included);
    let excerpts = included.map(|reference| {
        let (stored, spot) = (&reference.stored, &reference.stored.spot);
        Excerpt {
            file: &stored.path,
            first: spot.lines.start + 1,
            last: spot.lines.end,
            text: &reference.text,
            whole: stored.whole,
            note: stored.note.as_deref(),
            remark: match spot.state {
                ReferenceState::Stale => Some("These lines are no longer in the file."),
                ReferenceState::Changed if !stored.whole => Some("These lines were edited since they were referenced."),
                _ => None,
            },
        }
    });
    Context::of(task, &excerpts.collect::<Vec<_>>())
}

/// When the agent got the context last, where that was noted, and as what text.
pub fn last_given(tx: &Tx<'_>, task: &str) -> Result<Option<(Option<Millis>, String)>> {
    Ok(recall(tx, task)?.map(|given| (given.at, given.context.brief(None))))
}

/// The lines that the task refers to; none where they cannot be read, which keeps no agent waiting.
async fn referenced(core: &Core, task: &str) -> Vec<FollowedReference> {
    let project = core.read(task, |tx, task| Ok(tx.row(task)?.project)).await;
    let found = match project {
        Ok(project) => references::of_task(core, &project, task).await,
        Err(error) => Err(error),
    };
    found.unwrap_or_else(|error| {
        log::warn!("the context lacks its references: {error}");
        Vec::new()
    })
}

/// The agent knows the versions that it was given lines of.
fn note_given(tx: &mut Tx<'_>, task: &str, references: &[FollowedReference]) -> Result<()> {
    let is_given = |reference: &&FollowedReference| {
        reference.stored.included && reference.stored.spot.state != ReferenceState::Stale
    };
    for reference in references.iter().filter(is_given) {
        tx.know_document(task, &reference.stored.path, &reference.stored.spot.version, KnownBy::Context)?;
    }
    Ok(())
}

fn key(task: &str) -> String {
    format!("context {task}")
}

fn recall(tx: &Tx<'_>, task: &str) -> Result<Option<GivenContext>> {
    Ok(tx.recall(&key(task))?.and_then(|json| serde_json::from_str(&json).ok()))
}

fn remember(tx: &mut Tx<'_>, task: &str, given: &GivenContext) -> Result<()> {
    tx.remember(&key(task), &serde_json::to_string(given).unwrap_or_default())
}

/// Writes the whole context where the agent may read it unasked; the client takes only so much from a hook.
pub async fn write_whole(core: &Core, task: &Task) -> Result<()> {
    let context = context_of(task, &referenced(core, &task.uuid).await);
    write(&core.state, task, &context)
}

fn write(state: &State, task: &Task, context: &Context) -> Result<()> {
    crate::paths::write_private(&state.context_of(&task.uuid), context.whole().as_bytes())
}

/// The context for an agent whose session starts: everything for a new, cleared or compacted conversation; for a resumed one only what
/// changed since.
pub async fn at_session_start(core: &Core, report: &AgentReport, how: SessionStart) -> Result<Option<String>> {
    let session = report.event.session_id.clone();
    let (launch, state) = (report.launch.clone(), core.state.clone());
    let references = referenced(core, &report.task).await;
    let text = core.write(&report.task, move |tx, uuid| {
        let task = tx.task("", uuid)?;
        let context = context_of(&task, &references);
        write(&state, &task, &context)?;
        let before = recall(tx, uuid)?.map(|given| given.context);
        let text = at_start(how, before.as_ref(), &context, Some(&state.context_of(uuid)));
        let at = Some(tx.now());
        remember(tx, uuid, &GivenContext { launch, session, by_hook: true, at, context })?;
        if text.is_some() {
            note_given(tx, uuid, &references)?;
            tx.journal(uuid, Who::Chorus, "context", "Gave the agent the task's context", None)?;
        }
        Ok(text)
    });
    text.await
}

/// Waits until this launch's agent has asked for the context by its hook, where it may yet do so.
pub async fn await_start(core: &Core, task: &str, launch: &str) {
    let known = core.read(task, |tx, task| Ok((tx.row(task)?, recall(tx, task)?.map(|given| given.launch)))).await;
    let Ok((task, given)) = known else { return };
    let hooks = crate::ops::agents::named(&core.config_of(&task.project).await, &task.agent, &core.state)
        .capabilities()
        .gives
        .hooks;
    if !hooks || given.as_deref() == Some(launch) {
        return;
    }
    let mut live = core.live.follow(&task.uuid);
    let started = live.wait_for(|live| live.launch != launch || live.started);
    // Without the hook the context goes before the prompt.
    let _ = tokio::time::timeout(START_MAY_FOLLOW, started).await;
}

/// What stands before a prompt: the context, when this launch's agent did not ask for it by a hook. A conversation that
/// has it already, from an earlier launch, gets only what changed.
pub async fn before_prompt(core: &Core, task: &Task, launch: &str) -> Result<String> {
    let (session, launch) = (task.session_id.clone(), launch.to_owned());
    let references = referenced(core, &task.uuid).await;
    core.write(&task.uuid, move |tx, uuid| {
        let given = recall(tx, uuid)?;
        let goes_on = given.as_ref().is_some_and(|given| given.session == session);
        if given.as_ref().is_some_and(|given| given.launch == launch && (given.by_hook || goes_on)) {
            return Ok(String::new());
        }
        let context = context_of(&tx.task("", uuid)?, &references);
        let text = match given.filter(|_| goes_on && session.is_some()) {
            Some(given) => at_start(SessionStart::Resumed, Some(&given.context), &context, None),
            None => Some(context.whole()),
        };
        let at = Some(tx.now());
        remember(tx, uuid, &GivenContext { launch, session, by_hook: false, at, context })?;
        let Some(text) = text else { return Ok(String::new()) };
        note_given(tx, uuid, &references)?;
        tx.journal(uuid, Who::Chorus, "context", "Put the task's context before the prompt", None)?;
        Ok(text + "\n\n")
    })
    .await
}
