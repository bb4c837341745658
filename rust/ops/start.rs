//! Starting a task and restarting its agent. Each step is undone in reverse when a later one fails.

use super::{Asker, Core, lock, view};
use crate::agent::conversation::{self, Conversation};
use crate::agent::launch::{Begin, Choice};
use crate::agent::{self, Agent};
use crate::config::{self, Loaded};
use crate::contract::*;
use crate::detector::rules::Rules;
use crate::error::{Error, Result};
use crate::evidence::Gives;
use crate::monitor::{Fact, Launched};
use crate::paths::State;
use crate::process::{self, Identity};
use crate::status::{AgentState, AgentStatus};
use crate::store::{Boot, NewLaunch, Outcome, Pane, Tx, Who};
use crate::task::{Isolation, Step, Task};
use crate::tmux::{Listing, Tmux};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::time::Duration;
use uuid::Uuid;

/// How long an agent may take to leave when asked to.
const LEAVE: Duration = Duration::from_secs(3);
/// How long an agent that is being restarted keeps others waiting: eight clients at once took 5 s (2.1.328).
const COMES_UP: Duration = Duration::from_secs(10);

/// Everything a launch needs, found before anything is changed.
struct Prepared {
    agent: Agent,
    loaded: Loaded,
    tmux: Tmux,
    environment: Environment,
    config_dir: Option<PathBuf>,
    folder: String,
}

/// tmux session, agent, context; the first prompt is typed once the agent is ready.
pub async fn start(core: &Core, asker: &Asker, start: TaskStart) -> Result<Task> {
    let task = core.task(asker, &start.task).await?;
    let _turn = core.turn(&task.uuid).await;
    let uuid = task.uuid.clone();
    core.store()?.read(move |tx| tx.may(&uuid, Step::Start, "start").map(drop)).await?;
    let prepared = prepare(core, &task, start.environment).await?;
    let session = Uuid::new_v4().to_string();
    let launch = new_launch(&prepared, &session, false);
    let prompt = start.prompt.clone().unwrap_or_else(|| format!("Work on task #{}: {}", task.number, task.title));
    let uuid = task.uuid.clone();
    let begin = move |tx: &mut Tx<'_>| {
        tx.step(&uuid, Step::Start, Who::Person, None)?;
        tx.set_isolation(&uuid, Isolation::None)?;
        tx.journal(
            &uuid,
            Who::Chorus,
            "isolation",
            "Isolation is none: edits stay in the shared working tree and nothing is committed",
            None,
        )?;
        tx.enqueue(&uuid, &prompt, false)?;
        tx.begin_launch(&uuid, launch)
    };
    let launch = core.store()?.write(begin).await?;
    let argv = argv(core, &prepared, &task, &session, Begin::New)?;
    match open(core, &prepared, &task, &launch.id, argv).await {
        Ok(pane) => watch(core, &prepared, &task, &launch, pane).await,
        Err(error) => {
            let (uuid, why) = (task.uuid.clone(), error.message.clone());
            core.store()?.write(move |tx| tx.undo_start(&uuid, &why)).await?;
            Err(error.context(format!("cannot start #{}", task.number)))
        }
    }
}

/// The agent, in the same tmux session: with its conversation, or fresh with the task's context. One that job control
/// stopped is continued and keeps everything.
pub async fn restart(core: &Core, asker: &Asker, restart: TaskRestart) -> Result<Task> {
    let task = core.task(asker, &restart.task).await?;
    let _turn = core.turn(&task.uuid).await;
    let uuid = task.uuid.clone();
    let (earlier, pane) = core
        .store()?
        .read(move |tx| {
            tx.may(&uuid, Step::Touch, "restart")?;
            Ok((tx.launches(&uuid)?.pop(), tx.pane(&uuid)?))
        })
        .await?;
    let old = earlier.as_ref().and_then(|launch| launch.process.clone());
    if let Some(identity) = old.as_ref().filter(|old| !restart.fresh && process::is_suspended(old.pid)) {
        process::resume(identity);
        let uuid = task.uuid.clone();
        return core
            .store()?
            .write(move |tx| {
                tx.journal(&uuid, Who::Person, "continued", "Continued the suspended agent", None)?;
                tx.row(&uuid)
            })
            .await;
    }
    let prepared = prepare(core, &task, restart.environment).await?;
    take_place(core, &task.uuid).await;
    let known = task.session_id.clone().filter(|_| !restart.fresh);
    if let Some(old) = &old {
        leave(old).await;
    }
    let (session, begin) = match known {
        Some(session) => {
            let dir = prepared.config_dir.as_deref();
            let running = dir.and_then(|dir| agent::sessions::running(dir, &session));
            let known = dir.map_or(Conversation::None, |dir| {
                conversation::conversation(None, dir, Path::new(&prepared.folder), &session)
            });
            match agent::launch::choose(&known, running)? {
                Choice::With(begin) => (session, begin),
                Choice::Another => (Uuid::new_v4().to_string(), Begin::New),
            }
        }
        None => (Uuid::new_v4().to_string(), Begin::New),
    };
    let new = new_launch(&prepared, &session, true);
    let (uuid, fresh) = (task.uuid.clone(), restart.fresh);
    let launch = core
        .store()?
        .write(move |tx| {
            tx.close_requests(&uuid, Outcome::Gone, Who::Chorus)?;
            let how = if fresh { "Restarted the agent with a fresh session" } else { "Restarted the agent" };
            tx.journal(&uuid, Who::Person, "restarted", how, None)?;
            tx.begin_launch(&uuid, new)
        })
        .await?;
    let argv = argv(core, &prepared, &task, &session, begin)?;
    let opened = reopen(core, &prepared, &task, &launch.id, argv, pane).await;
    let pane = opened.map_err(|error| error.context(format!("cannot restart #{}", task.number)))?;
    watch(core, &prepared, &task, &launch, pane).await
}

