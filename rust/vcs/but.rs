//! GitButler's command line, both grammars behind one model. What it really does is recorded in the fixtures.
//!
//! Only `setup_required` and a refused `apply` come as JSON; other failures are text. An exit code of 0 proves
//! little: a commit is verified by `vcs::commit`.

pub(crate) mod branch;
mod commit;
mod delete;
mod diff;
pub(crate) mod grammar;
#[cfg(test)]
mod hostile;
pub(crate) mod refusal;
pub(crate) mod run;
pub(crate) mod setup;
pub(crate) mod status;

pub use branch::ListedBranch;
pub use commit::ButCommit;
pub use grammar::{ButCapabilities, Grammar, find, probe};
pub use refusal::{Dependence, Refusal, Result};
pub use setup::{Setup, setup};
pub use status::{Branch, ButStatus, Stack, StackCommit};

use crate::commits::change::DiffHunk;
use crate::vcs::environment::GitEnvironment;
use crate::vcs::git::Hooks;
use crate::vcs::lock::Held;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;
use tokio::process::Command;

/// How long a call may take.
const LIMIT: Duration = Duration::from_secs(60);

/// A usable `but` in one repository.
#[derive(Clone, Debug)]
pub struct But {
    program: PathBuf,
    root: PathBuf,
    grammar: Grammar,
    environment: GitEnvironment,
    hooks: Hooks,
    limit: Duration,
}

impl But {
    /// The program, after it was asked for its grammar, in the main worktree at `root`.
    pub async fn open(program: &Path, root: &Path, environment: &GitEnvironment) -> Result<But> {
        let capabilities = probe(program, environment).await;
        let grammar = capabilities.grammar.ok_or(Refusal::UnknownGrammar(capabilities.version))?;
        let (program, root, environment) = (program.to_owned(), root.to_owned(), environment.clone());
        Ok(But { program, root, grammar, environment, hooks: Hooks::Run, limit: LIMIT })
    }

    /// With another time limit for each call.
    pub fn with_limit(mut self, limit: Duration) -> But {
        self.limit = limit;
        self
    }

    /// With another environment.
    pub fn under(mut self, environment: GitEnvironment) -> But {
        self.environment = environment;
        self
    }

    /// With or without the repository's hooks, which only the old grammar runs at a commit (2026-08).
    pub fn with_hooks(mut self, hooks: Hooks) -> But {
        self.hooks = hooks;
        self
    }

    /// Without an eye for files' modes: a commit leaves them as they are committed.
    pub(super) fn ignoring_modes(mut self) -> But {
        self.environment = self.environment.setting("core.fileMode", "false");
        self
    }

    /// Its command line.
    pub fn grammar(&self) -> Grammar {
        self.grammar
    }

    /// The main worktree.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// What it and git see of the environment.
    pub fn environment(&self) -> &GitEnvironment {
        &self.environment
    }

    /// What is uncommitted and what is applied. Waits while another `but` writes.
    pub async fn status(&self) -> Result<ButStatus> {
        ButStatus::parse(&self.call(self.command(["status"]), Stdio::null()).await?)
    }

    /// The hunks of what is uncommitted.
    pub async fn diff(&self) -> Result<Vec<DiffHunk>> {
        diff::parse(&self.call(self.command(["diff"]), Stdio::null()).await?)
    }

    /// `but … --json` in the repository.
    fn command<S: AsRef<OsStr>>(&self, args: impl IntoIterator<Item = S>) -> Command {
        let mut command = Command::new(&self.program);
        self.environment.give(&mut command);
        // No fetch in the background, which could ask for a password.
        command.env("NO_BG_TASKS", "1");
        command.current_dir(&self.root).args(args).arg("--json");
        command
    }

    /// A call that changes something: under our lock, known as running as long as it does.
    async fn change(&self, command: Command, held: &Held) -> Result<String> {
        self.call(command, held.stdin()).await
    }

    async fn call(&self, command: Command, stdin: Stdio) -> Result<String> {
        let ended = run::run(command, stdin, self.limit).await?;
        match ended.code {
            0 => Ok(ended.stdout),
            code => Err(Refusal::read(&ended.stdout, &ended.stderr, code)),
        }
    }
}
