//! Running git: nothing asked at a terminal, nothing inherited that names another repository, an end to every wait.

use crate::contract::{Code, Environment};
use crate::error::{Error, Result};
use crate::process::{self, Ended};
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::time::Duration;
use tokio::process::Command;

/// How long a command that only reads may take.
const READ: Duration = Duration::from_secs(20);

/// How long one that changes something may take: a commit runs the user's hooks.
const CHANGE: Duration = Duration::from_secs(300);

/// What binds a git to one repository or one command (`git rev-parse --local-env-vars`, git 2.47, without
/// `GIT_CONFIG_COUNT`, by which a user may set what holds everywhere).
#[rustfmt::skip]
const BINDING: [&str; 16] = [
    "GIT_ALTERNATE_OBJECT_DIRECTORIES", "GIT_CONFIG", "GIT_CONFIG_PARAMETERS", "GIT_OBJECT_DIRECTORY",
    "GIT_DIR", "GIT_WORK_TREE", "GIT_IMPLICIT_WORK_TREE", "GIT_GRAFT_FILE", "GIT_INDEX_FILE", "GIT_NO_REPLACE_OBJECTS",
    "GIT_REPLACE_REF_BASE", "GIT_PREFIX", "GIT_SHALLOW_FILE", "GIT_COMMON_DIR", "GIT_NAMESPACE", "GIT_QUARANTINE_PATH",
];

/// Git in one folder.
#[derive(Clone, Debug)]
pub struct Git {
    /// Where it runs.
    pub folder: PathBuf,
    /// The whole environment, for the user's hooks and identity; nothing for this process's own.
    pub environment: Option<Environment>,
}

impl Git {
    /// Git in `folder`, with this process's environment.
    pub fn at(folder: impl Into<PathBuf>) -> Git {
        Git { folder: folder.into(), environment: None }
    }

    /// The same environment in another folder.
    pub fn within(&self, folder: impl Into<PathBuf>) -> Git {
        Git { folder: folder.into(), environment: self.environment.clone() }
    }

    /// A program in the folder with the same environment, bound to no repository.
    pub fn program(&self, name: impl AsRef<OsStr>) -> Command {
        let mut command = Command::new(name);
        if let Some(environment) = &self.environment {
            command.env_clear().envs(&environment.0);
        }
        for name in BINDING {
            command.env_remove(name);
        }
        command.current_dir(&self.folder);
        command
    }

    /// Git with `args`, ready to run; a reading one takes no lock of the index.
    pub fn command<S: AsRef<OsStr>>(&self, args: &[S]) -> Command {
        let mut command = self.program("git");
        command.env("LC_ALL", "C").env("GIT_TERMINAL_PROMPT", "0").env("GIT_EDITOR", ":").env("GIT_PAGER", "cat");
        command.args([
            "-c",
            "core.quotePath=false",
            "-c",
            "core.fsmonitor=false",
            "-c",
            "advice.defaultBranchName=false",
        ]);
        command.args(args);
        command
    }

    /// Reads, whatever the exit code.
    pub async fn ask<S: AsRef<OsStr>>(&self, args: &[S]) -> Result<Ended> {
        let mut command = self.command(args);
        command.env("GIT_OPTIONAL_LOCKS", "0");
        self.run(command, Vec::new(), READ).await
    }

    /// Reads bytes; an error when git fails.
    pub async fn bytes<S: AsRef<OsStr>>(&self, args: &[S]) -> Result<Vec<u8>> {
        let ended = self.ask(args).await?;
        succeeded(args, ended).map(|ended| ended.stdout)
    }

    /// Reads text without its last newline; an error when git fails.
    pub async fn read<S: AsRef<OsStr>>(&self, args: &[S]) -> Result<String> {
        let bytes = self.bytes(args).await?;
        Ok(String::from_utf8_lossy(&bytes).trim_end_matches('\n').to_owned())
    }

    /// Reads text; nothing when git exits otherwise than with 0.
    pub async fn find<S: AsRef<OsStr>>(&self, args: &[S]) -> Result<Option<String>> {
        let ended = self.ask(args).await?;
        Ok((ended.code == Some(0)).then(|| ended.text().trim_end_matches('\n').to_owned()))
    }

    /// Changes something, with `input` on standard input; an error when git fails.
    pub async fn change<S: AsRef<OsStr>>(&self, args: &[S], input: Vec<u8>) -> Result<String> {
        let ended = self.run(self.command(args), input, CHANGE).await?;
        succeeded(args, ended).map(|ended| ended.text().trim_end_matches('\n').to_owned())
    }

    /// Runs a command that [`Git::command`] or [`Git::program`] made to its end.
    pub async fn run(&self, command: Command, input: Vec<u8>, limit: Duration) -> Result<Ended> {
        if !self.folder.is_dir() {
            return Err(Error::new(Code::GitFailed, format!("cannot run git: {} is no folder", self.folder.display())));
        }
        process::run(command, input, limit).await.map_err(|error| match error.code {
            Code::ToolMissing => error.hint("install git, or put it on the PATH of the shell that starts Chorus"),
            _ => Error { code: Code::GitFailed, ..error },
        })
    }

