//! From what an agent tells (its session file written, its hook run) to the `User` event in Neovim, with 50 tasks of
//! which 10 redraw at 10 Hz.

use super::listener::Listener;
use super::stage::Stage;
use super::table::{Row, percentile};
use super::world::{Task, World};
use super::{capture, clock};
use chorus_testkit::repository;
use serde_json::{Value, json};
use std::collections::HashMap;
use std::io::Write;
use std::process::{Command, Stdio};

const TASKS: usize = 50;
const BUSY: usize = 10;
/// Pairs of writes: busy, idle.
const WRITES: usize = 150;
const HOOKS: usize = 80;

/// Session files as the agents would write them, and hooks as the client would run them.
pub fn measure(stage: &mut Stage) -> Result<Vec<Row>, String> {
    let chorus = stage.chorus().to_owned();
    let world = stage.demos(TASKS);
    let mut seen = polled(world);
    let listener = Listener::start(&world.sandbox, &chorus)?;
    world.keep_busy(BUSY, TASKS, 25);
    let quiet = &world.tasks[..TASKS - BUSY];
    let mut files = Vec::new();
    for task in quiet.iter().cycle().take(WRITES) {
        for status in ["busy", "idle"] {
            clock::pause(7);
            let began = write_session(world, task, status)?;
            files.push(listener.status(began, &task.uuid, status));
        }
    }
    let mut hooks = Vec::new();
    for task in quiet.iter().cycle().take(HOOKS) {
        clock::pause(7);
        hooks.push(permission(world, task, &listener)?);
    }
    let (median, worst) = (percentile(&mut seen, 0.5), percentile(&mut seen, 0.99));
    let row = |name: &str, samples: &mut Vec<f64>, share: f64, budget: f64, baseline: f64| Row {
        name: format!("agent event, {name} → User event, 50 tasks, p{:.0}", share * 100.0),
        value: percentile(samples, share),
        unit: "ms",
        budget: Some(budget),
        baseline: Some(("capture-pane per task per second".into(), baseline)),
    };
    Ok(vec![
        row("session file", &mut files, 0.5, 15.0, median),
        row("session file", &mut files, 0.99, 60.0, worst),
        row("hook", &mut hooks, 0.5, 15.0, median),
        row("hook", &mut hooks, 0.99, 60.0, worst),
    ])
}

/// The task's session file says another status; the stamp from just before.
pub fn write_session(world: &World, task: &Task, status: &str) -> Result<u64, String> {
    let path = world.sessions().join(format!("{}.json", task.pid));
    let text = std::fs::read(&path).map_err(|error| format!("cannot read {}: {error}", path.display()))?;
    let mut file: Value = serde_json::from_slice(&text).map_err(|error| error.to_string())?;
    file["status"] = status.into();
    file["updatedAt"] = clock::epoch().into();
    file["statusUpdatedAt"] = clock::epoch().into();
    let text = file.to_string();
    let began = clock::now();
    std::fs::write(&path, text).map_err(|error| error.to_string())?;
    Ok(began)
}

/// Runs the permission hook as the client does until Neovim has the request; then ends it as the client does when the
/// person answers at the terminal. Milliseconds to the request.
fn permission(world: &World, task: &Task, listener: &Listener) -> Result<f64, String> {
    let fixture = repository().join("tests/fixtures/hooks/PermissionRequest.Bash.json");
    let event = std::fs::read(&fixture).map_err(|error| format!("cannot read {}: {error}", fixture.display()))?;
    let mut command = hook_command(world, task)?;
    let began = clock::now();
    let mut child = command.spawn().map_err(|error| error.to_string())?;
    if let Some(mut stdin) = child.stdin.take() {
        stdin.write_all(&event).map_err(|error| error.to_string())?;
    }
    let mine = |name: &'static str| move |told: &super::listener::Told| told.task == task.uuid && told.name == name;
    let told = listener.after(began, mine("ChorusRequestOpened"));
    let ended = clock::now();
    child.kill().and_then(|()| child.wait()).map_err(|error| error.to_string())?;
    listener.after(ended, mine("ChorusRequestClosed"));
    Ok(told.map_or(f64::INFINITY, |told| clock::between(began, told.at)))
}

/// The hook's command line, in the environment that the agent's process was started with.
pub fn hook_command(world: &World, task: &Task) -> Result<Command, String> {
    let environment = std::fs::read(format!("/proc/{}/environ", task.pid)).map_err(|error| error.to_string())?;
    let environment = String::from_utf8_lossy(&environment).into_owned();
    let variables = environment.split('\0').filter_map(|entry| entry.split_once('='));
    let program = world.sandbox.state().join("bin/chorus");
    let mut command = world.sandbox.command("/bin/sh");
    let line = format!("[ -x '{0}' ] && exec '{0}' hook || exit 0", program.display());
    command.arg("-c").arg(line).env_clear().envs(variables);
    command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
    Ok(command)
}

/// From text on a screen to the answer of the `capture-pane` that shows it, in milliseconds. A character typed is drawn
/// within a few of them.
fn polled(world: &World) -> Vec<f64> {
    let tasks: Vec<(String, String)> =
        world.tasks.iter().map(|task| (task.pane.clone(), format!("mark{}", task.number))).collect();
    let stamps: std::sync::Mutex<HashMap<usize, u64>> = std::sync::Mutex::default();
    let lock = || stamps.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    let type_in = |pane: &str, keys: &[&str]| world.sandbox.tmux([&["send-keys", "-t", pane], keys].concat());
    let mut seen = HashMap::new();
    world.without_daemon(|| {
        std::thread::scope(|scope| {
            scope.spawn(|| {
                for (index, (pane, mark)) in tasks.iter().enumerate() {
                    lock().insert(index, clock::now());
                    type_in(pane, &["-l", mark]);
                    clock::pause(83);
                }
            });
            capture::poll(world, 6, |index, text, at| {
                if text.contains(&tasks[index].1) {
                    seen.entry(index).or_insert(at);
                }
            });
        });
        for (pane, _) in &tasks {
            type_in(pane, &["C-u"]);
        }
    });
    let stamps = lock();
    seen.iter().filter_map(|(index, at)| Some(clock::between(*stamps.get(index)?, *at))).collect()
}

/// Something small that an agent tells.
pub fn small_event() -> String {
    json!({"hook_event_name": "Notification", "session_id": "s", "notification_type": "idle_prompt", "message": "m"})
        .to_string()
}
