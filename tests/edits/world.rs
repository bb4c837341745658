//! A repository, a daemon's core on a store, and two tasks whose agent's tools the test plays.

use chorus::agent::Adapter;
use chorus::agent::claude::Claude;
use chorus::attribution::Owner;
use chorus::contract::{FileSaved, Hook, Json, TaskNew};
use chorus::core::Core;
use chorus::evidence::event::Happening;
use chorus::ops::edits;
use chorus::paths::State;
use chorus::status::{AgentState, AgentStatus, Answerable, Kind};
use chorus::store::{Defaults, NewRequest, Who};
use chorus::task::{Isolation, Step, Task};
use serde_json::json;
use std::cell::Cell;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use tempfile::TempDir;

pub struct World {
    _folder: TempDir,
    pub root: PathBuf,
    state: State,
    pub core: Arc<Core>,
    pub a: Task,
    pub b: Task,
    calls: Cell<usize>,
}

/// A tool call that has begun.
#[derive(Clone)]
pub struct Begun {
    pub task: String,
    tool: &'static str,
    input: Json,
    id: String,
}

impl World {
    /// Committed are `a.txt`, with the lines 1 to 30, and `files`. Everything is clean and looked at.
    pub async fn new(files: &[(&str, &str)]) -> World {
        let world = World::unseen(files).await;
        edits::first_scan(&world.core, world.project()).await.unwrap();
        let both = [world.a.uuid.clone(), world.b.uuid.clone()];
        let started =
            world.core.store().unwrap().write(move |tx| {
                both.iter().try_for_each(|task| tx.step(task, Step::Start, Who::Person, None).map(drop))
            });
        started.await.unwrap();
        world
    }

    /// As [`World::new`], before the first look, and before the tasks are started.
    pub async fn unseen(files: &[(&str, &str)]) -> World {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().canonicalize().unwrap().join("project é");
        let state = State { dir: folder.path().join("state") };
        state.create().unwrap();
        fs::create_dir(&root).unwrap();
        let core = Core::open(state.clone()).await;
        let task = async |title: &str| {
            let (project, new) =
                (root.to_str().unwrap().to_owned(), TaskNew { title: title.into(), ..TaskNew::default() });
            let stack = Defaults { agent: "claude".into(), isolation: Isolation::Stack };
            core.store().unwrap().write(move |tx| tx.create(&project, new, &stack)).await.unwrap()
        };
        let (a, b) = (task("Task a").await, task("Task b").await);
        let world = World { _folder: folder, root, state, core, a, b, calls: Cell::new(0) };
        world.git(&["init", "-q", "-b", "main"]);
        world.write("a.txt", &numbered(&[]));
        world.write("chorus.toml", "[vcs]\noverlap = 'tell'\n");
        files.iter().for_each(|(path, text)| world.write(path, text));
        world.commit();
        world
    }

    /// The daemon ends, and another begins on the same store.
    pub async fn restart(&mut self) {
        self.core = Core::open(self.state.clone()).await;
    }

    pub fn project(&self) -> &str {
        self.root.to_str().unwrap()
    }

