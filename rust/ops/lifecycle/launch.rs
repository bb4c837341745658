//! One launch of an agent: everything it needs is found before anything is changed, then its pane is opened.

use crate::agent::environment::{self, Mark};
use crate::agent::launch::{AgentLaunch, Begin};
use crate::agent::{Agent, AgentKind, HooksQuestion, LastMode};
use crate::config::{Loaded, Trace};
use crate::contract::*;
use crate::core::Core;
use crate::core::fact::{Fact, Launched};
use crate::error::{Error, Result};
use crate::foreign::{self, fs};
use crate::ops::{agents, terminal};
use crate::paths::{State, write_private};
use crate::process::{self, Identity};
use crate::status::{AgentState, AgentStatus};
use crate::store::{Boot, Launch, NewLaunch, RecordedPane, Who};
use crate::task::{Alert, Isolation, Task};
use crate::tmux::{Listing, Pane, Tmux};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// How long an agent that is being restarted keeps others waiting: eight clients at once took 5 s (2.1.328).
const COMES_UP: Duration = Duration::from_secs(10);

/// How long tmux may take to tell which process it started in a pane.
const PANE_IS_TOLD: Duration = Duration::from_secs(30);

/// Everything a launch needs, found before anything is changed.
pub struct Prepared {
    /// The agent.
    pub agent: Agent,
    /// The effective configuration.
    pub loaded: Loaded,
    tmux: Tmux,
    /// What the agent will have: the asking client's, and what is configured for it.
    pub environment: Environment,
    /// Where the agent keeps its session files, if it does.
    pub config_dir: Option<PathBuf>,
    /// Where it will run.
    pub folder: String,
}

/// Finds everything for an agent that is to run in `folder`, or says what is missing.
pub async fn prepare(core: &Core, task: &Task, folder: &str, client: &Environment) -> Result<Prepared> {
    let doing = |error: Error| error.context(format!("cannot start the agent of #{}", task.number));
    let loaded = core.whole_config_of(&task.project).await.map_err(doing)?;
    crate::ops::program::install_if_missing(&core.state).map_err(doing)?;
    let agent = agents::named(&loaded, &task.agent, &core.state);
    let tmux = core.tmux(&loaded, None)?;
    tmux.check().await.map_err(doing)?;
    let place = PathBuf::from(folder);
    let is_there = foreign::within(folder.as_ref(), move || fs::is_dir(&place)).await;
    if !is_there.map_err(|error| doing(Error::new(Code::WrongState, error.to_string())))? {
        return Err(doing(
            Error::new(Code::WrongState, format!("its folder {folder} is gone")).hint("make the folder again"),
        ));
    }
    // Whatever is looked for, is looked for where the agent itself will find it.
    let mut environment = loaded.config.agent(&agent.name).environment(client);
    find_program(&agent, &environment, Path::new(folder)).await.map_err(doing)?;
    agents::rules(&loaded, &agent).map_err(doing)?;
    if let Some(adapter) = agent.adapter().filter(|_| agent.kind == AgentKind::Demo) {
        // The stand-in leaves the real agent's folder alone.
        adapter.set_config_dir(&mut environment, &core.state.demo());
    }
    let config_dir = agent.adapter().and_then(|adapter| adapter.config_dir(&environment, Path::new(folder)));
    Ok(Prepared { agent, loaded, tmux, environment, config_dir, folder: folder.to_owned() })
}

/// Searches the agent's program where it will run: in the PATH it will have.
async fn find_program(agent: &Agent, environment: &Environment, folder: &Path) -> Result<()> {
    let program = agent.command.first().map(String::as_str).unwrap_or_default();
    let path = environment.0.get("PATH").map(String::as_str).unwrap_or("/usr/local/bin:/usr/bin:/bin");
    let candidates: Vec<PathBuf> = match program.contains('/') {
        true => vec![folder.join(program)],
        false => std::env::split_paths(path).map(|dir| folder.join(dir).join(program)).collect(),
    };
    let runs = |file: &PathBuf| {
        fs::metadata(file).is_ok_and(|found| found.is_file() && found.permissions().mode() & 0o111 != 0)
    };
    let is_path = program.contains('/');
    let look = move || (candidates.iter().any(runs), candidates.iter().find(|file| fs::exists(file)).cloned());
    // A folder in PATH may be on a mount that is gone.
    let found = foreign::within(folder, look).await;
    let found =
        found.map_err(|error| Error::new(Code::AgentMissing, format!("cannot look for {program} in PATH: {error}")))?;
    let missing = match found {
        (true, _) => return Ok(()),
        (false, Some(other)) => {
            return Err(Error::new(Code::AgentMissing, format!("{} is no program that you may run", other.display()))
                .hint(format!(
                    "make it one with `chmod +x`, or correct `command` in [agent.{}] of chorus.toml",
                    agent.name
                )));
        }
        (false, None) if is_path => format!("there is no program {program}"),
        (false, None) => format!("there is no program {program} in PATH"),
    };
    Err(Error::new(Code::AgentMissing, missing).hint(format!(
        "install it, or set `command` in [agent.{}] of chorus.toml; `agent = \"demo\"` needs no installation",
        agent.name
    )))
}

