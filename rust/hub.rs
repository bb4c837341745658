//! The connected Neovims, and telling each what concerns its project.

pub mod outbox;

use crate::contract::{Event, Message, Presence};
use outbox::Outbox;
use parking_lot::{Mutex, MutexGuard};
use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;
use tokio::sync::Notify;

/// Every connection: all count for the daemon's life, those that listen get events.
#[derive(Debug, Default)]
pub struct Hub {
    seats: Mutex<Seats>,
    joined: Arc<Notify>,
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
    /// It hears of the tasks of other projects too.
    is_everywhere: bool,
}

impl Listener {
    fn new(project: &str, outbox: Arc<Outbox>) -> Listener {
        Listener { project: project.to_owned(), outbox, presence: Presence::default(), is_everywhere: false }
    }
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

    /// The connection wants the events of `project`, and of no other from now on. Said again of the same project, this
    /// changes nothing.
    pub fn listen(&self, seat: u64, project: &str, outbox: Arc<Outbox>) {
        let mut seats = self.seats();
        if seats.listeners.get(&seat).is_none_or(|listener| listener.project != project) {
            seats.listeners.insert(seat, Listener::new(project, outbox));
            self.joined.notify_one();
        }
    }

    /// Notified when another connection listens.
    pub fn joined(&self) -> Arc<Notify> {
        self.joined.clone()
    }

    /// The connection with this outbox wants to hear of the tasks of other projects too.
    pub fn listen_everywhere(&self, outbox: &Arc<Outbox>) {
        for listener in self.seats().listeners.values_mut().filter(|it| Arc::ptr_eq(&it.outbox, outbox)) {
            listener.is_everywhere = true;
        }
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

    /// Sends it to every Neovim.
    pub fn notify_everybody(&self, event: &Event) {
        for listener in self.seats().listeners.values() {
            listener.outbox.put(Message::Event(event.clone()));
        }
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

    /// Tells everyone who listens for `project`, and of tasks and requests also who listens for all projects.
    pub fn notify(&self, project: &str, event: &Event) {
        use Event::{RequestClosed, RequestOpened, TaskChanged, TaskDeleted};
        let is_of_tasks = matches!(event, TaskChanged(_) | TaskDeleted(_) | RequestOpened(_) | RequestClosed(_));
        let hears = |it: &&Listener| it.project == project || it.is_everywhere && is_of_tasks;
        for listener in self.seats().listeners.values().filter(hears) {
            listener.outbox.put(Message::Event(event.clone()));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contract::{Elsewhere, TaskDeleted};

    #[tokio::test]
    async fn who_listens_everywhere_hears_of_other_projects_tasks_and_of_nothing_else_there() {
        let (hub, here, everywhere) = (Hub::default(), Arc::new(Outbox::default()), Arc::new(Outbox::default()));
        hub.listen(1, "/a", here.clone());
        hub.listen(2, "/a", everywhere.clone());
        hub.listen_everywhere(&everywhere);
        hub.listen(2, "/a", everywhere.clone());
        let deleted = |number| Event::TaskDeleted(TaskDeleted { uuid: "u".into(), number });
        hub.notify("/b", &Event::Elsewhere(Elsewhere { count: 1 }));
        hub.notify("/b", &deleted(7));
        hub.notify("/a", &deleted(8));
        let number = |message| match message {
            Some(Message::Event(Event::TaskDeleted(gone))) => gone.number,
            other => panic!("{other:?}"),
        };
        assert_eq!([number(everywhere.take().await), number(everywhere.take().await)], [7, 8]);
        assert_eq!(number(here.take().await), 8);
    }
}
