//! What a commit really holds: `but`'s exit code and answer prove neither that it is on the branch nor what is in it.

use super::intent::{CommitIntent, PlannedPath};
use crate::commits::net::Net;
use crate::error::{Error, Result};
use crate::vcs::git::Git;
use crate::vcs::rescue::RescueEntry;
use std::collections::{BTreeMap, BTreeSet};

/// What became of an intent.
#[derive(Debug, Default)]
pub(super) struct Found {
    /// The commit on the branch.
    pub oid: Option<String>,
    /// A commit that `but` named and that is not on the branch.
    pub lost: Option<String>,
    /// Paths it changes.
    pub paths: Vec<String>,
    /// Wanted paths it does not change.
    pub missing: Vec<String>,
    /// Paths it changes otherwise than wanted, or that nobody wanted.
    pub wrong: Vec<String>,
    /// Paths whose mode it changes although it was to stay.
    pub modes: Vec<String>,
}

/// Looks for the commit that `but` named, or without a name for one with the intent's message.
pub(super) async fn inspect(git: &Git, intent: &CommitIntent, named: Option<&str>) -> Result<Found> {
    let before = intent.tips.get(&intent.branch).map(String::as_str).unwrap_or_default();
    let Some(tip) = git.resolve(&format!("refs/heads/{}", intent.branch)).await? else {
        return Ok(Found { lost: named.map(str::to_owned), ..Found::default() });
    };
    let newer = newer(git, before, &tip).await?;
    let oid = match named {
        Some(named) if newer.iter().any(|(oid, _)| oid == named) => Some(named.to_owned()),
        Some(named) => return Ok(Found { lost: Some(named.to_owned()), ..Found::default() }),
        None => newer.into_iter().find(|(_, message)| message.trim() == intent.message.trim()).map(|(oid, _)| oid),
    };
    match oid {
        Some(oid) => compared(git, intent, oid).await,
        None => Ok(Found::default()),
    }
}

/// The commits that `tip` has and `before` has not, with their messages.
async fn newer(git: &Git, before: &str, tip: &str) -> Result<Vec<(String, String)>> {
    if before == tip {
        return Ok(Vec::new());
    }
    let range = if before.is_empty() { tip.to_owned() } else { format!("{before}..{tip}") };
    let text = git.read(&["log", "--format=%H%n%B%x00", "--max-count=200", &range]).await?;
    let one = |entry: &str| {
        let (oid, message) = entry.trim_start().split_once('\n')?;
        Some((oid.to_owned(), message.to_owned()))
    };
    Ok(text.split('\0').filter_map(one).collect())
}

async fn compared(git: &Git, intent: &CommitIntent, oid: String) -> Result<Found> {
    let changes = changes(git, &format!("{oid}^"), &oid).await?;
    let mut blobs: BTreeSet<&str> = BTreeSet::new();
    for change in changes.values() {
        blobs.extend([change.old.as_str(), change.new.as_str()]);
    }
    let contents = contents(git, &blobs).await?;
    let net = |change: &Changed| {
        let of = |oid: &str| contents.get(oid).map(Vec::as_slice).unwrap_or_default();
        Net::of_versions(of(&change.old), of(&change.new)).digest()
    };
    let (mut missing, mut wrong, mut opaque) = (Vec::new(), Vec::new(), Vec::new());
    for wanted in &intent.wanted {
        match (changes.get(&wanted.path), &wanted.net) {
            (None, _) => missing.push(wanted.path.clone()),
            (Some(change), Some(digest)) if *digest != net(change) => wrong.push(wanted.path.clone()),
            (Some(_), Some(_)) => {}
            (Some(change), None) => opaque.extend((!holds(intent, wanted, &change.new)).then_some((wanted, change))),
        }
    }
    if !opaque.is_empty() {
        // A filter of git's may have changed the bytes; a writer is told by what the tree holds now.
        let now = intent.rescue.changed(git).await?;
        let newer =
            |path: &str, oid: &str| matches!(now.get(path), Some(RescueEntry::Kept { oid: real, .. }) if real == oid);
        let written = opaque.iter().filter(|(wanted, change)| newer(&wanted.path, &change.new));
        wrong.extend(written.map(|(wanted, _)| wanted.path.clone()));
    }
    // With a rename its old path goes, and `but` did not say which that is.
    let mut renames = intent.wanted.iter().filter(|wanted| wanted.renamed).count();
    for (path, change) in &changes {
        if intent.wanted.iter().any(|wanted| wanted.path == *path) {
            continue;
        }
        if change.is_removal() && renames > 0 {
            renames -= 1;
        } else {
            wrong.push(path.clone());
        }
    }
    let keeps = |path: &String| intent.wanted.iter().any(|wanted| wanted.keeps_mode && wanted.path == *path);
    let changed = changes.iter().filter(|(path, change)| change.changes_mode() && keeps(path));
    let modes = changed.map(|(path, _)| path.clone()).collect();
    Ok(Found { oid: Some(oid), lost: None, paths: changes.into_keys().collect(), missing, wrong, modes })
}

/// Whether a committed object is what the tree held before.
fn holds(intent: &CommitIntent, wanted: &PlannedPath, oid: &str) -> bool {
    match intent.rescue.entries.get(&wanted.path) {
        Some(RescueEntry::Kept { oid: before, .. }) => before == oid,
        _ => true,
    }
}

struct Changed {
    modes: (String, String),
    old: String,
    new: String,
}

impl Changed {
    fn changes_mode(&self) -> bool {
        self.modes.0 != self.modes.1
    }

    fn is_removal(&self) -> bool {
        self.new.bytes().all(|b| b == b'0')
    }
}

/// What differs between two trees, by path.
async fn changes(git: &Git, old: &str, new: &str) -> Result<BTreeMap<String, Changed>> {
    let args = ["diff-tree", "-r", "-z", "--raw", "--no-renames", "--no-abbrev", old, new];
    let bytes = git.bytes(&args).await?;
    let text = String::from_utf8_lossy(&bytes);
    let mut parts = text.split('\0');
    let mut changes = BTreeMap::new();
    while let (Some(facts), Some(path)) = (parts.next(), parts.next()) {
        let words: Vec<&str> = facts.split(' ').collect();
        let [before, after, old, new, _] = words[..] else {
            return Err(Error::internal(format!("git diff-tree answered {facts:?}")));
        };
        let modes = (before.trim_start_matches(':').to_owned(), after.to_owned());
        changes.insert(path.to_owned(), Changed { modes, old: old.to_owned(), new: new.to_owned() });
    }
    Ok(changes)
}

/// The bytes of objects; none for those that are no blobs.
async fn contents(git: &Git, oids: &BTreeSet<&str>) -> Result<BTreeMap<String, Vec<u8>>> {
    let input: String = oids.iter().map(|oid| format!("{oid}\n")).collect();
    if input.is_empty() {
        return Ok(BTreeMap::new());
    }
    let output = git.feed(&["cat-file", "--batch"], input.into_bytes()).await?;
    let mut found = BTreeMap::new();
    let mut rest = output.as_slice();
    while let Some(end) = rest.iter().position(|byte| *byte == b'\n') {
        let header = String::from_utf8_lossy(&rest[..end]).into_owned();
        rest = &rest[end + 1..];
        let words: Vec<&str> = header.split(' ').collect();
        let [oid, kind, size] = words[..] else { continue };
        let size = size.parse::<usize>().unwrap_or(0).min(rest.len());
        if kind == "blob" {
            found.insert(oid.to_owned(), rest[..size].to_vec());
        }
        rest = rest.get(size + 1..).unwrap_or_default();
    }
    Ok(found)
}
