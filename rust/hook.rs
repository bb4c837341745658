//! `chorus hook`: what an agent's hooks call. It never fails the agent's turn: whatever happens it exits 0, and it
//! prints only what the daemon answered.

#![expect(clippy::disallowed_methods, reason = "no daemon, and Chorus's own state folder")]

use crate::agent::{self, Adapter, AgentReply};
use crate::client::{Client, start_daemon};
use crate::contract::{Code, Hook, HookReply, Json, Nothing, PaneDied, Request};
use crate::environment::variable;
use crate::evidence::event::Happening;
use crate::guard;
use crate::paths::State;
use crate::spool;
use serde::de::DeserializeOwned;
use std::io::{Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::time::{Duration, SystemTime};

/// Longer events are not read further; what was read is then not JSON and is dropped.
const LONGEST_INPUT: u64 = 16 * 1024 * 1024;
/// A hook the agent waits for, other than a permission, may hold the turn no longer than this.
const LONGEST_WAIT: Duration = Duration::from_secs(5);
/// At most one try to start a daemon in this time, whatever number of hooks finds none.
const BETWEEN_STARTS: Duration = Duration::from_secs(10);
const BETWEEN_TRIES: Duration = Duration::from_millis(200);

/// The agent's event from standard input, for the task that the environment names. `agent` names the adapter that reads
/// it, where the agent's settings say so.
pub fn run(agent: Option<&str>) {
    let (Some(task), Some(launch)) = (variable("CHORUS_TASK"), variable("CHORUS_LAUNCH")) else { return };
    let mut input = Vec::new();
    if std::io::stdin().take(LONGEST_INPUT).read_to_end(&mut input).is_err() {
        return;
    }
    if let Ok(event) = serde_json::from_slice::<Json>(&input) {
        let Ok(state) = State::from_environment() else { return };
        let adapter = agent::of_hook(agent);
        let what = adapter.parse(&event).what;
        let hook = Hook {
            id: uuid::Uuid::new_v4().to_string(),
            task,
            launch,
            at: crate::clock::now(),
            wait: matches!(what, Happening::Asks(_) | Happening::SessionStart(_) | Happening::ToolStart(_)),
            event,
            agent: agent.map(str::to_owned),
        };
        tell(&state, adapter, &hook, &what);
    }
}

/// tmux says that a task's pane died (`pane-died` hook).
pub fn pane_died(state: &Path, task: &str) {
    let state = State { dir: state.to_owned() };
    let request = Request::PaneDied(PaneDied { task: task.to_owned() });
    if matches!(ask::<Nothing>(&state, &request, Some(LONGEST_WAIT), false), Told::Nobody) {
        start_if_due(&state);
    }
}

/// How a daemon took what it was told.
enum Told<T> {
    Answer(T),
    /// The daemon will not have it, now or later.
    Refused,
    /// No daemon heard it, or none that could keep it.
    Nobody,
}

fn tell(state: &State, adapter: &dyn Adapter, hook: &Hook, what: &Happening) {
    let mut hook = hook.clone();
    // What is decided by its bulk is rather not told: the dialog stays, and the guard stands here.
    let may_be_shortened = !matches!(what, Happening::Asks(_) | Happening::ToolStart(_));
    if may_be_shortened && !crate::wire::is_taken(&Request::Hook(hook.clone())) {
        adapter.shorten(&mut hook.event);
    }
    let hook = &hook;
    let request = Request::Hook(hook.clone());
    let soon = |start| ask::<HookReply>(state, &request, Some(LONGEST_WAIT), start);
    let told = match what {
        Happening::Asks(_) => ask_until_answered(state, &request),
        Happening::SessionStart(_) => soon(true),
        _ => soon(false),
    };
    if matches!(told, Told::Nobody) && !matches!(what, Happening::Asks(_)) {
        keep(state, adapter, hook);
    }
    let output = match (told, what) {
        (Told::Answer(reply), _) => reply.output,
        // The guard stands without a daemon too.
        (_, Happening::ToolStart(call)) => {
            guard::verdict_on(call).map(|refused| adapter.reply(&AgentReply::Refuse(refused.reason)))
        }
        _ => None,
    };
    if let Some(output) = output {
        let _ = writeln!(std::io::stdout(), "{output}");
    }
}

/// Tells the daemon.
fn ask<T: DeserializeOwned>(state: &State, request: &Request, limit: Option<Duration>, start: bool) -> Told<T> {
    let connected = match start && may_start(state) {
        true => Client::connect_or_start(state).ok(),
        false => Client::connect(state).ok().flatten(),
    };
    let Some(mut client) = connected else { return Told::Nobody };
    if let Some(limit) = limit
        && client.set_limit(limit).is_err()
    {
        return Told::Nobody;
    }
    match client.call(request) {
        Ok(answer) => Told::Answer(answer),
        Err(error) if matches!(error.code, Code::DaemonUnreachable | Code::StoreUnusable) => Told::Nobody,
        Err(_) => Told::Refused,
    }
}

/// The dialog is on the screen too and stays usable: this process waits beside it. The agent kills it when the person
/// says no there; a daemon that goes away is waited for; an agent that died leaves nothing to wait for.
fn ask_until_answered(state: &State, request: &Request) -> Told<HookReply> {
    let parent = rustix::process::getppid();
    loop {
        match ask(state, request, None, true) {
            Told::Nobody => std::thread::sleep(BETWEEN_TRIES),
            told => return told,
        }
        if rustix::process::getppid() != parent {
            return Told::Refused;
        }
    }
}

fn keep(state: &State, adapter: &dyn Adapter, hook: &Hook) {
    // A state folder that cannot be written leaves nothing else to do, and the agent's turn must not fail for it.
    let _ = state.create();
    let _ = spool::put(&state.spool(), hook, |event| adapter.shorten(event));
    start_if_due(state);
}

fn start_if_due(state: &State) {
    if may_start(state) {
        let _ = start_daemon(state);
    }
}

fn may_start(state: &State) -> bool {
    let stamp = state.spool().join(".started");
    let age = std::fs::metadata(&stamp).and_then(|found| found.modified()).ok().and_then(|at| at.elapsed().ok());
    if age.is_some_and(|age| age < BETWEEN_STARTS) {
        return false;
    }
    let mut options = std::fs::OpenOptions::new();
    let file = options.create(true).truncate(false).write(true).mode(0o600).open(&stamp);
    let now = file.and_then(|file| file.set_modified(SystemTime::now()));
    now.is_ok() || !state.spool().exists()
}
