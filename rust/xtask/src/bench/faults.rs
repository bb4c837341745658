//! From a fault to the right status in Neovim: Esc in the terminal, an error of the API, an exit, a kill; with demo agents
//! and, where it was fetched, the real client.

use super::clock;
use super::listener::Listener;
use super::stage::Stage;
use super::table::{Row, percentile};
use super::world::{Task, World, signal};
use chorus_testkit::{FakeApi, claude, given, wait_until};
use rustix::process::Signal;
use std::path::Path;

/// Times each task is interrupted and refused before its agent ends.
const ROUNDS: usize = 3;

/// Demo agents first.
pub fn measure(stage: &mut Stage) -> Result<Vec<Row>, String> {
    let sandbox = stage.sandbox();
    let log = sandbox.root().join("asked");
    let mut rows = Vec::new();
    let config = "[agent]\ndefault = \"demo\"\n[agent.demo.env]\nCHORUS_DEMO_LOG = ";
    let mut world = World::new(sandbox, &format!("{config}'{}'\n", log.display()));
    world.start(8, "demo", "[[say ready]]", &["idle"]);
    let lines = || std::fs::read(&log).map_or(0, |log| log.iter().filter(|byte| **byte == b'\n').count());
    rows.extend(all(&world, stage.chorus(), "demo agent", &lines)?);
    drop(world);

    let Some(client) = given::clients().into_iter().next() else {
        eprintln!("fault: there is no Claude Code client: `cargo xtask tools` fetches it");
        return Ok(rows);
    };
    let api = FakeApi::start();
    let mut sandbox = stage.sandbox();
    claude::install(&mut sandbox, &client, &api).map_err(|error| error.to_string())?;
    let mut world = World::new(sandbox, "");
    world.start(4, "claude", "[[say ready]]", &["idle"]);
    let asked = || api.requests().iter().filter(|request| request.path == "/v1/messages").count();
    rows.extend(all(&world, stage.chorus(), &format!("Claude Code {}", client.version), &asked)?);
    Ok(rows)
}

/// `asked` counts the requests of the model, the last of which is the one that fails.
fn all(world: &World, chorus: &Path, name: &str, asked: &dyn Fn() -> usize) -> Result<Vec<Row>, String> {
    let listener = Listener::start(&world.sandbox, chorus)?;
    let [mut escapes, mut errors, mut exits, mut kills] = [const { Vec::new() }; 4];
    for _ in 0..ROUNDS {
        for task in &world.tasks {
            escapes.push(escape(world, &listener, task));
        }
        for task in &world.tasks {
            errors.push(fail(world, &listener, task, asked));
        }
    }
    for (index, task) in world.tasks.iter().enumerate() {
        if index % 2 == 0 {
            exits.push(exit(world, &listener, task));
        } else {
            let began = clock::now();
            signal(task.pid, Signal::KILL);
            kills.push(listener.status(began, &task.uuid, "exited"));
        }
    }
    let mut everything = [&escapes[..], &errors, &exits, &kills].concat();
    for (what, samples) in [("Esc", &escapes), ("API error", &errors), ("exit", &exits), ("kill", &kills)] {
        let never = samples.iter().filter(|sample| sample.is_infinite()).count();
        if never > 0 {
            eprintln!("fault: {name}: {what}: not told {never} of {} times", samples.len());
        }
    }
    let row = |what: &str, samples: &mut Vec<f64>, share: f64, budget| Row {
        name: format!("fault → status, {name}: {what}, {} times, p{:.0}", samples.len(), share * 100.0),
        value: percentile(samples, share),
        unit: "ms",
        budget,
        baseline: None,
    };
    Ok(vec![
        row("all", &mut everything, 0.99, Some(1000.0)),
        row("Esc", &mut escapes, 0.5, None),
        row("API error", &mut errors, 0.5, None),
        row("exit", &mut exits, 0.5, None),
        row("kill", &mut kills, 0.5, None),
    ])
}

/// A person presses Esc in the terminal.
fn escape(world: &World, listener: &Listener, task: &Task) -> f64 {
    let sent = clock::now();
    world.sandbox.json(["send", &task.number, "[[slow 20]]"]);
    listener.status(sent, &task.uuid, "busy");
    // The first words are on the screen by then, and Esc means "stop".
    clock::pause(800);
    let began = clock::now();
    world.sandbox.tmux(["send-keys", "-t", &task.pane, "Escape"]);
    listener.status(began, &task.uuid, "idle")
}

/// The API refuses in a way that the agent does not try again.
fn fail(world: &World, listener: &Listener, task: &Task, asked: &dyn Fn() -> usize) -> f64 {
    let before = asked();
    world.sandbox.json(["send", &task.number, "[[error 400]]"]);
    wait_until("the agent asks the model", || asked() > before);
    let began = clock::now();
    listener.status(began, &task.uuid, "error")
}

/// The person leaves the agent; it counts from the end of its process.
fn exit(world: &World, listener: &Listener, task: &Task) -> f64 {
    let asked = clock::now();
    world.sandbox.tmux(["send-keys", "-t", &task.pane, "-l", "/exit"]);
    clock::pause(300);
    world.sandbox.tmux(["send-keys", "-t", &task.pane, "Enter"]);
    let is_dead = || {
        world.sandbox.tmux(["display-message", "-p", "-t", &task.pane, "#{pane_dead}"]).is_none_or(|dead| dead == "1")
    };
    wait_until("the agent exits", is_dead);
    let began = clock::now();
    let told = listener.after(asked, |told| told.task == task.uuid && told.status == "exited");
    told.map_or(f64::INFINITY, |told| clock::between(began, told.at).max(0.0))
}
