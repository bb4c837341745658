//! Tasks as data: created, edited, reopened, deleted.

use crate::contract::*;
use crate::core::{Asker, Core};
use crate::error::{Error, Result};
use crate::foreign::fs;
use crate::ops::branches::{commit, discard, worktrees};
use crate::ops::lifecycle::{projects, tidy};
use crate::status::{AgentStatus, Millis};
use crate::store::{Defaults, Who};
use crate::task::{Step, Task};

/// Creates a task in the project it names, which is the asker's unless it names one.
pub async fn create(core: &Core, asker: &Asker, new: TaskNew) -> Result<Task> {
    let project = match &new.folder {
        Some(folder) => crate::project::find_root(folder.as_ref()).await?.to_string_lossy().into_owned(),
        None => asker.project.clone(),
    };
    let place = std::path::PathBuf::from(&project);
    let is_there = crate::foreign::within(project.as_ref(), move || fs::is_dir(&place)).await;
    if !is_there.map_err(|error| Error::new(Code::WrongState, format!("cannot create a task: {error}")))? {
        let why = format!("cannot create a task: the project's folder {project} is gone");
        return Err(Error::new(Code::WrongState, why).hint("create it in a folder that exists"));
    }
    // Its agent and its isolation are settled here, for good.
    let loaded = core.whole_config_of(&project).await.map_err(|error| error.context("cannot create a task"))?;
    let defaults = Defaults { agent: loaded.config.agent.default, isolation: loaded.config.vcs.isolation };
    // Before, its tasks may lie at another path; from its first task on, they follow it.
    projects::reconcile(core, &project).await;
    let task = core.write(&project, move |tx, project| tx.create(project, new, &defaults)).await?;
    projects::reconcile(core, &project).await;
    Ok(task)
}

/// Changes fields of a task.
pub async fn edit(core: &Core, asker: &Asker, edit: TaskEdit) -> Result<Task> {
    core.write(&asker.project, move |tx, project| tx.edit(project, edit)).await
}

/// Shows no notifications of a task, or shows them again.
pub async fn mute(core: &Core, asker: &Asker, task: &str, muted: bool) -> Result<Task> {
    let task = core.task(asker, task).await?;
    core.write(&task.uuid, move |tx, task| {
        tx.mute(task, muted)?;
        tx.row(task)
    })
    .await
}

/// Makes an ended task pending.
pub async fn reopen(core: &Core, asker: &Asker, reopen: &TaskReopen) -> Result<Task> {
    // After what a verb before it may still be discarding.
    let (task, _turn) = core.task_in_turn(asker, &reopen.task).await?;
    if reopen.restore {
        discard::restore(core, &task).await?;
        return core.read(&task.uuid, |tx, task| tx.row(task)).await;
    }
    core.write(&task.uuid, |tx, task| tx.step(task, Step::Reopen, Who::Person, None)).await
}

/// Removes a task that does not run.
pub async fn delete(core: &Core, asker: &Asker, delete: TaskDelete) -> Result<Nothing> {
    let (task, _turn) = core.task_in_turn(asker, &delete.task).await?;
    commit::recover::settle(core, &task.uuid).await?;
    let mut stays = None;
    // While the store still knows what is the worktree's.
    if !task.status.is_live() {
        stays = worktrees::tidy(core, &task).await;
    }
    core.write(&task.uuid, move |tx, task| tx.delete(task, delete.command.as_deref())).await?;
    if let Some(stays) = stays {
        // Chorus reports nothing about it from now on.
        core.warn(&task.project, &format!("#{} is deleted. {stays}", task.number));
    }
    tidy::forget_files(&core.state, &task.uuid);
    Ok(Nothing {})
}

/// How long an agent may take until it gets its first prompt, in milliseconds.
const STARTS_WITHIN: Millis = 30_000;

/// Refuses to end a task in the middle of something.
pub fn refuse_unfinished(task: &Task, doing: &str) -> Result<()> {
    let number = task.number;
    if task.requests > 0 {
        return Err(Error::new(Code::RequestOpen, format!("cannot {doing} #{number}: it has an open request"))
            .hint(format!("answer it, or use `{doing}!` (`--force` in a shell)")));
    }
    if task.agent_status.status == AgentStatus::Busy {
        return Err(Error::new(Code::TaskBusy, format!("cannot {doing} #{number}: its agent is busy"))
            .hint(format!("wait, interrupt it, or use `{doing}!` (`--force` in a shell)")));
    }
    // An agent that has ended gets them no more. Nor does one that never shows a prompt, as may an agent of which only the
    // screen is known.
    let may_get = match task.agent_status.status {
        AgentStatus::Idle => true,
        AgentStatus::Starting => crate::clock::now() - task.agent_status.since < STARTS_WITHIN,
        _ => false,
    };
    if task.queued > 0 && may_get {
        let (prompts, wait) = if task.queued == 1 { ("prompt", "waits") } else { ("prompts", "wait") };
        let why = format!("cannot {doing} #{number}: {} {prompts} {wait} for its agent", task.queued);
        return Err(Error::new(Code::TaskBusy, why).hint(format!(
            "let it work on them, remove them with `prompts`, or use `{doing}!` (`--force` in a shell)"
        )));
    }
    Ok(())
}
