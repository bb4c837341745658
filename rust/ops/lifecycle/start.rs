//! Starting a task and restarting its agent. Each step is undone in reverse when a later one fails.

use crate::agent::launch::Begin;
use crate::contract::*;
use crate::core::{Asker, Core};
use crate::error::{Error, Result};
use crate::ops::branches::{isolate, worktrees};
use crate::ops::lifecycle::launch::{Prepared, new_launch, open, prepare, reopen, wait_for_slot, watch, watch_again};
use crate::ops::stacks;
use crate::process::{self, Identity};
use crate::status::{AgentState, AgentStatus, Kind};
use crate::store::{Launch, RecordedPane, RequestOutcome, Who};
use crate::task::{Step, Task};
use std::path::Path;
use std::time::Duration;
use uuid::Uuid;

/// How long an agent may take to leave when asked to.
const LEAVE: Duration = Duration::from_secs(3);

/// tmux session, agent, context; the first prompt is typed once the agent is ready.
pub async fn start(core: &Core, asker: &Asker, start: TaskStart) -> Result<Task> {
    let task = core.task(asker, &start.task).await?;
    let _turn = core.turn(&task.uuid).await;
    core.read(&task.uuid, |tx, task| tx.may(task, Step::Start, "start").map(drop)).await?;
    // Anything missing is reported before anything is made.
    let mut prepared = prepare(core, &task, &task.project, &start.environment).await?;
    core.environments.begin(&task, &start.environment);
    let isolated = match isolate::isolate(core, asker, &task, &prepared.loaded, &start.environment).await {
        Ok(isolated) => isolated,
        Err(error) => return Err(forget(core, &task, error).await),
    };
    prepared.folder = isolated.folder(&task).to_string_lossy().into_owned();
    let session = Uuid::new_v4().to_string();
    let launch = new_launch(&prepared, &session, false);
    let prompt = start.prompt.clone().unwrap_or_else(|| format!("Work on task #{}: {}", task.number, task.title));
    let author = if start.prompt.is_some() { Who::Person } else { Who::Chorus };
    let home = isolated.home.clone();
    let begun = core.write(&task, move |tx, Task { uuid, project, .. }| {
        tx.step(uuid, Step::Start, Who::Person, None)?;
        tx.set_isolation(uuid, home.isolation, home.reason.as_deref())?;
        tx.set_place(uuid, &home.place)?;
        if let Some(but) = &home.but {
            stacks::remember(tx, project, but)?;
        }
        tx.journal(uuid, Who::Chorus, "isolation", &home.said, None)?;
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
    match open(core, &prepared, &task, &launch, Begin::New).await {
        Ok(pane) => {
            if let Some(reason) = &task.isolation_reason {
                core.warn(&task.project, &format!("#{} is not isolated: {reason}", task.number));
            }
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

/// The agent, in the same tmux session: with its conversation, or fresh with the task's context. One that job control
/// stopped is continued and keeps everything.
pub async fn restart(core: &Core, asker: &Asker, restart: TaskRestart) -> Result<Task> {
    let task = core.task(asker, &restart.task).await?;
    let _turn = core.turn(&task.uuid).await;
    let known = core.read(&task.uuid, |tx, task| {
        tx.may(task, Step::Touch, "restart")?;
        Ok((tx.launches(task)?.pop(), tx.pane(task)?))
    });
    let (earlier, pane) = known.await?;
    let old = processes(core, &task.uuid, earlier.as_ref());
    if let Some(identity) = old.first().filter(|old| !restart.fresh && process::is_suspended(old.pid)) {
        process::resume(identity);
        let continued = core.write(&task.uuid, |tx, task| {
            tx.journal(task, Who::Person, "continued", "Continued the suspended agent", None)?;
            tx.row(task)
        });
        return continued.await;
    }
    let loaded = core
        .whole_config_of(&task.project)
        .map_err(|error| error.context(format!("cannot restart #{}", task.number)))?;
    core.environments.begin(&task, &restart.environment);
    worktrees::restore(core, &task, &loaded)
        .await
        .map_err(|error| error.context(format!("cannot restart #{}", task.number)))?;
    let folder = task.worktree.as_deref().unwrap_or(&task.project);
    let prepared = prepare(core, &task, folder, &restart.environment).await?;
    wait_for_slot(core, &task.uuid).await;
    let known = task.session_id.clone().filter(|_| !restart.fresh);
    for old in &old {
        leave(old).await;
    }
    let (session, begin) = choose(&prepared, known)?;
    let new = new_launch(&prepared, &session, true);
    let how = if restart.fresh { "Restarted the agent with a fresh session" } else { "Restarted the agent" };
    let launch = core.write(&task.uuid, move |tx, task| {
        tx.close_requests(task, RequestOutcome::Gone, Who::Chorus)?;
        tx.journal(task, Who::Person, "restarted", how, None)?;
        tx.begin_launch(task, new)
    });
    let launch = launch.await?;
    match reopen(core, &prepared, &task, &launch, begin, pane.clone()).await {
        Ok(pane) => watch(core, &prepared, &task, &launch, pane).await,
        Err(error) => {
            not_restarted(core, &task, &launch, pane, &error).await?;
            Err(error.context(format!("cannot restart #{}", task.number)))
        }
    }
}

/// The old agent was asked to leave and no new one came: what is left in the pane is watched again.
async fn not_restarted(
    core: &Core,
    task: &Task,
    launch: &Launch,
    pane: Option<RecordedPane>,
    error: &Error,
) -> Result<()> {
    if let Some(pane) = pane {
        return watch_again(core, task, launch, &pane);
    }
    let (id, why) = (launch.id.clone(), format!("could not be restarted: {}", error.message));
    let lost = AgentState { status: AgentStatus::Exited, kind: Some(Kind::Lost), ..AgentState::default() };
    core.write(&task.uuid, move |tx, task| {
        tx.end_launch(&id, &why)?;
        tx.set_agent_state(task, lost).map(drop)
    })
    .await
}

/// The conversation goes on where it can; else another begins.
fn choose(prepared: &Prepared, known: Option<String>) -> Result<(String, Begin)> {
    let another = || (Uuid::new_v4().to_string(), Begin::New);
    let Some(session) = known else { return Ok(another()) };
    let Some((adapter, dir)) = prepared.agent.adapter().zip(prepared.config_dir.as_deref()) else {
        return Ok((session, Begin::New));
    };
    let begin = adapter.take_up(dir, Path::new(&prepared.folder), &session)?;
    Ok(begin.map_or_else(another, |begin| (session, begin)))
}

/// The agent's own process, and the pane's where that is another: a program around it.
pub fn processes(core: &Core, task: &str, launch: Option<&Launch>) -> Vec<Identity> {
    let of_pane = launch.and_then(|launch| launch.process.clone());
    let named = core.live.of(task).filter(|live| launch.is_some_and(|launch| launch.id == live.launch));
    let mut found: Vec<Identity> = named.and_then(|live| live.process).into_iter().collect();
    found.extend(of_pane.filter(|process| !found.contains(process)));
    found
}

/// Asks a process to leave and waits a little; what stays is killed with its pane.
pub async fn leave(identity: &Identity) {
    process::terminate(identity);
    // A suspended process would not hear it.
    process::resume(identity);
    let gone = async {
        while process::is_alive(identity) {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    let _ = tokio::time::timeout(LEAVE, gone).await;
}
