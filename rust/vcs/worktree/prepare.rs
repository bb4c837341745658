//! What is put into a new worktree: copies and links of the project's own files, then commands.
//!
//! Paths stay in the project and the worktree, whatever links stand in them. What was put there and git does not track
//! is listed in the worktree's git folder, so that it is never committed as the task's.

use super::Worktree;
use crate::contract::Code;
use crate::error::{Error, Result};
use crate::vcs::git::tail;
use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Component, Path, PathBuf};
use std::time::Duration;

/// How long one command may take: it may fetch what the project depends on.
const LIMIT: Duration = Duration::from_secs(900);

/// The list, in the worktree's git folder: paths, each ended by a NUL.
const LIST: &str = "chorus-prepared";

/// `[vcs.worktree]` of chorus.toml.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Preparation {
    /// Paths copied from the project, where they exist.
    pub copy: Vec<String>,
    /// Paths linked to the project's, where they exist.
    pub link: Vec<String>,
    /// Programs with their arguments, run in the worktree.
    pub run: Vec<Vec<String>>,
}

#[derive(Clone, Copy)]
enum How {
    Copy,
    Link,
}

/// Puts everything in its place. A path that the project has not, or the worktree has already, is left out.
pub async fn prepare(worktree: &Worktree, preparation: &Preparation) -> Result<()> {
    let copies = preparation.copy.iter().map(|path| (path.clone(), How::Copy));
    let places: Vec<(String, How)> =
        copies.chain(preparation.link.iter().map(|path| (path.clone(), How::Link))).collect();
    let list = worktree.git().git_dir().await?.join(LIST);
    let project = worktree.project.folder.clone();
    let folder = worktree.folder.clone();
    let placed = tokio::task::spawn_blocking(move || -> Result<()> {
        let mut listed = Vec::new();
        for (path, how) in places {
            place(&project, &folder, &path, how, &mut |path| {
                listed.extend(path.as_os_str().as_encoded_bytes());
                listed.push(0);
                fs::write(&list, &listed)
            })?;
        }
        Ok(())
    });
    placed.await.map_err(Error::internal)??;
    for argv in &preparation.run {
        run(worktree, argv).await?;
    }
    Ok(())
}

/// Paths that were put into the worktree, relative to it, and those that a hook edited at the checkout.
pub async fn prepared(worktree: &Worktree) -> Result<Vec<String>> {
    let list = fs::read(worktree.git().git_dir().await?.join(LIST)).unwrap_or_default();
    let paths = list.split(|byte| *byte == 0).filter(|path| !path.is_empty());
    let placed = paths.map(|path| String::from_utf8_lossy(path).into_owned());
    Ok(placed.chain(edited_by_hook(worktree).await?).collect())
}

/// Changed files with what git would make of each; nothing for one that is gone.
pub type TreeState = BTreeMap<String, Option<String>>;

/// The list of what a hook edited at the checkout, in the worktree's git folder, as JSON.
const EDITED: &str = "chorus-hook-edits";

/// What differs from what is checked out in a worktree.
pub async fn state(worktree: &Worktree) -> Result<TreeState> {
    let git = worktree.git();
    let args = ["status", "--porcelain=v1", "-z", "--no-renames", "--untracked-files=all", "--ignore-submodules=all"];
    let listed = git.bytes(&args).await?;
    let mut state = TreeState::new();
    for entry in listed.split(|byte| *byte == 0).filter(|entry| entry.len() > 3 && !entry.ends_with(b"/")) {
        let Ok(path) = std::str::from_utf8(&entry[3..]) else { continue };
        state.insert(path.to_owned(), hash(worktree, path).await?);
    }
    Ok(state)
}

async fn hash(worktree: &Worktree, path: &str) -> Result<Option<String>> {
    let file = worktree.folder.join(path);
    if !file.symlink_metadata().is_ok_and(|found| found.is_file()) {
        return Ok(None);
    }
    worktree.git().read(&["hash-object", "--", path]).await.map(Some)
}

/// Notes what became different since `before` as no edit of the task's; how many files.
pub async fn note_edits(worktree: &Worktree, before: &TreeState) -> Result<usize> {
    let mut edited = state(worktree).await?;
    edited.retain(|path, now| before.get(path) != Some(now));
    let list = worktree.git().git_dir().await?.join(EDITED);
    fs::write(&list, serde_json::to_vec(&edited).map_err(Error::internal)?).map_err(Error::internal)?;
    Ok(edited.len())
}

