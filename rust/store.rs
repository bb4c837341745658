//! The store: what Chorus knows, in one SQLite file. Its connection lives on a thread of its own, so nothing here
//! blocks the async runtime.
//!
//! A change is one transaction, and what changed is published after its commit and before its caller goes on:
//!
//! ```ignore
//! let task = store.write(move |tx| tx.step(&uuid, Step::Complete, Who::Person, None)).await?;
//! ```

use crate::contract::{Code, Event};
use crate::error::{Error, Result};
use parking_lot::Mutex;
use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::{Arc, mpsc};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::sync::oneshot;

mod alerts;
mod audit;
mod check;
mod column;
mod commits;
mod deleted;
mod documents;
mod edits;
mod fault;
mod filter;
mod hooks;
mod journal;
mod launches;
mod life;
mod open;
mod place;
mod places;
mod prompts;
mod queue;
mod references;
mod requests;
mod steps;
mod tasks;
pub mod text;
mod tidy;
mod tool_calls;
mod trusted;
mod tx;

pub use commits::NewCommit;
pub use documents::{KEPT, KnownBy, KnownDocument};
pub use filter::Filter;
pub use journal::Who;
pub use launches::{Boot, Launch, NewLaunch};
pub use place::Kept;
pub use places::{RecordedPane, TaskPlace};
pub use prompts::{Prompt, PromptState};
pub use references::{NewReference, ReferenceSpot, StoredReference, TiedText};
pub use requests::{Closing, INPUT, NewRequest, Received, RequestOutcome};
pub use steps::{Fields, PersonStep, Reassigned, StepChange, UNDOABLE};
pub use tasks::Defaults;
pub use tool_calls::EndedCall;
pub use trusted::TrustedFile;
pub use tx::Tx;

/// What became different, as every client of the project is told.
#[derive(Clone, Debug)]
pub struct StoreChange {
    /// Canonical path of the project.
    pub project: String,
    /// `TaskChanged`, `TaskDeleted`, `RequestOpened`, `RequestClosed` or `TurnEnded`.
    pub event: Event,
}

type Listeners = Arc<Mutex<Vec<UnboundedSender<Arc<StoreChange>>>>>;

/// A handle on the store; clones share the connection, and the last one to go closes it.
#[derive(Clone)]
pub struct Store {
    jobs: mpsc::Sender<Job>,
    listeners: Listeners,
    id: String,
    file: PathBuf,
    /// Where its files were when it was opened.
    place: place::Place,
    damage: Arc<Mutex<Option<Error>>>,
}

impl Store {
    /// Opens or creates `chorus.db` in `folder` (created with mode 0700), bringing an older schema up to date.
    /// Takes a few milliseconds, so it belongs to the start of a process.
    ///
    /// Fails with [`Code::StoreUnusable`] when the file is seen to be damaged, newer than this program, or cannot be
    /// written; it is never deleted. [`Store::check`] looks through all of a large one.
    pub fn open(folder: &Path) -> Result<Store> {
        Store::open_file(&folder.join(crate::paths::STORE))
    }

    /// As [`Store::open`], with the file named.
    pub fn open_file(file: &Path) -> Result<Store> {
        let (connection, id) = open::open(file)?;
        let listeners = Listeners::default();
        let mut desk = StoreDesk { connection, file: file.to_owned(), listeners: listeners.clone() };
        let (jobs, queue) = mpsc::channel::<Job>();
        std::thread::Builder::new()
            .name("store".into())
            .spawn(move || queue.into_iter().for_each(|job| desk.take(job)))
            .map_err(|error| Error::internal(format!("cannot start the store's thread: {error}")))?;
        let place = place::Place::of(file);
        Ok(Store { jobs, listeners, id, file: file.to_owned(), place, damage: Arc::default() })
    }

    /// The uuid of this store, made once: marks the tmux sessions that belong to it.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Where it is.
    pub fn file(&self) -> &Path {
        &self.file
    }

    /// Every change from now on, in order. None is ever dropped, so the receiver must be read promptly.
    pub fn subscribe(&self) -> UnboundedReceiver<Arc<StoreChange>> {
        let (listener, changes) = unbounded_channel();
        self.listeners.lock().push(listener);
        changes
    }