/// Asks a process to leave and waits a little; what stays is killed with its pane.
pub async fn leave(identity: &Identity) {
    process::terminate(identity);
    let gone = async {
        while process::is_alive(identity) {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    let _ = tokio::time::timeout(LEAVE, gone).await;
}

async fn prepare(core: &Core, task: &Task, environment: Environment) -> Result<Prepared> {
    let doing = |error: Error| error.context(format!("cannot start the agent of #{}", task.number));
    let loaded = core.config_of(&task.project);
    let agent = agent_of(&loaded, &task.agent, &core.state);
    let tmux = core.tmux(&loaded, None)?;
    tmux.check().await.map_err(doing)?;
    let folder = task.worktree.clone().unwrap_or_else(|| task.project.clone());
    if !Path::new(&folder).is_dir() {
        return Err(doing(
            Error::new(Code::WrongState, format!("its folder {folder} is gone")).hint("make the folder again"),
        ));
    }
    find_program(&agent, &environment, Path::new(&folder)).map_err(doing)?;
    let config_dir = agent.capabilities().session_file.then(|| agent::environment::config_dir(&environment)).flatten();
    Ok(Prepared { agent, loaded, tmux, environment, config_dir, folder })
}

/// The agent's program is looked for where it will be: in the asking client's PATH.
fn find_program(agent: &Agent, environment: &Environment, folder: &Path) -> Result<()> {
    let program = agent.command.first().map(String::as_str).unwrap_or_default();
    let path = environment.0.get("PATH").map(String::as_str).unwrap_or("/usr/local/bin:/usr/bin:/bin");
    let candidates: Vec<PathBuf> = match program.contains('/') {
        true => vec![folder.join(program)],
        false => std::env::split_paths(path).map(|dir| folder.join(dir).join(program)).collect(),
    };
    let runs = |file: &PathBuf| {
        std::fs::metadata(file).is_ok_and(|found| found.is_file() && found.permissions().mode() & 0o111 != 0)
    };
    if candidates.iter().any(runs) {
        return Ok(());
    }
    Err(Error::new(Code::AgentMissing, format!("there is no program {program} in PATH")).hint(format!(
        "install it, or set `command` in [agent.{}] of chorus.toml; `agent = \"demo\"` needs no installation",
        agent.name
    )))
}

fn new_launch(prepared: &Prepared, session: &str, restart: bool) -> NewLaunch {
    NewLaunch {
        session_id: prepared.agent.capabilities().resume.then(|| session.to_owned()),
        config_dir: prepared.config_dir.as_ref().map(|dir| dir.to_string_lossy().into_owned()),
        boot: Boot::here(),
        demo: prepared.agent.adapter == agent::Adapter::Demo,
        restart,
    }
}

fn argv(core: &Core, prepared: &Prepared, task: &Task, session: &str, begin: Begin) -> Result<Vec<String>> {
    let settings = core.state.settings_of(&task.uuid);
    let configured = prepared.loaded.config.agent(&prepared.agent.name);
    if prepared.agent.capabilities().hooks {
        let json =
            agent::settings::settings(&core.state.program(), Some(&core.state.context_of(&task.uuid))).to_string();
        write_private(&settings, json.as_bytes())?;
        super::context::write_whole(&core.state, task)?;
    }
    Ok(agent::launch::argv(&agent::launch::Launch {
        agent: &prepared.agent,
        session_id: session,
        begin,
        title: &task.title,
        settings: &settings,
        model: task.model.as_deref().or(configured.model.as_deref()),
        permission_mode: task.permission_mode.as_deref().or(configured.permission_mode.as_deref()),
    }))
}

/// Whole or not at all, readable by this user only.
pub fn write_private(path: &Path, bytes: &[u8]) -> Result<()> {
    let fault = |error: std::io::Error| {
        Error::new(Code::StoreUnusable, format!("cannot write {}: {error}", path.display()))
            .hint("make room, or make the state folder writable")
    };
    let partial = path.with_extension("partial");
    let mut file = std::fs::OpenOptions::new()
        .create(true)
        .truncate(true)
        .write(true)
        .mode(0o600)
        .open(&partial)
        .map_err(fault)?;
    std::io::Write::write_all(&mut file, bytes).map_err(fault)?;
    std::fs::rename(&partial, path).map_err(fault)
}

/// What the pane runs: nothing of the agent's command line shows in it.
fn pane_argv(state: &State, task: &str) -> Vec<String> {
    let text = |path: &Path| path.to_string_lossy().into_owned();
    vec![text(&state.program()), "exec".into(), text(&state.dir), task.to_owned()]
}

fn hand_out(core: &Core, prepared: &Prepared, task: &Task, launch: &str, argv: Vec<String>) {
    let mark = agent::environment::Mark { task: &task.uuid, launch, state_dir: &core.state.dir };
    let configured = prepared.loaded.config.agent(&prepared.agent.name);
    let renderer = match configured.renderer {
        config::Renderer::Classic => agent::environment::Renderer::Classic,
        config::Renderer::Fullscreen => agent::environment::Renderer::Fullscreen,
    };
    let mut environment = agent::environment::for_agent(&prepared.environment, mark, renderer);
    environment.0.extend(configured.env);
    let exec = Exec { argv, environment, folder: prepared.folder.clone() };
    lock(&core.execs).insert(task.uuid.clone(), exec);
}

async fn open(core: &Core, prepared: &Prepared, task: &Task, launch: &str, argv: Vec<String>) -> Result<Pane> {
    hand_out(core, prepared, task, launch, argv);
    let name = format!("{}-{}", task.number, task.title);
    let run = pane_argv(&core.state, &task.uuid);
    let opened = prepared.tmux.start_session(&task.uuid, &name, Path::new(&prepared.folder), &run, None).await;
    let opened = opened.inspect_err(|_| drop(lock(&core.execs).remove(&task.uuid)))?;
    let pane = recorded(&prepared.tmux, &opened);
    let (uuid, kept) = (task.uuid.clone(), pane.clone());
    if let Err(error) = core.store()?.write(move |tx| tx.set_pane(&uuid, Some(&kept))).await {
        lock(&core.execs).remove(&task.uuid);
        prepared.tmux.kill_session(&opened).await?;
        return Err(error);
    }
    Ok(pane)
}

fn recorded(tmux: &Tmux, pane: &crate::tmux::Pane) -> Pane {
    Pane {
        socket: tmux.socket().to_string_lossy().into_owned(),
        server: view::server_identity(pane.server_pid, pane.server_start),
        boot: Boot::here(),
        session: pane.session.clone(),
        window: pane.window.clone(),
        pane: pane.pane.clone(),
        process: process::identity(pane.pane_pid),
    }
}

/// In the pane there is, or in a new session when tmux or the machine went down meanwhile.
async fn reopen(
    core: &Core,
    prepared: &Prepared,
    task: &Task,
    launch: &str,
    argv: Vec<String>,
    pane: Option<Pane>,
) -> Result<Pane> {
    let Some(pane) = pane.filter(|pane| pane.boot == Boot::here()) else {
        return open(core, prepared, task, launch, argv).await;
    };
    let tmux = core.tmux(&prepared.loaded, Some(&pane.socket))?;
    let ours = view::tmux_pane(&pane);
    match tmux.panes().await {
        Listing::Panes { server, panes }
            if ours.is_on(&server) && panes.iter().any(|found| found.pane == ours.pane) => {}
        Listing::Silent(error) => return Err(error),
        _ => return open(core, prepared, task, launch, argv).await,
    }
    hand_out(core, prepared, task, launch, argv);
    let run = pane_argv(&core.state, &task.uuid);
    let pane = recorded(&tmux, &tmux.respawn(&ours, Path::new(&prepared.folder), &run).await?);
    let (uuid, kept) = (task.uuid.clone(), pane.clone());
    core.store()?.write(move |tx| tx.set_pane(&uuid, Some(&kept))).await?;
    Ok(pane)
}

/// The agent of that name: what `[agent.NAME]` says, else the one that is built in, else the program of that name.
pub fn agent_of(loaded: &Loaded, name: &str, state: &State) -> Agent {
    let configured = loaded.config.agents.get(name);
    let command =
        configured.map(|agent| agent.command.0.clone()).filter(|command| *command != [name]).unwrap_or_default();
    let args = configured.map(|agent| agent.args.0.clone()).unwrap_or_default();
    Agent::new(name, command, args, &state.program())
}

/// How the agent's screen is read: its own rules first, then those that are built in.
pub fn rules(loaded: &Loaded, agent: &Agent) -> Result<Rules> {
    let own = loaded.config.agent(&agent.name).rules;
    let text = own.as_ref().map(std::fs::read_to_string).transpose().map_err(|error| {
        Error::new(Code::BadInput, format!("cannot read the screen rules of {}: {error}", agent.name))
            .hint(format!("correct `rules` in [agent.{}]", agent.name))
    })?;
    let mut own = text.as_deref().map(crate::detector::rules::parse).transpose()?.unwrap_or_default();
    own.status.idle.patterns.extend(loaded.config.idle.patterns.0.iter().cloned());
    own.status.waiting.patterns.extend(loaded.config.waiting.patterns.0.iter().cloned());
    let name = if agent.adapter == agent::Adapter::Screen { &agent.name } else { "claude" };
    Rules::for_agent(name, Some(own))
}

/// The conversation's file, where an earlier launch has begun it.
fn transcript(task: &Task, launch: &crate::store::Launch) -> Option<PathBuf> {
    let folder = task.worktree.as_deref().unwrap_or(&task.project);
    conversation::find(Path::new(launch.config_dir.as_deref()?), Path::new(folder), task.session_id.as_deref()?)
}

/// A launch as the monitor watches it.
pub fn launched(
    task: &Task,
    launch: &crate::store::Launch,
    agent: &Agent,
    loaded: &Loaded,
    pane: &Pane,
) -> Result<Launched> {
    let capabilities = agent.capabilities();
    Ok(Launched {
        task: task.uuid.clone(),
        launch: launch.id.clone(),
        socket: PathBuf::from(&pane.socket),
        pane: view::tmux_pane(pane),
        process: pane.process.clone(),
        session_id: launch.session_id.clone(),
        config_dir: launch.config_dir.as_ref().map(PathBuf::from),
        transcript: transcript(task, launch),
        turn_since: None,
        gives: Gives { session_file: capabilities.session_file, hooks: capabilities.hooks },
        rules: rules(loaded, agent)?,
        at: launch.started_at,
    })
}

async fn watch(
    core: &Core,
    prepared: &Prepared,
    task: &Task,
    launch: &crate::store::Launch,
    pane: Pane,
) -> Result<Task> {
    let launched = launched(task, launch, &prepared.agent, &prepared.loaded, &pane)?;
    core.watch_pane(&task.uuid, pane.process.as_ref());
    let (uuid, id) = (task.uuid.clone(), launch.id.clone());
    let starting = AgentState { status: AgentStatus::Starting, ..Default::default() };
    let task = core
        .store()?
        .write(move |tx| {
            if let Some(process) = &pane.process {
                tx.set_process(&id, process)?;
            }
            tx.set_agent_state(&uuid, starting)?;
            tx.row(&uuid)
        })
        .await?;
    // After that, or the monitor's first verdict could be overwritten.
    core.fact(Fact::Launched(Box::new(launched)));
    Ok(task)
}

/// Waits for one of the two places for agents that are being restarted, and keeps it until this one is up.
async fn take_place(core: &Core, task: &str) {
    let Ok(place) = core.starting.clone().acquire_owned().await else { return };
    let mut sight = core.sights.follow(task);
    tokio::spawn(async move {
        let before = sight.borrow_and_update().launch.clone();
        let is_up = sight.wait_for(|sight| sight.launch != before && sight.state.status != AgentStatus::Starting);
        let _ = tokio::time::timeout(COMES_UP, is_up).await;
        drop(place);
    });
}

/// Hands out what the pane is to run, once.
pub fn exec(core: &Core, ask: &ExecAsk) -> Result<Exec> {
    lock(&core.execs).remove(&ask.task).ok_or_else(|| {
        Error::new(Code::WrongState, "cannot run the agent: the daemon has no launch waiting for this pane")
            .hint("restart the task")
    })
}

/// Copies this program to where running agents call it, so that a rebuild does not break them. The copy appears whole.
pub fn install_program(state: &State) -> Result<()> {
    let fault = |error: std::io::Error| Error::internal(format!("cannot copy the chorus program: {error}"));
    let own = std::env::current_exe().map_err(fault)?;
    let target = state.program();
    if own == target {
        return Ok(());
    }
    let partial = target.with_extension("partial");
    std::fs::copy(&own, &partial).map_err(fault)?;
    std::fs::set_permissions(&partial, std::fs::Permissions::from_mode(0o700)).map_err(fault)?;
    std::fs::rename(&partial, &target).map_err(fault)
}
