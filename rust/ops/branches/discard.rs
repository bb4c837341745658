//! Taking a task's branch and uncommitted edits away, after all of it was kept, and bringing it back.

use crate::attribution::Owner;
use crate::commits::change::{ChangeKind, DiffHunk, FileChange, HunkContent};
use crate::commits::without::{Replaced, without};
use crate::contract::Code;
use crate::core::Core;
use crate::error::{Error, Result};
use crate::ops::branches::commit::recover::settle;
use crate::ops::branches::discarded::Discarded;
use crate::ops::branches::uncommitted::Uncommitted;
use crate::ops::branches::{commit, upstream, worktrees};
use crate::ops::rewrite::TaskLog;
use crate::ops::{edits, rewrite, stacks};
use crate::paths::{Content, link_above};
use crate::task::{Isolation, Step, Task};
use crate::vcs::but::But;
use crate::vcs::commit::CommitPlace;
use crate::vcs::git::Git;
use crate::vcs::lock::Held;
use crate::vcs::rescue::{self, Rescue, RescueEntry};
use crate::vcs::rewrite::{self as vcs, Action, PlannedFile, committed_content};
use std::collections::{BTreeMap, BTreeSet};

/// How often a discard is planned while somebody writes its files.
const PLANS: usize = 3;

/// Takes branch and uncommitted edits away; a sentence about where they are kept.
pub async fn discard(core: &Core, task: &Task) -> Result<String> {
    settle(core, &task.uuid).await?;
    let kept = match task.isolation {
        Isolation::Stack => of_stack(core, task).await?,
        Isolation::Worktree => worktrees::discard(core, task).await?,
        Isolation::None | Isolation::Auto => None,
    };
    Ok(kept.map_or_else(|| "There was nothing to discard.".to_owned(), |kept| kept.text()))
}

/// Whether [`discard`] could begin: asked before the task's agent is ended.
pub async fn check(core: &Core, task: &Task) -> Result<()> {
    let loaded = core.whole_config_of(&task.project).await?;
    if task.isolation == Isolation::Stack && task.stack.is_some() {
        stacks::open_for(core, task, &loaded).await?;
    }
    Ok(())
}

async fn of_stack(core: &Core, task: &Task) -> Result<Option<Discarded>> {
    let Some(branch) = task.stack.clone() else { return Ok(None) };
    let loaded = core.config_of(&task.project).await;
    let but = stacks::open_for(core, task, &loaded).await?;
    edits::reconcile(core, &task.project).await?;
    let held = stacks::hold(&but).await?;
    let git = rewrite::git(&but);
    let place = CommitPlace { git: &git, but: &but, held: &held };
    let reference = format!("refs/chorus/discarded/{}-{}", task.number, crate::clock::now());
    if let Some(tip) = git.resolve(&format!("refs/heads/{branch}")).await? {
        git.update_ref(&format!("{reference}/tip"), &tip, None).await?;
    }
    let mut kept = Discarded { reference: reference.clone(), branch: branch.clone(), files: Vec::new() };
    let mut files: Vec<PlannedFile> = Vec::new();
    let mut moved = String::new();
    for _ in 0..PLANS {
        let planned = plan(core, task, &but, place).await?;
        let Some((before, planned)) = planned else { continue };
        let paths = planned.iter().map(|file| file.path.clone());
        let _waiting = core.trees.hold(&task.project, paths);
        files.retain(|file| planned.iter().all(|other| other.path != file.path));
        files.extend(planned);
        kept.files = files.iter().map(|file| file.path.clone()).collect();
        for (name, entries) in [("edits", sides(&files, |file| &file.from)), ("after", sides(&files, |file| &file.to))]
        {
            rescue::keep_under(&git, &format!("{reference}/{name}"), &entries, task.number).await?;
        }
        let action = Action::Discard { branch: branch.clone(), reference: reference.clone(), files: files.clone() };
        let (intent, permit) = before.begin(place, action, &mut TaskLog::of(core, &task.uuid)).await?;
        let rewritten = vcs::run(place, &intent, &permit).await?;
        if let Err(error) = rewritten.done {
            put_back(core, task, &but, &held, &kept).await?;
            return Err(error.context(format!("cannot discard {branch}; nothing was taken away")));
        }
        let Some(path) = rewritten.moved.clone() else {
            let recorded = kept.clone();
            let end = rewrite::end(core, &task.uuid, &intent.rescue.reference, &rewritten, move |tx, task, _| {
                recorded.record(tx, task)
            });
            end.await?;
            edits::reconcile(core, &task.project).await?;
            return Ok(Some(kept));
        };
        moved = path;
        let mut written = Vec::new();
        for file in files {
            if rescue::now(&git, &file.path).await?.same(&file.to) {
                written.push(file);
            }
        }
        files = written;
        kept.files = files.iter().map(|file| file.path.clone()).collect();
        edits::reconcile(core, &task.project).await?;
    }
    if !files.is_empty() {
        put_back(core, task, &but, &held, &kept).await?;
    }
    let why = match moved.as_str() {
        "" => "the files change faster than they can be read".to_owned(),
        path => format!("{path} changes again and again"),
    };
    Err(Error::new(Code::VcsRefused, format!("cannot discard {branch}: {why}; nothing was taken away"))
        .hint("wait until nobody writes it, then try again"))
}

