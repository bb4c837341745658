//! The looks before and after a command in a tree of 5,000 files.

use super::stage::Stage;
use super::table::{Row, percentile};
use super::{clock, project, tool_call};

const FILES: usize = 5000;
const RUNS: usize = 60;

/// By turns with `git status`, which looks at the same files.
pub fn measure(stage: &mut Stage) -> Result<Vec<Row>, String> {
    let Some(program) = project::programs().into_iter().next() else { return Err("there is no but".into()) };
    let files = project::files(FILES);
    let mut world = project::with_stacks(stage, &program, &files)?;
    world.start(1, "demo", "[[say ready]]", &["idle"]);
    let (mut before, mut after, mut statuses) = (Vec::new(), Vec::new(), Vec::new());
    for (run, file) in files.iter().cycle().take(RUNS).enumerate() {
        let began = clock::now();
        world.sandbox.git(["status", "--porcelain"]);
        statuses.push(clock::since(began));
        let write = || std::fs::write(world.sandbox.project().join(file), format!("written {run}\n"));
        let cost = tool_call::shell(&world, &world.tasks[0], "sh write", write)?;
        before.push(cost.before);
        after.push(cost.after);
    }
    let held = world.sandbox.json(["show", &world.tasks[0].number])["task"]["uncommitted"].as_u64();
    #[expect(clippy::cast_precision_loss, reason = "a small count")]
    let cut = RUNS as f64 - held.unwrap_or_default() as f64;
    let mut row = |when: &str, samples: &mut Vec<f64>, share: f64, budget: Option<f64>| Row {
        name: format!("shell snapshot of {FILES} files, the hook {when} a command, p{:.0}", share * 100.0),
        value: percentile(samples, share),
        unit: "ms",
        budget,
        baseline: Some(("git status --porcelain".into(), percentile(&mut statuses, share))),
    };
    Ok(vec![
        row("before", &mut before, 0.5, Some(40.0)),
        row("before", &mut before, 0.99, None),
        row("after", &mut after, 0.5, Some(40.0)),
        row("after", &mut after, 0.99, None),
        Row {
            name: format!("edits by commands that no look found, of {RUNS}"),
            value: cut,
            unit: "",
            budget: None,
            baseline: None,
        },
    ])
}
