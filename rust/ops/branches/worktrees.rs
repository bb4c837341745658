//! The worktree of a task: made or found at its start, restored, removed without loss.

use crate::config::Loaded;
use crate::contract::Code;
use crate::core::Core;
use crate::error::{Error, Result};
use crate::foreign::{self, fs};
use crate::ops::branches::discarded::Discarded;
use crate::ops::rewrite::TaskLog;
use crate::ops::stacks;
use crate::store::{TaskPlace, Who};
use crate::task::{Isolation, Task};
use crate::vcs::git::Git;
use crate::vcs::lock::{Held, Lock};
use crate::vcs::repository::WORKSPACE;
use crate::vcs::rewrite::{Intent, Permit, RemoveIntent, branch_again};
use crate::vcs::worktree::dirty::DirtyPaths;
use crate::vcs::worktree::prepare::Preparation;
use crate::vcs::worktree::remove::Removed;
use crate::vcs::worktree::{self, Repaired, Wish, Worktree, nested};
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};

/// A worktree that a start made or found.
pub struct MadeWorktree {
    worktree: Worktree,
    is_new: bool,
    /// What a person should know of it, in a sentence each.
    pub notes: Vec<String>,
}

/// What the store keeps beside branch, folder and base.
#[derive(Serialize, Deserialize)]
struct Kept {
    target: Option<String>,
    /// It was begun and is not known to have come to its end.
    #[serde(default)]
    unfinished: bool,
}

fn key(task: &str) -> String {
    format!("worktree {task}")
}

impl MadeWorktree {
    /// Where the task's edits go.
    pub fn place(&self) -> TaskPlace {
        TaskPlace {
            stack: Some(self.worktree.branch.clone()),
            worktree: Some(self.worktree.folder.to_string_lossy().into_owned()),
            base: Some(self.worktree.base.clone()),
        }
    }

    /// The worktree, when it was made now.
    pub fn fresh(&self) -> Option<&Worktree> {
        self.is_new.then_some(&self.worktree)
    }

    /// Takes back one that was made now, in which no agent was; one that was there stays.
    pub async fn undo(self) -> Result<()> {
        match self.is_new {
            true => self.worktree.undo().await.map_or(Ok(()), |stayed| Err(Error::new(Code::VcsRefused, stayed))),
            false => Ok(()),
        }
    }
}

/// The ref that the task's worktree is to be merged into, where it has one.
pub async fn target(core: &Core, task: &Task) -> Result<Option<String>> {
    let kept = core.read(&task.uuid, |tx, task| tx.recall(&key(task))).await?;
    Ok(kept.and_then(|json| serde_json::from_str::<Kept>(&json).ok()).and_then(|kept| kept.target))
}

fn preparation(loaded: &Loaded) -> Preparation {
    let configured = &loaded.config.worktree;
    Preparation {
        copy: configured.copy.clone(),
        link: configured.link.clone(),
        run: configured.run.iter().map(|words| words.0.clone()).collect(),
    }
}

/// The task's worktree by what the store says, whether or not it is still there.
pub async fn of(core: &Core, task: &Task) -> Result<Option<Worktree>> {
    let (Some(branch), Some(folder)) = (task.stack.clone(), task.worktree.clone()) else { return Ok(None) };
    let (base, kept) = core.read(&task.uuid, |tx, task| Ok((tx.base(task)?, tx.recall(&key(task))?))).await?;
    let kept: Option<Kept> = kept.and_then(|json| serde_json::from_str(&json).ok());
    let (base, target) = (base.unwrap_or_default(), kept.and_then(|kept| kept.target));
    let project = git_of(core.environments.git(task), Path::new(&folder)).await;
    let mut worktree = Worktree { project, folder: PathBuf::from(folder), branch, base, target };
    if let Some(branch) = worktree.renamed().await? {
        follow(core, task, &worktree, branch.clone()).await?;
        worktree.branch = branch;
    }
    Ok(Some(worktree))
}

/// Git in the project. Where only the project's own working tree is gone, which may be one of many of a bare repository,
/// git in the repository itself.
async fn git_of(project: Git, worktree: &Path) -> Git {
    let (at, beside) = (project.folder.clone(), worktree.to_owned());
    let common = foreign::within(worktree, move || match fs::is_dir(&at) {
        true => None,
        false => crate::project::common_dir(&beside),
    });
    match common.await {
        Ok(Some(common)) => project.within(common),
        _ => project,
    }
}

