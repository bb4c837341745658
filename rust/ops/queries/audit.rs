//! Answers to requests, as they were kept.

use crate::agent::ADAPTERS;
use crate::contract::{Audit, AuditAsk, Json};
use crate::core::{Asker, Core};
use crate::error::Result;

/// Answers in one reply, where nobody says how many.
const USUAL: u32 = 500;
/// Answers in one reply, at most.
const MOST: u32 = 5000;

/// The newest answers of a task, else of the project.
pub async fn audit(core: &Core, asker: &Asker, ask: AuditAsk) -> Result<Audit> {
    let limit = ask.limit.unwrap_or(USUAL).min(MOST);
    let answers = core.read(&asker.project, move |tx, project| {
        let task = ask.task.map(|task| tx.task(project, &task)).transpose()?;
        tx.audited(project, task.map(|task| task.uuid).as_deref(), ask.since.unwrap_or_default(), limit)
    });
    let mut answers = answers.await?;
    for answer in &mut answers {
        let said = |sent: &Json| ADAPTERS.iter().find_map(|adapter| adapter.said(sent));
        answer.said = answer.sent.as_ref().and_then(said);
    }
    Ok(Audit { answers })
}
