//! What the threads of the agent share, and what they tell the one that owns the terminal.

use super::args::Args;
use super::block::Block;
use super::child::{Children, Ended};
use super::dialog::{Dialog, Reply};
use super::hooks::{self, Facts};
use super::permission::Rule;
use super::settings::{Hook, Settings};
use super::transcript::Transcript;
use crate::Json;
use serde_json::json;
use std::collections::VecDeque;
use std::io::Write;
use std::path::PathBuf;
use std::process::Command;
use std::sync::mpsc::Sender;
use std::sync::{Mutex, MutexGuard};
use std::time::Duration;

/// What the terminal's thread waits for.
pub enum Event {
    /// Bytes typed.
    Bytes(Vec<u8>),
    /// The terminal is gone.
    Hangup,
    /// A signal.
    Signal(i32),
    /// The tmux pane this runs in, as `session:@window.%pane`.
    Tmux(String),
    /// The hooks of the session's start have ended.
    Started,
    /// A finished piece for the scrollback.
    Print(Block),
    /// The piece at work; nothing when there is none.
    Open(Option<Block>),
    /// What the agent is at.
    Spin(Spin),
    /// A dialog is to be shown.
    Ask(Box<Ask>),
    /// A dialog was answered otherwise.
    Close(u64),
    /// A hook interrupts the turn.
    Interrupt,
    /// A prompt was refused by a hook: take it out of the queue.
    Refused(u64),
    /// The mode, the queue or the background tasks changed.
    Changed,
    /// The turn is over.
    Over(Ending),
    /// A background task ended: what the agent is told of it, and what the person is.
    TaskOver(String, String),
}

/// What the line above the box says while the agent works.
pub enum Spin {
    /// At work; with what, where there is a word for it.
    Work(String),
    /// Waiting to ask again: `429 … · retrying in 5s · attempt 4/10`.
    Retry(String),
}

/// A dialog and who wants to know the answer.
pub struct Ask {
    /// Names it.
    pub id: u64,
    /// What is shown.
    pub dialog: Dialog,
    /// `waitingFor` in the session file.
    pub waiting: &'static str,
    /// Where the reply goes.
    pub reply: Sender<Word>,
}

/// What a running turn waits for.
pub enum Word {
    /// Stop.
    Interrupt,
    /// Child number … ended.
    Ended(u64, Ended),
    /// Dialog number … was answered by the person.
    Replied(u64, Reply),
}

/// How a turn ended.
pub enum Ending {
    /// At rest; how many seconds it took, unless that is not worth a line.
    Rest(Option<u64>),
    /// By an error; what the empty box suggests.
    Failed(&'static str),
    /// By the person. With the prompt when nothing had been produced yet.
    Interrupted(Option<String>),
    /// Before it began, by a hook; the prompt goes back.
    Blocked(String),
}

/// Work that goes on after the turn.
#[derive(Debug, Clone)]
pub struct Task {
    /// Its id.
    pub id: String,
    /// `shell` or `subagent`.
    pub kind: &'static str,
    /// What it does.
    pub description: String,
    /// The command of a shell.
    pub command: Option<String>,
}

/// A prompt that waits for the turn.
#[derive(Debug, Clone)]
pub struct Queued {
    /// Names it.
    pub id: u64,
    /// Its text.
    pub text: String,
    /// A shell line; the text is without the `!`.
    pub shell: bool,
}

impl Queued {
    /// Neither a command nor a shell line.
    pub fn is_prompt(&self) -> bool {
        !self.shell && !self.text.starts_with('/')
    }

    /// As it was typed.
    pub fn typed(&self) -> String {
        if self.shell { format!("!{}", self.text) } else { self.text.clone() }
    }
}

/// The shared state.
pub struct State {
    /// Changes with `/clear`.
    pub session_id: String,
    /// The turn's prompt; nothing before the first.
    pub prompt_id: Option<String>,
    /// The permission mode.
    pub mode: String,
    /// Calls that need no question.
    pub rules: Vec<Rule>,
    /// Background work.
    pub tasks: Vec<Task>,
    /// Prompts typed during the turn.
    pub queue: VecDeque<Queued>,
    /// The conversation.
    pub transcript: Transcript,
    last: u64,
}

/// One run of the agent.
pub struct Session {
    /// Its flags.
    pub args: Args,
    /// Its hooks.
    pub settings: Settings,
    /// `CLAUDE_CONFIG_DIR`, else `~/.claude`.
    pub config: PathBuf,
    /// Where it runs.
    pub cwd: PathBuf,
    /// Hooks and commands that live.
    pub children: Children,
    /// To the terminal's thread.
    pub events: Sender<Event>,
    state: Mutex<State>,
}

impl Session {
    /// A session about to start.
    pub fn new(
        args: Args,
        settings: Settings,
        (config, cwd): (PathBuf, PathBuf),
        transcript: Transcript,
        session_id: String,
        events: Sender<Event>,
    ) -> Session {
        let rules = settings.allowed().iter().map(|rule| Rule::parse(rule)).collect();
        let mode = args.mode.clone();
        let (tasks, queue) = (Vec::new(), VecDeque::new());
        let state = State { session_id, prompt_id: None, mode, rules, tasks, queue, transcript, last: 0 };
        Session { args, settings, config, cwd, children: Children::default(), events, state: Mutex::new(state) }
    }

