//! A world whose tasks have isolation auto, worktrees in it, and what git says of them.

use crate::sidecar;
use chorus_testkit::sandbox::Ran;
use chorus_testkit::wait_until;
use serde_json::Value;
use std::ops::{Deref, DerefMut};
use std::path::{Path, PathBuf};

/// The demo agent, allowed everything.
pub const AGENT: &str = "[agent]\ndefault = \"demo\"\n[agent.demo]\npermission_mode = \"auto\"\n";

pub struct World(sidecar::World);

impl Deref for World {
    type Target = sidecar::World;
    fn deref(&self) -> &sidecar::World {
        &self.0
    }
}

impl DerefMut for World {
    fn deref_mut(&mut self) -> &mut sidecar::World {
        &mut self.0
    }
}

impl World {
    /// A plain repository, no `but`.
    pub fn new() -> World {
        let mut world = World(sidecar::World::new());
        world.unset("CHORUS_ISOLATION");
        world.unlink("but");
        world.configure("");
        world
    }

    /// More of the user's chorus.toml.
    pub fn configure(&self, text: &str) {
        self.write("config/chorus/chorus.toml", &format!("{AGENT}{text}"));
    }

    /// Creates a task with that isolation.
    #[track_caller]
    pub fn with(&self, title: &str, isolation: &str) -> String {
        self.json(["new", "--title", title, "--isolation", isolation])["number"].to_string()
    }

    /// Sends a prompt and waits until its turn is over.
    #[track_caller]
    pub fn turn(&self, task: &str, prompt: &str) {
        let turns = self.count(task, "turn_ended");
        self.json(["send", task, prompt]);
        self.rests(task, turns + 1);
    }

    /// Waits until so many commits of the task are made.
    #[track_caller]
    pub fn commits(&self, task: &str, wanted: i64) {
        self.awaits(task, &format!("{wanted} commits"), |found| found["commits"] == wanted);
    }

    /// Waits until the task is as it should be; the task.
    #[track_caller]
    pub fn awaits(&self, task: &str, what: &str, fits: impl Fn(&Value) -> bool) -> Value {
        let mut found = Value::Null;
        let waited = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            wait_until(what, || {
                found = self.look(task);
                fits(&found)
            });
        }));
        assert!(waited.is_ok(), "{what}: {found:#}\n{:?}\n{}", self.journal(task), self.log());
        found
    }

    /// Waits for a trouble that names all these words, in what it says or in its remedy.
    #[track_caller]
    pub fn trouble(&self, task: &str, words: &[&str]) -> Value {
        let said = |found: &Value| format!("{} {}", found["trouble"]["text"], found["trouble"]["remedy"]);
        let found = self.awaits(task, &format!("a trouble with {words:?}"), |found| {
            words.iter().all(|word| said(found).contains(word))
        });
        assert!(found["trouble"]["remedy"].as_str().is_some_and(|remedy| !remedy.is_empty()), "{found:#}");
        found["trouble"].clone()
    }

    /// The task's branch.
    #[track_caller]
    pub fn branch(&self, task: &str) -> String {
        self.look(task)["stack"].as_str().expect("a branch").to_owned()
    }

    /// The task's worktree.
    #[track_caller]
    pub fn worktree(&self, task: &str) -> PathBuf {
        self.look(task)["worktree"].as_str().expect("a worktree").into()
    }

    /// Runs git in a folder; its output, trimmed.
    #[track_caller]
    pub fn git_in(&self, folder: &Path, args: &[&str]) -> String {
        let ran: Ran = self.command("git").current_dir(folder).args(args).output().unwrap().into();
        assert_eq!(ran.code, 0, "{args:?}: {}{}", ran.stdout, ran.stderr);
        ran.stdout.trim().to_owned()
    }

    /// The subject of a branch's newest commit.
    #[track_caller]
    pub fn subject(&self, branch: &str) -> String {
        self.git(["log", "-1", "--format=%s", branch])
    }

    /// A file as a branch has it; nothing when it has none.
    pub fn on(&self, branch: &str, path: &str) -> Option<String> {
        let ran: Ran =
            self.command("git").args(["cat-file", "blob", &format!("{branch}:{path}")]).output().unwrap().into();
        (ran.code == 0).then_some(ran.stdout)
    }

    /// Everything that a task could leave behind in the repository: refs, worktrees, folders of worktrees.
    pub fn traces(&self) -> String {
        let git = |args: &[&str]| {
            let ran: Ran = self.command("git").args(args).output().unwrap().into();
            ran.stdout
        };
        let refs = git(&["for-each-ref", "--format=%(refname) %(objectname)"]);
        format!("{refs}{}{:?}", git(&["worktree", "list"]), folders(&self.state().join("worktrees"), 2))
    }
}

/// Folders below a folder, so many levels down.
fn folders(folder: &Path, levels: usize) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten().filter(|_| levels > 0) {
        found.push(entry.path());
        found.extend(folders(&entry.path(), levels - 1));
    }
    found.sort();
    found
}
