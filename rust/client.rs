//! A client of the daemon for programs that do one thing and end: the shell verbs, `hook` and `exec`.
//! Synchronous, so that a hook costs a connection and two messages and nothing else.

use crate::contract::{Code, Failure, Hello, PROTOCOL, Request, Welcome};
use crate::error::{Error, Result};
use crate::paths::State;
use crate::{process, wire};
use rmpv::Value;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use serde::de::DeserializeOwned;
use std::io::{BufReader, Write};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// How long a fresh daemon may take to listen. The one before it may take 5 s to finish its verbs.
const START_LIMIT: Duration = Duration::from_secs(10);

/// How long a daemon may take to greet: longer than its watchdog lets it stand still.
const GREETING: Duration = Duration::from_secs(45);
/// A daemon that is silent for so long is looked at.
const SILENCE: Duration = Duration::from_secs(2);

/// What the daemon, which outlives its starter, takes of its environment: where things are, and no secret. Nothing that
/// decides for one shell or one project, as git's variables do, and nothing that goes with a shell, as its temporary
/// folder may.
const FOR_THE_DAEMON: &[&str] = &[
    "HOME",
    "PATH",
    "USER",
    "LOGNAME",
    "SHELL",
    "LANG",
    "TZ",
    "TMUX_TMPDIR",
    "DBUS_SESSION_BUS_ADDRESS",
    "RUST_BACKTRACE",
    // Where GitButler keeps its list of projects, when that is not in HOME.
    "E2E_TEST_APP_DATA_DIR",
];
/// Whole families of such variables.
const FAMILIES_FOR_THE_DAEMON: &[&str] = &["LC_", "XDG_", "CHORUS_"];
/// The marks of a task, which the daemon that a hook starts does not belong to.
const MARKS: &[&str] = &["CHORUS_TASK", "CHORUS_LAUNCH", TRACED];

/// In the environment of a traced agent: the state folder of the tracer beside it.
pub const TRACED: &str = "CHORUS_TRACED";

/// One client's project, which is not the daemon's.
const PROJECT: &str = "CHORUS_PROJECT_ROOT";

/// A connection to the daemon.
#[derive(Debug)]
pub struct Client {
    reader: BufReader<UnixStream>,
    writer: UnixStream,
    next: u64,
    /// Where a person waits for the answers, how long each may take. A daemon that is stopped is an error then, and not
    /// waited for.
    attended: Option<Duration>,
}

/// So often a daemon that ended during the handshake is asked again.
const HELLO_AGAIN: usize = 2;

impl Client {
    /// Connects to a daemon that runs; nothing when there is none.
    pub fn connect(state: &State) -> Result<Option<Client>> {
        match UnixStream::connect(state.socket()?) {
            Ok(writer) => {
                let reader = BufReader::new(writer.try_clone().map_err(lost)?);
                Ok(Some(Client { reader, writer, next: 0, attended: None }))
            }
            Err(_) => Ok(None),
        }
    }

    /// Connects, starting a daemon if none runs.
    #[expect(clippy::disallowed_methods, reason = "Chorus's own log, and no daemon")]
    pub fn connect_or_start(state: &State) -> Result<Client> {
        if let Some(client) = Client::connect(state)? {
            return Ok(client);
        }
        let before = std::fs::metadata(state.log()).map_or(0, |log| log.len());
        let mut daemon = start_daemon(state)?;
        let begun = Instant::now();
        while begun.elapsed() < START_LIMIT {
            std::thread::sleep(Duration::from_millis(10));
            if let Some(client) = Client::connect(state)? {
                return Ok(client);
            }
            // One that ends well leaves the place to another.
            let ended = daemon.as_mut().and_then(|daemon| daemon.try_wait().ok().flatten());
            if ended.is_some_and(|status| !status.success()) {
                let why = last_error(&state.log(), before).unwrap_or_else(|| "it gave no reason".into());
                return Err(Error::new(Code::StoreUnusable, format!("the daemon cannot begin: {why}"))
                    .hint(format!("its log is {}", state.log().display())));
            }
        }
        Err(Error::new(Code::DaemonUnreachable, "the daemon was started but does not answer")
            .hint(format!("its log is {}", state.log().display())))
    }

