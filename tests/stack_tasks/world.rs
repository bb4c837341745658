//! A sandbox whose project is set up for `but`, and whose tasks have stacks.

use super::edits::{lines_of, numbered, owners};
use chorus::client::Client;
use chorus::contract::{Changes, ChangesAssign, ChosenEdits, FileSaved, Nothing, Request};
use chorus::paths::State;
use chorus_testkit::but::{Grammar, Program, programs, standins};
use chorus_testkit::sandbox::Ran;
use chorus_testkit::world::count;
use chorus_testkit::{Sandbox, around};
use serde_json::Value;

pub struct World {
    base: chorus_testkit::World,
    pub program: Program,
}

/// Tasks whose agents may do everything.
const ALLOWED: [&str; 2] = ["--permission-mode", "bypassPermissions"];

around!(World, base: chorus_testkit::World);

/// Runs a test on every program.
#[track_caller]
pub fn each(test: impl Fn(World)) {
    over(programs(), World::new, test);
}

/// Runs a test on the stand-ins, which can be made to fail.
#[track_caller]
pub fn each_standin(test: impl Fn(World)) {
    over(standins(), World::new, test);
}

/// Runs a test that is the same for both grammars on the stand-in of the new one, and on the real programs.
#[track_caller]
pub fn any(test: impl Fn(World)) {
    let mut programs = programs();
    programs.retain(|program| !program.is_standin || program.grammar == Grammar::New);
    over(programs, World::new, test);
}

/// Runs a test on these programs, in worlds that are made so.
#[track_caller]
pub fn over(programs: Vec<Program>, world: impl Fn(&Program) -> World, test: impl Fn(World)) {
    for program in programs {
        println!("on {}", program.name);
        test(world(&program));
    }
}

impl World {
    /// A project with `a.txt` and `b.txt`, 40 numbered lines each, that is set up; tasks get stacks and run the demo
    /// agent, which may do everything.
    pub fn new(program: &Program) -> World {
        let world = World::bare(program);
        let ran: Ran = world.command("but").args(["setup", "--json"]).output().unwrap().into();
        assert_eq!(ran.code, 0, "{ran:?}");
        world
    }

    /// The same before `but setup`.
    pub fn bare(program: &Program) -> World {
        let mut sandbox = Sandbox::new(env!("CARGO_BIN_EXE_chorus"));
        let app = sandbox.write("app/.keep", "");
        sandbox.set("E2E_TEST_APP_DATA_DIR", app.parent().unwrap());
        sandbox.set("NO_BG_TASKS", "1");
        sandbox.set("CHORUS_ISOLATION", "stack");
        for (key, value) in [("user.name", "A Tester"), ("user.email", "tester@localhost"), ("commit.gpgSign", "false")]
        {
            sandbox.git(["config", key, value]);
        }
        sandbox.write("project/a.txt", &numbered("line"));
        sandbox.write("project/b.txt", &numbered("line"));
        sandbox.commit("two files");
        std::fs::create_dir_all(sandbox.root().join("but/real")).unwrap();
        program.install(&sandbox.root().join("but/real"));
        let world = World { base: chorus_testkit::World::with_options(sandbox, &ALLOWED), program: program.clone() };
        world.config("");
        world.put_before_but();
        world
    }

    /// Writes the user's configuration: the demo agent, and these lines.
    pub fn config(&self, more: &str) {
        let log = self.root().join("asked").display().to_string();
        let text = format!("{more}\n[agent]\ndefault = \"demo\"\n[agent.demo.env]\nCHORUS_DEMO_LOG = {log:?}\n");
        self.write("config/chorus/chorus.toml", &text);
    }

    /// From now on nothing reports what the processes of tasks write.
    pub fn untraced(&self) {
        self.config("[vcs]\ntrace = \"off\"");
    }

    /// Creates and starts a task whose agent plays these markers and then asks: its turn is not over.
    #[track_caller]
    pub fn asking(&self, title: &str, markers: &str) -> String {
        let task = self.begun(title, &format!("{markers} [[ask]] [[say done]]"));
        self.asks(&task);
        task
    }

    /// Waits until the task's agent asks.
    #[track_caller]
    pub fn asks(&self, task: &str) {
        self.awaits(task, "its agent asks", |page| page["requests"].as_array().unwrap().len() == 1);
    }

    /// Answers what a task asks: its turn ends.
    #[track_caller]
    pub fn answer(&self, task: &str) {
        self.json(["answer", task, "Red"]);
    }

    /// Waits until that many commits of the task were made and nothing is in the way.
    #[track_caller]
    pub fn commits(&self, task: &str, commits: usize) {
        self.awaits(task, "its commit is made", |page| {
            count(page, "committed") >= commits && page["task"]["trouble"].is_null()
        });
        assert_eq!(self.look(task)["commits"], commits);
    }

    /// Where nothing traces the task's commands, the person says that what they changed is the task's.
    pub fn claims(&self, task: &str) {
        if self.look(task)["unclaimed"] != 0 {
            self.json(["assign", task]);
        }
    }