/// Keeps the name that somebody gave the task's branch.
async fn follow(core: &Core, task: &Task, worktree: &Worktree, branch: String) -> Result<()> {
    let place = TaskPlace {
        stack: Some(branch.clone()),
        worktree: Some(worktree.folder.to_string_lossy().into_owned()),
        base: Some(worktree.base.clone()),
    };
    let text = format!("Its branch {} was renamed to {branch}", worktree.branch);
    let noted = core.write(&task.uuid, move |tx, task| {
        tx.set_place(task, &place)?;
        tx.journal(task, Who::Chorus, "renamed", &text, None)
    });
    noted.await
}

/// Makes it, or finds the one of a reopened task and makes that whole again; [`finish_making`] follows. One whose branch is gone too, because it
/// was discarded or never had a commit, is made anew.
pub async fn make(core: &Core, task: &Task, loaded: &Loaded) -> Result<MadeWorktree> {
    let preparation = preparation(loaded);
    if let Some(worktree) = of(core, task).await? {
        let is_there = worktree.is_present().await? || worktree.tip().await?.is_some();
        if is_there && !is_unfinished(core, task).await? {
            let repaired = worktree::repair(&worktree, &preparation).await?;
            // It may have gone because all of it was merged.
            let notes = told(&worktree, repaired, task.uncommitted > 0);
            return Ok(MadeWorktree { worktree, is_new: false, notes });
        }
        // The daemon was killed while it was made: nothing ran in it yet.
        if is_there && let Some(stayed) = worktree.undo().await {
            log::warn!("a half-made worktree: {stayed}");
        }
    }
    let on = core.read(task, stacks::above).await?;
    let home = core.state.worktrees();
    let number = u32::try_from(task.number).unwrap_or(u32::MAX);
    let wish = Wish { number, title: &task.title, on: on.as_deref(), home: &home, preparation: &preparation };
    let worktree = worktree::plan(&core.environments.git(task), &wish).await?;
    let mut made = MadeWorktree { worktree, is_new: true, notes: Vec::new() };
    record(core, task, &made, true).await?;
    made.notes = worktree::make(&made.worktree, &preparation).await?;
    Ok(made)
}

/// A worktree that was made now is whole: what is edited in it from now on is the task's.
pub async fn finish_making(core: &Core, task: &Task, made: &MadeWorktree) -> Result<()> {
    if made.is_new { record(core, task, made, false).await } else { Ok(()) }
}

/// Before it is made and after: a daemon that is killed in between takes back what there is of it.
async fn record(core: &Core, task: &Task, made: &MadeWorktree, unfinished: bool) -> Result<()> {
    let (place, kept) = (made.place(), Kept { target: made.worktree.target.clone(), unfinished });
    let noted = core.write(&task.uuid, move |tx, task| {
        tx.set_place(task, &place)?;
        tx.remember(&key(task), &serde_json::to_string(&kept).unwrap_or_default())
    });
    noted.await
}

async fn is_unfinished(core: &Core, task: &Task) -> Result<bool> {
    let kept = core.read(&task.uuid, |tx, task| tx.recall(&key(task))).await?;
    Ok(kept.and_then(|json| serde_json::from_str::<Kept>(&json).ok()).is_some_and(|kept| kept.unfinished))
}

/// Makes the worktree of a live task again where somebody removed it: before its agent is restarted.
pub async fn restore(core: &Core, task: &Task, loaded: &Loaded) -> Result<()> {
    let Some(worktree) = of(core, task).await?.filter(|_| task.isolation == Isolation::Worktree) else {
        return Ok(());
    };
    let notes = told(&worktree, worktree::repair(&worktree, &preparation(loaded)).await?, true);
    let journaled = core.write(&task.uuid, move |tx, task| {
        notes.iter().try_for_each(|note| tx.journal(task, Who::Chorus, "worktree", note, None))
    });
    journaled.await
}

/// What a person should know of a repair, also that the worktree was gone although it `was_in_use`.
fn told(worktree: &Worktree, Repaired { is_new, mut notes }: Repaired, was_in_use: bool) -> Vec<String> {
    if is_new && was_in_use {
        let branch = &worktree.branch;
        let text =
            format!("The worktree was gone and was made again from {branch}: what was not committed in it is lost");
        notes.insert(0, text);
    }
    notes
}

/// What is changed in it and in no commit.
pub async fn changes(core: &Core, task: &Task) -> Result<DirtyPaths> {
    let Some(worktree) = of(core, task).await? else { return Ok(DirtyPaths::default()) };
    if !worktree.is_present().await? {
        return Ok(DirtyPaths::default());
    }
    worktree::dirty::changes(&worktree).await
}

/// Paths that Chorus put into the worktree and somebody committed to its branch: merging them does harm.
pub async fn committed_preparation(core: &Core, task: &Task, loaded: &Loaded) -> Result<Vec<String>> {
    match of(core, task).await? {
        Some(worktree) => worktree::prepare::committed(&worktree, &preparation(loaded)).await,
        None => Ok(Vec::new()),
    }
}