/// A launch as it is recorded before its process exists.
pub fn new_launch(prepared: &Prepared, session: &str, restart: bool) -> NewLaunch {
    NewLaunch {
        session_id: prepared.agent.capabilities().resume.then(|| session.to_owned()),
        config_dir: prepared.config_dir.as_ref().map(|dir| dir.to_string_lossy().into_owned()),
        boot: Boot::here(),
        demo: prepared.agent.kind == AgentKind::Demo,
        restart,
    }
}

/// Writes what the agent reads at its start, and says what to run. An agent of which only the screen is known gets its
/// own command and nothing else.
pub async fn write_files(
    core: &Core,
    prepared: &Prepared,
    task: &Task,
    session: &str,
    begin: Begin,
) -> Result<Vec<String>> {
    let agent = &prepared.agent;
    // A daemon that one of the agent's hooks starts finds the same tmux server by it, and the agent does not.
    core.state.keep_tmux_socket(prepared.tmux.socket())?;
    core.state.tmux_socket_of_agent(&task.uuid)?;
    let Some(adapter) = agent.adapter() else { return Ok(agent.command.iter().chain(&agent.args).cloned().collect()) };
    let settings = core.state.settings_of(&task.uuid);
    let configured = prepared.loaded.config.agent(&agent.name);
    let asked = task.permission_mode.as_deref().or(configured.permission_mode.as_deref());
    let (last, plan_approved) = match begin {
        Begin::New => (None, false),
        Begin::Resume => core.read(&task.uuid, |tx, task| Ok((tx.mode(task)?, tx.plan_approved(task)?))).await?,
    };
    let mode = adapter.mode_after(asked, &LastMode { mode: last.as_deref(), plan_approved });
    let start = adapter.start(&AgentLaunch {
        agent,
        session_id: session,
        begin,
        title: &task.title,
        hook: &core.state.program(),
        readable: &core.state.context_of(&task.uuid),
        shared: task.isolation == Isolation::Stack,
        settings: &settings,
        model: task.model.as_deref().or(configured.model.as_deref()),
        permission_mode: mode,
    });
    write_private(&settings, start.settings.to_string().as_bytes())?;
    crate::ops::conversation::context::write_whole(core, task).await?;
    Ok(start.argv)
}

/// What the pane runs: nothing of the agent's command line shows in it.
fn pane_argv(state: &State, task: &str) -> Vec<String> {
    let text = |path: &Path| path.to_string_lossy().into_owned();
    vec![text(&state.program()), "exec".into(), text(&state.dir), task.to_owned()]
}

/// Why no agent's writes are traced, whatever the kernel says.
fn untraced(loaded: &Loaded) -> Option<&'static str> {
    match loaded.config.vcs.trace {
        Trace::Off => Some("`[vcs] trace` is \"off\""),
        Trace::Auto if !chorus_write_trace::SUPPORTED => Some("it needs Linux on x86-64 or 64-bit ARM"),
        Trace::Auto => None,
    }
}

/// What `chorus exec` will find.
fn hand_out(core: &Core, prepared: &Prepared, task: &Task, launch: &Launch, argv: Vec<String>) -> Result<()> {
    let tmux = core.state.tmux_socket_of_agent(&task.uuid)?;
    let mark = Mark { task: &task.uuid, launch: &launch.id, state_dir: &core.state.dir, tmux: &tmux };
    let configured = prepared.loaded.config.agent(&prepared.agent.name);
    let mut environment = environment::for_agent(&prepared.environment, mark, configured.renderer);
    environment.0.extend(configured.env);
    let traces = task.isolation == Isolation::Stack && untraced(&prepared.loaded).is_none();
    let trace = traces.then(|| TraceOrder { root: task.project.clone(), launch: launch.id.clone() });
    let exec = Exec { argv, environment, folder: prepared.folder.clone(), trace };
    core.execs.hand_out(&task.uuid, exec);
    Ok(())
}

