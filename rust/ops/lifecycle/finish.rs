//! Ending things: a turn, a task.

use crate::contract::*;
use crate::core::fact::Fact;
use crate::core::{Asker, Core};
use crate::error::{Error, Result};
use crate::ops::branches::{commit, discard, worktrees};
use crate::ops::lifecycle::processes::{leave, processes};
use crate::ops::lifecycle::{launch, tasks};
use crate::ops::terminal;
use crate::process::Identity;
use crate::status::AgentStatus;
use crate::store::{RequestOutcome, StepChange, Who};
use crate::task::{Step, Task};
use crate::tmux::{Key, Pane, Tmux};
use std::time::Duration;

/// Escape ends a turn in 0.1 to 0.2 s (Claude Code 2.1.328).
const RESTS_WITHIN: Duration = Duration::from_millis(1500);

/// Escapes, at most: the first ones may only close what is in front of the turn, such as a menu, or the insert mode of
/// an agent whose prompt is edited as in vi.
const MOST_ESCAPES: usize = 3;

/// Stops the turn and keeps the session: Escape, when a turn runs and nothing is asked.
pub async fn interrupt(core: &Core, asker: &Asker, task: &str) -> Result<Task> {
    let (task, _turn) = core.task_in_turn(asker, task).await?;
    core.read(&task.uuid, |tx, task| tx.may(task, Step::Touch, "interrupt").map(drop)).await?;
    if task.requests > 0 {
        return Err(Error::new(
            Code::RequestOpen,
            format!("cannot interrupt #{}: it has an open request", task.number),
        )
        .hint("use `deny`, which tells the agent why"));
    }
    let state = core.live.of(&task.uuid).map(|live| live.state.status);
    if state != Some(AgentStatus::Busy) {
        return Err(Error::new(Code::WrongState, format!("cannot interrupt #{}: no turn runs", task.number))
            .hint("`explain` says what it does"));
    }
    let (tmux, pane) = terminal::pane(core, &task).await?;
    if !escape(core, &task, &tmux, &pane).await? {
        core.fact(Fact::Interrupted { task: task.uuid.clone(), at: None });
        let said = "Pressed Escape to interrupt the turn, and the turn went on";
        core.write(&task.uuid, move |tx, task| tx.journal(task, Who::Person, "not_interrupted", said, None)).await?;
        return Err(Error::new(
            Code::AgentFailed,
            format!("cannot interrupt #{}: it works on although Escape was pressed", task.number),
        )
        .hint(format!("use `attach {}` and look what is in front of the turn", task.number)));
    }
    core.write(&task.uuid, |tx, task| {
        tx.journal(task, Who::Person, "interrupted", "Interrupted the turn", None)?;
        tx.row(task)
    })
    .await
}

/// Presses Escape until the agent rests: true then. Each one after the first only where the session and the screen both
/// say that the turn still runs: at rest, Escape does something else.
async fn escape(core: &Core, task: &Task, tmux: &Tmux, pane: &Pane) -> Result<bool> {
    for _ in 0..MOST_ESCAPES {
        core.fact(Fact::Interrupted { task: task.uuid.clone(), at: Some(crate::clock::now()) });
        tmux.keys(pane, &[Key::Escape]).await?;
        if rests(core, task).await {
            return Ok(true);
        }
        if terminal::read_screen(core, task).await?.status != AgentStatus::Busy {
            return Ok(rests(core, task).await);
        }
    }
    Ok(false)
}

/// Waits a little for the agent to rest.
async fn rests(core: &Core, task: &Task) -> bool {
    let mut live = core.live.follow(&task.uuid);
    let rested = live.wait_for(|live| live.state.status != AgentStatus::Busy);
    matches!(tokio::time::timeout(RESTS_WITHIN, rested).await, Ok(Ok(_)))
}

