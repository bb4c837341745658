//! The prompts of a task that wait, which a person may edit, reorder and remove until they are typed; and what was sent.

use crate::contract::{Prompts, TaskPrompts};
use crate::core::{Asker, Core};
use crate::error::Result;

/// Lists a task's prompts, after one that waits was changed where that is asked for.
///
/// # Errors
/// `wrong_state` when the prompt is being typed or was sent; `bad_input` when the new text is empty or too long.
pub async fn prompts(core: &Core, asker: &Asker, change: TaskPrompts) -> Result<Prompts> {
    let task = core.task(asker, &change.task).await?;
    let history = change.history.then(|| asker.project.clone());
    if let Some(prompt) = change.prompt {
        core.write(&task.uuid, move |tx, task| tx.change_prompt(task, prompt, &change)).await?;
    }
    core.read(&task.uuid, move |tx, task| {
        let sent = history.map(|project| tx.sent_prompts(&project)).transpose()?;
        Ok(Prompts { waiting: tx.waiting_prompts(task)?, sent: sent.unwrap_or_default() })
    })
    .await
}
