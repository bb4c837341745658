//! A tracer and what it tells: `chorus exec` with a stand-in for the daemon at its other end.
#![cfg(all(target_os = "linux", any(target_arch = "x86_64", target_arch = "aarch64")))]

use chorus::attribution::{Write, WriteKind};
use chorus::contract::{Environment, Exec, TraceOrder};
use chorus::wire;
use chorus::wire::trace::{FromTracer, ToTracer};
use chorus_testkit::{processes, wait_for, wait_until};
use rmpv::Value;
use std::io::{BufRead, BufReader, Write as _};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

/// A state folder with a daemon that the test plays, and a project.
struct Bed {
    folder: tempfile::TempDir,
    listener: Option<UnixListener>,
    exec: Child,
}

/// The daemon's end of a tracer's connection.
struct Tracer {
    lines: BufReader<UnixStream>,
}

/// Runs a script of the shell as a traced agent; nothing where the system allows no tracing: then that is told, and the
/// script has run.
fn traced(script: &str) -> Option<(Bed, Tracer)> {
    let folder = tempfile::Builder::new().prefix("ct").tempdir_in("/tmp").unwrap();
    std::fs::create_dir_all(folder.path().join("project")).unwrap();
    std::fs::create_dir_all(folder.path().join("state/spool")).unwrap();
    std::fs::write(folder.path().join("project/old"), "old\n").unwrap();
    let listener = UnixListener::bind(folder.path().join("state/sock")).unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_chorus"));
    command.arg("exec").arg(folder.path().join("state")).arg("the-task");
    command.stdin(Stdio::null()).env_remove("TMUX").env("HOME", folder.path());
    command.env("XDG_CONFIG_HOME", folder.path()).env("CHORUS_IDLE_SECONDS", "30");
    let mut bed = Bed { exec: command.spawn().unwrap(), folder, listener: Some(listener) };
    bed.hand_out(script);
    let mut tracer = bed.accept();
    match (tracer.next(), chorus_write_trace::available()) {
        (FromTracer::Begin { task, launch, agent, .. }, Ok(())) => {
            assert_eq!((&*task, &*launch), ("the-task", "the-launch"));
            assert!(agent.is_some());
            Some((bed, tracer))
        }
        (FromTracer::Untraced { task, launch, why }, Err(reason)) => {
            assert_eq!((&*task, &*launch, why), ("the-task", "the-launch", reason));
            std::fs::write(bed.project().join("go"), "").unwrap();
            bed.exec.wait().unwrap();
            None
        }
        (said, available) => panic!("{said:?} although {available:?}"),
    }
}

impl Bed {
    fn project(&self) -> PathBuf {
        self.folder.path().join("project").canonicalize().unwrap()
    }

    /// Answers `chorus exec`.
    fn hand_out(&self, script: &str) {
        let (mut stream, _) = self.listener.as_ref().unwrap().accept().unwrap();
        let asked = rmpv::decode::read_value(&mut stream).unwrap();
        let id = asked.as_array().unwrap()[1].clone();
        let text = |path: PathBuf| path.display().to_string();
        let environment = [
            ("PATH", std::env::var("PATH").unwrap()),
            ("HOME", text(self.folder.path().to_owned())),
            ("CHORUS_STATE_DIR", text(self.folder.path().join("state"))),
        ];
        let exec = Exec {
            argv: ["sh", "-c", script].map(str::to_owned).into(),
            environment: Environment(environment.map(|(name, value)| (name.to_owned(), value)).into()),
            folder: self.project().display().to_string(),
            trace: Some(TraceOrder { root: self.project().display().to_string(), launch: "the-launch".into() }),
        };
        let answer = Value::Array(vec![1.into(), id, Value::Nil, wire::to_value(&exec).unwrap()]);
        let mut bytes = Vec::new();
        rmpv::encode::write_value(&mut bytes, &answer).unwrap();
        stream.write_all(&bytes).unwrap();
    }

    fn accept(&self) -> Tracer {
        Tracer { lines: BufReader::new(self.listener.as_ref().unwrap().accept().unwrap().0) }
    }

    fn socket(&self) -> PathBuf {
        self.folder.path().join("state/sock")
    }

    /// No daemon is there any more.
    fn leave(&mut self) {
        self.listener = None;
        std::fs::remove_file(self.socket()).unwrap();
    }

