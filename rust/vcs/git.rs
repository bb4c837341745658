//! Running git: the one place that does.
//!
//! Git asks nothing at a terminal, inherits nothing that binds it to another repository, and always ends. What Chorus
//! reads comes from [`Git::command`], what runs the user's hooks from [`Git::hooked`].

use super::environment::{self, GitEnvironment};
use super::lock::{Held, Running};
use crate::contract::{Code, Environment};
use crate::error::{Error, Result};
use crate::process::{self, Ended};
use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::{Duration, Instant};
use tokio::process::Command;

/// How long a command that only reads may take.
const READ: Duration = Duration::from_secs(20);

/// How long one beside `but` may take, which also writes objects and references.
const PLUMBING: Duration = Duration::from_secs(60);

/// How long one that changes something may take: a commit runs the user's hooks.
const CHANGE: Duration = Duration::from_secs(300);

/// How long a git that changes something waits for a lock that another git holds: an editor's or a prompt's `git status`
/// holds one for an instant.
const LOCKED: Duration = Duration::from_secs(2);

/// Settings of the user's that would change what Chorus reads, each with the value that Chorus reads. Bookkeeping runs no
/// hook: see [`Git::hooked`].
#[rustfmt::skip]
const READABLE: [&str; 26] = [
    "core.quotePath=false", "core.fsmonitor=false", "core.hooksPath=/dev/null", "advice.defaultBranchName=false",
    "color.ui=false", "color.diff=false", "color.status=false", "color.branch=false", "color.decorate=false",
    "column.ui=never", "log.showSignature=false", "log.showRoot=true", "log.follow=false", "log.mailmap=false",
    "i18n.logOutputEncoding=UTF-8", "diff.context=3", "diff.interHunkContext=0", "diff.noPrefix=false",
    "diff.mnemonicPrefix=false", "diff.relative=false", "diff.submodule=short", "diff.suppressBlankEmpty=false",
    "diff.orderFile=/dev/null", "submodule.recurse=false", "status.submoduleSummary=false",
    "maintenance.auto=false",
];

/// Variables that would do so.
#[rustfmt::skip]
const UNREADABLE: [&str; 15] = [
    "GIT_DIFF_OPTS", "GIT_EXTERNAL_DIFF", "GIT_PAGER_IN_USE", "GIT_LITERAL_PATHSPECS", "GIT_GLOB_PATHSPECS",
    "GIT_NOGLOB_PATHSPECS", "GIT_ICASE_PATHSPECS", "GIT_TRACE", "GIT_TRACE_SETUP", "GIT_TRACE_PERFORMANCE",
    "GIT_TRACE_PACK_ACCESS", "GIT_TRACE_REFS", "GIT_TRACE2", "GIT_TRACE2_EVENT", "GIT_TRACE2_PERF",
];

/// Whether the repository's hooks run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hooks {
    /// As the user has them.
    Run,
    /// None of them.
    Off,
}

/// Git in one folder.
#[derive(Clone, Debug)]
pub struct Git {
    /// Where it runs.
    pub folder: PathBuf,
    environment: GitEnvironment,
    /// Set on top of the environment, for this git only.
    added: Vec<(OsString, OsString)>,
    /// Settings that go over the configuration.
    settings: Vec<String>,
    /// Whether paths mean themselves and are no patterns.
    literal: bool,
    /// What a git that changes something takes along, under the repository's lock.
    running: Option<Running>,
    /// Whether it works beside `but`.
    is_plumbing: bool,
}

impl Git {
    /// Git in `folder`, with the environment that is kept for that folder.
    pub fn at(folder: impl Into<PathBuf>) -> Git {
        let folder = folder.into();
        let environment = environment::at(&folder);
        Git {
            folder,
            environment,
            added: Vec::new(),
            settings: Vec::new(),
            running: None,
            literal: false,
            is_plumbing: false,
        }
    }

    /// Git in `folder`, with a client's environment.
    pub fn of_client(folder: impl Into<PathBuf>, environment: &Environment) -> Git {
        Git::at(folder).under(GitEnvironment::of_client(environment))
    }

    /// Git's plumbing beside `but` in the working tree at `root`: it sees what `but` sees, takes paths literally, leaves
    /// the index alone where it only reads, and never collects garbage.
    pub fn plumbing(root: impl Into<PathBuf>, environment: &GitEnvironment) -> Git {
        Git { is_plumbing: true, ..Git::at(root) }.under(environment.clone()).literal()
    }

    /// The same git with another environment.
    pub fn under(self, environment: GitEnvironment) -> Git {
        Git { environment, ..self }
    }

    /// The same git, to which paths mean themselves and are no patterns. Programs that git starts inherit this.
    pub fn literal(self) -> Git {
        Git { literal: true, ..self }
    }

    /// The same git with one more variable.
    pub fn with(mut self, name: impl Into<OsString>, value: impl Into<OsString>) -> Git {
        self.added.push((name.into(), value.into()));
        self
    }

