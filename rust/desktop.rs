//! The desktop's notification server, reached through a process of its own (`chorus notifier`).
//!
//! A session bus is found by the environment of a process, and the person's is the one that their newest client brought;
//! the daemon's own may be another, or none. A bus that blocks or a library that panics then costs one small process, which
//! lives only while something is shown.

pub mod lines;

use crate::contract::Environment;
use crate::environment;
use lines::{Ask, Heard, Server, Show};
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

    /// Why nothing can be there, where that is seen without a process.
    fn absence(&self) -> Option<String> {
        if cfg!(target_os = "macos") {
            return None;
        }
        let place = match (&self.address, &self.runtime) {
            (Some(address), _) => {
                let (path, more) = address.strip_prefix("unix:path=")?.split_once(',').unwrap_or((&address[10..], ""));
                // Of several addresses, another one may work; an escaped path is read by who connects.
                (!more.contains(';') && !path.contains([';', '%'])).then(|| PathBuf::from(path))?
            }
            (None, Some(runtime)) => Path::new(runtime).join("bus"),
            (None, None) => PathBuf::from(format!("/run/user/{}/bus", rustix::process::getuid().as_raw())),
        };
        (!place.exists()).then(|| format!("there is no session bus at {}", place.display()))
    }
}

/// Why something could not be shown, and when to try again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// As the end of a sentence.
    pub why: String,
    /// From now.
    pub pause: Duration,
}

/// The way to the server.
#[derive(Debug)]
pub struct Desktop {
    program: PathBuf,
    running: Option<Running>,
    failures: u32,
    /// Not before, and why.
    resting: Option<(Instant, String)>,
}

#[derive(Debug)]
struct Running {
    bus: Bus,
    server: Server,
    /// Killed when dropped.
    _child: Child,
    input: ChildStdin,
    output: Lines<BufReader<ChildStdout>>,
}

impl Running {
    async fn begin(program: &Path, bus: &Bus) -> Result<Running, String> {
        if let Some(absence) = bus.absence() {
            return Err(absence);
        }
        let mut command = Command::new(program);
        command.arg("notifier").env_clear().stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        command.envs(environment::chosen(|name| matches!(name, "HOME" | "PATH" | "LANG")));
        command.envs(bus.address.iter().map(|address| (ADDRESS, address)));
        command.envs(bus.runtime.iter().map(|runtime| (RUNTIME, runtime)));
        let mut child =
            command.kill_on_drop(true).spawn().map_err(|error| format!("cannot run {}: {error}", program.display()))?;
        let (Some(input), Some(output)) = (child.stdin.take(), child.stdout.take()) else {
            return Err("its pipes are missing".to_owned());
        };
        let mut output = BufReader::new(output).lines();
        match hear(&mut output).await? {
            Heard::Server(server) => Ok(Running { bus: bus.clone(), server, _child: child, input, output }),
            Heard::Failed { why, .. } => Err(why),
            _ => Err("it does not say which server there is".to_owned()),
        }
    }

    async fn ask(&mut self, ask: &Ask) -> Result<(), String> {
        let line = serde_json::to_string(ask).map_err(|error| error.to_string())? + "\n";
        let written = timeout(LIMIT, self.input.write_all(line.as_bytes())).await;
        written.map_err(|_| "it takes nothing".to_owned())?.map_err(|error| error.to_string())
    }
}

/// The next line, within the limit.
async fn hear(output: &mut Lines<BufReader<ChildStdout>>) -> Result<Heard, String> {
    let line = timeout(LIMIT, output.next_line()).await.map_err(|_| "the session bus does not answer".to_owned())?;
    let line = line.map_err(|error| error.to_string())?.ok_or("the process that shows notifications ended")?;
    serde_json::from_str(&line).map_err(|error| error.to_string())
}

impl Desktop {
    /// Nothing runs yet. `program` is Chorus itself.
    pub fn new(program: PathBuf) -> Desktop {
        Desktop { program, running: None, failures: 0, resting: None }
    }

