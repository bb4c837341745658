//! At the daemon's start: what the store says against what lives. No task is lost, none is shown alive that is dead,
//! and "tmux did not answer" is not a death.

use crate::contract::Code;
use crate::core::Core;
use crate::core::fact::Fact;
use crate::error::Result;
use crate::ops::lifecycle::launch;
use crate::ops::{agents, terminal};
use crate::process;
use crate::status::{AgentState, AgentStatus, Kind, Millis};
use crate::store::{Boot, Filter, Launch, PromptState, RecordedPane, RequestOutcome, Who};
use crate::task::Task;
use crate::tmux::{Listing, PaneState, Server, Tmux};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

const AGAIN: Duration = Duration::from_secs(1);

/// A live task as the store has it.
struct LiveTask {
    task: Task,
    launch: Option<Launch>,
    pane: Option<RecordedPane>,
}

/// Compares and mends; goes on in the background while a tmux server does not answer.
pub async fn reconcile(core: &Arc<Core>) {
    if let Err(error) = prompts(core).await {
        log::error!("cannot reconcile prompts: {error}");
    }
    let begun = crate::clock::now();
    match tasks(core, begun).await {
        Ok(true) => {}
        Ok(false) => {
            let core = Arc::downgrade(core);
            tokio::spawn(async move {
                loop {
                    tokio::time::sleep(AGAIN).await;
                    let Some(core) = core.upgrade() else { return };
                    match tasks(&core, begun).await {
                        Ok(false) => {}
                        Ok(true) => return,
                        Err(error) => log::error!("cannot reconcile tasks: {error}"),
                    }
                }
            });
        }
        Err(error) => log::error!("cannot reconcile tasks: {error}"),
    }
}

/// Nobody knows whether a prompt that was being typed arrived: it counts as failed and is not typed again.
async fn prompts(core: &Core) -> Result<()> {
    let why = "the daemon was stopped while it was typed: check whether the agent has it";
    core.write(why, |tx, why| {
        for prompt in tx.sending()? {
            tx.set_prompt(prompt.id, PromptState::Failed, Some(why))?;
        }
        Ok(())
    })
    .await
}

impl LiveTask {
    /// Whether it is this daemon's to judge: not what a verb began meanwhile, nor a process of another machine.
    fn is_left_behind(&self, here: &Boot, begun: Millis) -> bool {
        let at_home = |boot: &Boot| boot.machine == here.machine;
        match (&self.launch, &self.pane) {
            (Some(launch), _) => launch.started_at < begun && at_home(&launch.boot),
            (None, Some(pane)) => at_home(&pane.boot),
            (None, None) => true,
        }
    }
}

impl LiveTask {
    /// The pane as it is recorded, where tmux knows it no more and the agent in it lives.
    fn out_of_reach(&self) -> Option<(RecordedPane, bool)> {
        let pane = self.pane.as_ref().filter(|pane| pane.boot == Boot::here())?;
        let agent = self.launch.as_ref()?.process.as_ref().or(pane.process.as_ref())?;
        process::is_alive(agent).then(|| (pane.clone(), false))
    }
}

async fn known(core: &Core) -> Result<Vec<LiveTask>> {
    let live = Filter::parse("live")?;
    let known = core.read(&live, |tx, live| {
        let known = |task: Task| Ok(LiveTask { launch: tx.open_launch(&task.uuid)?, pane: tx.pane(&task.uuid)?, task });
        tx.tasks(None, live)?.into_iter().map(known).collect()
    });
    known.await
}

