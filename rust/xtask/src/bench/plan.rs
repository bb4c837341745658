//! Planning a commit of 200 files with 600 hunks of 20 tasks: without any I/O, so in a program of its own.

use super::stage::Stage;
use super::table::{Row, percentile};
use super::{clock, project};
use std::process::Command;

/// As the program has them.
const FILES: usize = 200;
const LINES: [usize; 3] = [10, 50, 90];
const RUNS: usize = 5;

/// Beside what reading the same changes from `but` takes.
pub fn measure(stage: &mut Stage) -> Result<Vec<Row>, String> {
    let planner = stage.built("bench-plan")?;
    let output = Command::new(&planner).output().map_err(|error| format!("cannot run bench-plan: {error}"))?;
    let text = String::from_utf8_lossy(&output.stdout);
    let mut plans: Vec<f64> = text.lines().filter_map(|line| line.parse().ok()).collect();
    if plans.is_empty() {
        return Err(format!("bench-plan: {}", String::from_utf8_lossy(&output.stderr)));
    }
    let mut rows = Vec::new();
    for program in project::programs() {
        let files = project::files(FILES);
        let repository = project::bare(&program, &files, "bench");
        for (file, line) in files.iter().flat_map(|file| LINES.map(|line| (file, line))) {
            repository.change_line(file, line, "edited");
        }
        let mut reads = Vec::new();
        for _ in 0..RUNS {
            let began = clock::now();
            let diff = repository.json(["diff"]);
            repository.status();
            reads.push(clock::since(began));
            let hunks = diff["changes"].as_array().map_or(0, Vec::len);
            if hunks != FILES * LINES.len() {
                return Err(format!("{}: but diff tells {hunks} hunks", program.name));
            }
        }
        rows.push(Row {
            name: format!("planning of 200 files, 600 hunks with ledgers, pure, p50 ({})", project::named(&program)),
            value: percentile(&mut plans, 0.5),
            unit: "ms",
            budget: None,
            baseline: Some(("but diff --json and but status --json".into(), percentile(&mut reads, 0.5))),
        });
    }
    Ok(rows)
}
