//! What is about to be committed, written down before `but` runs: enough to finish after the daemon was killed.

use crate::commits::change::{ChangeKind, DiffHunk, HunkContent};
use crate::commits::net::Net;
use crate::commits::plan::{CommitPlan, PlannedPiece, What};
use crate::status::Millis;
use crate::vcs::but::ButStatus;
use crate::vcs::rescue::Rescue;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What is about to be committed, and what the repository looked like.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CommitIntent {
    /// The task's number.
    pub number: i64,
    /// The task's branch.
    pub branch: String,
    /// The whole message.
    pub message: String,
    /// When, on the wall clock, as file systems stamp their files.
    pub at: Millis,
    /// The bytes of every uncommitted path.
    pub rescue: Rescue,
    /// Every applied branch and where it points.
    pub tips: BTreeMap<String, String>,
    /// The branches of the task's own stack: those above move with a commit.
    pub stack: Vec<String>,
    /// The commit that is checked out.
    pub head: String,
    /// Paths that held a conflict already.
    pub conflicted: Vec<String>,
    /// What is to be committed.
    pub wanted: Vec<PlannedPath>,
}

/// One path that is to be committed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlannedPath {
    /// The path.
    pub path: String,
    /// The digest of what lines are to be added and taken; nothing where lines say nothing (a binary, a rename).
    pub net: Option<String>,
    /// Whether an old path goes with it.
    pub renamed: bool,
    /// Whether the commit leaves the file's mode as it is.
    #[serde(default)]
    pub keeps_mode: bool,
}

/// The pieces of a plan as they are to be found in the commit.
pub(super) fn wanted(plan: &CommitPlan, status: &ButStatus, hunks: &[DiffHunk]) -> Vec<PlannedPath> {
    let one = |piece: &PlannedPiece| {
        let renamed = status.change(&piece.path).is_some_and(|change| change.kind == ChangeKind::Renamed);
        let taken = |hunk: &&DiffHunk| match &piece.what {
            What::Whole => true,
            What::Hunks(ids) => ids.contains(&hunk.id),
        };
        let hunks: Vec<&DiffHunk> = hunks.iter().filter(|hunk| hunk.path == piece.path).filter(taken).collect();
        let lines = !renamed && !hunks.is_empty() && hunks.iter().all(|hunk| hunk.content == HunkContent::Lines);
        let (path, keeps_mode) = (piece.path.clone(), plan.modes.contains(&piece.path));
        PlannedPath { path, net: lines.then(|| Net::of_hunks(hunks).digest()), renamed, keeps_mode }
    };
    plan.take.iter().map(one).collect()
}