    pub fn git(&self, args: &[&str]) -> String {
        let mut git = Command::new("git");
        git.current_dir(&self.root).env("GIT_CONFIG_GLOBAL", "/dev/null").env("GIT_CONFIG_SYSTEM", "/dev/null");
        let output = git.args(["-c", "user.name=t", "-c", "user.email=t@example.org"]).args(args).output().unwrap();
        assert!(output.status.success(), "git {args:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    }

    pub fn commit(&self) {
        self.git(&["add", "-A"]);
        self.git(&["commit", "-qm", "m", "--allow-empty"]);
    }

    pub fn write(&self, path: &str, text: &str) {
        let path = self.root.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    pub fn read(&self, path: &str) -> String {
        fs::read_to_string(self.root.join(path)).unwrap()
    }

    /// A hook event from a recorded one.
    fn hook(&self, sample: &str, begun: &Begun, changes: Json) -> Hook {
        let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/hooks").join(sample);
        let mut event: Json = serde_json::from_slice(&fs::read(file).unwrap()).unwrap();
        let fields =
            json!({"cwd": self.root, "tool_name": begun.tool, "tool_input": begun.input, "tool_use_id": begun.id});
        for (key, value) in fields.as_object().unwrap().iter().chain(changes.as_object().unwrap()) {
            event[key] = value.clone();
        }
        let (task, launch) = (begun.task.clone(), String::new());
        Hook {
            id: format!("{}{sample}", begun.id),
            task,
            launch,
            at: chorus::clock::now(),
            wait: false,
            event,
            agent: None,
        }
    }

    /// A tool call begins without a word, as when no daemon runs.
    pub fn call(&self, task: &Task, tool: &'static str, input: Json) -> Begun {
        self.calls.set(self.calls.get() + 1);
        Begun { task: task.uuid.clone(), tool, input, id: format!("toolu_{}", self.calls.get()) }
    }

    /// A tool call begins; what the agent is answered is returned too.
    pub async fn pre(&self, task: &Task, tool: &'static str, input: Json) -> (Begun, Option<Json>) {
        let begun = self.call(task, tool, input);
        let answer = self.announce(&begun).await;
        (begun, answer)
    }

    pub async fn announce(&self, begun: &Begun) -> Option<Json> {
        let hook = self.hook("PreToolUse.Edit.json", begun, json!({}));
        let Happening::ToolStart(call) = Claude.parse(&hook.event).what else { panic!("no call begins: {hook:?}") };
        let reply = edits::before_tool(&self.core, &hook.task, &call, hook.at).await.unwrap();
        reply.map(|reply| Claude.reply(&reply))
    }

    /// The person is asked whether the call may run.
    pub async fn ask(&self, begun: &Begun) {
        let new = NewRequest {
            id: begun.id.clone(),
            kind: Kind::Permission,
            tool: Some(begun.tool.into()),
            summary: String::new(),
            input: Some(begun.input.clone()),
            cut: false,
            suggestions: Vec::new(),
            folder: None,
            answerable: Answerable::Hook,
            at: chorus::clock::now(),
        };
        let task = begun.task.clone();
        self.core.store().unwrap().write(move |tx| tx.receive(&task, new)).await.unwrap();
    }

    pub async fn post(&self, begun: &Begun, response: Json) {
        self.ended(self.hook("PostToolUse.Edit.json", begun, json!({"tool_response": response}))).await;
    }

    pub async fn failed(&self, begun: &Begun) {
        self.ended(self.hook("PostToolUseFailure.json", begun, json!({}))).await;
    }

    async fn ended(&self, hook: Hook) {
        let Happening::ToolEnd { call, failed } = Claude.parse(&hook.event).what else {
            panic!("no call ends: {hook:?}")
        };
        edits::after_tool(&self.core, &hook.task, &call, failed, hook.at).await.unwrap();
    }

    /// Where the Edit tool would change a file.
    pub fn edit_input(&self, path: &str, old: &str, new: &str) -> Json {
        json!({"file_path": self.root.join(path), "old_string": old, "new_string": new, "replace_all": false})
    }

    /// What the Edit tool does between its hooks, and its response.
    pub fn apply(&self, begun: &Begun) -> Json {
        let text = |key: &str| begun.input[key].as_str().unwrap().to_owned();
        let before = fs::read_to_string(text("file_path")).unwrap();
        assert!(before.contains(&text("old_string")), "{before:?}");
        let after = before.replacen(&text("old_string"), &text("new_string"), 1);
        fs::write(text("file_path"), &after).unwrap();
        json!({"filePath": text("file_path"), "oldString": text("old_string"), "newString": text("new_string"),
            "originalFile": before, "structuredPatch": [patch(&before, &after)], "userModified": false, "replaceAll": false})
    }

    /// A whole Edit by a task; what it was told before.
    pub async fn edit(&self, task: &Task, path: &str, old: &str, new: &str) -> Option<Json> {
        let (begun, answer) = self.pre(task, "Edit", self.edit_input(path, old, new)).await;
        let response = self.apply(&begun);
        self.post(&begun, response).await;
        answer
    }

    /// A whole Write by a task.
    pub async fn put(&self, task: &Task, path: &str, content: &str) {
        let (begun, _) = self.pre(task, "Write", json!({"file_path": self.root.join(path), "content": content})).await;
        self.write(path, content);
        self.post(&begun, json!({"type": "create", "content": content, "structuredPatch": [], "originalFile": null}))
            .await;
    }

    /// The person saves a file in an editor.
    pub async fn save(&self, path: &str) {
        let saved = FileSaved { path: path.into(), ..FileSaved::default() };
        edits::saves::attribute(&self.core, self.project(), &saved).await.unwrap();
    }

    /// The task as lists show it.
    pub async fn row(&self, task: &Task) -> Task {
        let uuid = task.uuid.clone();
        self.core.store().unwrap().read(move |tx| tx.row(&uuid)).await.unwrap()
    }

    /// What the task's agent does, as the monitor found.
    pub async fn has_status(&self, task: &Task, status: AgentStatus) {
        let state = AgentState { status, since: chorus::clock::now(), ..AgentState::default() };
        let uuid = task.uuid.clone();
        self.core.store().unwrap().write(move |tx| tx.set_agent_state(&uuid, state)).await.unwrap();
    }

    /// The person assigns what may be of a task to it; how many edits that was.
    pub async fn assign_candidates(&self, task: &Task, shared: bool) -> i64 {
        let (project, uuid) = (self.project().to_owned(), task.uuid.clone());
        let assign = move |tx: &mut chorus::store::Tx<'_>| {
            let mut count = 0;
            for (path, mut ledger) in tx.ledgers(&project)? {
                count += ledger.assign_candidate(&uuid, shared);
                tx.put_ledger(&project, &path, &ledger)?;
            }
            tx.recount_edits(&project).map(|()| count)
        };
        self.core.store().unwrap().write(assign).await.unwrap()
    }

    /// A command begins.
    pub async fn shell(&self, task: &Task) -> Begun {
        self.pre(task, "Bash", json!({"command": "sh x", "description": "d"})).await.0
    }

    /// A command ends.
    pub async fn shell_ends(&self, begun: &Begun) {
        self.post(begun, json!({"stdout": "", "stderr": "", "interrupted": false})).await;
    }

    pub async fn settle(&self) {
        assert!(edits::reconcile(&self.core, self.project()).await.unwrap());
    }

    /// Whose what in a file is, such as `a:3 user:5-6 ?ab:9`; a deletion is `a:-9`, the file itself `a:*`.
    pub async fn whose(&self, path: &str) -> String {
        let (project, path) = (self.project().to_owned(), path.to_owned());
        let ledger = self.core.store().unwrap().read(move |tx| tx.ledger(&project, &path)).await.unwrap();
        let Some(ledger) = ledger else { return "clean".into() };
        let whole = ledger.whole().map(|owner| format!("{}:*", self.name(owner)));
        let mut regions = ledger.regions();
        regions.sort_by_key(|(first, last, _)| (*first, *last));
        let lines = regions.iter().map(|(first, last, owner)| {
            let place = match last.checked_sub(*first) {
                None => format!("-{first}"),
                Some(0) => first.to_string(),
                Some(_) => format!("{first}-{last}"),
            };
            format!("{}:{place}", self.name(owner))
        });
        whole.into_iter().chain(lines).collect::<Vec<_>>().join(" ")
    }

    fn name(&self, owner: &Owner) -> String {
        let task = |uuid: &String| if *uuid == self.a.uuid { "a" } else { "b" };
        let mut names: Vec<&str> = owner.tasks().iter().map(task).collect();
        names.sort_unstable();
        match owner {
            Owner::Task(_) => names.concat(),
            Owner::User => "user".into(),
            Owner::Unclaimed(_) => format!("?{}", names.concat()),
        }
    }

    /// Paths with a ledger.
    pub async fn edited(&self) -> Vec<String> {
        let project = self.project().to_owned();
        let ledgers = self.core.store().unwrap().read(move |tx| tx.ledgers(&project)).await.unwrap();
        ledgers.into_iter().map(|(path, _)| path).collect()
    }
}

/// The lines 1 to 30, some replaced by what is given.
pub fn numbered(changes: &[(usize, &str)]) -> String {
    let line =
        |n: usize| changes.iter().find(|(at, _)| *at == n).map_or(format!("line {n}\n"), |(_, text)| (*text).into());
    (1..=30).map(line).collect()
}

/// One hunk as the client tells it: three lines of context, leading tabs as two spaces each, no carriage returns.
fn patch(before: &str, after: &str) -> Json {
    let tell = |line: &str| {
        let bare = line.trim_end_matches(['\n', '\r']);
        let tabs = bare.len() - bare.trim_start_matches('\t').len();
        "  ".repeat(tabs) + &bare[tabs..]
    };
    let (old, new): (Vec<&str>, Vec<&str>) =
        (before.split_inclusive('\n').collect(), after.split_inclusive('\n').collect());
    let head = old.iter().zip(&new).take_while(|(one, other)| one == other).count();
    let most = old.len().min(new.len()) - head;
    let tail = old.iter().rev().zip(new.iter().rev()).take_while(|(one, other)| one == other).count().min(most);
    let start = head.saturating_sub(3);
    let end = tail.saturating_sub(3);
    let mut lines: Vec<String> = old[start..head].iter().map(|line| format!(" {}", tell(line))).collect();
    lines.extend(old[head..old.len() - tail].iter().map(|line| format!("-{}", tell(line))));
    lines.extend(new[head..new.len() - tail].iter().map(|line| format!("+{}", tell(line))));
    lines.extend(old[old.len() - tail..old.len() - end].iter().map(|line| format!(" {}", tell(line))));
    json!({"oldStart": start + 1, "oldLines": old.len() - end - start, "newStart": start + 1,
        "newLines": new.len() - end - start, "lines": lines})
}
