//! Taking a task's branch and uncommitted edits away, after all of it was kept, and bringing it back.

use crate::attribution::Owner;
use crate::commits::change::{ChangeKind, DiffHunk, FileChange, HunkContent};
use crate::commits::without::{Replaced, without};
use crate::contract::Code;
use crate::core::Core;
use crate::error::{Error, Result};
use crate::ops::branches::uncommitted::Uncommitted;
use crate::ops::branches::{commit, upstream, worktrees};
use crate::ops::{edits, stacks};
use crate::paths::{Access, replace, replace_with_link};
use crate::store::Who;
use crate::task::{Isolation, Task};
use crate::vcs::but::{But, Grammar, Stack};
use crate::vcs::git::Git;
use crate::vcs::lock::Held;
use crate::vcs::merge::three_way;
use crate::vcs::rescue;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

/// What was discarded and where it is kept.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Discarded {
    /// Below it: `tip`, the branch; `edits`, a tree with the bytes of every file that held uncommitted edits; `after`, a
    /// tree of the same files without the task's.
    reference: String,
    branch: String,
    /// Files that held the task's uncommitted edits.
    files: Vec<String>,
}

fn key(task: &str) -> String {
    format!("discarded {task}")
}

/// Takes branch and uncommitted edits away; a sentence about where they are kept.
pub async fn discard(core: &Core, task: &Task) -> Result<String> {
    let kept = match task.isolation {
        Isolation::Stack => of_stack(core, task).await?,
        Isolation::Worktree => worktrees::discard(core, task).await?.map(|reference| {
            let branch = task.stack.clone().unwrap_or_default();
            Discarded { reference, branch, files: Vec::new() }
        }),
        Isolation::None | Isolation::Auto => None,
    };
    let Some(kept) = kept else { return Ok("There was nothing to discard.".to_owned()) };
    let text = format!("{} was discarded and is kept under {}", kept.branch, kept.reference);
    let said = text.clone();
    core.write(&task.uuid, move |tx, task| {
        tx.remember(&key(task), &serde_json::to_string(&kept).unwrap_or_default())?;
        tx.forget_commits(task)?;
        tx.set_trouble(task, None)?;
        tx.journal(task, Who::Person, "discarded", &said, None)
    })
    .await?;
    Ok(text)
}

async fn of_stack(core: &Core, task: &Task) -> Result<Option<Discarded>> {
    let Some(branch) = task.stack.clone() else { return Ok(None) };
    let loaded = core.config_of(&task.project);
    let but = stacks::open_for(core, task, &loaded).await?;
    edits::reconcile(core, &task.project).await?;
    let held = stacks::hold(&but).await?;
    let status = but.status().await?;
    upstream::follow(core, &task.project, &but, &status).await;
    let uncommitted = Uncommitted::read(core, &task.project, &but, status).await?;
    let mut mine: Vec<(FileChange, Vec<DiffHunk>)> = by_file(uncommitted.of(&task.uuid));
    // Under a new name there is nothing to go back to: the file stays as long as others have edits in it.
    mine.retain(|(change, _)| change.kind != ChangeKind::Renamed || uncommitted.is_all(&change.path, &task.uuid));
    let git = Git::at(&task.project);
    let mut moved_away = Vec::new();
    for path in uncommitted.moved_away(&task.uuid) {
        moved_away.extend(git.cat_blob("HEAD", &path).await?.map(|_| path));
    }
    let files: Vec<String> = mine.iter().map(|(change, _)| &change.path).chain(&moved_away).cloned().collect();
    let _waiting = core.trees.hold(&task.project, files.iter().cloned());
    let plumbing = Git::plumbing(&task.project, but.environment());
    let tip = git.resolve(&format!("refs/heads/{branch}")).await?;
    let reference = format!("refs/chorus/discarded/{}-{}", task.number, crate::clock::now());
    if let Some(tip) = &tip {
        git.update_ref(&format!("{reference}/tip"), tip, None).await?;
    }
    let mut dirty: BTreeSet<String> = but.status().await?.changes.into_iter().map(|change| change.path).collect();
    dirty.extend(moved_away.iter().cloned());
    let before = rescue::keep(&plumbing, &dirty, task.number).await?;
    copy(&git, &before.reference, &format!("{reference}/edits")).await?;
    for (change, hunks) in &mine {
        take_out(&git, Path::new(&task.project), change, hunks).await?;
    }
    for path in &moved_away {
        put_back(&git, path).await?;
    }
    let after = rescue::keep(&plumbing, &dirty, task.number).await?;
    copy(&git, &after.reference, &format!("{reference}/after")).await?;
    if let Err(error) = delete(&but, &git, &branch, &held).await {
        for file in &files {
            before.write_back(&plumbing, file).await?;
        }
        return Err(error.context(format!("cannot discard {branch}; nothing was taken away")));
    }
    edits::reconcile(core, &task.project).await?;
    Ok(Some(Discarded { reference, branch, files }))
}

