//! A sandbox whose project is set up for `but`, and whose tasks have stacks.

use chorus::client::Client;
use chorus::contract::{Changes, ChangesAssign, FileSaved, Nothing, Request};
use chorus::paths::State;
use chorus_testkit::but::{Grammar, Program, programs, standins};
use chorus_testkit::sandbox::{self, Ran};
use chorus_testkit::{Sandbox, files, processes, wait_until};
use serde_json::Value;
use std::ops::{Deref, DerefMut};

pub struct World {
    sandbox: Sandbox,
    pub program: Program,
}

impl Deref for World {
    type Target = Sandbox;
    fn deref(&self) -> &Sandbox {
        &self.sandbox
    }
}

impl DerefMut for World {
    fn deref_mut(&mut self) -> &mut Sandbox {
        &mut self.sandbox
    }
}

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

/// What stands before `but` on PATH: notes each call, and stops before or after one when a file asks for it, so that a
/// daemon can be killed there. A daemon chooses the environment of its `but`, so the stand-in's faults are named here.
const BEFORE_BUT: &str = r#"#!/bin/sh
here='ROOT/but'
export CHORUS_STANDIN_FAULTS="$here/faults"
echo "$*" >> "$here/calls"
[ -e "$here/stop" ] || exec "$here/real/but" "$@"
read side word left < "$here/stop"
case " $* " in
    *" $word "*) ;;
    *) exec "$here/real/but" "$@" ;;
esac
if [ "$left" -gt 1 ]; then
    echo "$side $word $((left - 1))" > "$here/.stop.$$"
    mv "$here/.stop.$$" "$here/stop"
    exec "$here/real/but" "$@"
