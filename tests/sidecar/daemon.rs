//! One daemon a state folder: how it begins, whom it serves, how it leaves.

use crate::world::{World, ask, hello, mode};
use chorus::contract::PROTOCOL;
use chorus_testkit::processes::is_alive;
use chorus_testkit::sandbox::Ran;
use chorus_testkit::{wait_for, wait_until};
use serde_json::json;
use std::os::unix::net::UnixStream;
use std::path::Path;

fn daemons(world: &World) -> Vec<u32> {
    let is_daemon =
        |process: &chorus_testkit::processes::Process| process.argv.get(1).is_some_and(|word| word == "daemon");
    world.processes().into_iter().filter(is_daemon).map(|process| process.pid).collect()
}

#[test]
fn twenty_at_once_get_one_daemon() {
    let world = World::new();
    let clients: Vec<_> = (0..20)
        .map(|n| world.chorus(["new", "--title", &format!("Task {n}"), "--json"]))
        .map(|mut client| {
            client.stdout(std::process::Stdio::piped()).stderr(std::process::Stdio::piped()).spawn().unwrap()
        })
        .collect();
    for client in clients {
        let ran: Ran = client.wait_with_output().unwrap().into();
        assert_eq!(ran.code, 0, "{}", ran.stderr);
    }
    let mut numbers: Vec<_> =
        world.json(["list"]).as_array().unwrap().iter().map(|task| task["number"].as_i64().unwrap()).collect();
    numbers.sort_unstable();
    assert_eq!(numbers, (1..=20).collect::<Vec<_>>());
    // Those that came too late leave by themselves.
    wait_until("one daemon is left", || daemons(&world).len() == 1);
    assert_eq!(world.log().matches(" serves ").count(), 1, "{}", world.log());
}

#[test]
fn a_second_daemon_leaves_with_0() {
    let world = World::new();
    world.json(["list"]);
    let first = world.a_daemon();
    assert_eq!(world.run(["daemon"]).code, 0);
    assert_eq!(daemons(&world), [first]);
}

#[test]
fn an_older_client_is_told_to_restart() {
    let world = World::new();
    world.json(["list"]);
    let mut old = UnixStream::connect(world.socket()).unwrap();
    let error = ask(&mut old, hello(PROTOCOL - 1, &world.project())).unwrap_err();
    assert_eq!(error["code"], "older_client");
    assert_eq!(error["message"], "this Neovim runs an older plugin: restart it");
    // Nothing else is answered without a handshake, and the daemon stays.
    assert_eq!(ask(&mut old, json!({ "method": "task_list", "params": {} })).unwrap_err()["code"], "bad_input");
    assert_eq!(world.json(["list"]), json!([]));
}

#[test]
fn only_a_strictly_newer_client_replaces_the_daemon() {
    let world = World::new();
    world.task("Kept");
    let first = world.a_daemon();
    let mut same = UnixStream::connect(world.socket()).unwrap();
    assert_eq!(ask(&mut same, hello(PROTOCOL, &world.project())).unwrap()["pid"], first);
    let mut newer = UnixStream::connect(world.socket()).unwrap();
    assert_eq!(ask(&mut newer, hello(PROTOCOL + 1, &world.project())).unwrap_err()["code"], "replaced");
    // At once: the one that leaves must not stand in the way of the next.
    assert_eq!(world.look("1")["title"], "Kept");
    wait_until("the old daemon is gone", || !is_alive(first));
    assert_ne!(world.a_daemon(), first);
}

#[test]
fn without_clients_and_live_tasks_it_leaves() {
    let mut world = World::new();
    world.set("CHORUS_IDLE_SECONDS", "0.2");
    let task = world.rested("Lives", "[[say hello]]");
    let pid = world.a_daemon();
    let held = UnixStream::connect(world.socket()).unwrap();
    world.json(["complete", &task]);
    // A connection is a client, whether it says something or not.
    wait_until("the daemon has looked at itself", || {
        ask(&mut held.try_clone().unwrap(), hello(PROTOCOL, &world.project())).is_ok()
    });
    assert!(is_alive(pid));
    drop(held);
    wait_until("the daemon is gone", || !is_alive(pid));
    assert!(!world.socket().exists());
    assert_eq!(world.look(&task)["status"], "completed");
}

