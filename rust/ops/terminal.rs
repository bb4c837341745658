//! The terminal of a live task: which pane of which tmux server it is, and what its screen shows.

use crate::contract::Code;
use crate::core::Core;
use crate::detector::screen::{self, Beside};
use crate::error::{Error, Result};
use crate::evidence::reading::ScreenReading;
use crate::ops::agents;
use crate::process::Identity;
use crate::store::{self, Boot};
use crate::task::Task;
use crate::tmux::{Pane, Tmux};

/// The task's live terminal and the tmux it is in.
pub async fn pane(core: &Core, task: &Task) -> Result<(Tmux, Pane)> {
    let known = core.read(&task.uuid, |tx, task| {
        let agent = tx.open_launch(task)?.and_then(|launch| launch.process);
        // The pane's own process may only stand beside the agent's.
        Ok(tx.pane(task)?.map(|pane| store::RecordedPane { process: agent.or_else(|| pane.process.clone()), ..pane }))
    });
    let pane = known.await?;
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
    let loaded = core.config_of(&task.project).await;
    Ok((core.tmux(&loaded, Some(&pane.socket))?, tmux_pane(&pane)))
}

/// A recorded pane as tmux is asked about it.
pub fn tmux_pane(pane: &store::RecordedPane) -> Pane {
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
pub async fn read_screen(core: &Core, task: &Task) -> Result<ScreenReading> {
    let (tmux, pane) = pane(core, task).await?;
    let loaded = core.config_of(&task.project).await;
    let agent = agents::named(&loaded, &task.agent, &core.state);
    let shot = tmux.capture_pane(&pane, 0, true).await?;
    Ok(screen::classify(&agents::rules(&loaded, &agent)?, &shot.lines.join("\n"), Beside::default()))
}
