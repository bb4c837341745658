//! Which version of a document each agent has read, and which have changed since.

use super::{current, path, places};
use crate::core::Core;
use crate::core::documents::VersionSeen;
use crate::document_files::DocumentContent;
use crate::error::Result;
use crate::evidence::event::{ToolCall, ToolWork};
use crate::store::{KnownBy, KnownDocument};
use crate::task::Task;
use crate::vcs::git::Git;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::io::ErrorKind;

/// A document that changed since a live task's agent read it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OutdatedDocument {
    /// The task's uuid.
    pub task: String,
    /// The task's number.
    pub number: i64,
    /// From the project's root.
    pub path: String,
    /// The version that the agent knows.
    pub known: String,
    /// The version that is there; [`GONE`] where there is none.
    pub current: String,
}

/// The version of a document that is no longer there.
pub const GONE: &str = "";

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
    let Ok(seen) = places::read(&folder, &path).await else { return Ok(()) };
    let known = match folder == task.project {
        true => KnownNow::Project,
        false => in_worktree(core, &task, &path, &seen).await?,
    };
    core.write(&task.uuid, move |tx, task| {
        tx.keep_version(&seen.version, &seen.text)?;
        match known {
            KnownNow::Project => tx.know_document(task, &path, &seen.version, how),
            KnownNow::Own(project) => {
                let version = project.as_ref().map_or(&seen.version, |project| &project.version);
                if let Some(project) = &project {
                    tx.keep_version(&project.version, &project.text)?;
                }
                tx.know_own_document(task, &path, &seen.version, version, how)
            }
        }
    })
    .await?;
    core.documents.request(&task.project, |due| due.recount = true);
    Ok(())
}

/// What a file in the agent's folder says about the project's document.
enum KnownNow {
    /// It is the project's.
    Project,
    /// It is of the task's own making. What the project's document is, where the agent knew nothing of it before.
    Own(Option<DocumentContent>),
}

/// A document in a worktree is the project's where nobody edited either, and as the worktree began with it. The task's own
/// edits are no news to its agent, and say nothing about a person's changes in the project.
async fn in_worktree(core: &Core, task: &Task, path: &str, seen: &DocumentContent) -> Result<KnownNow> {
    let project = places::read(&task.project, path).await.ok();
    if project.as_ref().is_some_and(|project| project.version == seen.version) {
        return Ok(KnownNow::Project);
    }
    let document = path.to_owned();
    let known = core.read(&task.uuid, move |tx, task| Ok((tx.knows_document(task, &document)?, tx.base(task)?)));
    Ok(match known.await? {
        (true, _) => KnownNow::Own(None),
        (false, Some(base)) if began_with(&task.project, &base, path, &seen.version).await => KnownNow::Project,
        (false, _) => KnownNow::Own(project),
    })
}

/// Whether that version of the document is in the commit.
async fn began_with(project: &str, commit: &str, path: &str, version: &str) -> bool {
    let object = format!("{commit}:{path}");
    let found = Git::at(project).read(&["rev-parse", "--verify", "--quiet", "--end-of-options", &object]).await;
    found.is_ok_and(|found| found.trim() == version)
}

/// Whether the file is a document, or one that the task refers to.
async fn is_document(core: &Core, task: &Task, path: &str) -> Result<bool> {
    if current::patterns(core, &task.project).await.is_document(path) {
        return Ok(true);
    }
    let path = path.to_owned();
    core.read(&task.uuid, move |tx, task| tx.refers_to(task, &path)).await
}

/// The documents that changed since agents of live tasks read them. What an agent made of a document itself is no change.
pub async fn outdated(core: &Core, project: &str) -> Result<Vec<OutdatedDocument>> {
    let known = core.read(project, |tx, project| tx.known_documents(project)).await?;
    let paths: BTreeSet<String> = known.iter().map(|known| known.path.clone()).collect();
    let versions = versions(core, project, paths).await;
    let outdated = known.into_iter().filter_map(|known| {
        let KnownDocument { task, number, path, version, own } = known;
        let is_own = |version: &str| own.as_deref() == Some(version);
        // A document that is only in the task's worktree cannot be gone.
        let is_news =
            |current: &&String| **current != version && !is_own(current) && !(*current == GONE && is_own(&version));
        let current = versions.get(&path).filter(is_news)?.clone();
        Some(OutdatedDocument { task, number, path, known: version, current })
    });
    Ok(outdated.collect())
}

/// Numbers of the tasks of [`outdated`], by path.
pub async fn outdated_by_path(core: &Core, project: &str) -> Result<HashMap<String, Vec<i64>>> {
    let mut by_path: HashMap<String, Vec<i64>> = HashMap::new();
    for document in outdated(core, project).await? {
        by_path.entry(document.path).or_default().push(document.number);
    }
    by_path.values_mut().for_each(|numbers| numbers.sort_unstable());
    Ok(by_path)
}

/// The version of each document as it is now, [`GONE`] for none; those that cannot be read are left out. A file that was not
/// written since is not read again.
async fn versions(core: &Core, project: &str, paths: BTreeSet<String>) -> BTreeMap<String, String> {
    if paths.is_empty() {
        return BTreeMap::new();
    }
    let shelf = core.documents.of(project);
    let stats = places::stats(project, paths.iter().cloned().collect()).await;
    let stats = match stats {
        Ok(stats) => stats,
        Err(error) => {
            log::warn!("{error}");
            return BTreeMap::new();
        }
    };
    let mut found = BTreeMap::new();
    for path in paths.iter().filter(|path| !stats.contains_key(*path)) {
        if places::read(project, path).await.is_err_and(|error| error.kind() == ErrorKind::NotFound) {
            found.insert(path.clone(), GONE.to_owned());
        }
    }
    for (path, stat) in stats {
        let seen = shelf.versions.lock().get(&path).filter(|seen| seen.stat == stat).map(|seen| seen.version.clone());
        let version = match seen {
            Some(version) => version,
            None => {
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
    core.write(project, move |tx, project| tx.set_outdated(project, &counts)).await
}
