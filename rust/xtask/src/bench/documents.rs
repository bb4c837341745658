//! Listing 10,000 documents, and hearing that one of them changed.

use super::clock;
use super::stage::Stage;
use super::table::{Row, percentile};
use chorus_testkit::repository;

const SCRIPT: &str = include_str!("documents.lua");
const FOLDERS: usize = 100;
const OF_EACH: usize = 100;

/// From Neovim, beside git's own list of the same files.
pub fn measure(stage: &mut Stage) -> Result<Vec<Row>, String> {
    let sandbox = stage.sandbox();
    sandbox.git(["init", "-q"]);
    for (folder, file) in (0..FOLDERS).flat_map(|folder| (0..OF_EACH).map(move |file| (folder, file))) {
        let text = format!("# Document {file} of {folder}\n\nSome words about it.\n");
        sandbox.write(&format!("project/docs/{folder}/{file}.md"), &text);
    }
    sandbox.json(["new", "--title", "A task of the bench"]);
    let mut lists = Vec::new();
    for _ in 0..5 {
        let began = clock::now();
        sandbox.git(["ls-files", "-co", "--exclude-standard", "*.md"]);
        lists.push(clock::since(began));
    }
    let script = sandbox.write("documents.lua", SCRIPT);
    let mut command = sandbox.command("nvim");
    command.args(["--clean", "--headless", "-l"]).arg(script).current_dir(sandbox.project());
    command.env("BENCH_CHECKOUT", repository()).env("BENCH_CHORUS", stage.chorus());
    let output = command.output().map_err(|error| format!("cannot run Neovim: {error}"))?;
    let text = String::from_utf8_lossy(&output.stdout);
    let times = |name: &str| -> Vec<f64> {
        text.lines().filter_map(|line| line.strip_prefix(name)?.trim().parse().ok()).collect()
    };
    let (mut cold, mut warm, mut changed) = (times("cold"), times("warm"), times("changed"));
    let mut again = times("again");
    #[expect(clippy::cast_precision_loss, reason = "a small count")]
    let wanted = (FOLDERS * OF_EACH) as f64;
    if changed.is_empty() || times("found").first().is_none_or(|found| *found < wanted) {
        return Err(String::from_utf8_lossy(&output.stderr).into_owned());
    }
    let git = percentile(&mut lists, 0.5);
    let row = |name: &str, value: f64, budget: Option<f64>, baseline: Option<f64>| Row {
        name: name.to_owned(),
        value,
        unit: "ms",
        budget,
        baseline: baseline.map(|value| ("git ls-files".to_owned(), value)),
    };
    Ok(vec![
        row("10,000 documents listed in Lua, the first time", percentile(&mut cold, 0.5), Some(150.0), Some(git)),
        row("10,000 documents listed in Lua, afterwards, p50", percentile(&mut warm, 0.5), Some(20.0), Some(git)),
        row("10,000 documents listed in Lua, one has changed, p50", percentile(&mut again, 0.5), None, Some(git)),
        row("a document written → its event in Neovim, p99", percentile(&mut changed, 0.99), Some(200.0), None),
    ])
}
