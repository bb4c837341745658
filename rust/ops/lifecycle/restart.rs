//! Restarting a task's agent. Whatever could be refused is found out before the old agent is asked to leave.

use crate::agent::launch::Begin;
use crate::contract::*;
use crate::core::{Asker, Core};
use crate::error::{Error, Result};
use crate::ops::branches::worktrees;
use crate::ops::lifecycle::launch::{self, new_launch, prepare, reopen, wait_for_slot, watch, watch_again};
use crate::ops::lifecycle::processes::{leave, processes};
use crate::ops::lifecycle::take_up::take_up;
use crate::process;
use crate::status::{AgentState, AgentStatus, Kind};
use crate::store::{Launch, RecordedPane, RequestOutcome, Who};
use crate::task::{Step, Task};

/// The agent, in the same tmux session: with its conversation, or fresh with the task's context. One that job control
/// stopped is continued and keeps everything.
pub async fn restart(core: &Core, asker: &Asker, restart: TaskRestart) -> Result<Task> {
    let (task, _turn) = core.task_in_turn(asker, &restart.task).await?;
    let known = core.read(&task.uuid, |tx, task| {
        tx.may(task, Step::Touch, "restart")?;
        Ok((tx.launches(task)?.pop(), tx.pane(task)?))
    });
    let (earlier, pane) = known.await?;
    let old = processes(core, &task.uuid, earlier.as_ref());
    // The agent may have stopped itself in a way that the process table does not show.
    let seems = core.live.of(&task.uuid).is_some_and(|live| live.state.kind == Some(Kind::Suspended));
    if let Some(identity) = old.first().filter(|old| !restart.fresh && (seems || process::is_suspended(old.pid))) {
        process::resume(identity);
        let continued = core.write(&task.uuid, |tx, task| {
            tx.journal(task, Who::Person, "continued", "Continued the suspended agent", None)?;
            tx.row(task)
        });
        return continued.await;
    }
    let doing = |error: Error| error.context(format!("cannot restart #{}", task.number));
    let loaded = core.whole_config_of(&task.project).await.map_err(doing)?;
    core.environments.begin(&task, &restart.environment);
    worktrees::restore(core, &task, &loaded).await.map_err(doing)?;
    let folder = task.worktree.as_deref().unwrap_or(&task.project);
    let prepared = prepare(core, &task, folder, &restart.environment).await?;
    let conversation = take_up(core, &prepared, &task, restart.fresh, &old).await.map_err(doing)?;
    let place = launch::find_place(core, &prepared, pane.clone()).await.map_err(doing)?;
    let argv =
        launch::write_files(core, &prepared, &task, &conversation.session, conversation.begin).await.map_err(doing)?;
    wait_for_slot(core, &task.uuid).await;
    let new = new_launch(&prepared, &conversation.session, true);
    let how = match (restart.fresh, conversation.begin) {
        (true, _) => "Restarted the agent with a fresh session",
        (false, Begin::Resume) => "Restarted the agent with its conversation",
        (false, Begin::New) => "Restarted the agent",
    };
    let launch = core.write(&task.uuid, move |tx, task| {
        tx.close_requests(task, RequestOutcome::Gone, Who::Chorus)?;
        tx.journal(task, Who::Person, "restarted", how, None)?;
        tx.begin_launch(task, new)
    });
    let launch = launch.await.map_err(doing)?;
    for old in &old {
        leave(old).await;
    }
    match reopen(core, &prepared, &task, &launch, argv, place).await {
        Ok(pane) => {
            launch::report(core, &prepared, &task, conversation.lost).await;
            watch(core, &prepared, &task, &launch, pane).await
        }
        Err(error) => {
            not_restarted(core, &task, &launch, pane, &error).await?;
            Err(doing(error))
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
        return watch_again(core, task, launch, &pane).await;
    }
    let (id, why) = (launch.id.clone(), format!("could not be restarted: {}", error.message));
    let lost = AgentState { status: AgentStatus::Exited, kind: Some(Kind::Lost), ..AgentState::default() };
    core.write(&task.uuid, move |tx, task| {
        tx.end_launch(&id, &why)?;
        tx.set_agent_state(task, lost).map(drop)
    })
    .await
}
