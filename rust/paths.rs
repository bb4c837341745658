//! Where Chorus keeps things: the state folder, the sockets, the log.

#![expect(clippy::disallowed_methods, reason = "Chorus's own state folder")]

#[cfg_attr(not(test), deny(clippy::disallowed_methods))]
mod beneath;
pub mod ignore_rules;
pub mod log;
#[cfg_attr(not(test), deny(clippy::disallowed_methods))]
mod moves;
mod replace;

pub use beneath::{Beneath, Content, LARGEST, link_above, replace_expected};
pub use moves::{exchange, move_to_nothing};
pub use replace::{Access, UNFINISHED, is_unfinished, replace, replace_durably, replace_with_link};

use crate::error::{Code, Error, Result};
use crate::text::blank;
use sha2::{Digest, Sha256};
use std::ffi::{OsStr, OsString};
use std::fs::{DirBuilder, Permissions};
use std::io::ErrorKind;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};

/// The store's file inside the state folder.
pub const STORE: &str = "chorus.db";

/// What Chorus makes in a state folder, besides files whose names begin with [`STORE`], and what systems make anywhere.
const OWN: &[&str] = &[
    ".DS_Store",
    "bin",
    "demo",
    "drafts",
    "lock",
    "log",
    "log.old",
    "lost+found",
    "prompts",
    "sock",
    "spool",
    "start",
    "tasks",
    "tmp",
    "tmux",
    "tmux-socket",
    "web",
    "worktrees",
];

/// A socket's path must fit `sockaddr_un` (104 bytes on macOS, 108 on Linux) with room for tmux's own suffixes.
const LONGEST_SOCKET: usize = 100;

/// The state folder and everything in it. Folders are 0700, files 0600.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct State {
    /// Absolute path of the folder.
    pub dir: PathBuf,
}

impl State {
    /// From `CHORUS_STATE_DIR`, else `$XDG_STATE_HOME/chorus`, else `~/.local/state/chorus`.
    ///
    /// # Errors
    /// For a relative folder, which would be another one, with other tasks, wherever a shell is. As their
    /// specification says, a relative `XDG_STATE_HOME` counts for nothing.
    pub fn from_environment() -> Result<State> {
        State::chosen(|name| std::env::var_os(name).map(PathBuf::from))
    }

    fn chosen(variable: impl Fn(&str) -> Option<PathBuf>) -> Result<State> {
        let set = |name: &str| variable(name).filter(|value| !value.as_os_str().is_empty());
        let cannot = |why: String, hint: &str| {
            Error::new(Code::StoreUnusable, format!("cannot find a state folder: {why}")).hint(hint)
        };
        if let Some(dir) = set("CHORUS_STATE_DIR") {
            return match dir.is_absolute() {
                true => Ok(State { dir }),
                false => Err(cannot(
                    format!("CHORUS_STATE_DIR is `{}`, which is no absolute path", dir.display()),
                    "set it to an absolute path: `~` stands for nothing there",
                )),
            };
        }
        let base = set("XDG_STATE_HOME").filter(|base| base.is_absolute());
        let base = base.or_else(|| set("HOME").filter(|home| home.is_absolute()).map(|home| home.join(".local/state")));
        match base {
            Some(base) => Ok(State { dir: base.join("chorus") }),
            None => Err(cannot("HOME is not set".into(), "set HOME, or CHORUS_STATE_DIR to an absolute path")),
        }
    }

    /// Makes the folders that are missing and closes them to others.
    ///
    /// # Errors
    /// Also for root below another user's folder, by `sudo`: what root makes there is closed to that user.
    pub fn create(&self) -> Result<()> {
        let sudo = std::env::var_os("SUDO_UID").is_some() && rustix::process::geteuid().is_root();
        if let Some(owner) = owner_of(&self.dir).filter(|owner| sudo && *owner != 0) {
            let why =
                format!("cannot use the state folder {}: it is user {owner}'s, and this is root", self.dir.display());
            return Err(Error::new(Code::StoreUnusable, why)
                .hint("run Chorus without sudo, or set CHORUS_STATE_DIR to a folder of root's"));
        }
        if let Some(other) = self.not_ours() {
            let (dir, other) = (self.dir.display(), blank(&other.to_string_lossy()));
            return Err(Error::new(
                Code::StoreUnusable,
                format!("cannot use the state folder {dir}: there are other things in it, such as {other}"),
            )
            .hint(format!("set CHORUS_STATE_DIR to a folder for nothing else, such as {dir}/chorus")));
        }
        for dir in [self.dir.clone(), self.spool(), self.drafts(), self.tasks(), self.bin()] {
            DirBuilder::new().recursive(true).mode(0o700).create(&dir).map_err(|error| unusable(&dir, &error))?;
        }
        std::fs::set_permissions(&self.dir, Permissions::from_mode(0o700)).map_err(|error| unusable(&self.dir, &error))
    }

