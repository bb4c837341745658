//! The servers that were seen at a socket. The path may go while its server lives (a cleaner of temporary folders, an
//! `rm`), and with it the panes seem gone: so "nobody listens" is held against the process.

use super::{ANSWERS, Tmux};
use crate::contract::Code;
use crate::error::{Error, Result};
use crate::process::{self, Identity};
use parking_lot::Mutex;
use std::collections::HashMap;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use tokio::time::{Instant, sleep};

/// A server that ends closes its socket a moment before: for so long it is only watched.
const ENDING: Duration = Duration::from_millis(60);
/// How long a server may take to make its socket again; it takes a few milliseconds.
const COMES_BACK: Duration = Duration::from_millis(1500);
const BETWEEN_LOOKS: Duration = Duration::from_millis(10);

/// The newest server seen at each socket, shared by all handles on them.
#[derive(Clone, Debug, Default)]
pub struct Servers {
    seen: Arc<Mutex<HashMap<PathBuf, Identity>>>,
}

impl Servers {
    /// A server with this pid was at the socket. Ignored unless such a server lives.
    pub fn saw(&self, socket: &Path, pid: u32) {
        let known = self.seen.lock().get(socket).is_some_and(|known| known.pid == pid && process::is_alive(known));
        if known {
            return;
        }
        if let Some(server) = process::identity(pid).filter(|_| is_server(pid, socket)) {
            self.seen.lock().insert(socket.to_owned(), server);
        }
    }

    /// The server of that socket, while its process lives.
    pub fn living(&self, socket: &Path) -> Option<Identity> {
        let known = self.seen.lock().get(socket).cloned()?;
        process::is_alive(&known).then_some(known)
    }
}

/// Whether the process is a tmux on that socket: its command line names it, as an argument or (where tmux sets its
/// title) in parentheses. Unlike the time of its start, that survives a clock that is set.
fn is_server(pid: u32, socket: &Path) -> bool {
    let is_tmux = process::command_name(pid).is_some_and(|name| name.starts_with("tmux"));
    is_tmux && process::command_line(pid).is_some_and(|line| line.contains(&*socket.to_string_lossy()))
}

impl Tmux {
    /// This handle, sharing what others know of servers.
    pub fn sharing(self, servers: Servers) -> Tmux {
        Tmux { servers, ..self }
    }

    /// The server whose process lives though nobody listens at its socket.
    pub(super) fn stranded(&self) -> Option<Identity> {
        self.servers.living(&self.socket).filter(|_| self.is_deserted())
    }

    /// Brings a server back to its socket: tmux makes it again when told by `SIGUSR1`.
    ///
    /// # Errors
    /// `tmux_failed` when the server lives and does not come back: then no other may take its place.
    #[expect(clippy::disallowed_methods, reason = "the folder of Chorus's own socket")]
    pub(super) async fn call_back(&self) -> Result<()> {
        let begun = Instant::now();
        let mut told = false;
        while let Some(server) = self.stranded() {
            if !told && begun.elapsed() >= ENDING {
                told = true;
                if let Some(folder) = self.socket.parent() {
                    // Where it cannot be made, the server cannot make its socket either, and that is told below.
                    let _ = std::fs::DirBuilder::new().recursive(true).mode(0o700).create(folder);
                }
                log::warn!("the socket {} is gone: asking tmux to make it again", self.socket.display());
                process::tell_to_listen(&server);
            }
            if begun.elapsed() > COMES_BACK {
                let (pid, socket) = (server.pid, self.socket.display());
                let said = format!("tmux does not answer: its server (process {pid}) lives, and not at {socket}");
                return Err(Error::new(Code::TmuxFailed, said).hint(ANSWERS));
            }
            sleep(BETWEEN_LOOKS).await;
        }
        Ok(())
    }
}
