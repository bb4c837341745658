//! The baseline of every watching figure: one `tmux capture-pane` process per task per second.

use super::clock;
use super::cpu::Meter;
use super::world::World;
use std::time::Duration;

/// What the polling cost.
pub struct Cost {
    /// The processes, in percent of one core.
    pub processes: f64,
    /// The tmux server meanwhile, in percent of one core.
    pub server: f64,
}

/// Polls the tasks' panes for so many seconds; `see` gets task, text and the stamp of each answer.
pub fn poll(world: &World, seconds: u64, mut see: impl FnMut(usize, &str, u64)) -> Cost {
    let (server, own) = (Meter::of(&[world.tmux_server()]), Meter::of_own_children());
    let socket = world.sandbox.tmux_socket();
    for _ in 0..seconds {
        let began = clock::now();
        for (index, task) in world.tasks.iter().enumerate() {
            let mut tmux = world.sandbox.command("tmux");
            tmux.arg("-S").arg(&socket).args(["capture-pane", "-p", "-t", &task.pane]);
            if let Ok(output) = tmux.output() {
                see(index, &String::from_utf8_lossy(&output.stdout), clock::now());
            }
        }
        let spent = Duration::from_nanos(clock::now() - began);
        std::thread::sleep(Duration::from_secs(1).saturating_sub(spent));
    }
    Cost { processes: own.percent(), server: server.percent() }
}
