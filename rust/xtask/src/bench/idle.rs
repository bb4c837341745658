//! What 100 idle tasks with session files cost.

use super::capture;
use super::clock;
use super::cpu::Meter;
use super::stage::Stage;
use super::table::Row;
use chorus_testkit::tools::on_path;
use std::os::unix::fs::PermissionsExt;
use std::time::Duration;

const TASKS: usize = 100;
const SECONDS: u64 = 20;
/// An agent tells once, a minute after its turn, that it is idle still.
const REST: Duration = Duration::from_secs(64);

/// tmux is a script meanwhile that counts its calls; what it costs is counted as ours.
pub fn measure(stage: &mut Stage) -> Result<Vec<Row>, String> {
    let world = stage.demos(TASKS);
    std::thread::sleep(REST.saturating_sub(world.started.elapsed()));
    let link = world.sandbox.root().join("bin/tmux");
    let real = link.canonicalize().ok().or_else(|| on_path("tmux")).ok_or("there is no tmux")?;
    let calls = world.sandbox.root().join("tmux-calls");
    let script = format!("#!/bin/sh\necho >>'{}'\nexec '{}' \"$@\"\n", calls.display(), real.display());
    let script = world.sandbox.write("counting-tmux", &script);
    std::fs::set_permissions(&script, std::fs::Permissions::from_mode(0o755)).map_err(|error| error.to_string())?;
    let meter = Meter::of(&[world.daemon()]);
    world.sandbox.link("tmux", &script);
    clock::pause(SECONDS * 1000);
    let cost = meter.percent();
    world.sandbox.link("tmux", &real);
    #[expect(clippy::cast_precision_loss, reason = "a small count")]
    let started = std::fs::read(&calls).map_or(0, |calls| calls.len()) as f64 / SECONDS as f64;
    let polled = world.without_daemon(|| capture::poll(world, 8, |_, _, _| {}));
    let baseline = |value: f64| Some(("capture-pane per task per second".to_owned(), value));
    Ok(vec![
        Row {
            name: "100 idle tasks with session files".into(),
            value: cost,
            unit: "% cpu",
            budget: Some(0.1),
            baseline: baseline(polled.processes),
        },
        Row {
            name: "100 idle tasks, processes started".into(),
            value: started,
            unit: "/s",
            budget: Some(0.2),
            baseline: baseline(100.0),
        },
    ])
}
