//! `cargo xtask`: the one way in for people and for continuous integration.
#![allow(clippy::print_stdout, clippy::print_stderr)]

mod bench;
mod capture;
mod cargo;
mod check;
mod fake_api;
mod generate;
mod screens;
mod shots;
mod test;
mod toolbox;
mod try_;

use std::process::ExitCode;

/// Why a command could not be carried out, as a sentence; what was found wrong is a result, not a failure.
type Outcome = Result<bool, String>;

struct Task {
    usage: &'static str,
    does: &'static str,
    run: fn(&[String]) -> Outcome,
}

const TASKS: [Task; 9] = [
    Task {
        usage: "try [DIR] [--demo] [--reset] [-- NVIM-ARGS]",
        does: "open Neovim with the plugin in DIR, or in a scratch repository",
        run: try_::run,
    },
    Task { usage: "test [rust | lua | SUITE…] [FILTER]", does: "every suite, on every Neovim", run: test::run },
    Task { usage: "check", does: "format, lints, types, help drift", run: check::run },
    Task {
        usage: "generate",
        does: "write the Lua and the help's lists that follow from the Rust source",
        run: generate::run,
    },
    Task {
        usage: "shots [--all DIR [FILTER]]",
        does: "draw the README's pictures from a real terminal, or every scene in every look",
        run: shots::run,
    },
    Task { usage: "bench [FILTER] [--json] [--debug]", does: "the budgets, each beside its baseline", run: bench::run },
    Task {
        usage: "capture [--client PATH] [--keep DIR] [STATE]",
        does: "record a client's screens and compare them with the recorded ones",
        run: capture::run,
    },
    Task { usage: "tools", does: "fetch what the others need, say where it is", run: toolbox::run },
    Task { usage: "fake-api [--port N]", does: "the scripted API, to drive a client by hand", run: fake_api::run },
];

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if bench::stand_in::is_asked_for() {
        bench::stand_in::run(&arguments);
        return ExitCode::SUCCESS;
    }
    let name = arguments.first().map(String::as_str).unwrap_or_default();
    let Some(task) = TASKS.iter().find(|task| task.usage.split(' ').next() == Some(name)) else {
        list();
        let is_question = matches!(name, "" | "help" | "--help" | "-h");
        if !is_question {
            eprintln!("\nthere is no task {name:?}");
        }
        return ExitCode::from(if is_question { 0 } else { 2 });
    };
    match (task.run)(&arguments[1..]) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(why) => {
            eprintln!("{name}: {why}");
            ExitCode::FAILURE
        }
    }
}

fn list() {
    let width = TASKS.iter().map(|task| task.usage.len()).max().unwrap_or_default();
    println!("cargo xtask …");
    for task in &TASKS {
        println!("  {:width$}  {}", task.usage, task.does);
    }
}

/// Whether nothing may be skipped.
fn is_ci() -> bool {
    std::env::var_os("CI").is_some_and(|ci| ci == "true")
}
