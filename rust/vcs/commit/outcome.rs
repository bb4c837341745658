//! What came of a commit.

use crate::commits::plan::Left;
use crate::vcs::but::Refusal;
use serde::{Deserialize, Serialize};

/// What came of a commit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CommitOutcome {
    /// It is on the branch, with what was planned and nothing else.
    Committed(Made),
    /// Nothing of the task's was uncommitted.
    Nothing {
        /// What is uncommitted and not the task's.
        left: Vec<Left>,
    },
    /// Nothing was committed. Every byte is in the tree or in the rescue.
    Trouble(CommitTrouble),
}

/// A commit that was made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Made {
    /// The commit.
    pub oid: String,
    /// What stays when it is rewritten; the old grammar has none.
    pub change_id: Option<String>,
    /// What it changes.
    pub paths: Vec<String>,
    /// What is uncommitted still.
    pub left: Vec<Left>,
    /// How many pieces of the task's did not fit into one command: commit again.
    pub rest: usize,
    /// Paths that somebody wrote while it was made: their bytes stay, those before are in the rescue.
    pub meanwhile: Vec<String>,
    /// The bytes of every path as they were before.
    pub rescue: String,
    /// What did not go well beside it.
    pub trouble: Option<CommitTrouble>,
}

/// Why edits are not committed, for the task's page.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CommitTrouble {
    /// For programs.
    pub kind: TroubleKind,
    /// For people: lower case, no full stop.
    pub text: String,
    /// What to do.
    pub remedy: Option<String>,
    /// The branch above which the task's must be stacked; `Chorus` can do it after asking.
    pub above: Option<String>,
    /// The paths it is about.
    pub paths: Vec<String>,
    /// Where the bytes before are, once anything may have been touched.
    pub rescue: Option<String>,
}

/// Kinds of trouble.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TroubleKind {
    /// Edits build on commits of other branches.
    DependsOn,
    /// The branch was moved by something else than `but`.
    MovedOutside,
    /// The branch is not in the workspace.
    NotApplied,
    /// Files hold conflict markers.
    Conflicted,
    /// The files change faster than they can be committed.
    Changing,
    /// Something could not be put right: look at the paths and the rescue.
    Damaged,
    /// The repository is not in a state to commit (not set up, another branch, no author, …).
    Repository,
    /// A git hook refused.
    Hook,
    /// `but` failed, hung or answered what is not known.
    Tool,
}

impl CommitTrouble {
    pub(super) fn new(kind: TroubleKind, text: impl Into<String>) -> CommitTrouble {
        CommitTrouble { kind, text: text.into(), remedy: None, above: None, paths: Vec::new(), rescue: None }
    }

    pub(super) fn paths(mut self, paths: &[String]) -> CommitTrouble {
        self.paths = paths.to_vec();
        self
    }

    pub(super) fn rescue(mut self, reference: &str) -> CommitTrouble {
        self.rescue = Some(reference.to_owned());
        self
    }

    pub(super) fn remedy(mut self, remedy: impl Into<String>) -> CommitTrouble {
        self.remedy = Some(remedy.into());
        self
    }

    /// What a refusal means for a task's branch.
    pub fn of(refusal: &Refusal, branch: &str) -> CommitTrouble {
        let kind = match refusal {
            Refusal::DependsOn(_) | Refusal::StagedElsewhere(_) => TroubleKind::DependsOn,
            Refusal::MovedOutside(_) => TroubleKind::MovedOutside,
            Refusal::NotApplied(_) => TroubleKind::NotApplied,
            Refusal::CheckoutConflict(_) | Refusal::BadPath(_) | Refusal::NothingToCommit => TroubleKind::Changing,
            Refusal::HookFailed(_) => TroubleKind::Hook,
            Refusal::NoRepository
            | Refusal::SetupRequired
            | Refusal::OtherBranch
            | Refusal::ModeExit
            | Refusal::LinkedWorktree
            | Refusal::AuthorMissing => TroubleKind::Repository,
            _ => TroubleKind::Tool,
        };
        let paths = match refusal {
            Refusal::DependsOn(dependences) => dependences.iter().map(|one| one.path.clone()).collect(),
            Refusal::CheckoutConflict(paths) => paths.clone(),
            _ => Vec::new(),
        };
        let above = refusal.remedy().map(str::to_owned);
        CommitTrouble { kind, text: refusal.to_string(), remedy: refusal.hint(branch), above, paths, rescue: None }
    }
}