/// Undoes a discard that did not come to its end.
async fn put_back(core: &Core, task: &Task, but: &But, held: &Held, kept: &Discarded) -> Result<()> {
    let action =
        Action::Restore { branch: kept.branch.clone(), reference: kept.reference.clone(), files: kept.files.clone() };
    let rewritten = rewrite::run(core, task, but, held, action, |_, _, _| Ok(())).await?;
    for file in kept.files.iter().filter(|file| !rewritten.left.contains(file)) {
        edits::attribute(core, &task.project, file, Owner::Task(task.uuid.clone())).await?;
    }
    rewritten.done
}

fn sides(files: &[PlannedFile], side: impl Fn(&PlannedFile) -> &RescueEntry) -> BTreeMap<String, RescueEntry> {
    files.iter().map(|file| (file.path.clone(), side(file).clone())).collect()
}

/// The files as they are and as they become without the task's edits, from the bytes that were kept; nothing where the
/// tree is another by the time the hunks are read.
async fn plan(
    core: &Core,
    task: &Task,
    but: &But,
    place: CommitPlace<'_>,
) -> Result<Option<(vcs::Kept, Vec<PlannedFile>)>> {
    let git = place.git;
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
        refuse_what_is_not_kept(git, file, &files)?;
    }
    Ok(Some((kept, files)))
}

/// What is not kept cannot be taken away, and what is below a link not written, unless the link goes with it.
fn refuse_what_is_not_kept(git: &Git, file: &PlannedFile, files: &[PlannedFile]) -> Result<()> {
    let no = |why: String, hint: &str| Err(Error::new(Code::VcsRefused, format!("cannot discard {why}")).hint(hint));
    if matches!(file.from, RescueEntry::Watched { .. }) {
        return no(format!("{}: it is too large to be kept, or no file", file.path), "move it away, then try again");
    }
    let goes = |link: &String| files.iter().any(|file| file.path == *link && file.to == RescueEntry::Absent);
    match link_above(&git.folder, &file.path).filter(|link| !goes(link)) {
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
        first as usize..(first + lines) as usize
    };
    Replaced { old: range(hunk.old_start, hunk.old_lines), new: range(hunk.new_start, hunk.new_lines) }
}

/// Brings back what was discarded and reopens the task. Where that fails the task stays as it is.
pub async fn restore(core: &Core, task: &Task) -> Result<()> {
    settle(core, &task.uuid).await?;
    let kept = core
        .read(&task.uuid, |tx, task| {
            tx.may(task, Step::Reopen, "reopen")?;
            Discarded::of(tx, task)
        })
        .await?;
    if task.isolation != Isolation::Stack {
        worktrees::bring_back(core, task, &kept).await?;
        return commit::worktree::count(core, task).await;
    }
    let loaded = core.config_of(&task.project).await;
    let but = stacks::open_for(core, task, &loaded).await?;
    edits::reconcile(core, &task.project).await?;
    let held = stacks::hold(&but).await?;
    let action =
        Action::Restore { branch: kept.branch.clone(), reference: kept.reference.clone(), files: kept.files.clone() };
    let git = rewrite::git(&but);
    let place = CommitPlace { git: &git, but: &but, held: &held };
    let before = vcs::keep(place, task.number, &kept.files.iter().cloned().collect()).await?;
    let (intent, permit) = before.begin(place, action, &mut TaskLog::of(core, &task.uuid)).await?;
    let rewritten = vcs::run(place, &intent, &permit).await?;
    commit::recover::restored(core, task, &intent, &rewritten).await?;
    rewritten.done
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
