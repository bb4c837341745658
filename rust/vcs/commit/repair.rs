//! What `but` damaged in the working tree is put right; what somebody else wrote meanwhile stays.

use super::intent::CommitIntent;
use super::{CommitPlace, index};
use crate::error::Result;
use crate::foreign::fs;
use crate::paths::Content;
use crate::status::Millis;
use crate::vcs::but::ButStatus;
use crate::vcs::git::Git;
use crate::vcs::look;
use crate::vcs::merge::three_way;
use crate::vcs::rescue::{self, Mode, RescueEntry, Stamp};
use std::collections::BTreeSet;
use std::os::unix::fs::MetadataExt;

/// How long after an intent a change may still be `but`'s doing.
const DOING: Millis = 120_000;

/// What was found and done.
#[derive(Debug, Default)]
pub(super) struct Repaired {
    /// Put back to what they were.
    pub written: Vec<String>,
    /// Written by somebody else meanwhile; left as they are.
    pub meanwhile: Vec<String>,
    /// Holding conflict markers that could not be taken out again.
    pub conflicted: Vec<String>,
    /// Where the damaged bytes are, if any.
    pub damaged: Option<String>,
}

/// How `but` ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ButEnd {
    /// It answered, and the commit is on the branch.
    Well,
    /// It answered, and there is no commit.
    Without,
    /// It was killed, or the daemon was.
    Cut,
}

/// Puts every path of the intent right. Of `wrong` ones the commit holds what somebody wrote meanwhile.
pub(super) async fn repair(
    place: CommitPlace<'_>,
    intent: &CommitIntent,
    status: &ButStatus,
    end: ButEnd,
    wrong: &[String],
) -> Result<Repaired> {
    let git = place.git;
    let changed = intent.rescue.changed(git).await?;
    let mut done = Repaired::default();
    let fresh: Vec<&String> = status.conflicted.iter().filter(|path| !intent.conflicted.contains(path)).collect();
    if changed.is_empty() && fresh.is_empty() {
        return Ok(done);
    }
    let mut touched: BTreeSet<String> = changed.keys().cloned().collect();
    touched.extend(fresh.iter().map(|path| (*path).clone()));
    // Whatever is replaced below can be had again.
    done.damaged = Some(rescue::keep(git, &touched, intent.number).await?.reference);
    for path in &fresh {
        match unmerged(git, path).await? {
            Some((mode, oid)) => {
                let now = rescue::now(git, path).await?;
                let ours = RescueEntry::Kept { mode, oid, stamp: Stamp::default() };
                rescue::replace(git, path, &now, &ours).await?;
                done.meanwhile.push((*path).clone());
            }
            None => done.conflicted.push((*path).clone()),
        }
    }
    index::settle(git, &done.meanwhile).await?;
    for (path, now) in &changed {
        if fresh.contains(&path) {
            continue;
        }
        let commits: &[&str] = if wrong.contains(path) { &[&intent.head] } else { &[&intent.head, "HEAD"] };
        if is_buts(git, intent, path, now, end, commits).await? && intent.rescue.write_back(git, path, now).await? {
            done.written.push(path.clone());
        } else {
            done.meanwhile.push(path.clone());
        }
    }
    Ok(done)
}

/// Whether what is there now is `but`'s doing: the file of one of `commits`, which are or were checked out, or nothing.
async fn is_buts(
    git: &Git,
    intent: &CommitIntent,
    path: &str,
    now: &RescueEntry,
    end: ButEnd,
    commits: &[&str],
) -> Result<bool> {
    if end == ButEnd::Cut && !is_of_then(git, intent.at, path).await? {
        return Ok(false);
    }
    match now {
        RescueEntry::Absent => Ok(end != ButEnd::Well),
        RescueEntry::Watched { .. } => Ok(false),
        RescueEntry::Kept { .. } => {
            // Read by us: git gives up on a file that somebody writes meanwhile.
            let Content::File { bytes, .. } = rescue::content(git, path, now).await? else { return Ok(false) };
            // Where its filter fails, nobody can say: it stays as it is.
            let stored = git.feed(&["hash-object", "--stdin", "--path", path], bytes).await;
            let Ok(stored) = stored else { return Ok(false) };
            let stored = String::from_utf8_lossy(&stored).trim().to_owned();
            for commit in commits {
                let there = git.find(&["rev-parse", "--verify", "--quiet", &format!("{commit}:{path}")]).await?;
                if there.as_deref() == Some(stored.as_str()) {
                    return Ok(true);
                }
            }
            Ok(false)
        }
    }
}

/// Whether the path was changed near the intent: the daemon may come back long after it was killed, and the agents
/// went on meanwhile.
pub(in crate::vcs) async fn is_of_then(git: &Git, at: Millis, path: &str) -> Result<bool> {
    let facts = look(git.folder.join(path), |full| {
        fs::symlink_metadata(&full).or_else(|_| fs::metadata(full.parent().unwrap_or(&full)))
    });
    // A folder that is gone went with its last file.
    Ok(facts.await?.map_or(true, |facts| facts.ctime() * 1000 <= at + DOING))
}

/// The bytes that were in the tree before `but` merged its own into them: a file written while it was committed. Only
/// where nobody edited the result since.
async fn unmerged(git: &Git, path: &str) -> Result<Option<(Mode, String)>> {
    let stages = git.bytes(&["ls-files", "-u", "-z", "--", path]).await?;
    let stages = String::from_utf8_lossy(&stages).into_owned();
    let stage = |number: &str| {
        let of = |entry: &str| {
            let (facts, _) = entry.split_once('\t')?;
            let words: Vec<&str> = facts.split(' ').collect();
            (words.get(2) == Some(&number)).then(|| (words[0].to_owned(), words[1].to_owned()))
        };
        stages.split('\0').find_map(of)
    };
    let (Some((mode, ours)), Some((_, theirs))) = (stage("2"), stage("3")) else { return Ok(None) };
    let Some(mode) = Mode::of_octal(&mode) else { return Ok(None) };
    let base = match stage("1") {
        Some((_, oid)) => git.bytes(&["cat-file", "blob", &oid]).await?,
        None => Vec::new(),
    };
    let side = async |oid: &str| git.bytes(&["cat-file", "blob", oid]).await;
    let merged = three_way(git, &side(&ours).await?, &base, &side(&theirs).await?).await?.bytes;
    let now = rescue::content(git, path, &rescue::now(git, path).await?).await?;
    if !matches!(now, Content::File { bytes, .. } if bytes == merged) {
        return Ok(None);
    }
    // As git would check it out: with the line ends and filters of the tree.
    let Ok(bytes) = git.bytes(&["cat-file", "--filters", &format!(":2:{path}")]).await else { return Ok(None) };
    if bytes.is_empty() {
        return Ok(Some((mode, ours)));
    }
    let oid = git.feed(&["hash-object", "-w", "--stdin"], bytes).await?;
    Ok(Some((mode, String::from_utf8_lossy(&oid).trim().to_owned())))
}
