//! Tasks as data: create, edit, reopen, delete, and the lists people look at.

use crate::contract::*;
use crate::core::{Asker, Core};
use crate::error::{Error, Result};
use crate::ops::branches::discard;
use crate::status::AgentStatus;
use crate::store::{Defaults, Filter, Who};
use crate::task::{Step, Task};

/// Entries of the journal on a task's page.
const JOURNAL: u32 = 200;

/// Creates a task in the asker's project.
pub async fn create(core: &Core, asker: &Asker, new: TaskNew) -> Result<Task> {
    let loaded = core.config_of(&asker.project);
    let defaults = Defaults { agent: loaded.config.agent.default, isolation: loaded.config.vcs.isolation };
    let project = asker.project.clone();
    core.store()?.write(move |tx| tx.create(&project, new, &defaults)).await
}

/// Changes fields of a task.
pub async fn edit(core: &Core, asker: &Asker, edit: TaskEdit) -> Result<Task> {
    let project = asker.project.clone();
    core.store()?.write(move |tx| tx.edit(&project, edit)).await
}

/// Makes an ended task pending.
pub async fn reopen(core: &Core, asker: &Asker, reopen: &TaskReopen) -> Result<Task> {
    let task = core.task(asker, &reopen.task).await?;
    // After what a verb before it may still be discarding.
    let _turn = core.turn(&task.uuid).await;
    let uuid = task.uuid.clone();
    let mut reopened = core.store()?.write(move |tx| tx.step(&uuid, Step::Reopen, Who::Person, None)).await?;
    if reopen.restore {
        discard::restore(core, &task).await?;
        let uuid = task.uuid.clone();
        reopened = core.store()?.read(move |tx| tx.row(&uuid)).await?;
    }
    Ok(reopened)
}

/// Removes a task that does not run.
pub async fn delete(core: &Core, asker: &Asker, task: &str) -> Result<Nothing> {
    let task = core.task(asker, task).await?;
    let uuid = task.uuid.clone();
    // While the store still knows what is the worktree's.
    if !task.status.is_live() {
        crate::ops::branches::worktrees::tidy(core, &task).await;
    }
    core.store()?.write(move |tx| tx.delete(&uuid)).await?;
    Ok(Nothing {})
}

/// Tasks that fit a filter.
pub async fn list(core: &Core, asker: &Asker, list: TaskList) -> Result<Tasks> {
    let filter = Filter::parse(list.filter.as_deref().unwrap_or_default())?;
    let project = (!list.everywhere).then(|| asker.project.clone());
    let tasks = core.store()?.read(move |tx| tx.tasks(project.as_deref(), &filter)).await?;
    Ok(Tasks { tasks })
}

/// Open requests.
pub async fn inbox(core: &Core, asker: &Asker, list: TaskList) -> Result<Requests> {
    let project = (!list.everywhere).then(|| asker.project.clone());
    let requests = core.store()?.read(move |tx| tx.open_requests(project.as_deref())).await?;
    Ok(Requests { requests })
}

/// Everything a fresh client shows, as of one moment.
pub async fn snapshot(core: &Core, asker: &Asker) -> Result<Snapshot> {
    let project = asker.project.clone();
    let look = move |tx: &crate::store::Tx<'_>| {
        Ok(Snapshot {
            tasks: tx.tasks(Some(&project), &Filter::default())?,
            requests: tx.open_requests(Some(&project))?,
            elsewhere: tx.elsewhere(&project)?,
        })
    };
    core.store()?.read(look).await
}

/// A task's page.
pub async fn show(core: &Core, asker: &Asker, task: &str) -> Result<Page> {
    let (project, given) = (asker.project.clone(), task.to_owned());
    let look = move |tx: &crate::store::Tx<'_>| {
        let task = tx.task(&project, &given)?;
        let requests = tx.open_requests_of(&task.uuid)?;
        let commits = tx.commits(&task.uuid, JOURNAL)?;
        let journal = tx.entries(&task.uuid, JOURNAL)?;
        Ok(Page { task, requests, commits, journal })
    };
    core.store()?.read(look).await
}

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
    Ok(())
}
