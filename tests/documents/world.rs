//! A repository with documents, a daemon's core on a store, and a task whose agent's reads the test plays.

use chorus::contract::{DocumentVersion, Reference, ReferenceState, RefsAsk, TaskNew, TaskRef};
use chorus::core::{Asker, Core};
use chorus::evidence::event::{ToolCall, ToolWork};
use chorus::ops::documents::{changes, known, references, tell};
use chorus::paths::State;
use chorus::store::{Defaults, TaskPlace, Who};
use chorus::task::{Isolation, Step, Task};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::time::Duration;
use tempfile::TempDir;
use tokio_util::sync::CancellationToken;

pub const PLAN: &str =
    "# Plan\n\n## Goals\n\nSmall and honest software.\nNo surprises at all.\n\n## Steps\n\n1. Write it\n";

pub struct World {
    folder: TempDir,
    pub root: PathBuf,
    pub core: Arc<Core>,
    pub task: Task,
}

impl World {
    /// `PLAN.md` is committed, and the task runs.
    pub async fn new() -> World {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().canonicalize().unwrap().join("project é");
        let state = State { dir: folder.path().join("state") };
        state.create().unwrap();
        fs::create_dir(&root).unwrap();
        let core = Core::open(state).await;
        let (project, new) =
            (root.to_str().unwrap().to_owned(), TaskNew { title: "Reads".into(), ..TaskNew::default() });
        let defaults = Defaults { agent: "claude".into(), isolation: Isolation::None };
        let made = core.store().unwrap().write(move |tx| {
            let task = tx.create(&project, new, &defaults)?;
            tx.step(&task.uuid, Step::Start, Who::Person, None)
        });
        let task = made.await.unwrap();
        let world = World { folder, root, core, task };
        world.git(&["init", "-q", "-b", "main"]);
        world.write("PLAN.md", PLAN);
        world.commit();
        world
    }

    pub fn project(&self) -> &str {
        self.root.to_str().unwrap()
    }

    /// A person in the project's folder.
    pub fn asker(&self) -> Asker {
        Asker {
            project: self.project().to_owned(),
            folder: self.root.clone(),
            client: String::new(),
            outbox: None,
            gone: CancellationToken::new(),
            watching: Arc::default(),
            lineage: Arc::default(),
            brought: Arc::default(),
        }
    }

    pub fn git(&self, args: &[&str]) -> String {
        self.git_in(&self.root, args)
    }

    pub fn git_in(&self, folder: &Path, args: &[&str]) -> String {
        let mut git = Command::new("git");
        git.current_dir(folder).env("GIT_CONFIG_GLOBAL", "/dev/null").env("GIT_CONFIG_SYSTEM", "/dev/null");
        let output = git.args(["-c", "user.name=t", "-c", "user.email=t@example.org"]).args(args).output().unwrap();
        assert!(output.status.success(), "git {args:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    }

    pub fn commit(&self) {
        self.git(&["add", "-A"]);
        self.git(&["commit", "-qm", "m", "--allow-empty"]);
    }

    pub fn write(&self, path: &str, text: impl AsRef<[u8]>) {
        let path = self.root.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    /// What follows from changes is done from now on, as in a daemon.
    pub fn follow_up(&self) {
        tokio::spawn(changes::run(Arc::downgrade(&self.core)));
    }

    /// Ties lines to the task.
    pub async fn refer(&self, place: &str) -> Reference {
        let tied = TaskRef { task: self.task.uuid.clone(), path: place.into(), ..TaskRef::default() };
        references::refer(&self.core, &self.asker(), tied).await.unwrap()
    }

    /// The only reference as it is found now: path, state, first and last line.
    pub async fn only(&self) -> (String, ReferenceState, i64, i64) {
        let found = references::refs(&self.core, &self.asker(), RefsAsk::default()).await.unwrap();
        let [reference] = &found.references[..] else { panic!("{found:?}") };
        (reference.path.clone(), reference.state, reference.start_line, reference.end_line)
    }

    /// The task's agent reads a file, or has edited it.
    pub async fn reads(&self, file: &Path) {
        let call = ToolCall {
            tool: "Read".into(),
            id: None,
            summary: None,
            fingerprint: 0,
            reads: Some(file.to_owned()),
            work: ToolWork::default(),
        };
        known::note_call(&self.core, &self.task.uuid, &call).await.unwrap();
    }

    /// The documents that changed since the task's agent read them.
    pub async fn outdated(&self) -> Vec<String> {
        let found = known::outdated(&self.core, self.project()).await.unwrap();
        found.into_iter().map(|document| document.path).collect()
    }

    /// The prompt about them, or why there is none.
    pub async fn told(&self) -> Result<(String, Vec<DocumentVersion>), String> {
        tell::prompt(&self.core, &self.task).await.map_err(|error| error.message)
    }

    /// The task works in a worktree of its own.
    pub async fn with_worktree(&mut self) -> PathBuf {
        let worktree = self.folder.path().canonicalize().unwrap().join("worktree");
        self.git(&["worktree", "add", "-q", worktree.to_str().unwrap(), "-b", "task"]);
        let place = TaskPlace {
            worktree: Some(worktree.to_str().unwrap().to_owned()),
            base: Some(self.git(&["rev-parse", "HEAD"])),
            ..TaskPlace::default()
        };
        let uuid = self.task.uuid.clone();
        let placed = self.core.store().unwrap().write(move |tx| {
            tx.set_place(&uuid, &place)?;
            tx.row(&uuid)
        });
        self.task = placed.await.unwrap();
        worktree
    }

    /// Waits until something is so.
    pub async fn until<F: AsyncFnMut() -> bool>(&self, what: &str, mut is_so: F) {
        for _ in 0..3000 {
            if is_so().await {
                return;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        panic!("not {what}");
    }

    /// Waits until the kernel has told of a change of documents.
    pub async fn heard(&self) {
        let shelf = self.core.documents.of(self.project());
        self.until("heard of a change", async || !shelf.touched.is_empty()).await;
    }

    /// The store's file.
    pub fn store_file(&self) -> PathBuf {
        self.folder.path().join("state/chorus.db")
    }

    /// The documents of which the task's agent knows a version.
    pub async fn known(&self) -> Vec<String> {
        let project = self.project().to_owned();
        let known = self.core.store().unwrap().read(move |tx| tx.known_documents(&project)).await.unwrap();
        known.into_iter().map(|known| known.path).collect()
    }
}
