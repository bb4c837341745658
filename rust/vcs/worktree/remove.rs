//! Removing a task's worktree: when nothing is lost by it, or when that was asked for and everything is kept first.

use super::keep::keep;
use super::standing::{Checkout, Standing, state};
use super::{Worktree, settings};
use crate::contract::Code;
use crate::error::{Error, Result};
use std::ffi::OsStr;

/// Removes a worktree that is clean and merged, and leaves its branch, unless that never got a commit.
pub async fn remove(worktree: &Worktree) -> Result<()> {
    let standing = state(worktree).await?;
    unlocked(worktree, &standing)?;
    if let Some(loss) = standing.loss() {
        return Err(refused(worktree, &loss)
            .hint("commit, merge or move that first, or discard the worktree: all of it is kept then"));
    }
    take_away(worktree).await?;
    drop_branch(worktree, |tip| tip == worktree.base).await
}

/// Removes a worktree and its branch whatever is in them, after keeping all of it; the name of the ref that does.
/// Ignored files and what was prepared go.
pub async fn discard(worktree: &Worktree, number: u32) -> Result<Option<String>> {
    let standing = state(worktree).await?;
    unlocked(worktree, &standing)?;
    if standing.applied {
        let hint = format!("`but unapply {}` first", worktree.branch);
        return Err(refused(worktree, "its branch is applied in GitButler's workspace").hint(hint));
    }
    let kept = keep(worktree, number).await?;
    let tip = worktree.tip().await?;
    take_away(worktree).await?;
    if standing.elsewhere.is_none() {
        drop_branch(worktree, |now| Some(now) == tip.as_deref()).await?;
    }
    Ok(kept)
}

fn refused(worktree: &Worktree, why: &str) -> Error {
    Error::new(Code::VcsRefused, format!("cannot remove the worktree {}: {why}", worktree.folder.display()))
}

fn unlocked(worktree: &Worktree, standing: &Standing) -> Result<()> {
    let Some(reason) = &standing.locked else { return Ok(()) };
    let why = if reason.is_empty() { "it is locked".to_owned() } else { format!("it is locked ({reason})") };
    Err(refused(worktree, &why).hint(format!("`git worktree unlock {}`", worktree.folder.display())))
}

/// Removes folder and entry. Git refuses one with submodules or with prepared files unless forced; what is in it was
/// looked at before.
async fn take_away(worktree: &Worktree) -> Result<()> {
    let standing = state(worktree).await?;
    if !standing.present && standing.checkout == Checkout::Nothing && worktree.folder.exists() {
        return Err(refused(worktree, "something else is in its place").hint("look at it, and remove it by hand"));
    }
    let args = [OsStr::new("worktree"), OsStr::new("remove"), OsStr::new("--force"), worktree.folder.as_os_str()];
    let removed = worktree.project.change(&args, Vec::new()).await;
    if worktree.folder.exists() {
        return removed.map(drop);
    }
    settings::tidy(&worktree.project).await;
    if let Some(shelf) = worktree.folder.parent() {
        // Only when it is empty.
        let _ = std::fs::remove_dir(shelf);
    }
    Ok(())
}

async fn drop_branch(worktree: &Worktree, goes: impl Fn(&str) -> bool) -> Result<()> {
    match worktree.tip().await? {
        Some(tip) if goes(&tip) => worktree.project.delete_ref(&worktree.reference(), &tip).await,
        _ => Ok(()),
    }
}