    fn come_back(&mut self) {
        self.listener = Some(UnixListener::bind(self.socket()).unwrap());
    }

    /// Lets a script go on that waits for this file.
    fn go(&self, name: &str) {
        std::fs::write(self.project().join(name), "").unwrap();
    }

    fn has(&self, name: &str) -> bool {
        self.project().join(name).exists()
    }
}

impl Drop for Bed {
    fn drop(&mut self) {
        let _ = self.exec.kill();
        let _ = self.exec.wait();
    }
}

impl Tracer {
    fn next(&mut self) -> FromTracer {
        let mut line = String::new();
        self.lines.read_line(&mut line).unwrap();
        serde_json::from_str(&line).unwrap_or_else(|error| panic!("{error}: {line:?}"))
    }

    fn wrote(&mut self) -> (u64, bool, Write) {
        match self.next() {
            FromTracer::Wrote { seq, waits, write } => (seq, waits, write),
            other => panic!("{other:?}"),
        }
    }

    fn path(&mut self) -> String {
        self.wrote().2.path
    }

    fn say(&mut self, said: &ToTracer) {
        let line = serde_json::to_string(said).unwrap() + "\n";
        self.lines.get_mut().write_all(line.as_bytes()).unwrap();
    }

    /// Everything until the tracer is gone.
    fn rest(mut self) -> Vec<FromTracer> {
        let mut said = Vec::new();
        let mut line = String::new();
        while self.lines.read_line(&mut line).unwrap() > 0 {
            said.push(serde_json::from_str(&line).unwrap());
            line.clear();
        }
        said
    }
}

/// Waits for a file, without writing one.
fn until(name: &str) -> String {
    format!("until [ -e {name} ]; do sleep 0.05; done")
}

#[test]
fn each_write_is_told_with_what_was_there_before() {
    let script = "echo new >new; echo longer >>old; mv old moved; rm new; echo x >/tmp/outside-$$; rm /tmp/outside-$$";
    let Some((mut bed, mut tracer)) = traced(script) else { return };
    let (_, waits, first) = tracer.wrote();
    assert_eq!((&*first.path, first.kind, waits), ("new", WriteKind::Opened, false), "a new file holds nothing unseen");
    assert_eq!((first.before, &*first.task), (None, "the-task"));
    let (seq, waits, second) = tracer.wrote();
    assert_eq!((&*second.path, waits), ("old", true), "somebody may have changed it");
    assert_eq!(second.before.map(|before| before.size), Some(4));
    tracer.say(&ToTracer::Go { seq });
    let (_, _, to) = tracer.wrote();
    assert_eq!((&*to.path, to.kind), ("moved", WriteKind::Renamed { from: Some("old".into()) }));
    // The daemon does not answer any more: the calls go on all the same.
    let rest: Vec<FromTracer> = tracer.rest();
    let removed = |said: &FromTracer, path: &str| matches!(said, FromTracer::Wrote { write, .. } if write.path == path && write.kind == WriteKind::Removed);
    assert!(rest.len() == 2 && removed(&rest[0], "old") && removed(&rest[1], "new"), "{rest:?}");
    assert_eq!(bed.exec.wait().unwrap().code(), Some(0));
    assert_eq!(std::fs::read_to_string(bed.project().join("moved")).unwrap(), "old\nlonger\n");
}

#[test]
fn what_was_seen_and_what_is_ignored_needs_no_question() {
    let script =
        [&until("go"), "echo 1 >>old; mkdir -p target; echo 2 >target/x", &until("on"), "echo 3 >target/y; echo 4 >z"];
    let Some((bed, mut tracer)) = traced(&script.join("; ")) else { return };
    let later = i128::from(i64::MAX);
    tracer.say(&ToTracer::Seen { before: later });
    tracer.say(&ToTracer::Flush { id: 7 });
    assert_eq!(tracer.next(), FromTracer::Flushed { id: 7 });
    bed.go("go");
    let (_, waits, write) = tracer.wrote();
    assert_eq!((&*write.path, waits), ("old", false));
    assert_eq!(tracer.path(), "target/x");
    tracer.say(&ToTracer::Ignored { folder: "target".into() });
    tracer.say(&ToTracer::Flush { id: 8 });
    assert_eq!(tracer.next(), FromTracer::Flushed { id: 8 });
    bed.go("on");
    assert_eq!(tracer.path(), "z", "nothing of target");
}

