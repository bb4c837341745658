//! The workspace before a commit, and whether a commit would be lost in it.

use super::outcome::{CommitTrouble, TroubleKind};
use super::{CommitPlace, reconcile::status_and_hunks};
use crate::commits::change::DiffHunk;
use crate::error::Result;
use crate::vcs::but::{ButStatus, Refusal};
use crate::vcs::git::Git;
use std::collections::BTreeMap;

/// The workspace as it is.
pub(super) struct ScannedWorkspace {
    pub status: ButStatus,
    pub hunks: Vec<DiffHunk>,
    pub tips: BTreeMap<String, String>,
    pub head: String,
}

/// Reads the workspace, and refuses one in which a commit would be lost.
pub(super) async fn scan(
    place: CommitPlace<'_>,
    branch: &str,
) -> Result<std::result::Result<ScannedWorkspace, CommitTrouble>> {
    // Under our lock nobody else moves a branch meanwhile; one who does is found in the comparison below.
    let (both, tips, head) = tokio::join!(status_and_hunks(place.but), place.git.tips(), place.git.resolve("HEAD"));
    let (status, hunks) = match both {
        Ok(both) => both,
        Err(refusal) => return Ok(Err(CommitTrouble::of(&refusal, branch))),
    };
    let (mut tips, head) = (tips?, head?.unwrap_or_default());
    if status.branch(branch).is_none() {
        let there = tips.contains_key(branch);
        let (name, words) = (branch.to_owned(), format!("there is no branch {branch}"));
        let refusal = if there { Refusal::NotApplied(name) } else { Refusal::NotFound(words) };
        let mut trouble = CommitTrouble::of(&refusal, branch);
        trouble.kind = TroubleKind::NotApplied;
        return Ok(Err(trouble));
    }
    tips.retain(|name, _| status.branch(name).is_some());
    if let Some(moved) = moved(place.git, &status, &tips, branch).await? {
        return Ok(Err(CommitTrouble::of(&Refusal::MovedOutside(vec![moved]), branch)));
    }
    Ok(Ok(ScannedWorkspace { status, hunks, tips, head }))
}

/// A branch of the task's stack that does not point to where `but` believes it does: a commit to it would be lost.
async fn moved(git: &Git, status: &ButStatus, tips: &BTreeMap<String, String>, branch: &str) -> Result<Option<String>> {
    for name in stack_of(status, branch) {
        let (known, real) = (status.tip(&name), tips.get(&name));
        if known == real.map(String::as_str) {
            continue;
        }
        let (Some(known), Some(real)) = (known, real) else { return Ok(Some(name)) };
        // An empty branch may lie anywhere below the base.
        let empty = status.branch(&name).is_some_and(|branch| branch.commits.is_empty());
        let below = ["merge-base", "--is-ancestor", real.as_str(), known];
        if !empty || !git.succeeds(&below).await? {
            return Ok(Some(name));
        }
    }
    Ok(None)
}

/// The branches of an applied branch's stack.
pub(super) fn stack_of(status: &ButStatus, branch: &str) -> Vec<String> {
    let stack = status.stacks.iter().find(|stack| stack.branches.iter().any(|one| one.name == branch));
    let names = stack.into_iter().flat_map(|stack| &stack.branches).map(|one| one.name.clone());
    names.filter(|name| !name.is_empty()).collect()
}
