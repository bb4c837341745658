//! What a discard makes of each file: the file without the task's edits.

use crate::commits::change::{ChangeKind, DiffHunk, FileChange, HunkContent};
use crate::commits::without::{Replaced, without};
use crate::contract::Code;
use crate::core::Core;
use crate::error::{Error, Result};
use crate::foreign;
use crate::ops::branches::uncommitted::Uncommitted;
use crate::ops::branches::upstream;
use crate::ops::edits;
use crate::paths::{Content, link_above};
use crate::task::Task;
use crate::vcs::but::But;
use crate::vcs::commit::CommitPlace;
use crate::vcs::git::Git;
use crate::vcs::rescue::{self, Rescue, RescueEntry};
use crate::vcs::rewrite::{self as vcs, PlannedFile, committed_content};
use std::collections::{BTreeMap, BTreeSet};

/// The files as they are and as they become without the task's edits, from the bytes that were kept; nothing where the
/// tree is another by the time the hunks are read.
pub(super) async fn plan(
    core: &Core,
    task: &Task,
    but: &But,
    place: CommitPlace<'_>,
) -> Result<Option<(vcs::Kept, Vec<PlannedFile>)>> {
    let git = place.git;
    // Only under the lock: until it was held others may have committed, and written.
    edits::reconcile(core, &task.project).await?;
    let status = but.status().await?;
    upstream::follow(core, &task.project, but, &status).await;
    // Old paths of what was renamed, which `but` does not name.
    let ledgers = core.read(&task.project, |tx, project| tx.ledgers(project)).await?;
    let known: BTreeSet<String> = ledgers.into_iter().map(|(path, _)| path).collect();
    let kept = vcs::keep(place, task.number, &known).await?;
    let uncommitted = Uncommitted::read(core, &task.project, but, status).await?;
    let mut mine: Vec<(FileChange, Vec<DiffHunk>)> = by_file(uncommitted.of(&task.uuid));
    // Under a new name there is nothing to go back to: the file stays as long as others have edits in it.
    mine.retain(|(change, _)| change.kind != ChangeKind::Renamed || uncommitted.is_all(&change.path, &task.uuid));
    let mut files = Vec::new();
    for (change, hunks) in &mine {
        match planned(git, &kept.rescue, change, hunks).await? {
            Some(file) => files.push(file),
            None => return Ok(None),
        }
    }
    for path in uncommitted.moved_away(&task.uuid) {
        let committed = committed_content(git, "HEAD", &path).await?;
        if committed != Content::Absent && files.iter().all(|file| file.path != path) {
            let from = kept.rescue.entries.get(&path).cloned().unwrap_or(RescueEntry::Absent);
            files.push(PlannedFile { path, from, to: rescue::entry_of(git, committed).await? });
        }
    }
    for file in &files {
        refuse_what_is_not_kept(git, file, &files).await?;
    }
    Ok(Some((kept, files)))
}

/// What is not kept cannot be taken away, and what is below a link not written, unless the link goes with it.
async fn refuse_what_is_not_kept(git: &Git, file: &PlannedFile, files: &[PlannedFile]) -> Result<()> {
    let no = |why: String, hint: &str| Err(Error::new(Code::VcsRefused, format!("cannot discard {why}")).hint(hint));
    if matches!(file.from, RescueEntry::Watched { .. }) {
        return no(format!("{}: it is too large to be kept, or no file", file.path), "move it away, then try again");
    }
    let goes = |link: &String| files.iter().any(|file| file.path == *link && file.to == RescueEntry::Absent);
    let path = file.path.clone();
    let link = foreign::ask(&git.folder, move |root| link_above(&root, &path)).await.map_err(Error::internal)?;
    match link.filter(|link| !goes(link)) {
        Some(link) if file.to != RescueEntry::Absent => {
            no(format!("{}: {link} is a link now", file.path), "remove the link, then try again")
        }
        _ => Ok(()),
    }
}

fn by_file(found: Vec<(&FileChange, &DiffHunk)>) -> Vec<(FileChange, Vec<DiffHunk>)> {
    let mut files: BTreeMap<&str, (FileChange, Vec<DiffHunk>)> = BTreeMap::new();
    for (change, hunk) in found {
        files.entry(&change.path).or_insert_with(|| (change.clone(), Vec::new())).1.push(hunk.clone());
    }
    files.into_values().collect()
}

