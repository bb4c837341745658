//! The lists of tasks and requests, a task's page, and why its status is what it is.

use crate::contract::{Explanation, Nothing, Others, Page, Piece, Requests, Snapshot, TaskList, Tasks};
use crate::core::configurations::fault;
use crate::core::{Asker, Core};
use crate::error::Result;
use crate::ops::documents::references::{self, FollowedReference};
use crate::store::Filter;
use crate::task::Alert;

/// Entries of the journal on a task's page.
const JOURNAL: u32 = 200;

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
    let configuration_fault = fault(&core.config_of(&asker.project).await);
    let snapshot = core.read(&asker.project, move |tx, project| {
        Ok(Snapshot {
            tasks: tx.tasks(Some(project), &Filter::default())?,
            requests: tx.open_requests(Some(project))?,
            elsewhere: tx.elsewhere(project)?,
            configuration_fault,
        })
    });
    snapshot.await
}

/// The tasks and requests of other projects. Their events go to the client from before they are read, so that it misses
/// none.
pub async fn others(core: &Core, asker: &Asker) -> Result<Others> {
    if let Some(outbox) = &asker.outbox {
        core.hub.listen_everywhere(outbox);
    }
    let others = core.read(&asker.project, |tx, project| {
        let mut others = Others { tasks: tx.tasks(None, &Filter::default())?, requests: tx.open_requests(None)? };
        others.tasks.retain(|task| task.project != *project);
        others.requests.retain(|request| request.project != *project);
        Ok(others)
    });
    others.await
}

/// A task's page.
pub async fn show(core: &Core, asker: &Asker, task: &str) -> Result<Page> {
    let task = core.task(asker, task).await?;
    let followed = references::of_task(core, &task.project, &task.uuid).await?;
    let references = followed.into_iter().map(FollowedReference::reply).collect();
    let page = core.read(&task.uuid, move |tx, uuid| {
        let task = tx.task("", uuid)?;
        let requests = tx.open_requests_of(&task.uuid)?;
        let commits = tx.commits(&task.uuid, JOURNAL)?;
        let folders: Vec<&str> = task.worktree.as_deref().into_iter().chain([task.project.as_str()]).collect();
        let journal = tx.entries_with_work(&task.uuid, JOURNAL, &folders)?;
        let prompts = tx.waiting_prompts(&task.uuid)?;
        Ok(Page { task, requests, references, commits, journal, prompts })
    });
    page.await
}

/// Why the status is what it is.
pub async fn explain(core: &Core, asker: &Asker, task: &str) -> Result<Explanation> {
    let task = core.task(asker, task).await?;
    match core.live.of(&task.uuid).filter(|_| task.status.is_live()) {
        Some(live) => {
            let alert = |alert: &Alert| {
                let remedy = alert.remedy.as_deref().map(|remedy| format!(" ({remedy})")).unwrap_or_default();
                let (source, says) = ("alert".to_owned(), format!("{}{remedy}", alert.text));
                Piece { source, says, at: None, expires: None, used: false }
            };
            let evidence = task.alerts.iter().map(alert).chain(live.pieces).collect();
            Ok(Explanation { task, rule: live.rule, evidence })
        }
        None => Ok(Explanation { rule: "no session runs".into(), evidence: Vec::new(), task }),
    }
}

/// A person has seen the last turn.
pub async fn seen(core: &Core, asker: &Asker, task: &str) -> Result<Nothing> {
    let task = core.task(asker, task).await?;
    core.write(&task.uuid, |tx, task| tx.seen(task)).await?;
    Ok(Nothing {})
}
