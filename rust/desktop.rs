//! The desktop's notification server, reached through a process of its own (`chorus notifier`).
//!
//! A session bus is found by the environment of a process, and the person's is the one that their newest client brought;
//! the daemon's own may be another, or none. A bus that blocks or a library that panics then costs one small process, which
//! lives only while something is shown.

pub mod lines;

use crate::contract::Environment;
use crate::environment;
use crate::foreign::{self, fs};
use lines::{FromNotifier, NotificationOrder, NotificationServer, ToNotifier};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader, Lines};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};
use tokio::time::{Instant, timeout};

/// A server that works answers in milliseconds.
const LIMIT: Duration = Duration::from_secs(4);
/// The first pause after a failure; it doubles up to the longest.
const FIRST_PAUSE: Duration = Duration::from_secs(2);
const LONGEST_PAUSE: Duration = Duration::from_secs(300);

const ADDRESS: &str = "DBUS_SESSION_BUS_ADDRESS";
const RUNTIME: &str = "XDG_RUNTIME_DIR";

/// Which session bus. Kept in memory only.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Bus {
    address: Option<String>,
    runtime: Option<String>,
}

impl Bus {
    /// The client's; nothing where its environment names none.
    pub fn of_client(client: &Environment) -> Option<Bus> {
        let value = |name: &str| client.0.get(name).filter(|value| !value.is_empty()).cloned();
        let bus = Bus { address: value(ADDRESS), runtime: value(RUNTIME) };
        (bus != Bus::default()).then_some(bus)
    }

    /// This process's, or the user's default one.
    pub fn of_process() -> Bus {
        Bus { address: environment::variable(ADDRESS), runtime: environment::variable(RUNTIME) }
    }

    /// Whether both are the same socket, or the same address where it is no socket's.
    async fn is_same(&self, other: &Bus) -> bool {
        match (self.socket(), other.socket()) {
            _ if self == other => true,
            (Some(one), Some(other)) => resolved(one).await == resolved(other).await,
            (None, None) => self.address == other.address,
            _ => false,
        }
    }

    /// The one socket that the address names, or the default one. Nothing where it names several, or no path: those
    /// are read by the process that connects.
    fn socket(&self) -> Option<PathBuf> {
        match (&self.address, &self.runtime) {
            (Some(address), _) => {
                let (path, more) = address.strip_prefix("unix:path=")?.split_once(',').unwrap_or((&address[10..], ""));
                (!more.contains(';') && !path.contains([';', '%'])).then(|| PathBuf::from(path))
            }
            (None, Some(runtime)) => Some(Path::new(runtime).join("bus")),
            (None, None) => Some(PathBuf::from(format!("/run/user/{}/bus", rustix::process::getuid().as_raw()))),
        }
    }

    /// Why nothing can be there, where that is seen without a process.
    async fn absence(&self) -> Option<String> {
        let socket = self.socket().filter(|_| !cfg!(target_os = "macos"))?;
        let asked = socket.clone();
        let is_there = foreign::within(&socket, move || fs::exists(&asked)).await.unwrap_or(false);
        (!is_there).then(|| format!("there is no session bus at {}", socket.display()))
    }
}

/// Where the socket really is; as it is named where that cannot be found out.
async fn resolved(socket: PathBuf) -> PathBuf {
    let asked = socket.clone();
    foreign::within(&socket, move || fs::canonicalize(&asked)).await.and_then(|found| found).unwrap_or(socket)
}

/// Why a notification could not be shown, and when to try again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DesktopFailure {
    /// As the end of a sentence.
    pub why: String,
    /// From now.
    pub pause: Duration,
}

/// The way to the notification server.
#[derive(Debug)]
pub struct Desktop {
    program: PathBuf,
    running: Option<RunningNotifier>,
    failures: u32,
    rest: Option<Rest>,
}

/// A bus that is not tried again before.
#[derive(Debug)]
struct Rest {
    bus: Bus,
    until: Instant,
    why: String,
}

/// A `chorus notifier`. Without its input it takes away what it shows and ends by itself.
#[derive(Debug)]
struct RunningNotifier {
    bus: Bus,
    _child: Child,
    input: ChildStdin,
    output: Lines<BufReader<ChildStdout>>,
}

impl RunningNotifier {
    async fn begin(program: &Path, bus: &Bus) -> Result<(RunningNotifier, NotificationServer), String> {
        if let Some(absence) = bus.absence().await {
            return Err(absence);
        }
        let mut command = Command::new(program);
        command.arg("notifier").env_clear().stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        command.envs(environment::chosen(|name| matches!(name, "HOME" | "PATH" | "LANG")));
        command.envs(bus.address.iter().map(|address| (ADDRESS, address)));
        command.envs(bus.runtime.iter().map(|runtime| (RUNTIME, runtime)));
        let mut child = command.spawn().map_err(|error| format!("cannot run {}: {error}", program.display()))?;
        let (Some(input), Some(output)) = (child.stdin.take(), child.stdout.take()) else {
            return Err("its pipes are missing".to_owned());
        };
        let output = BufReader::new(output).lines();
        let mut running = RunningNotifier { bus: bus.clone(), _child: child, input, output };
        match running.receive().await? {
            FromNotifier::Server(server) => Ok((running, server)),
            FromNotifier::Failed { why, .. } => Err(why),
            _ => Err("it does not say which server there is".to_owned()),
        }
    }

