//! A sandbox with a daemon, and the tasks in it, driven and asked by shell verbs as a person does.

use crate::connection::Connection;
use crate::sandbox::{self, Ran};
use crate::{Sandbox, files, processes, wait};
use serde_json::{Value, json};
use std::ffi::OsStr;
use std::io::Write;
use std::panic::AssertUnwindSafe;
use std::process::Stdio;

/// The world of one test. A suite adds what is its own in a type around this one: see [`crate::around`].
pub struct World {
    sandbox: Sandbox,
    options: &'static [&'static str],
}

/// Why a command was refused.
#[derive(Debug)]
pub struct Refusal {
    /// The error's code: `no_such_task`.
    pub code: String,
    /// What could not be done, and why.
    pub message: String,
    /// What to do next.
    pub hint: String,
}

impl Refusal {
    /// One sentence that says what could not be done and why, and one that says what to do next.
    #[track_caller]
    pub fn is_clear(&self) {
        assert!(!self.message.is_empty() && !self.message.contains('\n'), "{self:?}");
        assert!(self.message.len() < 400, "{self:?}");
        assert!(!self.hint.is_empty(), "{self:?}");
    }
}

/// Lets a type stand for the one in its field, so that a test calls the methods of both.
#[macro_export]
macro_rules! around {
    ($outer:ty, $field:tt: $inner:ty) => {
        impl std::ops::Deref for $outer {
            type Target = $inner;
            fn deref(&self) -> &$inner {
                &self.$field
            }
        }

        impl std::ops::DerefMut for $outer {
            fn deref_mut(&mut self) -> &mut $inner {
                &mut self.$field
            }
        }
    };
}

around!(World, sandbox: Sandbox);

impl World {
    /// Around a sandbox, whatever its configuration says.
    pub fn new(sandbox: Sandbox) -> World {
        World { sandbox, options: &[] }
    }

