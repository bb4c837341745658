//! Submodules in a worktree: those that the project has, taken from the project's own copies, without the network.

use crate::contract::Code;
use crate::error::{Error, Result};
use crate::foreign::fs;
use crate::vcs::git::Git;
use crate::vcs::git::path;
use crate::vcs::look;
use std::collections::BTreeMap;
use std::path::PathBuf;

/// A submodule that is checked out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Submodule {
    /// Its name in `.gitmodules`.
    pub name: String,
    /// Its path in the working tree.
    pub path: String,
}

/// The submodules that are checked out in a working tree.
pub async fn of(git: &Git) -> Result<Vec<Submodule>> {
    let named = names(git).await?;
    let mut found = Vec::new();
    for path in paths(git).await? {
        if let Some(name) = named.get(&path)
            && git.within(git.folder.join(&path)).is_toplevel().await?
        {
            found.push(Submodule { name: name.clone(), path });
        }
    }
    Ok(found)
}

/// Repositories that are checked out where the index has a commit of theirs, and that `.gitmodules` does not name:
/// nobody else can have them.
pub async fn unnamed(git: &Git) -> Result<Vec<PathBuf>> {
    let links = links(git).await?;
    if links.is_empty() {
        return Ok(Vec::new());
    }
    let (named, mut found) = (names(git).await?, Vec::new());
    for link in links {
        let is_named = link.to_str().is_some_and(|link| named.contains_key(link));
        if !is_named && git.within(git.folder.join(&link)).is_toplevel().await? {
            found.push(link);
        }
    }
    Ok(found)
}

/// Names by path, as `.gitmodules` says.
async fn names(git: &Git) -> Result<BTreeMap<String, String>> {
    if !look(git.folder.join(".gitmodules"), fs::is_file).await? {
        return Ok(BTreeMap::new());
    }
    let args = ["config", "-z", "--file", ".gitmodules", "--get-regexp", r"^submodule\..*\.path$"];
    let listed = git.find(&args).await?.unwrap_or_default();
    let named = listed.split('\0').filter_map(|entry| {
        let (key, path) = entry.split_once('\n')?;
        let name = key.strip_prefix("submodule.")?.strip_suffix(".path")?;
        Some((path.trim_end_matches('/').to_owned(), name.to_owned()))
    });
    Ok(named.collect())
}

/// Where the index has a commit of another repository.
async fn links(git: &Git) -> Result<Vec<PathBuf>> {
    let listed = git.bytes(&["ls-files", "--stage", "-z"]).await?;
    let entries = listed.split(|byte| *byte == 0).filter(|entry| entry.starts_with(b"160000 "));
    Ok(entries.filter_map(|entry| Some(path(&entry[entry.iter().position(|byte| *byte == b'\t')? + 1..]))).collect())
}

/// Those whose paths can be written as text.
async fn paths(git: &Git) -> Result<Vec<String>> {
    Ok(links(git).await?.into_iter().filter_map(|link| link.into_os_string().into_string().ok()).collect())
}

/// Checks out the submodules that the project has checked out, and those inside them. One that cannot be had is no
/// reason not to begin: a sentence for each.
pub async fn initialise(project: &Git, worktree: &Git) -> Result<Vec<String>> {
    let mut notes = Vec::new();
    let named = match names(worktree).await {
        Ok(named) => named,
        Err(error) => {
            notes.push(format!(
                ".gitmodules cannot be read, so submodules are missing in the worktree: {}",
                error.message
            ));
            return Ok(notes);
        }
    };
    for path in paths(worktree).await? {
        let theirs = project.within(project.folder.join(&path));
        if !theirs.is_toplevel().await? || !look(worktree.folder.join(&path), fs::is_dir).await? {
            continue;
        }
        let Some(name) = named.get(&path) else {
            notes.push(format!("{path} is empty in the worktree: it is a repository that .gitmodules does not name"));
            continue;
        };
        let ours = worktree.within(worktree.folder.join(&path));
        match check_out(project, worktree, name, &path).await {
            Ok(()) => notes.extend(Box::pin(initialise(&theirs, &ours)).await?),
            Err(error) => notes.push(format!("the submodule {path} is missing in the worktree: {}", error.message)),
        }
    }
    Ok(notes)
}

async fn check_out(project: &Git, worktree: &Git, name: &str, path: &str) -> Result<()> {
    let theirs = project.within(project.folder.join(path));
    let ours = worktree.within(worktree.folder.join(path));
    let copy = theirs.git_dir().await?;
    let url = match project.find(&["config", "--get", &format!("submodule.{name}.url")]).await? {
        Some(url) => Some(url),
        None => theirs.find(&["config", "--get", "remote.origin.url"]).await?,
    };
    let set = |key: &str, value: &str| ["-c".to_owned(), format!("submodule.{name}.{key}={value}")];
    let mut args = [set("url", &copy.to_string_lossy()), set("active", "true")].concat();
    args.extend(["-c", "protocol.file.allow=always"].map(str::to_owned));
    // Whatever `submodule.NAME.update` says of the project's own working tree, here is nothing yet to merge or rebase.
    args.extend(["submodule", "update", "--init", "--checkout", "--", path].map(str::to_owned));
    worktree.change(&args, Vec::new()).await?;
    if !ours.is_toplevel().await? {
        return Err(Error::new(Code::VcsRefused, "git left its folder empty"));
    }
    // It was cloned from the project's copy; its remote is the project's remote.
    let remotes = ours.read(&["remote"]).await?;
    if let (Some(remote), Some(url)) = (remotes.lines().next(), url) {
        ours.change(&["config", &format!("remote.{remote}.url"), &url], Vec::new()).await?;
    }
    Ok(())
}
