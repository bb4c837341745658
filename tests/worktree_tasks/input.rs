//! Repositories in which no task, or not every task, can have a branch of its own: one clear sentence and what to do
//! next, a working fallback where isolation is auto, and never a half-made branch or folder.

use crate::world::World;
use chorus_testkit::but::{Repository, standins};
use chorus_testkit::sandbox::Ran;
use chorus_testkit::wait_until;
use chorus_testkit::world::Refusal;
use std::path::{Path, PathBuf};

/// A world with a folder `given` that is the project, and a `but` that would do.
struct Bad {
    world: World,
    folder: PathBuf,
}

impl Bad {
    fn new() -> Bad {
        let world = World::new();
        standins()[0].install(&world.root().join("bin"));
        let folder = world.root().join("given");
        std::fs::create_dir(&folder).unwrap();
        Bad { world, folder }
    }

    /// A repository with two branches that conflict.
    fn repository() -> Bad {
        let bad = Bad::new();
        bad.git(&["init", "-q", "-b", "main"]);
        bad.write("a.txt", "one\n");
        bad.git(&["add", "-A"]);
        bad.git(&["commit", "-qm", "first"]);
        bad.git(&["switch", "-qc", "side"]);
        bad.write("a.txt", "side\n");
        bad.git(&["commit", "-qam", "side"]);
        bad.git(&["switch", "-q", "main"]);
        bad.write("a.txt", "main\n");
        bad.git(&["commit", "-qam", "main"]);
        bad
    }

    fn git(&self, args: &[&str]) {
        self.world.git_in(&self.folder, args);
    }

    /// Runs a git that stops half way.
    fn stops(&self, args: &[&str]) {
        let output = self.world.command("git").current_dir(&self.folder).args(args).output().unwrap();
        assert!(!output.status.success(), "{args:?}");
    }

    fn write(&self, path: &str, text: &str) {
        self.world.write(&format!("given/{path}"), text);
    }

    /// Refs, worktrees and their folders.
    fn traces(&self) -> String {
        let git = |args: &[&str]| -> String {
            let ran: Ran = self.world.command("git").current_dir(&self.folder).args(args).output().unwrap().into();
            ran.stdout
        };
        let shelves = std::fs::read_dir(self.world.state().join("worktrees")).map_or(0, Iterator::count);
        let refs = git(&["for-each-ref", "--format=%(refname) %(objectname)"]);
        format!("{refs}{}{shelves}", git(&["worktree", "list"]))
    }

