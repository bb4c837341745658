//! Removing a task's worktree: when nothing is lost by it, or when that was asked for and everything is kept first.
//!
//! Its folder is first moved aside, where nobody finds it any more, and looked at once more: what a background process
//! wrote since the first look is kept too, or the folder comes back.

use super::delete::{delete, writable};
use super::dirty::changes;
use super::keep::{self, keep};
use super::stage::exact_tree;
use super::standing::{Checkout, Standing, state};
use super::{Worktree, kept, nested, settings, submodule};
use crate::contract::Code;
use crate::error::{Error, Result};
use crate::foreign::fs;
use crate::paths::move_to_nothing;
use crate::vcs::lock::Held;
use crate::vcs::look;
use crate::vcs::rewrite::{Intent, IntentLog, Permit, RemoveIntent};
use std::ffi::OsStr;
use std::path::Path;

/// What came of a removal.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Removed {
    /// The name of the ref that keeps what was in it, where it was discarded and held anything.
    pub kept: Option<String>,
    /// What of the folder could not be deleted and why, for people.
    pub left: Option<String>,
}

/// Removes a worktree that is clean and merged, and leaves its branch, unless that never got a commit.
pub async fn remove(worktree: &Worktree, held: &Held, log: &mut dyn IntentLog) -> Result<Removed> {
    let standing = state(worktree).await?;
    unlocked(worktree, &standing)?;
    if let Some(loss) = standing.loss() {
        return Err(refused(worktree, &loss)
            .hint("commit, merge or move that first, or discard the worktree: all of it is kept then"));
    }
    refuse_another(worktree).await?;
    refuse_repositories(worktree).await?;
    if standing.present {
        keep::keep_commits(&worktree.project, &worktree.git(), &kept::reference(worktree)).await?;
    }
    let intent = intent(worktree, None, false).await?;
    let permit = Permit::begin(held, &Intent::RemoveWorktree(Box::new(intent.clone())), log).await?;
    let aside = move_aside(worktree, &intent, &permit).await?;
    let in_place = standing.present && aside.is_none();
    let sure = RemoveIntent { is_sure: true, in_place, ..intent.clone() };
    let permit = match aside {
        Some(aside) => {
            let looked = async {
                let found = changes(&aside).await?;
                let late: Vec<String> = found.all().cloned().collect();
                if !late.is_empty() || worktree.tip().await? != intent.tip {
                    let why = format!("it was written meanwhile ({})", late.join(", "));
                    return Err(refused(worktree, &why).hint("end what writes in it, then try again"));
                }
                Permit::begin(held, &Intent::RemoveWorktree(Box::new(sure.clone())), log).await
            };
            or_come_back(worktree, &intent, looked.await).await?
        }
        None => Permit::begin(held, &Intent::RemoveWorktree(Box::new(sure.clone())), log).await?,
    };
    let left = take_away(worktree, &sure, &permit).await?;
    drop_branch(worktree, |tip| tip == worktree.base).await?;
    Ok(Removed { kept: None, left })
}

/// Removes a worktree and its branch whatever is in them, after keeping all of it. Ignored files and what was prepared go.
pub async fn discard(worktree: &Worktree, number: u32, held: &Held, log: &mut dyn IntentLog) -> Result<Removed> {
    let standing = state(worktree).await?;
    unlocked(worktree, &standing)?;
    if standing.applied {
        let hint = format!("`but unapply {}` first", worktree.branch);
        return Err(refused(worktree, "its branch is applied in GitButler's workspace").hint(hint));
    }
    refuse_another(worktree).await?;
    let durable = Worktree { project: worktree.project.clone().durable(), ..worktree.clone() };
    let kept = keep(&durable, number).await?;
    let intent = intent(worktree, kept.reference, true).await?;
    let permit = Permit::begin(held, &Intent::RemoveWorktree(Box::new(intent.clone())), log).await?;
    let (intent, permit) = match move_aside(worktree, &intent, &permit).await? {
        Some(aside) => {
            let looked = async {
                let again = keep(&aside, number).await?;
                let kept = latest(worktree, intent.kept.clone(), again.reference).await?;
                let sure = RemoveIntent { kept, is_sure: true, repositories: again.repositories, ..intent.clone() };
                let permit = Permit::begin(held, &Intent::RemoveWorktree(Box::new(sure.clone())), log).await?;
                Ok((sure, permit))
            };
            or_come_back(worktree, &intent, looked.await).await?
        }
        None => {
            // From now on what is kept is what counts: a tree that is half deleted is not to be kept.
            let (in_place, repositories) = (standing.present, kept.repositories);
            let sure = RemoveIntent { is_sure: true, in_place, repositories, ..intent };
            let permit = Permit::begin(held, &Intent::RemoveWorktree(Box::new(sure.clone())), log).await?;
            (sure, permit)
        }
    };
    finish_discard(worktree, &intent, &permit).await
}

