//! `tell`: what changed in documents, sent to an agent that read them before.

use crate::contract::{TaskSend, TaskTell, Told};
use crate::core::{Asker, Core};
use crate::error::Result;
use crate::ops::conversation::prompts;
use crate::ops::documents::{known, tell};

/// The prompt that would be sent; with a yes it is sent, as the person saw and perhaps edited it.
pub async fn tell(core: &Core, asker: &Asker, ask: TaskTell) -> Result<Told> {
    let task = core.task(asker, &ask.task).await?;
    let (text, versions) = match ask.text.filter(|text| !text.trim().is_empty()) {
        Some(text) => (text, ask.versions),
        None => tell::prompt(core, &task).await?,
    };
    if !ask.confirmed {
        return Ok(Told { text, versions, done: false, queued: false });
    }
    let send = TaskSend { task: task.uuid.clone(), text: text.clone(), ..TaskSend::default() };
    let sent = prompts::send(core, asker, send)
        .await
        .map_err(|error| error.context(format!("cannot tell #{}", task.number)))?;
    known::note_told(core, &task, versions.clone()).await?;
    Ok(Told { text, versions, done: true, queued: sent.queued })
}
