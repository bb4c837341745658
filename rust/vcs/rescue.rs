//! The exact bytes of uncommitted paths, kept as git objects under `refs/chorus/rescue/<task>/<millis>`.
//!
//! Kept before everything that may damage the working tree; what was damaged is written back from here.

mod entry;
mod write;

pub use entry::{Mode, RescueEntry, Stamp};

use crate::error::{Error, Result};
use crate::status::Millis;
use crate::vcs::git::Git;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// Where rescues are.
const UNDER: &str = "refs/chorus/rescue/";

/// How many of a task are kept at most.
const KEPT: usize = 50;

/// How long one is kept at most: 14 days.
const LONGEST: Millis = 14 * 24 * 60 * 60 * 1000;

/// What was kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rescue {
    /// The reference, a commit without parents whose tree holds the bytes under their paths.
    pub reference: String,
    /// Each path as it was.
    pub entries: BTreeMap<String, RescueEntry>,
}

/// A kept rescue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListedRescue {
    /// Its reference.
    pub reference: String,
    /// Of this task, by number.
    pub number: i64,
    /// When.
    pub at: Millis,
}

/// Keeps the paths as they are now, for task `number`. What is neither a file nor a link (a nested repository, a pipe)
/// and what is larger than 64 MiB is watched and not kept.
pub async fn keep(git: &Git, paths: &BTreeSet<String>, number: i64) -> Result<Rescue> {
    let entries = entry::read(git, paths, true).await?;
    let commit = commit(git, &entries, number).await?;
    let mut at = crate::clock::now();
    loop {
        let reference = format!("{UNDER}{number}/{at}");
        // Created only where there is none.
        let zero = "0".repeat(commit.len());
        if git.succeeds(&["update-ref", &reference, &commit, &zero]).await? {
            return Ok(Rescue { reference, entries });
        }
        if git.find(&["rev-parse", "--verify", "--quiet", &reference]).await?.is_none() {
            return Err(Error::internal(format!("cannot keep {reference}")).hint("is the repository writable?"));
        }
        at += 1;
    }
}

async fn commit(git: &Git, entries: &BTreeMap<String, RescueEntry>, number: i64) -> Result<String> {
    let dir = tempfile::tempdir().map_err(|error| Error::internal(format!("cannot make a folder: {error}")))?;
    let index = dir.path().join("index");
    let mut input = Vec::new();
    for (path, entry) in entries {
        if let RescueEntry::Kept { mode, oid, .. } = entry {
            input.extend_from_slice(format!("{} {oid}\t{path}\0", mode.octal()).as_bytes());
        }
    }
    let git = git.clone().with("GIT_INDEX_FILE", index).as_chorus();
    if !input.is_empty() {
        git.feed(&["update-index", "-z", "--index-info"], input).await?;
    }
    let tree = git.read(&["write-tree"]).await?;
    let absent = entries
        .iter()
        .filter(|(_, entry)| **entry == RescueEntry::Absent)
        .map(|(path, _)| format!("absent: {path:?}\n"));
    let message = format!("Uncommitted edits before a commit of #{number}\n\n{}", absent.collect::<String>());
    let commit = git.feed(&["commit-tree", &tree], message.into_bytes()).await?;
    Ok(String::from_utf8_lossy(&commit).trim().to_owned())
}

impl Rescue {
    /// The paths that are not now what they were, and what they are.
    pub async fn changed(&self, git: &Git) -> Result<BTreeMap<String, RescueEntry>> {
        let mut moved = BTreeSet::new();
        for (path, before) in &self.entries {
            if !before.is_untouched(&git.folder.join(path)) {
                moved.insert(path.clone());
            }
        }
        if moved.is_empty() {
            return Ok(BTreeMap::new());
        }
        let now = entry::read(git, &moved, false).await?;
        Ok(now
            .into_iter()
            .filter(|(path, now)| self.entries.get(path).is_none_or(|before| !before.same(now)))
            .collect())
    }

    /// Puts a path back to what it was, at once (a file beside it, then a rename).
    pub async fn write_back(&self, git: &Git, path: &str) -> Result<()> {
        match self.entries.get(path) {
            Some(entry) => write::write(git, path, entry).await,
            None => Err(Error::internal(format!("{path} is not in {}", self.reference))),
        }
    }
}

/// Paths as they are now, nothing kept.
pub(super) async fn read(git: &Git, paths: &BTreeSet<String>) -> Result<BTreeMap<String, RescueEntry>> {
    entry::read(git, paths, false).await
}

/// Puts a path to the bytes of an object.
pub(super) async fn write_object(git: &Git, path: &str, mode: Mode, oid: &str) -> Result<()> {
    write::write(git, path, &RescueEntry::Kept { mode, oid: oid.to_owned(), stamp: Stamp::default() }).await
}

/// Removes a path, if it is there.
pub(super) async fn remove(git: &Git, path: &str) -> Result<()> {
    write::write(git, path, &RescueEntry::Absent).await
}

/// Every kept rescue, oldest first.
pub async fn list(git: &Git) -> Result<Vec<ListedRescue>> {
    let text = git.read(&["for-each-ref", "--format=%(refname)", UNDER]).await?;
    let mut all: Vec<ListedRescue> = text.lines().filter_map(listed).collect();
    all.sort_by_key(|one| one.at);
    Ok(all)
}

fn listed(reference: &str) -> Option<ListedRescue> {
    let (number, at) = reference.strip_prefix(UNDER)?.split_once('/')?;
    Some(ListedRescue { reference: reference.to_owned(), number: number.parse().ok()?, at: at.parse().ok()? })
}

/// Drops what is older than 14 days, and of each task all but the newest 50; never what `named` names (a trouble that
/// is still open). How many went.
pub async fn prune(git: &Git, now: Millis, named: &BTreeSet<String>) -> Result<usize> {
    let gone = spent(list(git).await?, now, named);
    if gone.is_empty() {
        return Ok(0);
    }
    let input: String = gone.iter().map(|one| format!("delete {}\n", one.reference)).collect();
    git.feed(&["update-ref", "--stdin"], input.into_bytes()).await?;
    Ok(gone.len())
}

fn spent(mut all: Vec<ListedRescue>, now: Millis, named: &BTreeSet<String>) -> Vec<ListedRescue> {
    all.sort_by_key(|one| std::cmp::Reverse(one.at));
    let mut seen: BTreeMap<i64, usize> = BTreeMap::new();
    all.retain(|one| {
        let newer = seen.entry(one.number).or_default();
        *newer += 1;
        (*newer > KEPT || now - one.at > LONGEST) && !named.contains(&one.reference)
    });
    all
}

#[cfg(test)]
mod tests;
