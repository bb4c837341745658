//! Running a git that is made ready: with a time limit, past another git's lock, to an answer or an error in words.

use super::{Git, Hooks};
use crate::contract::Code;
use crate::error::{Error, Result};
use crate::foreign::fs;
use crate::process::{self, Ended};
use crate::vcs::lock::Running;
use crate::vcs::look;
use std::ffi::OsStr;
use std::process::Stdio;
use std::time::{Duration, Instant};
use tokio::process::Command;

/// How long a command that only reads may take.
const READ: Duration = Duration::from_secs(20);

/// How long one beside `but` may take, which also writes objects and references.
const PLUMBING: Duration = Duration::from_secs(60);

/// How long one that changes something may take: a commit runs the user's hooks.
const CHANGE: Duration = Duration::from_secs(300);

/// How long one may take that writes or prints bytes of any number.
const BULK: Duration = Duration::from_secs(3600);

/// How long a git that changes something waits for a lock that another git holds: an editor's or a prompt's `git status`
/// holds one for an instant.
const LOCKED: Duration = Duration::from_secs(2);

impl Git {
    /// Runs git with `input`, without a lock of the index, whatever the exit code.
    async fn answer<S: AsRef<OsStr>>(&self, args: &[S], input: Vec<u8>) -> Result<Ended> {
        let mut command = self.command(args);
        command.env("GIT_OPTIONAL_LOCKS", "0");
        self.run(command, input, if self.is_plumbing { PLUMBING } else { READ }).await
    }

    /// Reads, whatever the exit code: for questions that git answers with it.
    pub async fn ask<S: AsRef<OsStr>>(&self, args: &[S]) -> Result<Ended> {
        self.answer(args, Vec::new()).await
    }

    /// Whether git exits with 0 rather than with any other code.
    pub async fn succeeds<S: AsRef<OsStr>>(&self, args: &[S]) -> Result<bool> {
        Ok(self.ask(args).await?.code == Some(0))
    }

    /// Reads bytes; an error when git fails.
    pub async fn bytes<S: AsRef<OsStr>>(&self, args: &[S]) -> Result<Vec<u8>> {
        self.feed(args, Vec::new()).await
    }

    /// Reads bytes, with `input` on standard input; an error when git fails.
    pub async fn feed<S: AsRef<OsStr>>(&self, args: &[S], input: Vec<u8>) -> Result<Vec<u8>> {
        let ended = self.answer(args, input).await?;
        succeeded(args, ended).map(|ended| ended.stdout)
    }

    /// Hands what git prints to `take` in small pieces, of any total length; an error when git fails.
    pub async fn each<S: AsRef<OsStr>>(&self, args: &[S], take: impl FnMut(&[u8]) -> Result<()>) -> Result<()> {
        self.each_within(READ, args, take).await
    }

    /// The same for bytes of any number, which may take its time.
    pub async fn stream<S: AsRef<OsStr>>(&self, args: &[S], take: impl FnMut(&[u8]) -> Result<()>) -> Result<()> {
        self.each_within(BULK, args, take).await
    }

    /// Writes objects of any number and size, with `input` on standard input; an error when git fails.
    pub async fn store<S: AsRef<OsStr>>(&self, args: &[S], input: Vec<u8>) -> Result<String> {
        let ended = self.attempt(args, input, BULK).await?;
        succeeded(args, ended).map(|ended| text(&ended.stdout))
    }

    async fn each_within<S: AsRef<OsStr>>(
        &self,
        limit: Duration,
        args: &[S],
        take: impl FnMut(&[u8]) -> Result<()>,
    ) -> Result<()> {
        let mut command = self.command(args);
        command.env("GIT_OPTIONAL_LOCKS", "0");
        let (code, stderr) = process::each(command, Vec::new(), limit, take).await?;
        succeeded(args, Ended { code, stdout: Vec::new(), stderr }).map(drop)
    }