    async fn send(&mut self, order: &ToNotifier) -> Result<(), String> {
        let line = serde_json::to_string(order).map_err(|error| error.to_string())? + "\n";
        let written = timeout(LIMIT, self.input.write_all(line.as_bytes())).await;
        written.map_err(|_| "it takes nothing".to_owned())?.map_err(|error| error.to_string())
    }

    /// The next line, within the limit.
    async fn receive(&mut self) -> Result<FromNotifier, String> {
        let line =
            timeout(LIMIT, self.output.next_line()).await.map_err(|_| "the session bus does not answer".to_owned())?;
        let line = line.map_err(|error| error.to_string())?.ok_or("the process that shows notifications ended")?;
        serde_json::from_str(&line).map_err(|error| error.to_string())
    }

    /// The server that is there now. What else was said meanwhile is added to `said`.
    async fn server(&mut self, said: &mut Vec<FromNotifier>) -> Result<NotificationServer, String> {
        self.send(&ToNotifier::Server).await?;
        loop {
            match self.receive().await? {
                FromNotifier::Server(server) => return Ok(server),
                FromNotifier::Failed { id: None, why } => return Err(why),
                other => said.push(other),
            }
        }
    }

    /// Whether the server shows it, and why not otherwise.
    async fn show(
        &mut self,
        order: NotificationOrder,
        said: &mut Vec<FromNotifier>,
    ) -> Result<Result<(), String>, String> {
        let id = order.id;
        self.send(&ToNotifier::Show(order)).await?;
        loop {
            match self.receive().await? {
                FromNotifier::Shown { id: shown } if shown == id => return Ok(Ok(())),
                FromNotifier::Failed { id: Some(failed), why } if failed == id => return Ok(Err(why)),
                other => said.push(other),
            }
        }
    }
}

impl Desktop {
    /// Nothing runs yet. `program` is Chorus itself.
    pub fn new(program: PathBuf) -> Desktop {
        Desktop { program, running: None, failures: 0, rest: None }
    }

    /// The server that is on that bus now. What was shown on another bus is taken away: `said` has that, and
    /// whatever else was said meanwhile.
    ///
    /// # Errors
    /// Where there is none, or this bus failed a moment ago.
    pub async fn server(
        &mut self,
        bus: &Bus,
        said: &mut Vec<FromNotifier>,
    ) -> Result<NotificationServer, DesktopFailure> {
        if let Some(running) = &self.running
            && !running.bus.is_same(bus).await
        {
            self.leave(said);
        }
        if let Some(rest) = &self.rest
            && !rest.bus.is_same(bus).await
        {
            (self.failures, self.rest) = (0, None);
        }
        if let Some(rest) = &self.rest {
            let pause = rest.until.saturating_duration_since(Instant::now());
            if !pause.is_zero() {
                return Err(DesktopFailure { why: rest.why.clone(), pause });
            }
        }
        let found = match &mut self.running {
            Some(running) => running.server(said).await,
            None => match RunningNotifier::begin(&self.program, bus).await {
                Ok((running, server)) => {
                    self.running = Some(running);
                    Ok(server)
                }
                Err(why) => Err(why),
            },
        };
        found.map_err(|why| {
            self.leave(said);
            self.failed(bus, why)
        })
    }

    /// Shows a notification on the server that was found. One that the server refuses takes nothing else away.
    ///
    /// # Errors
    /// Where the server does not take it in time, or refuses it.
    pub async fn show(&mut self, order: NotificationOrder, said: &mut Vec<FromNotifier>) -> Result<(), DesktopFailure> {
        let Some(running) = &mut self.running else {
            return Err(DesktopFailure { why: "nothing runs".to_owned(), pause: FIRST_PAUSE });
        };
        let bus = running.bus.clone();
        match running.show(order, said).await {
            Ok(Ok(())) => {
                (self.failures, self.rest) = (0, None);
                Ok(())
            }
            Ok(Err(why)) => Err(self.failed(&bus, why)),
            Err(why) => {
                self.leave(said);
                Err(self.failed(&bus, why))
            }
        }
    }

    /// Takes a notification away. `said` has it when everything is gone.
    pub async fn close(&mut self, id: u64, said: &mut Vec<FromNotifier>) {
        if let Some(running) = &mut self.running
            && running.send(&ToNotifier::Close { id }).await.is_err()
        {
            self.leave(said);
        }
    }

