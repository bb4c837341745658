//! The exact bytes of uncommitted paths, kept as git objects under `refs/chorus/rescue/<task>/<millis>`.
//!
//! Kept before everything that may damage the working tree; what was damaged is written back from here.

mod entry;
mod put;
mod sweep;
mod write;

pub use entry::{Mode, RescueEntry, Stamp};
pub(super) use put::{remove, write_object};
pub use sweep::sweep;

use crate::error::{Error, Result};
use crate::paths::Content;
use crate::status::Millis;
use crate::vcs::git::Git;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// Where rescues are.
const UNDER: &str = "refs/chorus/rescue/";

/// Where discarded branches are.
const DISCARDED: &str = "refs/chorus/discarded/";

/// How long a discarded branch is kept that no task can bring back any more: 90 days.
const DISCARDED_FOR: Millis = 90 * 24 * 60 * 60 * 1000;

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

/// Works in a working tree beside the daemon's one thread: its file system may not answer.
async fn beside<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T> {
    tokio::task::spawn_blocking(work).await.map_err(Error::internal)
}

/// The name of a rescue that is made now.
pub(super) fn name(number: i64) -> String {
    format!("{UNDER}{number}/{}", crate::clock::now())
}

/// Keeps the paths as they are now, for task `number`. What is neither a file nor a link (a nested repository, a pipe)
/// and what is larger than 64 MiB is watched and not kept.
pub async fn keep(git: &Git, paths: &BTreeSet<String>, number: i64) -> Result<Rescue> {
    let git = &git.clone().durable();
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
        let (root, entries) = (git.folder.clone(), self.entries.clone());
        let moved = beside(move || {
            let touched = entries.into_iter().filter(|(path, before)| !before.is_untouched(&root, path));
            touched.map(|(path, _)| path).collect::<BTreeSet<String>>()
        });
        let moved = moved.await?;
        if moved.is_empty() {
            return Ok(BTreeMap::new());
        }
        // What is there now may be replaced, so it is kept, too.
        let now = entry::read(git, &moved, true).await?;
        Ok(now
            .into_iter()
            .filter(|(path, now)| self.entries.get(path).is_none_or(|before| !before.same(now)))
            .collect())
    }

    /// Puts a path back to what it was, where it is still `now`; false where somebody wrote it meanwhile.
    pub async fn write_back(&self, git: &Git, path: &str, now: &RescueEntry) -> Result<bool> {
        match self.entries.get(path) {
            Some(entry) => write::replace(git, path, now, entry).await,
            None => Err(Error::internal(format!("{path} is not in {}", self.reference))),
        }
    }
}

/// Paths as they are now, nothing kept.
pub(in crate::vcs) async fn read(git: &Git, paths: &BTreeSet<String>) -> Result<BTreeMap<String, RescueEntry>> {
    entry::read(git, paths, false).await
}

/// One path as it is now, with its bytes kept as an object.
pub async fn now(git: &Git, path: &str) -> Result<RescueEntry> {
    let entries = entry::read(git, &BTreeSet::from([path.to_owned()]), true).await?;
    Ok(entries.into_values().next().unwrap_or(RescueEntry::Absent))
}

/// What an entry says is there, with its bytes.
pub async fn content(git: &Git, path: &str, entry: &RescueEntry) -> Result<Content> {
    write::content(git, path, entry).await
}

/// Puts `new` in the place of `expected`; false where something else is there, which then stays.
pub async fn replace(git: &Git, path: &str, expected: &RescueEntry, new: &RescueEntry) -> Result<bool> {
    write::replace(git, path, expected, new).await
}

/// An entry for bytes that are nowhere yet: they become an object.
pub async fn entry_of(git: &Git, content: Content) -> Result<RescueEntry> {
    let (mode, bytes) = match content {
        Content::Absent => return Ok(RescueEntry::Absent),
        Content::Other => return Err(Error::internal("only files and links can be kept")),
        Content::Link(target) => (Mode::Link, target),
        Content::File { bytes, executable } => (if executable { Mode::Executable } else { Mode::File }, bytes),
    };
    let oid = entry::hash_bytes(git, bytes, true).await?;
    Ok(RescueEntry::Kept { mode, oid, stamp: Stamp::default() })
}

/// Puts a reference on a commit whose tree holds these entries.
pub async fn keep_under(
    git: &Git,
    reference: &str,
    entries: &BTreeMap<String, RescueEntry>,
    number: i64,
) -> Result<()> {
    let git = &git.clone().durable();
    let commit = commit(git, entries, number).await?;
    git.read(&["update-ref", reference, &commit]).await.map(drop)
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

/// Drops rescues that are older than 14 days, of each task all but the newest 50, and discarded branches that are older
/// than 90 days; never what `named` names, or what is below it. How many went.
pub async fn prune(git: &Git, now: Millis, named: &BTreeSet<String>) -> Result<usize> {
    let mut gone: Vec<String> = spent(list(git).await?, now, named).into_iter().map(|one| one.reference).collect();
    let discarded = git.read(&["for-each-ref", "--format=%(refname)", DISCARDED]).await?;
    gone.extend(discarded.lines().filter(|reference| is_over(reference, now, named)).map(str::to_owned));
    if gone.is_empty() {
        return Ok(0);
    }
    let input: String = gone.iter().map(|reference| format!("delete {reference}\n")).collect();
    git.feed(&["update-ref", "--stdin"], input.into_bytes()).await?;
    Ok(gone.len())
}

/// Whether the time of that reference of a discard is over, which has this name (`NUMBER-MILLIS`).
pub fn is_discard_over(name: &str, now: Millis, named: &BTreeSet<String>) -> bool {
    is_over(&format!("{DISCARDED}{name}"), now, named)
}

/// `refs/chorus/discarded/NUMBER-MILLIS`, with or without something below.
fn is_over(reference: &str, now: Millis, named: &BTreeSet<String>) -> bool {
    let Some(rest) = reference.strip_prefix(DISCARDED) else { return false };
    let name = rest.split('/').next().unwrap_or(rest);
    let at: Option<Millis> = name.split_once('-').and_then(|(_, at)| at.parse().ok());
    at.is_some_and(|at| now - at > DISCARDED_FOR) && !named.contains(&format!("{DISCARDED}{name}"))
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
