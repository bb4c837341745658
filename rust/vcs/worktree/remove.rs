//! Removing a task's worktree: when nothing is lost by it, or when that was asked for and everything is kept first.
//!
//! Its folder is first moved aside, where nobody finds it any more, and looked at once more: what a background process
//! wrote since the first look is kept too, or the folder comes back.

use super::delete::{delete, writable};
use super::dirty::changes;
use super::keep::keep;
use super::stage::exact_tree;
use super::standing::{Checkout, Standing, state};
use super::{Worktree, settings, submodule};
use crate::contract::Code;
use crate::error::{Error, Result};
use crate::vcs::lock::Held;
use crate::vcs::rewrite::{Intent, IntentLog, Permit, RemoveIntent};
use std::ffi::OsStr;

/// Removes a worktree that is clean and merged, and leaves its branch, unless that never got a commit.
pub async fn remove(worktree: &Worktree, held: &Held, log: &mut dyn IntentLog) -> Result<()> {
    let standing = state(worktree).await?;
    unlocked(worktree, &standing)?;
    if let Some(loss) = standing.loss() {
        return Err(refused(worktree, &loss)
            .hint("commit, merge or move that first, or discard the worktree: all of it is kept then"));
    }
    refuse_another(worktree).await?;
    let mut intent = intent(worktree, None, false).await?;
    let mut permit = Permit::begin(held, &Intent::RemoveWorktree(Box::new(intent.clone())), log).await?;
    if let Some(aside) = move_aside(worktree, &intent, &permit).await? {
        let sure = RemoveIntent { is_sure: true, ..intent.clone() };
        let looked = async {
            let found = changes(&aside).await?;
            let late: Vec<String> = found.paths.into_iter().chain(found.nested).collect();
            if !late.is_empty() || worktree.tip().await? != intent.tip {
                let why = format!("it was written meanwhile ({})", late.join(", "));
                return Err(refused(worktree, &why).hint("end what writes in it, then try again"));
            }
            Permit::begin(held, &Intent::RemoveWorktree(Box::new(sure.clone())), log).await
        };
        permit = or_come_back(worktree, &intent, looked.await)?;
        intent = sure;
    }
    take_away(worktree, &intent, &permit).await?;
    drop_branch(worktree, |tip| tip == worktree.base).await
}

/// Removes a worktree and its branch whatever is in them, after keeping all of it; the name of the ref that does.
/// Ignored files and what was prepared go.
pub async fn discard(worktree: &Worktree, number: u32, held: &Held, log: &mut dyn IntentLog) -> Result<Option<String>> {
    let standing = state(worktree).await?;
    unlocked(worktree, &standing)?;
    if standing.applied {
        let hint = format!("`but unapply {}` first", worktree.branch);
        return Err(refused(worktree, "its branch is applied in GitButler's workspace").hint(hint));
    }
    refuse_another(worktree).await?;
    let durable = Worktree { project: worktree.project.clone().durable(), ..worktree.clone() };
    let kept = keep(&durable, number).await?;
    let mut intent = intent(worktree, kept, true).await?;
    let mut permit = Permit::begin(held, &Intent::RemoveWorktree(Box::new(intent.clone())), log).await?;
    if let Some(aside) = move_aside(worktree, &intent, &permit).await? {
        let looked = async {
            let again = keep(&aside, number).await?;
            let kept = latest(worktree, intent.kept.clone(), again).await?;
            let sure = RemoveIntent { kept, is_sure: true, ..intent.clone() };
            let permit = Permit::begin(held, &Intent::RemoveWorktree(Box::new(sure.clone())), log).await?;
            Ok((sure, permit))
        };
        (intent, permit) = or_come_back(worktree, &intent, looked.await)?;
    }
    finish_discard(worktree, &intent, &permit).await?;
    Ok(intent.kept)
}