/// Ends the task well.
pub async fn complete(core: &Core, asker: &Asker, complete: TaskComplete) -> Result<Task> {
    let (task, _turn) = core.task_in_turn(asker, &complete.task).await?;
    let task = core.read(&task.uuid, |tx, task| Ok(tx.may(task, Step::Complete, "complete")?.0)).await?;
    if !complete.force {
        tasks::refuse_unfinished(&task, "complete")?;
    }
    core.environments.try_again(&task, asker.brought.lock().as_ref());
    let doing = |error: Error| error.context(format!("cannot complete #{}", task.number));
    let loaded = core.whole_config_of(&task.project).await.map_err(doing)?;
    if complete.force && task.agent_status.status == AgentStatus::Busy && task.stack.is_some() {
        // What is committed must not move meanwhile.
        let launch = core.read(&task.uuid, |tx, task| tx.open_launch(task)).await?;
        send_away(core, &task, &processes(core, &task.uuid, launch.as_ref())).await?;
    }
    commit::at_completion(core, &task, &loaded, complete.message.as_deref()).await?;
    let said = commit::landing(core, &task).await;
    let ended = end(core, &task, Step::Complete, Some(said), complete.command).await?;
    worktrees::tidy(core, &ended).await;
    Ok(ended)
}

/// Gives the task up.
pub async fn fail(core: &Core, asker: &Asker, fail: TaskFail) -> Result<Task> {
    let (task, _turn) = core.task_in_turn(asker, &fail.task).await?;
    core.read(&task.uuid, |tx, task| tx.may(task, Step::Fail, "fail").map(drop)).await?;
    if fail.discard {
        let cannot = |error: Error| error.context(format!("cannot discard the branch of #{}", task.number));
        discard::check(core, &task).await.map_err(cannot)?;
    }
    let ended = end(core, &task, Step::Fail, fail.reason, fail.command).await?;
    if !fail.discard {
        return Ok(ended);
    }
    // After its agent is gone: nothing edits there any more.
    discard::discard(core, &ended)
        .await
        .map_err(|error| error.context(format!("#{} has failed, and its branch is still there", task.number)))?;
    core.read(&task.uuid, |tx, task| tx.row(task)).await
}

/// Asks the agent to leave. What it asked is withdrawn first: its hooks end with it, which would look like an answer given
/// elsewhere.
async fn send_away(core: &Core, task: &Task, processes: &[Identity]) -> Result<()> {
    core.write(&task.uuid, |tx, task| tx.close_requests(task, RequestOutcome::Gone, Who::Chorus).map(drop)).await?;
    for process in processes {
        leave(process).await;
    }
    Ok(())
}

/// The agent leaves, its tmux session goes, and then the store says so: a daemon killed in between finds a live task
/// without a pane and says that, and the verb can be given again.
async fn end(core: &Core, task: &Task, step: Step, said: Option<String>, command: Option<String>) -> Result<Task> {
    let (launch, pane) = core.read(&task.uuid, |tx, task| Ok((tx.open_launch(task)?, tx.pane(task)?))).await?;
    let processes = processes(core, &task.uuid, launch.as_ref());
    core.fact(Fact::Ended { task: task.uuid.clone() });
    send_away(core, task, &processes).await?;
    let doing = if step == Step::Complete { "complete" } else { "fail" };
    // It goes on, so it is watched again: its agent has left.
    let goes_on = async |error: Error| {
        if let (Some(launch), Some(pane)) = (&launch, &pane)
            && let Err(error) = launch::watch_again(core, task, launch, pane).await
        {
            log::error!("{error}");
        }
        error.context(format!("cannot {doing} #{}", task.number))
    };
    if pane.is_some()
        && let Ok((tmux, its)) = terminal::pane(core, task).await
        && let Err(error) = tmux.kill_session(&its).await
    {
        return Err(goes_on(error).await);
    }
    core.web.close(&task.uuid);
    core.execs.withdraw(&task.uuid);
    let id = launch.as_ref().map(|launch| launch.id.clone());
    let write = core.write(&task.uuid, move |tx, task| {
        let open = tx.close_requests(task, RequestOutcome::Gone, Who::Chorus)?;
        if let Some(id) = id {
            tx.end_launch(&id, "ended with the task")?;
        }
        let given_up = tx.row(task)?.queued;
        let ended = tx.step(task, step, Who::Person, said.as_deref())?;
        let change = StepChange::Ended { at: ended.completed_at.unwrap_or_default(), given_up };
        tx.note_step(&ended.project, Some(&ended), doing, command.as_deref(), &change)?;
        Ok((ended, open))
    });
    let (ended, open) = match write.await {
        Ok(done) => done,
        Err(error) => return Err(goes_on(error).await),
    };
    core.panes.forget(&task.uuid);
    core.environments.forget(&task.uuid);
    open.iter().for_each(|request| core.answers.release(&request.id));
    Ok(ended)
}