#[test]
fn a_live_task_keeps_it() {
    let mut world = World::new();
    world.set("CHORUS_IDLE_SECONDS", "0.1");
    let task = world.rested("Lives", "[[say hello]] ");
    let pid = world.a_daemon();
    // A task in another state folder's daemon is the clock: it leaves, this one does not.
    let mut other = World::new();
    other.set("CHORUS_IDLE_SECONDS", "3");
    other.json(["list"]);
    let clock = other.a_daemon();
    wait_until("a daemon without a task has left", || !is_alive(clock));
    assert!(is_alive(pid));
    assert_eq!(world.agent(&task), "idle");
}

#[test]
fn a_stale_socket_is_no_obstacle() {
    let world = World::new();
    world.task("Kept");
    world.kill_daemon();
    assert!(world.socket().exists());
    assert_eq!(world.look("1")["title"], "Kept");
    // Nor is anything else that took its place.
    world.kill_daemon();
    std::fs::remove_file(world.socket()).unwrap();
    std::fs::write(world.socket(), "not a socket").unwrap();
    assert_eq!(world.look("1")["title"], "Kept");
}

#[test]
fn a_vanished_socket_is_bound_again() {
    let world = World::new();
    world.task("Kept");
    let pid = world.a_daemon();
    std::fs::remove_file(world.socket()).unwrap();
    wait_until("the socket is back", || world.socket().exists());
    assert_eq!(mode(&world.socket()), 0o600);
    assert_eq!(world.look("1")["title"], "Kept");
    std::fs::remove_file(world.socket()).unwrap();
    // A client that comes just then waits for it.
    assert_eq!(world.look("1")["title"], "Kept");
    wait_until("one daemon", || daemons(&world) == [pid]);
}

#[test]
fn a_state_folder_that_was_taken_away_ends_its_daemon() {
    let world = World::new();
    world.task("Gone with the folder");
    let first = world.a_daemon();
    let away = world.root().join("away");
    std::fs::rename(world.state(), &away).unwrap();
    assert_eq!(world.json(["list"]), json!([]));
    wait_until("the old daemon is gone", || !is_alive(first));
    let second = world.a_daemon();
    assert_eq!(world.task("New"), "1");
    assert_eq!(daemons(&world), [second]);
}

#[test]
fn a_long_state_folder_gets_its_socket_elsewhere() {
    let mut world = World::new();
    let state = world.root().join("s".repeat(150));
    world.set("CHORUS_STATE_DIR", &state);
    let task = world.rested("Far away", "[[say hello]]");
    assert!(!state.join("sock").exists());
    let inside = |entry: &std::fs::DirEntry| {
        let socket = entry.path().join("sock");
        entry.file_name().to_string_lossy().starts_with("chorus-")
            && UnixStream::connect(&socket).is_ok_and(|mut stream| {
                let welcome = ask(&mut stream, hello(PROTOCOL, &world.project()));
                welcome.is_ok_and(|welcome| welcome["state_dir"] == state.to_str().unwrap())
            })
    };
    let folder = std::fs::read_dir("/tmp").unwrap().flatten().find(inside).expect("a private folder").path();
    assert_eq!((mode(&folder), mode(&folder.join("sock"))), (0o700, 0o600));
    world.json(["complete", &task]);
    drop(world);
    let _ = std::fs::remove_dir_all(folder);
}

#[test]
fn everything_kept_is_closed_to_others() {
    let world = World::new();
    // Whatever the user's own habits are.
    world.script("as-group", "umask 002; exec \"$@\"");
    let chorus = env!("CARGO_BIN_EXE_chorus");
    let ran = world.command("as-group").args([chorus, "new", "--title", "Private", "--start"]).output().unwrap();
    assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));
    world.until("1", "waiting permission");
    world.kill_daemon();
    world.agent("1");
    let mut open = Vec::new();
    walk(&world.state(), &mut |path| {
        let expected = if path.is_dir() || path.ends_with("bin/chorus") { 0o700 } else { 0o600 };
        if mode(path) != expected {
            open.push(format!("{} {:o}", path.display(), mode(path)));
        }
    });
    assert!(open.is_empty(), "{open:#?}");
}

fn walk(folder: &Path, see: &mut impl FnMut(&Path)) {
    see(folder);
    for entry in std::fs::read_dir(folder).unwrap().flatten() {
        if entry.path().is_dir() { walk(&entry.path(), see) } else { see(&entry.path()) }
    }
}

