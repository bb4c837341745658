//! Which version of a document each agent has read, and which have changed since.

use super::current::current;
use super::{path, places};
use crate::contract::DocumentVersion;
use crate::core::Core;
use crate::core::documents::VersionSeen;
use crate::error::Result;
use crate::evidence::event::{ToolCall, ToolWork};
use crate::store::KnownBy;
use crate::task::Task;
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// A document that changed since a live task's agent read it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OutdatedDocument {
    /// The task's uuid.
    pub task: String,
    /// From the project's root.
    pub path: String,
    /// The version that the agent knows.
    pub known: String,
    /// The version that is there.
    pub current: String,
}

/// A tool of the task's agent has read or written a file. If it is a document, its version is known to the agent.
pub async fn note_call(core: &Core, task: &str, call: &ToolCall) -> Result<()> {
    let (file, how) = match (&call.reads, &call.work) {
        (Some(file), _) => (file.as_path(), KnownBy::Read),
        (None, ToolWork::Edit(edit)) => (edit.path.as_path(), KnownBy::Edit),
        _ => return Ok(()),
    };
    let task = core.read(task, |tx, task| tx.row(task)).await?;
    let Some((folder, path)) = path::of_agent(&task, file).await else { return Ok(()) };
    if !is_document(core, &task, &path).await? {
        return Ok(());
    }
    // What the agent saw: in a worktree, the document may be another one than the project's.
    let Ok(document) = places::read(&folder, &path).await else { return Ok(()) };
    let known = path.clone();
    core.write(&task.uuid, move |tx, task| {
        tx.keep_version(&document.version, &document.text)?;
        tx.know_document(task, &known, &document.version, how)
    })
    .await?;
    recount(core, &task.project).await
}

/// Whether the file is a document, or one that the task refers to.
async fn is_document(core: &Core, task: &Task, path: &str) -> Result<bool> {
    if current(core, &task.project).await?.index().is_some_and(|index| index.patterns().is_document(path)) {
        return Ok(true);
    }
    let references = core.read(&task.uuid, |tx, task| tx.references_of(task)).await?;
    Ok(references.iter().any(|reference| reference.path == path))
}

/// The documents that changed since agents of live tasks read them.
pub async fn outdated(core: &Core, project: &str) -> Result<Vec<OutdatedDocument>> {
    let known = core.read(project, |tx, project| tx.known_documents(project)).await?;
    let paths: BTreeSet<String> = known.iter().map(|known| known.path.clone()).collect();
    let versions = versions(core, project, paths).await;
    let outdated = known.into_iter().filter_map(|known| {
        let current = versions.get(&known.path).filter(|current| **current != known.version)?.clone();
        Some(OutdatedDocument { task: known.task, path: known.path, known: known.version, current })
    });
    Ok(outdated.collect())
}

/// Numbers of the tasks of [`outdated`], by path.
pub async fn outdated_by_path(core: &Core, project: &str) -> Result<HashMap<String, Vec<i64>>> {
    let outdated = outdated(core, project).await?;
    let mut by_path: HashMap<String, Vec<i64>> = HashMap::new();
    if !outdated.is_empty() {
        let filter = crate::store::Filter::default();
        let tasks = core.read(project, move |tx, project| tx.tasks(Some(project), &filter)).await?;
        let numbers: HashMap<&str, i64> = tasks.iter().map(|task| (task.uuid.as_str(), task.number)).collect();
        for document in outdated {
            by_path.entry(document.path).or_default().extend(numbers.get(document.task.as_str()));
        }
    }
    Ok(by_path)
}

/// The version of each document as it is now; those that cannot be read have none. A file that was not written since is
/// not read again.
async fn versions(core: &Core, project: &str, paths: BTreeSet<String>) -> BTreeMap<String, String> {
    let shelf = core.documents.of(project);
    let mut found = BTreeMap::new();
    for path in paths {
        let stat = places::stat(project, &path).await;
        let seen =
            shelf.versions.lock().get(&path).filter(|seen| Some(seen.stat) == stat).map(|seen| seen.version.clone());
        let version = match (seen, stat) {
            (Some(version), _) => version,
            (None, None) => continue,
            (None, Some(stat)) => {
                let Ok(document) = places::read(project, &path).await else { continue };
                let seen = VersionSeen { stat, version: document.version.clone() };
                shelf.versions.lock().insert(path.clone(), seen);
                document.version
            }
        };
        found.insert(path, version);
    }
    found
}

/// Writes for each task how many documents changed since its agent read them.
pub async fn recount(core: &Core, project: &str) -> Result<()> {
    let mut counts: HashMap<String, i64> = HashMap::new();
    outdated(core, project).await?.into_iter().for_each(|document| *counts.entry(document.task).or_default() += 1);
    core.write(project, move |tx, project| {
        for task in tx.tasks(Some(project), &crate::store::Filter::default())? {
            tx.set_outdated(&task.uuid, counts.get(&task.uuid).copied().unwrap_or_default())?;
        }
        Ok(())
    })
    .await
}

/// The task's agent knows these versions from now on.
pub async fn note_told(core: &Core, task: &Task, versions: Vec<DocumentVersion>) -> Result<()> {
    core.write(&task.uuid, move |tx, task| {
        versions.iter().try_for_each(|told| tx.know_document(task, &told.path, &told.version, KnownBy::Tell))
    })
    .await?;
    recount(core, &task.project).await
}
