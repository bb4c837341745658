//! The thread that owns the terminal: it waits for events and draws; turns run beside it.

mod keys;
mod life;

use super::args::Args;
use super::block::Block;
use super::dialog::Dialog;
use super::input::Parser;
use super::line::Line;
use super::prompt::Prompt;
use super::screen::{self, View};
use super::session::{Ask, Ending, Event, Queued, Session, Spin, Word};
use super::session_file::{SessionFile, Status};
use super::settings::Settings;
use super::terminal::{self, Terminal};
use super::transcript::{self, Transcript};
use super::turn::Prompted;
use std::collections::VecDeque;
use std::io::Read;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::time::{Duration, Instant};

/// A lone ESC byte is the Escape key after so long.
const ESCAPE: Duration = Duration::from_millis(30);
/// The spinner turns so often.
const TICK: Duration = Duration::from_millis(100);
/// A new dialog ignores keys for so long, as the client's do (2.1.328: 200 ms lost, 400 ms worked).
const DEAF: Duration = Duration::from_millis(300);
/// Two presses of Ctrl-C within it end the session.
const TWICE: Duration = Duration::from_millis(800);
/// So many pieces of the conversation can be painted anew.
const SHOWN: usize = 500;
/// After so long at rest hooks are told.
const IDLE: Duration = Duration::from_secs(60);

/// What the terminal's thread knows.
struct Run {
    session: Arc<Session>,
    terminal: Terminal,
    parser: Parser,
    prompt: Prompt,
    /// `❯ …`, until something follows it: an interruption before that gives the prompt back.
    unsaid: Option<Block>,
    open: Option<Block>,
    /// The conversation, for when the screen has to be painted anew.
    shown: VecDeque<Block>,
    /// Lines for the scrollback that are not painted yet.
    history: Vec<Line>,
    ghost: &'static str,
    hint: Option<(&'static str, Instant)>,
    spin: Spin,
    dialogs: VecDeque<(Ask, Instant)>,
    turn: Option<Sender<Word>>,
    turns: usize,
    began: Instant,
    /// What waits for its turn, or for the start's hooks.
    pending: VecDeque<Prompted>,
    /// Whether the hooks of the start have ended.
    started: bool,
    /// Nothing before trust is given.
    file: Option<SessionFile>,
    status: Option<Status>,
    /// When to tell hooks that nobody answers.
    idle: Option<Instant>,
    /// Ctrl-Z was pressed.
    suspended: bool,
    /// The exit code, once the session has ended.
    end: Option<i32>,
}

/// Runs a session to its end; the exit code.
pub fn run(args: Args) -> i32 {
    let (events, inbox) = channel();
    let session = match prepare(args, events) {
        Ok(session) => Arc::new(session),
        Err(message) => {
            terminal::complain(&message);
            return 1;
        }
    };
    let terminal = match Terminal::open() {
        Ok(terminal) => terminal,
        Err(_) => {
            terminal::complain("Error: the demo agent needs a terminal.");
            return 1;
        }
    };
    listen(&session.events);
    let mark = uuid::Uuid::new_v4().simple().to_string()[..4].to_owned();
    let mut run = Run {
        session,
        terminal,
        parser: Parser::default(),
        prompt: Prompt::new(mark),
        unsaid: None,
        open: None,
        shown: VecDeque::new(),
        history: Vec::new(),
        ghost: "",
        hint: None,
        spin: Spin::Work(String::new()),
        dialogs: VecDeque::new(),
        turn: None,
        turns: 0,
        began: Instant::now(),
        pending: VecDeque::new(),
        started: false,
        file: None,
        status: None,
        idle: None,
        suspended: false,
        end: None,
    };
    run.begin();
    run.serve(&inbox)
}

/// Everything before the screen is taken; the error is for the terminal.
fn prepare(args: Args, events: Sender<Event>) -> Result<Session, String> {
    let settings = Settings::read(args.settings.as_deref())?;
    let cwd = std::env::current_dir().map_err(|error| format!("Error: no working folder: {error}"))?;
    let config = match (std::env::var_os("CLAUDE_CONFIG_DIR"), std::env::var_os("HOME")) {
        (Some(folder), _) if !folder.is_empty() => PathBuf::from(folder),
        (_, Some(home)) => PathBuf::from(home).join(".claude"),
        _ => return Err("Error: neither CLAUDE_CONFIG_DIR nor HOME is set.".into()),
    };
    let place = (config.clone(), cwd.clone());
    if let Some(id) = args.resume.clone() {
        let found = Transcript::load(&config, &cwd, &id);
        let is_known = found.is_ok();
        let transcript = found.unwrap_or_else(|_| Transcript::new(&config, &cwd, &id));
        let session = Session::new(args, settings, place, transcript, id.clone(), events);
        if !is_known {
            // The client has begun by then, and tells hooks of the end.
            session.run_end_hooks("other");
            return Err(format!("No conversation found with session ID: {id}"));
        }
        return Ok(session);
    }
    let id = args.session_id.clone().unwrap_or_else(|| uuid::Uuid::new_v4().to_string());
    if transcript::path(&config, &cwd, &id).exists() {
        return Err(format!("Error: Session ID {id} is already in use."));
    }
    let transcript = Transcript::new(&config, &cwd, &id);
    Ok(Session::new(args, settings, place, transcript, id, events))
}

/// Threads that wait for the terminal and for signals.
fn listen(events: &Sender<Event>) {
    use signal_hook::consts::{SIGCONT, SIGHUP, SIGINT, SIGTERM, SIGWINCH};
    let typed = events.clone();
    std::thread::spawn(move || {
        let mut bytes = vec![0; 1 << 16];
        loop {
            let event = match std::io::stdin().read(&mut bytes) {
                Ok(0) => Event::Hangup,
                Ok(length) => Event::Bytes(bytes[..length].to_vec()),
                Err(error) if error.kind() == std::io::ErrorKind::Interrupted => continue,
                Err(_) => Event::Hangup,
            };
            let over = matches!(event, Event::Hangup);
            if typed.send(event).is_err() || over {
                return;
            }
        }
    });
    let signals = events.clone();
    if let Ok(mut caught) = signal_hook::iterator::Signals::new([SIGCONT, SIGHUP, SIGINT, SIGTERM, SIGWINCH]) {
        std::thread::spawn(move || {
            for signal in caught.forever() {
                let _ = signals.send(Event::Signal(signal));
            }
        });
    }
}

impl Run {
    fn serve(&mut self, inbox: &Receiver<Event>) -> i32 {
        loop {
            self.settle();
            if let Some(end) = self.end.take() {
                return end;
            }
            if !self.suspended {
                self.draw();
            }
            let event = match self.wakes() {
                None => inbox.recv().map_err(|_| RecvTimeoutError::Disconnected),
                Some(at) => inbox.recv_timeout(at.saturating_duration_since(Instant::now())),
            };
            match event {
                Ok(event) => self.hear(event),
                Err(RecvTimeoutError::Timeout) => self.on_time(),
                Err(RecvTimeoutError::Disconnected) => self.leave("other", 1),
            }
            // What came at the same time is drawn at once.
            while self.end.is_none()
                && let Ok(event) = inbox.try_recv()
            {
                self.hear(event);
            }
        }
    }

