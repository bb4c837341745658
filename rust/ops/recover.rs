//! At the daemon's start: what the store says against what lives. No task is lost, none is shown alive that is dead,
//! and "tmux did not answer" is not a death.

use super::{Core, agents, launch, view};
use crate::contract::Code;
use crate::error::Result;
use crate::monitor::Fact;
use crate::process;
use crate::status::{AgentState, AgentStatus, Kind};
use crate::store::{Boot, Filter, Launch, Outcome, Pane, PromptState, Tx, Who};
use crate::task::Task;
use crate::tmux::{Listing, PaneState, Tmux};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

const AGAIN: Duration = Duration::from_secs(1);

/// A live task as the store has it.
struct Known {
    task: Task,
    launch: Option<Launch>,
    pane: Option<Pane>,
}

/// Compares and mends; goes on in the background while a tmux server does not answer.
pub async fn reconcile(core: &Arc<Core>) {
    if let Err(error) = prompts(core).await {
        log::error!("cannot reconcile prompts: {error}");
    }
    match tasks(core).await {
        Ok(true) => {}
        Ok(false) => {
            let core = Arc::downgrade(core);
            tokio::spawn(async move {
                loop {
                    tokio::time::sleep(AGAIN).await;
                    let Some(core) = core.upgrade() else { return };
                    match tasks(&core).await {
                        Ok(false) => {}
                        Ok(true) => return,
                        Err(error) => return log::error!("cannot reconcile tasks: {error}"),
                    }
                }
            });
        }
        Err(error) => log::error!("cannot reconcile tasks: {error}"),
    }
}

/// Nobody knows whether a prompt that was being typed arrived: it is not typed again, and the person is told.
async fn prompts(core: &Core) -> Result<()> {
    core.store()?
        .write(|tx| {
            for prompt in tx.sending()? {
                let why = "the daemon was stopped while it was typed: look whether the agent has it";
                tx.set_prompt(prompt.id, PromptState::Failed, Some(why))?;
            }
            Ok(())
        })
        .await
}

/// True when every live task was compared.
async fn tasks(core: &Arc<Core>) -> Result<bool> {
    let live = Filter::parse("live")?;
    let known = core
        .store()?
        .read(move |tx| {
            let known =
                |task: Task| Ok(Known { launch: tx.open_launch(&task.uuid)?, pane: tx.pane(&task.uuid)?, task });
            tx.tasks(None, &live)?.into_iter().map(known).collect::<Result<Vec<_>>>()
        })
        .await?;
    let mut complete = true;
    for tmux in core.tmux_servers().await {
        let socket = tmux.socket().to_owned();
        let here = |pane: &Pane| PathBuf::from(&pane.socket) == socket;
        let at_home = core.tmux_home().is_ok_and(|home| home.socket() == socket);
        let of_server: Vec<&Known> = known
            .iter()
            .filter(|known| known.pane.as_ref().map_or(at_home, here))
            .filter(|known| core.sights.of(&known.task.uuid).is_none())
            .collect();
        match tmux.panes().await {
            Listing::Panes { server, panes } => {
                for known in &of_server {
                    let found = panes.iter().find(|pane| pane.task == known.task.uuid);
                    let found = found.map(|pane| adopt(&tmux, &server, pane));
                    compare(core, known, found).await?;
                }
                end_strays(&tmux, &server, &panes, &known).await;
            }
            Listing::Gone => {
                for known in &of_server {
                    compare(core, known, None).await?;
                }
            }
            Listing::Silent(error) => {
                log::warn!("{error}");
                complete = false;
            }
        }
    }
    Ok(complete)
}

/// A pane as tmux has it, as the store keeps it.
fn adopt(tmux: &Tmux, server: &crate::tmux::Server, pane: &PaneState) -> (Pane, bool) {
    let kept = Pane {
        socket: tmux.socket().to_string_lossy().into_owned(),
        server: view::server_identity(server.pid, server.start),
        boot: Boot::here(),
        session: pane.session.clone(),
        window: pane.window.clone(),
        pane: pane.pane.clone(),
        process: pane.pid.and_then(process::identity),
    };
    (kept, pane.dead)
}

async fn compare(core: &Arc<Core>, known: &Known, found: Option<(Pane, bool)>) -> Result<()> {
    let (task, uuid) = (&known.task, known.task.uuid.clone());
    match (found, &known.launch) {
        // It was being started when the daemon ended: nothing of it lives.
        (None, Some(_)) if known.pane.is_none() => {
            let why = "the daemon was stopped while it started";
            core.store()?.write(move |tx| tx.undo_start(&uuid, why).map(drop)).await
        }
        (None, launch) => {
            let lost = AgentState { status: AgentStatus::Exited, kind: Some(Kind::Lost), ..AgentState::default() };
            let launch = launch.clone();
            core.store()?
                .write(move |tx: &mut Tx<'_>| {
                    tx.close_requests(&uuid, Outcome::Gone, Who::Chorus)?;
                    if let Some(launch) = launch {
                        tx.journal(
                            &uuid,
                            Who::Chorus,
                            "exited",
                            "The agent's session was lost with its tmux server: restart resumes it",
                            None,
                        )?;
                        tx.end_launch(&launch.id, "lost")?;
                        tx.set_agent_state(&uuid, lost)?;
                    }
                    Ok(())
                })
                .await
        }
        (Some((pane, dead)), Some(launch)) => {
            let loaded = core.config_of(&task.project);
            let agent = agents::named(&loaded, &task.agent, &core.state);
            let kept = pane.clone();
            core.store()?.write(move |tx| tx.set_pane(&uuid, Some(&kept))).await?;
            if !dead {
                core.watch_pane(&task.uuid, pane.process.as_ref());
            }
            let mut pane = pane;
            pane.process = launch.process.clone().or(pane.process);
            let launched = launch::launched(task, launch, &agent, &loaded, &pane)?;
            core.fact(Fact::Launched(Box::new(launched)));
            Ok(())
        }
        // The session ended before, and the pane with its last words is still there.
        (Some((pane, _)), None) => core.store()?.write(move |tx| tx.set_pane(&uuid, Some(&pane))).await,
    }
}

/// Sessions of this store whose task is not live: a verb was cut off between tmux and the store.
async fn end_strays(tmux: &Tmux, server: &crate::tmux::Server, panes: &[PaneState], known: &[Known]) {
    for pane in panes.iter().filter(|pane| known.iter().all(|known| known.task.uuid != pane.task)) {
        let (kept, _) = adopt(tmux, server, pane);
        match tmux.kill_session(&view::tmux_pane(&kept)).await {
            Ok(()) => log::info!("ended a tmux session without a live task"),
            Err(error) if error.code == Code::TmuxFailed => log::warn!("{error}"),
            Err(error) => log::error!("{error}"),
        }
    }
}
