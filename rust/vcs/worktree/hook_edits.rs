//! Edits that a hook made at the checkout of a worktree: they are not the task's as long as the task leaves them alone.

use super::Worktree;
use crate::error::{Error, Result};
use std::collections::BTreeMap;
use std::fs;

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
pub async fn note(worktree: &Worktree, before: &TreeState) -> Result<usize> {
    let mut edited = state(worktree).await?;
    edited.retain(|path, now| before.get(path) != Some(now));
    let list = worktree.git().git_dir().await?.join(EDITED);
    fs::write(&list, serde_json::to_vec(&edited).map_err(Error::internal)?).map_err(Error::internal)?;
    Ok(edited.len())
}

/// What a hook edited at the checkout and is as it left it.
pub(super) async fn untouched(worktree: &Worktree) -> Result<Vec<String>> {
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
