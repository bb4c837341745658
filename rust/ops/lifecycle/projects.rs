//! A project that was moved, and another repository in its place.
//!
//! A project's name is its path. The store remembers the repository at each path, so that tasks follow their repository
//! and never show up in another one.

use crate::core::Core;
use crate::error::{Code, Error, Result};
use crate::foreign;
use crate::project;
use crate::store::{Filter, Tx};
use crate::vcs::git::Git;
use crate::vcs::identity;
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};

/// What the store remembers of a project's repository.
#[derive(Clone, Serialize, Deserialize)]
struct KnownRepository {
    id: String,
    /// The commit that was checked out then: a clone of the same history has it, too.
    head: Option<String>,
}

const KEY: &str = "repository of ";

fn key(project: &str) -> String {
    format!("{KEY}{project}")
}

fn place(id: &str) -> String {
    format!("place of repository {id}")
}

/// Makes the tasks at this path those of the repository at this path. A failure is only logged.
pub async fn reconcile(core: &Core, project: &str) {
    if let Err(error) = try_reconcile(core, project).await {
        log::warn!("cannot tell which repository {project} is: {error}");
    }
}

async fn try_reconcile(core: &Core, project: &str) -> Result<()> {
    let Some((folder, found)) = repository_at(project).await? else { return Ok(()) };
    let known = core.read(project, |tx, project| Ok((tx.recall(&key(project))?, tx.has_tasks(project)?)));
    let (known, has_tasks) = known.await?;
    let known: Option<KnownRepository> = known.and_then(|json| serde_json::from_str(&json).ok());
    match (known, found) {
        (Some(known), Some(found)) if known.id == found => return note_place(core, project, found).await,
        (Some(known), found) if has_tasks => {
            // The id of another repository that was moved here stays: its tasks follow it by that.
            let was_moved = match &found {
                Some(found) => is_moved_here(core, project, found).await?,
                None => false,
            };
            if !was_moved && is_of_same_history(project, &known).await? {
                return identity::give(&folder, &known.id);
            }
            set_aside(core, project, known).await?;
            match found {
                Some(found) => adopt(core, project, &found).await?,
                None => return Ok(()),
            }
        }
        (_, Some(found)) if !has_tasks => adopt(core, project, &found).await?,
        // A copy of a repository has the id of what it was copied from.
        (_, Some(found)) if is_elsewhere(core, project, &found).await? => {
            return remember(core, project, &folder, uuid::Uuid::new_v4().to_string()).await;
        }
        (_, Some(found)) => return remember(core, project, &folder, found).await,
        (_, None) if has_tasks => return remember(core, project, &folder, uuid::Uuid::new_v4().to_string()).await,
        (_, None) => {}
    }
    Ok(())
}

/// The git folder that carries the id of the repository at that path, and the id. Where each worktree of a repository is
/// a project, that is the worktree's own: tasks of one are not those of another.
async fn repository_at(project: &str) -> Result<Option<(PathBuf, Option<String>)>> {
    let root = PathBuf::from(project);
    let found = foreign::within(Path::new(project), move || {
        let folder = project::git_dir(&root)?;
        let id = identity::read(&folder);
        Some((folder, id))
    });
    found.await.map_err(|error| Error::new(Code::WrongState, error.to_string()))
}

/// Whether the repository that lies there now holds what was checked out in the known one: it was cloned anew.
async fn is_of_same_history(project: &str, known: &KnownRepository) -> Result<bool> {
    match &known.head {
        Some(head) => Ok(Git::at(project).resolve(head).await?.is_some()),
        None => Ok(false),
    }
}

async fn remember(core: &Core, project: &str, folder: &Path, id: String) -> Result<()> {
    let noted = foreign::ask(project, |root| project::note_main(&root)).await.flatten();
    noted.unwrap_or_else(|error| log::warn!("cannot note {project}: {error}"));
    let head = Git::at(project).head().await.unwrap_or_default();
    identity::give(folder, &id)?;
    let known = KnownRepository { id, head };
    core.write(project, move |tx, project| {
        tx.remember(&place(&known.id), project)?;
        tx.remember(&key(project), &serde_json::to_string(&known).unwrap_or_default())
    })
    .await
}

/// Notes where the repository is, if the store does not say.
async fn note_place(core: &Core, project: &str, id: String) -> Result<()> {
    if core.read(&place(&id), |tx, place| tx.recall(place)).await?.is_some() {
        return Ok(());
    }
    core.write(project, move |tx, project| tx.remember(&place(&id), project)).await
}

