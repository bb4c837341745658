//! One turn, from a prompt to rest, on a thread of its own: straight on, and out at any point by an interruption.

mod ask;
mod call;
mod play;
mod retry;

use super::block::Block;
use super::child::{Ended, Running};
use super::hooks;
use super::session::{Ending, Event, Session, Spin, Word};
use super::settings::Hook;
use super::transcript::Transcript;
use crate::Json;
use serde_json::json;
use std::collections::HashMap;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::time::{Duration, Instant};

/// What starts a turn.
pub enum Prompted {
    /// A prompt that hooks have not seen.
    Prompt(String),
    /// Prompts from the queue; hooks saw them when they were typed.
    Queued(Vec<String>),
    /// A shell line; hooks are not told.
    Shell(String),
    /// `/compact`.
    Compact,
}

/// The person, or a hook in their name, wants the turn to end here.
struct Interrupted;

type Go<T> = Result<T, Interrupted>;

/// A turn of the agent, or of a subagent.
struct Turn {
    session: Arc<Session>,
    inbox: Receiver<Word>,
    words: Sender<Word>,
    /// Id, type and conversation of the subagent this is.
    agent: Option<((String, String), Transcript)>,
    /// The piece at work.
    open: Option<Block>,
    /// Whether anything is on the screen yet.
    produced: bool,
    /// Whether a call was refused or failed.
    refused: bool,
    began: Instant,
}

/// Starts a turn; words reach it through the sender.
pub fn start(session: &Arc<Session>, prompted: Prompted) -> Sender<Word> {
    let mut turn = Turn::new(session, None);
    let words = turn.words.clone();
    std::thread::spawn(move || {
        let ending = turn.run(&prompted);
        turn.session.tell(Event::Open(None));
        turn.session.tell(Event::Over(ending));
    });
    words
}

impl Turn {
    fn new(session: &Arc<Session>, agent: Option<((String, String), Transcript)>) -> Turn {
        let (words, inbox) = channel();
        let session = Arc::clone(session);
        let began = Instant::now();
        Turn { session, inbox, words, agent, open: None, produced: false, refused: false, began }
    }

    fn run(&mut self, prompted: &Prompted) -> Ending {
        self.work("");
        let (done, prompt) = match prompted {
            Prompted::Prompt(prompt) => (self.prompt(prompt), Some(prompt)),
            Prompted::Queued(prompts) => (self.queued(prompts), None),
            Prompted::Shell(line) => (self.shell(line), None),
            Prompted::Compact => (self.compact(), None),
        };
        match done {
            Ok(ending) => ending,
            Err(Interrupted) if !self.produced => Ending::Interrupted(prompt.cloned()),
            Err(Interrupted) => {
                self.interrupted();
                Ending::Interrupted(None)
            }
        }
    }

    /// Leaves a mark where the turn was cut.
    fn interrupted(&mut self) {
        let note = "Interrupted · What should the demo agent do instead?".to_owned();
        match self.open.take() {
            Some(Block::Tool(title, _)) => self.print(Block::Tool(title, vec![note])),
            Some(block) => {
                self.print(block);
                self.print(Block::Note(note));
            }
            None => self.print(Block::Note(note)),
        }
        let text = json!([{"type": "text", "text": "[Request interrupted by user]"}]);
        self.record(|transcript, id, mode| transcript.user(text, id, mode));
    }

    /// Waits for a word, at most until then; nothing when the time is up.
    fn next(&self, until: Instant) -> Go<Option<Word>> {
        match self.inbox.recv_timeout(until.saturating_duration_since(Instant::now())) {
            Ok(Word::Interrupt) | Err(RecvTimeoutError::Disconnected) => Err(Interrupted),
            Ok(word) => Ok(Some(word)),
            Err(RecvTimeoutError::Timeout) => Ok(None),
        }
    }

    /// Takes its time.
    fn pause(&self, seconds: f64) -> Go<()> {
        let until = Instant::now() + Duration::try_from_secs_f64(seconds).unwrap_or_default();
        while self.next(until)?.is_some() {}
        Ok(())
    }

    /// A child's end, as a word with its number.
    fn ended(&self, number: u64) -> impl FnOnce(Ended) + Send + use<> {
        let words = self.words.clone();
        move |ended| drop(words.send(Word::Ended(number, ended)))
    }

    /// Runs the hooks of an event side by side and waits for those that are not `async`.
    fn hooks(&mut self, event: &str, about: &str, own: Json) -> Go<Vec<(Hook, Ended)>> {
        let mut waited: HashMap<u64, (Hook, Option<Running>)> = HashMap::new();
        for hook in self.session.settings.hooks(event, about) {
            let number = self.session.number();
            let done = self.ended(number);
            let detached = hook.detached;
            let running = self.start_hook(event, &hook, own.clone(), move |ended| {
                if !detached {
                    done(ended);
                }
            });
            if !detached {
                waited.insert(number, (hook, running));
            }
        }
        if !waited.is_empty() {
            self.work(&format!("running {event} hook"));
        }
        let mut all = Vec::new();
        while !waited.is_empty() {
            match self.inbox.recv() {
                Ok(Word::Ended(number, ended)) => all.extend(waited.remove(&number).map(|(hook, _)| (hook, ended))),
                Ok(Word::Replied(..)) => {}
                Ok(Word::Interrupt) | Err(_) => {
                    waited.values().filter_map(|(_, running)| *running).for_each(Running::end);
                    return Err(Interrupted);
                }
            }
        }
        self.work("");
        for text in all.iter().filter_map(|(_, ended)| hooks::context(event, ended)) {
            self.record(|transcript, _, _| transcript.context(event, &text));
        }
        Ok(all)
    }

    /// Tells hooks without waiting for them.
    fn notify(&self, event: &str, about: &str, own: &Json) {
        for hook in self.session.settings.hooks(event, about) {
            self.start_hook(event, &hook, own.clone(), drop);
        }
    }

    fn start_hook(
        &self,
        event: &str,
        hook: &Hook,
        own: Json,
        done: impl FnOnce(Ended) + Send + 'static,
    ) -> Option<Running> {
        let facts = self.session.facts(self.agent.as_ref().map(|(agent, _)| agent));
        let input = hooks::payload(event, &facts, own).to_string().into_bytes();
        let limit = Duration::try_from_secs_f64(hook.timeout).ok();
        self.session.children.start(&mut self.session.hook_command(hook), input, limit, done)
    }

    /// Writes to the conversation this turn belongs to.
    fn record(&mut self, write: impl FnOnce(&mut Transcript, Option<&str>, &str)) {
        let mut state = self.session.state();
        let (id, mode) = (state.prompt_id.clone(), state.mode.clone());
        match &mut self.agent {
            Some((_, transcript)) => write(transcript, id.as_deref(), &mode),
            None => write(&mut state.transcript, id.as_deref(), &mode),
        }
    }

    /// A finished piece; a subagent's are not shown.
    fn print(&mut self, block: Block) {
        self.produced = true;
        self.open = None;
        if self.agent.is_none() {
            self.session.tell(Event::Open(None));
            self.session.tell(Event::Print(block));
        }
    }

    /// The piece at work.
    fn show(&mut self, block: Block) {
        self.produced = true;
        self.open = Some(block.clone());
        if self.agent.is_none() {
            self.session.tell(Event::Open(Some(block)));
        }
    }

    fn work(&self, what: &str) {
        self.spin(Spin::Work(what.to_owned()));
    }

    fn spin(&self, spin: Spin) {
        if self.agent.is_none() {
            self.session.tell(Event::Spin(spin));
        }
    }
}
