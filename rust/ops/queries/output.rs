//! What a task's terminal shows: once, or as a stream while a client watches.

use crate::contract::{Event, Message, Nothing, Output, TaskOutput, TaskWatch};
use crate::core::{Asker, Core};
use crate::error::Result;
use crate::hub::outbox::Outbox;
use crate::ops::terminal::pane;
use crate::task::Task;
use crate::tmux::{Pane, Size, Tmux};
use std::sync::Arc;
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// Between two captures of a watched pane that changes: 20 updates a second.
const QUICK: Duration = Duration::from_millis(50);
/// Between two captures of a watched pane that has been still for a while.
const SLOW: Duration = Duration::from_millis(250);
/// Captures without a change until a pane counts as still.
const STILL: u32 = 20;
/// The largest pane a client may ask for, in cells each way.
const MOST_CELLS: u16 = 1000;
/// Lines of history a client may ask for.
const MOST_HISTORY: u32 = 10_000;

/// The pane's content now, in color.
pub async fn output(core: &Core, asker: &Asker, ask: TaskOutput) -> Result<Output> {
    let task = core.task(asker, &ask.task).await?;
    let (tmux, pane) = pane(core, &task).await?;
    let captured = capture(&tmux, &pane, &task.uuid, ask.history.min(MOST_HISTORY)).await;
    captured.map_err(|error| error.context(format!("cannot show the output of #{}", task.number)))
}

async fn capture(tmux: &Tmux, pane: &Pane, task: &str, history: u32) -> Result<Output> {
    Ok(tmux.capture_pane(pane, history, true).await?.output(task))
}

/// Begins or ends the stream of one task's output to this client; another task's stream ends. While it goes on, the pane has
/// the size of the client's window, unless a terminal shows it.
pub async fn watch(core: &Arc<Core>, asker: &Asker, watch: TaskWatch) -> Result<Nothing> {
    let task = core.task(asker, &watch.task).await?;
    let mut watching = asker.watching.lock();
    if let Some((_, old)) = watching.take_if(|(old, _)| watch.on || *old == task.uuid) {
        old.cancel();
    }
    if let (true, Some(outbox)) = (watch.on, asker.outbox.clone()) {
        let end = asker.gone.child_token();
        *watching = Some((task.uuid.clone(), end.clone()));
        let (core, asker, size) = (core.clone(), asker.clone(), size_of(&watch));
        tokio::spawn(async move {
            if size.is_some() {
                fit(&core, &task, size).await;
            }
            stream(&core, &task, outbox, end).await;
            // A newer stream of the same client has given the pane its size already.
            let goes_on =
                asker.watching.lock().as_ref().is_some_and(|(uuid, end)| *uuid == task.uuid && !end.is_cancelled());
            if size.is_some() && !goes_on {
                fit(&core, &task, None).await;
            }
        });
    }
    Ok(Nothing {})
}

/// The size of the client's window, where it says so.
fn size_of(watch: &TaskWatch) -> Option<Size> {
    let cells = |count: Option<u32>| count.map(|count| u16::try_from(count).unwrap_or(u16::MAX).min(MOST_CELLS));
    Some(Size { columns: cells(watch.columns)?, rows: cells(watch.rows)? })
}

/// Gives the task's pane that size; its own without. A pane that is gone needs none.
async fn fit(core: &Core, task: &Task, size: Option<Size>) {
    if let Ok((tmux, its)) = pane(core, task).await
        && let Err(error) = tmux.fit(&its, size).await
    {
        log::debug!("{error}");
    }
}

async fn stream(core: &Core, task: &Task, outbox: Arc<Outbox>, end: CancellationToken) {
    let Ok((mut tmux, mut its)) = pane(core, task).await else { return };
    let mut last = None;
    let mut still = 0;
    while !end.is_cancelled() {
        match capture(&tmux, &its, &task.uuid, 0).await {
            Ok(output) if last.as_ref() != Some(&output) => {
                still = 0;
                last = Some(output.clone());
                outbox.put(Message::Event(Event::Output(output)));
            }
            Ok(_) => still += 1,
            // The pane is gone, or tmux is busy: the status shows which. A restart may have given the task another.
            Err(_) => {
                still = STILL;
                if let Ok(found) = pane(core, task).await {
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
