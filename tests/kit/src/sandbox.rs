//! A world of its own for one test: folders, environment, tmux sockets, and the end of everything started in it.

use crate::files;
use crate::given;
use crate::processes::{self, Process};
use crate::tools::on_path;
use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::os::unix::fs::{FileTypeExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};

/// The world. Dropped, it ends every process whose environment names its folder, then the folder itself goes; with
/// `CHORUS_KEEP` set, a failed test's folder stays.
pub struct Sandbox {
    folder: Option<tempfile::TempDir>,
    root: PathBuf,
    chorus: PathBuf,
    environment: BTreeMap<String, String>,
    drafts: AtomicU32,
}

/// How a shell command ended.
#[derive(Clone, Debug)]
pub struct Ran {
    /// Exit code; -1 after a signal.
    pub code: i32,
    /// Standard output.
    pub stdout: String,
    /// Standard error.
    pub stderr: String,
}

impl Sandbox {
    /// A fresh world around one build of the program: `Sandbox::new(env!("CARGO_BIN_EXE_chorus"))`. Its PATH has git,
    /// the first given tmux, the newest given Neovim, `but` where there is one, and the system's folders.
    ///
    /// # Panics
    /// When the folder cannot be made.
    pub fn new(chorus: impl Into<PathBuf>) -> Sandbox {
        // Not the default temporary folder, which is too long for a socket's path on macOS.
        let folder = tempfile::Builder::new().prefix("chorus-").tempdir_in("/tmp").expect("a folder in /tmp");
        let root = folder.path().canonicalize().expect("the folder just made");
        for name in ["home", "config", "data", "xdg-state", "cache", "state", "tmux", "tmp", "bin", "project"] {
            std::fs::create_dir(root.join(name)).expect("a folder in the sandbox");
        }
        for name in ["state", "tmux", "tmp"] {
            std::fs::set_permissions(root.join(name), std::fs::Permissions::from_mode(0o700)).expect("private folders");
        }
        let environment = environment(&root);
        let sandbox =
            Sandbox { folder: Some(folder), root, chorus: chorus.into(), environment, drafts: AtomicU32::new(0) };
        let tmux = given::tmuxes().into_iter().next().map(|tmux| tmux.path);
        let nvim = given::nvims().pop().map(|nvim| nvim.path);
        for (name, program) in [("git", on_path("git")), ("tmux", tmux), ("nvim", nvim), ("but", on_path("but"))] {
            if let Some(program) = program {
                sandbox.link(name, &program);
            }
        }
        sandbox.git(["init", "--quiet", "--initial-branch=main"]);
        sandbox.write("project/README.md", "# A project\n");
        sandbox.commit("the first commit");
        sandbox
    }

    /// The folder that holds everything.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// HOME.
    pub fn home(&self) -> PathBuf {
        self.root.join("home")
    }

    /// CHORUS_STATE_DIR.
    pub fn state(&self) -> PathBuf {
        self.root.join("state")
    }

    /// XDG_CONFIG_HOME.
    pub fn config(&self) -> PathBuf {
        self.root.join("config")
    }

    /// A git repository with one commit on `main`; commands run in it.
    pub fn project(&self) -> PathBuf {
        self.root.join("project")
    }

    /// CHORUS_TMUX_SOCKET.
    pub fn tmux_socket(&self) -> PathBuf {
        self.root.join("tmux/sock")
    }

    /// The whole environment of what runs here.
    pub fn environment(&self) -> &BTreeMap<String, String> {
        &self.environment
    }

    /// Sets a variable for what runs here from now on.
    pub fn set(&mut self, name: &str, value: impl AsRef<OsStr>) {
        self.environment.insert(name.to_owned(), value.as_ref().to_string_lossy().into_owned());
    }

    /// Removes a variable for what runs here from now on.
    pub fn unset(&mut self, name: &str) {
        self.environment.remove(name);
    }

    /// Puts a program first on PATH under that name: a chosen tmux or Neovim, a real client, a stand-in.
    pub fn link(&self, name: &str, program: &Path) {
        let link = self.root.join("bin").join(name);
        let _ = std::fs::remove_file(&link);
        std::os::unix::fs::symlink(program, link).expect("a link in the sandbox");
    }

