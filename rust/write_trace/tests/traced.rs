//! Real programs under a real filter. Where the system allows none, that is what is asserted: no test passes unseen.
#![cfg(all(target_os = "linux", any(target_arch = "x86_64", target_arch = "aarch64")))]
#![allow(clippy::unwrap_used, reason = "tests")]
#![allow(clippy::print_stdout, reason = "one test is a program that another one runs")]

use chorus_write_trace as trace;
use std::os::fd::{AsFd, AsRawFd};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use trace::{Listener, SpawnFailed, Touch, TouchKind, Traced};

/// Starts the program under a filter; nothing where the system forbids one, and says so in both ways.
fn start(command: &mut Command) -> Option<Traced> {
    match (trace::spawn(command, false), trace::available()) {
        (Ok(traced), Ok(())) => Some(traced),
        (Err(SpawnFailed::Filter(why)), Err(other)) => {
            assert_eq!(why, other);
            assert!(!why.is_empty());
            // What runs without a filter runs as ever.
            assert!(Command::new("true").status().unwrap().success());
            None
        }
        (spawned, available) => panic!("{spawned:?} although {available:?}"),
    }
}

/// Lets calls go on until nothing is left that the filter is on; what they touched.
fn follow(listener: &Listener) -> Vec<Touch> {
    let mut seen = Vec::new();
    while waits_for_call(listener) {
        let Some(call) = listener.receive().unwrap() else { continue };
        let touches = trace::touches(&call);
        if listener.still_waits(call.id) {
            seen.extend(touches);
        }
        listener.resume(call.id);
    }
    seen
}

/// Waits for a call; false when there will be none any more.
fn waits_for_call(listener: &Listener) -> bool {
    let mut waits = libc::pollfd { fd: listener.as_fd().as_raw_fd(), events: libc::POLLIN, revents: 0 };
    loop {
        // SAFETY: one structure that lives until the call returns.
        if unsafe { libc::poll(&raw mut waits, 1, -1) } == 1 {
            return waits.revents & libc::POLLIN != 0;
        }
    }
}

struct Bed {
    _folder: tempfile::TempDir,
    root: PathBuf,
}

impl Bed {
    fn new() -> Bed {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().canonicalize().unwrap();
        Bed { _folder: folder, root }
    }

    /// What a script of the shell touches below the bed, in order.
    fn trace(&self, script: &str) -> Option<Vec<(String, TouchKind)>> {
        let mut command = Command::new("sh");
        command.args(["-c", script]).current_dir(&self.root).stdin(Stdio::null());
        self.trace_command(&mut command)
    }

    fn trace_command(&self, command: &mut Command) -> Option<Vec<(String, TouchKind)>> {
        let mut traced = start(command)?;
        let touches = follow(&traced.listener);
        assert!(traced.child.wait().unwrap().success());
        let below = |touch: Touch| Some((self.name(&touch.path)?, touch.kind));
        Some(touches.into_iter().filter_map(below).collect())
    }

    fn name(&self, path: &Path) -> Option<String> {
        Some(path.strip_prefix(&self.root).ok()?.to_str()?.to_owned())
    }

    fn write(&self, name: &str) {
        std::fs::write(self.root.join(name), "line\n").unwrap();
    }
}

/// What the traced program printed, and what it touched.
fn output_of(command: &mut Command) -> Option<(String, Vec<Touch>)> {
    let mut traced = start(command.stdout(Stdio::piped()))?;
    let seen = follow(&traced.listener);
    let mut said = String::new();
    std::io::Read::read_to_string(&mut traced.child.stdout.take().unwrap(), &mut said).unwrap();
    assert!(traced.child.wait().unwrap().success(), "{said}");
    Some((said.trim().to_owned(), seen))
}

fn opened(name: &str) -> (String, TouchKind) {
    (name.into(), TouchKind::Opened)
}

fn removed(name: &str) -> (String, TouchKind) {
    (name.into(), TouchKind::Removed)
}

