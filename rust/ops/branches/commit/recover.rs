//! What the daemon was doing when it was killed: finished, or found not to have been done.

use super::after_ending;
use super::stack::{order_of, record};
use crate::attribution::Owner;
use crate::clock;
use crate::contract;
use crate::core::{Core, Ending};
use crate::error::{Error, Result};
use crate::ops::branches::discarded::Discarded;
use crate::ops::branches::trouble::{self, NOT_COMMITTED};
use crate::ops::branches::{prune, worktrees};
use crate::ops::rewrite::TaskLog;
use crate::ops::{edits, rewrite, stacks};
use crate::status::AgentStatus;
use crate::store::{Filter, Who};
use crate::task::Task;
use crate::vcs::commit::{self as vcs, CommitIntent, CommitPlace};
use crate::vcs::git::Git;
use crate::vcs::rewrite::{self as tree, Action, Intent, IntentLog, RewriteIntent, Rewritten};
use std::collections::BTreeSet;

/// After the daemon was killed: what it was doing is finished, and what turns left meanwhile is committed.
pub async fn recover(core: &Core) {
    let Ok(store) = core.store() else { return };
    let intents = store.read(|tx| tx.intents::<Intent>()).await.unwrap_or_else(|error| {
        log::error!("cannot read what was being done: {error}");
        Vec::new()
    });
    for (task, intent) in intents {
        if let Err(error) = finish(core, &task, &intent).await {
            log::error!("cannot finish what was being done: {error}");
            let words = match intent {
                Intent::Commit(_) => "a commit that was being made when the daemon ended cannot be looked at",
                _ => "what was being done to its branch when the daemon ended cannot be finished",
            };
            let trouble = contract::Trouble {
                kind: "damaged".into(),
                text: format!("{words}: {}", error.message),
                remedy: Some(format!("all bytes are kept in {}", intent.references().join(" and "))),
                above: None,
                files: Vec::new(),
            };
            let told = store.write(move |tx| trouble::record(tx, &task, NOT_COMMITTED, &trouble)).await;
            told.unwrap_or_else(|error| log::error!("cannot store a trouble: {error}"));
        }
    }
    prune::prune(core).await;
    let resting =
        |task: &Task| task.status.is_live() && task.stack.is_some() && task.agent_status.status == AgentStatus::Idle;
    let tasks = store.read(|tx| tx.tasks(None, &Filter::default())).await.unwrap_or_default();
    for task in tasks.into_iter().filter(resting) {
        after_ending(core, Ending { task: task.uuid, is_turn: true, at: clock::now() }).await;
    }
}

/// Finishes what was begun for the task and did not come to its end: before anything else is begun for it.
pub async fn settle(core: &Core, task: &str) -> Result<()> {
    match core.read(task, |tx, task| tx.intent::<Intent>(task)).await? {
        Some(intent) => finish(core, task, &intent).await,
        None => Ok(()),
    }
}

async fn finish(core: &Core, task: &str, intent: &Intent) -> Result<()> {
    let task = core.read(task, |tx, task| tx.row(task)).await?;
    match intent {
        Intent::Commit(intent) => commit(core, &task, intent).await,
        Intent::Rewrite(intent) => rewriting(core, &task, intent).await,
        Intent::RemoveWorktree(intent) => worktrees::finish_removal(core, &task, intent).await,
        Intent::RestoreWorktree { .. } => {
            match core.read(&task.uuid, |tx, task| Discarded::of(tx, task)).await {
                Ok(kept) => worktrees::bring_back(core, &task, &kept).await,
                // It is back already.
                Err(_) => core.write(&task.uuid, |tx, task| tx.end_intent(task)).await,
            }
        }
    }
}

/// Whether it is still to be finished, now that the repository is held: a verb may have done it meanwhile.
async fn is_open(core: &Core, task: &Task, intent: &Intent) -> Result<bool> {
    let now = core.read(&task.uuid, |tx, task| tx.intent::<Intent>(task)).await?;
    Ok(now.as_ref() == Some(intent))
}

