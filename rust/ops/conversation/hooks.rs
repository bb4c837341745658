//! What agents' hooks tell: each event once, into the monitor; requests into the store; context and answers back.

use crate::agent;
use crate::contract::{Hook, HookReply, Json};
use crate::core::Core;
use crate::core::fact::Fact;
use crate::error::Result;
use crate::ops::edits;
use crate::store::{NewRequest, Outcome, Received, Who};
use tokio_util::sync::CancellationToken;

/// Takes in one event. For a permission it returns only when the request is answered or gone; `gone` tells that the
/// hook's process ended, which is how the agent says that the person answered no at the terminal.
pub async fn take(core: &Core, hook: Hook, gone: &CancellationToken) -> Result<HookReply> {
    drain(core).await;
    match name(&hook.event) {
        "PermissionRequest" => ask(core, hook, gone).await,
        "SessionStart" => {
            // Before the event, on which the first prompt waits.
            let output = crate::ops::conversation::context::at_session_start(core, &hook).await?;
            note(core, &hook).await?;
            Ok(HookReply { output })
        }
        "PreToolUse" => Ok(HookReply { output: before_tool(core, &hook).await? }),
        "PostToolUse" | "PostToolUseFailure" => {
            edits::after_tool(core, &hook).await?;
            note(core, &hook).await?;
            Ok(HookReply::default())
        }
        "PaneDied" => {
            core.fact(Fact::PaneDied { task: hook.task });
            Ok(HookReply::default())
        }
        _ => {
            note(core, &hook).await?;
            Ok(HookReply::default())
        }
    }
}

/// The guard first; then the edit that is about to be made.
async fn before_tool(core: &Core, hook: &Hook) -> Result<Option<Json>> {
    let Some(refused) = agent::claude::tool::refused(&hook.event) else { return edits::before_tool(core, hook).await };
    let (id, what) = (hook.id.clone(), refused.what.clone());
    core.write(&hook.task, move |tx, task| {
        if tx.first_time(&id)? {
            tx.journal(task, Who::Agent, "refused", &format!("The agent ran `{what}` and was refused"), None)?;
        }
        Ok(())
    })
    .await?;
    Ok(Some(crate::guard::output(&refused)))
}

fn name(event: &Json) -> &str {
    event.get("hook_event_name").and_then(Json::as_str).unwrap_or_default()
}

/// Takes in what found no daemon, oldest first, before anything newer.
pub async fn drain(core: &Core) {
    for path in crate::spool::list(&core.state.spool()) {
        if let Some(hook) = crate::spool::read(&path)
            && let Err(error) = take_late(core, &hook).await
        {
            log::warn!("cannot take in a spooled event: {error}");
            return;
        }
        crate::spool::done(&path);
    }
}

/// An event that waited in the spool: what was asked for has been answered without us.
async fn take_late(core: &Core, hook: &Hook) -> Result<()> {
    match name(&hook.event) {
        "PreToolUse" => return before_tool(core, hook).await.map(drop),
        "PostToolUse" | "PostToolUseFailure" => edits::after_tool(core, hook).await?,
        _ => {}
    }
    note(core, hook).await
}

/// The event to the monitor, the first time it is seen.
async fn note(core: &Core, hook: &Hook) -> Result<()> {
    let (id, task) = (hook.id.clone(), hook.task.clone());
    let event = name(&hook.event).to_owned();
    let prompt =
        hook.event.get("prompt").and_then(Json::as_str).map(str::to_owned).filter(|_| event == "UserPromptSubmit");
    let first = core.store()?.write(move |tx| {
        let first = tx.first_time(&id)? && tx.row(&task).is_ok_and(|task| task.status.is_live());
        if let Some(prompt) = prompt.filter(|_| first) {
            tx.journal(&task, Who::Agent, "prompt", &format!("Got a prompt: {prompt}"), None)?;
        }
        Ok(first)
    });
    if first.await? {
        core.fact(Fact::Hook(Box::new(hook.clone())));
    }
    Ok(())
}

/// A request, kept in the store, answered from anywhere or closed by the agent.
async fn ask(core: &Core, hook: Hook, gone: &CancellationToken) -> Result<HookReply> {
    let Some(request) = agent::claude::request::parse(&hook.event) else { return Ok(HookReply::default()) };
    let new = NewRequest {
        id: hook.id.clone(),
        kind: request.kind,
        tool: Some(request.tool),
        summary: request.summary,
        input: Some(request.input),
        suggestions: request.suggestions.iter().map(|suggestion| suggestion.sentence.clone()).collect(),
        answerable: "hook".into(),
        at: hook.at,
    };
    let answered = core.answers.wait(&hook.id, hook.event.clone());
    match core.write(&hook.task, move |tx, task| tx.receive(task, new)).await? {
        Received::Answered(_, answer) => return Ok(HookReply { output: answer }),
        Received::Open(_) => core.fact(Fact::Hook(Box::new(hook.clone()))),
    }
    tokio::select! {
        output = answered => Ok(HookReply { output }),
        () = gone.cancelled() => {
            core.answers.release(&hook.id);
            close(core, &hook.id, Outcome::Elsewhere).await;
            core.fact(Fact::RequestClosed { task: hook.task, request: hook.id });
            Ok(HookReply::default())
        }
    }
}

/// Closes a request that nobody answered through Chorus.
pub async fn close(core: &Core, request: &str, outcome: Outcome) {
    let id = request.to_owned();
    let who = if outcome == Outcome::Elsewhere { Who::Person } else { Who::Chorus };
    let Ok(store) = core.store() else { return };
    let closing = crate::store::Closing { outcome, who, answer: None };
    if let Err(error) = store.write(move |tx| tx.close_request(&id, closing)).await {
        log::error!("cannot close a request: {error}");
    }
}
