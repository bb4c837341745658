//! The task's context, exactly once a conversation: by the agent's `SessionStart` hook, else before its first prompt.

use super::Core;
use crate::agent;
use crate::contract::{Hook, Json};
use crate::error::Result;
use crate::store::Who;
use crate::task::Task;
use serde::{Deserialize, Serialize};

/// What the agent was told last, and which launch it was told to.
#[derive(Default, Serialize, Deserialize)]
struct Given {
    launch: String,
    text: String,
}

fn key(task: &str) -> String {
    format!("context {task}")
}

/// The answer to a `SessionStart`: everything for a new, cleared or compacted conversation; for a resumed one only what
/// changed since.
pub async fn at_session_start(core: &Core, hook: &Hook) -> Result<Option<Json>> {
    let resumed = hook.event.get("source").and_then(Json::as_str) == Some("resume");
    let (uuid, launch) = (hook.task.clone(), hook.launch.clone());
    let text = core.store()?.write(move |tx| {
        let task = tx.task("", &uuid)?;
        let text = agent::context::render(&task);
        let known = tx.recall(&key(&uuid))?.and_then(|json| serde_json::from_str::<Given>(&json).ok()).unwrap_or_default();
        let told = match resumed {
            true => agent::context::changed_since(&known.text, &text),
            false => Some(text.clone()),
        };
        let given = Given { launch, text };
        tx.remember(&key(&uuid), &serde_json::to_string(&given).unwrap_or_default())?;
        if told.is_some() {
            tx.journal(&uuid, Who::Chorus, "context", "Gave the agent the task's context", None)?;
        }
        Ok(told)
    });
    Ok(text.await?.map(|text| agent::context::session_start_reply(&text)))
}

/// What stands before a prompt: the context, when this launch's agent did not ask for it by a hook.
pub async fn before_prompt(core: &Core, task: &Task, launch: &str) -> Result<String> {
    let (uuid, launch) = (task.uuid.clone(), launch.to_owned());
    core.store()?.write(move |tx| {
        let known = tx.recall(&key(&uuid))?.and_then(|json| serde_json::from_str::<Given>(&json).ok()).unwrap_or_default();
        if known.launch == launch {
            return Ok(String::new());
        }
        let text = agent::context::render(&tx.task("", &uuid)?);
        let given = Given { launch, text: text.clone() };
        tx.remember(&key(&uuid), &serde_json::to_string(&given).unwrap_or_default())?;
        tx.journal(&uuid, Who::Chorus, "context", "Put the task's context before the prompt", None)?;
        Ok(text + "\n\n")
    }).await
}
