//! `cargo xtask bench`: each figure beside its budget and a baseline taken in the same run.

mod plugin_load;
mod table;

use crate::Outcome;
use table::Row;

/// One group of figures.
struct Bench {
    name: &'static str,
    measure: fn() -> Result<Vec<Row>, String>,
}

const BENCHES: [Bench; 1] = [Bench { name: "plugin load", measure: plugin_load::measure }];

/// Benches whose name holds the filter; false when a budget was passed.
pub fn run(arguments: &[String]) -> Outcome {
    let as_json = arguments.iter().any(|argument| argument == "--json");
    let filter = arguments.iter().find(|argument| !argument.starts_with("--"));
    let mut rows = Vec::new();
    for bench in BENCHES.iter().filter(|bench| filter.is_none_or(|filter| bench.name.contains(filter.as_str()))) {
        rows.extend((bench.measure)().map_err(|why| format!("{}: {why}", bench.name))?);
    }
    println!("{}", if as_json { table::json(&rows) } else { table::text(&rows) });
    Ok(rows.iter().all(Row::is_within_budget))
}