async fn commit(core: &Core, task: &Task, intent: &CommitIntent) -> Result<()> {
    let loaded = core.config_of(&task.project).await;
    let but = stacks::open_for(core, task, &loaded).await?;
    let git = rewrite::git(&but);
    let held = stacks::hold(&but).await?;
    if !is_open(core, task, &Intent::Commit(Box::new(intent.clone()))).await? {
        return Ok(());
    }
    let outcome = vcs::recover(CommitPlace { git: &git, but: &but, held: &held }, intent).await?;
    record(core, task, &order_of(intent), outcome).await.map(drop)
}

async fn rewriting(core: &Core, task: &Task, intent: &RewriteIntent) -> Result<()> {
    let loaded = core.config_of(&task.project).await;
    let but = stacks::open_for(core, task, &loaded).await?;
    let git = rewrite::git(&but);
    let held = stacks::hold(&but).await?;
    if !is_open(core, task, &Intent::Rewrite(Box::new(intent.clone()))).await? {
        return Ok(());
    }
    let place = CommitPlace { git: &git, but: &but, held: &held };
    let rewritten = tree::recover(place, intent).await?;
    match &intent.action {
        Action::Discard { branch, reference, files } if rewritten.done.is_ok() && rewritten.moved.is_none() => {
            let files = files.iter().map(|file| file.path.clone()).collect();
            let (branch, reference) = (branch.clone(), reference.clone());
            let kept = Discarded { branch, reference, files, repositories: None };
            let end = rewrite::end(core, &task.uuid, &intent.rescue.reference, &rewritten, move |tx, task, _| {
                kept.record(tx, task)
            });
            end.await
        }
        // Somebody wrote one of its files since: what of it was taken away comes back.
        Action::Discard { .. } => put_back(core, task, place, intent).await.map(drop),
        Action::Restore { .. } => {
            restored(core, task, place.git, intent, &rewritten).await?;
            rewritten.done
        }
        _ => rewrite::end(core, &task.uuid, &intent.rescue.reference, &rewritten, |_, _, _| Ok(())).await,
    }
}

/// Undoes a discard that did not come to its end; files whose edits did not fit any more. From now on the store says that
/// it is undone, whatever happens meanwhile.
pub async fn put_back(core: &Core, task: &Task, place: CommitPlace<'_>, intent: &RewriteIntent) -> Result<Vec<String>> {
    let undoing = intent.undoing().ok_or_else(|| Error::internal("only a discard is undone"))?;
    let mut log = TaskLog::of(core, &task.uuid);
    log.intend(&Intent::Rewrite(Box::new(undoing.clone()))).await?;
    let files = match &undoing.action {
        Action::Restore { files, .. } => files.iter().cloned().collect(),
        _ => BTreeSet::new(),
    };
    let before = tree::keep(place, task.number, &files).await?;
    let (intent, permit) = before.begin(place, undoing.action, &mut log).await?;
    let rewritten = tree::run(place, &intent, &permit).await?;
    restored(core, task, place.git, &intent, &rewritten).await?;
    let kept = format!("all of it is kept in {}", intent.kept_in());
    rewritten.done.map_err(|error| error.context("cannot put back what was taken away").hint(kept))?;
    Ok(rewritten.left)
}

/// Records what came of a restore: the edits that are back are the task's own, and a task that was discarded is reopened.
pub async fn restored(
    core: &Core,
    task: &Task,
    git: &Git,
    intent: &RewriteIntent,
    rewritten: &Rewritten,
) -> Result<()> {
    let Action::Restore { files, branch, reference } = &intent.action else { return Ok(()) };
    if rewritten.done.is_ok() {
        for file in files.iter().filter(|file| !rewritten.left.contains(file)) {
            if let Some(from) = tree::without(git, reference, file).await? {
                let author = Owner::Task(task.uuid.clone());
                edits::attribute_restored(core, &task.project, file, author, &from).await?;
            }
        }
    }
    let (left, branch, reference) = (rewritten.left.clone(), branch.clone(), reference.clone());
    rewrite::end(core, &task.uuid, &intent.rescue.reference, rewritten, move |tx, task, _| {
        match Discarded::of(tx, task) {
            Ok(kept) if kept.reference == reference => kept.restored(tx, task, &left),
            // A discard that did not come to its end.
            _ => {
                let mut text = format!("{branch} was not discarded");
                if !left.is_empty() {
                    text += &format!("; {} changed meanwhile: their edits are in {reference}/edits", left.join(", "));
                }
                tx.journal(task, Who::Chorus, "not_discarded", &text, None)
            }
        }
    })
    .await
}
