//! What watching 50 tasks costs, 10 of which redraw at 10 Hz: the daemon, its children, and what tmux does more than it
//! would alone.

use super::capture;
use super::clock;
use super::cpu::Meter;
use super::stage::Stage;
use super::table::Row;

const TASKS: usize = 50;
const BUSY: usize = 10;
const SECONDS: u64 = 12;

/// Three times the same panes: watched by the daemon, by nobody, by polling.
pub fn measure(stage: &mut Stage) -> Result<Vec<Row>, String> {
    let world = stage.demos(TASKS);
    world.keep_busy(BUSY, TASKS, 60);
    let server = world.tmux_server();
    let (ours, tmux) = (Meter::of(&[world.daemon()]), Meter::of(&[server]));
    clock::pause(SECONDS * 1000);
    let (ours, tmux_with_us) = (ours.percent(), tmux.percent());
    let (tmux_alone, polled) = world.without_daemon(|| {
        let tmux = Meter::of(&[server]);
        clock::pause(SECONDS * 1000);
        (tmux.percent(), capture::poll(world, SECONDS, |_, _, _| {}))
    });
    let added = |with: f64| (with - tmux_alone).max(0.0);
    let baseline = polled.processes + added(polled.server);
    Ok(vec![Row {
        name: "watching 50 tasks, 10 redrawing: daemon, children, added tmux".into(),
        value: ours + added(tmux_with_us),
        unit: "% cpu",
        budget: Some(baseline / 10.0),
        baseline: Some((format!("capture-pane per task per second; tmux alone {tmux_alone:.1} %"), baseline)),
    }])
}
