//! What `start` takes beyond what it must: from the verb in Neovim to the agent's first instruction, less the same for a
//! bare `tmux new-session`.

use super::clock;
use super::listener::Listener;
use super::stage::Stage;
use super::stand_in;
use super::table::{Row, percentile};
use super::world::World;
use chorus_testkit::wait_for;
use std::path::Path;

const RUNS: usize = 20;

/// By turns: a task, a bare session on a server of its own that runs already.
pub fn measure(stage: &mut Stage) -> Result<Vec<Row>, String> {
    let sandbox = stage.sandbox();
    let log = sandbox.root().join("noted");
    stand_in::link(&sandbox)?;
    let agent = stand_in::configured(&sandbox, "started", &log);
    let program = sandbox.root().join("bin").join(stand_in::NAME);
    let world = World::new(sandbox, &agent);
    let socket = world.sandbox.root().join("tmux/bare");
    let bare = |arguments: &[&str]| -> Result<(), String> {
        let mut tmux = world.sandbox.command("tmux");
        let ended = tmux.args(["-f", "/dev/null", "-S"]).arg(&socket).args(arguments).status();
        ended.map_err(|error| error.to_string())?.success().then_some(()).ok_or_else(|| "tmux refused".into())
    };
    bare(&["new-session", "-d", "sleep 600"])?;
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    // The first starts the server, which a person waits for once.
    world.sandbox.json(["new", "--title", "First", "--agent", "started", "--start"]);
    next(&log, 0);
    let mut listener = Listener::start(&world.sandbox, stage.chorus())?;
    for _ in 0..RUNS {
        let task = world.sandbox.json(["new", "--title", "A task of the bench", "--agent", "started"]);
        let began = listener.start_task(task["uuid"].as_str().unwrap_or_default())?;
        ours.push(clock::between(began, next(&log, began)));
        let began = clock::now();
        bare(&["new-session", "-d", &program.to_string_lossy(), "started", &log.to_string_lossy()])?;
        theirs.push(clock::between(began, next(&log, began)));
    }
    let bare = percentile(&mut theirs, 0.5);
    Ok(vec![Row {
        name: "start, verb in Neovim → agent runs, beyond a bare session, p50".into(),
        value: percentile(&mut ours, 0.5) - bare,
        unit: "ms",
        budget: Some(60.0),
        baseline: Some(("tmux new-session → the same program runs".into(), bare)),
    }])
}

/// When the first agent after that stamp was started.
fn next(log: &Path, from: u64) -> u64 {
    wait_for("the agent to start", || {
        let text = std::fs::read_to_string(log).unwrap_or_default();
        let stamps = text.lines().filter_map(|line| line.split('\t').next()?.parse::<u64>().ok());
        stamps.filter(|at| *at >= from).min()
    })
}