/// Finishes, after a kill, a removal: a folder that was moved aside and not looked at again comes back first, and a
/// discard begins anew. What keeps it, where it was discarded.
pub async fn recover(
    worktree: &Worktree,
    number: u32,
    intent: &RemoveIntent,
    held: &Held,
    log: &mut dyn IntentLog,
) -> Result<Option<String>> {
    let permit = Permit::again(held);
    if !intent.is_sure && intent.aside.exists() {
        come_back(worktree, intent)?;
    }
    match (intent.discards, worktree.is_present().await?) {
        (false, true) => Ok(None),
        (false, false) => {
            take_away(worktree, intent, &permit).await?;
            drop_branch(worktree, |tip| tip == worktree.base).await?;
            Ok(None)
        }
        (true, true) if !intent.is_sure => discard(worktree, number, held, log).await,
        (true, _) => {
            finish_discard(worktree, intent, &permit).await?;
            Ok(intent.kept.clone())
        }
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
    Ok(RemoveIntent { folder: worktree.folder.clone(), aside, tip, kept, discards, is_sure: false })
}

/// Moves the folder aside; nothing where it is not there, or has submodules, whose repositories name their folder.
async fn move_aside(worktree: &Worktree, intent: &RemoveIntent, _permit: &Permit<'_>) -> Result<Option<Worktree>> {
    if !worktree.is_present().await? || !submodule::of(&worktree.git()).await?.is_empty() {
        return Ok(None);
    }
    std::fs::rename(&worktree.folder, &intent.aside).map_err(|error| refused(worktree, &error.to_string()))?;
    Ok(Some(Worktree { folder: intent.aside.clone(), ..worktree.clone() }))
}

/// Where the second look failed, nothing is removed: the folder is where it was again.
fn or_come_back<T>(worktree: &Worktree, intent: &RemoveIntent, looked: Result<T>) -> Result<T> {
    if looked.is_err() {
        come_back(worktree, intent)?;
    }
    looked
}

/// The folder is where it was again.
fn come_back(worktree: &Worktree, intent: &RemoveIntent) -> Result<()> {
    let back = rustix::fs::renameat_with(
        rustix::fs::CWD,
        &intent.aside,
        rustix::fs::CWD,
        &worktree.folder,
        rustix::fs::RenameFlags::NOREPLACE,
    );
    back.map_err(|error| {
        let hint = format!("it is in {}: move it back, or take from it what you need", intent.aside.display());
        refused(worktree, &format!("something else is in its place ({error})")).hint(hint)
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
    if !standing.present && standing.checkout == Checkout::Nothing && worktree.folder.exists() {
        return Err(refused(worktree, "something else is in its place").hint("look at it, and remove it by hand"));
    }
    Ok(())
}

async fn finish_discard(worktree: &Worktree, intent: &RemoveIntent, permit: &Permit<'_>) -> Result<()> {
    take_away(worktree, intent, permit).await?;
    if state(worktree).await?.elsewhere.is_none() {
        drop_branch(worktree, |now| Some(now) == intent.tip.as_deref()).await?;
    }
    Ok(())
}

/// Removes folder and entry. Git refuses one with submodules or with prepared files unless forced; what is in it was
/// looked at before.
async fn take_away(worktree: &Worktree, intent: &RemoveIntent, _permit: &Permit<'_>) -> Result<()> {
    delete(intent.aside.clone()).await.map_err(|error| refused(worktree, &error.to_string()))?;
    writable(worktree.folder.clone()).await;
    let mut removed = Ok(String::new());
    // Git may know it by either name.
    for folder in [worktree.folder.as_path(), intent.aside.as_path()] {
        let args = ["worktree", "remove", "--force"].map(OsStr::new);
        let args: Vec<&OsStr> = args.into_iter().chain([folder.as_os_str()]).collect();
        removed = worktree.project.change(&args, Vec::new()).await;
        if removed.is_ok() {
            break;
        }
    }
    if worktree.folder.exists() && worktree.is_present().await? {
        return removed.map(drop);
    }
    settings::tidy(&worktree.project).await;
    if let Some(shelf) = worktree.folder.parent() {
        // Only when it is empty.
        let _ = std::fs::remove_dir(shelf);
    }
    Ok(())
}

async fn drop_branch(worktree: &Worktree, goes: impl Fn(&str) -> bool) -> Result<()> {
    match worktree.tip().await? {
        Some(tip) if goes(&tip) => worktree.project.delete_ref(&worktree.reference(), &tip).await,
        _ => Ok(()),
    }
}
