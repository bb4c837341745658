//! The session's life: trust, start, prompts and commands, clear, end.

use super::{Ask, Block, Dialog, Event, Instant, Prompted, Run, SessionFile, Status, Transcript, Word, now};
use crate::dialog::{Choose, Offer};
use crate::hooks;
use crate::session::{Queued, Session};
use crate::{terminal, tools, turn};
use std::sync::Arc;
use std::sync::mpsc::channel;
use std::time::Duration;

/// The number of the trust dialog; the session gives numbers from 1.
pub const TRUST: u64 = 0;

impl Run {
    /// The first thing on the screen.
    pub(super) fn begin(&mut self) {
        if std::env::var_os("CHORUS_DEMO_TRUST").is_some_and(|value| value == "1") {
            let dialog = trust(&self.session).into();
            self.ask(TRUST, dialog, "");
        } else {
            self.trusted();
        }
    }

    /// The session starts.
    pub(super) fn trusted(&mut self) {
        let session = Arc::clone(&self.session);
        let (id, resumed) = (session.state().session_id.clone(), session.args.resume.is_some());
        let file = SessionFile::create(&session.config, &id, &session.cwd, session.args.name.as_deref(), now());
        self.terminal.title(&format!("✳ {} (Chorus demo)", file.name()));
        self.file = Some(file);
        self.print([Block::Banner(session.cwd.display().to_string())]);
        if resumed {
            let told = session
                .state()
                .transcript
                .messages()
                .iter()
                .flat_map(|message| earlier(message, &session))
                .collect::<Vec<_>>();
            self.print(told);
        }
        if let Some(prompt) = &session.args.prompt {
            self.unsaid = Some(Block::Prompt(prompt.clone()));
            self.pending.push_back(Prompted::Prompt(prompt.clone()));
        }
        std::thread::spawn(move || {
            if let Some(pane) = pane(&session) {
                session.tell(Event::Tmux(pane));
            }
            session.run_start_hooks(if resumed { "resume" } else { "startup" });
            session.tell(Event::Started);
        });
    }

    fn ask(&mut self, id: u64, dialog: Dialog, waiting: &'static str) {
        let (reply, _) = channel();
        self.dialogs.push_back((Ask { id, dialog, waiting, reply }, Instant::now() + super::DEAF));
    }

    /// Starts what can start and says in the session file what is the case.
    pub(super) fn settle(&mut self) {
        if self.turn.is_none() && self.started && self.end.is_none() {
            if self.pending.is_empty() {
                self.take_queue();
            }
            if let Some(prompted) = self.pending.pop_front() {
                self.start(prompted);
            }
        }
        if self.pending.is_empty() && self.turn.is_none() {
            self.began = Instant::now();
        }
        let (shells, helpers) = self.background();
        let status = match self.dialogs.front() {
            Some((ask, _)) => Status::Waiting(ask.waiting),
            None if self.is_busy() || helpers > 0 => Status::Busy,
            None if shells > 0 => Status::Shell,
            None => Status::Idle,
        };
        let id = self.session.state().session_id.clone();
        if let Some(file) = &mut self.file {
            if file.session_id() != id {
                file.set("sessionId", &id, now());
            }
            if self.status != Some(status) {
                file.status(status, now());
                self.status = Some(status);
            }
        }
    }

    /// Queued prompts make one turn; a queued command or shell line is one by itself.
    fn take_queue(&mut self) {
        let mut queue = std::mem::take(&mut self.session.state().queue);
        let mut prompts = Vec::new();
        while queue.front().is_some_and(Queued::is_prompt) {
            prompts.extend(queue.pop_front().map(|queued| queued.text));
        }
        let special = if prompts.is_empty() { queue.pop_front() } else { None };
        self.session.state().queue = queue;
        if let Some(queued) = special {
            self.accept(queued.text, queued.shell);
        } else if !prompts.is_empty() {
            self.print(prompts.iter().cloned().map(Block::Prompt).collect::<Vec<_>>());
            self.pending.push_back(Prompted::Queued(prompts));
        }
    }

    fn start(&mut self, prompted: Prompted) {
        self.turns += 1;
        self.ghost = "";
        self.idle = None;
        if let Prompted::Shell(line) = &prompted {
            self.open = Some(Block::Shell(line.clone(), "Running…".into()));
        }
        self.turn = Some(turn::start(&self.session, prompted));
    }

    /// Enter in the box.
    pub(super) fn submit(&mut self) {
        if self.prompt.text().trim().is_empty() {
            return;
        }
        let shell = self.prompt.is_shell();
        let text = self.prompt.take();
        if !shell && matches!(text.as_str(), "/exit" | "/quit") {
            // The client counts the command as a prompt.
            self.session.state().prompt_id = Some(uuid::Uuid::new_v4().to_string());
            return self.leave("prompt_input_exit", 0);
        }
        if !self.is_busy() {
            return self.accept(text, shell);
        }
        let id = self.session.number();
        let queued = Queued { id, text: text.clone(), shell };
        let is_prompt = queued.is_prompt();
        self.session.state().queue.push_back(queued);
        if is_prompt {
            let session = Arc::clone(&self.session);
            std::thread::spawn(move || tell_queued(&session, id, &text));
        }
    }

