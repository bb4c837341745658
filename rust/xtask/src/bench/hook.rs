//! `chorus hook`: from its start to its end, the event accepted by the daemon.

use super::clock;
use super::stage::Stage;
use super::table::{Row, percentile};
use super::{agent_event, world::World};
use std::io::Write;
use std::process::{Command, Stdio};

const RUNS: usize = 300;

/// By turns with `chorus --version`, which is what starting the program costs.
pub fn measure(stage: &mut Stage) -> Result<Vec<Row>, String> {
    let mut world = World::new(stage.sandbox(), "[agent]\ndefault = \"demo\"\n");
    world.start(1, "demo", "[[say ready]]", &["idle"]);
    let environment = agent_event::hook_command(&world, &world.tasks[0])?;
    let program = world.sandbox.state().join("bin/chorus");
    let command = |argument: &str| {
        let mut command = Command::new(&program);
        let variables = environment.get_envs().filter_map(|(name, value)| Some((name, value?)));
        command.arg(argument).env_clear().envs(variables);
        command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
        command
    };
    let event = agent_event::small_event();
    let (mut hooks, mut versions) = (Vec::new(), Vec::new());
    for _ in 0..RUNS {
        versions.push(run(command("--version"), "")?);
        hooks.push(run(command("hook"), &event)?);
    }
    let mut row = |share: f64, budget: Option<f64>| Row {
        name: format!("chorus hook, event accepted, p{:.0}", share * 100.0),
        value: percentile(&mut hooks, share),
        unit: "ms",
        budget,
        baseline: Some(("chorus --version".into(), percentile(&mut versions, share))),
    };
    Ok(vec![row(0.5, Some(5.0)), row(0.99, None)])
}

/// Milliseconds that the command takes with that input.
pub fn run(mut command: Command, input: &str) -> Result<f64, String> {
    let began = clock::now();
    let mut child = command.spawn().map_err(|error| error.to_string())?;
    if let Some(mut stdin) = child.stdin.take() {
        // `--version` does not read.
        let _ = stdin.write_all(input.as_bytes());
    }
    let status = child.wait().map_err(|error| error.to_string())?;
    if status.success() { Ok(clock::since(began)) } else { Err(format!("chorus ended with {status}")) }
}
