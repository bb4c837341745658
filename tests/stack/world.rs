//! A repository with two tasks' branches, and who claims which edits.

use chorus::attribution::Owner;
use chorus::commits::change::DiffHunk;
use chorus::commits::plan::{CommitPlan, ShownTree, plan};
use chorus::error::Result;
use chorus::vcs::but::But;
use chorus::vcs::commit::{
    self, CommitDesk, CommitIntent, CommitOrder, CommitOutcome, CommitPlace, CommitTrouble, Made,
};
use chorus::vcs::environment::GitEnvironment;
use chorus::vcs::git::Git;
use chorus::vcs::lock::{Held, Lock};
use chorus::vcs::rewrite::{self, Action, Intent, IntentLog, Permit};
use chorus_testkit::but::{Program, Repository, programs, standins};
use std::collections::BTreeSet;
use std::time::Duration;

/// The branches of the tasks `a` and `b`.
pub const A: &str = "chorus/1-a";
pub const B: &str = "chorus/2-b";

pub struct World {
    pub repository: Repository,
    pub git: Git,
    pub but: But,
    claims: Vec<Claim>,
    pub intents: Vec<CommitIntent>,
    /// Runs between the plan and `but commit`: another writer.
    pub meanwhile: Option<Box<dyn FnMut() + Send>>,
    /// The daemon is killed once the intent is written down.
    pub stop_at_intent: bool,
}

struct Claim {
    path: String,
    lines: std::ops::RangeInclusive<u32>,
    owner: Owner,
}

/// Runs a test on every program.
pub fn each(test: impl AsyncFn(&mut World)) {
    over(programs(), test);
}

/// Runs a test on the stand-ins, which can be made to fail.
pub fn each_standin(test: impl AsyncFn(&mut World)) {
    over(standins(), test);
}

fn over(programs: Vec<Program>, test: impl AsyncFn(&mut World)) {
    for program in programs {
        eprintln!("on {}", program.name);
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let mut world = World::new(&program).await;
            test(&mut world).await;
        });
    }
}

pub fn task(name: &str) -> Owner {
    Owner::Task(name.into())
}

impl World {
    async fn new(program: &Program) -> World {
        let repository = Repository::new(program);
        repository.new_branch(A);
        repository.new_branch(B);
        let variables = repository.environment().iter().map(|(name, value)| (name.into(), value.into()));
        let environment = GitEnvironment::of(variables);
        let git = Git::plumbing(repository.path(), &environment);
        let but = But::open(&repository.bin().join("but"), &repository.path(), &environment).await.unwrap();
        let (claims, intents) = (Vec::new(), Vec::new());
        World { repository, git, but, claims, intents, meanwhile: None, stop_at_intent: false }
    }

    /// All of a path is this one's.
    pub fn claim(&mut self, path: &str, owner: Owner) {
        self.claim_lines(path, 0..=u32::MAX, owner);
    }

    /// These lines of a path, and what is deleted below them, are this one's.
    pub fn claim_lines(&mut self, path: &str, lines: std::ops::RangeInclusive<u32>, owner: Owner) {
        self.claims.push(Claim { path: path.into(), lines, owner });
    }

