//! A task's terminal for a person: attached in Neovim or a shell, or in a browser.

use crate::contract::{TaskWeb, Terminal, Web};
use crate::core::{Asker, Core};
use crate::error::Result;
use crate::ops::terminal::pane;

/// The command that opens the task's terminal. Opening it marks the task as seen.
pub async fn attach(core: &Core, asker: &Asker, task: &str) -> Result<Terminal> {
    let found = core.task(asker, task).await?;
    let (tmux, pane) = pane(core, &found).await?;
    // A pane that is gone is reported here: tmux's own message would flash by in a terminal that closes.
    let there = tmux.capture_pane(&pane, 0, false).await;
    there.map_err(|error| error.context(format!("cannot attach to #{}", found.number)))?;
    core.write(&found.uuid, |tx, task| tx.seen(task)).await?;
    Ok(Terminal { argv: tmux.attach_argv(&pane) })
}

/// A web terminal.
pub async fn web(core: &Core, asker: &Asker, ask: TaskWeb) -> Result<Web> {
    let (task, _turn) = core.task_in_turn(asker, &ask.task).await?;
    let (tmux, pane) = pane(core, &task).await?;
    let there = tmux.capture_pane(&pane, 0, false).await;
    there.map_err(|error| error.context(format!("cannot open a web terminal on #{}", task.number)))?;
    let loaded = core.config_of(&task.project).await;
    let argv = tmux.attach_argv(&pane);
    let url = core.web.open(&core.state, &loaded.config.web.command, &task.uuid, &argv, ask.write).await?;
    Ok(Web { url })
}