/// The path at which the store knows that repository, other than this one.
async fn known_place(core: &Core, project: &str, id: &str) -> Result<Option<String>> {
    let id = id.to_owned();
    let known = core.read(project, move |tx, _| place_of(tx, &id)).await?;
    Ok(known.filter(|known| known != project))
}

/// The path of a repository; where none is noted, the one whose repository it is.
fn place_of(tx: &Tx<'_>, id: &str) -> Result<Option<String>> {
    if let Some(place) = tx.recall(&place(id))? {
        return Ok(Some(place));
    }
    let is_it = |json: &str| serde_json::from_str::<KnownRepository>(json).is_ok_and(|known| known.id == id);
    Ok(tx.recall_all(KEY)?.into_iter().find(|(_, json)| is_it(json)).map(|(project, _)| project))
}

/// Whether that repository is still where the store knows it.
async fn is_elsewhere(core: &Core, project: &str, id: &str) -> Result<bool> {
    let known = known_place(core, project, id).await?;
    let Some(known) = known else { return Ok(false) };
    Ok(repository_at(&known).await?.and_then(|(_, found)| found).as_deref() == Some(id))
}

/// Whether the store knows that repository at another path, where it no longer is.
async fn is_moved_here(core: &Core, project: &str, id: &str) -> Result<bool> {
    Ok(known_place(core, project, id).await?.is_some() && !is_elsewhere(core, project, id).await?)
}

/// The repository was moved: its tasks move with it, and git repairs the links of its worktrees.
async fn adopt(core: &Core, project: &str, id: &str) -> Result<()> {
    let Some(old) = known_place(core, project, id).await? else { return Ok(()) };
    if is_elsewhere(core, project, id).await? {
        return Ok(());
    }
    let git = Git::at(project);
    let repaired = git.change(&["worktree", "repair"], Vec::new()).await;
    repaired.map_or_else(|error| log::warn!("cannot repair the worktrees of {project}: {error}"), drop);
    log::info!("the project {old} was moved to {project}");
    // What was known at the path is another folder's.
    [&old, project].into_iter().for_each(|path| core.documents.forget(path));
    let (id, from) = (id.to_owned(), old.clone());
    let moved = core.write(project, move |tx, project| {
        if place_of(tx, &id)?.as_deref() != Some(&from) {
            return Ok(false);
        }
        let (text, before) = (format!("The project was moved from {from} to {project}"), tx.recall(&key(&from))?);
        tx.move_project(&from, project, &text)?;
        tx.remember(&key(&from), "")?;
        tx.remember(&place(&id), project)?;
        tx.remember(&key(project), &before.unwrap_or_default())?;
        Ok(true)
    });
    if moved.await? {
        note_worktrees(core, project).await.unwrap_or_else(|error| log::warn!("cannot note {project}: {error}"));
        core.warn(project, &format!("This project was at {old}: its tasks came along"));
    }
    Ok(())
}

/// The worktrees of the project's tasks say where it is now.
async fn note_worktrees(core: &Core, project: &str) -> Result<()> {
    let tasks = core.read(project, |tx, project| tx.tasks(Some(project), &Filter::default())).await?;
    let root = PathBuf::from(project);
    let noted = foreign::within(Path::new(project), move || {
        project::note_main(&root)?;
        let worktrees = tasks.into_iter().filter_map(|task| task.worktree);
        let ours = worktrees.filter(|worktree| {
            let common = project::common_dir(Path::new(worktree));
            common.is_some() && common == project::common_dir(&root)
        });
        let folders: Vec<PathBuf> = ours.filter_map(|worktree| project::git_dir(Path::new(&worktree))).collect();
        folders.into_iter().try_for_each(|folder| project::note(&folder, &root))
    });
    let noted = noted.await.and_then(|noted| noted);
    noted.map_err(|error| Error::new(Code::WrongState, error.to_string()))
}

/// Another repository lies at the path: the tasks of the old one wait under a name that is no folder's.
async fn set_aside(core: &Core, project: &str, known: KnownRepository) -> Result<()> {
    log::warn!("another repository lies at {project}");
    core.documents.forget(project);
    core.write(project, move |tx, project| {
        if place_of(tx, &known.id)?.as_deref() != Some(project) {
            return Ok(());
        }
        let aside = format!("{project} (repository {})", known.id);
        let text = format!("Another repository lies at {project}: the task waits until its own is found");
        tx.move_project(project, &aside, &text)?;
        tx.remember(&key(project), "")?;
        tx.remember(&place(&known.id), &aside)?;
        tx.remember(&key(&aside), &serde_json::to_string(&known).unwrap_or_default())
    })
    .await
}