/// What a hook edited at the checkout and is as it left it.
async fn edited_by_hook(worktree: &Worktree) -> Result<Vec<String>> {
    let list = fs::read(worktree.git().git_dir().await?.join(EDITED)).unwrap_or_default();
    let edited: TreeState = serde_json::from_slice(&list).unwrap_or_default();
    let mut still = Vec::new();
    for (path, then) in edited {
        if hash(worktree, &path).await? == then {
            still.push(path);
        }
    }
    Ok(still)
}

fn refused(path: &str, why: impl std::fmt::Display) -> Error {
    Error::new(Code::VcsRefused, format!("cannot prepare {path:?}: {why}"))
        .hint("correct [vcs.worktree] in chorus.toml, then start the task again")
}

/// The path as plain names; refused when it is absolute, goes up, or is git's own.
fn confined(path: &str) -> Result<PathBuf> {
    let mut plain = PathBuf::new();
    for component in Path::new(path).components() {
        match component {
            Component::Normal(name) if name.eq_ignore_ascii_case(".git") => {
                return Err(refused(path, "it is git's own"));
            }
            Component::Normal(name) => plain.push(name),
            Component::CurDir => {}
            _ => return Err(refused(path, "it must be relative to the project, without `..`")),
        }
    }
    if plain.as_os_str().is_empty() { Err(refused(path, "it names no file")) } else { Ok(plain) }
}

/// Puts one path in its place, after `record` has noted it.
fn place(
    project: &Path,
    worktree: &Path,
    path: &str,
    how: How,
    record: &mut dyn FnMut(&Path) -> std::io::Result<()>,
) -> Result<()> {
    let plain = confined(path)?;
    let fault = |error: std::io::Error| refused(path, error);
    let root = project.canonicalize().map_err(fault)?;
    let Ok(source) = root.join(&plain).canonicalize() else { return Ok(()) };
    if !source.starts_with(&root) {
        return Err(refused(path, "it leads out of the project"));
    }
    if worktree.starts_with(&source) {
        return Err(refused(path, "the worktree is in it"));
    }
    let target = worktree.join(&plain);
    if target.symlink_metadata().is_ok() {
        return Ok(());
    }
    parents(worktree, &plain).map_err(fault)?;
    record(&plain).map_err(fault)?;
    match how {
        How::Link => symlink(&source, &target).map_err(fault),
        How::Copy => copy(&source, &target).map_err(fault),
    }
}

/// Makes the folders above a path in the worktree, through no link.
fn parents(worktree: &Path, plain: &Path) -> std::io::Result<()> {
    let mut folder = worktree.to_owned();
    for name in plain.parent().into_iter().flat_map(Path::components) {
        folder.push(name);
        match folder.symlink_metadata() {
            Ok(found) if found.is_dir() => {}
            Ok(_) => return Err(std::io::Error::other(format!("{} is no folder", folder.display()))),
            Err(_) => fs::create_dir(&folder)?,
        }
    }
    Ok(())
}

/// Copies a file or a folder; links are copied as they are, anything else is left out.
fn copy(source: &Path, target: &Path) -> std::io::Result<()> {
    let found = source.symlink_metadata()?;
    if found.is_symlink() {
        symlink(fs::read_link(source)?, target)
    } else if found.is_file() {
        fs::copy(source, target).map(drop)
    } else if found.is_dir() {
        fs::create_dir(target)?;
        for entry in fs::read_dir(source)? {
            let entry = entry?;
            copy(&entry.path(), &target.join(entry.file_name()))?;
        }
        fs::set_permissions(target, found.permissions())
    } else {
        Ok(())
    }
}

async fn run(worktree: &Worktree, argv: &[String]) -> Result<()> {
    let Some((program, args)) = argv.split_first() else { return Ok(()) };
    let git = worktree.git();
    let mut command = git.program(program);
    command.args(args);
    let shown = argv.join(" ");
    let failed = |why: String| {
        Error::new(Code::VcsRefused, format!("`{shown}` failed: {why}"))
            .hint("correct `run` in [vcs.worktree] of chorus.toml, then start the task again")
    };
    let ended = git.run(command, Vec::new(), LIMIT).await.map_err(|error| failed(error.message))?;
    let said = format!("{}\n{}", tail(&ended.text()), tail(&ended.stderr));
    match ended.code {
        Some(0) => Ok(()),
        Some(code) => Err(failed(format!("exit code {code}: {}", said.trim()))),
        None => Err(failed(format!("a signal ended it: {}", said.trim()))),
    }
}
