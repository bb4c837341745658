//! What is in the environment of who starts a task reaches its agent, and is nowhere else.

use crate::world::{World, each};
use std::path::Path;

const TOKEN: &str = "sk-ant-oat01-very-secret-7f3a9c";

/// Every file below `folder` that holds the token.
fn leaks_below(folder: &Path, into: &mut Vec<String>) {
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let kind = entry.file_type().unwrap();
        if kind.is_dir() {
            leaks_below(&entry.path(), into);
        } else if kind.is_file() && holds(&std::fs::read(entry.path()).unwrap_or_default()) {
            into.push(entry.path().display().to_string());
        }
    }
}

fn holds(bytes: &[u8]) -> bool {
    bytes.windows(TOKEN.len()).any(|window| window == TOKEN.as_bytes())
}

fn environment_of(pid: u32) -> Vec<u8> {
    std::fs::read(format!("/proc/{pid}/environ")).unwrap_or_default()
}

/// Looks everywhere the token could have gone.
#[track_caller]
fn nowhere_but_in(world: &World, agent: u32) {
    assert!(holds(&environment_of(agent)), "the agent has the token");
    let server = world.server_pid().expect("a tmux server");
    assert!(!holds(&environment_of(server)), "the tmux server's own environment");
    for scope in ["-g", "-s"] {
        let shown = world.tmux(["show-environment", scope]).unwrap_or_default();
        assert!(!holds(shown.as_bytes()), "{scope}: {shown}");
    }
    assert!(!holds(world.tmux(["list-panes", "-a", "-F", "#{pane_start_command}"]).unwrap().as_bytes()));
    for process in world.processes() {
        assert!(!holds(process.argv.join("\0").as_bytes()), "{:?}", process.argv);
        let is_daemon = process.argv.get(1).is_some_and(|face| face == "daemon");
        assert!(!is_daemon || !holds(&environment_of(process.pid)), "the daemon's own environment");
    }
    let mut leaks = Vec::new();
    leaks_below(world.root(), &mut leaks);
    assert!(leaks.is_empty(), "{leaks:#?}");
}

#[test]
fn a_token_is_in_its_agent_s_environment_and_nowhere_else() {
    each(|mut world| {
        world.set("CLAUDE_CODE_OAUTH_TOKEN", TOKEN);
        world.set("MY_PROXY", format!("http://me:{TOKEN}@localhost"));
        let task = world.begun("Knows a secret", "[[bash: touch made]] [[say done]]");
        world.request(&task);
        nowhere_but_in(&world, world.agent_pid(&task));
        world.json(["approve", &task]);
        world.until(&task, "idle");
        for command in [vec!["explain", &task], vec!["show", &task], vec!["config"], vec!["log"], vec!["health"]] {
            assert!(!holds(world.run(&command).stdout.as_bytes()), "{command:?}");
        }
        world.json(["restart", &task]);
        world.until(&task, "idle");
        nowhere_but_in(&world, world.agent_pid(&task));
        // Spooled events, and the daemon that a hook starts.
        world.kill_daemon();
        world.tmux([
            "send-keys",
            "-t",
            world.tmux(["list-panes", "-a", "-F", "#{pane_id}"]).unwrap().as_str(),
            "[[say more]]",
            "Enter",
        ]);
        chorus_testkit::wait_until("the turn is over", || world.prompts(&task) == 2 && world.agent(&task) == "idle");
        nowhere_but_in(&world, world.agent_pid(&task));
    });
}

#[test]
fn a_refused_start_keeps_nothing_of_the_environment() {
    let mut world = World::new();
    world.json(["list"]);
    world.set("CLAUDE_CODE_OAUTH_TOKEN", TOKEN);
    world.write(
        "config/chorus/chorus.toml",
        "[agent]\ndefault = \"none\"\n[agent.none]\ncommand = \"no-such-program\"\n",
    );
    let task = world.task("Cannot start");
    assert_eq!(world.refused(["start", &task]).code, "agent_missing");
    let mut leaks = Vec::new();
    leaks_below(world.root(), &mut leaks);
    assert!(leaks.is_empty(), "{leaks:#?}");
}

#[test]
fn the_environment_is_that_of_who_starts_and_restarts() {
    let mut world = World::new();
    world.json(["list"]);
    world.set("WHO", "first");
    world.set("NVIM", "/tmp/nvim.sock");
    world.set("TMUX", "/tmp/outer,1,0");
    let task = world.rested("Whose", "[[say hello]]");
    let of = |world: &World, name: &str| chorus::process::variable_of(world.agent_pid(&task), name);
    assert_eq!(of(&world, "WHO").as_deref(), Some("first"));
    assert_eq!(of(&world, "NVIM"), None);
    assert_ne!(of(&world, "TMUX").as_deref(), Some("/tmp/outer,1,0"));
    world.set("WHO", "second");
    world.json(["restart", &task]);
    world.until(&task, "idle");
    assert_eq!(of(&world, "WHO").as_deref(), Some("second"));
}
