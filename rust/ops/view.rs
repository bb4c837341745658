//! Looking at a task: its screen, its terminal, why its status is what it is. Changes nothing but what was seen.

use crate::contract::*;
use crate::core::{Asker, Core, lock};
use crate::detector::screen::{self, Beside, Reading};
use crate::error::{Error, Result};
use crate::hub::outbox::Outbox;
use crate::process::Identity;
use crate::store::{self, Boot};
use crate::task::Task;
use crate::tmux::{Pane, Tmux};
use std::sync::Arc;
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// Between two looks at a watched pane that changes: 20 updates a second.
const QUICK: Duration = Duration::from_millis(50);
/// Between two looks at a watched pane that has been still for a while.
const SLOW: Duration = Duration::from_millis(250);
/// Looks without a change until a pane counts as still.
const STILL: u32 = 20;
/// Lines of history a client may ask for.
const MOST_HISTORY: u32 = 10_000;

/// The task's live terminal and the tmux it is in.
pub async fn pane(core: &Core, task: &Task) -> Result<(Tmux, Pane)> {
    let uuid = task.uuid.clone();
    let pane = core.store()?.read(move |tx| tx.pane(&uuid)).await?;
    let none = || {
        Error::new(Code::WrongState, format!("#{} has no terminal: it does not run", task.number))
            .hint("use `start` first")
    };
    let pane = pane.ok_or_else(none)?;
    if pane.boot != Boot::here() {
        return Err(Error::new(
            Code::WrongState,
            format!("the terminal of #{} is gone with its tmux server", task.number),
        )
        .hint("use `restart`: the conversation goes on in a new one"));
    }
    let loaded = core.config_of(&task.project);
    Ok((core.tmux(&loaded, Some(&pane.socket))?, tmux_pane(&pane)))
}

/// A recorded pane as tmux is asked about it.
pub fn tmux_pane(pane: &store::Pane) -> Pane {
    Pane {
        server_pid: pane.server.pid,
        server_start: pane.server.start.parse().unwrap_or_default(),
        session: pane.session.clone(),
        window: pane.window.clone(),
        pane: pane.pane.clone(),
        pane_pid: pane.process.as_ref().map(|process| process.pid).unwrap_or_default(),
    }
}

/// A tmux server's identity as it is recorded: its pid, and its start in seconds since the epoch, as tmux words it.
pub fn server_identity(pid: u32, start: i64) -> Identity {
    Identity { pid, start: start.to_string() }
}

/// The screen as it is now, classified.
pub async fn read_screen(core: &Core, task: &Task) -> Result<Reading> {
    let (tmux, pane) = pane(core, task).await?;
    let loaded = core.config_of(&task.project);
    let agent = crate::ops::agents::named(&loaded, &task.agent, &core.state);
    let shot = tmux.look(&pane, 0, true).await?;
    Ok(screen::classify(&crate::ops::agents::rules(&loaded, &agent)?, &shot.lines.join("\n"), Beside::default()))
}

/// The pane's content now, in colour.
pub async fn output(core: &Core, asker: &Asker, ask: TaskOutput) -> Result<Output> {
    let task = core.task(asker, &ask.task).await?;
    let (tmux, pane) = pane(core, &task).await?;
    let looked = look(&tmux, &pane, &task.uuid, ask.history.min(MOST_HISTORY)).await;
    looked.map_err(|error| error.context(format!("cannot show the output of #{}", task.number)))
}

async fn look(tmux: &Tmux, pane: &Pane, task: &str, history: u32) -> Result<Output> {
    Ok(tmux.look(pane, history, true).await?.output(task))
}

/// Begins or ends the stream of one task's output to this client; another task's stream ends.
pub async fn watch(core: &Arc<Core>, asker: &Asker, watch: TaskWatch) -> Result<Nothing> {
    let task = core.task(asker, &watch.task).await?;
    let mut watching = lock(&asker.watching);
    if let Some((_, old)) = watching.take_if(|(old, _)| watch.on || *old == task.uuid) {
        old.cancel();
    }
    if let (true, Some(outbox)) = (watch.on, asker.outbox.clone()) {
        let end = asker.gone.child_token();
        *watching = Some((task.uuid.clone(), end.clone()));
        tokio::spawn(stream(core.clone(), task, outbox, end));
    }
    Ok(Nothing {})
}

async fn stream(core: Arc<Core>, task: Task, outbox: Arc<Outbox>, end: CancellationToken) {
    let Ok((mut tmux, mut its)) = pane(&core, &task).await else { return };
    let mut last = None;
    let mut still = 0;
    while !end.is_cancelled() {
        match look(&tmux, &its, &task.uuid, 0).await {
            Ok(output) if last.as_ref() != Some(&output) => {
                still = 0;
                last = Some(output.clone());
                outbox.put(Message::Event(Event::Output(output)));
            }
            Ok(_) => still += 1,
            // The pane is gone, or tmux is busy: the status tells which. A restart may have given the task another.
            Err(_) => {
                still = STILL;
                if let Ok(found) = pane(&core, &task).await {
                    (tmux, its) = found;
                }
            }
        }
        let pause = if still < STILL { QUICK } else { SLOW };
        tokio::select! {
            () = tokio::time::sleep(pause) => {}
            () = end.cancelled() => {}
        }
    }
}

/// How to open the task's terminal. Whoever opens it sees the task.
pub async fn attach(core: &Core, asker: &Asker, task: &str) -> Result<Terminal> {
    let found = core.task(asker, task).await?;
    let (tmux, pane) = pane(core, &found).await?;
    // What is gone is told here: tmux's own words would flash by in a terminal that closes.
    let there = tmux.look(&pane, 0, false).await;
    there.map_err(|error| error.context(format!("cannot attach to #{}", found.number)))?;
    core.store()?.write(move |tx| tx.seen(&found.uuid)).await?;
    Ok(Terminal { argv: tmux.attach_argv(&pane) })
}

/// A person has seen the last turn.
pub async fn seen(core: &Core, asker: &Asker, task: &str) -> Result<Nothing> {
    let task = core.task(asker, task).await?;
    core.store()?.write(move |tx| tx.seen(&task.uuid)).await?;
    Ok(Nothing {})
}

/// A web terminal.
pub async fn web(core: &Core, asker: &Asker, ask: TaskWeb) -> Result<Web> {
    let task = core.task(asker, &ask.task).await?;
    let _turn = core.turn(&task.uuid).await;
    let (tmux, pane) = pane(core, &task).await?;
    let there = tmux.look(&pane, 0, false).await;
    there.map_err(|error| error.context(format!("cannot open a web terminal on #{}", task.number)))?;
    let loaded = core.config_of(&task.project);
    let argv = tmux.attach_argv(&pane);
    let url = core.web.open(&core.state, &loaded.config.web.command, &task.uuid, &argv, ask.write).await?;
    Ok(Web { url })
}

/// Why the status is what it is.
pub async fn explain(core: &Core, asker: &Asker, task: &str) -> Result<Explanation> {
    let task = core.task(asker, task).await?;
    match core.sights.of(&task.uuid).filter(|_| task.status.is_live()) {
        Some(sight) => Ok(Explanation { task, rule: sight.rule, evidence: sight.pieces }),
        None => Ok(Explanation { rule: "no session runs".into(), evidence: Vec::new(), task }),
    }
}
