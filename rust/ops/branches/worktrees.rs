//! The worktree of a task: made or found at its start, committed to, shown in the workspace, removed without loss.

use crate::commits::message;
use crate::config::Loaded;
use crate::contract::{self, Code, Confirm, Offer};
use crate::core::{Asker, Core};
use crate::error::{Error, Result};
use crate::ops::branches::commit::{self, Done};
use crate::ops::branches::discard;
use crate::ops::stacks;
use crate::store::{NewCommit, Place, Tx, Who};
use crate::task::{Isolation, Task};
use crate::vcs::but::But;
use crate::vcs::git::Git;
use crate::vcs::lock::Lock;
use crate::vcs::worktree::prepare::Preparation;
use crate::vcs::worktree::{self, Wish, Worktree};
use serde::{Deserialize, Serialize};
use std::path::PathBuf;

/// A worktree that a start made or found.
pub struct Made {
    worktree: Worktree,
    is_new: bool,
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

impl Made {
    /// Where the task's edits go.
    pub fn place(&self) -> Place {
        Place {
            stack: Some(self.worktree.branch.clone()),
            worktree: Some(self.worktree.folder.to_string_lossy().into_owned()),
            base: Some(self.worktree.base.clone()),
        }
    }

    /// Takes back one that was made now, in which no agent was; one that was there stays.
    pub async fn undo(self) -> Result<()> {
        match self.is_new {
            true => self.worktree.undo().await.map_or(Ok(()), |stayed| Err(Error::new(Code::VcsRefused, stayed))),
            false => Ok(()),
        }
    }
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
pub async fn of(core: &Core, task: &Task, project: &Git) -> Result<Option<Worktree>> {
    let (Some(branch), Some(folder)) = (task.stack.clone(), task.worktree.clone()) else { return Ok(None) };
    let uuid = task.uuid.clone();
    let (base, kept) = core.store()?.read(move |tx| Ok((tx.base(&uuid)?, tx.recall(&key(&uuid))?))).await?;
    let kept: Option<Kept> = kept.and_then(|json| serde_json::from_str(&json).ok());
    let (base, target) = (base.unwrap_or_default(), kept.and_then(|kept| kept.target));
    Ok(Some(Worktree { project: project.clone(), folder: PathBuf::from(folder), branch, base, target }))
}

/// Makes it, or finds the one of a reopened task and makes that whole again. One whose branch is gone too, because it
/// was discarded or never had a commit, is made anew.
pub async fn make(core: &Core, task: &Task, loaded: &Loaded, project: &Git) -> Result<Made> {
    let preparation = preparation(loaded);
    if let Some(worktree) = of(core, task, project).await? {
        let is_there = worktree.is_present().await? || worktree.tip().await?.is_some();
        if is_there && !is_unfinished(core, task).await? {
            worktree::repair(&worktree, &preparation).await?;
            return Ok(Made { worktree, is_new: false });
        }
        // The daemon was killed while it was made: nothing ran in it yet.
        if is_there && let Some(stayed) = worktree.undo().await {
            log::warn!("a half-made worktree: {stayed}");
        }
    }
    let known = task.clone();
    let on = core.store()?.read(move |tx| stacks::above(tx, &known)).await?;
    let home = core.state.worktrees();
    let number = u32::try_from(task.number).unwrap_or(u32::MAX);
    let wish = Wish { number, title: &task.title, on: on.as_deref(), home: &home, preparation: &preparation };
    let worktree = worktree::plan(project, &wish).await?;
    let made = Made { worktree, is_new: true };
    note(core, task, &made, true).await?;
    worktree::make(&made.worktree, &preparation).await?;
    note(core, task, &made, false).await?;
    Ok(made)
}

/// Before it is made and after: a daemon that is killed in between takes back what there is of it.
async fn note(core: &Core, task: &Task, made: &Made, unfinished: bool) -> Result<()> {
    let (uuid, place) = (task.uuid.clone(), made.place());
    let kept = Kept { target: made.worktree.target.clone(), unfinished };
    let noted = core.store()?.write(move |tx| {
        tx.set_place(&uuid, &place)?;
        tx.remember(&key(&uuid), &serde_json::to_string(&kept).unwrap_or_default())
    });
    noted.await
}

async fn is_unfinished(core: &Core, task: &Task) -> Result<bool> {
    let uuid = task.uuid.clone();
    let kept = core.store()?.read(move |tx| tx.recall(&key(&uuid))).await?;
    Ok(kept.and_then(|json| serde_json::from_str::<Kept>(&json).ok()).is_some_and(|kept| kept.unfinished))
}

/// Makes the worktree of a live task again where somebody removed it: before its agent is restarted.
pub async fn restore(core: &Core, task: &Task, loaded: &Loaded, project: &Git) -> Result<()> {
    match of(core, task, project).await?.filter(|_| task.isolation == Isolation::Worktree) {
        Some(worktree) => worktree::repair(&worktree, &preparation(loaded)).await,
        None => Ok(()),
    }
}

/// Commits everything in it.
pub async fn commit(core: &Core, task: &Task, loaded: &Loaded, message: Option<&str>) -> Result<Done> {
    let project = Git::at(&task.project);
    let Some(worktree) = of(core, task, &project).await? else { return Ok(Done::Nothing) };
    let text = match message {
        Some(message) => message::by_person(message, task.number),
        None => commit::generated(core, task, loaded).await?,
    };
    let _held = Lock::of(&project.common_dir().await?).hold(stacks::QUEUE).await?;
    if let Err(error) = take_note(core, task, &worktree).await {
        log::warn!("cannot look for commits of others on {}: {error}", worktree.branch);
    }
    let made = worktree::commit::commit_all(&worktree, &text).await;
    let subject = text.lines().next().unwrap_or_default().to_owned();
    let files = match &made {
        Ok(Some(oid)) => files(&worktree.git(), oid).await?,
        _ => 0,
    };
    let left = if made.is_err() { uncommitted(core, task).await?.len() } else { 0 };
    let (uuid, branch) = (task.uuid.clone(), worktree.branch.clone());
    core.store()?
        .write(move |tx| {
            tx.set_uncommitted(&uuid, i64::try_from(left).unwrap_or(i64::MAX), &[])?;
            record(tx, &uuid, branch, subject, files, made)
        })
        .await
}

/// Counts commits that the agent, or a person, made on the branch themselves, and the files that are uncommitted.
pub async fn count(core: &Core, task: &Task) -> Result<()> {
    let Some(worktree) = of(core, task, &Git::at(&task.project)).await? else { return Ok(()) };
    take_note(core, task, &worktree).await?;
    let left = i64::try_from(uncommitted(core, task).await?.len()).unwrap_or(i64::MAX);
    let uuid = task.uuid.clone();
    core.store()?.write(move |tx| tx.set_uncommitted(&uuid, left, &[])).await
}

/// Notes commits of the branch alone that are not known yet: not Chorus's.
async fn take_note(core: &Core, task: &Task, worktree: &Worktree) -> Result<()> {
    let uuid = task.uuid.clone();
    let known = core.store()?.read(move |tx| tx.commits(&uuid, u32::MAX)).await?;
    let mut found = Vec::new();
    for (oid, subject) in worktree::standing::commits(worktree).await? {
        if known.iter().all(|commit| commit.oid != oid) {
            let files = files(&worktree.project, &oid).await?;
            found.push(NewCommit { oid, change: None, branch: worktree.branch.clone(), subject, files });
        }
    }
    if found.is_empty() {
        return Ok(());
    }
    let uuid = task.uuid.clone();
    let note = move |tx: &mut Tx<'_>| {
        for commit in &found {
            let text = format!("Found a commit on {} that Chorus did not make: {}", commit.branch, commit.subject);
            tx.add_commit(&uuid, commit)?;
            tx.journal(&uuid, Who::Chorus, "committed", &text, Some(&serde_json::json!({ "commit": commit.oid })))?;
        }
        Ok(())
    };
    core.store()?.write(note).await
}

async fn files(git: &Git, oid: &str) -> Result<i64> {
    let args = ["diff-tree", "--no-commit-id", "--name-only", "-r", "-z", "--root", oid];
    let listed = git.bytes(&args).await?;
    Ok(i64::try_from(listed.split(|byte| *byte == 0).filter(|path| !path.is_empty()).count()).unwrap_or(i64::MAX))
}

fn record(
    tx: &mut Tx<'_>,
    task: &str,
    branch: String,
    subject: String,
    files: i64,
    made: Result<Option<String>>,
) -> Result<Done> {
    match made {
        Ok(Some(oid)) => {
            let text = format!("Committed {} to {branch}: {subject}", commit::counted(files));
            let data = serde_json::json!({ "commit": oid });
            tx.add_commit(task, &NewCommit { oid, change: None, branch, subject, files })?;
            tx.journal(task, Who::Chorus, "committed", &text, Some(&data))?;
            tx.set_trouble(task, None)?;
            Ok(Done::Committed)
        }
        Ok(None) => {
            tx.set_trouble(task, None)?;
            Ok(Done::Nothing)
        }
        Err(error) => {
            let trouble = contract::Trouble {
                kind: "left".into(),
                text: error.message,
                remedy: error.hint,
                above: None,
                files: Vec::new(),
            };
            commit::note(tx, task, commit::NOT_COMMITTED, &trouble)?;
            Ok(Done::Trouble(trouble))
        }
    }
}

/// What is not committed in it.
pub async fn uncommitted(core: &Core, task: &Task) -> Result<Vec<String>> {
    let Some(worktree) = of(core, task, &Git::at(&task.project)).await? else { return Ok(Vec::new()) };
    if !worktree.is_present().await? {
        return Ok(Vec::new());
    }
    Ok(worktree::standing::changes(&worktree).await?.paths)
}

/// After a task has ended: its worktree goes if it is clean and merged, and stays otherwise.
pub async fn tidy(core: &Core, task: &Task) {
    if task.isolation != Isolation::Worktree {
        return;
    }
    let Err(error) = try_tidy(core, task).await else { return };
    let mend = error.hint.map(|hint| format!(" ({hint})")).unwrap_or_default();
    let text = format!("The worktree stays: {}{mend}", error.message);
    log::info!("{text}");
    let (Ok(store), uuid) = (core.store(), task.uuid.clone()) else { return };
    let told = store.write(move |tx| tx.journal(&uuid, Who::Chorus, "worktree_kept", &text, None));
    told.await.unwrap_or_else(|error| log::error!("cannot journal that a worktree stays: {error}"));
}

async fn try_tidy(core: &Core, task: &Task) -> Result<()> {
    let Some(worktree) = of(core, task, &Git::at(&task.project)).await? else { return Ok(()) };
    worktree::remove::remove(&worktree).await?;
    if worktree.tip().await?.is_some() {
        return Ok(());
    }
    let uuid = task.uuid.clone();
    core.store()?.write(move |tx| tx.forget_place(&uuid)).await
}

/// Whether all that the task committed is merged.
pub async fn is_merged(core: &Core, task: &Task) -> Result<bool> {
    match of(core, task, &Git::at(&task.project)).await? {
        Some(worktree) => Ok(worktree::standing::state(&worktree).await?.merged),
        None => Ok(false),
    }
}

/// Takes worktree and branch away whatever is in them; the ref that keeps all of it.
pub async fn discard(core: &Core, task: &Task) -> Result<Option<String>> {
    let Some(worktree) = of(core, task, &Git::at(&task.project)).await? else { return Ok(None) };
    worktree::remove::discard(&worktree, u32::try_from(task.number).unwrap_or(u32::MAX)).await
}

/// Brings back what [`discard`] kept: the branch, and a worktree with the edits that were not committed.
pub async fn bring_back(core: &Core, task: &Task, kept: &str) -> Result<()> {
    let project = Git::at(&task.project);
    let Some(worktree) = of(core, task, &project).await? else { return Ok(()) };
    let tip = worktree::keep::tip(&project, kept).await?;
    discard::branch_again(&project, &worktree.branch, &tip).await?;
    worktree::repair(&worktree, &preparation(&core.config_of(&task.project))).await?;
    worktree::keep::put_back(&worktree, kept).await?;
    count(core, task).await
}

/// The branch that shows a worktree task's commits in the workspace. The task's own branch is never applied there:
/// GitButler loses commits on an applied branch that something else moved (2026-08).
fn shown(branch: &str) -> String {
    format!("{branch}-preview")
}

/// Shows the task's branch in the GitButler workspace, or brings what is shown up to date.
pub async fn preview(core: &Core, asker: &Asker, confirm: Confirm) -> Result<Offer> {
    let task = core.task(asker, &confirm.task).await?;
    let doing = format!("cannot show #{} in the workspace", task.number);
    let (Isolation::Worktree, Some(branch)) = (task.isolation, &task.stack) else {
        let hint = "a stack is in the workspace already; a task with isolation worktree can be shown there";
        return Err(Error::new(Code::WrongState, format!("{doing}: it has no worktree")).hint(hint));
    };
    let loaded = core.config_of(&task.project);
    let but = stacks::open(core, &task.project, &loaded, None).await.map_err(|error| error.context(&doing))?;
    let others = stacks::dirty_beside(core, &task).await?;
    if !confirm.confirmed {
        let mut text = format!(
            "The commits of {branch} would be shown in the workspace as {}, a branch of their own: the task goes on in \
             its worktree, and `preview` again brings the branch up to date.",
            shown(branch)
        );
        if !others.is_empty() {
            text += &format!("\nTasks have uncommitted edits in {}.", others.join(", "));
        }
        return Ok(Offer { text, done: false });
    }
    let uuid = task.uuid.clone();
    let base = core.store()?.read(move |tx| tx.base(&uuid)).await?;
    show(&but, &task, branch, base).await.map_err(|error| error.context(&doing))?;
    Ok(Offer { text: format!("{} is in the workspace.", shown(branch)), done: true })
}

async fn show(but: &But, task: &Task, branch: &str, base: Option<String>) -> Result<()> {
    let held = stacks::hold(but).await?;
    let git = Git::at(&task.project);
    let (name, reference) = (shown(branch), format!("refs/heads/{}", shown(branch)));
    let tree = |rev: &str| format!("{rev}^{{tree}}");
    let wanted = git.find(&["rev-parse", "--verify", "--quiet", &tree(&format!("refs/heads/{branch}"))]).await?;
    let wanted = wanted.ok_or_else(|| Error::new(Code::VcsRefused, format!("there is no branch {branch} any more")))?;
    let before = git.resolve(&reference).await?;
    let applied = but.status().await?.branch(&name).is_some();
    if applied && git.find(&["rev-parse", "--verify", "--quiet", &tree(&reference)]).await?.as_ref() == Some(&wanted) {
        return Ok(());
    }
    // One commit with other ids than the branch's: whoever asks whether that is in the workspace hears no.
    let base = base.ok_or_else(|| Error::internal("the task has no base commit"))?;
    let message = format!("Preview of #{}: {}\n", task.number, task.title);
    let made = git.change(&["commit-tree", &wanted, "-p", &base, "-F", "-"], message.into_bytes()).await?;
    // Moved only while it is out of the workspace.
    if applied {
        but.unapply(&name, &held).await?;
    }
    git.update_ref(&reference, made.trim(), before.as_deref()).await?;
    Ok(but.apply(&name, &held).await?)
}
