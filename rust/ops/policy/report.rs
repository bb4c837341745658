//! The rules that count, and what they would have done with the last requests.

use super::{AskedCall, with_calls};
use crate::config::Loaded;
use crate::contract::{Opened, PolicyAsk, PolicyReport, PolicyRule, Tested};
use crate::core::{Asker, Core};
use crate::error::Result;
use crate::ops::agents;
use crate::policy::{self, Verdict};
use std::collections::{BTreeMap, VecDeque};
use std::path::Path;

/// Requests that one test looks at, at most.
const MOST: u32 = 1000;

/// The rules, and with `test` the last requests.
pub async fn report(core: &Core, asker: &Asker, ask: PolicyAsk) -> Result<PolicyReport> {
    let loaded = core.config_of(&asker.project).await;
    let rules = loaded.rules().rules.into_iter().map(|rule| PolicyRule {
        action: rule.action,
        text: rule.text,
        place: rule.place.to_string(),
    });
    let mut notices = loaded.faults.clone();
    if !notices.is_empty() {
        notices.push("no rule allows anything until the fault is corrected".to_owned());
    }
    notices.extend(loaded.warnings.iter().cloned());
    let tested = match ask.test {
        Some(count) => test(core, &asker.project, &loaded, count.clamp(1, MOST)).await?,
        None => Vec::new(),
    };
    Ok(PolicyReport { rules: rules.collect(), notices, tested })
}

/// What the rules would do with the last requests, oldest first.
pub(super) async fn test(core: &Core, project: &str, loaded: &Loaded, count: u32) -> Result<Vec<Tested>> {
    let recent = core.read(project, move |tx, project| tx.recent_permissions(project, count)).await?;
    let mut verdicts = verdicts(core, loaded, &recent).await?;
    let mut tested = Vec::new();
    for request in recent {
        let Some(verdict) = verdicts.get_mut(&request.task).and_then(VecDeque::pop_front) else { continue };
        tested.push(Tested {
            would: verdict.action,
            by: verdict.places(),
            why: verdict.why,
            request: request.id,
            number: request.number,
            at: request.opened_at,
            tool: request.tool,
            summary: request.summary,
            outcome: request.outcome,
        });
    }
    Ok(tested)
}

/// Of each task, the verdicts on its requests in their order.
async fn verdicts(core: &Core, loaded: &Loaded, requests: &[Opened]) -> Result<BTreeMap<String, VecDeque<Verdict>>> {
    let mut of_task: BTreeMap<&str, Vec<&Opened>> = BTreeMap::new();
    requests.iter().for_each(|request| of_task.entry(&request.task).or_default().push(request));
    let mut verdicts = BTreeMap::new();
    for (uuid, requests) in of_task {
        let task = core.read(uuid, |tx, task| tx.row(task)).await?;
        let calls = requests.into_iter().map(|request| asked(core, loaded, &task.agent, request)).collect();
        let judged = with_calls(loaded.rules(), &task, calls, policy::judge).await?;
        verdicts.insert(uuid.to_owned(), judged.into());
    }
    Ok(verdicts)
}

/// The call of a request as the store keeps it.
pub(super) fn asked(core: &Core, loaded: &Loaded, agent: &str, request: &Opened) -> AskedCall {
    let tool = request.tool.clone().unwrap_or_default();
    let adapter = agents::named(loaded, agent, &core.state).adapter();
    let scope = match (adapter, &request.input) {
        (Some(adapter), Some(input)) => adapter.scope(&tool, input, request.folder.as_deref().map(Path::new)),
        _ => Default::default(),
    };
    AskedCall { tool, scope, cut: request.cut || request.input.is_none() }
}