    /// The same git with one setting of its own.
    pub fn setting(mut self, key: &str, value: &str) -> Git {
        self.settings.push(format!("{key}={value}"));
        self
    }

    /// The same git, whose commits name Chorus: the user may have no identity.
    pub fn as_chorus(self) -> Git {
        let roles = ["AUTHOR", "COMMITTER"].into_iter();
        roles.fold(self, |git, role| {
            git.with(format!("GIT_{role}_NAME"), "Chorus").with(format!("GIT_{role}_EMAIL"), "chorus@localhost")
        })
    }

    /// The same git in another folder.
    pub fn within(&self, folder: impl Into<PathBuf>) -> Git {
        Git { folder: folder.into(), ..self.clone() }
    }

    /// What the git's environment says of a variable.
    pub fn variable(&self, name: &str) -> Option<OsString> {
        let added = self.added.iter().rev().find(|(key, _)| key == name).map(|(_, value)| value.clone());
        added.or_else(|| self.environment.get(name).map(OsStr::to_owned))
    }

    /// Where git stops looking for a repository: above its folder. In a folder that is none, git fails and never
    /// changes the repository around it.
    fn ceilings(&self) -> Option<OsString> {
        let folder = self.folder.canonicalize().ok()?;
        let mut ceilings = folder.parent()?.as_os_str().to_owned();
        if let Some(others) = self.variable("GIT_CEILING_DIRECTORIES") {
            ceilings.push(":");
            ceilings.push(others);
        }
        Some(ceilings)
    }

    /// A program of the user's in the folder, with the same environment, bound to no repository.
    pub fn program(&self, name: impl AsRef<OsStr>) -> Command {
        let mut command = Command::new(name);
        self.environment.give(&mut command);
        command.envs(self.added.iter().map(|(name, value)| (name, value)));
        command.current_dir(&self.folder);
        command
    }

    /// Git with `args`, ready to run: it answers in English and in the form that Chorus reads, whatever the user has
    /// configured, and runs filters but no hooks.
    pub fn command<S: AsRef<OsStr>>(&self, args: &[S]) -> Command {
        let mut command = Command::new("git");
        self.environment.give(&mut command);
        self.environment.speak_english(&mut command);
        UNREADABLE.iter().for_each(|name| _ = command.env_remove(name));
        command.env("GIT_TERMINAL_PROMPT", "0").env("GIT_EDITOR", ":").env("GIT_PAGER", "cat");
        command.envs(self.added.iter().map(|(name, value)| (name, value)));
        command.current_dir(&self.folder);
        if let Some(ceilings) = self.ceilings() {
            command.env("GIT_CEILING_DIRECTORIES", ceilings);
        }
        if self.literal {
            command.arg("--literal-pathspecs");
        }
        READABLE.iter().for_each(|setting| _ = command.args(["-c", setting]));
        if self.is_plumbing {
            command.args(["-c", "gc.auto=0"]);
        }
        for setting in &self.settings {
            command.args(["-c", setting]);
        }
        command.args(args);
        command
    }

    /// Git with `args` as the user would run it: hooks, signers and editors see the user's environment and configuration
    /// and nothing else. Its words are the user's own, so only its outcome is to be read.
    pub fn hooked<S: AsRef<OsStr>>(&self, args: &[S], hooks: Hooks) -> Command {
        let mut command = self.program("git");
        if hooks == Hooks::Off {
            command.args(["-c", "core.hooksPath=/dev/null"]);
        }
        command.args(args);
        command
    }

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
        let mut command = self.command(args);
        command.env("GIT_OPTIONAL_LOCKS", "0");
        let (code, stderr) = process::each(command, Vec::new(), READ, take).await?;
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

    /// The same git, which changes something while this lock is held: nobody gets the lock as long as it runs, also when
    /// this process has ended.
    pub fn holding(mut self, held: &Held) -> Git {
        self.running = Some(held.running());
        self
    }

    /// The same git, whose objects and references are on the disk when it has ended.
    pub fn durable(self) -> Git {
        self.setting("core.fsync", "loose-object,reference")
    }

