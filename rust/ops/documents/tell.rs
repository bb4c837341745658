//! The differences of documents that an agent read before they changed, as a prompt.

use super::known::{OutdatedDocument, outdated};
use super::places;
use crate::contract::{Code, DocumentVersion};
use crate::core::Core;
use crate::documents::difference::unified;
use crate::error::{Error, Result};
use crate::task::Task;
use crate::text::{code, fenced, reveal_block};

/// Bytes of one document's difference.
const MOST_OF_ONE: usize = 20_000;
/// Bytes of the prompt.
const MOST: usize = 60_000;

/// The prompt, and the versions that it is about.
///
/// # Errors
/// When nothing changed.
pub async fn prompt(core: &Core, task: &Task) -> Result<(String, Vec<DocumentVersion>)> {
    let mut changed = outdated(core, &task.project).await?;
    changed.retain(|document| document.task == task.uuid);
    if changed.is_empty() {
        let why = format!("there is nothing to tell #{}: no document changed since its agent read it", task.number);
        return Err(Error::new(Code::WrongState, why).hint("`docs` shows which documents changed for which tasks"));
    }
    let mut text = "These documents changed since you read them.".to_owned();
    if task.worktree.is_some() {
        text += " They changed in the person's folder, not in your worktree.";
    }
    let mut versions = Vec::new();
    for document in changed {
        let part = part(core, task, &document).await?;
        if text.len() + part.len() > MOST && !versions.is_empty() {
            text += "\n\nMore documents changed. Their differences do not fit into this prompt.";
            break;
        }
        text += &part;
        versions.push(DocumentVersion { path: document.path, version: document.current });
    }
    Ok((text, versions))
}

async fn part(core: &Core, task: &Task, document: &OutdatedDocument) -> Result<String> {
    let version = document.known.clone();
    let before = core.store()?.read(move |tx| tx.version(&version)).await?;
    let heading = format!("\n\n# {}\n\n", code(&document.path, 400));
    let now = places::read(&task.project, &document.path).await.ok().filter(|now| now.version == document.current);
    let difference = match (&before, &now) {
        (Some(before), Some(now)) => Some(unified(before, &now.text, MOST_OF_ONE)),
        _ => None,
    };
    Ok(match difference {
        Some(Some(difference)) => heading + &fenced("diff", &reveal_block(&difference)),
        Some(None) => heading + "Only blanks or line endings changed.",
        None => heading + "Read it again: the earlier version is not at hand.",
    })
}
