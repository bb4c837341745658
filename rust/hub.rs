//! The connected Neovims, and telling each what concerns its project.

pub mod outbox;

use crate::contract::{Event, Message, Presence};
use outbox::Outbox;
use parking_lot::{Mutex, MutexGuard};
use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

/// Every connection: all count for the daemon's life, those that listen get events.
#[derive(Debug, Default)]
pub struct Hub {
    seats: Mutex<Seats>,
}

#[derive(Debug, Default)]
struct Seats {
    next: u64,
    open: usize,
    working: usize,
    listeners: HashMap<u64, Listener>,
}

#[derive(Debug)]
struct Listener {
    project: String,
    outbox: Arc<Outbox>,
    presence: Presence,
}

/// Held while a verb is carried out.
#[derive(Debug)]
pub struct Working(Arc<Hub>);

impl Drop for Working {
    fn drop(&mut self) {
        self.0.seats().working -= 1;
    }
}

impl Hub {
    fn seats(&self) -> MutexGuard<'_, Seats> {
        self.seats.lock()
    }

    /// A connection opened; its number.
    pub fn enter(&self) -> u64 {
        let mut seats = self.seats();
        seats.open += 1;
        seats.next += 1;
        seats.next
    }

    /// The connection wants the events of `project`, and of no other from now on.
    pub fn listen(&self, seat: u64, project: &str, outbox: Arc<Outbox>) {
        let listener = Listener { project: project.to_owned(), outbox, presence: Presence::default() };
        self.seats().listeners.insert(seat, listener);
    }

    /// What a person has before their eyes in the Neovim with this outbox.
    pub fn see(&self, outbox: &Arc<Outbox>, presence: Presence) {
        let mut seats = self.seats();
        if let Some(listener) = seats.listeners.values_mut().find(|listener| Arc::ptr_eq(&listener.outbox, outbox)) {
            listener.presence = presence;
        }
    }

    /// Tasks that a Neovim with the focus shows. One whose terminal does not report the focus counts as having it.
    pub fn on_screen(&self) -> BTreeSet<String> {
        let seats = self.seats();
        let focused = seats.listeners.values().filter(|listener| listener.presence.focused != Some(false));
        focused.flat_map(|listener| listener.presence.visible.iter().cloned()).collect()
    }

    /// Tells the newest Neovim that listens for `project`; false where none does.
    pub fn notify_newest(&self, project: &str, event: &Event) -> bool {
        let seats = self.seats();
        let here = seats.listeners.iter().filter(|(_, listener)| listener.project == project);
        let newest = here.max_by_key(|(seat, _)| **seat);
        newest.map(|(_, listener)| listener.outbox.put(Message::Event(event.clone()))).is_some()
    }

    /// Tells the newest Neovim of `project`, or where there is none the newest of all; false where there is none at all.
    pub fn notify_anybody(&self, project: &str, event: &Event) -> bool {
        let seats = self.seats();
        let newest = seats.listeners.iter().max_by_key(|(seat, listener)| (listener.project == project, **seat));
        newest.map(|(_, listener)| listener.outbox.put(Message::Event(event.clone()))).is_some()
    }

    /// The connection ended.
    pub fn leave(&self, seat: u64) {
        let mut seats = self.seats();
        seats.open -= 1;
        seats.listeners.remove(&seat);
    }

    /// A verb is being carried out until the guard is dropped.
    pub fn work(self: &Arc<Self>) -> Working {
        self.seats().working += 1;
        Working(self.clone())
    }

    /// Whether any verb is being carried out.
    pub fn is_working(&self) -> bool {
        self.seats().working > 0
    }

    /// How many connections are open.
    pub fn open(&self) -> usize {
        self.seats().open
    }

    /// The projects somebody listens for, each once.
    pub fn projects(&self) -> Vec<String> {
        let mut projects: Vec<String> = self.seats().listeners.values().map(|seat| seat.project.clone()).collect();
        projects.sort();
        projects.dedup();
        projects
    }

    /// Tells everyone who listens for `project`.
    pub fn notify(&self, project: &str, event: &Event) {
        for listener in self.seats().listeners.values().filter(|listener| listener.project == project) {
            listener.outbox.put(Message::Event(event.clone()));
        }
    }
}