    /// Takes a program that was linked off PATH again.
    pub fn unlink(&self, name: &str) {
        let _ = std::fs::remove_file(self.root.join("bin").join(name));
    }

    /// Writes a file below the sandbox's folder, with the folders above it. A daemon that reads it meanwhile finds the
    /// old text or the new one.
    pub fn write(&self, path: &str, text: &str) -> PathBuf {
        let path = self.root.join(path);
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("folders in the sandbox");
        let draft = self.root.join(format!(".draft-{}", self.drafts.fetch_add(1, Ordering::Relaxed)));
        files::replace(&draft, &path, text.as_bytes()).expect("a file in the sandbox");
        path
    }

    /// A command with this world's environment, in the project, with nothing on its standard input.
    pub fn command(&self, program: impl AsRef<OsStr>) -> Command {
        let mut command = Command::new(program);
        command.env_clear().envs(&self.environment).current_dir(self.project()).stdin(Stdio::null());
        command
    }

    /// A command of `chorus`.
    pub fn chorus<I: IntoIterator<Item = S>, S: AsRef<OsStr>>(&self, args: I) -> Command {
        let mut command = self.command(&self.chorus);
        command.args(args);
        command
    }

    /// Runs `chorus` to its end.
    pub fn run<I: IntoIterator<Item = S>, S: AsRef<OsStr>>(&self, args: I) -> Ran {
        self.chorus(args).output().expect("chorus runs").into()
    }

    /// Runs `chorus … --json`, which must succeed, and reads its answer.
    #[track_caller]
    pub fn json<I: IntoIterator<Item = S>, S: AsRef<OsStr>>(&self, args: I) -> serde_json::Value {
        let ran: Ran = self.chorus(args).arg("--json").output().expect("chorus runs").into();
        assert_eq!(ran.code, 0, "{}{}", ran.stdout, ran.stderr);
        serde_json::from_str(&ran.stdout).unwrap_or_else(|error| panic!("{error} in {:?}", ran.stdout))
    }

    /// Runs git in the project; its output, trimmed.
    #[track_caller]
    pub fn git<I: IntoIterator<Item = S>, S: AsRef<OsStr>>(&self, args: I) -> String {
        let ran: Ran = self.command("git").args(args).output().expect("git runs").into();
        assert_eq!(ran.code, 0, "{}", ran.stderr);
        ran.stdout.trim().to_owned()
    }

    /// Commits everything in the project.
    #[track_caller]
    pub fn commit(&self, message: &str) {
        self.git(["add", "--all"]);
        self.git(["commit", "--quiet", "--message", message]);
    }

    /// Runs tmux on this world's socket; its output, trimmed; nothing when tmux refused.
    pub fn tmux<I: IntoIterator<Item = S>, S: AsRef<OsStr>>(&self, args: I) -> Option<String> {
        let socket = self.tmux_socket();
        let output = self.command("tmux").arg("-S").arg(socket).args(args).output().ok()?;
        output.status.success().then(|| String::from_utf8_lossy(&output.stdout).trim().to_owned())
    }

    /// Every live process of this world.
    pub fn processes(&self) -> Vec<Process> {
        processes::naming(&self.root)
    }

    /// The daemon's pid.
    pub fn daemon(&self) -> Option<u32> {
        let is_daemon = |process: &Process| process.argv.get(1).is_some_and(|argument| argument == "daemon");
        self.processes().into_iter().find(is_daemon).map(|process| process.pid)
    }

    fn end(&self) {
        // The daemon first, which would else record deaths and start things again.
        processes::end(|| self.daemon().map(|pid| Process { pid, argv: Vec::new() }).into_iter().collect());
        for socket in sockets(&self.root.join("tmux")) {
            let _ = self.command("tmux").arg("-S").arg(socket).arg("kill-server").output();
        }
        processes::end(|| self.processes());
    }
}

impl Drop for Sandbox {
    fn drop(&mut self) {
        self.end();
        if std::thread::panicking() && std::env::var_os("CHORUS_KEEP").is_some() {
            self.folder.take().map(tempfile::TempDir::keep);
        }
    }
}

