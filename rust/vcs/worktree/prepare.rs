//! What is put into a new worktree: copies and links of the project's own files, then commands.
//!
//! Paths stay in the project and the worktree, whatever links stand in them. What was put there is listed in the
//! worktree's git folder and excluded in the worktree, so that it is never committed as the task's.

use super::delete::delete_now;
use super::{Worktree, settings};
use crate::contract::Code;
use crate::error::{Error, Result};
use crate::foreign::{self, fs};
use crate::paths::link_above;
use crate::vcs::git::tail;
use crate::vcs::look;
use std::collections::BTreeSet;
use std::fs::File;
use std::io::Write;
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

/// Puts everything in its place, also what a preparation that was killed put there already. A path that the project has
/// not, or the worktree has already, is left out. Says in a sentence each what git's own rules do not ignore of it: only Chorus's exclusion keeps that from being committed.
pub async fn prepare(worktree: &Worktree, preparation: &Preparation) -> Result<Vec<String>> {
    let copies = preparation.copy.iter().map(|path| (path.clone(), How::Copy));
    let places: Vec<(String, How)> =
        copies.chain(preparation.link.iter().map(|path| (path.clone(), How::Link))).collect();
    let list = worktree.git_dir().await?.join(LIST);
    let project = worktree.project.folder.clone();
    let folder = worktree.folder.clone();
    let before = prepared(worktree).await?;
    let placed = tokio::task::spawn_blocking(move || -> Result<()> {
        // Of a preparation that a kill ended: the last of them may be half a copy.
        for path in &before {
            take_away(&folder, path).map_err(|error| refused(path, error))?;
        }
        let mut listed = foreign::open_with(File::options().create(true).append(true), &list)
            .map_err(|error| Error::internal(format!("cannot write {}: {error}", list.display())))?;
        for (path, how) in places {
            place(&project, &folder, &path, how, &mut |path| {
                listed.write_all(&[path.as_os_str().as_encoded_bytes(), &[0]].concat())
            })?;
        }
        Ok(())
    });
    placed.await.map_err(Error::internal)??;
    let notes = not_ignored(worktree, &preparation.link).await?;
    exclude(worktree).await?;
    for argv in &preparation.run {
        run(worktree, argv).await?;
    }
    Ok(notes)
}

/// Excludes in the worktree what was put into it.
pub(super) async fn exclude(worktree: &Worktree) -> Result<()> {
    let paths: Vec<PathBuf> = prepared(worktree).await?.iter().map(PathBuf::from).collect();
    settings::exclude(worktree, &paths).await
}

/// Says which links the project's own rules do not ignore: `node_modules/` ignores a folder and no link.
async fn not_ignored(worktree: &Worktree, links: &[String]) -> Result<Vec<String>> {
    let git = worktree.git();
    let mut notes = Vec::new();
    for link in links {
        let path = confined(link)?;
        let asked = path.clone();
        let is_own_link = look(&worktree.folder, move |folder| {
            fs::is_symlink(folder.join(&asked)) && settings::repository_around(&folder, &asked).is_none()
        });
        if !is_own_link.await? {
            continue;
        }
        let shown = path.to_string_lossy();
        if git.ask(&["check-ignore", "--quiet", "--", &shown]).await?.code == Some(1) {
            notes.push(format!(
                "`.gitignore` does not ignore the link {shown}: Chorus excludes it in this worktree only (`/{shown}` \
                 without a slash at its end would ignore folder and link)"
            ));
        }
    }
    Ok(notes)
}