    /// The handshake for a shell client in `folder`. A newer client replaces the daemon and connects again. A daemon that
    /// goes away meanwhile is asked again, but seldom: what ended it may be in the question.
    pub fn hello(state: &State, folder: &str) -> Result<(Client, Welcome)> {
        let hello = Request::Hello(Hello {
            protocol: PROTOCOL,
            version: env!("CARGO_PKG_VERSION").into(),
            folder: folder.into(),
            client: "shell".into(),
        });
        let (begun, mut lost) = (Instant::now(), 0);
        loop {
            let mut client = Client::connect_or_start(state)?;
            client.attended = Some(GREETING);
            match client.call::<Welcome>(&hello) {
                Ok(welcome) => {
                    client.attended = Some(Duration::MAX);
                    return Ok((client, welcome));
                }
                Err(error) if error.code == Code::Replaced || error.message == LOST => {
                    lost += usize::from(error.message == LOST);
                    if lost > HELLO_AGAIN || begun.elapsed() > START_LIMIT {
                        return Err(error);
                    }
                    std::thread::sleep(Duration::from_millis(20));
                }
                Err(error) => return Err(error),
            }
        }
    }

    /// The bare connection, for the bridge.
    ///
    /// # Errors
    /// For a daemon that is stopped, and would answer nothing.
    pub fn into_stream(self) -> Result<UnixStream> {
        check_goes_on(&self.writer)?;
        Ok(self.writer)
    }

    /// Gives up on an answer that takes longer than `limit`.
    pub fn set_limit(&self, limit: Duration) -> Result<()> {
        self.writer.set_read_timeout(Some(limit)).map_err(Error::internal)
    }

    /// Asks and waits for the answer.
    pub fn call<T: DeserializeOwned>(&mut self, request: &Request) -> Result<T> {
        wire::from_value(&self.call_value(request)?)
    }

    /// Asks and waits for the answer, untyped.
    pub fn call_value(&mut self, request: &Request) -> Result<Value> {
        self.next += 1;
        let arguments = Value::Array(vec![wire::to_value(request)?]);
        let message = Value::Array(vec![0.into(), self.next.into(), "request".into(), arguments]);
        let mut bytes = Vec::new();
        rmpv::encode::write_value(&mut bytes, &message).map_err(Error::internal)?;
        if !wire::frame::is_taken(&bytes) {
            return Err(Error::new(Code::BadInput, "cannot send this: it is too large").hint("make it shorter"));
        }
        self.writer.write_all(&bytes).map_err(lost)?;
        loop {
            if let Some(limit) = self.attended.filter(|_| self.reader.buffer().is_empty()) {
                await_words(&self.writer, limit)?;
            }
            let answer = rmpv::decode::read_value(&mut self.reader).map_err(lost)?;
            // [1, id, error, result]; anything else is not for us.
            let Value::Array(parts) = answer else { continue };
            let [kind, id, error, result] = parts.as_slice() else { continue };
            if kind.as_u64() != Some(1) || id.as_u64() != Some(self.next) {
                continue;
            }
            if error.is_nil() {
                return Ok(result.clone());
            }
            let failure: Failure = wire::from_value(error)?;
            return Err(Error { code: failure.code, message: failure.message, hint: failure.hint });
        }
    }
}

/// Waits until the daemon says something. An error for one that cannot.
fn await_words(daemon: &UnixStream, limit: Duration) -> Result<()> {
    let begun = Instant::now();
    let pause = Timespec { tv_sec: SILENCE.as_secs() as i64, tv_nsec: 0 };
    // An interrupted wait is begun anew.
    while poll(&mut [PollFd::new(daemon, PollFlags::IN)], Some(&pause)).unwrap_or(0) == 0 {
        check_goes_on(daemon)?;
        if begun.elapsed() > limit {
            let pid = other_end(daemon);
            let name = pid.map_or_else(|| "the daemon".to_owned(), |pid| format!("the daemon (process {pid})"));
            let error = Error::new(Code::DaemonUnreachable, format!("{name} does not answer"));
            return Err(match pid {
                Some(pid) => error.hint(ends_it(pid)),
                None => error,
            });
        }
    }
    Ok(())
}