    /// The same, where every new task gets these words for `chorus new`.
    pub fn with_options(sandbox: Sandbox, options: &'static [&'static str]) -> World {
        World { sandbox, options }
    }

    /// Creates a task; its number.
    #[track_caller]
    pub fn task(&self, title: &str) -> String {
        self.task_with(title, &[])
    }

    /// Creates a task with more words for `chorus new`; its number.
    #[track_caller]
    pub fn task_with(&self, title: &str, options: &[&str]) -> String {
        self.json(["new", "--title", title].iter().chain(self.options).chain(options))["number"].to_string()
    }

    /// Creates and starts a task with that first prompt, and waits until the agent has it.
    #[track_caller]
    pub fn begun(&self, title: &str, prompt: &str) -> String {
        let task = self.task(title);
        self.json(["start", &task, "--prompt", prompt]);
        self.awaits(&task, "its agent has the prompt", |page| prompts(page) > 0);
        task
    }

    /// Creates and starts a task with that first prompt, and waits until the turn is over.
    #[track_caller]
    pub fn rested(&self, title: &str, prompt: &str) -> String {
        let task = self.begun(title, prompt);
        self.rests(&task, 1);
        task
    }

    /// Sends a prompt and waits until its turn is over.
    #[track_caller]
    pub fn turn(&self, task: &str, prompt: &str) {
        let turns = self.count(task, "turn_ended");
        self.json(["send", task, prompt]);
        self.rests(task, turns + 1);
    }

    /// Waits until that many turns of the task are over and its agent is idle.
    #[track_caller]
    pub fn rests(&self, task: &str, turns: usize) {
        self.awaits(task, &format!("{turns} turns are over"), |page| {
            count(page, "turn_ended") >= turns && state(page) == "idle"
        });
    }

    /// Waits until the agent's state is that: `idle`, `waiting permission`.
    #[track_caller]
    pub fn until(&self, task: &str, wanted: &str) {
        self.awaits(task, wanted, |page| state(page) == wanted);
    }

    /// Waits until the task's page fits; the page. In vain, all that is known of the task is told.
    #[track_caller]
    pub fn awaits(&self, task: &str, what: &str, fits: impl Fn(&Value) -> bool) -> Value {
        let (mut last, mut connection) = (Value::Null, None);
        let mut find = || {
            last = self.page_over(&mut connection, task);
            fits(&last)
        };
        let waited = std::panic::catch_unwind(AssertUnwindSafe(|| wait::wait_until(what, &mut find)));
        assert!(waited.is_ok(), "#{task}: not {what}: {last:#}\n{}", self.all_of(task));
        last
    }

    /// The task's page over a connection; without one by a program, which begins a daemon where there is none.
    #[track_caller]
    fn page_over(&self, connection: &mut Option<Connection>, task: &str) -> Value {
        let asked = connection.as_mut().and_then(|it| it.ask("task_show", json!({ "task": task })));
        asked.unwrap_or_else(|| {
            let page = self.page(task);
            *connection = Connection::open(self);
            page
        })
    }

    /// What a failure shows of a task: the reasons of its status, its terminal, the log.
    pub fn all_of(&self, task: &str) -> String {
        let explained = self.run(["explain", task]).stdout;
        let pane = self.page(task)["task"]["pane"].as_str().unwrap_or_default().to_owned();
        let screen = self.tmux(["capture-pane", "-p", "-t", &pane]).unwrap_or_default();
        format!("{explained}\n{screen}\n{}", self.log())
    }

    /// Waits until the task has exactly one open request; the request.
    #[track_caller]
    pub fn request(&self, task: &str) -> Value {
        let page = self.awaits(task, "one open request", |page| {
            page["requests"].as_array().is_some_and(|open| open.len() == 1) && page["task"]["status"] == "waiting"
        });
        page["requests"][0].clone()
    }

    /// The task's page.
    #[track_caller]
    pub fn page(&self, task: &str) -> Value {
        self.json(["show", task])
    }

    /// The task.
    #[track_caller]
    pub fn look(&self, task: &str) -> Value {
        self.page(task)["task"].clone()
    }

    /// The agent's state: `idle`, `waiting permission`.
    #[track_caller]
    pub fn agent(&self, task: &str) -> String {
        state(&self.page(task))
    }

    /// What happened to the task: what, and the sentence.
    #[track_caller]
    pub fn journal(&self, task: &str) -> Vec<(String, String)> {
        let text = |entry: &Value, name: &str| entry[name].as_str().unwrap_or_default().to_owned();
        entries(&self.page(task)).iter().map(|entry| (text(entry, "what"), text(entry, "text"))).collect()
    }

    /// The journal's sentences of that kind.
    #[track_caller]
    pub fn told(&self, task: &str, what: &str) -> Vec<String> {
        self.journal(task).into_iter().filter(|(happened, _)| happened == what).map(|(_, text)| text).collect()
    }

    /// How often that happened to the task.
    #[track_caller]
    pub fn count(&self, task: &str, what: &str) -> usize {
        count(&self.page(task), what)
    }

    /// How many prompts the agent said it got.
    #[track_caller]
    pub fn prompts(&self, task: &str) -> usize {
        prompts(&self.page(task))
    }

    /// The task's branch.
    #[track_caller]
    pub fn branch(&self, task: &str) -> String {
        self.look(task)["stack"].as_str().expect("a branch").to_owned()
    }

    /// The id of the task's conversation.
    #[track_caller]
    pub fn session(&self, task: &str) -> String {
        self.look(task)["session_id"].as_str().expect("a session").to_owned()
    }

    /// The task's agent: the program in its pane, or the one that a tracer there runs.
    #[track_caller]
    pub fn agent_pid(&self, task: &str) -> u32 {
        let pane = self.look(task)["pane"].as_str().expect("a pane").to_owned();
        let pid = self.tmux(["display-message", "-p", "-t", &pane, "#{pane_pid}"]).expect("tmux answers");
        processes::program_below(pid.parse().expect("a pid"))
    }

    /// Why a command is refused.
    #[track_caller]
    pub fn refused<I: IntoIterator<Item = S>, S: AsRef<OsStr>>(&self, words: I) -> Refusal {
        let ran: Ran = self.chorus(words).arg("--json").output().expect("chorus runs").into();
        assert_eq!(ran.code, 1, "{ran:?}");
        let answer: Value = serde_json::from_str(&ran.stdout).unwrap_or_else(|error| panic!("{error}: {ran:?}"));
        let text = |name: &str| answer["error"][name].as_str().unwrap_or_default().to_owned();
        let refusal = Refusal { code: text("code"), message: text("message"), hint: text("hint") };
        assert!(ran.stderr.contains(&refusal.message.replace(char::is_control, " ")), "a person is told too: {ran:?}");
        refusal
    }

    /// Runs `chorus` with that on its standard input; one that does not read all of it is no fault of the test.
    pub fn fed(&self, words: &[&str], input: &[u8]) -> Ran {
        let mut command = self.chorus(words);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().expect("it runs");
        let mut stdin = child.stdin.take().expect("its input");
        std::thread::scope(|scope| {
            scope.spawn(move || drop(stdin.write_all(input)));
            child.wait_with_output().expect("its end").into()
        })
    }

    /// A file as a branch has it; nothing when it has none.
    pub fn on(&self, branch: &str, path: &str) -> Option<String> {
        let object = format!("{branch}:{path}");
        let ran: Ran = self.command("git").args(["cat-file", "blob", &object]).output().expect("git runs").into();
        (ran.code == 0).then_some(ran.stdout)
    }

    /// The daemon, once one runs.
    #[track_caller]
    pub fn a_daemon(&self) -> u32 {
        wait::wait_for("a daemon", || self.daemon())
    }

    /// SIGKILL for the daemon, and its end.
    #[track_caller]
    pub fn kill_daemon(&self) -> u32 {
        let pid = self.a_daemon();
        self.kill(pid);
        pid
    }

    /// SIGKILL for a process, and its end.
    #[track_caller]
    pub fn kill(&self, pid: u32) {
        processes::kill(pid);
        wait::wait_until("the process is gone", || processes::has_ended(pid));
    }

    /// Puts a shell script on PATH under that name, instead of what was there.
    pub fn script(&self, name: &str, text: &str) {
        self.unlink(name);
        sandbox::script(&self.root().join("bin").join(name), &format!("#!/bin/sh\n{text}\n"));
    }

    /// The log's text.
    pub fn log(&self) -> String {
        String::from_utf8_lossy(&std::fs::read(self.state().join("log")).unwrap_or_default()).into_owned()
    }

    /// What a model would have got, one request after the other: a demo agent whose configuration names that file as
    /// `CHORUS_DEMO_LOG` writes it down.
    pub fn asked(&self) -> Vec<Value> {
        files::json_lines(&self.root().join("asked"))
    }
}

/// The state of a page's agent: `idle`, `waiting permission`.
pub fn state(page: &Value) -> String {
    let state = &page["task"]["agent_status"];
    let words = [state["status"].as_str(), state["kind"].as_str()];
    words.into_iter().flatten().collect::<Vec<_>>().join(" ")
}

/// How many entries of that kind a page's journal has.
pub fn count(page: &Value, what: &str) -> usize {
    entries(page).iter().filter(|entry| entry["what"] == what).count()
}

fn prompts(page: &Value) -> usize {
    let is_got = |text: &Value| text.as_str().is_some_and(|text| text.starts_with("Got a prompt"));
    entries(page).iter().filter(|entry| entry["what"] == "prompt" && is_got(&entry["text"])).count()
}

fn entries(page: &Value) -> &[Value] {
    page["journal"].as_array().map_or(&[], Vec::as_slice)
}
