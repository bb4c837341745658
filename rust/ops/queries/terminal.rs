//! A task's terminal for a person: attached in Neovim or a shell, or in a browser.

use crate::contract::{TaskWeb, Terminal, Web};
use crate::core::{Asker, Core};
use crate::error::Result;
use crate::ops::terminal::pane;

/// How to open the task's terminal. Whoever opens it sees the task.
pub async fn attach(core: &Core, asker: &Asker, task: &str) -> Result<Terminal> {
    let found = core.task(asker, task).await?;
    let (tmux, pane) = pane(core, &found).await?;
    // What is gone is told here: tmux's own words would flash by in a terminal that closes.
    let there = tmux.look(&pane, 0, false).await;
    there.map_err(|error| error.context(format!("cannot attach to #{}", found.number)))?;
    core.write(&found.uuid, |tx, task| tx.seen(task)).await?;
    Ok(Terminal { argv: tmux.attach_argv(&pane) })
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