async fn delete(but: &But, git: &Git, branch: &str, held: &Held) -> Result<()> {
    let status = but.status().await?;
    let alone = |stack: &&Stack| matches!(&stack.branches[..], [one] if one.name == branch && !one.commits.is_empty());
    if but.grammar() == Grammar::Old && status.stacks.iter().any(|stack| alone(&stack)) {
        // It deletes no branch with commits that is a stack of its own (2026-05). Out of the workspace it is git's.
        but.unapply(branch, held).await?;
        return git.change(&["update-ref", "-d", &format!("refs/heads/{branch}")], Vec::new()).await.map(drop);
    }
    match status.branch(branch) {
        Some(_) => Ok(but.branch_delete(branch, held).await?),
        None => Ok(()),
    }
}

fn by_file(found: Vec<(&FileChange, &DiffHunk)>) -> Vec<(FileChange, Vec<DiffHunk>)> {
    let mut files: BTreeMap<&str, (FileChange, Vec<DiffHunk>)> = BTreeMap::new();
    for (change, hunk) in found {
        files.entry(&change.path).or_insert_with(|| (change.clone(), Vec::new())).1.push(hunk.clone());
    }
    files.into_values().collect()
}

async fn copy(git: &Git, from: &str, to: &str) -> Result<()> {
    let oid = git.resolve(from).await?.ok_or_else(|| Error::internal(format!("{from} is gone")))?;
    git.update_ref(to, &oid, None).await
}

/// The file without the task's edits.
async fn take_out(git: &Git, root: &Path, change: &FileChange, hunks: &[DiffHunk]) -> Result<()> {
    let path = root.join(&change.path);
    let cannot = |error: std::io::Error| Error::new(Code::GitFailed, format!("cannot write {}: {error}", change.path));
    let base = git.cat_blob("HEAD", &change.path).await?;
    let whole = hunks.iter().any(|hunk| hunk.content != HunkContent::Lines);
    match (change.kind, base) {
        (ChangeKind::Added, _) | (_, None) => std::fs::remove_file(&path).map_err(cannot),
        (ChangeKind::Removed, Some(_)) => put_back(git, &change.path).await,
        (_, Some(_)) if whole => put_back(git, &change.path).await,
        (_, Some(base)) => {
            let now = std::fs::read(&path).map_err(cannot)?;
            replace(&path, &without(&base, &now, &hunks.iter().map(replaced).collect::<Vec<_>>()), Access::AsBefore)
                .map_err(cannot)
        }
    }
}

/// The file as it is committed: its bytes, its mode, and a link as a link.
async fn put_back(git: &Git, path: &str) -> Result<()> {
    git.clone()
        .literal()
        .change(&["checkout", "--ignore-skip-worktree-bits", "HEAD", "--", path], Vec::new())
        .await
        .map(drop)
}