/// Finishes, after a kill, a removal: a folder that was moved aside and not looked at again comes back first, and a
/// discard begins anew.
pub async fn recover(
    worktree: &Worktree,
    number: u32,
    intent: &RemoveIntent,
    held: &Held,
    log: &mut dyn IntentLog,
) -> Result<Removed> {
    let permit = Permit::again(held);
    if !intent.is_sure && look(&intent.aside, fs::exists).await? {
        come_back(worktree, intent).await?;
    }
    match (intent.discards, intent.is_sure, worktree.is_present().await?) {
        (false, false, true) => Ok(Removed::default()),
        (false, ..) => {
            let left = take_away(worktree, intent, &permit).await?;
            drop_branch(worktree, |tip| tip == worktree.base).await?;
            Ok(Removed { kept: None, left })
        }
        (true, false, true) => discard(worktree, number, held, log).await,
        (true, ..) => finish_discard(worktree, intent, &permit).await,
    }
}

/// Paths in a worktree with uncommitted edits that putting back what is kept would overwrite.
pub async fn overwritten(worktree: &Worktree, kept: &str) -> Result<Vec<String>> {
    let found = changes(worktree).await?;
    if found.paths.is_empty() {
        return Ok(Vec::new());
    }
    let now = exact_tree(&worktree.git(), &found).await?;
    let args = ["diff-tree", "-r", "-z", "--name-only", "--no-renames", now.as_str(), kept, "--"];
    let other = worktree.git().bytes(&args).await?;
    let other: Vec<String> =
        other.split(|byte| *byte == 0).map(|path| String::from_utf8_lossy(path).into_owned()).collect();
    Ok(found.paths.into_iter().filter(|path| other.contains(path)).collect())
}

async fn intent(worktree: &Worktree, kept: Option<String>, discards: bool) -> Result<RemoveIntent> {
    let name = worktree.folder.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let aside = worktree.folder.with_file_name(format!(".removed-{name}-{}", crate::clock::now()));
    let tip = worktree.tip().await?;
    Ok(RemoveIntent {
        folder: worktree.folder.clone(),
        aside,
        tip,
        kept,
        discards,
        is_sure: false,
        in_place: false,
        repositories: Vec::new(),
    })
}

/// Moves the folder aside; nothing where it is not there, or has submodules, whose repositories name their folder.
async fn move_aside(worktree: &Worktree, intent: &RemoveIntent, _permit: &Permit<'_>) -> Result<Option<Worktree>> {
    if !worktree.is_present().await? || !submodule::of(&worktree.git()).await?.is_empty() {
        return Ok(None);
    }
    let aside = intent.aside.clone();
    let moved = look(&worktree.folder, |folder| fs::rename(folder, aside)).await?;
    moved.map_err(|error| refused(worktree, &error.to_string()))?;
    Ok(Some(Worktree { folder: intent.aside.clone(), ..worktree.clone() }))
}

/// Where the second look failed, nothing is removed: the folder is where it was again.
async fn or_come_back<T>(worktree: &Worktree, intent: &RemoveIntent, looked: Result<T>) -> Result<T> {
    if looked.is_err() {
        come_back(worktree, intent).await?;
    }
    looked
}

/// The folder is where it was again.
async fn come_back(worktree: &Worktree, intent: &RemoveIntent) -> Result<()> {
    let aside = intent.aside.clone();
    let moved = look(&worktree.folder, move |folder| move_to_nothing(&aside, &folder)).await?;
    moved.map_err(|error| {
        let hint = format!("it is in {}: move it back, or take from it what you need", intent.aside.display());
        let why = match error.kind() {
            std::io::ErrorKind::AlreadyExists => "something else is in its place".to_owned(),
            _ => format!("it cannot be moved back ({error})"),
        };
        refused(worktree, &why).hint(hint)
    })
}

/// Of two references that keep the worktree, the later, where it keeps something else.
async fn latest(worktree: &Worktree, first: Option<String>, again: Option<String>) -> Result<Option<String>> {
    let (Some(before), Some(after)) = (&first, &again) else { return Ok(again.or(first)) };
    let tree = async |name: &str| worktree.project.read(&["rev-parse", "--verify", &format!("{name}^{{tree}}")]).await;
    if tree(before).await? != tree(after).await? {
        return Ok(again);
    }
    if let Some(oid) = worktree.project.resolve(after).await? {
        worktree.project.delete_ref(after, &oid).await?;
    }
    Ok(first)
}

fn refused(worktree: &Worktree, why: &str) -> Error {
    Error::new(Code::VcsRefused, format!("cannot remove the worktree {}: {why}", worktree.folder.display()))
}