/// An error for a daemon that is stopped, by a signal or a debugger: it would keep the person waiting for ever.
fn check_goes_on(daemon: &UnixStream) -> Result<()> {
    let is_stopped = |pid: &u32| process::stat(*pid).is_some_and(|stat| matches!(stat.state, 'T' | 't'));
    match other_end(daemon).filter(is_stopped) {
        None => Ok(()),
        Some(pid) => Err(Error::new(Code::DaemonUnreachable, format!("the daemon (process {pid}) is stopped"))
            .hint(format!("`kill -CONT {pid}` lets it go on; {}", ends_it(pid)))),
    }
}

fn ends_it(pid: u32) -> String {
    format!("`kill -9 {pid}` ends it; nothing is lost, and the next command starts another")
}

/// The process at the other end, where the kernel tells.
fn other_end(stream: &UnixStream) -> Option<u32> {
    #[cfg(target_os = "linux")]
    if let Ok(peer) = rustix::net::sockopt::socket_peercred(stream) {
        return u32::try_from(peer.pid.as_raw_pid()).ok();
    }
    let _ = stream;
    None
}

/// The newest error in the log behind its first `before` bytes.
#[expect(clippy::disallowed_methods, reason = "Chorus's own log, and no daemon")]
fn last_error(log: &Path, before: u64) -> Option<String> {
    let text = std::fs::read(log).ok()?;
    let new = text.get(usize::try_from(before).ok()?..).unwrap_or(&text);
    let text = String::from_utf8_lossy(new);
    let error = text.lines().rev().find_map(|line| line.split_once(" ERROR "))?.1;
    Some(crate::text::clean_line(error, 300))
}

/// What tells that a connection broke from what a daemon says.
const LOST: &str = "the daemon ended before it answered";

fn lost(error: impl std::fmt::Display) -> Error {
    log::debug!("the daemon's connection broke: {error}");
    Error::new(Code::DaemonUnreachable, LOST)
        .hint("the next command starts it again, and it finishes what it had begun; see `list` and `log`")
}

fn is_for_the_daemon(name: &str) -> bool {
    let family = FAMILIES_FOR_THE_DAEMON.iter().any(|prefix| name.starts_with(prefix));
    (family || FOR_THE_DAEMON.contains(&name)) && !MARKS.contains(&name) && name != PROJECT
}

/// The file by whose writing a traced program asks its tracer for a daemon.
pub fn start_request(state: &State) -> PathBuf {
    state.dir.join("start")
}

/// Starts `chorus daemon` on its own: it leaves this session by itself and survives whoever started it.
///
/// Below a tracer, the daemon would be traced too, and end with the tracer. So the tracer is asked, by a write that it
/// sees.
///
/// Nothing where the tracer starts it.
#[expect(clippy::disallowed_methods, reason = "Chorus's own state folder, and no daemon")]
pub fn start_daemon(state: &State) -> Result<Option<Child>> {
    state.create()?;
    if std::env::var_os(TRACED).is_some_and(|beside| Path::new(&beside) == state.dir) {
        let asked = std::fs::write(start_request(state), "");
        return match asked {
            Ok(()) => Ok(None),
            Err(error) => Err(Error::internal(format!("cannot ask for a daemon: {error}"))),
        };
    }
    let program = crate::paths::own_program().map_err(Error::internal)?;
    let log = crate::paths::log::open(&state.log()).map_err(|error| {
        Error::new(Code::StoreUnusable, format!("cannot write the log {}: {error}", state.log().display()))
            .hint("free some space, make the state folder writable, or set CHORUS_STATE_DIR to another folder")
    })?;
    let mut command = Command::new(program);
    command.arg("daemon").current_dir("/");
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(log);
    command.env_clear().envs(crate::environment::chosen(is_for_the_daemon));
    command.env("CHORUS_STATE_DIR", &state.dir);
    if MARKS.iter().any(|mark| std::env::var_os(mark).is_some()) {
        // The agent's own folder for tmux says nothing of where Chorus's server is.
        command.env_remove("TMUX_TMPDIR");
        if let Some(socket) = state.kept_tmux_socket() {
            command.env("CHORUS_TMUX_SOCKET", socket);
        }
    }
    let daemon = command.spawn().map_err(|error| Error::internal(format!("cannot start the daemon: {error}")))?;
    Ok(Some(daemon))
}