/// Prepared paths that the branch holds and its base does not: somebody committed them. Merging a link would put it in
/// the place of what it leads to.
pub async fn committed(worktree: &Worktree, preparation: &Preparation) -> Result<Vec<String>> {
    let mut paths = if worktree.is_present().await? { prepared(worktree).await? } else { Vec::new() };
    if paths.is_empty() {
        let configured = preparation.copy.iter().chain(&preparation.link);
        paths.extend(configured.filter_map(|path| Some(confined(path).ok()?.to_string_lossy().into_owned())));
    }
    let Some(tip) = worktree.tip().await?.filter(|_| !paths.is_empty()) else { return Ok(Vec::new()) };
    let git = worktree.project.clone().literal();
    let list = async |rev: &str| -> Result<Vec<String>> {
        let args = ["ls-tree", "-z", "--name-only", "--full-tree", rev, "--"].into_iter();
        let args: Vec<&str> = args.chain(paths.iter().map(String::as_str)).collect();
        Ok(git.read(&args).await?.split('\0').filter(|path| !path.is_empty()).map(str::to_owned).collect())
    };
    let before = list(&worktree.base).await?;
    Ok(list(&tip).await?.into_iter().filter(|path| !before.contains(path)).collect())
}

/// Paths that were put into the worktree, relative to it.
pub async fn prepared(worktree: &Worktree) -> Result<Vec<String>> {
    let list = look(worktree.git_dir().await?.join(LIST), |list| foreign::read(&list, foreign::MANY)).await?;
    let list = list.unwrap_or_default();
    let paths = list.split(|byte| *byte == 0).filter(|path| !path.is_empty());
    let mut known = BTreeSet::new();
    let paths = paths.map(|path| String::from_utf8_lossy(path).into_owned());
    Ok(paths.filter(|path| known.insert(path.clone())).collect())
}

/// Removes what was put at a path, through no link.
fn take_away(worktree: &Path, path: &str) -> std::io::Result<()> {
    let target = worktree.join(path);
    match fs::symlink_metadata(&target) {
        Ok(_) if link_above(worktree, path).is_some() => Ok(()),
        Ok(found) if found.is_dir() => delete_now(&target),
        Ok(_) => fs::remove_file(target),
        Err(_) => Ok(()),
    }
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
    let root = fs::canonicalize(project).map_err(fault)?;
    let Ok(source) = fs::canonicalize(root.join(&plain)) else { return Ok(()) };
    if !source.starts_with(&root) {
        return Err(refused(path, "it leads out of the project"));
    }
    if worktree.starts_with(&source) {
        return Err(refused(path, "the worktree is in it"));
    }
    let target = worktree.join(&plain);
    if fs::symlink_metadata(&target).is_ok() {
        return Ok(());
    }
    parents(worktree, &plain).map_err(fault)?;
    record(&plain).map_err(fault)?;
    match how {
        How::Link => fs::symlink(&source, &target).map_err(fault),
        How::Copy => copy(&source, &target).map_err(fault),
    }
}

/// Makes the folders above a path in the worktree, through no link.
fn parents(worktree: &Path, plain: &Path) -> std::io::Result<()> {
    let mut folder = worktree.to_owned();
    for name in plain.parent().into_iter().flat_map(Path::components) {
        folder.push(name);
        match fs::symlink_metadata(&folder) {
            Ok(found) if found.is_dir() => {}
            Ok(_) => return Err(std::io::Error::other(format!("{} is no folder", folder.display()))),
            Err(_) => fs::create_dir(&folder)?,
        }
    }
    Ok(())
}

/// Copies a file or a folder; links are copied as they are, anything else is left out.
pub(super) fn copy(source: &Path, target: &Path) -> std::io::Result<()> {
    let found = fs::symlink_metadata(source)?;
    if found.is_symlink() {
        fs::symlink(fs::read_link(source)?, target)
    } else if found.is_file() {
        foreign::copy(source, target)
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
    let ended = git.run_group(command, LIMIT).await.map_err(|error| failed(error.message))?;
    let said = format!("{}\n{}", tail(&ended.text()), tail(&ended.stderr));
    match ended.code {
        Some(0) => Ok(()),
        Some(code) => Err(failed(format!("exit code {code}: {}", said.trim()))),
        None => Err(failed(format!("a signal ended it: {}", said.trim()))),
    }
}