fi
rm "$here/stop"
[ "$side" = before ] || "$here/real/but" "$@"
echo $$ > "$here/.stopped"
mv "$here/.stopped" "$here/stopped"
exec sleep 600
"#;

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
        let world = World { sandbox, program: program.clone() };
        world.config("");
        world.script("but", &BEFORE_BUT.replace("ROOT", &world.root().display().to_string()));
        world
    }

    /// Writes the user's configuration: the demo agent, and these lines.
    pub fn config(&self, more: &str) {
        let log = self.root().join("asked").display().to_string();
        let text = format!("{more}\n[agent]\ndefault = \"demo\"\n[agent.demo.env]\nCHORUS_DEMO_LOG = {log:?}\n");
        self.write("config/chorus/chorus.toml", &text);
    }

    /// Puts a script on PATH.
    pub fn script(&self, name: &str, text: &str) {
        self.unlink(name);
        sandbox::script(&self.root().join("bin").join(name), text);
    }

    /// Creates a task; its number.
    #[track_caller]
    pub fn task(&self, title: &str, more: &[&str]) -> String {
        let words = ["new", "--title", title, "--permission-mode", "bypassPermissions"];
        self.json(words.iter().chain(more))["number"].to_string()
    }

    /// Creates and starts a task.
    #[track_caller]
    pub fn begun(&self, title: &str, prompt: &str) -> String {
        let task = self.task(title, &[]);
        self.json(["start", &task, "--prompt", prompt]);
        task
    }

    /// Creates and starts a task, and waits until its first turn is over.
    #[track_caller]
    pub fn rested(&self, title: &str, prompt: &str) -> String {
        let task = self.begun(title, prompt);
        self.rests(&task, 1);
        task
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
        self.until(task, "its agent asks", |page| page["requests"].as_array().unwrap().len() == 1);
    }

    /// Answers what a task asks: its turn ends.
    #[track_caller]
    pub fn answer(&self, task: &str) {
        self.json(["answer", task, "Red"]);
    }

    /// Sends a prompt, and waits until its turn is over.
    #[track_caller]
    pub fn turn(&self, task: &str, prompt: &str) {
        let turns = self.count(task, "turn_ended");
        self.json(["send", task, prompt]);
        self.rests(task, turns + 1);
    }

    /// Waits until that many turns of the task are over and its agent is idle.
    #[track_caller]
    pub fn rests(&self, task: &str, turns: usize) {
        self.until(task, "its turn is over", |page| {
            count(page, "turn_ended") >= turns && page["task"]["agent_status"]["status"] == "idle"
        });
    }

    /// Waits until that many commits of the task were made and nothing is in the way.
    #[track_caller]
    pub fn commits(&self, task: &str, commits: usize) {
        self.until(task, "its commit is made", |page| {
            count(page, "committed") >= commits && page["task"]["trouble"].is_null()
        });
        assert_eq!(self.look(task)["commits"], commits);
    }

    /// Waits until the task says what keeps its edits from being committed.
    #[track_caller]
    pub fn trouble(&self, task: &str) -> Value {
        self.until(task, "there is trouble", |page| !page["task"]["trouble"].is_null())["task"]["trouble"].clone()
    }

    /// Waits until the task's page fits, and returns it.
    #[track_caller]
    pub fn until(&self, task: &str, what: &str, fits: impl Fn(&Value) -> bool) -> Value {
        let mut last = Value::Null;
        let waited = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            wait_until(what, || {
                last = self.json(["show", task]);
                fits(&last)
            });
        }));
        let log = || std::fs::read_to_string(self.state().join("log")).unwrap_or_default();
        assert!(waited.is_ok(), "#{task}: not {what} on {}: {last:#}\n{}", self.program.name, log());
        last
    }

    /// The task.
    #[track_caller]
    pub fn look(&self, task: &str) -> Value {
        self.json(["show", task])["task"].clone()
    }

    /// The task's branch.
    #[track_caller]
    pub fn branch(&self, task: &str) -> String {
        self.look(task)["stack"].as_str().expect("a stack").to_owned()
    }

    /// The agent's conversation, as the agent itself keeps it.
    #[track_caller]
    pub fn transcript(&self, task: &str) -> String {
        self.said(&self.session(task))
    }

    /// The id of the task's conversation.
    #[track_caller]
    pub fn session(&self, task: &str) -> String {
        self.look(task)["session_id"].as_str().expect("a session").to_owned()
    }

    /// A conversation, without asking the daemon.
    pub fn said(&self, session: &str) -> String {
        let folders = std::fs::read_dir(self.state().join("demo/projects")).into_iter().flatten().flatten();
        let mut files = folders.map(|folder| folder.path().join(format!("{session}.jsonl")));
        files.find_map(|file| std::fs::read_to_string(file).ok()).unwrap_or_default()
    }

    /// The journal's sentences of that kind.
    #[track_caller]
    pub fn journal(&self, task: &str, what: &str) -> Vec<String> {
        let page = self.json(["show", task]);
        let entries = page["journal"].as_array().unwrap().iter().filter(|entry| entry["what"] == what);
        entries.map(|entry| entry["text"].as_str().unwrap().to_owned()).collect()
    }

    /// How often that happened to the task.
    #[track_caller]
    pub fn count(&self, task: &str, what: &str) -> usize {
        count(&self.json(["show", task]), what)
    }

    /// Why a command is refused.
    #[track_caller]
    pub fn refused<I: IntoIterator<Item = S>, S: AsRef<std::ffi::OsStr>>(&self, words: I) -> Refusal {
        let ran: Ran = self.chorus(words).arg("--json").output().unwrap().into();
        assert_eq!(ran.code, 1, "{ran:?}");
        let answer: Value = serde_json::from_str(&ran.stdout).unwrap_or_else(|error| panic!("{error}: {ran:?}"));
        let text = |name: &str| answer["error"][name].as_str().unwrap_or_default().to_owned();
        Refusal { code: text("code"), message: text("message"), hint: text("hint") }
    }

    /// A file of the working tree.
    #[track_caller]
    pub fn read(&self, path: &str) -> String {
        std::fs::read_to_string(self.project().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
    }

    /// A file as a branch has it; nothing when it has none.
    pub fn on(&self, branch: &str, path: &str) -> Option<String> {
        let output = self.command("git").args(["cat-file", "blob", &format!("refs/heads/{branch}:{path}")]).output();
        let output = output.unwrap();
        output.status.success().then(|| String::from_utf8(output.stdout).unwrap())
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
        let assign = ChangesAssign { path: path.into(), hunk: hunk.map(str::to_owned), task: task.map(str::to_owned) };
        owners(&self.client().call(&Request::ChangesAssign(assign)).unwrap())
    }

    /// Writes a file and says so, as a Neovim does.
    #[track_caller]
    pub fn saves(&self, path: &str, text: &str) {
        let path = self.write(&format!("project/{path}"), text).display().to_string();
        self.client().call::<Nothing>(&Request::FileSaved(FileSaved { path })).unwrap();
    }

    /// The line of health of that name.
    #[track_caller]
    pub fn health(&self, name: &str) -> Value {
        let ran: Ran = self.chorus(["health", "--json"]).output().unwrap().into();
        let health: Value = serde_json::from_str(&ran.stdout).unwrap_or_else(|error| panic!("{error}: {ran:?}"));
        let mut checks = health["checks"].as_array().unwrap().iter();
        checks.find(|check| check["name"] == name).unwrap_or_else(|| panic!("no {name} in {health:#}")).clone()
    }

    /// `but` stops `before` or `after` its call of that number, counted from one, of those with that word (`status`).
    pub fn stop(&self, side: &str, word: &str, call: usize) {
        self.write("but/stop", &format!("{side} {word} {call}\n"));
    }

    /// No `but` stops any more.
    pub fn go_on(&self) {
        let _ = std::fs::remove_file(self.root().join("but/stop"));
    }

    /// Waits until it has stopped; its process.
    #[track_caller]
    pub fn stopped(&self) -> u32 {
        let file = self.root().join("but/stopped");
        wait_until("but has stopped", || file.exists());
        let text = std::fs::read_to_string(&file).unwrap();
        std::fs::remove_file(file).unwrap();
        text.trim().parse().unwrap()
    }

    /// The calls of `but` so far.
    pub fn calls(&self) -> Vec<String> {
        files::lines(&self.root().join("but/calls"))
    }

    /// Lets a fault happen to the stand-in's next `commit`, or another command: `NAME@COMMAND`.
    pub fn fault(&self, fault: &str) {
        assert!(self.program.is_standin);
        self.write("but/faults", fault);
    }

    /// Whether the fault has happened.
    pub fn has_failed(&self) -> bool {
        std::fs::read_to_string(self.root().join("but/faults")).is_ok_and(|text| text.is_empty())
    }

    /// SIGKILL for the daemon, and its end.
    #[track_caller]
    pub fn kill_daemon(&self) {
        self.kill(self.daemon().expect("a daemon"));
    }

    /// SIGKILL for a process, and its end.
    #[track_caller]
    pub fn kill(&self, pid: u32) {
        processes::kill(pid);
        wait_until("the process is gone", || chorus::process::identity(pid).is_none());
    }
}