    /// Looks without changing, at one consistent state.
    pub fn read<T, F>(&self, look: F) -> impl Future<Output = Result<T>> + Send
    where
        T: Send + 'static,
        F: FnOnce(&Tx<'_>) -> Result<T> + Send + 'static,
    {
        self.ask(Work::Read(Box::new(move |tx| Ok(Box::new(look(tx)?)))))
    }

    /// Changes as one transaction: all of it and its journal entries, or nothing when `change` fails. It runs to its
    /// end even when the returned future is dropped. `change` must only compute: every other caller waits for it.
    pub fn write<T, F>(&self, change: F) -> impl Future<Output = Result<T>> + Send
    where
        T: Send + 'static,
        F: FnOnce(&mut Tx<'_>) -> Result<T> + Send + 'static,
    {
        self.ask(Work::Write(Box::new(move |tx| Ok(Box::new(change(tx)?)))))
    }

    /// As [`Store::write`], and the change is on the disk when this returns, also after a power cut.
    pub fn write_durably<T, F>(&self, change: F) -> impl Future<Output = Result<T>> + Send
    where
        T: Send + 'static,
        F: FnOnce(&mut Tx<'_>) -> Result<T> + Send + 'static,
    {
        self.ask(Work::WriteDurably(Box::new(move |tx| Ok(Box::new(change(tx)?)))))
    }

    async fn ask<T: 'static>(&self, work: Work) -> Result<T> {
        let worked = self.ask_any(work).await?;
        worked.downcast().map(|value| *value).map_err(|_| Error::internal("the store answered something else"))
    }

    async fn ask_any(&self, work: Work) -> Result<Worked> {
        if let Some(damage) = self.damage() {
            return Err(damage);
        }
        let (answer, answered) = oneshot::channel();
        let gone = || Error::internal("the store's thread has ended");
        self.jobs.send(Job { work, answer }).map_err(|_| gone())?;
        answered.await.map_err(|_| gone())?
    }
}

/// What work came to, of whatever type: the path to the thread and back is compiled once for all.
type Worked = Box<dyn Any + Send>;

type Look = dyn FnOnce(&Tx<'_>) -> Result<Worked> + Send;
type Alter = dyn FnOnce(&mut Tx<'_>) -> Result<Worked> + Send;
type Alone = dyn FnOnce(&rusqlite::Connection) -> Result<Worked> + Send;

/// What is to be done, in a transaction or in none.
enum Work {
    Read(Box<Look>),
    Write(Box<Alter>),
    Alone(Box<Alone>),
    WriteDurably(Box<Alter>),
}

/// Work for the store's thread, and who waits for it.
struct Job {
    work: Work,
    answer: oneshot::Sender<Result<Worked>>,
}

/// What the store's thread works with.
struct StoreDesk {
    connection: rusqlite::Connection,
    file: PathBuf,
    listeners: Listeners,
}

impl StoreDesk {
    fn take(&mut self, Job { work, answer }: Job) {
        let outcome = catch_unwind(AssertUnwindSafe(|| match work {
            Work::Read(look) => self.read(look),
            Work::Write(change) => self.write(change),
            Work::Alone(work) => work(&self.connection).map_err(|error| fault::in_file(error, &self.file)),
            Work::WriteDurably(change) => self.write_durably(change),
        }));
        // The asker may have gone.
        let _ = answer.send(outcome.unwrap_or_else(|_| Err(Error::internal("the store's work panicked"))));
    }

    fn read(&mut self, look: impl FnOnce(&Tx<'_>) -> Result<Worked>) -> Result<Worked> {
        let look = || {
            let transaction = self.connection.transaction()?;
            look(&Tx::new(&transaction))
        };
        look().map_err(|error| fault::in_file(error, &self.file))
    }

    fn write(&mut self, change: impl FnOnce(&mut Tx<'_>) -> Result<Worked>) -> Result<Worked> {
        let change = || {
            let transaction = self.connection.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)?;
            let mut tx = Tx::new(&transaction);
            let value = change(&mut tx)?;
            let changes = tx.finish()?;
            transaction.commit()?;
            Ok((value, changes))
        };
        let (value, changes) = change().map_err(|error| fault::in_file(error, &self.file))?;
        self.publish(changes);
        Ok(value)
    }

    fn write_durably(&mut self, change: impl FnOnce(&mut Tx<'_>) -> Result<Worked>) -> Result<Worked> {
        let set = |desk: &StoreDesk, level: &str| {
            let set = desk.connection.pragma_update(None, "synchronous", level);
            set.map_err(|error| fault::in_file(error.into(), &desk.file))
        };
        set(self, "FULL")?;
        let written = self.write(change);
        set(self, "NORMAL")?;
        written
    }

    fn publish(&self, changes: Vec<StoreChange>) {
        let mut listeners = self.listeners.lock();
        for change in changes.into_iter().map(Arc::new) {
            listeners.retain(|listener| listener.send(change.clone()).is_ok());
        }
    }
}

/// `cannot DOING: WHY`, with what to do next.
fn refuse(code: Code, message: impl Into<String>, hint: impl Into<String>) -> Error {
    Error::new(code, message).hint(hint)
}