/// Lines before and after, from 0; a hunk without lines on a side names the line before it.
fn replaced(hunk: &DiffHunk) -> Replaced {
    let range = |start: u32, lines: u32| {
        let first = if lines == 0 { start } else { start.saturating_sub(1) };
        first as usize..(first + lines) as usize
    };
    Replaced { old: range(hunk.old_start, hunk.old_lines), new: range(hunk.new_start, hunk.new_lines) }
}

/// Brings back what was discarded; a sentence about what came back.
pub async fn restore(core: &Core, task: &Task) -> Result<String> {
    let kept = core.read(&task.uuid, |tx, task| tx.recall(&key(task))).await?;
    let kept: Option<Discarded> = kept.and_then(|json| serde_json::from_str(&json).ok());
    let Some(kept) = kept else {
        return Err(Error::new(
            Code::WrongState,
            format!("#{} has nothing to bring back: nothing of it was discarded", task.number),
        ));
    };
    let git = Git::at(&task.project);
    let left = match task.isolation {
        Isolation::Stack => to_stack(core, task, &git, &kept).await?,
        _ => {
            worktrees::bring_back(core, task, &kept.reference).await?;
            commit::worktree::count(core, task).await?;
            Vec::new()
        }
    };
    let mut text = format!("{} is back", kept.branch);
    if !left.is_empty() {
        text += &format!("; {} changed meanwhile: their edits are in {}/edits", left.join(", "), kept.reference);
    }
    let said = text.clone();
    core.write(&task.uuid, move |tx, task| {
        tx.remember(&key(task), "")?;
        tx.journal(task, Who::Person, "restored", &said, None)
    })
    .await?;
    Ok(text)
}

/// Files whose edits could not be brought back.
async fn to_stack(core: &Core, task: &Task, git: &Git, kept: &Discarded) -> Result<Vec<String>> {
    worktrees::branch_again(git, &kept.branch, &format!("{}/tip", kept.reference)).await?;
    let loaded = core.config_of(&task.project);
    let but = stacks::open_for(core, task, &loaded).await?;
    let held = stacks::hold(&but).await?;
    edits::reconcile(core, &task.project).await?;
    if git.resolve(&format!("refs/heads/{}", kept.branch)).await?.is_some()
        && but.status().await?.branch(&kept.branch).is_none()
    {
        but.apply(&kept.branch, &held).await?;
    }
    edits::reconcile(core, &task.project).await?;
    let mut left = Vec::new();
    for file in &kept.files {
        if bring_back(git, Path::new(&task.project), file, &kept.reference).await? {
            edits::attribute(core, &task.project, file, Owner::Task(task.uuid.clone())).await?;
        } else {
            left.push(file.clone());
        }
    }
    Ok(left)
}