impl From<Output> for Ran {
    fn from(output: Output) -> Ran {
        Ran {
            code: output.status.code().unwrap_or(-1),
            stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }
}

/// Writes an executable script. Another program does the writing: a child that a thread of ours forks meanwhile would
/// hold the file open for writing, and then it cannot be run ("Text file busy").
///
/// # Panics
/// When it cannot be written.
pub fn script(path: &Path, text: &str) {
    let mut shell = Command::new("/bin/sh");
    shell.args(["-c", r#"umask 022; rm -f "$0.new"; cat > "$0.new" && chmod 755 "$0.new" && mv "$0.new" "$0""#]);
    let mut child = shell.arg(path).stdin(Stdio::piped()).spawn().expect("a shell");
    std::io::Write::write_all(&mut child.stdin.take().expect("its input"), text.as_bytes()).expect("the script");
    assert!(child.wait().expect("its end").success(), "{} cannot be written", path.display());
}

fn environment(root: &Path) -> BTreeMap<String, String> {
    let at = |name: &str| root.join(name).to_string_lossy().into_owned();
    let mut environment: BTreeMap<String, String> = [
        ("HOME", at("home")),
        ("XDG_CONFIG_HOME", at("config")),
        ("XDG_DATA_HOME", at("data")),
        ("XDG_STATE_HOME", at("xdg-state")),
        ("XDG_CACHE_HOME", at("cache")),
        ("CHORUS_STATE_DIR", at("state")),
        ("CHORUS_TMUX_SOCKET", at("tmux/sock")),
        ("TMUX_TMPDIR", at("tmux")),
        ("TMPDIR", at("tmp")),
        // The developer's own desktop must not hear of it.
        ("DBUS_SESSION_BUS_ADDRESS", format!("unix:path={}", at("no-bus"))),
        ("PATH", format!("{}:/usr/bin:/bin:/usr/sbin:/sbin", at("bin"))),
    ]
    .map(|(name, value)| (name.to_owned(), value))
    .into();
    let fixed = [
        ("LANG", "C.UTF-8"),
        ("TERM", "xterm-256color"),
        ("SHELL", "/bin/sh"),
        // In the project itself, unless a test is about more.
        ("CHORUS_ISOLATION", "none"),
        ("USER", "tester"),
        ("GIT_CONFIG_NOSYSTEM", "1"),
        ("GIT_AUTHOR_NAME", "A Tester"),
        ("GIT_AUTHOR_EMAIL", "tester@localhost"),
        ("GIT_COMMITTER_NAME", "A Tester"),
        ("GIT_COMMITTER_EMAIL", "tester@localhost"),
    ];
    environment.extend(fixed.map(|(name, value)| (name.to_owned(), value.to_owned())));
    environment
}

fn sockets(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        match entry.file_type() {
            Ok(kind) if kind.is_dir() => found.extend(sockets(&entry.path())),
            Ok(kind) if kind.is_socket() => found.push(entry.path()),
            _ => {}
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wait_until;

    #[test]
    fn nothing_outlives_a_sandbox() {
        let sandbox = Sandbox::new("/nonexistent");
        let root = sandbox.root().to_owned();
        let mut child = sandbox.command("sh").args(["-c", "trap '' TERM; while :; do sleep 1; done"]).spawn().unwrap();
        wait_until("the child shows", || !sandbox.processes().is_empty());
        if sandbox.tmux(["-f", "/dev/null", "new-session", "-d", "sleep 100"]).is_none() {
            crate::skip("no tmux on PATH");
        }
        let reaper = std::thread::spawn(move || child.wait());
        drop(sandbox);
        reaper.join().unwrap().unwrap();
        assert!(!root.exists());
        assert!(processes::naming(&root).is_empty());
    }

    #[test]
    fn nothing_of_the_caller_s_environment_leaks() {
        let sandbox = Sandbox::new("/nonexistent");
        let ran: Ran = sandbox.command("env").output().unwrap().into();
        assert!(ran.stdout.lines().all(|line| !line.starts_with("CARGO")), "{}", ran.stdout);
    }
}
