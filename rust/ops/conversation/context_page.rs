//! What an agent gets as its task's context at its next session, and what it got last.

use super::context;
use crate::agent::context::MOST;
use crate::contract::{Code, ContextEdit, ContextPage, ContextPart};
use crate::core::{Asker, Core};
use crate::error::{Error, Result};
use crate::ops::documents::references::{self, FollowedReference};
use crate::task::Task;

/// The page.
pub async fn page(core: &Core, asker: &Asker, task: &str) -> Result<ContextPage> {
    let task = core.task(asker, task).await?;
    of(core, task).await
}

/// Another order of the references, or others of them.
pub async fn edit(core: &Core, asker: &Asker, edit: ContextEdit) -> Result<ContextPage> {
    let task = core.task(asker, &edit.task).await?;
    core.write(&task.uuid, move |tx, uuid| {
        let mut known: Vec<i64> = tx.references_of(uuid)?.iter().map(|reference| reference.id).collect();
        for (at, choice) in edit.references.iter().enumerate() {
            if !known.contains(&choice.id) {
                let why = format!("the task has no reference {}", choice.id);
                return Err(Error::new(Code::BadInput, why).hint("`:e` shows its references"));
            }
            known.retain(|id| *id != choice.id);
            tx.arrange_reference(choice.id, at as i64 + 1, choice.included)?;
        }
        // Those that were not named, such as new ones, come last and stay as they are.
        for (at, id) in known.into_iter().enumerate() {
            tx.place_reference(id, (edit.references.len() + at) as i64 + 1)?;
        }
        tx.changed(uuid)
    })
    .await?;
    let task = core.task(asker, &task.uuid).await?;
    context::write_whole(core, &task).await?;
    of(core, task).await
}

async fn of(core: &Core, task: Task) -> Result<ContextPage> {
    let followed = references::of_task(core, &task.project, &task.uuid).await?;
    let coming = context::context_of(&task, &followed);
    let file = core.state.context_of(&task.uuid);
    let text = coming.brief(Some(&file));
    let given = core.read(&task.uuid, |tx, task| context::last_given(tx, task)).await?;
    let parts = coming.sizes().into_iter().map(|(heading, units)| ContextPart { heading, units }).collect();
    Ok(ContextPage {
        number: task.number,
        task: task.uuid,
        title: task.title,
        units: text.encode_utf16().count() as i64,
        limit: MOST as i64,
        parts,
        text,
        given_at: given.as_ref().and_then(|(at, _)| *at),
        given: given.map(|(_, text)| text),
        references: followed.into_iter().map(FollowedReference::reply).collect(),
    })
}