    /// Something in the folder that Chorus did not make, where no daemon has worked before: the folder is somebody's home,
    /// say, and what Chorus removes and closes in its own is theirs.
    fn not_ours(&self) -> Option<OsString> {
        let is_file = |path: PathBuf| std::fs::symlink_metadata(path).is_ok_and(|found| found.is_file());
        if is_file(self.lock()) || is_file(self.dir.join(STORE)) {
            return None;
        }
        let mut names = std::fs::read_dir(&self.dir).ok()?.flatten().map(|entry| entry.file_name());
        let is_ours =
            |name: &OsString| name.to_str().is_some_and(|name| OWN.contains(&name) || name.starts_with(STORE));
        names.find(|name| !is_ours(name))
    }

    /// Lets temporary files of this process lie in the state folder: a default folder may go with the shell that named it.
    /// What an earlier daemon left there goes.
    pub fn use_temporary_folder(&self) -> Result<()> {
        let dir = self.dir.join("tmp");
        let _ = std::fs::remove_dir_all(&dir);
        DirBuilder::new().recursive(true).mode(0o700).create(&dir).map_err(|error| unusable(&dir, &error))?;
        // Another folder was set before: then that one is used.
        let _ = tempfile::env::override_temp_dir(&dir);
        Ok(())
    }

    /// Held locked by the daemon for life.
    pub fn lock(&self) -> PathBuf {
        self.dir.join("lock")
    }

    /// The daemon's log; the previous one is `log.old`.
    pub fn log(&self) -> PathBuf {
        self.dir.join("log")
    }

    /// Hook events that found no daemon.
    pub fn spool(&self) -> PathBuf {
        self.dir.join("spool")
    }

    /// Unfinished new-task buffers.
    pub fn drafts(&self) -> PathBuf {
        self.dir.join("drafts")
    }

    /// Where tasks' worktrees are.
    pub fn worktrees(&self) -> PathBuf {
        self.dir.join("worktrees")
    }

    fn bin(&self) -> PathBuf {
        self.dir.join("bin")
    }

    /// The copy of this program that running agents call, so that a rebuild does not break them.
    pub fn program(&self) -> PathBuf {
        self.bin().join("chorus")
    }

    /// What that copy was made from.
    pub fn program_origin(&self) -> PathBuf {
        self.bin().join("origin.json")
    }

    /// The `--settings` file given to a task's agent.
    pub fn settings_of(&self, task: &str) -> PathBuf {
        self.tasks().join(format!("{task}.json"))
    }

    /// The whole context of a task, which its agent may read.
    pub fn context_of(&self, task: &str) -> PathBuf {
        self.tasks().join(format!("{task}.md"))
    }

    /// The demo agent's configuration folder.
    pub fn demo(&self) -> PathBuf {
        self.dir.join("demo")
    }

    /// Where the files of tasks are.
    pub fn tasks(&self) -> PathBuf {
        self.dir.join("tasks")
    }

    /// The daemon's socket, in a folder that is ours alone: checked at each call.
    pub fn socket(&self) -> Result<PathBuf> {
        let near = self.dir.join("sock");
        if near.as_os_str().len() <= LONGEST_SOCKET {
            return Ok(near);
        }
        Ok(self.near_folder()?.join("sock"))
    }

    /// A folder of this state whose path is short enough for sockets.
    fn near_folder(&self) -> Result<PathBuf> {
        let dir = self.near();
        private_folder(&dir, Use::Own)?;
        Ok(dir)
    }