    /// When to wake without an event; never while at rest.
    fn wakes(&self) -> Option<Instant> {
        let now = Instant::now();
        let spins = self.is_busy() && self.dialogs.is_empty();
        [
            self.parser.is_undecided().then(|| now + ESCAPE),
            spins.then(|| now + TICK),
            self.hint.map(|(_, until)| until),
            self.idle,
        ]
        .into_iter()
        .flatten()
        .min()
    }

    fn on_time(&mut self) {
        for key in self.parser.decide() {
            self.key(&key);
        }
        let now = Instant::now();
        self.hint = self.hint.filter(|(_, until)| *until > now);
        if self.idle.is_some_and(|at| at <= now) {
            self.idle = None;
            let session = Arc::clone(&self.session);
            let own = serde_json::json!({"message": "The demo agent is waiting for your input",
                "notification_type": "idle_prompt"});
            std::thread::spawn(move || session.run_hooks("Notification", "idle_prompt", own));
        }
    }

    fn hear(&mut self, event: Event) {
        match event {
            Event::Bytes(_) if self.suspended => {}
            Event::Bytes(bytes) => {
                for key in self.parser.feed(&bytes) {
                    self.key(&key);
                }
            }
            Event::Hangup => self.leave("other", 128 + signal_hook::consts::SIGHUP),
            Event::Signal(signal_hook::consts::SIGWINCH) => {
                self.terminal.resized();
                self.history.clear();
                let shown = std::mem::take(&mut self.shown);
                self.print(shown);
            }
            Event::Signal(signal_hook::consts::SIGCONT) => self.go_on(),
            Event::Signal(signal_hook::consts::SIGINT) => self.leave("other", 0),
            Event::Signal(signal) => self.leave("other", 128 + signal),
            Event::Tmux(pane) => {
                if let Some(file) = &mut self.file {
                    file.set("tmux", &pane, now());
                }
            }
            Event::Started => self.started = true,
            Event::Print(block) => {
                let before = self.unsaid.take();
                self.print(before.into_iter().chain([block]));
            }
            Event::Open(block) => {
                if block.is_some() {
                    let before = self.unsaid.take();
                    self.print(before);
                }
                self.open = block;
            }
            Event::Spin(spin) => self.spin = spin,
            Event::Ask(ask) => self.dialogs.push_back((*ask, Instant::now() + DEAF)),
            Event::Close(id) => self.dialogs.retain(|(ask, _)| ask.id != id),
            Event::Interrupt => self.interrupt(),
            Event::Refused(id) => self.session.state().queue.retain(|queued| queued.id != id),
            Event::Changed => {}
            Event::Over(ending) => self.over(ending),
            Event::TaskOver(notice, line) => {
                self.pending.push_back(Prompted::Prompt(notice));
                self.unsaid = self.unsaid.take().or(Some(Block::Says(line)));
            }
        }
    }

