//! Resident memory of the daemon with 100 tasks and of a bridge.

use super::cpu;
use super::listener::Listener;
use super::stage::Stage;
use super::table::Row;

const TASKS: usize = 100;

/// Resident size, pages shared with other processes counted in full; the proportional size stands beside it.
pub fn measure(stage: &mut Stage) -> Result<Vec<Row>, String> {
    let chorus = stage.chorus().to_owned();
    let world = stage.demos(TASKS);
    let _listener = Listener::start(&world.sandbox, &chorus)?;
    let is_bridge = |argv: &[String]| argv.get(1).is_some_and(|argument| argument == "rpc");
    let bridge =
        world.sandbox.processes().into_iter().find(|process| is_bridge(&process.argv)).ok_or("no bridge runs")?;
    let row = |name: &str, pid: u32, budget: f64| {
        let (resident, proportional) = cpu::memory(pid);
        let baseline = Some(("proportional share".to_owned(), proportional));
        Row { name: name.into(), value: resident, unit: "MB", budget: Some(budget), baseline }
    };
    Ok(vec![
        row("memory, daemon with 100 tasks, resident", world.daemon(), 30.0),
        row("memory, bridge, resident", bridge.pid, 8.0),
    ])
}
