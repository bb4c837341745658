//! Chorus as a person meets it: real Neovims on a terminal, the real daemon, the demo agent.
#![allow(clippy::unwrap_used, clippy::print_stderr, missing_docs)]

mod dashboard;
mod draft;
mod edges;
mod editor;
mod edits;
mod requests;
mod survive;

use chorus_testkit::tools::Tool;
use chorus_testkit::{Sandbox, World, given, skip, wait_for};
use serde_json::Value as Json;

/// Runs a test in a world of its own on each Neovim, oldest first.
fn on_each_nvim(test: impl Fn(&World, &Tool)) {
    let nvims = given::nvims();
    if nvims.is_empty() {
        return skip("no Neovim");
    }
    if given::tmuxes().is_empty() {
        return skip("no tmux");
    }
    for nvim in nvims {
        eprintln!("on Neovim {}", nvim.version);
        let world = World::new(Sandbox::new(env!("CARGO_BIN_EXE_chorus")));
        world.write("config/chorus/chorus.toml", "[agent]\ndefault = \"demo\"\n");
        test(&world, &nvim);
    }
}

/// A task of that title, made in a shell; its number.
#[track_caller]
fn new_task(world: &World, title: &str) -> i64 {
    world.task(title).parse().unwrap()
}

/// A task made and started in a shell; the prompt says what the demo agent plays.
#[track_caller]
fn start_task(world: &World, title: &str, prompt: &str) -> i64 {
    let number = new_task(world, title);
    world.json(["start", &number.to_string(), "--prompt", prompt]);
    number
}

/// Open requests.
#[track_caller]
fn inbox(world: &World) -> Vec<Json> {
    world.json(["inbox"]).as_array().unwrap().clone()
}

/// A task started with that prompt, once it asks something.
#[track_caller]
fn ask(world: &World, title: &str, prompt: &str) -> i64 {
    let number = start_task(world, title, prompt);
    wait_for("the request", || inbox(world).into_iter().find(|request| request["number"] == number));
    number
}

/// Waits until the task's agent has that status; the task.
#[track_caller]
fn wait_status(world: &World, number: i64, status: &str) -> Json {
    let has_it = |page: &Json| page["task"]["agent_status"]["status"] == status;
    world.awaits(&number.to_string(), status, has_it)["task"].clone()
}

/// What the task's journal tells, oldest first.
#[track_caller]
fn journal(world: &World, number: i64) -> Vec<String> {
    world.journal(&number.to_string()).into_iter().map(|(_, text)| text).collect()
}