fn unlocked(worktree: &Worktree, standing: &Standing) -> Result<()> {
    let Some(reason) = &standing.locked else { return Ok(()) };
    let why = if reason.is_empty() { "it is locked".to_owned() } else { format!("it is locked ({reason})") };
    Err(refused(worktree, &why).hint(format!("`git worktree unlock {}`", worktree.folder.display())))
}

async fn refuse_another(worktree: &Worktree) -> Result<()> {
    let standing = state(worktree).await?;
    if !standing.present && standing.checkout == Checkout::Nothing && look(&worktree.folder, fs::exists).await? {
        return Err(refused(worktree, "something else is in its place").hint("look at it, and remove it by hand"));
    }
    Ok(())
}

/// A repository that is no submodule goes with the worktree, although the branch that names its commit is merged.
async fn refuse_repositories(worktree: &Worktree) -> Result<()> {
    if !worktree.is_present().await? {
        return Ok(());
    }
    let inside = nested::of(&worktree.git(), &changes(worktree).await?).await?;
    let Some(first) = inside.first() else { return Ok(()) };
    let why = format!("{} is a repository of its own, whose commits are nowhere else", first.display());
    Err(refused(worktree, &why).hint("move it away, or discard the worktree: it is kept then"))
}

async fn finish_discard(worktree: &Worktree, intent: &RemoveIntent, permit: &Permit<'_>) -> Result<Removed> {
    let left = take_away(worktree, intent, permit).await?;
    if state(worktree).await?.elsewhere.is_none() {
        drop_branch(worktree, |now| Some(now) == intent.tip.as_deref()).await?;
    }
    Ok(Removed { kept: intent.kept.clone(), left })
}

/// Removes folder and entry; what was looked at before. Nothing comes back from here on, so what cannot be deleted, as
/// another user's files, is noted in the journal and stops nothing.
async fn take_away(worktree: &Worktree, intent: &RemoveIntent, _permit: &Permit<'_>) -> Result<Option<String>> {
    let mut rest = intent.aside.as_path();
    let mut is_there = worktree.is_present().await?;
    if is_there && intent.in_place {
        // With submodules, which name the folder: nobody asks them any more.
        let aside = intent.aside.clone();
        match look(&worktree.folder, move |folder| move_to_nothing(&folder, &aside)).await? {
            Ok(()) => is_there = false,
            Err(error) => {
                log::warn!("{} is deleted where it is: {error}", worktree.folder.display());
                rest = &worktree.folder;
            }
        }
    }
    let left = clear(worktree, intent, rest).await;
    // Git may know it by either name. Another worktree that is in its place by now stays.
    let names = [intent.aside.as_path(), worktree.folder.as_path()];
    for folder in names.into_iter().take(if is_there && !intent.in_place { 1 } else { 2 }) {
        if left.is_some() && look(folder, fs::symlink_metadata).await?.is_ok() {
            continue;
        }
        writable(folder.to_owned()).await;
        let args = ["worktree", "remove", "--force"].map(OsStr::new);
        let args: Vec<&OsStr> = args.into_iter().chain([folder.as_os_str()]).collect();
        if worktree.project.change(&args, Vec::new()).await.is_ok() {
            break;
        }
    }
    settings::tidy(&worktree.project).await;
    if let Some(shelf) = worktree.folder.parent() {
        // Only when it is empty.
        let _ = look(shelf, fs::remove_dir).await;
    }
    Ok(left)
}

/// Deletes the folder, but the repositories that are kept; what stays of it.
async fn clear(worktree: &Worktree, intent: &RemoveIntent, folder: &Path) -> Option<String> {
    let apart = match &intent.kept {
        Some(kept) if !intent.repositories.is_empty() => {
            let to = nested::folder(&worktree.folder, kept);
            nested::put_aside(&worktree.project, &intent.repositories, folder, &to).await
        }
        _ => Ok(()),
    };
    let why = match apart {
        Err(error) => error.message,
        Ok(()) => delete(folder.to_owned()).await.err()?.to_string(),
    };
    // Under a name that is no worktree's, so that git does not go on deleting.
    let name = intent.aside.file_name().unwrap_or_default().to_string_lossy().replacen(".removed-", ".left-", 1);
    let left = worktree.folder.with_file_name(name);
    let at = if move_to_nothing(folder, &left).is_ok() { left.as_path() } else { folder };
    Some(format!("What is in {} could not be deleted ({why}): remove it by hand", at.display()))
}

async fn drop_branch(worktree: &Worktree, goes: impl Fn(&str) -> bool) -> Result<()> {
    match worktree.tip().await? {
        Some(tip) if goes(&tip) => worktree.project.delete_ref(&worktree.reference(), &tip).await,
        _ => Ok(()),
    }
}