    /// Reads text without its last newline; an error when git fails.
    pub async fn read<S: AsRef<OsStr>>(&self, args: &[S]) -> Result<String> {
        self.bytes(args).await.map(|bytes| text(&bytes))
    }

    /// Reads text; nothing when git exits with 1, by which it says that there is none, and an error when it fails.
    pub async fn find<S: AsRef<OsStr>>(&self, args: &[S]) -> Result<Option<String>> {
        let ended = self.ask(args).await?;
        match ended.code {
            Some(1) => Ok(None),
            _ => succeeded(args, ended).map(|ended| Some(text(&ended.stdout))),
        }
    }

    /// Whether the user's configuration turns a setting on, also one that Chorus reads otherwise.
    pub async fn has_set(&self, key: &str) -> Result<bool> {
        let command = self.hooked(&["config", "--type=bool", "--get", key], Hooks::Run);
        Ok(text(&self.run(command, Vec::new(), READ).await?.stdout) == "true")
    }

    /// Changes something, with `input` on standard input; an error when git fails.
    pub async fn change<S: AsRef<OsStr>>(&self, args: &[S], input: Vec<u8>) -> Result<String> {
        let ended = self.attempt(args, input, CHANGE).await?;
        succeeded(args, ended).map(|ended| text(&ended.stdout))
    }

    /// Changes something, whatever the exit code. While another git holds a lock, it is tried again, for two seconds.
    pub async fn attempt<S: AsRef<OsStr>>(&self, args: &[S], input: Vec<u8>, limit: Duration) -> Result<Ended> {
        self.retried(|| self.command(args), input, limit).await
    }

    /// The same for a command of [`Git::hooked`].
    pub async fn attempt_hooked<S: AsRef<OsStr>>(
        &self,
        args: &[S],
        hooks: Hooks,
        input: Vec<u8>,
        limit: Duration,
    ) -> Result<Ended> {
        self.retried(|| self.hooked(args, hooks), input, limit).await
    }

    async fn retried(&self, command: impl Fn() -> Command, input: Vec<u8>, limit: Duration) -> Result<Ended> {
        let began = Instant::now();
        let mut pause = Duration::from_millis(50);
        loop {
            let ended = self.finish(command(), &input, limit).await?;
            if ended.code == Some(0) || !is_locked(&ended.stderr) || began.elapsed() > LOCKED {
                return Ok(ended);
            }
            tokio::time::sleep(pause).await;
            pause = (pause * 2).min(Duration::from_millis(400));
        }
    }

    /// Runs what changes something to its end, also when nobody awaits it any more.
    async fn finish(&self, command: Command, input: &[u8], limit: Duration) -> Result<Ended> {
        use std::io::{Seek, Write};
        self.refuse_without_folder().await?;
        let stdin = match input {
            [] => Stdio::null(),
            // A file, not a pipe: somebody would have to be there to fill it.
            input => {
                let file = tempfile::tempfile().and_then(|mut file| {
                    file.write_all(input)?;
                    file.rewind().map(|()| file)
                });
                file.map_err(|error| Error::new(Code::GitFailed, format!("cannot run git: {error}")))?.into()
            }
        };
        let (running, noted) = (self.running.clone(), self.running.clone());
        let begun = move |pid| noted.iter().for_each(|running| running.note(pid));
        process::finish(command, stdin, limit, running.as_ref().map(Running::file), begun).await.map_err(told)
    }

    async fn refuse_without_folder(&self) -> Result<()> {
        match look(&self.folder, fs::is_dir).await? {
            true => Ok(()),
            false => {
                let why = format!("cannot run git: {} is no folder", self.folder.display());
                let hint = "was the project moved? use Chorus at its new place once: its tasks come along";
                Err(Error::new(Code::GitFailed, why).hint(hint))
            }
        }
    }

    /// Runs a program of [`Git::program`] that writes in the folder to its end, without input. Past `limit` everything that
    /// it started ends with it.
    pub async fn run_group(&self, command: Command, limit: Duration) -> Result<Ended> {
        self.finish(command, &[], limit).await
    }

