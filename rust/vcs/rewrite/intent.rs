//! What is about to be done, written down before it is: enough to finish it after the daemon was killed.

use super::PlannedFile;
use crate::status::Millis;
use crate::vcs::commit::CommitIntent;
use crate::vcs::rescue::Rescue;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

/// What is about to be done for a task.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Intent {
    /// A commit to its stack.
    Commit(Box<CommitIntent>),
    /// Anything else in the shared tree.
    Rewrite(Box<RewriteIntent>),
    /// The removal of its worktree.
    RemoveWorktree(Box<RemoveIntent>),
    /// Its discarded worktree is brought back from that reference.
    RestoreWorktree {
        /// Where it is kept.
        reference: String,
    },
}

/// What is about to be done in the shared tree, and what the repository looked like.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RewriteIntent {
    /// The task's number.
    pub number: i64,
    /// When, on the wall clock, as file systems stamp their files.
    pub at: Millis,
    /// What.
    pub action: Action,
    /// The bytes of every uncommitted path.
    pub rescue: Rescue,
    /// Every applied branch and where it pointed.
    pub tips: BTreeMap<String, String>,
    /// The commit that was checked out.
    pub head: String,
}

impl RewriteIntent {
    /// Of a discard: that what it took away so far is brought back.
    pub fn undoing(&self) -> Option<RewriteIntent> {
        let Action::Discard { branch, reference, files } = &self.action else { return None };
        let files = files.iter().map(|file| file.path.clone()).collect();
        let action = Action::Restore { branch: branch.clone(), reference: reference.clone(), files };
        Some(RewriteIntent { action, ..self.clone() })
    }

    /// The reference below which everything of a discard is; else the rescue.
    pub fn kept_in(&self) -> &str {
        match &self.action {
            Action::Discard { reference, .. } | Action::Restore { reference, .. } => reference,
            _ => &self.rescue.reference,
        }
    }
}

/// What is done in the shared tree.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Action {
    /// The branch is stacked above another.
    MoveAbove {
        /// Which.
        branch: String,
        /// Above which.
        above: String,
    },
    /// The branch is brought into the workspace.
    Apply {
        /// Which.
        branch: String,
    },
    /// The branch is taken out of the workspace and brought in again, which reads where it points now.
    Reapply {
        /// Which.
        branch: String,
    },
    /// A branch without commits is deleted.
    DropEmpty {
        /// Which.
        branch: String,
    },
    /// A branch that shows another's commits is moved, out of the workspace, and brought in.
    Preview {
        /// The branch that shows.
        branch: String,
        /// The commit it is to point to.
        commit: String,
        /// Where it pointed before.
        before: Option<String>,
    },
    /// The task's edits are taken out of the files and its branch is deleted.
    Discard {
        /// The task's branch.
        branch: String,
        /// Below it: `tip`, the branch; `edits` and `after`, the files with the task's edits and without.
        reference: String,
        /// The files.
        files: Vec<PlannedFile>,
    },
    /// What was discarded is brought back.
    Restore {
        /// The task's branch.
        branch: String,
        /// Where it is kept.
        reference: String,
        /// The files.
        files: Vec<String>,
    },
}

impl Action {
    /// The files that it is for.
    pub(super) fn files(&self) -> BTreeSet<&str> {
        match self {
            Action::Discard { files, .. } => files.iter().map(|file| file.path.as_str()).collect(),
            Action::Restore { files, .. } => files.iter().map(String::as_str).collect(),
            _ => BTreeSet::new(),
        }
    }

    /// The branch that is not to be in the workspace afterwards.
    pub(super) fn goes(&self) -> Option<&str> {
        match self {
            Action::Discard { branch, .. } | Action::DropEmpty { branch } => Some(branch),
            _ => None,
        }
    }
}

/// A worktree that is about to be removed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RemoveIntent {
    /// Where it is.
    pub folder: PathBuf,
    /// Where it is put first, so that nobody finds it any more.
    pub aside: PathBuf,
    /// The branch's tip.
    pub tip: Option<String>,
    /// The reference that keeps everything of it, where it is removed with its edits.
    pub kept: Option<String>,
    /// Whether it is removed with its edits and commits.
    pub discards: bool,
    /// Whether it was looked at again, or cannot be: then nothing brings it back.
    pub is_sure: bool,
    /// Whether it is looked at for the last time where it is, and put aside only then.
    #[serde(default)]
    pub in_place: bool,
    /// Repositories in it that are put where nothing deletes them, by their paths in it.
    #[serde(default)]
    pub repositories: Vec<PathBuf>,
}

impl Intent {
    /// References whose objects may be needed to finish it.
    pub fn references(&self) -> Vec<String> {
        match self {
            Intent::Commit(intent) => vec![intent.rescue.reference.clone()],
            Intent::Rewrite(intent) => {
                let discarded = match &intent.action {
                    Action::Discard { reference, .. } | Action::Restore { reference, .. } => Some(reference.clone()),
                    _ => None,
                };
                std::iter::once(intent.rescue.reference.clone()).chain(discarded).collect()
            }
            Intent::RemoveWorktree(intent) => intent.kept.iter().cloned().collect(),
            Intent::RestoreWorktree { reference } => vec![reference.clone()],
        }
    }
}