#[test]
fn it_finishes_a_verb_before_it_leaves() {
    let world = World::new();
    let task = world.rested("Ends slowly", "[[say hello]]");
    let daemon = world.a_daemon();
    // A tmux that takes a moment.
    world.tmux_on("kill-session", "touch $reached; sleep 1");
    let mut verb = world.chorus(["complete", &task, "--json"]);
    let verb = verb.stdout(std::process::Stdio::piped()).stderr(std::process::Stdio::piped()).spawn().unwrap();
    world.await_reached();
    world.terminate(daemon);
    // Who comes now gets the next daemon, not a refusal.
    let next = world.run(["list", "--json"]);
    assert_eq!(next.code, 0, "{}", next.stderr);
    let ran: Ran = verb.wait_with_output().unwrap().into();
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    wait_until("the daemon is gone", || !is_alive(daemon));
    assert_eq!(world.look(&task)["status"], "completed");
    assert_ne!(world.a_daemon(), daemon);
}

#[test]
fn nonsense_on_the_socket_harms_nobody() {
    use std::io::{Read, Write};
    let world = World::new();
    world.task("Kept");
    let pid = world.a_daemon();
    for nonsense in
        [&b"GET / HTTP/1.1\r\n\r\n"[..], &[0xff; 64], &[0xdd, 0xff, 0xff, 0xff, 0xff], &[0x94, 0x00, 0x01], b""]
    {
        let mut stream = UnixStream::connect(world.socket()).unwrap();
        stream.write_all(nonsense).unwrap();
        stream.shutdown(std::net::Shutdown::Write).unwrap();
        let mut rest = Vec::new();
        let _ = stream.read_to_end(&mut rest);
    }
    for odd in
        [json!(null), json!(1), json!({}), json!({ "method": 7 }), json!({ "method": "task_list", "params": [1] })]
    {
        let mut stream = UnixStream::connect(world.socket()).unwrap();
        ask(&mut stream, hello(PROTOCOL, &world.project())).unwrap();
        assert_eq!(ask(&mut stream, odd.clone()).unwrap_err()["code"], "bad_input", "{odd}");
    }
    let mut stream = UnixStream::connect(world.socket()).unwrap();
    let unknown = ask(&mut stream, json!({ "method": "task_dance", "params": {} })).unwrap_err();
    assert_eq!(unknown["code"], "unknown_verb");
    assert_eq!(wait_for("a daemon", || world.daemon()), pid);
}

/// Puts a program in the place of another, in one step.
fn replace(program: &Path, put: impl Fn(&Path)) {
    let beside = program.with_extension("new");
    put(&beside);
    std::fs::set_permissions(&beside, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    std::fs::rename(beside, program).unwrap();
}

#[test]
fn a_daemon_hands_over_to_the_program_that_takes_the_place_of_its_own() {
    let folder = tempfile::tempdir().unwrap();
    let program = folder.path().join("chorus");
    let copy = |to: &Path| {
        std::fs::copy(env!("CARGO_BIN_EXE_chorus"), to).unwrap();
    };
    replace(&program, copy);
    let world = World::running(&program);
    let task = world.begun("Goes on", "[[slow 60]]");
    let (first, agent) = (world.a_daemon(), world.agent_pid(&task));
    let mut waiting = world.chorus(["wait", &task, "--for", "idle"]);
    waiting.stdout(std::process::Stdio::piped()).stderr(std::process::Stdio::piped());
    let waiting = waiting.spawn().unwrap();
    wait_until("it waits", || world.processes().iter().any(|it| it.pid == waiting.id() && it.argv.len() > 2));
    replace(&program, |to| std::fs::write(to, "#!/bin/sh\nexit 1\n").unwrap());
    wait_until("the broken program was tried", || world.log().contains("the daemon stays"));
    assert_eq!(daemons(&world), [first]);
    replace(&program, copy);
    wait_until("another daemon serves", || world.log().matches(" serves ").count() == 2);
    wait_until("the first is gone", || !is_alive(first));
    assert_ne!(world.a_daemon(), first);
    assert_eq!(world.agent_pid(&task), agent);
    world.until(&task, "busy");
    // A client from before finds and starts daemons like any other.
    world.kill_daemon();
    wait_until("another daemon serves", || world.log().matches(" serves ").count() == 3);
    world.json(["interrupt", &task]);
    let ran: Ran = waiting.wait_with_output().unwrap().into();
    assert_eq!(ran.code, 0, "{}", ran.stderr);
}
