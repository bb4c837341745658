//! Files of a discard: taken back to what they are without the task's edits, and brought back.

use super::Permit;
use crate::error::Result;
use crate::paths::Content;
use crate::vcs::git::Git;
use crate::vcs::merge::three_way;
use crate::vcs::rescue::{self, Mode, RescueEntry, Stamp};
use serde::{Deserialize, Serialize};

/// How often a file that somebody writes meanwhile is merged again.
const MERGES: usize = 3;

/// One file that is about to be written.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlannedFile {
    /// Its path.
    pub path: String,
    /// What it is, by which the plan was made.
    pub from: RescueEntry,
    /// What it becomes.
    pub to: RescueEntry,
}

/// Writes the files; the first that is neither what it was planned from nor what it is to become, if there is one.
pub(super) async fn write(git: &Git, files: &[PlannedFile], _permit: &Permit<'_>) -> Result<Option<String>> {
    // What goes makes room: a link where a folder was, and the other way round.
    let (gone, rest): (Vec<&PlannedFile>, Vec<&PlannedFile>) =
        files.iter().partition(|file| file.to == RescueEntry::Absent);
    for file in gone.into_iter().chain(rest) {
        let now = rescue::now(git, &file.path).await?;
        if now.same(&file.to) {
            continue;
        }
        if !now.same(&file.from) || !rescue::replace(git, &file.path, &file.from, &file.to).await? {
            return Ok(Some(file.path.clone()));
        }
    }
    Ok(None)
}

/// Brings the edits of the files back that are between `after` and `edits` below the reference; those that do not fit.
pub(super) async fn bring_back(
    git: &Git,
    files: &[String],
    reference: &str,
    _permit: &Permit<'_>,
) -> Result<Vec<String>> {
    let mut all = Vec::new();
    for file in files {
        let edits = entry_in(git, &format!("{reference}/edits"), file).await?;
        let after = entry_in(git, &format!("{reference}/after"), file).await?;
        all.push((file, edits, after));
    }
    all.sort_by_key(|(_, edits, _)| *edits != RescueEntry::Absent);
    let mut left = Vec::new();
    for (file, edits, after) in all {
        if !bring_one(git, file, &edits, &after).await? {
            left.push(file.clone());
        }
    }
    Ok(left)
}

async fn bring_one(git: &Git, file: &str, edits: &RescueEntry, after: &RescueEntry) -> Result<bool> {
    for _ in 0..MERGES {
        let now = rescue::now(git, file).await?;
        if now.same(edits) {
            return Ok(true);
        }
        let wanted = if now.same(after) { Some(edits.clone()) } else { merged(git, file, &now, after, edits).await? };
        let Some(wanted) = wanted else { return Ok(false) };
        if now.same(&wanted) || rescue::replace(git, file, &now, &wanted).await? {
            return Ok(true);
        }
    }
    Ok(false)
}

/// A file without the edits that were brought back from below that reference; nothing where they cannot be told from
/// what was written since.
pub async fn without(git: &Git, reference: &str, file: &str) -> Result<Option<Content>> {
    let edits = entry_in(git, &format!("{reference}/edits"), file).await?;
    let after = entry_in(git, &format!("{reference}/after"), file).await?;
    let now = rescue::now(git, file).await?;
    let after = rescue::content(git, file, &after).await?;
    if now.same(&edits) {
        return Ok(Some(after));
    }
    let (now, edits) = (rescue::content(git, file, &now).await?, rescue::content(git, file, &edits).await?);
    merge(git, &now, &edits, &after).await
}

async fn merged(
    git: &Git,
    file: &str,
    now: &RescueEntry,
    after: &RescueEntry,
    edits: &RescueEntry,
) -> Result<Option<RescueEntry>> {
    let now = rescue::content(git, file, now).await?;
    let (after, edits) = (rescue::content(git, file, after).await?, rescue::content(git, file, edits).await?);
    match merge(git, &now, &after, &edits).await? {
        Some(content) => rescue::entry_of(git, content).await.map(Some),
        None => Ok(None),
    }
}

/// What `ours` and `theirs` made of `base`, where all three are texts and both fit.
pub(super) async fn merge(git: &Git, ours: &Content, base: &Content, theirs: &Content) -> Result<Option<Content>> {
    let (
        Content::File { bytes: ours, executable },
        Content::File { bytes: base, .. },
        Content::File { bytes: theirs, .. },
    ) = (ours, base, theirs)
    else {
        return Ok(None);
    };
    // A binary file is refused.
    let Ok(merged) = three_way(git, ours, base, theirs).await else { return Ok(None) };
    Ok((merged.conflicts == 0).then_some(Content::File { bytes: merged.bytes, executable: *executable }))
}

/// A path of a tree, with its bytes as they are there.
async fn entry_in(git: &Git, rev: &str, path: &str) -> Result<RescueEntry> {
    Ok(match listed(git, rev, path).await? {
        Some((mode, oid)) => match Mode::of_octal(&mode) {
            Some(mode) => RescueEntry::Kept { mode, oid, stamp: Stamp::default() },
            None => RescueEntry::Absent,
        },
        None => RescueEntry::Absent,
    })
}

/// A path of a commit as git would check it out: with line ends and filters.
pub async fn committed_content(git: &Git, rev: &str, path: &str) -> Result<Content> {
    let Some((mode, oid)) = listed(git, rev, path).await? else { return Ok(Content::Absent) };
    match Mode::of_octal(&mode) {
        None => Ok(Content::Other),
        Some(Mode::Link) => git.bytes(&["cat-file", "blob", &oid]).await.map(Content::Link),
        Some(mode) => {
            let bytes = git.bytes(&["cat-file", "--filters", &format!("--path={path}"), &oid]).await?;
            Ok(Content::File { bytes, executable: mode == Mode::Executable })
        }
    }
}

async fn listed(git: &Git, rev: &str, path: &str) -> Result<Option<(String, String)>> {
    let git = git.clone().literal();
    let entry = git.bytes(&["ls-tree", "-z", "--full-tree", rev, "--", path]).await?;
    let entry = String::from_utf8_lossy(&entry).into_owned();
    let Some((fields, _)) = entry.split_once('\t') else { return Ok(None) };
    let words: Vec<&str> = fields.split(' ').collect();
    Ok(words.get(2).map(|oid| (words[0].to_owned(), (*oid).to_owned())))
}
