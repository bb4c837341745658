//! What is remembered between commands: `.git/gitbutler/standin.json`.

use super::answer::Refusal;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::Path;

/// The workspace of one repository.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct State {
    /// What everything is based on.
    pub target: Target,
    /// Applied stacks, newest first.
    pub stacks: Vec<Stack>,
    /// The workspace commit as last made.
    pub workspace: String,
    /// Counts changes; short ids are made from it, so that they differ after each.
    pub generation: u64,
    /// Paths staged to a stack (old grammar only), by the stack's id.
    pub staged: BTreeMap<String, String>,
    /// Files where git's own index was left behind, and what it holds for them: mode and blob.
    pub stale: BTreeMap<String, (String, String)>,
    /// Snapshots before each operation, newest first.
    pub oplog: Vec<Snapshot>,
    /// Snapshots before each undo, newest first.
    pub undone: Vec<Snapshot>,
}

/// The branch that everything is based on.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Target {
    /// `gb-local` or `origin`.
    pub remote: String,
    /// `main`.
    pub branch: String,
    /// The commit.
    pub commit: String,
}

/// Branches on top of each other.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Stack {
    /// UUID; lasts.
    pub id: String,
    /// Top first.
    pub branches: Vec<Branch>,
}

/// A branch and where this program put it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Branch {
    /// Short name.
    pub name: String,
    /// The commit.
    pub tip: String,
}

/// What undo brings back.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Snapshot {
    /// Looks like a commit.
    pub id: String,
    /// Milliseconds since 1970.
    pub created_at: u64,
    /// `CreateCommit`, `CreateBranch`…
    pub operation: String,
    /// Trailers of the operation.
    pub trailers: Vec<(String, String)>,
    /// The base then.
    pub target: Target,
    /// The stacks then.
    pub stacks: Vec<Stack>,
    /// Local branches then: full names, commits.
    pub references: BTreeMap<String, String>,
    /// The working tree then, uncommitted and untracked files too.
    pub worktree: String,
}

/// The state that is about to be remembered.
const NEXT: &str = "gitbutler/standin.new";

impl State {
    /// Reads it; nothing when the repository was never set up.
    pub fn load(folder: &Path) -> Result<Option<State>, Refusal> {
        match std::fs::read(folder.join("gitbutler/standin.json")) {
            Ok(bytes) => serde_json::from_slice(&bytes).map(Some).map_err(|error| Refusal::text(error.to_string())),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// Writes it, whole or not at all.
    pub fn save(&self, folder: &Path) -> Result<(), Refusal> {
        self.prepare(folder)?;
        Ok(std::fs::rename(folder.join(NEXT), folder.join("gitbutler/standin.json"))?)
    }

    /// Writes it beside the old one, for [`State::load_next`].
    pub fn prepare(&self, folder: &Path) -> Result<(), Refusal> {
        Ok(std::fs::write(folder.join(NEXT), serde_json::to_vec(self).expect("plain data"))?)
    }

    /// The state of one that was killed after it wrote this workspace and before it remembered it.
    pub fn load_next(folder: &Path, workspace: &str) -> Option<State> {
        let state: State = serde_json::from_slice(&std::fs::read(folder.join(NEXT)).ok()?).ok()?;
        (state.workspace == workspace).then_some(state)
    }

    /// Every branch with its stack's place.
    pub fn branches(&self) -> impl Iterator<Item = (usize, usize, &Branch)> {
        self.stacks
            .iter()
            .enumerate()
            .flat_map(|(stack, value)| value.branches.iter().enumerate().map(move |(at, branch)| (stack, at, branch)))
    }

    /// A branch's place: which stack, how far from its top.
    pub fn find(&self, name: &str) -> Option<(usize, usize)> {
        self.branches().find(|(_, _, branch)| branch.name == name).map(|(stack, at, _)| (stack, at))
    }

    /// The commit below a branch's own commits.
    pub fn base_of(&self, stack: usize, at: usize) -> &str {
        self.stacks[stack].branches.get(at + 1).map_or(&self.target.commit, |below| &below.tip)
    }
}

impl Stack {
    /// A stack of one branch.
    pub fn new(name: &str, tip: &str, seed: u64) -> Stack {
        let branch = Branch { name: name.to_owned(), tip: tip.to_owned() };
        Stack { id: uuid(&format!("{name}{tip}{seed}")), branches: vec![branch] }
    }

    /// The top commit.
    pub fn tip(&self) -> &str {
        &self.branches[0].tip
    }
}

fn uuid(seed: &str) -> String {
    let hex = super::ids::hex(seed.as_bytes());
    format!("{}-{}-4{}-8{}-{}", &hex[..8], &hex[8..12], &hex[13..16], &hex[17..20], &hex[20..32])
}