/// What is not committed in it and can be.
pub async fn uncommitted(core: &Core, task: &Task) -> Result<Vec<String>> {
    Ok(changes(core, task).await?.paths)
}

/// After a task has ended: its worktree goes if it is clean and merged, and stays otherwise. What stays and why, for
/// people, which the journal says, too.
pub async fn tidy(core: &Core, task: &Task) -> Option<String> {
    if task.isolation != Isolation::Worktree {
        return None;
    }
    let (what, text) = match try_tidy(core, task).await {
        Ok(None) => return None,
        Ok(Some(left)) => ("worktree_left", left),
        Err(error) => {
            let mend = error.hint.map(|hint| format!(" ({hint})")).unwrap_or_default();
            ("worktree_kept", format!("The worktree stays: {}{mend}", error.message))
        }
    };
    log::info!("{text}");
    let said = text.clone();
    let journaled = core.write(&task.uuid, move |tx, task| tx.journal(task, Who::Chorus, what, &said, None));
    journaled.await.unwrap_or_else(|error| log::error!("cannot journal that a worktree stays: {error}"));
    Some(text)
}

async fn try_tidy(core: &Core, task: &Task) -> Result<Option<String>> {
    let Some(worktree) = of(core, task).await? else { return Ok(None) };
    let held = hold(&worktree).await?;
    let removed = worktree::remove::remove(&worktree, &held, &mut TaskLog::of(core, &task.uuid)).await;
    // A folder that is still aside is dealt with before anything else is begun.
    if removed.is_ok() || worktree.is_present().await? {
        core.write(&task.uuid, |tx, task| tx.end_intent(task)).await?;
    }
    let left = removed?.left;
    if worktree.tip().await?.is_none() {
        core.write(&task.uuid, |tx, task| tx.forget_place(task)).await?;
    }
    Ok(left)
}

/// Whether somebody removed the worktree of the task: nothing is there to be committed.
pub async fn is_gone(core: &Core, task: &Task) -> Result<bool> {
    if task.isolation != Isolation::Worktree {
        return Ok(false);
    }
    let Some(worktree) = of(core, task).await? else { return Ok(false) };
    worktree.is_gone().await
}

/// Where the commits of a task's branch are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Landed {
    /// The target has all of them.
    Merged,
    /// The target does not have them.
    Open,
    /// The target does not have them, and the branch is gone.
    Gone,
}

/// Where the task's commits are.
pub async fn landed(core: &Core, task: &Task) -> Result<Landed> {
    let Some(worktree) = of(core, task).await? else { return Ok(Landed::Open) };
    if worktree.tip().await?.is_some() {
        let is_merged = worktree::standing::state(&worktree).await?.merged;
        return Ok(if is_merged { Landed::Merged } else { Landed::Open });
    }
    let newest = core.read(&task.uuid, |tx, task| tx.commits(task, 1)).await?;
    let newest = match newest.first() {
        Some(commit) => worktree.project.resolve(&commit.oid).await?,
        None => None,
    };
    Ok(match newest {
        Some(newest) if worktree::standing::merged(&worktree, &newest).await? => Landed::Merged,
        _ => Landed::Gone,
    })
}

/// How a task's branch gets to where it is wanted.
#[derive(Debug, Default)]
pub struct Ways {
    /// Whether GitButler's workspace is checked out in the project.
    pub in_workspace: bool,
    /// The remote to push to, where there is one.
    pub remote: Option<String>,
}

/// How the task's branch can be taken in and published from the project.
pub async fn ways(core: &Core, task: &Task) -> Result<Ways> {
    let Some(Worktree { project, target, .. }) = of(core, task).await? else { return Ok(Ways::default()) };
    let in_workspace = project.branch().await?.as_deref() == Some(WORKSPACE);
    let remotes = project.read(&["remote"]).await?;
    let of_target = match target.as_deref().and_then(|target| target.strip_prefix("refs/heads/")) {
        Some(target) => project.find(&["config", "--get", &format!("branch.{target}.remote")]).await?,
        None => None,
    };
    let remotes: Vec<&str> = remotes.lines().collect();
    let wanted = [of_target.as_deref(), Some("origin"), remotes.first().copied()].into_iter().flatten();
    let remote = wanted.into_iter().find(|name| remotes.contains(name) && *name != "gb-local").map(str::to_owned);
    Ok(Ways { in_workspace, remote })
}

/// The right to change the repository.
async fn hold(worktree: &Worktree) -> Result<Held> {
    Lock::of(&worktree.project.common_dir().await?).await.hold(stacks::QUEUE).await
}

fn number_of(task: &Task) -> u32 {
    u32::try_from(task.number).unwrap_or(u32::MAX)
}