    /// Runs a command that [`Git::command`] or [`Git::program`] made to its end.
    pub async fn run(&self, command: Command, input: Vec<u8>, limit: Duration) -> Result<Ended> {
        self.refuse_without_folder().await?;
        process::run(command, input, limit).await.map_err(told)
    }
}

/// An error of running git.
fn told(error: Error) -> Error {
    match error.code {
        Code::ToolMissing => error.hint("install git, or put it on the PATH of the shell that starts Chorus"),
        _ => Error { code: Code::GitFailed, ..error },
    }
}

/// What git printed, without its last newline.
fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).trim_end_matches('\n').to_owned()
}

/// Whether git gave up because another git holds a lock: of an index, a ref or the configuration.
fn is_locked(error: &str) -> bool {
    error.contains(".lock': File exists") || (error.contains("could not lock") && error.contains("File exists"))
}

fn succeeded<S: AsRef<OsStr>>(args: &[S], ended: Ended) -> Result<Ended> {
    if ended.code == Some(0) { Ok(ended) } else { Err(failed(args, &ended)) }
}

/// How much of a program's output is told: the end, where the reason stands.
const TOLD: usize = 2000;

/// The last of an output, for a message: whole lines, where they are not very long.
pub fn tail(text: &str) -> &str {
    let earliest = text.len().saturating_sub(TOLD);
    let from = (earliest..text.len()).find(|at| text.is_char_boundary(*at)).unwrap_or(0);
    let last = &text[from..];
    match last.trim_end().split_once('\n') {
        Some((_, lines)) if from > 0 => lines.trim(),
        _ => last.trim(),
    }
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
    if is_locked(why) {
        return error.hint("another git is at work here; if none is, remove the lock file that is named");
    }
    if ["No space left", "Permission denied", "Read-only file system"].iter().any(|fault| why.contains(fault)) {
        return error.hint("is the repository writable and the disk not full?");
    }
    if why.contains("dubious ownership") {
        return error.hint("the repository belongs to another user: `git config --global --add safe.directory DIR`");
    }
    error
}

#[cfg(test)]
mod tests {
    use super::super::tests::repository;
    use super::*;

    #[tokio::test]
    async fn an_exit_code_of_1_is_an_answer_and_any_other_a_failure() {
        let (_folder, git) = repository().await;
        assert_eq!(git.head().await.unwrap(), None);
        git.change(&["commit", "-q", "--allow-empty", "-m", "x"], Vec::new()).await.unwrap();
        assert!(git.head().await.unwrap().is_some());
        assert_eq!(git.resolve("refs/heads/none").await.unwrap(), None);
        assert_eq!(git.cat_blob("HEAD", "none").await.unwrap(), None);
        std::fs::write(git.folder.join(".git/config"), "[core\n").unwrap();
        let failed = git.resolve("HEAD").await.unwrap_err();
        assert!(failed.code == Code::GitFailed && failed.message.contains("bad config"), "{failed}");
        assert!(git.cat_blob("HEAD", "none").await.is_err());
    }

    #[tokio::test]
    async fn a_lock_of_another_git_is_waited_for() {
        let (_folder, git) = repository().await;
        let lock = git.folder.join(".git/index.lock");
        std::fs::write(&lock, "").unwrap();
        std::fs::write(git.folder.join("a"), "").unwrap();
        let freed = async {
            tokio::time::sleep(Duration::from_millis(300)).await;
            std::fs::remove_file(&lock).unwrap();
        };
        let (added, ()) = tokio::join!(git.change(&["add", "a"], Vec::new()), freed);
        added.unwrap();
        std::fs::write(git.folder.join(".git/config.lock"), "").unwrap();
        let failed = git.change(&["config", "a.b", "c"], Vec::new()).await.unwrap_err();
        assert!(failed.hint.is_some_and(|hint| hint.contains("lock file")), "{}", failed.message);
    }
}
