//! Keeping what is about to go: the branch's tip and every uncommitted byte, under `refs/chorus/discarded/`.

use super::Worktree;
use super::standing::changes;
use super::submodule;
use crate::contract::Code;
use crate::error::{Error, Result};
use crate::vcs::git::Git;
use std::path::PathBuf;

/// The tree of everything in the worktree that a commit would take, without touching its index.
pub async fn tree(worktree: &Worktree) -> Result<String> {
    let left_out = changes(worktree).await?.left_out;
    tree_of(&worktree.git(), &left_out).await
}

async fn tree_of(git: &Git, left_out: &[String]) -> Result<String> {
    let dir = git.git_dir().await?;
    let index = Removed(dir.join(format!("chorus-index-{}", uuid::Uuid::new_v4())));
    // Its times spare git reading every file again.
    let _ = std::fs::copy(dir.join("index"), &index.0);
    let add: Vec<&str> = ["add", "--all", "--", "."].into_iter().chain(left_out.iter().map(String::as_str)).collect();
    let git = git.clone().with("GIT_INDEX_FILE", &index.0);
    git.change(&add, Vec::new()).await?;
    git.change(&["write-tree"], Vec::new()).await
}

/// A file that goes with this.
struct Removed(PathBuf);

impl Drop for Removed {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
        let _ = std::fs::remove_file(self.0.with_extension("lock"));
    }
}

/// Keeps the branch and the worktree as they are under `refs/chorus/discarded/NUMBER-MILLIS`; the ref's name, or nothing
/// when there is nothing beyond the base.
pub async fn keep(worktree: &Worktree, number: u32) -> Result<Option<String>> {
    let name = format!("refs/chorus/discarded/{number}-{}", crate::clock::now());
    let tip = worktree.tip().await?;
    let mut kept = tip.clone();
    if worktree.is_present().await? {
        keep_submodules(worktree, &name).await?;
        let git = worktree.git();
        let left_out = changes(worktree).await?.left_out;
        kept = Some(snapshot(&git, &left_out, tip.as_deref()).await?);
    }
    let Some(kept) = kept.filter(|kept| *kept != worktree.base) else { return Ok(None) };
    worktree.project.update_ref(&name, &kept, None).await?;
    Ok(Some(name))
}

/// The branch's tip as it was: below a commit that only keeps edits, else what was kept itself.
pub async fn tip(project: &Git, kept: &str) -> Result<String> {
    let said = project.read(&["log", "-1", "--format=%P%n%B", "--end-of-options", kept]).await?;
    match said.split_once('\n') {
        Some((parent, message)) if message.trim() == KEPT && !parent.contains(' ') => Ok(parent.to_owned()),
        _ => Ok(kept.to_owned()),
    }
}

/// Puts the edits that were kept into a worktree again, uncommitted.
pub async fn put_back(worktree: &Worktree, kept: &str) -> Result<()> {
    worktree.git().change(&["restore", "--source", kept, "--worktree", "--", ":/"], Vec::new()).await.map(drop)
}

/// What a commit that only keeps edits says.
const KEPT: &str = "Kept by Chorus before it was discarded";

/// A commit with everything in a working tree, on top of what is checked out and of `other`; that itself when clean.
async fn snapshot(git: &Git, left_out: &[String], other: Option<&str>) -> Result<String> {
    let head = git.head().await?;
    let tree = tree_of(git, left_out).await?;
    let other = match (&head, other) {
        (Some(head), Some(other)) if git.is_ancestor(other, head).await? => None,
        (_, other) => other,
    };
    if let (Some(head), None) = (&head, other)
        && tree == git.read(&["rev-parse", "--verify", "HEAD^{tree}"]).await?
    {
        return Ok(head.clone());
    }
    let mut args = vec!["commit-tree", &tree];
    for parent in [head.as_deref(), other].into_iter().flatten() {
        args.extend(["-p", parent]);
    }
    git.clone().as_chorus().change(&args, KEPT.into()).await
}

/// A submodule's repository goes with the worktree, so what is only there is taken into the project's copy of it.
async fn keep_submodules(worktree: &Worktree, name: &str) -> Result<()> {
    let git = worktree.git();
    let modules = worktree.project.common_dir().await?.join("modules");
    for module in submodule::of(&git).await? {
        let inner = git.within(git.folder.join(&module.path));
        let kept = snapshot(&inner, &[], None).await?;
        let copy = modules.join(&module.name);
        let known = git.within(&copy);
        if copy.is_dir() && known.resolve(&kept).await?.is_some() {
            known.update_ref(name, &kept, None).await?;
            continue;
        }
        if !copy.is_dir() {
            return Err(Error::new(
                Code::VcsRefused,
                format!("cannot keep the submodule {}: the project has no copy of it", module.path),
            )
            .hint("run `git submodule update --init` in the project, or push what is in the submodule"));
        }
        let to = copy.to_string_lossy();
        inner.change(&["push", "--quiet", "--no-verify", &to, &format!("{kept}:{name}")], Vec::new()).await?;
    }
    Ok(())
}