    /// What the server on that bus is; looked for where that is not known.
    ///
    /// # Errors
    /// Where there is none, or one failed a moment ago.
    pub async fn server(&mut self, bus: &Bus) -> Result<Server, Failure> {
        if let Some(running) = self.running.as_ref().filter(|running| running.bus == *bus) {
            return Ok(running.server.clone());
        }
        self.running = None;
        if let Some((until, why)) = &self.resting {
            let pause = until.saturating_duration_since(Instant::now());
            if !pause.is_zero() {
                return Err(Failure { why: why.clone(), pause });
            }
        }
        match Running::begin(&self.program, bus).await {
            Ok(running) => Ok(self.running.insert(running).server.clone()),
            Err(why) => Err(self.failed(why)),
        }
    }

    /// Shows a notification on the server that was found.
    ///
    /// # Errors
    /// Where the server does not take it in time. What was heard meanwhile is told by `heard`.
    pub async fn show(&mut self, show: Show, heard: &mut Vec<Heard>) -> Result<(), Failure> {
        let id = show.id;
        let shown = async {
            let running = self.running.as_mut().ok_or("nothing runs")?;
            running.ask(&Ask::Show(show)).await?;
            loop {
                match hear(&mut running.output).await? {
                    Heard::Shown { id: shown } if shown == id => return Ok(()),
                    Heard::Failed { id: Some(failed), why } if failed == id => return Err(why),
                    other => heard.push(other),
                }
            }
        };
        match shown.await {
            Ok(()) => {
                (self.failures, self.resting) = (0, None);
                Ok(())
            }
            Err(why) => {
                heard.push(Heard::Lost);
                Err(self.failed(why))
            }
        }
    }

    /// Takes a notification away.
    pub async fn close(&mut self, id: u64) {
        if let Some(running) = &mut self.running
            && running.ask(&Ask::Close { id }).await.is_err()
        {
            self.running = None;
        }
    }

    /// What a person did, or that all is gone; waits for it.
    pub async fn next(&mut self) -> Heard {
        let Some(running) = &mut self.running else { return std::future::pending().await };
        match running.output.next_line().await {
            Ok(Some(line)) if serde_json::from_str::<Heard>(&line).is_ok() => {
                serde_json::from_str(&line).unwrap_or(Heard::Lost)
            }
            _ => {
                self.running = None;
                Heard::Lost
            }
        }
    }

    fn failed(&mut self, why: String) -> Failure {
        self.running = None;
        let pause = (FIRST_PAUSE * (1 << self.failures.min(10))).min(LONGEST_PAUSE);
        self.failures += 1;
        self.resting = Some((Instant::now() + pause, why.clone()));
        Failure { why, pause }
    }
}

/// Which server there is, found afresh.
///
/// # Errors
/// Why there is none, as the end of a sentence.
pub async fn probe(program: &Path, bus: &Bus) -> Result<Server, String> {
    Running::begin(program, bus).await.map(|running| running.server)
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
    #[test]
    fn a_bus_that_is_not_there_needs_no_process() {
        let absent = |variables: &[(&str, &str)]| client(variables).unwrap().absence().is_some();
        assert!(absent(&[(ADDRESS, "unix:path=/nonexistent/bus")]));
        assert!(absent(&[(ADDRESS, "unix:path=/nonexistent/bus,guid=0123")]));
        assert!(absent(&[(RUNTIME, "/nonexistent")]));
        assert!(!absent(&[(ADDRESS, "unix:path=/")]));
        for unknown in [
            "unix:abstract=x",
            "tcp:host=h,port=1",
            "unix:path=/nonexistent;unix:path=/",
            "autolaunch:",
            "unix:path=/a%20b",
        ] {
            assert!(!absent(&[(ADDRESS, unknown)]), "{unknown}");
        }
    }

    #[tokio::test]
    async fn failures_are_followed_by_longer_and_longer_rests() {
        let mut desktop = Desktop::new("/nonexistent/chorus".into());
        let bus = client(&[(ADDRESS, "unix:abstract=none")]).unwrap();
        let first = desktop.server(&bus).await.unwrap_err();
        assert!(first.why.starts_with("cannot run /nonexistent/chorus"), "{first:?}");
        assert_eq!(first.pause, FIRST_PAUSE);
        let resting = desktop.server(&bus).await.unwrap_err();
        assert_eq!(resting.why, first.why);
        assert!(resting.pause <= FIRST_PAUSE && desktop.failures == 1);
        for _ in 0..20 {
            desktop.failed("x".into());
        }
        assert_eq!(desktop.failed("x".into()).pause, LONGEST_PAUSE);
    }
}
