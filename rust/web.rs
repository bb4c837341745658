//! Web terminals: ttyd on a private unix socket, and in front of it a loopback listener that checks who comes.
//!
//! What lets a browser in is in no file and, but for an address that counts once, in no argv: see [`gate`]. ttyd itself
//! listens where only this user can connect.

#![expect(clippy::disallowed_methods, reason = "Chorus's own records and sockets")]

mod gate;

use crate::contract::Code;
use crate::error::{Error, Result};
use crate::paths::{State, write_private};
use crate::process::{self, Identity};
use gate::Keys;
use parking_lot::{Mutex, MutexGuard};
use std::collections::HashMap;
use std::fs::DirBuilder;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::process::{Child, Command};
use tokio::task::JoinHandle;

const TTYD_LIMIT: Duration = Duration::from_secs(5);

/// The web terminals of all tasks: at most one a task, ended with it.
#[derive(Debug, Default)]
pub struct WebTerminals {
    open: Mutex<HashMap<String, OpenTerminal>>,
}

#[derive(Debug)]
struct OpenTerminal {
    keys: Arc<Keys>,
    argv: Vec<String>,
    write: bool,
    record: PathBuf,
    gate: JoinHandle<()>,
    /// Killed when dropped.
    ttyd: Child,
}

impl OpenTerminal {
    /// Whether it runs and can be reached, and shows that with this right to type.
    fn is_it(&mut self, argv: &[String], write: bool) -> bool {
        let serves = !self.gate.is_finished() && matches!(self.ttyd.try_wait(), Ok(None));
        self.write == write && self.argv == argv && serves
    }
}

impl Drop for OpenTerminal {
    fn drop(&mut self) {
        self.gate.abort();
        let _ = std::fs::remove_file(&self.record);
        let _ = std::fs::remove_file(self.record.with_extension("sock"));
    }
}

impl WebTerminals {
    /// An address of the task's terminal that counts once; the terminal is started if it is not there with this right
    /// to type.
    pub async fn open(&self, state: &State, ttyd: &str, task: &str, argv: &[String], write: bool) -> Result<String> {
        if let Some(terminal) = self.terminals().get_mut(task)
            && terminal.is_it(argv, write)
        {
            return Ok(terminal.keys.address());
        }
        self.close(task);
        let terminal = start(state, ttyd, task, argv, write).await?;
        let url = terminal.keys.address();
        self.terminals().insert(task.to_owned(), terminal);
        Ok(url)
    }

    /// Ends the task's terminal, if there is one.
    pub fn close(&self, task: &str) {
        self.terminals().remove(task);
    }

    /// Ends them all.
    pub fn close_all(&self) {
        self.terminals().clear();
    }

    fn terminals(&self) -> MutexGuard<'_, HashMap<String, OpenTerminal>> {
        self.open.lock()
    }
}

/// Ends what a killed daemon left: ttyd processes whose recorded identity still lives.
pub fn sweep(state: &State) {
    let Ok(entries) = std::fs::read_dir(folder(state)) else { return };
    for record in entries.flatten().map(|entry| entry.path()) {
        let identity = std::fs::read(&record).ok().and_then(|text| serde_json::from_slice::<Identity>(&text).ok());
        if let Some(identity) = identity.filter(process::is_alive) {
            process::terminate(&identity);
        }
        let _ = std::fs::remove_file(&record);
    }
}

fn folder(state: &State) -> PathBuf {
    state.dir.join("web")
}

async fn start(state: &State, ttyd: &str, task: &str, argv: &[String], write: bool) -> Result<OpenTerminal> {
    let modern = is_read_only_by_default(&version(ttyd).await?);
    let dir = folder(state);
    DirBuilder::new().recursive(true).mode(0o700).create(&dir).map_err(Error::internal)?;
    let record = dir.join(task);
    // Long state folders cannot hold a socket; the daemon's own stands in a place that can.
    let socket = match record.with_extension("sock") {
        path if path.as_os_str().len() <= 100 => path,
        _ => state.socket()?.with_file_name(format!("{task}.sock")),
    };
    let _ = std::fs::remove_file(&socket);
    let mut command = Command::new(ttyd);
    command.arg("-i").arg(&socket);
    match (modern, write) {
        (true, true) => drop(command.arg("-W")),
        (false, false) => drop(command.arg("-R")),
        _ => {}
    }
    command.args(argv).env_remove("TMUX").stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    let child = command.kill_on_drop(true).spawn().map_err(|error| missing(ttyd, &error))?;
    if let Some(identity) = child.id().and_then(process::identity) {
        write_private(&record, &serde_json::to_vec(&identity).unwrap_or_default())?;
    }
    wait_for(&socket).await?;
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.map_err(Error::internal)?;
    let port = listener.local_addr().map_err(Error::internal)?.port();
    let keys = Arc::new(Keys::new(port));
    let gate = tokio::spawn(gate::serve(listener, keys.clone(), socket));
    Ok(OpenTerminal { keys, argv: argv.to_vec(), write, record, gate, ttyd: child })
}

fn missing(ttyd: &str, error: &dyn std::fmt::Display) -> Error {
    let (error, doing) = (error.to_string(), format!("cannot run {ttyd}"));
    let message = if error.starts_with(&doing) { error } else { format!("{doing}: {error}") };
    Error::new(Code::ToolMissing, message).hint("install ttyd, or name it with `command` in [web] of chorus.toml")
}

async fn version(ttyd: &str) -> Result<String> {
    let mut command = Command::new(ttyd);
    command.arg("--version");
    let ended = process::run(command, Vec::new(), TTYD_LIMIT).await.map_err(|error| missing(ttyd, &error))?;
    Ok(ended.text() + &ended.stderr)
}

/// ttyd 1.7 turned the default round: read-only, with `-W` to write; before, `-R` to read only.
fn is_read_only_by_default(version: &str) -> bool {
    let number = version.split(|c: char| !c.is_ascii_digit() && c != '.').find(|word| word.contains('.'));
    let mut parts = number.unwrap_or("1.7").split('.').map(|part| part.parse::<u32>().unwrap_or(0));
    (parts.next().unwrap_or(0), parts.next().unwrap_or(0)) >= (1, 7)
}

async fn wait_for(socket: &Path) -> Result<()> {
    let there = async {
        while !socket.exists() {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(TTYD_LIMIT, there).await.map_err(|_| {
        Error::new(Code::ToolMissing, "ttyd was started and does not listen").hint("try ttyd 1.7 or newer")
    })
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_default_turned_with_ttyd_1_7() {
        assert!(super::is_read_only_by_default("ttyd version 1.7.7-40e79c7"));
        assert!(!super::is_read_only_by_default("ttyd version 1.6.3"));
    }
}