/// The edits that are between `after` and `edits`, on top of the file as it is now; false when they do not fit.
async fn bring_back(git: &Git, root: &Path, file: &str, reference: &str) -> Result<bool> {
    let path = root.join(file);
    let cannot = |error: std::io::Error| Error::new(Code::GitFailed, format!("cannot write {file}: {error}"));
    let (edits, after) = (
        git.cat_blob(&format!("{reference}/edits"), file).await?,
        git.cat_blob(&format!("{reference}/after"), file).await?,
    );
    let now = std::fs::read(&path).ok();
    match (edits, after, now) {
        (Some(edits), None, None) => {
            std::fs::create_dir_all(path.parent().unwrap_or(root)).map_err(cannot)?;
            let entry = git.clone().literal().read(&["ls-tree", &format!("{reference}/edits"), "--", file]).await?;
            let made = match entry.split(' ').next() {
                Some("120000") => replace_with_link(&path, Path::new(std::ffi::OsStr::from_bytes(&edits))),
                Some("100755") => replace(&path, &edits, Access::Bits(0o755)),
                _ => replace(&path, &edits, Access::AsBefore),
            };
            made.map_err(cannot).map(|()| true)
        }
        (Some(edits), Some(after), Some(now)) => match three_way(git, &now, &after, &edits).await? {
            merged if merged.conflicts == 0 => {
                replace(&path, &merged.bytes, Access::AsBefore).map_err(cannot).map(|()| true)
            }
            _ => Ok(false),
        },
        (None, Some(after), Some(now)) if after == now => std::fs::remove_file(&path).map_err(cannot).map(|()| true),
        _ => Ok(false),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    fn change(path: &str, kind: ChangeKind) -> FileChange {
        FileChange { path: path.into(), kind, cli_id: String::new(), staged_for: Vec::new() }
    }

    #[tokio::test]
    async fn what_is_put_back_is_as_committed_and_no_other_file_is_touched() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path();
        let git = Git::at(root).as_chorus();
        let write = |path: &str, text: &str| std::fs::write(root.join(path), text).unwrap();
        let read = |path: &str| std::fs::read_to_string(root.join(path)).unwrap();
        let link = |target: &str| std::os::unix::fs::symlink(target, root.join("link")).unwrap();
        let allow = |bits| std::fs::set_permissions(root.join("run"), PermissionsExt::from_mode(bits)).unwrap();
        let executable = || std::fs::metadata(root.join("run")).unwrap().permissions().mode() & 0o100 != 0;
        for path in ["*", "other", "run"] {
            write(path, "committed");
        }
        link("other");
        git.change(&["init", "-q"], Vec::new()).await.unwrap();
        git.change(&["add", "-A"], Vec::new()).await.unwrap();
        git.change(&["commit", "-qm", "x"], Vec::new()).await.unwrap();
        write("other", "a person's");
        allow(0o755);
        for path in ["*", "link"] {
            std::fs::remove_file(root.join(path)).unwrap();
        }
        link("*");
        take_out(&git, root, &change("*", ChangeKind::Removed), &[]).await.unwrap();
        for path in ["run", "link"] {
            take_out(&git, root, &change(path, ChangeKind::Modified), &[DiffHunk::whole(path)]).await.unwrap();
        }
        assert_eq!((read("*").as_str(), read("other").as_str()), ("committed", "a person's"));
        assert_eq!(std::fs::read_link(root.join("link")).unwrap(), Path::new("other"));
        assert!(!executable(), "the mode is the task's edit too");
    }

    #[tokio::test]
    async fn a_file_of_the_tasks_comes_back_with_its_mode_and_a_link_as_a_link() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path();
        let git = Git::at(root).as_chorus();
        git.change(&["init", "-q"], Vec::new()).await.unwrap();
        git.change(&["commit", "-q", "--allow-empty", "-m", "after"], Vec::new()).await.unwrap();
        let after = git.head().await.unwrap().unwrap();
        std::fs::create_dir(root.join("new")).unwrap();
        std::fs::write(root.join("new/run"), "#!/bin/sh\n").unwrap();
        std::fs::set_permissions(root.join("new/run"), PermissionsExt::from_mode(0o755)).unwrap();
        std::os::unix::fs::symlink("run", root.join("new/link")).unwrap();
        git.change(&["add", "-A"], Vec::new()).await.unwrap();
        git.change(&["commit", "-qm", "edits"], Vec::new()).await.unwrap();
        let edits = git.head().await.unwrap().unwrap();
        for (name, oid) in [("edits", &edits), ("after", &after)] {
            git.update_ref(&format!("refs/kept/{name}"), oid, None).await.unwrap();
        }
        std::fs::remove_dir_all(root.join("new")).unwrap();
        for file in ["new/run", "new/link"] {
            assert!(bring_back(&git, root, file, "refs/kept").await.unwrap());
        }
        assert_eq!(std::fs::read_link(root.join("new/link")).unwrap(), Path::new("run"));
        assert_eq!(std::fs::metadata(root.join("new/run")).unwrap().permissions().mode() & 0o111, 0o111);
    }
}
