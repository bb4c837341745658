//! Repositories inside a worktree whose git folder is not in them but in the worktree's own, where a `git submodule add` put
//! it: git deletes it with the worktree, so it moves into its repository before that is put aside.

use super::delete::{beside, delete_now};
use super::prepare::copy;
use crate::contract::Code;
use crate::error::{Error, Result};
use crate::foreign::{self, fs};
use crate::paths::{UNFINISHED, exchange};
use crate::project::git_dir;
use crate::vcs::git::{Git, failed};
use crate::vcs::look;
use std::io;
use std::path::{Component, Path, PathBuf};

/// Sees to it that each of these repositories in a worktree has its git folder in itself. Each of them works at every
/// moment, so it is done before anything of a discard is certain.
///
/// # Errors
/// Where one cannot have it: nothing may be removed then.
pub(super) async fn make_whole(worktree: &Git, repositories: &[PathBuf]) -> Result<()> {
    let own = worktree.git_dir().await?;
    for path in repositories {
        let (folder, own) = (worktree.folder.join(path), own.clone());
        let looked = beside(move || Ok(elsewhere(&folder, &own).map(|git_folder| (folder, git_folder))));
        let Some((folder, git_folder)) = looked.await.map_err(|error| refused(path, &error.to_string()))? else {
            continue;
        };
        if look(git_folder.join("commondir"), fs::exists).await? {
            let why = format!("it is a worktree of a repository in {}", git_folder.display());
            return Err(refused(path, &why).hint("remove it with `git worktree remove`, or move it away"));
        }
        // Without this setting a git folder serves the folder that names it, wherever that is.
        for config in ["config", "config.worktree"].map(|name| git_folder.join(name)) {
            if look(&config, fs::is_file).await? {
                set(worktree, &config, None).await?;
            }
        }
        let moved = beside(move || move_in(&git_folder, &folder).map(|inner| (folder, inner)));
        let (folder, inner) = moved.await.map_err(|error| refused(path, &error.to_string()))?;
        for inner in inner {
            let config = folder.join(".git").join(&inner.below).join("config");
            if look(&config, fs::is_file).await? {
                let back = up(inner.below.components().count() + 1).join(&inner.path);
                set(worktree, &config, Some(&back)).await?;
            }
        }
    }
    Ok(())
}

fn refused(path: &Path, why: &str) -> Error {
    Error::new(Code::VcsRefused, format!("cannot keep the repository {}: {why}", path.display()))
        .hint("move it away, then try again")
}

/// Sets where the working tree of a git folder is, or that nothing says so.
async fn set(git: &Git, config: &Path, folder: Option<&Path>) -> Result<()> {
    let (config, folder) = (config.to_string_lossy(), folder.map(Path::to_string_lossy));
    let mut args = vec!["config", "--file", &*config];
    match &folder {
        Some(folder) => args.extend(["core.worktree", &**folder]),
        None => args.extend(["--unset-all", "core.worktree"]),
    }
    let ended = git.attempt(&args, Vec::new(), std::time::Duration::from_secs(60)).await?;
    match ended.code {
        // Nothing said so.
        Some(5) if folder.is_none() => Ok(()),
        Some(0) => Ok(()),
        _ => Err(failed(&args, &ended)),
    }
}

/// The git folder of a repository, where it is in `own`.
fn elsewhere(folder: &Path, own: &Path) -> Option<PathBuf> {
    let is_link = fs::symlink_metadata(folder.join(".git")).is_ok_and(|found| !found.is_dir());
    git_dir(folder).filter(|found| is_link && found != own && found.starts_with(own))
}

/// A repository inside another, whose git folder is in that one's.
struct Inner {
    /// From the other.
    path: PathBuf,
    /// Its git folder, from the other's.
    below: PathBuf,
}

/// Moves a git folder into the folder that it serves; what of its submodules is linked to its new place.
fn move_in(git_folder: &Path, folder: &Path) -> io::Result<Vec<Inner>> {
    let mut inner = Vec::new();
    if fs::is_dir(git_folder.join("modules")) {
        find_inner(folder, Path::new(""), git_folder, &mut inner)?;
    }
    put_in(git_folder, folder)?;
    for Inner { path, below } in &inner {
        let link = up(path.components().count()).join(".git").join(below);
        foreign::write(folder.join(path).join(".git"), format!("gitdir: {}\n", link.display()))?;
    }
    inner.retain(|inner| !inner.below.starts_with("worktrees"));
    Ok(inner)
}

fn find_inner(folder: &Path, below: &Path, git_folder: &Path, found: &mut Vec<Inner>) -> io::Result<()> {
    for entry in fs::read_dir(folder.join(below))? {
        let entry = entry?;
        if !entry.file_type()?.is_dir() || entry.file_name() == ".git" {
            continue;
        }
        let path = below.join(entry.file_name());
        if let Some(theirs) = elsewhere(&folder.join(&path), git_folder)
            && let Ok(below) = theirs.strip_prefix(git_folder)
        {
            found.push(Inner { path: path.clone(), below: below.to_owned() });
        }
        find_inner(folder, &path, git_folder, found)?;
    }
    Ok(())
}

/// `../` so many times.
fn up(levels: usize) -> PathBuf {
    std::iter::repeat_n(Component::ParentDir, levels).collect()
}

fn put_in(git_folder: &Path, folder: &Path) -> io::Result<()> {
    let link = folder.join(".git");
    match exchange(git_folder, &link) {
        Ok(()) => fs::remove_file(git_folder),
        // The state folder may be on another disk than the project.
        Err(error) if error.kind() == io::ErrorKind::CrossesDevices => copy_in(git_folder, &link),
        Err(error) => Err(error),
    }
}

fn copy_in(git_folder: &Path, link: &Path) -> io::Result<()> {
    let beside = link.with_file_name(format!("{UNFINISHED}git"));
    delete_now(&beside)?;
    copy(git_folder, &beside)?;
    to_disk(&beside)?;
    exchange(&beside, link)?;
    fs::remove_file(&beside)?;
    // The worktree's git folder goes soon.
    delete_now(git_folder).or_else(|error| {
        log::info!("{} stays: {error}", git_folder.display());
        Ok(())
    })
}

fn to_disk(path: &Path) -> io::Result<()> {
    let found = fs::symlink_metadata(path)?;
    if found.is_dir() {
        fs::read_dir(path)?.try_for_each(|entry| to_disk(&entry?.path()))?;
        return fs::sync_dir(path);
    }
    if found.is_file() { foreign::open(path)?.sync_all() } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    #[test]
    fn a_git_folder_on_another_disk_is_copied() {
        let base = tempfile::tempdir().unwrap();
        let (git_folder, folder) = (base.path().join("modules/lib"), base.path().join("lib"));
        fs::create_dir_all(git_folder.join("objects")).unwrap();
        fs::create_dir_all(folder.join(format!("{UNFINISHED}git/half"))).unwrap();
        fs::write(git_folder.join("objects/1"), "one").unwrap();
        fs::write(folder.join(".git"), format!("gitdir: {}\n", git_folder.display())).unwrap();
        copy_in(&git_folder, &folder.join(".git")).unwrap();
        assert_eq!(fs::read_to_string(folder.join(".git/objects/1")).unwrap(), "one");
        assert_eq!((fs::read_dir(&folder).unwrap().count(), git_folder.exists()), (1, false));
    }
}
