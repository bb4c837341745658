//! Edits that a hook made at the checkout of a worktree: they are not the task's as long as the task leaves them alone.

use super::Worktree;
use crate::error::{Error, Result};
use crate::foreign;
use crate::paths::{self, Access};
use crate::vcs::look;
use crate::vcs::rescue::{self, RescueEntry};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// Changed paths, with what is there.
pub type TreeState = BTreeMap<String, RescueEntry>;

/// The list of what a hook edited at the checkout, in the worktree's git folder, as JSON.
const EDITED: &str = "chorus-hook-edits";

/// One path of the list.
#[derive(Debug, Serialize, Deserialize)]
#[serde(untagged)]
enum Left {
    /// What the hook left there.
    Entry(RescueEntry),
    /// The object of a file; nothing for anything else. Lists of earlier versions have this.
    Object(Option<String>),
}

/// What differs from what is checked out in a worktree.
pub async fn state(worktree: &Worktree) -> Result<TreeState> {
    let git = worktree.git();
    let args = ["status", "--porcelain=v1", "-z", "--no-renames", "--untracked-files=all", "--ignore-submodules=all"];
    let listed = git.bytes(&args).await?;
    let entries = listed.split(|byte| *byte == 0).filter(|entry| entry.len() > 3 && !entry.ends_with(b"/"));
    let paths = entries.filter_map(|entry| Some(std::str::from_utf8(&entry[3..]).ok()?.to_owned())).collect();
    rescue::read(&git, &paths).await
}

/// Notes what became different since `before` as no edit of the task's; how many files.
pub async fn note(worktree: &Worktree, before: &TreeState) -> Result<usize> {
    let mut edited = state(worktree).await?;
    edited.retain(|path, now| !before.get(path).is_some_and(|before| before.same(now)));
    let list = worktree.git_dir().await?.join(EDITED);
    let edited: BTreeMap<String, Left> = edited.into_iter().map(|(path, entry)| (path, Left::Entry(entry))).collect();
    let json = serde_json::to_vec(&edited).map_err(Error::internal)?;
    let written = look(list, move |list| paths::replace(&list, &json, Access::AsBefore)).await?;
    written.map_err(Error::internal)?;
    Ok(edited.len())
}

/// What a hook edited at the checkout and is as it left it.
pub(super) async fn untouched(worktree: &Worktree) -> Result<Vec<String>> {
    let git = worktree.git();
    let list = look(worktree.git_dir().await?.join(EDITED), |list| foreign::read(&list, foreign::MANY)).await?;
    let list = list.unwrap_or_default();
    let edited: BTreeMap<String, Left> = serde_json::from_slice(&list).unwrap_or_default();
    if edited.is_empty() {
        return Ok(Vec::new());
    }
    let now = rescue::read(&git, &edited.keys().cloned().collect::<BTreeSet<_>>()).await?;
    let is_left = |path: &String, then: &Left| match (now.get(path), then) {
        (Some(now), Left::Entry(then)) => now.same(then),
        (Some(RescueEntry::Kept { oid, .. }), Left::Object(Some(then))) => oid == then,
        (Some(RescueEntry::Absent), Left::Object(None)) => true,
        _ => false,
    };
    Ok(edited.iter().filter(|(path, then)| is_left(path, then)).map(|(path, _)| path.clone()).collect())
}
