//! The connected Neovims, and telling each what concerns its project.

pub mod outbox;

use crate::contract::{Event, Message};
use outbox::Outbox;
use parking_lot::{Mutex, MutexGuard};
use std::collections::HashMap;
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
        self.seats().listeners.insert(seat, Listener { project: project.to_owned(), outbox });
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