    /// The shared state, for a moment.
    pub fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    /// A number never given before.
    pub fn number(&self) -> u64 {
        let mut state = self.state();
        state.last += 1;
        state.last
    }

    /// Tells the terminal's thread, which may be gone at the end.
    pub fn tell(&self, event: Event) {
        let _ = self.events.send(event);
    }

    /// What an event says of this session.
    pub fn facts(&self, agent: Option<&(String, String)>) -> Facts {
        let state = self.state();
        Facts {
            session_id: state.session_id.clone(),
            transcript_path: state.transcript.path().display().to_string(),
            cwd: self.cwd.display().to_string(),
            prompt_id: state.prompt_id.clone(),
            mode: state.mode.clone(),
            agent: agent.cloned(),
        }
    }

    /// The process of a hook, with the variables the client gives it.
    pub fn hook_command(&self, hook: &Hook) -> Command {
        let mut command = match &hook.args {
            Some(args) => {
                let mut command = Command::new(&hook.command);
                command.args(args);
                command
            }
            None => shell(&hook.command),
        };
        command.current_dir(&self.cwd);
        command.env("CLAUDE_PROJECT_DIR", &self.cwd).env("CLAUDE_CODE_SESSION_ID", &self.state().session_id);
        command.env("CLAUDECODE", "1").env("CLAUDE_PID", std::process::id().to_string());
        command
    }

    /// Runs the hooks of an event outside a turn, side by side, to their end.
    pub fn run_hooks(&self, event: &str, about: &str, own: Json) -> Vec<(Hook, Ended)> {
        let (tell, told) = std::sync::mpsc::channel();
        let input = hooks::payload(event, &self.facts(None), own).to_string().into_bytes();
        for hook in self.settings.hooks(event, about) {
            let tell = (!hook.detached).then(|| tell.clone());
            // A hook cannot keep a session from ending.
            let most = if event == "SessionEnd" { 5.0 } else { f64::MAX };
            let limit = Duration::try_from_secs_f64(hook.timeout.min(most)).ok();
            let mut command = self.hook_command(&hook);
            self.children.start(&mut command, input.clone(), limit, move |ended| {
                if let Some(tell) = tell {
                    let _ = tell.send((hook, ended));
                }
            });
        }
        drop(tell);
        told.iter().collect()
    }

    /// Keeps the context that hooks printed.
    pub fn keep_context(&self, event: &str, ended: &[(Hook, Ended)]) {
        for text in ended.iter().filter_map(|(_, ended)| hooks::context(event, ended)) {
            self.state().transcript.context(event, &text);
        }
    }

    /// The hooks of a session's start, and their context.
    pub fn run_start_hooks(&self, source: &str) {
        let mut own = json!({"source": source});
        match source {
            "startup" | "compact" => own["model"] = self.args.model.as_str().into(),
            "resume" => {
                let tokens = self.state().transcript.messages().iter().map(|m| m.to_string().len() / 4).sum::<usize>();
                own["seconds_since_last_response"] = 0.into();
                own["context_tokens"] = tokens.into();
                own["prompt_cache_likely_expired"] = false.into();
                own["estimated_cache_write_usd"] = 0.0.into();
            }
            _ => {}
        }
        if let Some(name) = &self.args.name {
            own["session_title"] = name.as_str().into();
        }
        let ended = self.run_hooks("SessionStart", source, own);
        self.keep_context("SessionStart", &ended);
    }

    /// What `UserPromptSubmit` hooks are told.
    pub fn submitted(&self, prompt: &str) -> Json {
        match &self.args.name {
            Some(name) => json!({"prompt": prompt, "session_title": name}),
            None => json!({"prompt": prompt}),
        }
    }

    /// Tells hooks that the session ended.
    pub fn run_end_hooks(&self, reason: &str) {
        self.run_hooks("SessionEnd", reason, json!({"reason": reason}));
    }

    /// The background tasks as `Stop` lists them.
    pub fn tasks(&self) -> Json {
        let task = |task: &Task| {
            let mut fields =
                json!({"id": task.id, "type": task.kind, "status": "running", "description": task.description});
            match &task.command {
                Some(command) => fields["command"] = command.as_str().into(),
                None => fields["agent_type"] = "general-purpose".into(),
            }
            fields
        };
        self.state().tasks.iter().map(task).collect()
    }

    /// One line of the request log: what a model would have been sent now.
    pub fn log_request(&self, prompt: &str, turn: usize) {
        let Some(path) = std::env::var_os("CHORUS_DEMO_LOG") else { return };
        let row = {
            let state = self.state();
            let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
            json!({"t": now.as_secs_f64(), "method": "POST", "path": "/v1/messages", "kind": "messages", "demo": true,
                "session_id": state.session_id, "prompt": prompt, "turn": turn,
                "body": {"model": self.args.model, "messages": state.transcript.messages()}})
        };
        let file = std::fs::OpenOptions::new().append(true).create(true).open(path);
        let _ = file.and_then(|mut file| file.write_all(format!("{row}\n").as_bytes()));
    }
}

/// A shell line.
pub fn shell(line: &str) -> Command {
    let mut command = Command::new("sh");
    command.args(["-c", line]);
    command
}
