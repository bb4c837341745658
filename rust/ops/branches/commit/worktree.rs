//! A commit to a task's worktree: everything in it, and what its agent or a person committed there themselves.

use super::message;
use crate::commits::message::by_person;
use crate::config::Loaded;
use crate::contract;
use crate::core::Core;
use crate::error::Result;
use crate::ops::branches::trouble::{self, Done, NOT_COMMITTED, WITHOUT_HOOKS};
use crate::ops::branches::{hooks, worktrees};
use crate::ops::stacks;
use crate::store::{NewCommit, Tx, Who};
use crate::task::Task;
use crate::vcs::git::Git;
use crate::vcs::lock::Lock;
use crate::vcs::worktree::{self, Worktree};
use std::time::Duration;

/// Commits everything in it.
pub async fn commit(core: &Core, task: &Task, loaded: &Loaded, message: Option<&str>) -> Result<Done> {
    let Some(worktree) = worktrees::of(core, task).await? else { return Ok(Done::Nothing) };
    let text = match message {
        Some(message) => by_person(message, task.number),
        None => message::generated(core, task, loaded).await?,
    };
    let lock = Lock::of(&worktree.project.common_dir().await?);
    let _held = lock.hold_for(&format!("a commit of #{}", task.number), stacks::QUEUE).await?;
    if let Err(error) = record_foreign_commits(core, task, &worktree).await {
        log::warn!("cannot look for commits of others on {}: {error}", worktree.branch);
    }
    let decision = hooks::decide(core, task, loaded, &worktree.git()).await?;
    let made = noted_while_slow(core, task, worktree::commit::commit_with(&worktree, &text, decision.hooks)).await;
    let trouble = decision.trouble();
    let subject = text.lines().next().unwrap_or_default().to_owned();
    let files = match &made {
        Ok(Some(oid)) => count_files(&worktree.git(), oid).await?,
        _ => 0,
    };
    let left = if made.is_err() { worktrees::uncommitted(core, task).await?.len() } else { 0 };
    let branch = worktree.branch.clone();
    core.write(&task.uuid, move |tx, task| {
        tx.set_uncommitted(task, i64::try_from(left).unwrap_or(i64::MAX), &[])?;
        record(tx, task, branch, subject, files, made, trouble)
    })
    .await
}

/// How long a commit may take before the journal says that it still runs.
const SLOW: Duration = Duration::from_secs(10);

/// Awaits a commit; a hook or a signer that takes long is told in the journal, as others of the repository wait for it.
async fn noted_while_slow<T>(core: &Core, task: &Task, commit: impl Future<Output = T>) -> T {
    tokio::pin!(commit);
    tokio::select! {
        made = &mut commit => return made,
        () = tokio::time::sleep(SLOW) => {}
    }
    let text = "A commit still runs: a hook or a signer takes its time";
    let noted = core.write(&task.uuid, move |tx, task| tx.journal(task, Who::Chorus, "commit_runs", text, None)).await;
    noted.unwrap_or_else(|error| log::error!("cannot journal that a commit runs: {error}"));
    commit.await
}

/// Counts commits that the agent, or a person, made on the branch themselves, and the files that are uncommitted.
pub async fn count(core: &Core, task: &Task) -> Result<()> {
    let Some(worktree) = worktrees::of(core, task).await? else { return Ok(()) };
    record_foreign_commits(core, task, &worktree).await?;
    let left = i64::try_from(worktrees::uncommitted(core, task).await?.len()).unwrap_or(i64::MAX);
    core.write(&task.uuid, move |tx, task| tx.set_uncommitted(task, left, &[])).await
}

/// Notes commits of the branch alone that are not known yet: not Chorus's.
async fn record_foreign_commits(core: &Core, task: &Task, worktree: &Worktree) -> Result<()> {
    let known = core.read(&task.uuid, |tx, task| tx.commits(task, u32::MAX)).await?;
    let mut found = Vec::new();
    for (oid, subject) in worktree::standing::commits(worktree).await? {
        if known.iter().all(|commit| commit.oid != oid) {
            let files = count_files(&worktree.project, &oid).await?;
            found.push(NewCommit { oid, change: None, branch: worktree.branch.clone(), subject, files });
        }
    }
    if found.is_empty() {
        return Ok(());
    }
    let noted = core.write(&task.uuid, move |tx, task| {
        for commit in &found {
            let text = format!("Found a commit on {} that Chorus did not make: {}", commit.branch, commit.subject);
            tx.add_commit(task, commit)?;
            tx.journal(task, Who::Chorus, "committed", &text, Some(&serde_json::json!({ "commit": commit.oid })))?;
        }
        Ok(())
    });
    noted.await
}

async fn count_files(git: &Git, oid: &str) -> Result<i64> {
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
    without_hooks: Option<contract::Trouble>,
) -> Result<Done> {
    match made {
        Ok(Some(oid)) => {
            let text = format!("Committed {} to {branch}: {subject}", trouble::file_count(files));
            let data = serde_json::json!({ "commit": oid });
            tx.add_commit(task, &NewCommit { oid, change: None, branch, subject, files })?;
            tx.journal(task, Who::Chorus, "committed", &text, Some(&data))?;
            match &without_hooks {
                Some(trouble) => trouble::record(tx, task, WITHOUT_HOOKS, trouble)?,
                None => tx.set_trouble(task, None)?,
            }
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
            trouble::record(tx, task, NOT_COMMITTED, &trouble)?;
            Ok(Done::Trouble(trouble))
        }
    }
}
