//! Committing a task's edits: at a turn's end, when a person says so, on completion; and what stands in the way.

mod message;
pub mod recover;
mod stack;
pub mod worktree;

pub use message::{landing, message};

use crate::config::{self, Loaded};
use crate::contract::{self, Code, TaskCommit};
use crate::core::Ending;
use crate::core::{Asker, Core};
use crate::error::{Error, Result};
use crate::ops::branches::trouble::{self, Done, NOT_COMMITTED, as_error};
use crate::ops::branches::worktrees;
use crate::ops::edits;
use crate::task::{Isolation, Task};

/// A turn ended: what it left is committed, unless configured otherwise. An agent that ended in the middle of one
/// leaves its edits uncommitted, and nothing of its is open any more.
pub async fn after_ending(core: &Core, end: Ending) {
    let Ending { task: uuid, is_turn, at } = end;
    let Ok(task) = core.read(&uuid, |tx, task| tx.row(task)).await else { return };
    // Commands that run on after their turn may still edit.
    let rest = core.live.of(&task.uuid).is_none_or(|live| live.state.detail.background.is_none());
    if let Err(error) = edits::end_calls(core, &task, rest || !is_turn, at).await {
        log::warn!("cannot close what #{} had open: {error}", task.number);
    }
    let loaded = core.config_of(&task.project).await;
    if is_turn && task.status.is_live() && loaded.config.vcs.commit == config::CommitWhen::Turn {
        match loaded.whole() {
            Ok(()) => commit_or_record(core, &task, &loaded, None).await,
            Err(error) => record_error(core, &task, error).await,
        }
    } else if task.isolation == Isolation::Worktree
        && let Err(error) = worktree::count(core, &task).await
    {
        log::warn!("cannot count what #{} has not committed: {error}", task.number);
    }
}

/// Commits; an error becomes a trouble on the task, for nobody waits for an answer.
pub async fn commit_or_record(core: &Core, task: &Task, loaded: &Loaded, message: Option<&str>) {
    if let Err(error) = run(core, task, loaded, message).await {
        log::error!("cannot commit the edits of #{}: {error}", task.number);
        record_error(core, task, error).await;
    }
}

async fn record_error(core: &Core, task: &Task, error: Error) {
    let trouble = contract::Trouble {
        kind: "tool".into(),
        text: error.message,
        remedy: error.hint,
        above: None,
        files: Vec::new(),
    };
    record(core, task, &trouble).await;
}

async fn record(core: &Core, task: &Task, trouble: &contract::Trouble) {
    let trouble = trouble.clone();
    let noted = core.write(&task.uuid, move |tx, task| trouble::record(tx, task, NOT_COMMITTED, &trouble));
    if let Err(error) = noted.await {
        log::error!("cannot store a trouble: {error}");
    }
}

/// The verb.
pub async fn commit(core: &Core, asker: &Asker, commit: TaskCommit) -> Result<Task> {
    let task = core.task(asker, &commit.task).await?;
    let doing = format!("cannot commit the edits of #{}", task.number);
    if task.stack.is_none() || matches!(task.isolation, Isolation::None | Isolation::Auto) {
        return Err(Error::new(Code::WrongState, format!("{doing}: it has no branch"))
            .hint("only a task with isolation stack or worktree has one, once it was started"));
    }
    core.environments.try_again(&task, asker.brought.lock().as_ref());
    let loaded = core.whole_config_of(&task.project).await.map_err(|error| error.context(&doing))?;
    let message = commit.message.filter(|message| !message.trim().is_empty());
    let done = run(core, &task, &loaded, message.as_deref()).await.map_err(|error| error.context(&doing))?;
    match done {
        Done::Committed => core.read(&task.uuid, |tx, task| tx.row(task)).await,
        Done::Nothing => {
            let row = core.read(&task.uuid, |tx, task| tx.row(task)).await?;
            let hint =
                trouble::unclaimed(&row).unwrap_or("`changes` shows uncommitted edits and whose they are".into());
            Err(Error::new(Code::WrongState, format!("{doing}: nothing of it is uncommitted")).hint(hint))
        }
        Done::Trouble(trouble) => Err(as_error(&doing, &trouble)),
    }
}

/// Commits what is the task's own.
pub async fn run(core: &Core, task: &Task, loaded: &Loaded, message: Option<&str>) -> Result<Done> {
    match task.isolation {
        Isolation::Stack => stack::commit(core, task, loaded, message).await,
        Isolation::Worktree => worktree::commit(core, task, loaded, message).await,
        Isolation::None | Isolation::Auto => Ok(Done::Nothing),
    }
}

/// The task ends well: the rest is committed first, and it stays live with the reason if that fails.
pub async fn at_completion(core: &Core, task: &Task, loaded: &Loaded, message: Option<&str>) -> Result<()> {
    let doing = format!("cannot complete #{}", task.number);
    if task.isolation == Isolation::Worktree
        && let Some(trouble) = worktree::preparation_trouble(core, task, loaded).await?
    {
        return Err(as_error(&doing, &trouble));
    }
    loaded.whole().map_err(|error| error.context(&doing))?;
    if loaded.config.vcs.commit == config::CommitWhen::Manual && message.is_none() {
        return Ok(());
    }
    if worktrees::is_gone(core, task).await? {
        return Ok(());
    }
    match run(core, task, loaded, message).await.map_err(|error| error.context(&doing))? {
        // The worktree stays, and says so.
        Done::Trouble(trouble) if trouble.kind == worktree::BESIDE => Ok(()),
        Done::Trouble(trouble) => Err(as_error(&doing, &trouble)),
        Done::Committed | Done::Nothing => Ok(()),
    }
}