/// In a new tmux session.
pub async fn open(
    core: &Core,
    prepared: &Prepared,
    task: &Task,
    launch: &Launch,
    argv: Vec<String>,
) -> Result<RecordedPane> {
    hand_out(core, prepared, task, launch, argv)?;
    let name = format!("{}-{}", task.number, task.title);
    let run = pane_argv(&core.state, &task.uuid);
    let opened = prepared.tmux.start_session(&task.uuid, &name, Path::new(&prepared.folder), &run, None).await;
    let opened = opened.inspect_err(|_| core.execs.withdraw(&task.uuid))?;
    let pane = recorded(&prepared.tmux, &opened);
    core.panes.watch(&task.uuid, pane.process.as_ref());
    core.execs.opened(&task.uuid, pane.process.as_ref());
    if let Err(error) = keep_pane(core, task, &pane).await {
        core.execs.withdraw(&task.uuid);
        prepared.tmux.kill_session(&opened).await?;
        return Err(error);
    }
    Ok(pane)
}

/// Records where the task's terminal is.
pub async fn keep_pane(core: &Core, task: &Task, pane: &RecordedPane) -> Result<()> {
    let pane = pane.clone();
    core.write(&task.uuid, move |tx, task| tx.set_pane(task, Some(&pane))).await
}

fn recorded(tmux: &Tmux, pane: &crate::tmux::Pane) -> RecordedPane {
    RecordedPane {
        socket: tmux.socket().to_string_lossy().into_owned(),
        server: terminal::server_identity(pane.server_pid, pane.server_start),
        boot: Boot::here(),
        session: pane.session.clone(),
        window: pane.window.clone(),
        pane: pane.pane.clone(),
        process: process::identity(pane.pane_pid),
    }
}

/// Where an agent is restarted: the pane of the one before, where it is still there.
pub type Place = Option<(Tmux, Pane)>;

/// Finds the place without changing anything. There is none when tmux or the machine went down meanwhile.
pub async fn find_place(core: &Core, prepared: &Prepared, pane: Option<RecordedPane>) -> Result<Place> {
    let Some(pane) = pane.filter(|pane| pane.boot == Boot::here()) else { return Ok(None) };
    let tmux = core.tmux(&prepared.loaded, Some(&pane.socket))?;
    let ours = terminal::tmux_pane(&pane);
    match tmux.panes().await {
        Listing::Panes { server, panes }
            if ours.is_on(&server) && panes.iter().any(|found| found.pane == ours.pane) =>
        {
            Ok(Some((tmux, ours)))
        }
        Listing::Silent(error) => Err(error),
        _ => Ok(None),
    }
}

/// In that pane, or in a new session.
pub async fn reopen(
    core: &Core,
    prepared: &Prepared,
    task: &Task,
    launch: &Launch,
    argv: Vec<String>,
    place: Place,
) -> Result<RecordedPane> {
    let Some((tmux, pane)) = place else { return open(core, prepared, task, launch, argv).await };
    hand_out(core, prepared, task, launch, argv)?;
    let run = pane_argv(&core.state, &task.uuid);
    let respawned = tmux.respawn(&pane, Path::new(&prepared.folder), &run).await;
    let pane = recorded(&tmux, &respawned.inspect_err(|_| core.execs.withdraw(&task.uuid))?);
    core.panes.watch(&task.uuid, pane.process.as_ref());
    core.execs.opened(&task.uuid, pane.process.as_ref());
    keep_pane(core, task, &pane).await?;
    Ok(pane)
}

fn hooks_question(core: &Core, agent: &Agent, folder: &str, config_dir: Option<PathBuf>) -> HooksQuestion {
    let words = agent.command.iter().skip(1).chain(&agent.args);
    HooksQuestion { program: core.state.program(), args: words.cloned().collect(), folder: folder.into(), config_dir }
}

/// Why the agent's hooks will not run, where that can be told before it starts.
pub async fn hooks_off(core: &Core, prepared: &Prepared) -> Option<String> {
    let adapter = prepared.agent.adapter()?;
    let asked = hooks_question(core, &prepared.agent, &prepared.folder, prepared.config_dir.clone());
    crate::agent::hooks_off::cause(adapter, asked).await
}

/// Tells what a person has to know of this launch from its beginning. A failure is only logged: the agent runs.
pub async fn report(core: &Core, prepared: &Prepared, task: &Task, lost: Option<Alert>) {
    let hooks_off = hooks_off(core, prepared).await;
    let hooks_off = hooks_off.map(|cause| crate::agent::hooks_off::alert(task.isolation, Some(&cause)));
    let alerts: Vec<Alert> = lost.into_iter().chain(hooks_off).collect();
    if alerts.is_empty() {
        return;
    }
    for alert in &alerts {
        core.warn(&task.project, &format!("#{}: {}", task.number, alert.text));
    }
    let told = core
        .write(&task.uuid, move |tx, task| alerts.iter().try_for_each(|alert| tx.alert(task, alert).map(drop)))
        .await;
    if let Err(error) = told {
        log::error!("cannot tell of #{}: {error}", task.number);
    }
}