    /// What a person did, or that all is gone; waits for it.
    pub async fn next(&mut self) -> FromNotifier {
        let Some(running) = &mut self.running else { return std::future::pending().await };
        let line = running.output.next_line().await.ok().flatten();
        line.and_then(|line| serde_json::from_str(&line).ok()).unwrap_or_else(|| {
            self.running = None;
            FromNotifier::Lost
        })
    }

    /// Ends the process, which takes away what it shows.
    fn leave(&mut self, said: &mut Vec<FromNotifier>) {
        said.extend(self.running.take().map(|_| FromNotifier::Lost));
    }

    fn failed(&mut self, bus: &Bus, why: String) -> DesktopFailure {
        let pause = (FIRST_PAUSE * (1 << self.failures.min(10))).min(LONGEST_PAUSE);
        self.failures += 1;
        self.rest = Some(Rest { bus: bus.clone(), until: Instant::now() + pause, why: why.clone() });
        DesktopFailure { why, pause }
    }
}

/// Which server there is, found afresh.
///
/// # Errors
/// Why there is none, as the end of a sentence.
pub async fn probe(program: &Path, bus: &Bus) -> Result<NotificationServer, String> {
    RunningNotifier::begin(program, bus).await.map(|(_, server)| server)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn client(variables: &[(&str, &str)]) -> Option<Bus> {
        let variables = variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        Bus::of_client(&Environment(variables.collect()))
    }

    #[test]
    fn a_client_without_a_bus_changes_nothing() {
        assert_eq!(client(&[("HOME", "/h"), (ADDRESS, "")]), None);
        assert!(client(&[(RUNTIME, "/run/user/7")]).is_some());
    }

    #[cfg(not(target_os = "macos"))]
    #[tokio::test]
    async fn a_bus_that_is_not_there_needs_no_process() {
        let absent = async |variables: &[(&str, &str)]| client(variables).unwrap().absence().await.is_some();
        assert!(absent(&[(ADDRESS, "unix:path=/nonexistent/bus")]).await);
        assert!(absent(&[(ADDRESS, "unix:path=/nonexistent/bus,guid=0123")]).await);
        assert!(absent(&[(RUNTIME, "/nonexistent")]).await);
        assert!(!absent(&[(ADDRESS, "unix:path=/")]).await);
        for unknown in [
            "unix:abstract=x",
            "tcp:host=h,port=1",
            "unix:path=/nonexistent;unix:path=/",
            "autolaunch:",
            "unix:path=/a%20b",
        ] {
            assert!(!absent(&[(ADDRESS, unknown)]).await, "{unknown}");
        }
    }

    #[tokio::test]
    async fn a_bus_is_known_by_its_socket() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("bus"), "").unwrap();
        std::os::unix::fs::symlink(folder.path(), folder.path().join("link")).unwrap();
        let of = |name: &str, value: String| client(&[(name, value.as_str())]).unwrap();
        let root = folder.path().display();
        let first = of(RUNTIME, root.to_string());
        for same in ["bus", "bus,guid=0123", "link/bus"] {
            assert!(first.is_same(&of(ADDRESS, format!("unix:path={root}/{same}"))).await, "{same}");
        }
        assert!(first.is_same(&of(RUNTIME, format!("{root}/"))).await);
        for other in [of(ADDRESS, format!("unix:path={root}/other")), of(ADDRESS, "unix:abstract=x".into())] {
            assert!(!first.is_same(&other).await, "{other:?}");
        }
    }

    #[tokio::test]
    async fn failures_are_followed_by_longer_and_longer_rests() {
        let mut desktop = Desktop::new("/nonexistent/chorus".into());
        let bus = client(&[(ADDRESS, "unix:abstract=none")]).unwrap();
        let mut said = Vec::new();
        let first = desktop.server(&bus, &mut said).await.unwrap_err();
        assert!(first.why.starts_with("cannot run /nonexistent/chorus"), "{first:?}");
        assert_eq!(first.pause, FIRST_PAUSE);
        let resting = desktop.server(&bus, &mut said).await.unwrap_err();
        assert_eq!(resting.why, first.why);
        assert!(resting.pause <= FIRST_PAUSE && desktop.failures == 1);
        for _ in 0..20 {
            desktop.failed(&bus, "x".into());
        }
        assert_eq!(desktop.failed(&bus, "x".into()).pause, LONGEST_PAUSE);
        // Another bus is tried without a pause.
        let other = client(&[(ADDRESS, "unix:abstract=other")]).unwrap();
        assert!(desktop.server(&other, &mut said).await.unwrap_err().why.starts_with("cannot run"));
        assert_eq!((desktop.failures, said), (1, vec![]));
    }
}