    /// A prompt, a command or a shell line, with nothing else going on.
    fn accept(&mut self, text: String, shell: bool) {
        if shell {
            return self.pending.push_back(Prompted::Shell(text.trim().to_owned()));
        }
        let command = text.strip_prefix('/').filter(|rest| rest.chars().all(|c| c.is_ascii_lowercase() || c == '-'));
        if command.is_none() {
            self.unsaid = Some(Block::Prompt(text.clone()));
            return self.pending.push_back(Prompted::Prompt(text));
        }
        match command {
            Some("clear") => self.clear(),
            Some("compact") => {
                self.unsaid = Some(Block::Prompt(text));
                self.pending.push_back(Prompted::Compact);
            }
            Some("model") => {
                self.print([Block::Prompt(text)]);
                let id = self.session.number();
                self.ask(id, model().into(), "dialog open");
            }
            _ => {
                let known = "The demo agent knows /clear, /compact, /model and /exit.";
                self.print([Block::Prompt(text), Block::Note(known.into())]);
            }
        }
    }

    pub(super) fn interrupt(&mut self) {
        match &self.turn {
            Some(turn) => drop(turn.send(Word::Interrupt)),
            // The start's hooks still run: the prompt goes back.
            None => {
                if let (Some(Prompted::Prompt(prompt)), Some(_)) = (self.pending.pop_front(), self.unsaid.take()) {
                    self.prompt.give_back(&prompt);
                }
            }
        }
    }

    /// A new session in the same process.
    fn clear(&mut self) {
        self.started = false;
        self.terminal.clear();
        self.shown.clear();
        self.print([Block::Banner(self.session.cwd.display().to_string()), Block::Prompt("/clear".into())]);
        let session = Arc::clone(&self.session);
        std::thread::spawn(move || {
            session.run_end_hooks("clear");
            let id = uuid::Uuid::new_v4().to_string();
            {
                let mut state = session.state();
                state.transcript = Transcript::new(&session.config, &session.cwd, &id);
                state.session_id = id;
                state.prompt_id = None;
            }
            session.tell(Event::Changed);
            session.run_start_hooks("clear");
            session.tell(Event::Started);
        });
    }

    /// The end: the file goes, children end, hooks are told, the terminal is given back.
    pub(super) fn leave(&mut self, reason: &str, code: i32) {
        if self.end.is_some() {
            return;
        }
        if let Some(file) = self.file.take() {
            file.remove();
            self.session.children.end_all();
            self.session.run_end_hooks(reason);
        }
        self.terminal.give_back();
        let state = self.session.state();
        if code == 0 && state.transcript.is_resumable() {
            terminal::say(&format!("Resume this session with:\nchorus demo-agent --resume {}", state.session_id));
        }
        drop(state);
        self.end = Some(code);
    }
}

/// Hooks hear of a queued prompt when it is typed; one of them may refuse it.
fn tell_queued(session: &Session, id: u64, text: &str) {
    let ended = session.run_hooks("UserPromptSubmit", "", session.submitted(text));
    session.keep_context("UserPromptSubmit", &ended);
    if ended.iter().any(|(hook, ended)| hooks::blocked(hook, ended).is_some()) {
        session.tell(Event::Refused(id));
    }
}

/// `session:@window.%pane`, when this runs in tmux.
fn pane(session: &Session) -> Option<String> {
    let pane = std::env::var("TMUX_PANE").ok().filter(|_| std::env::var_os("TMUX").is_some())?;
    let format = "#{session_name}:#{window_id}.#{pane_id}";
    let mut tmux = std::process::Command::new("tmux");
    tmux.args(["display-message", "-p", "-t", &pane, format]);
    let ended = session.children.run(&mut tmux, Vec::new(), Duration::from_secs(5));
    (ended.code == Some(0)).then(|| ended.stdout.trim().to_owned())
}

/// A message of a resumed conversation as it is shown again.
fn earlier(message: &crate::Json, session: &Session) -> Vec<Block> {
    let blocks = message["content"].as_array().cloned().unwrap_or_default();
    let text = message["content"].as_str().filter(|text| !text.starts_with('<'));
    let prompt = text.filter(|_| message["role"] == "user").map(|text| Block::Prompt(text.to_owned()));
    let answers =
        blocks.iter().filter(|_| message["role"] == "assistant").filter_map(|block| match block["type"].as_str() {
            Some("text") => Some(Block::Says(block["text"].as_str().unwrap_or_default().to_owned())),
            Some("tool_use") => {
                let name = block["name"].as_str().unwrap_or_default().to_owned();
                let call = crate::script::Call { name, input: block["input"].clone() };
                Some(Block::Tool(tools::title(&call, &session.cwd), Vec::new()))
            }
            _ => None,
        });
    prompt.into_iter().chain(answers).collect()
}

fn trust(session: &Session) -> Offer {
    Offer {
        title: "Accessing workspace:".into(),
        about: session.cwd.display().to_string(),
        question: "Quick safety check: Is this a project you created or one you trust?\n\nThe Chorus demo agent'll be \
                   able to read, edit, and execute files here."
            .into(),
        options: vec![Choose::plain("No, exit"), Choose::plain("Yes, I trust this folder")],
        foot: "Enter to confirm · Esc to cancel".into(),
        ..Offer::default()
    }
}

fn model() -> Offer {
    Offer {
        title: "Select model".into(),
        about: "The demo agent has none: it plays scripts.".into(),
        options: vec![Choose::plain("Demo ✔"), Choose::plain("Demo, too")],
        numbered: true,
        foot: "Enter to save · Esc to cancel".into(),
        ..Offer::default()
    }
}