#[test]
fn what_a_shell_writes_renames_and_removes() {
    let bed = Bed::new();
    ["a", "b", "c"].iter().for_each(|name| bed.write(name));
    let script = "cat a >/dev/null; echo x >d; echo y >>a; mv b e; rm c; ln -s a l; ln a h; chmod 600 a";
    let Some(seen) = bed.trace(script) else { return };
    let renamed = |name: &str, from: &str| (name.to_owned(), TouchKind::Renamed { from: bed.root.join(from) });
    let expected = [
        opened("d"),
        opened("a"),
        renamed("e", "b"),
        removed("b"),
        removed("c"),
        opened("l"),
        renamed("h", "a"),
        ("a".to_owned(), TouchKind::Mode),
    ];
    assert_eq!(seen, expected);
    assert_eq!(std::fs::read_to_string(bed.root.join("a")).unwrap(), "line\ny\n", "every call went on");
}

#[test]
fn sed_in_place_is_a_new_file_that_takes_the_place() {
    let bed = Bed::new();
    bed.write("a");
    let Some(seen) = bed.trace("sed -i s/line/LINE/ a") else { return };
    assert!(seen.iter().any(|(name, kind)| name == "a" && matches!(kind, TouchKind::Renamed { .. })), "{seen:?}");
    assert_eq!(std::fs::read_to_string(bed.root.join("a")).unwrap(), "LINE\n");
}

#[test]
fn what_detaches_is_seen_to_its_end() {
    let bed = Bed::new();
    let script = "(sleep 0.3; echo 1 >background) & (setsid sh -c '(echo 2 >twice) & ' &) ; exec sh -c 'echo 3 >last'";
    let Some(mut seen) = bed.trace(script) else { return };
    seen.sort_by(|one, other| one.0.cmp(&other.0));
    assert_eq!(seen, [opened("background"), opened("last"), opened("twice")]);
}

#[test]
fn paths_through_links_and_descriptors_are_the_files() {
    let bed = Bed::new();
    std::fs::create_dir(bed.root.join("real")).unwrap();
    std::os::unix::fs::symlink("real", bed.root.join("by")).unwrap();
    std::os::unix::fs::symlink("real/made", bed.root.join("link")).unwrap();
    let script = "echo 1 >by/a; echo 2 >link; cd real; exec 7<.; cd /; echo 3 >/proc/self/fd/7/b; echo 4 >/dev/fd/7/c
        rm /dev/fd/7/../real/b; echo 5 >/proc/self/fd/7/./c; cd /dev/fd/7; echo 6 >d";
    let Some(seen) = bed.trace(script) else { return };
    let expected = [
        opened("real/a"),
        opened("real/made"),
        opened("real/b"),
        opened("real/c"),
        removed("real/b"),
        opened("real/c"),
        opened("real/d"),
    ];
    assert_eq!(seen, expected);
}

#[test]
fn the_file_before_the_write_is_told() {
    let bed = Bed::new();
    bed.write("old");
    let mut command = Command::new("sh");
    command.args(["-c", "echo longer than before >old; echo >new; mkdir folder; mv folder other"]);
    let Some((_, seen)) = output_of(command.current_dir(&bed.root)) else { return };
    let of = |name: &str| seen.iter().find(|touch| bed.name(&touch.path).as_deref() == Some(name)).unwrap();
    assert_eq!(of("old").before.map(|state| state.size), Some(5));
    assert_eq!(of("new").before, None);
    assert!(of("other").folder && of("folder").folder);
}

#[test]
fn names_of_any_kind_come_through() {
    let bed = Bed::new();
    let long = "n".repeat(255);
    let deep = format!("{}/f", vec!["d".repeat(200); 15].join("/"));
    std::fs::create_dir_all(bed.root.join(&deep).parent().unwrap()).unwrap();
    let names = ["a b", "new\nline", "…é\u{202e}", " (deleted)", &long, &deep];
    let mut command = Command::new("sh");
    command.args(["-c", "for name; do echo >\"./$name\"; done", "sh"]).args(names).current_dir(&bed.root);
    let Some(seen) = bed.trace_command(&mut command) else { return };
    assert_eq!(seen, names.map(opened));
}

