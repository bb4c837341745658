//! A repository of its own for one test, with real git and nothing of this machine's configuration.

use chorus::contract::Environment;
use chorus::error::Result;
use chorus::vcs::git::Git;
use chorus::vcs::lock::{Held, Lock};
use chorus::vcs::rewrite::{Intent, IntentLog};
use chorus::vcs::worktree::prepare::Preparation;
use chorus::vcs::worktree::{Wish, Worktree, create, remove};
use std::path::{Path, PathBuf};
use std::process::Command;

pub struct Bed {
    _folder: tempfile::TempDir,
    pub root: PathBuf,
    pub environment: Environment,
}

impl Bed {
    /// A project with one commit on `main`.
    pub fn new() -> Bed {
        let bed = Bed::empty();
        bed.write("project/a.txt", "one\n");
        bed.write("project/.gitignore", "*.log\n");
        bed.git(["add", "-A"]);
        bed.git(["commit", "-q", "-m", "first"]);
        bed
    }

    /// A project without commits.
    pub fn empty() -> Bed {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().canonicalize().unwrap();
        for name in ["home", "project", "worktrees"] {
            std::fs::create_dir(root.join(name)).unwrap();
        }
        let mut environment = Environment::default();
        let path = std::env::var("PATH").unwrap();
        let home = root.join("home").to_string_lossy().into_owned();
        let config = root.join("gitconfig").to_string_lossy().into_owned();
        for (name, value) in [
            ("PATH", path.as_str()),
            ("HOME", &home),
            ("GIT_CONFIG_NOSYSTEM", "1"),
            ("GIT_CONFIG_GLOBAL", &config),
            ("GIT_CEILING_DIRECTORIES", &root.to_string_lossy()),
        ] {
            environment.0.insert(name.to_owned(), value.to_owned());
        }
        let bed = Bed { _folder: folder, root, environment };
        bed.write("gitconfig", "[user]\nname = T\nemail = t@localhost\n[protocol \"file\"]\nallow = always\n");
        bed.git(["init", "-q", "-b", "main"]);
        bed
    }

    pub fn write(&self, path: &str, text: &str) {
        let path = self.root.join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }

    pub fn project(&self) -> PathBuf {
        self.root.join("project")
    }

    /// The hand under test, in the project.
    pub fn hand(&self) -> Git {
        Git::of_client(self.project(), &self.environment)
    }

    pub fn git<const N: usize>(&self, args: [&str; N]) -> String {
        self.git_in(&self.project(), args)
    }

    pub fn git_in<const N: usize>(&self, folder: &Path, args: [&str; N]) -> String {
        let (succeeded, said) = self.try_git(folder, args);
        assert!(succeeded, "git {args:?}: {said}");
        said
    }

    /// Whether git succeeded, and what it said.
    pub fn try_git<const N: usize>(&self, folder: &Path, args: [&str; N]) -> (bool, String) {
        let mut command = Command::new("git");
        command.current_dir(folder).env_clear().envs(&self.environment.0).args(args);
        let output = command.output().unwrap();
        let said = [output.stdout.as_slice(), output.stderr.as_slice()].concat();
        (output.status.success(), String::from_utf8_lossy(&said).trim().to_owned())
    }

    pub async fn make(&self, number: u32, title: &str) -> Worktree {
        self.make_with(number, title, &Preparation::default()).await.unwrap()
    }

    pub async fn make_with(
        &self,
        number: u32,
        title: &str,
        preparation: &Preparation,
    ) -> chorus::error::Result<Worktree> {
        let home = self.root.join("worktrees");
        create(&self.hand(), &Wish { number, title, on: None, home: &home, preparation }).await
    }

    /// Everything that a failed or removed worktree could leave behind: branches, worktrees, folders.
    pub fn traces(&self) -> String {
        let branches = self.git(["for-each-ref", "--format=%(refname)", "refs/heads"]);
        let worktrees = self.git(["worktree", "list"]).lines().count();
        let folders = std::fs::read_dir(self.root.join("worktrees")).unwrap().count();
        format!("{branches} {worktrees} {folders}")
    }
}

pub fn words(list: &[&str]) -> Vec<String> {
    list.iter().map(|word| (*word).to_owned()).collect()
}

/// What was written down of a removal, and what happens at each time.
#[derive(Default)]
pub struct Intents {
    pub all: Vec<Intent>,
    pub meanwhile: Option<Box<dyn FnMut(usize) + Send>>,
}

#[async_trait::async_trait]
impl IntentLog for Intents {
    async fn intend(&mut self, intent: &Intent) -> Result<()> {
        self.all.push(intent.clone());
        if let Some(meanwhile) = &mut self.meanwhile {
            meanwhile(self.all.len());
        }
        Ok(())
    }
}

pub async fn hold(worktree: &Worktree) -> Held {
    Lock::of(&worktree.project.common_dir().await.unwrap())
        .await
        .hold(std::time::Duration::from_secs(60))
        .await
        .unwrap()
}

/// Removes a worktree that holds nothing.
pub async fn remove(worktree: &Worktree) -> Result<()> {
    remove::remove(worktree, &hold(worktree).await, &mut Intents::default()).await.map(drop)
}

/// Removes a worktree with all that is in it.
pub async fn discard(worktree: &Worktree, number: u32) -> Result<Option<String>> {
    let held = hold(worktree).await;
    remove::discard(worktree, number, &held, &mut Intents::default()).await.map(|removed| removed.kept)
}
