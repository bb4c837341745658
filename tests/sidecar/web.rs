//! A web terminal by the real ttyd: behind a random path, for this host only, and gone with its task.

use crate::world::World;
use chorus_testkit::processes::is_alive;
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

/// Host and path of a fresh address.
fn open(world: &World, task: &str, more: &[&str]) -> (String, String) {
    let url = world.json(["web", task].iter().chain(more))["url"].as_str().unwrap().to_owned();
    let rest = url.strip_prefix("http://").expect("an address");
    let (host, path) = rest.split_once('/').unwrap();
    (host.to_owned(), format!("/{path}"))
}

/// What a browser has after it opened the address.
struct Visit {
    host: String,
    path: String,
    cookie: String,
}

impl Visit {
    fn new(world: &World, task: &str, more: &[&str]) -> Visit {
        let (host, path) = open(world, task, more);
        Visit::at(host, &path)
    }

    fn at(host: String, path: &str) -> Visit {
        let mut stream = TcpStream::connect(&host).unwrap();
        stream.set_read_timeout(Some(LIMIT)).unwrap();
        write!(stream, "GET {path} HTTP/1.1\r\nHost: {host}\r\n\r\n").unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        let after = |begin: &str, end: char| -> String {
            let rest = answer.split_once(begin).unwrap_or_else(|| panic!("{answer}")).1;
            rest.split(end).next().unwrap().to_owned()
        };
        assert!(answer.contains("HttpOnly; SameSite=Strict"), "{answer}");
        Visit { path: after("url=", '"'), cookie: format!("Cookie: {}\r\n", after("Set-Cookie: ", ';')), host }
    }

    fn ask(&self, path: &str, more: &str) -> String {
        ask(&self.host, path, &format!("{}{more}", self.cookie))
    }
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
fn an_address_leads_in_once_and_then_path_and_cookie_do() {
    let Some((world, task)) = world() else { return };
    let (host, address) = open(&world, &task, &[]);
    assert!(host.starts_with("127.0.0.1:") && address.len() > 30, "{host}{address}");
    assert!(ask(&host, &address[..address.len() - 1], "").starts_with("HTTP/1.1 404"));
    let visit = Visit::at(host.clone(), &address);
    // Whoever reads it in a command line comes too late.
    assert!(ask(&host, &address, "").starts_with("HTTP/1.1 404"));
    let path = visit.path.clone();
    for wrong in ["/", "/ws", "/token", "/x/", &path[..path.len() - 2], &format!("/{path}")] {
        assert!(visit.ask(wrong, "").starts_with("HTTP/1.1 404"), "{wrong}");
        assert!(visit.ask(wrong, UPGRADE).starts_with("HTTP/1.1 404"), "{wrong}");
    }
    assert!(ask(&host, &path, "").starts_with("HTTP/1.1 404"), "without the cookie");
    assert!(visit.ask(&path, "").starts_with("HTTP/1.1 200"), "{}", visit.ask(&path, ""));
    assert!(visit.ask(&path, "Origin: http://evil.example\r\n").starts_with("HTTP/1.1 404"));
    assert!(visit.ask(&format!("{path}ws"), UPGRADE).starts_with("HTTP/1.1 101"));
    // Nothing secret in any argv, and the socket below is for this user alone.
    let secrets = [path.trim_matches('/'), visit.cookie.trim().rsplit('=').next().unwrap()];
    let argvs: Vec<String> = world.processes().iter().map(|process| process.argv.join(" ")).collect();
    assert!(secrets.iter().all(|secret| argvs.iter().all(|argv| !argv.contains(secret))));
    // The same while it is open; another with the right to type.
    let again = Visit::new(&world, &task, &[]);
    assert_eq!((&again.host, &again.path), (&host, &path));
    assert_ne!(Visit::new(&world, &task, &["--write"]).path, path);
    wait_until("one ttyd is left", || ttyds(&world).len() == 1);
    assert!(TcpStream::connect(&host).is_err(), "the address before is closed");
}

#[test]
fn whoever_only_connects_keeps_nobody_out_for_long() {
    let Some((world, task)) = world() else { return };
    let (host, address) = open(&world, &task, &[]);
    let idle: Vec<TcpStream> = (0..100).map_while(|_| TcpStream::connect(&host).ok()).collect();
    // The daemon still has what it needs, and lets the next in once the idle ones are cut off.
    world.json(["list"]);
    let visit = Visit::at(host, &address);
    assert!(visit.ask(&visit.path, "").starts_with("HTTP/1.1 200"));
    drop(idle);
}

#[test]
fn it_shows_the_task_and_ends_with_it() {
    let Some((world, task)) = world() else { return };
    let Visit { host, path, cookie } = Visit::new(&world, &task, &[]);
    let mut stream = TcpStream::connect(&host).unwrap();
    stream.set_read_timeout(Some(LIMIT)).unwrap();
    write!(stream, "GET {path}ws HTTP/1.1\r\nHost: {host}\r\n{cookie}{UPGRADE}\r\n").unwrap();
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
    let leads_in = || {
        let visit = Visit::new(&world, &task, &[]);
        assert!(visit.ask(&visit.path, "").starts_with("HTTP/1.1 200"));
    };
    leads_in();
    // One that ended by itself is replaced.
    world.kill(ttyds(&world)[0]);
    leads_in();
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