/// True when every live task that was there when the daemon had `begun` was compared.
async fn tasks(core: &Arc<Core>, begun: Millis) -> Result<bool> {
    let left_behind = |known: &LiveTask| known.is_left_behind(&Boot::here(), begun);
    let all = known(core).await?;
    // Before tmux is asked, which may take long: what descends from one of these is an agent's doing.
    for known in all.iter().filter(|known| core.live.of(&known.task.uuid).is_none()) {
        let pane = known.pane.as_ref().filter(|pane| pane.boot == Boot::here());
        core.panes.watch(&known.task.uuid, pane.and_then(|pane| pane.process.as_ref()));
    }
    let known: Vec<LiveTask> = all.into_iter().filter(left_behind).collect();
    let mut complete = true;
    for tmux in core.tmux_servers().await {
        let socket = tmux.socket().to_owned();
        let here = |pane: &RecordedPane| Path::new(&pane.socket) == socket;
        let at_home = core.tmux_home().await.is_ok_and(|home| home.socket() == socket);
        let of_server: Vec<&LiveTask> = known
            .iter()
            .filter(|known| known.pane.as_ref().map_or(at_home, here))
            .filter(|known| core.live.of(&known.task.uuid).is_none())
            .collect();
        match tmux.panes().await {
            Listing::Panes { server, panes } => {
                for known in &of_server {
                    let found = panes.iter().find(|pane| pane.task == known.task.uuid);
                    let found = found.map(|pane| adopt(&tmux, &server, pane));
                    compare_or_log(core, known, found).await;
                }
                end_strays(core, &tmux, &server, &panes).await?;
            }
            Listing::Gone => {
                for known in &of_server {
                    compare_or_log(core, known, None).await;
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
fn adopt(tmux: &Tmux, server: &Server, pane: &PaneState) -> (RecordedPane, bool) {
    let kept = RecordedPane {
        socket: tmux.socket().to_string_lossy().into_owned(),
        server: terminal::server_identity(server.pid, server.start),
        boot: Boot::here(),
        session: pane.session.clone(),
        window: pane.window.clone(),
        pane: pane.pane.clone(),
        process: pane.pid.and_then(process::identity),
    };
    (kept, pane.dead)
}

/// One task's trouble is not that of the others.
async fn compare_or_log(core: &Arc<Core>, known: &LiveTask, found: Option<(RecordedPane, bool)>) {
    if let Err(error) = compare(core, known, found).await {
        log::error!("cannot reconcile #{} of {}: {error}", known.task.number, known.task.project);
    }
}

async fn compare(core: &Arc<Core>, known: &LiveTask, found: Option<(RecordedPane, bool)>) -> Result<()> {
    let task = &known.task;
    let found = found.or_else(|| known.out_of_reach());
    match (found, &known.launch) {
        // It was being started when the daemon ended: nothing of it lives.
        (None, Some(_)) if known.pane.is_none() => {
            let why = "the daemon was stopped while it started";
            core.write(&task.uuid, move |tx, task| tx.undo_start(task, why).map(drop)).await
        }
        (None, launch) => {
            let lost = AgentState { status: AgentStatus::Exited, kind: Some(Kind::Lost), ..AgentState::default() };
            let launch = launch.clone();
            core.write(&task.uuid, move |tx, task| {
                tx.close_requests(task, RequestOutcome::Gone, Who::Chorus)?;
                if let Some(launch) = launch {
                    tx.journal(
                        task,
                        Who::Chorus,
                        "exited",
                        "The agent's session was lost with its tmux server: restart resumes it",
                        None,
                    )?;
                    tx.end_launch(&launch.id, "lost")?;
                    tx.set_agent_state(task, lost)?;
                }
                Ok(())
            })
            .await
        }
        (Some((pane, dead)), Some(launch)) => {
            let loaded = core.config_of(&task.project).await;
            let agent = agents::named(&loaded, &task.agent, &core.state);
            launch::keep_pane(core, task, &pane).await?;
            if !dead {
                core.panes.watch(&task.uuid, pane.process.as_ref());
            }
            let mut pane = pane;
            pane.process = launch.process.clone().or(pane.process);
            let mut launched = launch::launched(core, task, launch, &agent, &loaded, &pane).await?;
            let state = &task.agent_status;
            let runs = match state.status {
                AgentStatus::Busy => true,
                AgentStatus::Waiting => !matches!(state.kind, Some(Kind::Trust | Kind::Dialog)),
                _ => false,
            };
            launched.turn_since = runs.then_some(state.since);
            core.fact(Fact::Launched(Box::new(launched)));
            Ok(())
        }
        // The session ended before, and the pane with its last words is still there.
        (Some((pane, _)), None) => launch::keep_pane(core, task, &pane).await,
    }
}

/// Sessions of this store whose task is not live: a verb was cut off between tmux and the store. Which are live is read
/// after the panes were, so that a task that a verb starts meanwhile is one.
async fn end_strays(core: &Core, tmux: &Tmux, server: &Server, panes: &[PaneState]) -> Result<()> {
    let live = known(core).await?;
    for pane in panes.iter().filter(|pane| live.iter().all(|known| known.task.uuid != pane.task)) {
        let (kept, _) = adopt(tmux, server, pane);
        match tmux.kill_session(&terminal::tmux_pane(&kept)).await {
            Ok(()) => log::info!("ended a tmux session without a live task"),
            Err(error) if error.code == Code::TmuxFailed => log::warn!("{error}"),
            Err(error) => log::error!("{error}"),
        }
    }
    Ok(())
}
