//! `but status --json`, both grammars.

use super::refusal::{Refusal, Result};
use crate::commits::change::{ChangeKind, FileChange};
use serde::Deserialize;

/// The workspace: what is uncommitted and what is applied.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ButStatus {
    /// Uncommitted changes, staged ones (old grammar) included.
    pub changes: Vec<FileChange>,
    /// Paths with an unresolved conflict in the working tree.
    pub conflicted: Vec<String>,
    /// Applied stacks, newest first.
    pub stacks: Vec<Stack>,
    /// The commit that all stacks grow from.
    pub base: Option<String>,
}

/// An applied stack.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stack {
    /// Top first.
    pub branches: Vec<Branch>,
}

/// A branch of a stack.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Branch {
    /// Full name, without `refs/heads/`; empty where its reference was deleted.
    pub name: String,
    /// Its own commits, newest first.
    pub commits: Vec<StackCommit>,
    /// `but`'s word: `completelyUnpushed`, `nothingToPush`, `unpushedCommits`, `integrated`, …
    pub status: String,
}

/// A commit of a branch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StackCommit {
    /// Object id.
    pub oid: String,
    /// What stays when it is rewritten; the old grammar has none.
    pub change_id: Option<String>,
    /// Whole message.
    pub message: String,
    /// Whether its tree holds an unresolved conflict.
    pub conflicted: bool,
}

impl ButStatus {
    /// An applied branch.
    pub fn branch(&self, name: &str) -> Option<&Branch> {
        self.branches().find(|branch| branch.name == name)
    }

    /// Every applied branch.
    pub fn branches(&self) -> impl Iterator<Item = &Branch> {
        self.stacks.iter().flat_map(|stack| &stack.branches)
    }

    /// The names of every applied branch that has one.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.branches().map(|branch| branch.name.as_str()).filter(|name| !name.is_empty())
    }

    /// Where an applied branch points as `but` knows it: its newest commit, else that of the next branch below that
    /// has one, else the base.
    pub fn tip(&self, name: &str) -> Option<&str> {
        let stack = self.stacks.iter().find(|stack| stack.branches.iter().any(|branch| branch.name == name))?;
        let below = stack.branches.iter().skip_while(|branch| branch.name != name);
        below.flat_map(|branch| &branch.commits).next().map(|commit| commit.oid.as_str()).or(self.base.as_deref())
    }

    /// An uncommitted change by its path.
    pub fn change(&self, path: &str) -> Option<&FileChange> {
        self.changes.iter().find(|change| change.path == path)
    }

    /// Reads what `but status --json` printed.
    pub fn parse(text: &str) -> Result<ButStatus> {
        let raw: Raw = serde_json::from_str(text).map_err(|error| Refusal::garbage("status", &error, text))?;
        let Some(uncommitted) = raw.uncommitted else {
            return Err(Refusal::garbage("status", &"neither uncommittedChanges nor unassignedChanges", text));
        };
        let mut changes: Vec<FileChange> = uncommitted.into_iter().map(|change| change.staged_for(&[])).collect();
        let mut stacks = Vec::new();
        for stack in raw.stacks {
            let branches: Vec<Branch> = stack.branches.into_iter().map(Branch::from).collect();
            let names: Vec<String> = branches.iter().map(|branch| branch.name.clone()).collect();
            changes.extend(stack.assigned.into_iter().map(|change| change.staged_for(&names)));
            stacks.push(Stack { branches });
        }
        let base = raw.base.map(|base| base.oid).filter(|oid| !oid.is_empty());
        Ok(ButStatus { changes, conflicted: raw.conflicted, stacks, base })
    }
}

#[derive(Deserialize)]
struct Raw {
    #[serde(rename = "uncommittedChanges", alias = "unassignedChanges")]
    uncommitted: Option<Vec<RawChange>>,
    #[serde(rename = "conflictedFiles", default)]
    conflicted: Vec<String>,
    stacks: Vec<RawStack>,
    #[serde(rename = "mergeBase")]
    base: Option<RawBase>,
}