/// Whether Python is there, which can make any call. It is wherever the suites run.
fn python(script: &str) -> Command {
    let mut command = Command::new("python3");
    command.args(["-B", "-c", script]);
    command
}

#[test]
fn hostile_arguments_fail_as_they_would() {
    let bed = Bed::new();
    // Nothing there, no memory there, too long, a folder, an empty name.
    let script = "
import ctypes, os
libc = ctypes.CDLL(None, use_errno=True)
def call(path):
    result = libc.open(path, os.O_WRONLY | os.O_CREAT, 0o600)
    return ctypes.get_errno() if result < 0 else 0
print(call(b'gone/x'), call(ctypes.c_char_p(8)), call(b'x' * 5000), call(b'.'), call(b''), call(b'ok'))
";
    let plain = python(script).current_dir(&bed.root).output().unwrap();
    let Some((said, seen)) = output_of(python(script).current_dir(&bed.root)) else { return };
    assert_eq!(said, String::from_utf8_lossy(&plain.stdout).trim());
    let names: Vec<_> = seen.iter().filter_map(|touch| bed.name(&touch.path)).collect();
    assert_eq!(names, ["ok"]);
}

#[test]
fn rings_are_refused_so_that_programs_fall_back() {
    let script = "
import ctypes
libc = ctypes.CDLL(None, use_errno=True)
libc.syscall(425, 1, 0)
print(ctypes.get_errno())";
    let Some((said, _)) = output_of(&mut python(script)) else { return };
    assert_eq!(said, libc::ENOSYS.to_string());
}

#[test]
fn a_program_linked_statically_is_seen() {
    let busybox = ["/bin/busybox", "/usr/bin/busybox"].iter().find(|path| Path::new(path).exists());
    let Some(busybox) = busybox else { return };
    let bed = Bed::new();
    let mut command = Command::new(busybox);
    command.args(["sh", "-c", "echo 1 >a; mv a b"]).current_dir(&bed.root);
    let Some(seen) = bed.trace_command(&mut command) else { return };
    assert_eq!(seen[0], opened("a"));
    assert_eq!(seen[1].0, "b");
}

#[test]
fn a_second_listener_is_refused_in_words() {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", "inner_attempt", "--nocapture", "--include-ignored"]).env("TRACED_ALREADY", "1");
    let Some((said, _)) = output_of(&mut command) else { return };
    assert!(said.contains("another program supervises"), "{said}");
}

#[test]
#[ignore = "a part of the test before"]
fn inner_attempt() {
    if std::env::var_os("TRACED_ALREADY").is_some() {
        println!("{:?}", trace::available());
    }
}

#[test]
fn a_program_that_is_not_there_is_told_as_such() {
    match trace::spawn(&mut Command::new("/no/such/program"), false) {
        Err(SpawnFailed::Program(error)) => assert_eq!(error.kind(), std::io::ErrorKind::NotFound),
        Err(SpawnFailed::Filter(why)) => assert_eq!(Err(why), trace::available()),
        Ok(_) => panic!("it runs"),
    }
}

#[test]
fn the_program_dies_with_its_supervisor() {
    let (sent, listener) = std::sync::mpsc::channel();
    let supervisor = std::thread::spawn(move || {
        let Some(traced) = start(Command::new("sleep").arg("600")) else { return };
        sent.send((traced.child, traced.listener)).unwrap();
    });
    supervisor.join().unwrap();
    let Ok((mut child, _listener)) = listener.recv() else { return };
    use std::os::unix::process::ExitStatusExt;
    assert_eq!(child.wait().unwrap().signal(), Some(libc::SIGKILL));
}

#[test]
fn the_program_blocks_no_signal_that_its_tracer_blocks() {
    // The mask is a thread's own.
    let _signals = trace::Signals::block(&[libc::SIGUSR1]).unwrap();
    let Some((said, _)) = output_of(Command::new("grep").args(["SigBlk", "/proc/self/status"])) else { return };
    assert_eq!(said.split_whitespace().last(), Some("0000000000000000"));
}
