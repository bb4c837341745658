//! Git's plumbing, as rescue and commit need it.

use crate::contract::Code;
use crate::error::{Error, Result};
use crate::process::{Ended, run};
use crate::vcs::but::Environment;
use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::time::Duration;
use tokio::process::Command;

/// How long a call may take.
const LIMIT: Duration = Duration::from_secs(60);

/// Git in one working tree.
#[derive(Clone, Debug)]
pub struct Git {
    root: PathBuf,
    environment: Environment,
}

impl Git {
    /// Git in the working tree at `root`.
    pub fn at(root: &Path, environment: &Environment) -> Git {
        Git { root: root.to_owned(), environment: environment.clone() }
    }

    /// The working tree.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// A command that takes paths as they are and leaves the index alone.
    pub(super) fn command<S: AsRef<OsStr>>(&self, args: impl IntoIterator<Item = S>) -> Command {
        let mut command = Command::new("git");
        self.environment.give(&mut command);
        command.env("GIT_OPTIONAL_LOCKS", "0").current_dir(&self.root);
        command.args(["--literal-pathspecs", "-c", "core.fsmonitor=false", "-c", "gc.auto=0"]).args(args);
        command
    }

    /// What a command printed; an error with its words unless it exits with 0.
    pub(super) async fn bytes(&self, command: Command, input: Vec<u8>) -> Result<Vec<u8>> {
        let doing = doing(&command);
        let ended = run(command, input, LIMIT).await?;
        match ended.code {
            Some(0) => Ok(ended.stdout),
            _ => Err(failed(&doing, &ended)),
        }
    }

    /// As [`Git::bytes`], as a trimmed line.
    pub(super) async fn line<S: AsRef<OsStr>>(&self, args: impl IntoIterator<Item = S>) -> Result<String> {
        let bytes = self.bytes(self.command(args), Vec::new()).await?;
        Ok(String::from_utf8_lossy(&bytes).trim().to_owned())
    }

    /// What a command printed, nothing when it exits with something else than 0.
    pub(super) async fn maybe<S: AsRef<OsStr>>(&self, args: impl IntoIterator<Item = S>) -> Result<Option<String>> {
        let ended = run(self.command(args), Vec::new(), LIMIT).await?;
        Ok((ended.code == Some(0)).then(|| ended.text().trim().to_owned()))
    }

    /// The commit a name stands for; nothing when there is none.
    pub(super) async fn commit_of(&self, name: &str) -> Result<Option<String>> {
        self.maybe(["rev-parse", "--verify", "--quiet", "--end-of-options", &format!("{name}^{{commit}}")]).await
    }

    /// Every local branch and where it points.
    pub(super) async fn branches(&self) -> Result<BTreeMap<String, String>> {
        let text = self.line(["for-each-ref", "--format=%(objectname) %(refname:strip=2)", "refs/heads/"]).await?;
        let pair = |line: &str| line.split_once(' ').map(|(oid, name)| (name.to_owned(), oid.to_owned()));
        Ok(text.lines().filter_map(pair).collect())
    }
}

fn doing(command: &Command) -> String {
    let args = command.as_std().get_args().map(|arg| arg.to_string_lossy().into_owned()).skip(5).take(2);
    format!("git {}", args.collect::<Vec<_>>().join(" "))
}

fn failed(doing: &str, ended: &Ended) -> Error {
    let words: String = ended.stderr.chars().filter(|c| !c.is_control()).take(300).collect();
    let why = if words.is_empty() { format!("it ended with {:?}", ended.code) } else { words };
    Error::new(Code::Internal, format!("{doing} failed: {why}"))
        .hint("is the repository writable and the disk not full?")
}