    fn near(&self) -> PathBuf {
        PathBuf::from(format!("/tmp/chorus-{}-{}", rustix::process::getuid().as_raw(), self.name()))
    }

    /// How many characters of a task's uuid name its folder in [`State::tmux_folders_of_agents`].
    pub const SHORT_TASK: usize = 13;

    fn tmux(&self) -> PathBuf {
        self.dir.join("tmux")
    }

    /// Where the folders of agents' own tmux servers are: in the state folder, or near `/` where its path is too long.
    /// There may be other things beside them.
    pub fn tmux_folders_of_agents(&self) -> Vec<PathBuf> {
        let near = self.near();
        // Anybody can make a folder of that name.
        let is_ours = std::fs::symlink_metadata(&near)
            .is_ok_and(|found| found.is_dir() && found.uid() == rustix::process::getuid().as_raw());
        [self.tmux()].into_iter().chain(is_ours.then_some(near)).collect()
    }

    /// The socket of a tmux server that a task's agent may start, as `FOLDER/tmux-UID/default`: the names that tmux
    /// itself gives below a `TMUX_TMPDIR`. Its folders are there after the call.
    pub fn tmux_socket_of_agent(&self, task: &str) -> Result<PathBuf> {
        let short: String = task.chars().take(State::SHORT_TASK).collect();
        let below = Path::new(&short).join(tmux_folder()).join("default");
        let near = self.tmux().join(&below);
        let socket = match near.as_os_str().len() <= LONGEST_SOCKET {
            true => near,
            false => self.near_folder()?.join(&below),
        };
        let folder = socket.parent().unwrap_or(&self.dir);
        DirBuilder::new().recursive(true).mode(0o700).create(folder).map_err(|error| unusable(folder, &error))?;
        Ok(socket)
    }

    /// Notes where the tmux server of the newest launch is.
    pub fn keep_tmux_socket(&self, socket: &Path) -> Result<()> {
        write_private(&self.dir.join("tmux-socket"), socket.as_os_str().as_encoded_bytes())
    }

    /// Where the tmux server of the newest launch is.
    pub fn kept_tmux_socket(&self) -> Option<PathBuf> {
        let text = std::fs::read_to_string(self.dir.join("tmux-socket")).ok()?;
        Some(PathBuf::from(text)).filter(|socket| socket.is_absolute())
    }

    /// The tmux server's socket: `tmux -L chorus` for the usual state folder, another name for any other.
    pub fn tmux_socket(&self) -> Result<PathBuf> {
        let usual = std::env::var_os("HOME").map(|home| Path::new(&home).join(".local/state/chorus"));
        let name =
            if usual.as_ref() == Some(&self.dir) { "chorus".to_owned() } else { format!("chorus-{}", self.name()) };
        self.tmux_socket_named(&name)
    }

    /// The socket that tmux itself would use for `-L name`; an absolute path is one already.
    pub fn tmux_socket_named(&self, name: &str) -> Result<PathBuf> {
        if Path::new(name).is_absolute() {
            return Ok(name.into());
        }
        let base = std::env::var_os("TMUX_TMPDIR").filter(|value| !value.is_empty()).unwrap_or_else(|| "/tmp".into());
        let dir = Path::new(&base).join(tmux_folder());
        private_folder(&dir, Use::Tmux)?;
        Ok(dir.join(name))
    }

    /// A short name for this state folder.
    fn name(&self) -> String {
        let digest = Sha256::digest(self.dir.as_os_str().as_encoded_bytes());
        digest.iter().take(6).map(|byte| format!("{byte:02x}")).collect()
    }
}

/// What Linux appends to the path of a program whose file was replaced or removed.
const REPLACED: &[u8] = b" (deleted)";

/// Where this program was started from. Another build may be in that file by now.
///
/// # Errors
/// When the system does not say.
pub fn own_program() -> std::io::Result<PathBuf> {
    let path = std::env::current_exe()?;
    match path.as_os_str().as_bytes().strip_suffix(REPLACED) {
        Some(before) if !path.exists() => Ok(PathBuf::from(OsStr::from_bytes(before))),
        _ => Ok(path),
    }
}