/// The conversation's file, where an earlier launch has begun it.
async fn transcript(task: &Task, launch: &Launch, agent: &Agent) -> Option<PathBuf> {
    let folder = PathBuf::from(task.worktree.as_deref().unwrap_or(&task.project));
    let (adapter, session) = (agent.adapter()?, task.session_id.clone()?);
    let find = move |config_dir: PathBuf| adapter.find_transcript(&config_dir, &folder, &session);
    foreign::ask(launch.config_dir.as_deref()?, find).await.ok().flatten()
}

/// A launch as the monitor watches it.
pub async fn launched(
    core: &Core,
    task: &Task,
    launch: &Launch,
    agent: &Agent,
    loaded: &Loaded,
    pane: &RecordedPane,
) -> Result<Launched> {
    Ok(Launched {
        task: task.uuid.clone(),
        launch: launch.id.clone(),
        socket: PathBuf::from(&pane.socket),
        pane: terminal::tmux_pane(pane),
        process: pane.process.clone(),
        session_id: launch.session_id.clone(),
        config_dir: launch.config_dir.as_ref().map(PathBuf::from),
        transcript: transcript(task, launch, agent).await,
        turn_since: None,
        adapter: agent.adapter(),
        gives: agent.capabilities().gives,
        rules: agents::rules(loaded, agent)?,
        isolation: task.isolation,
        hooks: hooks_question(
            core,
            agent,
            task.worktree.as_deref().unwrap_or(&task.project),
            launch.config_dir.as_ref().map(PathBuf::from),
        ),
        at: launch.started_at,
    })
}

/// The monitor takes over.
pub async fn watch(core: &Core, prepared: &Prepared, task: &Task, launch: &Launch, pane: RecordedPane) -> Result<Task> {
    // A fresh session has another conversation than the task had so far.
    let task = Task { session_id: launch.session_id.clone(), ..task.clone() };
    let launched = launched(core, &task, launch, &prepared.agent, &prepared.loaded, &pane).await?;
    let id = launch.id.clone();
    let starting = AgentState { status: AgentStatus::Starting, ..Default::default() };
    // Else the tracer says so, or why there is none.
    let untraced = untraced(&prepared.loaded).filter(|_| task.isolation == Isolation::Stack);
    let kept = core.write(&task.uuid, move |tx, task| {
        if let Some(process) = &pane.process {
            tx.set_first_process(&id, process)?;
        }
        if let Some(why) = untraced {
            let text = format!("What the agent's processes write is not traced: {why}");
            tx.journal(task, Who::Chorus, "untraced", &text, None)?;
        }
        tx.set_agent_state(task, starting)?;
        tx.row(task)
    });
    let kept = kept.await;
    // After that, or the monitor's first verdict could be overwritten; and although it failed, since the agent runs.
    core.fact(Fact::Launched(Box::new(launched)));
    kept
}

/// Watches what is left in the task's pane after a verb that could not be carried out to its end.
pub async fn watch_again(core: &Core, task: &Task, launch: &Launch, pane: &RecordedPane) -> Result<()> {
    let loaded = core.config_of(&task.project).await;
    let agent = agents::named(&loaded, &task.agent, &core.state);
    let launched = launched(core, task, launch, &agent, &loaded, pane).await?;
    core.fact(Fact::Launched(Box::new(launched)));
    Ok(())
}

/// Waits for one of the two places for agents that are being restarted, and keeps it until this one is up.
pub async fn wait_for_slot(core: &Core, task: &str) {
    let Ok(place) = core.starting.clone().acquire_owned().await else { return };
    let mut live = core.live.follow(task);
    tokio::spawn(async move {
        let before = live.borrow_and_update().launch.clone();
        let is_up = live.wait_for(|live| live.launch != before && live.state.status != AgentStatus::Starting);
        let _ = tokio::time::timeout(COMES_UP, is_up).await;
        drop(place);
    });
}

/// Hands out what the pane is to run, once, to a process in that pane.
pub async fn exec(core: &Core, ask: &ExecAsk, lineage: &[Identity]) -> Result<Exec> {
    let taken = tokio::time::timeout(PANE_IS_TOLD, core.execs.take(&ask.task, lineage)).await;
    taken.ok().flatten().ok_or_else(|| {
        Error::new(Code::WrongState, "cannot run the agent: the daemon has no launch waiting for this pane")
            .hint("restart the task")
    })
}
