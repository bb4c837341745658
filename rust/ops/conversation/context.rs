//! The task's context, exactly once a conversation: in answer to the event with which a session starts, else before the
//! agent's first prompt.

use crate::agent::context::{Context, at_start};
use crate::core::Core;
use crate::core::fact::AgentReport;
use crate::error::Result;
use crate::evidence::event::SessionStart;
use crate::paths::State;
use crate::store::{Tx, Who};
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
    context: Context,
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
pub fn write_whole(state: &State, task: &Task) -> Result<()> {
    crate::paths::write_private(&state.context_of(&task.uuid), Context::of(task, &[]).whole().as_bytes())
}

/// The context for an agent whose session starts: everything for a new, cleared or compacted conversation; for a resumed one only what
/// changed since.
pub async fn at_session_start(core: &Core, report: &AgentReport, how: SessionStart) -> Result<Option<String>> {
    let session = report.event.session_id.clone();
    let (launch, state) = (report.launch.clone(), core.state.clone());
    let text = core.write(&report.task, move |tx, uuid| {
        let task = tx.task("", uuid)?;
        write_whole(&state, &task)?;
        let context = Context::of(&task, &[]);
        let before = recall(tx, uuid)?.map(|given| given.context);
        let text = at_start(how, before.as_ref(), &context, Some(&state.context_of(uuid)));
        remember(tx, uuid, &GivenContext { launch, session, by_hook: true, context })?;
        if text.is_some() {
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
    core.write(&task.uuid, move |tx, uuid| {
        let given = recall(tx, uuid)?;
        let goes_on = given.as_ref().is_some_and(|given| given.session == session);
        if given.as_ref().is_some_and(|given| given.launch == launch && (given.by_hook || goes_on)) {
            return Ok(String::new());
        }
        let context = Context::of(&tx.task("", uuid)?, &[]);
        let text = match given.filter(|_| goes_on && session.is_some()) {
            Some(given) => at_start(SessionStart::Resumed, Some(&given.context), &context, None),
            None => Some(context.whole()),
        };
        remember(tx, uuid, &GivenContext { launch, session, by_hook: false, context })?;
        let Some(text) = text else { return Ok(String::new()) };
        tx.journal(uuid, Who::Chorus, "context", "Put the task's context before the prompt", None)?;
        Ok(text + "\n\n")
    })
    .await
}
