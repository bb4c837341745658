//! A request that a rule answers: by its hook, for this one call, as soon as it is asked.

use super::{AskedCall, judge};
use crate::agent::{Adapter, Answer};
use crate::contract::Json;
use crate::core::Core;
use crate::evidence::event::AgentRequest;
use crate::policy::Action;
use crate::status::Kind;
use crate::store::{Closing, RequestOutcome, Who};

/// What a refused agent is told where the rule has no message.
const DENIED: &str = "The person's policy denies this. Do not try it in another way; ask the person if it is needed.";

/// An answer that a rule gives.
#[derive(Clone, Debug)]
pub struct Ruled {
    /// For the agent.
    pub output: Json,
    /// For the store.
    pub closing: Closing,
}

/// Whether the project of a task has rules.
pub async fn has_rules(core: &Core, uuid: &str) -> bool {
    let Ok(task) = core.read(uuid, |tx, task| tx.row(task)).await else { return false };
    !core.config_of(&task.project).await.config.policy.rules.rules.is_empty()
}

/// The answer that the rules give to a request of the task now; nothing where a person is asked. Rules answer permissions
/// only: never a question, a plan or a dialog, and never with more than this one call.
pub async fn rule_on(
    core: &Core,
    uuid: &str,
    asked: &AgentRequest,
    adapter: &'static dyn Adapter,
    message: &Json,
) -> Option<Ruled> {
    if asked.kind != Kind::Permission {
        return None;
    }
    let task = core.read(uuid, |tx, task| tx.row(task)).await.ok()?;
    // One version of the files, for this whole answer.
    let loaded = core.config_of(&task.project).await;
    if loaded.config.policy.rules.rules.is_empty() {
        return None;
    }
    let call = AskedCall { tool: asked.call.tool.clone(), scope: asked.scope.clone(), cut: asked.cut };
    let verdict = match judge(&loaded, &task, call).await {
        Ok(verdict) => verdict,
        Err(error) => {
            log::warn!("cannot judge a request of #{}: {error}", task.number);
            return None;
        }
    };
    let (answer, outcome) = match verdict.action {
        Action::Ask => return None,
        Action::Allow => (Answer::Allow { always: None }, RequestOutcome::Allowed),
        Action::Deny => {
            let reason = verdict.message.clone().unwrap_or_else(|| DENIED.to_owned());
            (Answer::Deny { reason: Some(reason) }, RequestOutcome::Denied)
        }
    };
    let output = adapter.answer(message, &answer).ok()?;
    let by: Vec<String> = verdict.rules.iter().map(|rule| format!("{} ({})", rule.place, rule.text)).collect();
    let closing = Closing { outcome, who: Who::Rule, via: Some(by.join(", ")), answer: Some(output.clone()) };
    Some(Ruled { output, closing })
}
