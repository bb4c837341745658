//! Starting a task. Each step is undone in reverse when a later one fails.

use crate::agent::launch::Begin;
use crate::contract::*;
use crate::core::{Asker, Core};
use crate::error::{Error, Result};
use crate::ops::branches::isolate;
use crate::ops::lifecycle::launch::{self, new_launch, open, prepare, watch};
use crate::ops::lifecycle::take_up::take_up;
use crate::ops::stacks;
use crate::store::Who;
use crate::task::{Step, Task};

/// tmux session, agent, context; the first prompt is typed once the agent is ready. A reopened task goes on with its
/// conversation.
pub async fn start(core: &Core, asker: &Asker, start: TaskStart) -> Result<Task> {
    let (task, _turn) = core.task_in_turn(asker, &start.task).await?;
    core.read(&task.uuid, |tx, task| tx.may(task, Step::Start, "start").map(drop)).await?;
    // Anything missing is reported before anything is made.
    let mut prepared = prepare(core, &task, &task.project, &start.environment).await?;
    core.environments.begin(&task, &start.environment);
    let hooks_off = launch::hooks_off(core, &prepared).await;
    let circumstances = isolate::Circumstances {
        loaded: &prepared.loaded,
        environment: &start.environment,
        folder: &asker.folder,
        hooks_off: hooks_off.as_deref(),
    };
    let isolated = match isolate::isolate(core, &task, circumstances).await {
        Ok(isolated) => isolated,
        Err(error) => return Err(forget(core, &task, error).await),
    };
    prepared.folder = isolated.folder(&task).to_string_lossy().into_owned();
    let conversation = match take_up(core, &prepared, &task, start.fresh, &[]).await {
        Ok(conversation) => conversation,
        Err(error) => {
            isolated.undo(core).await;
            return Err(forget(core, &task, error).await.context(format!("cannot start #{}", task.number)));
        }
    };
    let launch = new_launch(&prepared, &conversation.session, false);
    let (number, title) = (task.number, &task.title);
    let prompt = start.prompt.clone().unwrap_or_else(|| match conversation.begin {
        Begin::New => format!("Work on task #{number}: {title}"),
        Begin::Resume => format!("Go on with task #{number}: {title}"),
    });
    let author = if start.prompt.is_some() { Who::Person } else { Who::Chorus };
    let resumes = conversation.begin == Begin::Resume;
    let home = isolated.home.clone();
    let begun = core.write(&task, move |tx, Task { uuid, project, .. }| {
        tx.step(uuid, Step::Start, Who::Person, None)?;
        tx.set_isolation(uuid, home.isolation, home.reason.as_deref())?;
        tx.set_place(uuid, &home.place)?;
        if let Some(but) = &home.but {
            stacks::remember(tx, project, but)?;
        }
        tx.journal(uuid, Who::Chorus, "isolation", &home.said, None)?;
        if resumes {
            tx.journal(uuid, Who::Chorus, "resumed", "The agent goes on with the task's conversation", None)?;
        }
        tx.enqueue_of(author, uuid, &prompt, false)?;
        Ok((tx.begin_launch(uuid, launch)?, tx.task(project, uuid)?))
    });
    let begun = begun.await;
    let before = task;
    let (launch, task) = match begun {
        Ok(begun) => begun,
        Err(error) => {
            isolated.undo(core).await;
            return Err(forget(core, &before, error).await);
        }
    };
    let opened = async {
        let argv = launch::write_files(core, &prepared, &task, &conversation.session, conversation.begin).await?;
        open(core, &prepared, &task, &launch, argv).await
    };
    match opened.await {
        Ok(pane) => {
            if let Some(reason) = &task.isolation_reason {
                core.warn(&task.project, &format!("#{} is not isolated: {reason}", task.number));
            }
            launch::report(core, &prepared, &task, conversation.lost).await;
            watch(core, &prepared, &task, &launch, pane).await
        }
        Err(error) => {
            let why = error.message.clone();
            let undo = core.write(&before, move |tx, before| {
                tx.undo_start(&before.uuid, &why)?;
                tx.set_isolation(&before.uuid, before.isolation, before.isolation_reason.as_deref())
            });
            undo.await?;
            isolated.undo(core).await;
            let error = forget(core, &before, error).await;
            Err(error.context(format!("cannot start #{}", task.number)))
        }
    }
}

/// A start that was taken back leaves no branch or worktree on a task that had none before.
async fn forget(core: &Core, before: &Task, error: Error) -> Error {
    if before.stack.is_some() {
        return error;
    }
    if let Err(other) = core.write(&before.uuid, |tx, task| tx.forget_place(task)).await {
        log::error!("cannot take back where edits go: {other}");
    }
    error
}
