//! `cargo xtask test`: the Rust suites, then the Lua specs inside each Neovim.

mod counts;

use crate::toolbox::Toolbox;
use crate::{Outcome, cargo, is_ci};
use chorus_testkit::{Sandbox, given, repository};
use counts::Counts;
use std::io::{BufRead, BufReader, Read};
use std::process::Command;
use std::time::Instant;

/// More failures than this are no matter of load.
const MOST_TRIED_AGAIN: usize = 5;

/// One line of the summary.
struct Suite {
    name: String,
    counts: Counts,
    seconds: f64,
}

/// `rust` and `lua` choose a half; anything else chooses tests whose name holds it.
pub fn run(arguments: &[String]) -> Outcome {
    let filter = match arguments {
        [] => None,
        [filter] => Some(filter.as_str()),
        _ => return Err("usage: cargo xtask test [FILTER | rust | lua]".into()),
    };
    let toolbox = Toolbox::gather();
    toolbox.missing.iter().for_each(|why| println!("missing: {why}"));
    if !toolbox.suffices() {
        let rule = if is_ci() { ", and with CI=true nothing may be skipped" } else { "" };
        return Err(format!("the suites cannot run without what is missing (see above){rule}"));
    }
    let binary = cargo::build()?;
    let skips = tempfile::NamedTempFile::new().map_err(|error| format!("cannot make a temporary file: {error}"))?;
    let mut environment = toolbox.environment();
    environment.push((given::SKIPS, skips.path().into()));
    environment.push(("CHORUS_TEST_BINARY", binary.clone().into()));

    let name_filter = filter.filter(|filter| !matches!(*filter, "rust" | "lua"));
    let mut suites = Vec::new();
    if filter != Some("lua") {
        suites.extend(rust(name_filter, &environment)?);
    }
    if filter != Some("rust") {
        for nvim in &toolbox.nvims {
            let world = Sandbox::new(&binary);
            let mut command = world.command(&nvim.path);
            command.args(["--clean", "--headless", "-l", "tests/lua/run.lua"]).current_dir(repository());
            command.args(name_filter.map(|filter| format!("--filter={filter}"))).arg("tests/lua");
            command.envs(environment.iter().cloned());
            suites.push(lua(format!("Lua on Neovim {}", nvim.version), &mut command)?);
        }
    }
    let skipped = std::fs::read_to_string(skips.path()).unwrap_or_default();
    Ok(summarise(&suites, &toolbox, &skipped))
}

fn rust(filter: Option<&str>, environment: &[(&str, std::ffi::OsString)]) -> Result<Vec<Suite>, String> {
    let mut command = cargo::command();
    command.args(["test", "--workspace", "--no-fail-fast"]).args(filter);
    command.envs(environment.iter().cloned());
    // Until its result comes a suite counts as failed: a test may take the whole process down.
    let broken = Counts { failed: 1, ..Counts::default() };
    let mut suites: Vec<Suite> = Vec::new();
    let mut failed: Vec<(usize, String)> = Vec::new();
    let mut began = Instant::now();
    let ended_well = stream(&mut command, |line| {
        if let Some(name) = counts::failed_test(line) {
            failed.push((suites.len().saturating_sub(1), name.to_owned()));
        } else if let Some(name) = counts::cargo_suite(line) {
            suites.push(Suite { name, counts: broken, seconds: 0.0 });
            began = Instant::now();
        } else if let (Some(counts), Some(suite)) = (Counts::of_cargo(line), suites.last_mut()) {
            suite.counts = counts;
            suite.seconds = began.elapsed().as_secs_f64();
        }
    })?;
    if !ended_well && suites.iter().all(|suite| suite.counts.failed == 0) {
        suites.push(Suite { name: "cargo test (it did not build)".into(), counts: broken, seconds: 0.0 });
    }
    try_again(&mut suites, &failed, environment)?;
    // An empty suite (a crate's documentation, a filter that matches nothing) tells nobody anything.
    suites.retain(|suite| suite.counts != Counts::default());
    Ok(suites)
}

/// A few failures are tried once more, alone: real clients on a loaded machine can be slower than any patience. What
/// passes then is told as such; what fails twice has failed.
fn try_again(
    suites: &mut [Suite],
    failed: &[(usize, String)],
    environment: &[(&str, std::ffi::OsString)],
) -> Result<(), String> {
    let counted: u32 = suites.iter().map(|suite| suite.counts.failed).sum();
    if failed.is_empty() || failed.len() > MOST_TRIED_AGAIN || counted as usize != failed.len() {
        return Ok(());
    }
    println!("\n     Running what failed once more");
    let mut command = cargo::command();
    command.args(["test", "--workspace", "--no-fail-fast", "--", "--exact"]);
    command.args(failed.iter().map(|(_, name)| name)).envs(environment.iter().cloned());
    let mut passed = 0;
    let ended_well = stream(&mut command, |line| passed += Counts::of_cargo(line).map_or(0, |counts| counts.passed))?;
    if !ended_well || (passed as usize) < failed.len() {
        return Ok(());
    }
    for (suite, name) in failed {
        println!("passed at the second try: {name}");
        suites[*suite].counts.failed -= 1;
        suites[*suite].counts.passed += 1;
    }
    Ok(())
}

fn lua(name: String, command: &mut Command) -> Result<Suite, String> {
    println!("\n     Running {name}");
    let began = Instant::now();
    let mut counts = Counts::default();
    let ended_well = stream(command, |line| {
        if let Some(found) = Counts::of_busted(line) {
            counts = found;
        }
    })?;
    if !ended_well && counts.failed == 0 {
        counts.failed = 1;
    }
    Ok(Suite { name, counts, seconds: began.elapsed().as_secs_f64() })
}

/// Runs to the end with both outputs in their order, shown as they come; whether it ended well.
fn stream(command: &mut Command, mut each: impl FnMut(&str)) -> Outcome {
    let name = command.get_program().to_string_lossy().into_owned();
    let fail = |error: std::io::Error| format!("cannot run {name}: {error}");
    let (reader, writer) = std::io::pipe().map_err(fail)?;
    command.stdout(writer.try_clone().map_err(fail)?).stderr(writer);
    let mut child = command.spawn().map_err(fail)?;
    // The command holds the pipe's other end too; while it does, the pipe has no end.
    command.stdout(std::process::Stdio::null()).stderr(std::process::Stdio::null());
    let mut lines = BufReader::new(reader.take(u64::MAX));
    let mut line = Vec::new();
    while lines.read_until(b'\n', &mut line).map_err(fail)? > 0 {
        let text = String::from_utf8_lossy(&line);
        print!("{text}");
        each(text.trim_end());
        line.clear();
    }
    child.wait().map(|status| status.success()).map_err(fail)
}

fn summarise(suites: &[Suite], toolbox: &Toolbox, skipped: &str) -> bool {
    let width = suites.iter().map(|suite| suite.name.len()).max().unwrap_or_default();
    println!("\n{:width$}  {:>6}  {:>6}  {:>7}  {:>7}", "suite", "passed", "failed", "ignored", "seconds");
    let mut total = Counts::default();
    for Suite { name, counts, seconds } in suites {
        println!("{name:width$}  {:>6}  {:>6}  {:>7}  {seconds:>7.1}", counts.passed, counts.failed, counts.ignored);
        total.add(*counts);
    }
    println!("\non {}", toolbox.summary());
    skipped.lines().for_each(|line| println!("skipped: {line}"));
    if total.passed + total.failed == 0 {
        println!("no test ran");
    }
    println!("{} passed, {} failed", total.passed, total.failed);
    total.failed == 0 && total.passed > 0
}
