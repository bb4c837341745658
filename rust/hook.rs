//! `chorus hook`: what an agent's hooks call. It never fails the agent's turn: whatever happens it exits 0, and it
//! prints only what the daemon answered.

use crate::agent::{self, Adapter, AgentReply};
use crate::client::{Client, start_daemon};
use crate::contract::{Hook, HookReply, Json, Nothing, PaneDied, Request};
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
    if ask::<Nothing>(&state, &request, Some(LONGEST_WAIT), false).is_none() {
        start_if_due(&state);
    }
}

fn tell(state: &State, adapter: &dyn Adapter, hook: &Hook, what: &Happening) {
    let request = Request::Hook(hook.clone());
    let soon = |start| ask(state, &request, Some(LONGEST_WAIT), start);
    let reply = match what {
        Happening::Asks(_) => ask_until_answered(state, &request),
        Happening::SessionStart(_) => soon(true).or_else(|| keep(state, adapter, hook)),
        Happening::ToolStart(call) => soon(false).or_else(|| {
            let _ = keep(state, adapter, hook);
            // Without a daemon the guard still stands.
            let refused = guard::verdict_on(call)?;
            Some(HookReply { output: Some(adapter.reply(&AgentReply::Refuse(refused.reason))) })
        }),
        _ => soon(false).or_else(|| keep(state, adapter, hook)),
    };
    if let Some(output) = reply.and_then(|reply| reply.output) {
        let _ = writeln!(std::io::stdout(), "{output}");
    }
}

/// Tells the daemon; nothing when there is none or it did not answer.
fn ask<T: DeserializeOwned>(state: &State, request: &Request, limit: Option<Duration>, start: bool) -> Option<T> {
    let mut client = match start && may_start(state) {
        true => Client::connect_or_start(state).ok()?,
        false => Client::connect(state).ok()??,
    };
    if let Some(limit) = limit {
        client.set_limit(limit).ok()?;
    }
    client.call(request).ok()
}

/// The dialog is on the screen too and stays usable: this process waits beside it. The agent kills it when the person
/// says no there; a daemon that goes away is waited for; an agent that died leaves nothing to wait for.
fn ask_until_answered(state: &State, request: &Request) -> Option<HookReply> {
    let parent = rustix::process::getppid();
    loop {
        if let Some(reply) = ask(state, request, None, true) {
            return Some(reply);
        }
        std::thread::sleep(BETWEEN_TRIES);
        if rustix::process::getppid() != parent {
            return None;
        }
    }
}

fn keep(state: &State, adapter: &dyn Adapter, hook: &Hook) -> Option<HookReply> {
    // A state folder that cannot be written leaves nothing else to do, and the agent's turn must not fail for it.
    let _ = state.create();
    let _ = spool::put(&state.spool(), hook, |event| adapter.shorten(event));
    start_if_due(state);
    None
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
