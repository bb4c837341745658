//! A web terminal by the real ttyd: behind a random path, for this host only, and gone with its task.

use crate::world::{World, is_alive};
use chorus_testkit::wait::LIMIT;
use chorus_testkit::{given, skip, wait_until};
use std::io::{Read, Write};
use std::net::TcpStream;

/// A world with ttyd on PATH and a task that runs.
fn world() -> Option<(World, String)> {
    let Some(ttyd) = given::ttyd() else {
        skip("there is no ttyd");
        return None;
    };
    let world = World::new();
    world.link("ttyd", &ttyd);
    let task = world.rested("On the web", "[[say hello web]]");
    Some((world, task))
}

fn open(world: &World, task: &str, more: &[&str]) -> (String, String) {
    let url = world.json(["web", task].iter().chain(more))["url"].as_str().unwrap().to_owned();
    let rest = url.strip_prefix("http://").expect("an address");
    let (host, path) = rest.split_once('/').unwrap();
    (host.to_owned(), format!("/{path}"))
}

/// The answer's head.
fn ask(host: &str, path: &str, more: &str) -> String {
    let mut stream = TcpStream::connect(host).unwrap();
    stream.set_read_timeout(Some(LIMIT)).unwrap();
    write!(stream, "GET {path} HTTP/1.1\r\nHost: {host}\r\n{more}\r\n").unwrap();
    head(&mut stream)
}

fn head(stream: &mut TcpStream) -> String {
    let mut head = Vec::new();
    let mut byte = [0];
    while !head.ends_with(b"\r\n\r\n") && stream.read(&mut byte).unwrap() == 1 {
        head.push(byte[0]);
    }
    String::from_utf8(head).unwrap()
}

fn ttyds(world: &World) -> Vec<u32> {
    let is_ttyd = |process: &chorus_testkit::processes::Process| process.argv[0].ends_with("ttyd");
    world.processes().into_iter().filter(is_ttyd).map(|process| process.pid).collect()
}

const UPGRADE: &str = "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n\
    Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Protocol: tty\r\n";

#[test]
fn only_the_secret_path_leads_in() {
    let Some((world, task)) = world() else { return };
    let (host, path) = open(&world, &task, &[]);
    assert!(host.starts_with("127.0.0.1:") && path.len() > 30, "{host}{path}");
    for wrong in [
        "/",
        "/ws",
        "/token",
        "/x/",
        &path[..path.len() - 2],
        &format!("{}x/", &path[..path.len() - 1]),
        &format!("/{path}"),
    ] {
        assert!(ask(&host, wrong, "").starts_with("HTTP/1.1 404"), "{wrong}");
        assert!(ask(&host, wrong, UPGRADE).starts_with("HTTP/1.1 404"), "{wrong}");
    }
    assert!(ask(&host, &path, "").starts_with("HTTP/1.1 200"), "{}", ask(&host, &path, ""));
    assert!(ask(&host, &path, "Origin: http://evil.example\r\n").starts_with("HTTP/1.1 404"));
    assert!(ask(&host, &format!("{path}ws"), UPGRADE).starts_with("HTTP/1.1 101"));
    // Nothing secret in any argv, and the socket below is for this user alone.
    let secret = path.trim_matches('/');
    assert!(world.processes().iter().all(|process| !process.argv.join(" ").contains(secret)));
    // The same while it is open; another with the right to type.
    assert_eq!(open(&world, &task, &[]), (host.clone(), path.clone()));
    assert_ne!(open(&world, &task, &["--write"]).1, path);
    wait_until("one ttyd is left", || ttyds(&world).len() == 1);
    assert!(TcpStream::connect(&host).is_err(), "the address before is closed");
}

#[test]
fn it_shows_the_task_and_ends_with_it() {
    let Some((world, task)) = world() else { return };
    let (host, path) = open(&world, &task, &[]);
    let mut stream = TcpStream::connect(&host).unwrap();
    stream.set_read_timeout(Some(LIMIT)).unwrap();
    write!(stream, "GET {path}ws HTTP/1.1\r\nHost: {host}\r\n{UPGRADE}\r\n").unwrap();
    assert!(head(&mut stream).starts_with("HTTP/1.1 101"));
    // ttyd's first message, as its page sends it: one masked binary frame.
    let hello = br#"{"AuthToken":"","columns":100,"rows":30}"#;
    let mut frame = vec![0x82, 0x80 | hello.len() as u8, 0, 0, 0, 0];
    frame.extend(hello);
    stream.write_all(&frame).unwrap();
    let mut seen = Vec::new();
    let mut buffer = [0; 4096];
    while !String::from_utf8_lossy(&seen).contains("hello web") {
        let read = stream.read(&mut buffer).expect("the task's screen");
        assert!(read > 0, "{}", String::from_utf8_lossy(&seen));
        seen.extend(&buffer[..read]);
    }
    world.json(["complete", &task]);
    wait_until("ttyd is gone", || ttyds(&world).is_empty());
    assert!(TcpStream::connect(&host).is_err());
}

#[test]
fn a_killed_daemon_leaves_none() {
    let Some((world, task)) = world() else { return };
    open(&world, &task, &[]);
    let ttyd = ttyds(&world)[0];
    world.kill_daemon();
    world.json(["list"]);
    wait_until("its ttyd is gone", || !is_alive(ttyd));
    let (host, path) = open(&world, &task, &[]);
    assert!(ask(&host, &path, "").starts_with("HTTP/1.1 200"));
    // One that ended by itself is replaced.
    world.kill(ttyds(&world)[0]);
    let (host, path) = open(&world, &task, &[]);
    assert!(ask(&host, &path, "").starts_with("HTTP/1.1 200"));
    // A daemon that leaves in peace takes it along.
    let daemon = world.a_daemon();
    world.terminate(daemon);
    wait_until("both are gone", || !is_alive(daemon) && ttyds(&world).is_empty());
}

#[test]
fn without_ttyd_it_says_what_to_install() {
    let world = World::new();
    let task = world.rested("No web", "[[say hello]]");
    world.write("config/chorus/chorus.toml", "[agent]\ndefault = \"demo\"\n[web]\ncommand = \"no-such-ttyd\"\n");
    let refusal = world.refused(["web", &task]);
    assert_eq!(refusal.code, "tool_missing");
    refusal.is_clear();
    assert!(refusal.hint.contains("install ttyd"), "{refusal:?}");
}