/// Whole or not at all, readable by this user only.
pub fn write_private(path: &Path, bytes: &[u8]) -> Result<()> {
    let fault = |error: std::io::Error| {
        Error::new(Code::StoreUnusable, format!("cannot write {}: {error}", path.display()))
            .hint("free some space, or make the state folder writable")
    };
    replace(path, bytes, Access::Private).map_err(fault)
}

fn unusable(path: &Path, error: &std::io::Error) -> Error {
    let (me, owner) = (rustix::process::geteuid().as_raw(), owner_of(path));
    let hint = match owner.filter(|owner| error.kind() == ErrorKind::PermissionDenied && *owner != me) {
        Some(owner) => format!(
            "it is user {owner}'s, and this is user {me}: give it to this user (`chown -R {me}`), correct HOME, or set \
             CHORUS_STATE_DIR to another folder"
        ),
        None => "make it a writable folder, or set CHORUS_STATE_DIR to another one".to_owned(),
    };
    Error::new(Code::StoreUnusable, format!("cannot use the state folder {}: {error}", path.display())).hint(hint)
}

/// The owner of the path, or of what it would be made in.
fn owner_of(path: &Path) -> Option<u32> {
    path.ancestors().find_map(|dir| std::fs::metadata(dir).ok()).map(|found| found.uid())
}

/// The folder that tmux makes for its sockets.
fn tmux_folder() -> String {
    format!("tmux-{}", rustix::process::getuid().as_raw())
}

/// Whose sockets a folder is for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Use {
    /// Chorus's own.
    Own,
    /// tmux's, which takes a folder that the user's group may enter (3.3a).
    Tmux,
}

impl Use {
    fn forbidden(self) -> u32 {
        if self == Use::Tmux { 0o007 } else { 0o077 }
    }

    fn hint(self) -> &'static str {
        match self {
            Use::Own => "remove it, or set CHORUS_STATE_DIR to a shorter path",
            Use::Tmux => {
                "remove it, set TMUX_TMPDIR to a folder of your own and end the daemon, or set CHORUS_TMUX_SOCKET (or \
                 `socket` in [tmux] of chorus.toml) to the absolute path of a socket elsewhere"
            }
        }
    }
}