    /// From now on these paths, and nothing else, are this task's.
    pub fn claims_of<'w>(paths: &[&str], name: &str, world: &'w mut World) -> &'w mut World {
        world.claims.clear();
        paths.iter().for_each(|path| world.claim(path, task(name)));
        world
    }

    pub async fn hold(&self) -> Held {
        Lock::of(&self.repository.path().join(".git")).await.hold(Duration::from_secs(60)).await.unwrap()
    }

    /// The right to change branches, with nothing written down.
    pub async fn permit<'h>(&'h self, held: &'h Held) -> Permit<'h> {
        let place = CommitPlace { git: &self.git, but: &self.but, held };
        let kept = rewrite::keep(place, 1, &BTreeSet::new()).await.unwrap();
        kept.begin(place, Action::Apply { branch: A.into() }, &mut Unwritten).await.unwrap().1
    }

    /// Commits the edits of a task to its branch.
    pub async fn commit(&mut self, task: &str) -> CommitOutcome {
        self.try_commit(task).await.unwrap()
    }

    pub async fn try_commit(&mut self, task: &str) -> Result<CommitOutcome> {
        let held = self.hold().await;
        let (git, but) = (self.git.clone(), self.but.clone());
        let branch = branch(task).to_owned();
        let number = if task == "a" { 1 } else { 2 };
        let message = format!("Work of {task}\n\nIts body.\n\nChorus-Task: #{number}\n");
        let order = CommitOrder { number, branch, message };
        let mut desk = Claims { world: self, task: task.into() };
        commit::commit(CommitPlace { git: &git, but: &but, held: &held }, &order, &mut desk).await
    }

    /// Commits, which must go well.
    #[track_caller]
    pub fn made(&self, outcome: CommitOutcome) -> Made {
        match outcome {
            CommitOutcome::Committed(made) => {
                let on = self.repository.git(["rev-parse", &format!("{}^{{commit}}", made.oid)]);
                assert_eq!(on, made.oid);
                made
            }
            other => panic!("{other:?}"),
        }
    }

    #[track_caller]
    pub fn trouble(&self, outcome: CommitOutcome) -> CommitTrouble {
        match outcome {
            CommitOutcome::Trouble(trouble) => trouble,
            other => panic!("{other:?}"),
        }
    }

    pub async fn recover(&mut self) -> CommitOutcome {
        let held = self.hold().await;
        let intent = self.intents.last().unwrap().clone();
        let place = CommitPlace { git: &self.git, but: &self.but, held: &held };
        match commit::recover(place, &intent).await {
            Ok(outcome) => outcome,
            // A real `but` that is killed can leave a workspace that it takes for somebody else's: that is told with its
            // mend, which a person carries out.
            Err(error) => {
                assert!(error.hint.as_ref().is_some_and(|hint| hint.contains("git reset --soft HEAD~1")), "{error:?}");
                self.repository.git(["reset", "--soft", "HEAD~1"]);
                commit::recover(place, &intent).await.unwrap()
            }
        }
    }

    /// The bytes are in the tree, on a branch, or in a rescue.
    #[track_caller]
    pub fn kept(&self, path: &str, bytes: &[u8]) {
        let on = |branch: &str| self.repository.file_on(branch, path).as_deref() == Some(bytes);
        let in_tree = self.repository.read(path).as_deref() == Some(bytes);
        let references = self.repository.git(["for-each-ref", "--format=%(refname)", "refs/chorus/"]);
        let rescued = references.lines().any(|reference| {
            let name = format!("{reference}:{path}");
            let output = self.repository.command("git").args(["cat-file", "blob", &name]).output().unwrap();
            output.status.success() && output.stdout == bytes
        });
        assert!(in_tree || on(A) || on(B) || rescued, "{path} is lost: {:?}", String::from_utf8_lossy(bytes));
    }

    /// Both branches are applied, no file holds a conflict, and both tasks can commit a new file each.
    pub async fn next_works(&mut self) {
        let status = self.but.status().await.unwrap();
        assert!(status.branch(A).is_some() && status.branch(B).is_some(), "{status:?}");
        assert!(status.conflicted.is_empty(), "{status:?}");
        for (name, branch) in [("a", A), ("b", B)] {
            let path = format!("next of {name}");
            self.repository.write(&path, name);
            self.claim(&path, task(name));
            let outcome = self.commit(name).await;
            let made = self.made(outcome);
            assert!(made.paths.contains(&path), "{made:?}");
            assert_eq!(self.repository.file_on(branch, &path).as_deref(), Some(name.as_bytes()));
        }
    }
}

pub fn branch(task: &str) -> &'static str {
    if task == "a" { A } else { B }
}

/// The lines that a hunk adds, and for each run of deleted lines the number of lines above it.
fn places(hunk: &DiffHunk) -> BTreeSet<u32> {
    let mut above = if hunk.new_lines == 0 { hunk.new_start } else { hunk.new_start.saturating_sub(1) };
    let mut places = BTreeSet::new();
    for line in hunk.body.lines().skip(1).filter(|line| !line.starts_with('\\')) {
        above += u32::from(!line.starts_with('-'));
        if line.starts_with(['+', '-']) {
            places.insert(above);
        }
    }
    places
}

/// Nobody who would recover reads it.
pub struct Unwritten;

#[async_trait::async_trait]
impl IntentLog for Unwritten {
    async fn intend(&mut self, _intent: &Intent) -> Result<()> {
        Ok(())
    }
}

struct Claims<'a> {
    world: &'a mut World,
    task: String,
}

#[async_trait::async_trait]
impl CommitDesk for Claims<'_> {
    async fn plan(&mut self, tree: ShownTree<'_>) -> Result<CommitPlan> {
        let claims = &self.world.claims;
        let mut owners = |path: &str, hunk: &DiffHunk| -> BTreeSet<Owner> {
            let places = places(hunk);
            let of = |claim: &&Claim| {
                claim.path == path && (places.is_empty() || places.iter().any(|place| claim.lines.contains(place)))
            };
            claims.iter().filter(of).map(|claim| claim.owner.clone()).collect()
        };
        Ok(plan(&self.task, branch(&self.task), tree, &mut owners))
    }
}

#[async_trait::async_trait]
impl IntentLog for Claims<'_> {
    async fn intend(&mut self, intent: &Intent) -> Result<()> {
        // As from the store: after a kill nothing else is known.
        let text = serde_json::to_string(intent).unwrap();
        let Intent::Commit(intent) = serde_json::from_str(&text).unwrap() else { panic!("{intent:?}") };
        self.world.intents.push(*intent);
        if let Some(meanwhile) = &mut self.world.meanwhile {
            meanwhile();
        }
        match self.world.stop_at_intent {
            true => Err(chorus::error::Error::internal("killed")),
            false => Ok(()),
        }
    }
}