    fn words<'a>(&'a self, args: &[&'a str]) -> Vec<&'a str> {
        args.iter().copied().chain(["--project", self.folder.to_str().unwrap()]).collect()
    }

    fn task(&self, isolation: &str) -> String {
        let args = ["new", "--title", isolation, "--isolation", isolation];
        self.world.json(self.words(&args))["number"].to_string()
    }

    /// A start with that isolation is refused for a reason that has these words, and leaves nothing.
    #[track_caller]
    fn refuses(&self, isolation: &str, words: &[&str]) -> Refusal {
        let task = self.task(isolation);
        let before = self.traces();
        let refusal = self.world.refused(self.words(&["start", &task]));
        refusal.is_clear();
        let said = format!("{} {}", refusal.message, refusal.hint);
        words.iter().chain(&["cannot start #"]).for_each(|word| assert!(said.contains(word), "{word} in {refusal:?}"));
        assert_eq!(self.traces(), before, "nothing is left behind");
        let found = self.world.json(self.words(&["show", &task]))["task"].clone();
        assert!(found["status"] == "pending" && found["stack"].is_null() && found["worktree"].is_null(), "{found:#}");
        refusal
    }

    /// A start with that isolation works, and becomes this one; its journal says why in these words.
    #[track_caller]
    fn works(&self, isolation: &str, becomes: &str, words: &[&str]) -> String {
        let task = self.task(isolation);
        let before = self.traces();
        let prompt = "Write the greeting here [[bash: echo hello > greeting.txt]] [[say done]]";
        self.world.json(self.words(&["start", &task, "--prompt", prompt]));
        let mut page = serde_json::Value::Null;
        wait_until("the turn is over", || {
            page = self.world.json(self.words(&["show", &task]));
            page["journal"].as_array().unwrap().iter().any(|entry| entry["what"] == "turn_ended")
        });
        assert_eq!(page["task"]["isolation"], becomes, "{page:#}");
        let journal = page["journal"].as_array().unwrap();
        let said = journal.iter().find(|entry| entry["what"] == "isolation").unwrap()["text"].as_str().unwrap();
        words.iter().for_each(|word| assert!(said.contains(word), "{word} in {said}"));
        if becomes == "none" {
            assert!(self.folder.join("greeting.txt").exists());
            assert_eq!(self.traces(), before);
        } else {
            wait_until("its commit", || self.world.json(self.words(&["show", &task]))["task"]["commits"] == 1);
        }
        task
    }

    /// No branch of its own for any task, for a reason with these words.
    #[track_caller]
    fn takes_none(&self, words: &[&str]) {
        self.refuses("stack", words);
        self.refuses("worktree", words);
        self.works("auto", "none", words);
        let health = self.world.run(self.words(&["health"])).stdout;
        assert!(health.contains(words[0]), "{} in {health}", words[0]);
    }
}

#[test]
fn no_repository() {
    Bad::new().takes_none(&["not in a git repository"]);
}

#[test]
fn a_bare_repository() {
    let bad = Bad::new();
    bad.git(&["init", "-q", "--bare"]);
    // An agent would write between the repository's own files.
    for isolation in ["stack", "worktree", "none", "auto"] {
        bad.refuses(isolation, &["no working tree"]);
    }
}

#[test]
fn no_commits() {
    let bad = Bad::new();
    bad.git(&["init", "-q", "-b", "main"]);
    bad.takes_none(&["no commits yet"]);
}

#[test]
fn no_identity() {
    let mut bad = Bad::repository();
    for name in ["GIT_AUTHOR_NAME", "GIT_AUTHOR_EMAIL", "GIT_COMMITTER_NAME", "GIT_COMMITTER_EMAIL"] {
        bad.world.unset(name);
    }
    bad.world.write("home/.gitconfig", "[user]\nuseConfigOnly = true\n");
    bad.takes_none(&["does not know who you are"]);
}

#[test]
fn a_merge_in_progress() {
    let bad = Bad::repository();
    bad.stops(&["merge", "-q", "side"]);
    bad.refuses("stack", &["a merge is in progress"]);
    bad.works("auto", "worktree", &["a merge is in progress"]);
}

#[test]
fn a_rebase_in_progress() {
    let bad = Bad::repository();
    bad.stops(&["rebase", "-q", "side"]);
    bad.refuses("stack", &["a rebase is in progress"]);
    bad.works("auto", "worktree", &["a rebase is in progress"]);
}

#[test]
fn a_detached_head() {
    let bad = Bad::repository();
    bad.git(&["switch", "-q", "--detach"]);
    bad.refuses("stack", &["not set up for GitButler", "worktree"]);
    let task = bad.works("auto", "worktree", &["not set up for GitButler"]);
    bad.world.json(bad.words(&["complete", &task, "--no-edit"]));
    assert!(bad.traces().contains("refs/heads/chorus/2-auto"));
    bad.works("worktree", "worktree", &[]);
}

#[test]
fn a_but_of_an_unknown_grammar() {
    let bad = Bad::repository();
    // A project of GitButler's, by its files.
    bad.git(&["switch", "-qc", "gitbutler/workspace"]);
    bad.git(&["config", "gitbutler.project.targetRef", "refs/heads/main"]);
    std::fs::create_dir(bad.folder.join(".git/gitbutler")).unwrap();
    bad.world.script("but", "echo 'but 9.0: what do you mean?'; exit 0");
    bad.refuses("stack", &["no known grammar"]);
    bad.works("auto", "worktree", &["no known grammar"]);
    // Nobody asks it.
    bad.world.script("but", "exec sleep 600");
    bad.works("worktree", "worktree", &[]);
}

/// As root every file can be written, but not a file below a file.
#[test]
fn a_repository_that_cannot_be_written() {
    let bad = Bad::repository();
    bad.git(&["branch", "chorus"]);
    for isolation in ["worktree", "auto"] {
        let refusal = bad.refuses(isolation, &["chorus"]);
        assert!(refusal.hint.contains("git branch -m chorus"), "{refusal:?}");
    }
    bad.git(&["branch", "-D", "chorus"]);
    bad.write(".git/worktrees", "no folder\n");
    for isolation in ["worktree", "auto"] {
        bad.refuses(isolation, &[".git/worktrees"]);
    }
    std::fs::remove_file(bad.folder.join(".git/worktrees")).unwrap();
    let shelves = bad.world.state().join("worktrees");
    let _ = std::fs::remove_dir_all(&shelves);
    std::fs::write(&shelves, "no folder\n").unwrap();
    bad.refuses("worktree", &["worktrees", "state folder writable"]);
    std::fs::remove_file(&shelves).unwrap();
    bad.works("worktree", "worktree", &[]);
}

/// Two trees are enough to make them all; empty ones are made fastest.
fn fill(world: &World, folder: &Path, files: usize) {
    let make = |kind: &[&str], lines: String| -> String {
        let file = world.write("tree", &lines);
        let mut git = world.command("git");
        git.current_dir(folder).args(kind).stdin(std::fs::File::open(file).unwrap());
        let ran: Ran = git.output().unwrap().into();
        assert_eq!(ran.code, 0, "{}", ran.stderr);
        ran.stdout.trim().to_owned()
    };
    let blob = make(&["hash-object", "-w", "--stdin"], String::new());
    let inner = (0..1000).map(|at| format!("100644 blob {blob}\tf{at}\n")).collect();
    let inner = make(&["mktree"], inner);
    let outer = (0..files / 1000).map(|at| format!("040000 tree {inner}\td{at}\n")).collect();
    let outer = make(&["mktree"], outer);
    let commit = world.git_in(folder, &["commit-tree", &outer, "-p", "HEAD", "-m", "many files"]);
    world.git_in(folder, &["reset", "-q", "--hard", &commit]);
}

/// In a stack, edits by commands are found by looks at the whole tree that may be cut off: such an edit is the task's or
/// unclaimed with the task as candidate, never lost. In a worktree everything is the task's.
#[test]
fn a_hundred_thousand_files() {
    let mut bad = Bad::new();
    let repository = Repository::bare(&standins()[0]);
    bad.folder = repository.path();
    fill(&bad.world, &bad.folder, 100_000);
    assert_eq!(repository.but(["setup", "--json"]).code, 0);
    let prompt = "Write both of them now [[bash: echo hello > d7/f7]] \
                  [[tool Write {\"file_path\":\"d8/f8\",\"content\":\"x\\n\"}]] [[say done]]";
    let stack = bad.task("stack");
    bad.world.json(bad.words(&["start", &stack, "--prompt", prompt]));
    let wrote = || repository.file_on("chorus/1-stack", "d8/f8").as_deref() == Some(b"x\n");
    wait_until("the tool's edit is committed", wrote);
    if repository.file_on("chorus/1-stack", "d7/f7").as_deref() != Some(b"hello\n") {
        let changes = bad.world.json(bad.words(&["changes"]));
        let files = changes["files"].as_array().unwrap();
        let left = files.iter().find(|file| file["path"] == "d7/f7").unwrap_or_else(|| panic!("{changes:#}"));
        let hunk = &left["hunks"][0];
        assert_eq!((&hunk["owner"], &hunk["tasks"]), (&"unclaimed".into(), &vec![1].into()), "{changes:#}");
    }
    assert_eq!(repository.read("d7/f7").unwrap(), b"hello\n");

    let worktree = bad.task("worktree");
    bad.world.json(bad.words(&["start", &worktree, "--prompt", prompt]));
    let both = || {
        let on = |path: &str| repository.file_on("chorus/2-worktree", path);
        on("d7/f7").as_deref() == Some(b"hello\n") && on("d8/f8").as_deref() == Some(b"x\n")
    };
    wait_until("both are committed", both);
}
