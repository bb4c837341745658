//! Repositories inside a worktree that are no submodules of it: no commit has what is in them.
//!
//! References of the project could not hold all of it (other branches, a stash, a shallow history, settings), so where the
//! worktree is discarded they are put beside it, whole, and come back with it.

use super::delete::{beside, delete};
use super::dirty::{DirtyPaths, changes_of};
use super::submodule;
use crate::contract::Code;
use crate::error::{Error, Result};
use crate::foreign::fs;
use crate::paths::move_to_nothing;
use crate::vcs::git::Git;
use crate::vcs::look;
use std::io;
use std::path::{Path, PathBuf};

/// How the names of the folders begin in which they are.
const KEPT: &str = ".kept-";

/// The repositories in a working tree and in its submodules, by their paths in it.
///
/// # Errors
/// Also where the path of one is not UTF-8: it could not be written down.
pub(super) async fn of(git: &Git, changes: &DirtyPaths) -> Result<Vec<PathBuf>> {
    let mut found = changes.repositories.clone();
    found.extend(submodule::unnamed(git).await?);
    for module in submodule::of(git).await? {
        let inner = git.within(git.folder.join(&module.path));
        let inside = Box::pin(of(&inner, &changes_of(&inner, &[]).await?)).await?;
        found.extend(inside.into_iter().map(|path| Path::new(&module.path).join(path)));
    }
    found.sort();
    found.dedup();
    match found.iter().find(|path| path.to_str().is_none()) {
        None => Ok(found),
        Some(path) => {
            let why = format!("cannot keep the repository {}: its name is not UTF-8", path.display());
            Err(Error::new(Code::VcsRefused, why).hint("rename its folder"))
        }
    }
}

/// Where those of a discarded worktree are, by the reference that keeps the rest of it.
pub fn folder(worktree: &Path, reference: &str) -> PathBuf {
    let name = reference.rsplit('/').next().unwrap_or_default();
    worktree.with_file_name(format!("{KEPT}{name}"))
}

/// Moves repositories from one folder to another; those that are not there were moved before a kill.
pub(super) async fn put_aside(project: &Git, paths: &[PathBuf], from: &Path, to: &Path) -> Result<()> {
    let (all, from, into) = (paths.to_vec(), from.to_owned(), to.to_owned());
    let moved = beside(move || {
        for path in &all {
            if fs::symlink_metadata(from.join(path)).is_ok() {
                move_one(&from.join(path), &into.join(path))?;
            }
        }
        Ok(())
    });
    moved.await.map_err(|error| {
        Error::new(Code::VcsRefused, format!("cannot move the repositories in it to {}: {error}", to.display()))
    })?;
    link_again(project, paths, to).await;
    Ok(())
}

fn move_one(from: &Path, to: &Path) -> io::Result<()> {
    to.parent().map_or(Ok(()), fs::create_dir_all)?;
    move_to_nothing(from, to)
}

/// Moves the repositories of a discard into the worktree again; those in whose place something else is stay.
pub(super) async fn bring_back(project: &Git, worktree: &Path, kept: &Path) -> Result<Vec<PathBuf>> {
    let (root, from) = (worktree.to_owned(), kept.to_owned());
    let moved = beside(move || {
        let (mut moved, mut left) = (Vec::new(), Vec::new());
        for path in inside(&from, Path::new("")) {
            // Git makes an empty folder where the index has a commit of another repository.
            let _ = fs::remove_dir(root.join(&path));
            match move_one(&from.join(&path), &root.join(&path)) {
                Ok(()) => moved.push(path),
                Err(error) => {
                    log::warn!("{} stays in {}: {error}", path.display(), from.display());
                    left.push(path);
                }
            }
        }
        for path in &moved {
            // Only empty ones go.
            let above = path.ancestors().skip(1).map(|above| from.join(above));
            above.map_while(|above| fs::remove_dir(above).ok()).for_each(drop);
        }
        Ok((moved, left))
    });
    let (moved, left) = moved.await.map_err(Error::internal)?;
    link_again(project, &moved, worktree).await;
    Ok(left)
}

/// The repositories in a folder, by their paths in it.
fn inside(folder: &Path, below: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder.join(below)).into_iter().flatten().flatten();
    let folders = entries.filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_dir()));
    let paths = folders.map(|entry| below.join(entry.file_name()));
    paths
        .flat_map(|path| match fs::symlink_metadata(folder.join(&path).join(".git")) {
            Ok(_) => vec![path],
            Err(_) => inside(folder, &path),
        })
        .collect()
}

/// A worktree of some repository has its git folder there, which gets the new path.
async fn link_again(project: &Git, paths: &[PathBuf], root: &Path) {
    for folder in paths.iter().map(|path| root.join(path)) {
        if !look(folder.join(".git"), fs::is_file).await.unwrap_or_default() {
            continue;
        }
        let repaired = project.within(&folder).change(&["worktree", "repair"], Vec::new()).await;
        repaired.map_or_else(|error| log::warn!("cannot link {} again: {error}", folder.display()), drop);
    }
}

/// Deletes what is kept of discards, in the folders of every project's worktrees below `home`, where `is_over` says so of
/// the name of their reference (`NUMBER-MILLIS`).
pub async fn prune(home: &Path, is_over: impl Fn(&str) -> bool) {
    let home = home.to_owned();
    let listed = beside(move || {
        let folders = |dir: &Path| fs::read_dir(dir).into_iter().flatten().flatten().map(|entry| entry.path());
        Ok(folders(&home).flat_map(|shelf| folders(&shelf).collect::<Vec<_>>()).collect::<Vec<PathBuf>>())
    });
    for folder in listed.await.unwrap_or_default() {
        let name = folder.file_name().and_then(|name| name.to_str()?.strip_prefix(KEPT));
        if name.is_some_and(&is_over)
            && let Err(error) = delete(folder.clone()).await
        {
            log::info!("cannot delete {}: {error}", folder.display());
        }
    }
}
