//! A world whose tasks have isolation auto, worktrees in it, and what git says of them.

use crate::sidecar;
use chorus_testkit::around;
use chorus_testkit::sandbox::Ran;
use serde_json::Value;
use std::path::{Path, PathBuf};

/// The demo agent, allowed everything.
pub const AGENT: &str = "[agent]\ndefault = \"demo\"\n[agent.demo]\npermission_mode = \"auto\"\n";

pub struct World(sidecar::World);

around!(World, 0: sidecar::World);

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

    /// Waits until so many commits of the task are made.
    #[track_caller]
    pub fn commits(&self, task: &str, wanted: i64) {
        self.awaits(task, &format!("{wanted} commits"), |page| page["task"]["commits"] == wanted);
    }

    /// Waits for a trouble that names all these words, in what it says or in its remedy.
    #[track_caller]
    pub fn trouble(&self, task: &str, words: &[&str]) -> Value {
        let said = |found: &Value| format!("{} {}", found["trouble"]["text"], found["trouble"]["remedy"]);
        let page = self.awaits(task, &format!("a trouble with {words:?}"), |page| {
            words.iter().all(|word| said(&page["task"]).contains(word))
        });
        let found = &page["task"];
        assert!(found["trouble"]["remedy"].as_str().is_some_and(|remedy| !remedy.is_empty()), "{found:#}");
        found["trouble"].clone()
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
