//! `cargo xtask bench`: each figure beside its budget and a baseline taken in the same run.
//!
//! Everything runs in worlds of its own, with the release build (`--debug` tries a bench with the other). Figures are indications: the machine's load is printed
//! with them, and only what stands beside each other was taken under the same load.

mod agent_event;
mod build;
mod capture;
mod clock;
mod cpu;
mod dashboard;
mod detect;
mod documents;
mod edit;
mod faults;
mod hook;
mod idle;
mod listener;
mod memory;
mod plan;
mod plugin_load;
mod project;
mod round_trip;
mod screen_only;
mod shell;
mod stage;
pub mod stand_in;
mod start;
mod table;
mod tool_call;
mod tracing;
mod turn_end;
mod twenty;
mod watching;
mod world;

use crate::Outcome;
use stage::Stage;
use table::{Machine, Row};

/// One group of figures.
struct Bench {
    name: &'static str,
    measure: fn(&mut Stage) -> Result<Vec<Row>, String>,
}

/// In the order that lets the shared world grow, and its last tasks come to rest while others are measured.
const BENCHES: [Bench; 18] = [
    Bench { name: "plugin load", measure: plugin_load::measure },
    Bench { name: "round trip", measure: round_trip::measure },
    Bench { name: "dashboard", measure: dashboard::measure },
    Bench { name: "documents", measure: documents::measure },
    Bench { name: "hook", measure: hook::measure },
    Bench { name: "agent event", measure: agent_event::measure },
    Bench { name: "watching", measure: watching::measure },
    Bench { name: "memory", measure: memory::measure },
    Bench { name: "screen-only", measure: screen_only::measure },
    Bench { name: "start", measure: start::measure },
    Bench { name: "fault", measure: faults::measure },
    Bench { name: "vcs edit", measure: edit::measure },
    Bench { name: "vcs shell", measure: shell::measure },
    Bench { name: "vcs plan", measure: plan::measure },
    Bench { name: "vcs turn end", measure: turn_end::measure },
    Bench { name: "vcs tracing", measure: tracing::measure },
    Bench { name: "vcs twenty", measure: twenty::measure },
    Bench { name: "idle", measure: idle::measure },
];

/// Benches whose name holds the filter; false when a budget was passed or a bench failed. `build` alone is the bench
/// that builds everything anew: it takes minutes and stands in no other run. `detect` alone prints how often screens are read
/// right.
pub fn run(arguments: &[String]) -> Outcome {
    let as_json = arguments.iter().any(|argument| argument == "--json");
    let filter = arguments.iter().find(|argument| !argument.starts_with("--")).map(String::as_str);
    if filter == Some("detect") {
        return detect::run(as_json);
    }
    let before = clock::load();
    let (rows, failed) = match filter {
        Some("build") => (build::measure()?, false),
        _ => measure(filter, !arguments.iter().any(|argument| argument == "--debug"))?,
    };
    let machine =
        Machine { cores: std::thread::available_parallelism().map_or(1, usize::from), before, after: clock::load() };
    println!("{}", if as_json { table::json(&rows, &machine) } else { table::text(&rows, &machine) });
    Ok(!failed && rows.iter().all(Row::is_within_budget))
}

/// The chosen benches' figures, and whether one of them failed.
fn measure(filter: Option<&str>, release: bool) -> Result<(Vec<Row>, bool), String> {
    let chosen = |bench: &&Bench| filter.is_none_or(|filter| bench.name.contains(filter));
    let mut stage = Stage::new(release)?;
    let (mut rows, mut failed) = (Vec::new(), false);
    for bench in BENCHES.iter().filter(chosen) {
        eprintln!("{} …", bench.name);
        match (bench.measure)(&mut stage) {
            Ok(measured) => rows.extend(measured),
            Err(why) => {
                eprintln!("{}: {why}", bench.name);
                failed = true;
            }
        }
    }
    Ok((rows, failed))
}