/// The file without the task's edits; nothing where the hunks are of another version of it than the one that was kept.
async fn planned(git: &Git, kept: &Rescue, change: &FileChange, hunks: &[DiffHunk]) -> Result<Option<PlannedFile>> {
    let path = change.path.clone();
    let Some(from) = kept.entries.get(&path).cloned() else { return Ok(None) };
    let base = committed_content(git, "HEAD", &path).await?;
    let whole = change.kind == ChangeKind::Removed || hunks.iter().any(|hunk| hunk.content != HunkContent::Lines);
    let to = match (&base, rescue::content(git, &path, &from).await?) {
        (Content::Absent, _) => Content::Absent,
        _ if change.kind == ChangeKind::Added => Content::Absent,
        (Content::File { bytes: base, .. }, Content::File { bytes: now, executable }) if !whole => {
            let Some(bytes) = taken_out(base, &now, hunks) else { return Ok(None) };
            Content::File { bytes, executable }
        }
        _ => base,
    };
    let to = rescue::entry_of(git, to).await?;
    Ok(Some(PlannedFile { path, from, to }))
}

/// `now` without the hunks; nothing where they are not between these two.
fn taken_out(base: &[u8], now: &[u8], hunks: &[DiffHunk]) -> Option<Vec<u8>> {
    let fits = |hunk: &DiffHunk| {
        let place = replaced(hunk);
        let side = |text: &[u8], range: &std::ops::Range<usize>, sign: char| {
            let lines: Vec<String> = text
                .split_inclusive(|byte| *byte == b'\n')
                .skip(range.start)
                .take(range.len())
                .map(|line| String::from_utf8_lossy(line).trim_end_matches(['\n', '\r']).to_owned())
                .collect();
            let said = hunk.body.lines().skip(1).filter(|line| line.is_empty() || line.starts_with([sign, ' ']));
            let said: Vec<&str> = said.map(|line| line.get(1..).unwrap_or("").trim_end_matches('\r')).collect();
            lines == said
        };
        side(base, &place.old, '-') && side(now, &place.new, '+')
    };
    hunks.iter().all(fits).then(|| without(base, now, &hunks.iter().map(replaced).collect::<Vec<_>>()))
}

/// Lines before and after, from 0; a hunk without lines on a side names the line before it.
fn replaced(hunk: &DiffHunk) -> Replaced {
    let range = |start: u32, lines: u32| {
        let first = if lines == 0 { start } else { start.saturating_sub(1) };
        first as usize..first as usize + lines as usize
    };
    Replaced { old: range(hunk.old_start, hunk.old_lines), new: range(hunk.new_start, hunk.new_lines) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hunk(old: (u32, u32), new: (u32, u32), body: &str) -> DiffHunk {
        let whole = DiffHunk::whole("a");
        let (old_start, old_lines) = old;
        let (new_start, new_lines) = new;
        let body = format!("@@ @@\n{body}");
        DiffHunk { content: HunkContent::Lines, old_start, old_lines, new_start, new_lines, body, ..whole }
    }

    #[test]
    fn hunks_of_another_version_take_nothing_out() {
        let (base, now) = (b"1\n2\n3\n4\n", b"1\ntwo\n3\n4\n");
        let hunks = [hunk((2, 1), (2, 1), "-2\n+two\n")];
        assert_eq!(taken_out(base, now, &hunks).unwrap(), base);
        assert_eq!(taken_out(base, b"above\n1\ntwo\n3\n4\n", &hunks), None);
        assert_eq!(taken_out(b"0\n1\n2\n3\n", now, &hunks), None);
        assert_eq!(taken_out(base, b"1\n", &hunks), None);
        let added = [hunk((4, 0), (5, 1), "+5\n\\ No newline at end of file")];
        assert_eq!(taken_out(base, b"1\n2\n3\n4\n5", &added).unwrap(), base);
        let context = [hunk((1, 3), (1, 3), " 1\n-2\n+two\n 3\n")];
        assert_eq!(taken_out(b"1\r\n2\r\n3\r\n", b"1\r\ntwo\r\n3\r\n", &context).unwrap(), b"1\r\n2\r\n3\r\n");
    }
}
