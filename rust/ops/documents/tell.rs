//! The differences of documents that an agent read before they changed, as a prompt.

use super::known::{GONE, OutdatedDocument, outdated};
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
/// When nothing changed, or what changed is on its way to the agent.
pub async fn prompt(core: &Core, task: &Task) -> Result<(String, Vec<DocumentVersion>)> {
    let mut changed = outdated(core, &task.project).await?;
    changed.retain(|document| document.task == task.uuid);
    let nothing = |why: &str, hint: &str| {
        Err(Error::new(Code::WrongState, format!("there is nothing to tell #{}: {why}", task.number)).hint(hint))
    };
    if changed.is_empty() {
        let hint = "`docs` shows which documents changed for which tasks";
        return nothing("no document changed since its agent read it", hint);
    }
    let on_their_way = core.read(&task.uuid, |tx, task| tx.versions_on_their_way(task)).await?;
    let is_on_its_way = |document: &OutdatedDocument| {
        on_their_way.iter().any(|told| told.path == document.path && told.version == document.current)
    };
    changed.retain(|document| !is_on_its_way(document));
    if changed.is_empty() {
        return nothing("a prompt with what changed waits to be sent", "`prompts` shows it");
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
    let heading = format!("\n\n# {}\n\n", code(&document.path, 400));
    if document.current == GONE {
        return Ok(heading + "This document is no longer there: it was deleted, or moved to another place.");
    }
    let now = places::read(&task.project, &document.path).await.ok().filter(|now| now.version == document.current);
    let (version, kept) = (document.known.clone(), now.clone());
    let before = core.store()?.write(move |tx| {
        // The next difference begins with what the agent gets now.
        if let Some(now) = kept {
            tx.keep_version(&now.version, &now.text)?;
        }
        tx.version(&version)
    });
    let difference = match (before.await?, &now) {
        (Some(before), Some(now)) => Some((before, now.text.clone())),
        _ => None,
    };
    let Some((before, now)) = difference else {
        return Ok(heading + "Read it again: the earlier version is not at hand.");
    };
    let comparing = tokio::task::spawn_blocking(move || unified(&before, &now, MOST_OF_ONE));
    Ok(match comparing.await.map_err(Error::internal)? {
        Some(difference) => heading + &fenced("diff", &reveal_block(&difference)),
        None => heading + "Only blanks or line endings changed.",
    })
}
