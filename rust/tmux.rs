//! tmux: Chorus's own server, the tasks' sessions in it, and what their screens show.
//!
//! Every question and order is one short tmux process. No control-mode client ever attaches: attaching one can
//! crash a server up to tmux 3.6b, with every agent in it (tmux issue 4980).
//!
//! Targets are ids (`$3`, `@3`, `%3`). Ids start again at 0 with a new server, so orders to a [`Pane`] run only
//! on the server that made it.

pub(crate) mod capture;
pub(crate) mod keys;
pub(crate) mod listing;
mod quote;
mod server;
mod servers;
pub(crate) mod session;
mod typing;
mod version;

pub use crate::typing::Key;
pub use capture::{Shot, Wanted};
pub use listing::{Listing, PaneState, Server};
pub use servers::Servers;
pub use session::Pane;
pub use version::TmuxVersion;

use crate::contract::Code;
use crate::error::{Error, Result};
use crate::process::{self, Ended};
use std::ffi::OsString;
use std::os::unix::fs::FileTypeExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// How long tmux may take to answer before it counts as silent. It answers in 2 to 10 ms; a loaded machine may not.
const PATIENCE: Duration = Duration::from_secs(5);

/// The bytes of a path that every system takes for a socket (macOS: 104, Linux: 108, both with the final zero).
const SOCKET_PATH_MAX: usize = 103;

/// What to do when tmux does not answer, or in riddles.
const ANSWERS: &str = "nothing was lost; try again, and see whether `tmux -V` answers";

/// Width and height in cells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Size {
    /// Width.
    pub columns: u16,
    /// Height.
    pub rows: u16,
}

impl Size {
    /// The smallest size: below it dialogs are cut off.
    pub const MIN: Size = Size { columns: 80, rows: 24 };

    /// This size, or the smallest where that is larger.
    pub fn at_least_min(self) -> Size {
        Size { columns: self.columns.max(Size::MIN.columns), rows: self.rows.max(Size::MIN.rows) }
    }
}

impl Default for Size {
    fn default() -> Self {
        Size { columns: 120, rows: 40 }
    }
}

/// How the server is set up.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The size of a pane that no terminal shows.
    pub size: Size,
    /// Lines of history a pane keeps.
    pub history: u32,
    /// The key that detaches a terminal, as tmux spells it.
    pub detach_key: String,
    /// Program and arguments to run when a pane's process ends; the pane's id and the task's uuid are added.
    /// Nothing runs when empty.
    pub on_pane_died: Vec<String>,
}

impl Default for Settings {
    fn default() -> Self {
        Settings { size: Size::default(), history: 5000, detach_key: "C-\\".into(), on_pane_died: Vec::new() }
    }
}

/// A handle on one tmux server. It holds no connection and starts nothing by itself.
#[derive(Clone, Debug)]
pub struct Tmux {
    program: PathBuf,
    socket: PathBuf,
    store: String,
    settings: Settings,
    servers: Servers,
}

/// One tmux command: name and arguments, unquoted.
type Command = Vec<String>;

fn command<const N: usize>(words: [&str; N]) -> Command {
    words.map(str::to_owned).into()
}

impl Tmux {
    /// The server at `socket` (an absolute path), which belongs to the store with the id `store`.
    pub fn new(
        program: impl Into<PathBuf>,
        socket: impl Into<PathBuf>,
        store: impl Into<String>,
        settings: Settings,
    ) -> Result<Tmux> {
        let (program, socket, store) = (program.into(), socket.into(), store.into());
        let bad = |why: &str| {
            Err(Error::new(Code::BadInput, format!("cannot use the tmux socket {}: {why}", socket.display()))
                .hint("set CHORUS_TMUX_SOCKET to a short absolute path"))
        };
        if !socket.is_absolute() {
            return bad("its path is not absolute");
        }
        if socket.as_os_str().len() > SOCKET_PATH_MAX {
            return bad(&format!("its path is longer than {SOCKET_PATH_MAX} bytes"));
        }
        if store.is_empty() || !store.chars().all(|c| c.is_ascii_alphanumeric() || c == '-') {
            return Err(Error::internal(format!("a store id is letters, digits and dashes, not {store:?}")));
        }
        Ok(Tmux { program, socket, store, settings, servers: Servers::default() })
    }

    /// The socket.
    pub fn socket(&self) -> &Path {
        &self.socket
    }

    /// Which tmux this is. Refused with `tmux_missing`, or `tmux_old` below 3.2.
    pub async fn check(&self) -> Result<TmuxVersion> {
        let mut ask = self.program();
        ask.arg("-V");
        let ended = process::run(ask, Vec::new(), PATIENCE).await.map_err(|error| match error.code {
            Code::ToolMissing => Error { code: Code::TmuxMissing, ..error }.hint(version::INSTALL),
            _ => error,
        })?;
        let said = ended.text();
        let found = TmuxVersion::parse(&said).ok_or_else(|| {
            let shown = said.trim().chars().take(80).collect::<String>();
            Error::new(
                Code::TmuxOld,
                format!("cannot tell the version of {}: it prints {shown:?}", self.program.display()),
            )
            .hint(version::INSTALL)
        })?;
        if found < TmuxVersion::OLDEST {
            return Err(Error::new(Code::TmuxOld, format!("tmux {found} is older than {}", TmuxVersion::OLDEST))
                .hint(version::INSTALL));
        }
        Ok(found)
    }

