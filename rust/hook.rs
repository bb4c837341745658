//! `chorus hook`: what an agent's hooks call. It never fails the agent's turn: whatever happens it exits 0, and it
//! prints only what the daemon answered.

use crate::agent::claude::tool;
use crate::client::{Client, start_daemon};
use crate::contract::{Hook, HookReply, Json, Request};
use crate::environment::variable;
use crate::guard;
use crate::paths::State;
use crate::spool;
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

/// The agent's event from standard input, for the task that the environment names.
pub fn run() {
    let (Some(task), Some(launch)) = (variable("CHORUS_TASK"), variable("CHORUS_LAUNCH")) else { return };
    let mut input = Vec::new();
    if std::io::stdin().take(LONGEST_INPUT).read_to_end(&mut input).is_err() {
        return;
    }
    if let Ok(event) = serde_json::from_slice::<Json>(&input) {
        let Ok(state) = State::from_environment() else { return };
        tell(&state, task, launch, event);
    }
}

/// tmux says that a task's pane died (`pane-died` hook).
pub fn pane_died(state: &Path, task: &str) {
    tell(
        &State { dir: state.to_owned() },
        task.to_owned(),
        String::new(),
        serde_json::json!({ "hook_event_name": "PaneDied" }),
    );
}

fn tell(state: &State, task: String, launch: String, event: Json) {
    let name = event.get("hook_event_name").and_then(Json::as_str).unwrap_or_default().to_owned();
    let hook = Hook {
        id: uuid::Uuid::new_v4().to_string(),
        task,
        launch,
        at: crate::clock::now(),
        wait: matches!(name.as_str(), "PermissionRequest" | "SessionStart" | "PreToolUse"),
        event,
    };
    let reply = match name.as_str() {
        "PermissionRequest" => ask_until_answered(state, &hook),
        "SessionStart" => ask(state, &hook, Some(LONGEST_WAIT), true).or_else(|| keep(state, &hook)),
        "PreToolUse" => ask(state, &hook, Some(LONGEST_WAIT), false).or_else(|| {
            let _ = keep(state, &hook);
            // Without a daemon the guard still stands.
            Some(HookReply { output: tool::refused(&hook.event).map(|refused| guard::output(&refused)) })
        }),
        _ => ask(state, &hook, Some(LONGEST_WAIT), false).or_else(|| keep(state, &hook)),
    };
    if let Some(output) = reply.and_then(|reply| reply.output) {
        let _ = writeln!(std::io::stdout(), "{output}");
    }
}

/// Tells the daemon; nothing when there is none or it did not answer.
fn ask(state: &State, hook: &Hook, limit: Option<Duration>, start: bool) -> Option<HookReply> {
    let mut client = match start && may_start(state) {
        true => Client::connect_or_start(state).ok()?,
        false => Client::connect(state).ok()??,
    };
    if let Some(limit) = limit {
        client.set_limit(limit).ok()?;
    }
    client.call(&Request::Hook(hook.clone())).ok()
}

/// The dialog is on the screen too and stays usable: this process waits beside it. The agent kills it when the person
/// says no there; a daemon that goes away is waited for; an agent that died leaves nothing to wait for.
fn ask_until_answered(state: &State, hook: &Hook) -> Option<HookReply> {
    let parent = rustix::process::getppid();
    loop {
        if let Some(reply) = ask(state, hook, None, true) {
            return Some(reply);
        }
        std::thread::sleep(BETWEEN_TRIES);
        if rustix::process::getppid() != parent {
            return None;
        }
    }
}

fn keep(state: &State, hook: &Hook) -> Option<HookReply> {
    // A state folder that cannot be written leaves nothing else to do, and the agent's turn must not fail for it.
    let _ = state.create();
    let _ = spool::put(&state.spool(), hook);
    if may_start(state) {
        let _ = start_daemon(state);
    }
    None
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
