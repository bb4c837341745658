//! The real Claude Code client takes the scripted API for the real one.
#![allow(clippy::unwrap_used)]

use chorus_testkit::{FakeApi, Sandbox, claude, given, skip};
use std::process::Command;

/// Runs one prompt without a terminal, in the sandbox, with all tools allowed.
fn print_mode(sandbox: &Sandbox, api: &FakeApi, client: &given::Tool, prompt: &str) -> Command {
    claude::World::trusting(sandbox.project()).write(&sandbox.home()).unwrap();
    let mut command = sandbox.command(&client.path);
    command.envs(claude::environment(api.port())).args(["-p", prompt, "--allowedTools", "Bash"]);
    command
}

#[test]
fn each_client_plays_a_script_of_two_steps() {
    let clients = given::clients();
    if clients.is_empty() {
        return skip("no Claude Code client was fetched");
    }
    for client in clients {
        let sandbox = Sandbox::new("unused");
        let api = FakeApi::start();
        let prompt = "[[bash: echo from-the-shell]] [[say good day]]";
        let output = print_mode(&sandbox, &api, &client, prompt).output().unwrap();
        let stdout = String::from_utf8_lossy(&output.stdout);
        assert_eq!(stdout.trim(), "good day", "{}: {}", client.version, String::from_utf8_lossy(&output.stderr));
        let turns = api.turns();
        let markers: Vec<&str> = turns.iter().map(|turn| turn.marker.as_str()).collect();
        assert_eq!(markers, ["bash: echo from-the-shell", "say good day"], "{}", client.version);
        assert!(turns[1].body["messages"].to_string().contains("from-the-shell"), "the tool's result came back");
    }
}