    /// Runs the commands in one process, given as arguments (16 KB at most, 1000 of them): the first that fails ends the
    /// rest.
    async fn run(&self, commands: &[Command], folder: Option<&Path>) -> Result<Ended> {
        self.start(quote::arguments(commands), Vec::new(), folder).await
    }

    /// Runs the commands in one process, given on standard input: any number of them, each on its own, so that one
    /// that fails leaves the others alone. (`source-file -`: tmux 3.1.)
    async fn script(&self, commands: &[Command]) -> Result<Ended> {
        self.start(vec!["source-file".into(), "-".into()], quote::script(commands).into_bytes(), None).await
    }

    /// Runs tmux on the server that is known, wherever its socket went, and never beside it.
    #[expect(clippy::disallowed_methods, reason = "Chorus's own socket")]
    async fn start(&self, arguments: Vec<OsString>, input: Vec<u8>, folder: Option<&Path>) -> Result<Ended> {
        let is_known = || self.servers.living(&self.socket).is_some();
        match std::fs::metadata(&self.socket) {
            // A server that lives had its socket there, and makes it again.
            Ok(found) if !found.file_type().is_socket() && !is_known() => return Err(self.taken()),
            Ok(_) => {}
            // Before: tmux would start a second server at the same path.
            Err(_) => self.call_back().await?,
        }
        let ended = self.start_once(arguments.clone(), input.clone(), folder).await?;
        // After: a path that is there may lead nowhere. What did not reach a server has changed nothing.
        if ended.code == Some(0) || self.stranded().is_none() {
            return Ok(ended);
        }
        self.call_back().await?;
        self.start_once(arguments, input, folder).await
    }

    fn program(&self) -> tokio::process::Command {
        let environment = server::environment();
        let path = environment.iter().find(|(name, _)| name == "PATH").map(|(_, path)| path.as_os_str());
        let mut tmux = tokio::process::Command::new(process::program_in(path, &self.program));
        tmux.env_clear().envs(environment);
        tmux
    }

    /// tmux takes away whatever lies where its socket is to be, a file of the person's too (3.3a).
    fn taken(&self) -> Error {
        let what = format!("cannot use the tmux socket {}: something else is there", self.socket.display());
        Error::new(Code::TmuxFailed, what)
            .hint("set CHORUS_TMUX_SOCKET, or `socket` in [tmux] of chorus.toml, to a path where nothing is")
    }

    async fn start_once(&self, arguments: Vec<OsString>, input: Vec<u8>, folder: Option<&Path>) -> Result<Ended> {
        let mut tmux = self.program();
        tmux.args(["-u", "-f", "/dev/null", "-S"]).arg(&self.socket).args(arguments);
        // A private folder may vanish under a long-lived daemon; tmux needs one that exists.
        tmux.current_dir(folder.unwrap_or(Path::new("/")));
        process::run(tmux, input, PATIENCE).await.map_err(|error| match error.code {
            Code::ToolMissing => Error { code: Code::TmuxMissing, ..error }.hint(version::INSTALL),
            _ => Error { code: Code::TmuxFailed, ..error }.hint(ANSWERS),
        })
    }

    /// The error of a tmux process that failed.
    fn refused(&self, doing: &str, ended: &Ended) -> Error {
        let said: String = ended.stderr.chars().take(300).collect();
        // Its own word of why comes first: a server that has no session yet goes with the command that failed.
        let is_told = !["no server running", "error connecting", "server exited", "lost server"]
            .iter()
            .any(|gone| said.starts_with(gone));
        if self.is_gone() && (said.is_empty() || !is_told) {
            return Error::new(Code::TmuxFailed, format!("cannot {doing}: the tmux server is gone"))
                .hint("restart the task to get a new one");
        }
        let said = if said.is_empty() { "tmux failed without a message".into() } else { format!("tmux says: {said}") };
        Error::new(Code::TmuxFailed, format!("cannot {doing}: {said}")).hint(ANSWERS)
    }

    /// Whether no server is there: nobody listens, and none that did lives.
    fn is_gone(&self) -> bool {
        self.is_deserted() && self.servers.living(&self.socket).is_none()
    }

    /// Whether nobody listens at the socket. A connection that is refused for any other reason is no proof.
    fn is_deserted(&self) -> bool {
        use std::io::ErrorKind::{ConnectionRefused, NotFound};
        std::os::unix::net::UnixStream::connect(&self.socket)
            .is_err_and(|error| matches!(error.kind(), NotFound | ConnectionRefused))
    }
}