/// Takes worktree and branch away whatever is in them, after all of it was kept, and records it.
pub async fn discard(core: &Core, task: &Task) -> Result<Option<Discarded>> {
    let Some(worktree) = of(core, task).await? else { return Ok(None) };
    let held = hold(&worktree).await?;
    let removed =
        worktree::remove::discard(&worktree, number_of(task), &held, &mut TaskLog::of(core, &task.uuid)).await;
    if removed.is_err() && worktree.is_present().await.unwrap_or(false) {
        core.write(&task.uuid, |tx, task| tx.end_intent(task)).await?;
    }
    record_removal(core, task, &worktree, removed?).await
}

async fn record_removal(
    core: &Core,
    task: &Task,
    worktree: &Worktree,
    Removed { kept, left }: Removed,
) -> Result<Option<Discarded>> {
    let branch = task.stack.clone().unwrap_or_default();
    let mut repositories = None;
    if let Some(folder) = kept.as_ref().map(|kept| nested::folder(&worktree.folder, kept))
        && foreign::ask(&folder, fs::exists).await.unwrap_or_default()
    {
        repositories = Some(folder.to_string_lossy().into_owned());
    }
    let kept = kept.map(|reference| Discarded { reference, branch, files: Vec::new(), repositories });
    core.write(&task.uuid, move |tx, task| {
        kept.iter().try_for_each(|kept| kept.record(tx, task))?;
        left.iter().try_for_each(|left| tx.journal(task, Who::Chorus, "worktree_left", left, None))?;
        tx.end_intent(task)?;
        Ok(kept)
    })
    .await
}

/// Finishes a removal that a kill interrupted.
pub async fn finish_removal(core: &Core, task: &Task, intent: &RemoveIntent) -> Result<()> {
    let Some(worktree) = of(core, task).await? else {
        return core.write(&task.uuid, |tx, task| tx.end_intent(task)).await;
    };
    let held = hold(&worktree).await?;
    let open = core.read(&task.uuid, |tx, task| tx.intent::<Intent>(task)).await?;
    if open != Some(Intent::RemoveWorktree(Box::new(intent.clone()))) {
        return Ok(());
    }
    let mut log = TaskLog::of(core, &task.uuid);
    let removed = worktree::remove::recover(&worktree, number_of(task), intent, &held, &mut log).await?;
    let gone = !intent.discards && worktree.tip().await?.is_none();
    record_removal(core, task, &worktree, removed).await?;
    if gone { core.write(&task.uuid, |tx, task| tx.forget_place(task)).await } else { Ok(()) }
}

/// Brings back what [`discard`] kept, the branch and a worktree with the edits that were not committed, and reopens the
/// task.
pub async fn bring_back(core: &Core, task: &Task, kept: &Discarded) -> Result<()> {
    let mut stayed = Vec::new();
    if let Some(worktree) = of(core, task).await? {
        let held = hold(&worktree).await?;
        let intent = Intent::RestoreWorktree { reference: kept.reference.clone() };
        let _permit = Permit::begin(&held, &intent, &mut TaskLog::of(core, &task.uuid)).await?;
        let back = fill_again(core, task, &worktree, &kept.reference).await;
        if back.is_err() {
            core.write(&task.uuid, |tx, task| tx.end_intent(task)).await?;
        }
        stayed = back?;
    }
    let kept = kept.clone();
    core.write(&task.uuid, move |tx, task| {
        kept.restored(tx, task, &[])?;
        if let (Some(folder), false) = (&kept.repositories, stayed.is_empty()) {
            let names = stayed.iter().map(|path| path.to_string_lossy()).collect::<Vec<_>>().join(", ");
            let text = format!("{names} is still in {folder}: something else is in its place");
            tx.journal(task, Who::Chorus, "worktree_left", &text, None)?;
        }
        tx.end_intent(task)
    })
    .await
}

/// What was kept is in the worktree again; the repositories inside that could not come back.
async fn fill_again(core: &Core, task: &Task, worktree: &Worktree, kept: &str) -> Result<Vec<PathBuf>> {
    let tip = worktree::keep::tip(&worktree.project, kept).await?;
    branch_again(&worktree.project, &worktree.branch, &tip).await?;
    let _repaired = worktree::repair(worktree, &preparation(&core.config_of(&task.project).await)).await?;
    let lost = worktree::remove::overwritten(worktree, kept).await?;
    if !lost.is_empty() {
        let why =
            format!("cannot bring {} back: {} was edited in its worktree since", worktree.branch, lost.join(", "));
        return Err(Error::new(Code::VcsRefused, why).hint("commit or move those edits first"));
    }
    worktree::keep::put_back(worktree, kept).await
}