    /// Runs what changes something to its end, also when nobody awaits it any more.
    async fn finish(&self, command: Command, input: &[u8], limit: Duration) -> Result<Ended> {
        use std::io::{Seek, Write};
        self.refuse_without_folder()?;
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

    fn refuse_without_folder(&self) -> Result<()> {
        match self.folder.is_dir() {
            true => Ok(()),
            false => {
                let why = format!("cannot run git: {} is no folder", self.folder.display());
                let hint = "was the project moved? use Chorus at its new place once: its tasks come along";
                Err(Error::new(Code::GitFailed, why).hint(hint))
            }
        }
    }

    /// Runs a command that [`Git::command`] or [`Git::program`] made to its end.
    pub async fn run(&self, command: Command, input: Vec<u8>, limit: Duration) -> Result<Ended> {
        self.refuse_without_folder()?;
        process::run(command, input, limit).await.map_err(told)
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

    /// Every local branch and the commit it points to.
    pub async fn tips(&self) -> Result<BTreeMap<String, String>> {
        let text = self.read(&["for-each-ref", "--format=%(objectname) %(refname:strip=2)", "refs/heads/"]).await?;
        let pair = |line: &str| line.split_once(' ').map(|(oid, name)| (name.to_owned(), oid.to_owned()));
        Ok(text.lines().filter_map(pair).collect())
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
        let name = format!("{rev}:{path}");
        match self.find(&["rev-parse", "--verify", "--quiet", "--end-of-options", &name]).await? {
            Some(oid) => self.bytes(&["cat-file", "blob", &oid]).await.map(Some),
            None => Ok(None),
        }
    }

    /// Moves a ref from `old` to `new`, only if it still is `old`; an `old` of nothing means that it must not exist yet.
    pub async fn update_ref(&self, name: &str, new: &str, old: Option<&str>) -> Result<()> {
        self.change(&["update-ref", name, new, old.unwrap_or("")], Vec::new()).await.map(drop)
    }

    /// Removes a ref, only if it still is `old`.
    pub async fn delete_ref(&self, name: &str, old: &str) -> Result<()> {
        self.change(&["update-ref", "-d", name, old], Vec::new()).await.map(drop)
    }

    /// Whether the folder is the top of a repository's working tree, and not a folder of another or none.
    pub async fn is_toplevel(&self) -> Result<bool> {
        // In a git folder this fails, and above the folder git does not look.
        Ok(self.folder.is_dir() && self.succeeds(&["rev-parse", "--show-toplevel"]).await?)
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

/// A path that git printed on a line of its own.
pub fn path(line: &[u8]) -> PathBuf {
    use std::os::unix::ffi::OsStrExt;
    Path::new(OsStr::from_bytes(line.strip_suffix(b"\n").unwrap_or(line))).to_owned()
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
    use super::*;

    async fn repository() -> (tempfile::TempDir, Git) {
        let folder = tempfile::tempdir().unwrap();
        let git = Git::at(folder.path()).as_chorus();
        git.change(&["init", "-q"], Vec::new()).await.unwrap();
        (folder, git)
    }

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
    async fn nothing_binds_git_to_another_repository_or_command() {
        let (_other, other) = repository().await;
        let (_folder, git) = repository().await;
        let mut environment = Environment(std::env::vars().collect());
        for name in environment::BINDING {
            environment.0.insert(name.to_owned(), other.folder.join(".git").to_string_lossy().into_owned());
        }
        environment.0.insert("GIT_CONFIG_PARAMETERS".to_owned(), "'core.bare'='true'".to_owned());
        environment.0.insert("LC_ALL".to_owned(), "de_DE.UTF-8".to_owned());
        let bound = Git::of_client(&git.folder, &environment);
        let chosen = GitEnvironment::of(environment.0.iter().map(|(name, value)| (name.into(), value.into())));
        for bound in [bound, Git::plumbing(&git.folder, &chosen)] {
            assert_eq!(bound.git_dir().await.unwrap(), git.git_dir().await.unwrap());
            assert_eq!(bound.read(&["rev-parse", "--is-bare-repository"]).await.unwrap(), "false");
            let failed = bound.read(&["cat-file", "blob", "none"]).await.unwrap_err();
            assert!(failed.message.contains("Not a valid object name"), "{failed}");
        }
    }

    #[tokio::test]
    async fn a_folder_that_is_no_repository_never_means_the_one_around_it() {
        let (_folder, git) = repository().await;
        git.change(&["remote", "add", "origin", "https://example.org/a.git"], Vec::new()).await.unwrap();
        let inner = git.within(git.folder.join("inner"));
        std::fs::create_dir(&inner.folder).unwrap();
        assert!(git.is_toplevel().await.unwrap() && !inner.is_toplevel().await.unwrap());
        let set = ["remote", "set-url", "origin", "https://example.org/b.git"];
        assert!(inner.change(&set, Vec::new()).await.unwrap_err().message.contains("not a git repository"));
        assert_eq!(git.read(&["remote", "get-url", "origin"]).await.unwrap(), "https://example.org/a.git");
        // A file `.git` that leads nowhere is no way up either.
        std::fs::write(inner.folder.join(".git"), "gitdir: gone\n").unwrap();
        assert!(inner.change(&set, Vec::new()).await.is_err());
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

    #[tokio::test]
    async fn literal_paths_mean_themselves() {
        let (_folder, git) = repository().await;
        for name in ["*", "a"] {
            std::fs::write(git.folder.join(name), "").unwrap();
        }
        let all = git.read(&["ls-files", "-o", "--", "*"]).await.unwrap();
        let one = git.clone().literal().read(&["ls-files", "-o", "--", "*"]).await.unwrap();
        assert_eq!((all.as_str(), one.as_str()), ("*\na", "*"));
    }
}
