//! Running git: the one place that does.
//!
//! Git asks nothing at a terminal, inherits nothing that binds it to another repository, and always ends. What Chorus
//! reads comes from [`Git::command`], what runs the user's hooks from [`Git::hooked`].

mod quote;
mod refs;
mod run;

pub use quote::quoted;
pub use refs::path;
pub use run::{failed, tail};

use super::environment::{self, GitEnvironment};
use super::lock::{Held, Running};
use crate::contract::Environment;
use crate::process::program_in;
use std::ffi::{OsStr, OsString};
use std::path::PathBuf;
use tokio::process::Command;

/// Settings of the user's that would change what Chorus reads, each with the value that Chorus reads. Bookkeeping runs no
/// hook: see [`Git::hooked`].
#[rustfmt::skip]
const READABLE: [&str; 27] = [
    "core.quotePath=false", "core.fsmonitor=false", "core.hooksPath=/dev/null", "advice.defaultBranchName=false",
    "color.ui=false", "color.diff=false", "color.status=false", "color.branch=false", "color.decorate=false",
    "column.ui=never", "log.showSignature=false", "log.showRoot=true", "log.follow=false", "log.mailmap=false",
    "i18n.logOutputEncoding=UTF-8", "diff.context=3", "diff.interHunkContext=0", "diff.noPrefix=false",
    "diff.mnemonicPrefix=false", "diff.relative=false", "diff.submodule=short", "diff.suppressBlankEmpty=false",
    "diff.orderFile=/dev/null", "submodule.recurse=false", "status.submoduleSummary=false",
    "maintenance.auto=false", "core.ignoreStat=false",
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
        // Git itself resolves links, so nothing of the folder is looked at here.
        let mut ceilings = std::path::absolute(&self.folder).ok()?.join("..").into_os_string();
        if let Some(others) = self.variable("GIT_CEILING_DIRECTORIES") {
            ceilings.push(":");
            ceilings.push(others);
        }
        Some(ceilings)
    }

    /// A program of the user's in the folder, with the same environment, bound to no repository.
    pub fn program(&self, name: impl AsRef<OsStr>) -> Command {
        let mut command = Command::new(program_in(self.variable("PATH").as_deref(), name));
        self.environment.give(&mut command);
        command.envs(self.added.iter().map(|(name, value)| (name, value)));
        command.current_dir(&self.folder);
        command
    }

    /// Git with `args`, ready to run: it answers in English and in the form that Chorus reads, whatever the user has
    /// configured, and runs filters but no hooks.
    pub fn command<S: AsRef<OsStr>>(&self, args: &[S]) -> Command {
        let mut command = Command::new(program_in(self.variable("PATH").as_deref(), "git"));
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
}

#[cfg(test)]
mod tests {
    use super::*;

    pub(super) async fn repository() -> (tempfile::TempDir, Git) {
        let folder = tempfile::tempdir().unwrap();
        let git = Git::at(folder.path()).as_chorus();
        git.change(&["init", "-q"], Vec::new()).await.unwrap();
        (folder, git)
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