/// Makes `dir` if it is missing, and refuses one that is not a folder of this user closed to all others. What is missing
/// above it is made as well, closed in the same way.
fn private_folder(dir: &Path, wanted: Use) -> Result<()> {
    let refuse = |why: &str| {
        Error::new(Code::StoreUnusable, format!("cannot use {} for a socket: {why}", dir.display())).hint(wanted.hint())
    };
    if std::fs::symlink_metadata(dir).is_err() {
        DirBuilder::new().recursive(true).mode(0o700).create(dir).map_err(|error| refuse(&error.to_string()))?;
    }
    let found = std::fs::symlink_metadata(dir).map_err(|error| refuse(&error.to_string()))?;
    if !found.is_dir() {
        return Err(refuse("it is not a folder"));
    }
    if found.uid() != rustix::process::getuid().as_raw() {
        return Err(refuse("it belongs to another user"));
    }
    if found.mode() & wanted.forbidden() != 0 {
        return Err(refuse("others can enter it"));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_state_folder_is_the_same_wherever_the_shell_is() {
        let chosen = |set: &'static [(&str, &str)]| {
            let of = |name: &str| set.iter().find(|(other, _)| *other == name).map(|(_, value)| PathBuf::from(value));
            State::chosen(of).map(|state| state.dir.display().to_string()).map_err(|error| error.to_string())
        };
        assert_eq!(chosen(&[("CHORUS_STATE_DIR", "/s"), ("HOME", "/h")]).unwrap(), "/s");
        assert_eq!(chosen(&[("CHORUS_STATE_DIR", ""), ("XDG_STATE_HOME", "/x"), ("HOME", "/h")]).unwrap(), "/x/chorus");
        assert_eq!(chosen(&[("XDG_STATE_HOME", "x"), ("HOME", "/h")]).unwrap(), "/h/.local/state/chorus");
        for relative in ["s", "~/s", "./s"] {
            let of = |name: &str| (name == "CHORUS_STATE_DIR").then(|| PathBuf::from(relative));
            let error = State::chosen(of).unwrap_err();
            assert!(error.message.contains("no absolute path") && error.hint.is_some(), "{error}");
        }
        assert!(chosen(&[]).unwrap_err().contains("HOME is not set"));
    }

    #[test]
    fn a_folder_of_other_things_is_no_state_folder() {
        let base = tempfile::tempdir().unwrap();
        let home = State { dir: base.path().join("home") };
        std::fs::create_dir_all(home.dir.join("tmp")).unwrap();
        std::fs::write(home.dir.join("tmp/precious"), "").unwrap();
        std::fs::write(home.dir.join("Documents"), "").unwrap();
        std::fs::set_permissions(&home.dir, Permissions::from_mode(0o755)).unwrap();
        let error = home.create().unwrap_err();
        assert!(error.message.contains("Documents") && error.hint.is_some(), "{error}");
        assert_eq!(std::fs::metadata(&home.dir).unwrap().mode() & 0o777, 0o755);
        // What a daemon has worked in goes on.
        std::fs::write(home.lock(), "").unwrap();
        home.create().unwrap();
        let new = State { dir: base.path().join("new/chorus") };
        new.create().unwrap();
        new.create().unwrap();
    }

    #[test]
    fn a_long_state_folder_gets_a_short_socket() {
        let state = State { dir: PathBuf::from("/x").join("y".repeat(148)) };
        let socket = state.socket().unwrap();
        assert!(socket.as_os_str().len() <= LONGEST_SOCKET);
        assert_eq!(socket, state.socket().unwrap());
        std::fs::remove_dir(socket.parent().unwrap()).unwrap();
    }

    #[test]
    fn a_folder_open_to_others_is_refused() {
        let base = tempfile::tempdir().unwrap();
        let dir = base.path().join("open");
        std::fs::create_dir(&dir).unwrap();
        let refused = |mode: u32, wanted: Use| {
            std::fs::set_permissions(&dir, Permissions::from_mode(mode)).unwrap();
            private_folder(&dir, wanted).err().and_then(|error| error.hint)
        };
        assert!(refused(0o755, Use::Own).unwrap().contains("CHORUS_STATE_DIR"));
        assert!(refused(0o755, Use::Tmux).unwrap().contains("TMUX_TMPDIR"));
        assert!(refused(0o750, Use::Own).is_some() && refused(0o750, Use::Tmux).is_none());
        let link = base.path().join("link");
        std::os::unix::fs::symlink(base.path(), &link).unwrap();
        assert!(private_folder(&link, Use::Tmux).is_err());
    }

    #[test]
    fn what_is_missing_above_is_made() {
        let base = tempfile::tempdir().unwrap();
        let dir = base.path().join("a/b/tmux-7");
        private_folder(&dir, Use::Tmux).unwrap();
        assert_eq!(std::fs::metadata(dir.parent().unwrap()).unwrap().mode() & 0o777, 0o700);
        std::fs::write(base.path().join("file"), "").unwrap();
        let error = private_folder(&base.path().join("file/tmux-7"), Use::Tmux).unwrap_err();
        assert!(error.hint.unwrap().contains("CHORUS_TMUX_SOCKET"));
    }

    #[test]
    fn an_agent_s_own_tmux_has_a_place_however_long_the_state_folder_is() {
        let base = tempfile::tempdir().unwrap();
        let task = "0c4f0de2-7f1a-4b7e-8f5e-2f9d1c0a7b11";
        for dir in [base.path().join("state"), base.path().join("y".repeat(148))] {
            let state = State { dir };
            let socket = state.tmux_socket_of_agent(task).unwrap();
            assert!(socket.as_os_str().len() <= LONGEST_SOCKET, "{}", socket.display());
            assert!(socket.parent().unwrap().is_dir());
            assert_eq!(socket.parent().unwrap().file_name().unwrap().to_str(), Some(tmux_folder().as_str()));
        }
        let far = State { dir: base.path().join("y".repeat(148)) };
        std::fs::remove_dir_all(far.near_folder().unwrap()).unwrap();
    }
}
