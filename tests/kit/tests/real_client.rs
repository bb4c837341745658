//! The real Claude Code client takes the scripted API for the real one.
#![allow(clippy::unwrap_used)]

use chorus_testkit::{FakeApi, Sandbox, claude, given, skip};

#[test]
fn each_client_plays_a_script_of_two_steps() {
    let clients = given::clients();
    if clients.is_empty() {
        return skip("no Claude Code client was fetched");
    }
    for client in clients {
        let mut sandbox = Sandbox::new("unused");
        let api = FakeApi::start();
        claude::install(&mut sandbox, &client, &api).unwrap();
        let prompt = "[[bash: echo from-the-shell]] [[say good day]]";
        let output = sandbox.command("claude").args(["-p", prompt, "--allowedTools", "Bash"]).output().unwrap();
        let stdout = String::from_utf8_lossy(&output.stdout);
        assert_eq!(stdout.trim(), "good day", "{}: {}", client.version, String::from_utf8_lossy(&output.stderr));
        let turns = api.turns();
        let markers: Vec<&str> = turns.iter().map(|turn| turn.marker.as_str()).collect();
        assert_eq!(markers, ["bash: echo from-the-shell", "say good day"], "{}", client.version);
        assert!(turns[1].body["messages"].to_string().contains("from-the-shell"), "the tool's result came back");
    }
}