    /// The commit that `rev` names; nothing when there is none.
    pub async fn resolve(&self, rev: &str) -> Result<Option<String>> {
        self.find(&["rev-parse", "--verify", "--quiet", "--end-of-options", &format!("{rev}^{{commit}}")]).await
    }

    /// The commit that is checked out; nothing on an unborn branch.
    pub async fn head(&self) -> Result<Option<String>> {
        self.resolve("HEAD").await
    }

    /// The full name of the branch that is checked out, such as `refs/heads/main`; nothing when HEAD is detached.
    pub async fn branch(&self) -> Result<Option<String>> {
        self.find(&["symbolic-ref", "--quiet", "HEAD"]).await
    }

    /// Short names of the branches below a prefix that ends in `/`.
    pub async fn branches(&self, prefix: &str) -> Result<Vec<String>> {
        let names =
            self.read(&["for-each-ref", "--format=%(refname:lstrip=2)", &format!("refs/heads/{prefix}")]).await?;
        Ok(names.lines().map(str::to_owned).collect())
    }

    /// Whether every commit of `ancestor` is one of `rev`; an error when either does not exist.
    pub async fn is_ancestor(&self, ancestor: &str, rev: &str) -> Result<bool> {
        let args = ["merge-base", "--is-ancestor", ancestor, rev];
        let ended = self.ask(&args).await?;
        match ended.code {
            Some(0) => Ok(true),
            Some(1) => Ok(false),
            _ => Err(failed(&args, &ended)),
        }
    }

    /// How many commits `to` has that `from` has not.
    pub async fn count(&self, from: &str, to: &str) -> Result<u64> {
        let count = self.read(&["rev-list", "--count", &format!("{from}..{to}")]).await?;
        count.parse().map_err(|_| Error::new(Code::GitFailed, format!("cannot count commits: git said {count:?}")))
    }

    /// The bytes of a file in a commit; nothing when it is not there.
    pub async fn cat_blob(&self, rev: &str, path: &str) -> Result<Option<Vec<u8>>> {
        let ended = self.ask(&["cat-file", "blob", &format!("{rev}:{path}")]).await?;
        Ok((ended.code == Some(0)).then_some(ended.stdout))
    }

    /// Moves a ref from `old` to `new`, only if it still is `old`; an `old` of nothing means that it must not exist yet.
    pub async fn update_ref(&self, name: &str, new: &str, old: Option<&str>) -> Result<()> {
        self.change(&["update-ref", name, new, old.unwrap_or("")], Vec::new()).await.map(drop)
    }

    /// Removes a ref, only if it still is `old`.
    pub async fn delete_ref(&self, name: &str, old: &str) -> Result<()> {
        self.change(&["update-ref", "-d", name, old], Vec::new()).await.map(drop)
    }

    /// The repository's own folder, shared by its worktrees: absolute, canonical.
    pub async fn common_dir(&self) -> Result<PathBuf> {
        self.dir("--git-common-dir").await
    }

    /// This worktree's git folder: absolute, canonical.
    pub async fn git_dir(&self) -> Result<PathBuf> {
        self.dir("--absolute-git-dir").await
    }

    async fn dir(&self, which: &str) -> Result<PathBuf> {
        let dir = path(&self.bytes(&["rev-parse", which]).await?);
        let dir = self.folder.join(dir);
        Ok(dir.canonicalize().unwrap_or(dir))
    }
}

/// A path that git printed on a line of its own.
pub fn path(line: &[u8]) -> PathBuf {
    use std::os::unix::ffi::OsStrExt;
    Path::new(OsStr::from_bytes(line.strip_suffix(b"\n").unwrap_or(line))).to_owned()
}

fn succeeded<S: AsRef<OsStr>>(args: &[S], ended: Ended) -> Result<Ended> {
    if ended.code == Some(0) { Ok(ended) } else { Err(failed(args, &ended)) }
}

/// How much of a program's output is told: the end, where the reason stands.
const TOLD: usize = 2000;

/// The last of an output, for a message.
pub fn tail(text: &str) -> &str {
    let earliest = text.len().saturating_sub(TOLD);
    let from = (earliest..text.len()).find(|at| text.is_char_boundary(*at)).unwrap_or(0);
    text[from..].trim()
}

/// The error of a git that ended otherwise than with 0.
pub fn failed<S: AsRef<OsStr>>(args: &[S], ended: &Ended) -> Error {
    let name = args.first().map(|arg| arg.as_ref().to_string_lossy().into_owned()).unwrap_or_default();
    let said = ended.text();
    let why = match (ended.code, tail(&ended.stderr), tail(&said)) {
        (None, _, _) => "a signal ended it",
        (_, "", "") => "it gave no reason",
        (_, "", said) => said,
        (_, error, _) => error,
    };
    let error = Error::new(Code::GitFailed, format!("git {name} failed: {why}"));
    if why.contains(".lock': File exists") {
        return error.hint("another git is at work here; if none is, remove the lock file that is named");
    }
    if why.contains("dubious ownership") {
        return error.hint("the repository belongs to another user: `git config --global --add safe.directory DIR`");
    }
    error
}
