//! What a person waits for at the install: a release build of everything from nothing. It costs minutes, so it runs only
//! when it is asked for by its name.

use super::cpu;
use super::table::Row;
use crate::cargo;
use std::time::Instant;

/// Seconds of wall clock, seconds of the processor and megabytes of the first release, on two quiet cores.
const FIRST: [(&str, f64); 3] = [("wall", 251.0), ("CPU", 435.0), ("size", 19.7)];
/// The most that a build may cost of the processor, by that measure.
const CPU_BUDGET: f64 = 0.6 * 435.0;
/// The most megabytes of the program.
const SIZE_BUDGET: f64 = 10.0;

/// Builds into a folder that is deleted afterwards.
pub fn measure() -> Result<Vec<Row>, String> {
    let folder = tempfile::tempdir().map_err(|error| format!("cannot make a temporary folder: {error}"))?;
    let began = Instant::now();
    let before = cpu::seconds_of_children();
    let program = cargo::build_release_in(folder.path())?;
    let (wall, processor) = (began.elapsed().as_secs_f64(), cpu::seconds_of_children() - before);
    let size = program.metadata().map_err(|error| format!("cannot read the program's size: {error}"))?.len();
    #[expect(clippy::cast_precision_loss, reason = "a few megabytes")]
    let size = size as f64 / 1e6;
    let row = |at: usize, value: f64, unit: &'static str, budget: Option<f64>| {
        let (name, first) = FIRST[at];
        Row { name: format!("build, {name}"), value, unit, budget, baseline: Some(("at first".into(), first)) }
    };
    Ok(vec![row(0, wall, "s", None), row(1, processor, "s", Some(CPU_BUDGET)), row(2, size, "MB", Some(SIZE_BUDGET))])
}
