//! Submodules in a worktree: those that the project has, taken from the project's own copies, without the network.

use super::Worktree;
use crate::error::Result;
use crate::vcs::git::Git;

/// A submodule that is checked out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Submodule {
    /// Its name in `.gitmodules`.
    pub name: String,
    /// Its path in the worktree.
    pub path: String,
    /// Whether another commit is checked out than the worktree's commit names, or it has conflicts.
    pub moved: bool,
}

/// The submodules that are checked out in a working tree.
pub async fn of(git: &Git) -> Result<Vec<Submodule>> {
    if !git.folder.join(".gitmodules").exists() {
        return Ok(Vec::new());
    }
    let named = git.find(&["config", "-z", "--file", ".gitmodules", "--get-regexp", r"^submodule\..*\.path$"]).await?;
    let mut found = Vec::new();
    for entry in named.unwrap_or_default().split('\0') {
        let Some((key, path)) = entry.split_once('\n') else { continue };
        let Some(name) = key.strip_prefix("submodule.").and_then(|key| key.strip_suffix(".path")) else { continue };
        let status = git.ask(&["submodule", "status", "--", path]).await?;
        if status.code != Some(0) {
            continue;
        }
        let status = status.text();
        if !status.is_empty() && !status.starts_with('-') {
            let moved = status.starts_with(['+', 'U']);
            found.push(Submodule { name: name.to_owned(), path: path.to_owned(), moved });
        }
    }
    Ok(found)
}

/// Checks out the submodules that the project has checked out.
pub async fn initialise(worktree: &Worktree) -> Result<()> {
    let git = worktree.git();
    let modules = worktree.project.common_dir().await?.join("modules");
    for submodule in of(&worktree.project).await? {
        let Submodule { name, path, .. } = submodule;
        if !git.folder.join(&path).is_dir() {
            continue;
        }
        let mut args = Vec::new();
        let copy = modules.join(&name);
        if copy.is_dir() {
            let url = format!("submodule.{name}.url={}", copy.display());
            args.extend(["-c".to_owned(), url, "-c".to_owned(), "protocol.file.allow=always".to_owned()]);
        }
        args.extend(["submodule", "update", "--init", "--", &path].map(str::to_owned));
        git.change(&args, Vec::new()).await?;
        if let Some(url) = git.find(&["config", "--get", &format!("submodule.{name}.url")]).await? {
            git.within(git.folder.join(&path)).change(&["remote", "set-url", "origin", &url], Vec::new()).await?;
        }
    }
    Ok(())
}