#[derive(Deserialize)]
struct RawBase {
    #[serde(rename = "commitId")]
    oid: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RawChange {
    cli_id: String,
    file_path: String,
    change_type: String,
}

impl RawChange {
    fn staged_for(self, branches: &[String]) -> FileChange {
        let kind = match self.change_type.as_str() {
            "added" => ChangeKind::Added,
            "removed" => ChangeKind::Removed,
            "modified" => ChangeKind::Modified,
            "renamed" => ChangeKind::Renamed,
            _ => ChangeKind::Other,
        };
        FileChange { path: self.file_path, kind, cli_id: self.cli_id, staged_for: branches.to_vec() }
    }
}

#[derive(Deserialize)]
struct RawStack {
    #[serde(rename = "assignedChanges", default)]
    assigned: Vec<RawChange>,
    #[serde(default)]
    branches: Vec<RawBranch>,
}

#[derive(Deserialize)]
struct RawBranch {
    name: Option<String>,
    #[serde(default)]
    commits: Vec<RawCommit>,
    #[serde(rename = "branchStatus", default)]
    status: String,
}

impl From<RawBranch> for Branch {
    fn from(raw: RawBranch) -> Branch {
        let commits = raw.commits.into_iter().map(StackCommit::from).collect();
        Branch { name: raw.name.unwrap_or_default(), commits, status: raw.status }
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RawCommit {
    commit_id: String,
    change_id: Option<String>,
    #[serde(default)]
    message: String,
    conflicted: Option<bool>,
}

impl From<RawCommit> for StackCommit {
    fn from(raw: RawCommit) -> StackCommit {
        StackCommit {
            oid: raw.commit_id,
            change_id: raw.change_id,
            message: raw.message,
            conflicted: raw.conflicted.unwrap_or(false),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NEW: &str = include_str!("../../../tests/fixtures/gitbutler/new/status.json");
    const CONFLICTED: &str = include_str!("../../../tests/fixtures/gitbutler/new/status_conflicted.json");
    const OLD: &str = include_str!("../../../tests/fixtures/gitbutler/old/status_staged.json");

    #[test]
    fn the_new_grammar_is_read() {
        let status = ButStatus::parse(NEW).unwrap();
        let change = status.change("a.txt").unwrap();
        assert_eq!((change.kind, change.cli_id.as_str()), (ChangeKind::Modified, "nk"));
        assert_eq!(status.names().collect::<Vec<_>>(), ["tb", "ta"]);
        assert_eq!(status.tip("tb"), Some("fd766b00f6e67aeaee29e90c58d39e93d477d7ee"));
        let commit = &status.branch("ta").unwrap().commits[0];
        assert_eq!(commit.change_id.as_deref(), Some("wnwtlvvuvwtkmsvypsmoykzslmopxnwm"));
        assert_eq!((commit.message.as_str(), commit.conflicted), ("A: line 3", false));
        assert_eq!(status.base.as_deref(), Some("0e4c9249b4fe3fa66debc5188250d1ab28f33331"));
    }

    #[test]
    fn conflicted_files_are_told() {
        let status = ButStatus::parse(CONFLICTED).unwrap();
        assert_eq!(status.conflicted, ["a.txt", "w.txt"]);
        assert!(status.changes.is_empty());
    }

    #[test]
    fn the_old_grammar_is_read_with_what_it_keeps_staged() {
        let status = ButStatus::parse(OLD).unwrap();
        let staged = |path: &str| status.change(path).unwrap().staged_for.join(" ");
        assert_eq!(staged("a.txt"), "task-a2 task-a");
        assert_eq!(staged("new.txt"), "task-b");
        assert_eq!(status.tip("task-a2"), status.base.as_deref(), "an empty branch points to what is below it");
    }

    #[test]
    fn garbage_is_refused_and_unknown_fields_are_not() {
        for garbage in ["", "null", "[]", "{}", "Initiated a background sync...", r#"{"stacks":[]}"#] {
            assert!(matches!(ButStatus::parse(garbage), Err(Refusal::Garbage(_))), "{garbage}");
        }
        let odd = r#"{"uncommittedChanges":[{"cliId":"x","filePath":"p","changeType":"swapped","new":1}],"stacks":[],"x":{}}"#;
        assert_eq!(ButStatus::parse(odd).unwrap().changes[0].kind, ChangeKind::Other);
    }
}