#[test]
fn a_daemon_that_comes_back_hears_what_the_last_one_did_not_keep() {
    let script =
        [&*until("one"), "echo 1 >a; echo 2 >b", &until("two"), "echo 3 >c; : >written", &until("three"), "echo 4 >d"];
    let Some((mut bed, mut tracer)) = traced(&script.join("; ")) else { return };
    bed.go("one");
    let (kept, _, _) = tracer.wrote();
    assert_eq!(tracer.path(), "b");
    tracer.say(&ToTracer::Kept { seq: kept, but: Vec::new() });
    tracer.say(&ToTracer::Flush { id: 1 });
    assert_eq!(tracer.next(), FromTracer::Flushed { id: 1 });
    bed.leave();
    drop(tracer);
    bed.go("two");
    wait_until("it wrote without a daemon", || bed.has("written"));
    bed.come_back();
    let mut tracer = bed.accept();
    assert!(matches!(tracer.next(), FromTracer::Begin { agent: Some(_), .. }));
    assert_eq!([tracer.path(), tracer.path(), tracer.path()], ["b", "c", "written"]);
    bed.go("three");
    assert_eq!(tracer.path(), "d");
    assert_eq!(bed.exec.wait().unwrap().code(), Some(0));
}

#[test]
fn what_outlives_the_agent_is_traced_on() {
    let late = format!("({}; echo late >late) &", until("go"));
    let Some((mut bed, tracer)) = traced(&format!("{late} exit 3")) else { return };
    assert_eq!(bed.exec.wait().unwrap().code(), Some(3));
    bed.leave();
    drop(tracer);
    bed.come_back();
    let mut tracer = bed.accept();
    assert!(matches!(tracer.next(), FromTracer::Begin { agent: None, .. }));
    bed.go("go");
    assert_eq!(tracer.path(), "late");
    assert!(tracer.rest().is_empty(), "and then nothing is left to trace");
    assert_eq!(std::fs::read_to_string(bed.project().join("late")).unwrap(), "late\n");
}

#[test]
fn a_tracer_that_nobody_wants_comes_no_more_and_holds_nothing_up() {
    let script = [&*until("go"), "echo 1 >>old; : >written", &until("end")];
    let Some((mut bed, mut tracer)) = traced(&script.join("; ")) else { return };
    tracer.say(&ToTracer::Enough);
    assert!(tracer.rest().is_empty());
    bed.go("go");
    wait_until("it wrote", || bed.has("written"));
    bed.go("end");
    assert_eq!(bed.exec.wait().unwrap().code(), Some(0));
    bed.listener.as_ref().unwrap().set_nonblocking(true).unwrap();
    assert!(bed.listener.as_ref().unwrap().accept().is_err());
}

#[test]
fn a_killed_agent_is_told_as_killed_and_a_missing_one_as_missing() {
    use std::os::unix::process::ExitStatusExt;
    let Some((mut bed, _)) = traced("kill -SEGV $$") else { return };
    assert_eq!(bed.exec.wait().unwrap().signal(), Some(11));
    assert!(!Path::new("core").exists());
}

#[test]
fn a_daemon_is_started_outside_of_the_trace() {
    // One that a traced program starts itself would be traced, and end with the tracer.
    let script = format!("{}; {} list --json >listed", until("go"), env!("CARGO_BIN_EXE_chorus"));
    let Some((mut bed, tracer)) = traced(&script) else { return };
    let filters = |pid: u32| {
        let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
        status.lines().find(|line| line.starts_with("Seccomp_filters")).map(str::to_owned)
    };
    bed.leave();
    drop(tracer);
    bed.go("go");
    let is_daemon = |process: &processes::Process| process.argv.get(1).is_some_and(|word| word == "daemon");
    let daemon =
        wait_for("a daemon", || processes::naming(bed.folder.path()).into_iter().find(|process| is_daemon(process)));
    assert_eq!(filters(daemon.pid), filters(std::process::id()));
    assert_eq!(bed.exec.wait().unwrap().code(), Some(0));
    assert_eq!(std::fs::read_to_string(bed.project().join("listed")).unwrap().trim(), "[]");
    assert!(chorus::process::lineage(daemon.pid).iter().all(|ancestor| ancestor.pid != bed.exec.id()));
    processes::end(|| processes::naming(bed.folder.path()));
}