/// Why a command was refused.
#[derive(Debug)]
pub struct Refusal {
    pub code: String,
    pub message: String,
    pub hint: String,
}

/// How many entries of that kind a page's journal has.
pub fn count(page: &Value, what: &str) -> usize {
    page["journal"].as_array().unwrap().iter().filter(|entry| entry["what"] == what).count()
}

fn owners(changes: &Changes) -> Vec<String> {
    let mut all = Vec::new();
    for file in &changes.files {
        for hunk in &file.hunks {
            let tasks: Vec<String> = hunk.tasks.iter().map(|task| format!(" {task}")).collect();
            // The first of its lines are the same in both.
            let same = hunk.lines.iter().take_while(|line| line.starts_with(' ')).count();
            let line = hunk.line + i64::try_from(same).unwrap();
            all.push(format!("{}:{line} {}{}", file.path, hunk.owner, tasks.concat()));
        }
    }
    all
}

/// `PATH +line`, `PATH -line` of a difference.
pub fn lines_of(diff: &str) -> Vec<String> {
    let (mut lines, mut from, mut to) = (Vec::new(), String::new(), String::new());
    for line in diff.lines() {
        if let Some(path) = line.strip_prefix("--- ") {
            from = path.trim_start_matches("a/").to_owned();
        } else if let Some(path) = line.strip_prefix("+++ ") {
            to = path.trim_start_matches("b/").to_owned();
        } else if line.starts_with('+') || line.starts_with('-') {
            lines.push(format!("{} {line}", if to == "/dev/null" { &from } else { &to }));
        }
    }
    lines
}

/// Forty lines: `line 1`, `line 2`…
pub fn numbered(word: &str) -> String {
    (1..=40).map(|number| format!("{word} {number}\n")).collect()
}

/// Forty numbered lines with some of them changed.
pub fn numbered_but(changed: &[(usize, &str)]) -> String {
    let line = |number: usize| {
        let found = changed.iter().find(|(at, _)| *at == number);
        found.map_or(format!("line {number}\n"), |(_, text)| format!("{text}\n"))
    };
    (1..=40).map(line).collect()
}

/// The marker of an edit that changes a line of a numbered file.
pub fn edit(path: &str, line: usize, text: &str) -> String {
    let input = serde_json::json!({ "file_path": path, "old_string": format!("line {line}\n"),
        "new_string": format!("{text}\n"), "replace_all": false });
    format!("[[tool Edit {input}]]")
}

/// The marker of a whole file's writing.
pub fn write(path: &str, text: &str) -> String {
    format!("[[tool Write {}]]", serde_json::json!({ "file_path": path, "content": text }))
}