    /// As [`World::claims`], once the turn is over; it is committed as well.
    pub fn claims_and_commits(&self, task: &str) {
        self.awaits(task, "its edits are seen", |page| {
            page["task"]["unclaimed"] != 0 || page["task"]["commits"] != 0 && page["task"]["uncommitted"] == 0
        });
        if self.look(task)["unclaimed"] != 0 {
            self.json(["assign", task]);
            // The commit after its turn may take them already.
            self.run(["commit", task]);
            self.awaits(task, "they are committed", |page| page["task"]["uncommitted"] == 0);
        }
    }

    /// Waits until the task says what keeps its edits from being committed.
    #[track_caller]
    pub fn trouble(&self, task: &str) -> Value {
        self.awaits(task, "there is trouble", |page| !page["task"]["trouble"].is_null())["task"]["trouble"].clone()
    }

    /// The agent's conversation, as the agent itself keeps it.
    #[track_caller]
    pub fn transcript(&self, task: &str) -> String {
        self.said(&self.session(task))
    }

    /// A conversation, without asking the daemon.
    pub fn said(&self, session: &str) -> String {
        let folders = std::fs::read_dir(self.state().join("demo/projects")).into_iter().flatten().flatten();
        let mut files = folders.map(|folder| folder.path().join(format!("{session}.jsonl")));
        files.find_map(|file| std::fs::read_to_string(file).ok()).unwrap_or_default()
    }

    /// A file of the working tree.
    #[track_caller]
    pub fn read(&self, path: &str) -> String {
        std::fs::read_to_string(self.project().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
    }

    /// What a branch changes since `main`: `a.txt +new`, `a.txt -old`, by line.
    #[track_caller]
    pub fn changed_on(&self, branch: &str) -> Vec<String> {
        lines_of(&self.git(["diff", "--unified=0", "--no-renames", &format!("main...refs/heads/{branch}")]))
    }

    /// Every branch of a task.
    pub fn branches(&self) -> Vec<String> {
        let listed = self.git(["for-each-ref", "--format=%(refname:short)", "refs/heads/"]);
        let own = |name: &&str| *name != "main" && !name.starts_with("gitbutler/");
        listed.lines().filter(own).map(str::to_owned).collect()
    }

    /// The applied branches, by stack, as `but` tells them.
    #[track_caller]
    pub fn stacks(&self) -> Vec<Vec<String>> {
        let ran: Ran = self.command("but").args(["status", "--json"]).output().unwrap().into();
        let status: Value = serde_json::from_str(&ran.stdout).unwrap_or_else(|error| panic!("{error}: {ran:?}"));
        let name = |branch: &Value| branch["name"].as_str().unwrap_or_default().to_owned();
        let stack = |stack: &Value| stack["branches"].as_array().unwrap().iter().map(name).collect();
        status["stacks"].as_array().unwrap().iter().map(stack).collect()
    }

    /// A connection as another program has one.
    fn client(&self) -> Client {
        let project = self.project().display().to_string();
        Client::hello(&State { dir: self.state() }, &project).unwrap().0
    }

    /// Who owns what is uncommitted: `a.txt:3 task 1`, for each hunk with its first line that differs.
    #[track_caller]
    pub fn owners(&self) -> Vec<String> {
        owners(&self.changes())
    }

    /// What is uncommitted.
    #[track_caller]
    pub fn changes(&self) -> Changes {
        self.client().call(&Request::Changes(Nothing {})).unwrap()
    }

    /// A person says whose an edit is: a file, or one of its hunks.
    #[track_caller]
    pub fn assign(&self, path: &str, hunk: Option<&str>, task: Option<&str>) -> Vec<String> {
        let edits = ChosenEdits { path: path.into(), hunks: hunk.map(str::to_owned).into_iter().collect() };
        owners(&self.assign_all(vec![edits], task).unwrap())
    }

    /// A person says whose several edits are.
    pub fn assign_all(&self, edits: Vec<ChosenEdits>, task: Option<&str>) -> chorus::error::Result<Changes> {
        self.client().call(&Request::ChangesAssign(ChangesAssign { edits, task: task.map(str::to_owned) }))
    }

    /// Writes a file and says so, as a Neovim does.
    #[track_caller]
    pub fn saves(&self, path: &str, text: &str) {
        let path = self.write(&format!("project/{path}"), text).display().to_string();
        self.client().call::<Nothing>(&Request::FileSaved(FileSaved { path, ..FileSaved::default() })).unwrap();
    }

    /// The line of health of that name.
    #[track_caller]
    pub fn health(&self, name: &str) -> Value {
        let ran: Ran = self.chorus(["health", "--json"]).output().unwrap().into();
        let health: Value = serde_json::from_str(&ran.stdout).unwrap_or_else(|error| panic!("{error}: {ran:?}"));
        let mut checks = health["checks"].as_array().unwrap().iter();
        checks.find(|check| check["name"] == name).unwrap_or_else(|| panic!("no {name} in {health:#}")).clone()
    }
}