    fn over(&mut self, ending: Ending) {
        self.turn = None;
        self.open = None;
        let unsaid = self.unsaid.take();
        let mut shown = Vec::new();
        match ending {
            Ending::Interrupted(Some(prompt)) if !prompt.starts_with('<') => self.prompt.give_back(&prompt),
            Ending::Blocked(prompt) => self.prompt.give_back(&prompt),
            Ending::Interrupted(_) => shown.extend(unsaid),
            Ending::Failed(ghost) => self.ghost = ghost,
            Ending::Rest(seconds) => {
                shown.extend(unsaid);
                shown.extend(seconds.map(|seconds| Block::Mark(self.rest(seconds))));
            }
        }
        self.print(shown);
        self.idle =
            (!self.session.settings.hooks("Notification", "idle_prompt").is_empty()).then(|| Instant::now() + IDLE);
    }

    /// The line that ends a turn.
    fn rest(&self, seconds: u64) -> String {
        let (shells, helpers) = self.background();
        match (shells, helpers) {
            (_, 1) => "✻ Waiting for 1 background agent to finish".into(),
            (_, 2..) => format!("✻ Waiting for {helpers} background agents to finish"),
            (0, _) => format!("✻ Played for {seconds}s"),
            (1, _) => format!("✻ Played for {seconds}s · 1 shell still running"),
            _ => format!("✻ Played for {seconds}s · {shells} shells still running"),
        }
    }

    /// Background shells and subagents.
    fn background(&self) -> (usize, usize) {
        let state = self.session.state();
        let shells = state.tasks.iter().filter(|task| task.kind == "shell").count();
        (shells, state.tasks.len() - shells)
    }

    /// Whether prompts have to wait.
    fn is_busy(&self) -> bool {
        self.turn.is_some() || !self.pending.is_empty()
    }

    fn print(&mut self, blocks: impl IntoIterator<Item = Block>) {
        let cols = self.terminal.size().0;
        for block in blocks {
            self.history.extend(block.lines(cols));
            self.shown.push_back(block);
        }
        let over = self.shown.len().saturating_sub(SHOWN);
        self.shown.drain(..over);
    }

    fn draw(&mut self) {
        let (cols, rows) = self.terminal.size();
        let busy = self.is_busy();
        let mode = self.session.state().mode.clone();
        let queued = self.session.state().queue.iter().map(Queued::typed).collect();
        let name = self.file.as_ref().map(|file| file.name()).filter(|_| self.session.args.name.is_some());
        let hint = self.hint.map(|(hint, _)| hint);
        let view = View {
            open: self.unsaid.iter().chain(&self.open).cloned().collect(),
            queued,
            spinner: busy.then(|| self.spinner()),
            dialog: self.dialogs.front().map(|(ask, _)| &ask.dialog),
            prompt: &self.prompt,
            ghost: self.ghost,
            label: name.map_or("Chorus demo".into(), |name| format!("Chorus demo · {name}")),
            footer: screen::footer(&mode, busy, self.background().0, !self.prompt.is_empty(), hint),
        };
        let live = view.lines(cols, rows);
        self.terminal.paint(&std::mem::take(&mut self.history), live);
    }

    fn spinner(&self) -> String {
        const VERBS: [&str; 6] = ["Humming", "Tuning up", "Rehearsing", "Harmonizing", "Counting in", "Improvising"];
        let elapsed = self.began.elapsed();
        let glyph = screen::glyph(u64::try_from(elapsed.as_millis() / 100).unwrap_or(0));
        let verb = VERBS[self.turns % VERBS.len()];
        let seconds = elapsed.as_secs();
        match &self.spin {
            Spin::Retry(text) => format!("{glyph} {text}"),
            Spin::Work(_) if !self.started => format!("{glyph} {verb}… (running SessionStart hook · {seconds}s)"),
            Spin::Work(what) if what.is_empty() => format!("{glyph} {verb}… ({seconds}s)"),
            Spin::Work(what) => format!("{glyph} {verb}… ({seconds}s · {what})"),
        }
    }
}

fn now() -> crate::Millis {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}
