//! What waits to be told to one Neovim. Answers are kept in order; of a task or an output only the newest is kept,
//! because a Neovim can stand at a prompt for minutes and must neither be flooded nor miss the end.

use crate::contract::{Event, Message};
use parking_lot::Mutex;
use std::collections::{HashMap, VecDeque};
use tokio::sync::Notify;

/// More single events than this mean a Neovim that has not listened for long: it is let go, connects again, and takes
/// a snapshot.
const MOST_EVENTS: usize = 1000;

/// The queue of one connection.
#[derive(Debug, Default)]
pub struct Outbox {
    queue: Mutex<Queue>,
    ready: Notify,
}

#[derive(Debug, Default)]
struct Queue {
    answers: VecDeque<Message>,
    events: VecDeque<Slot>,
    newest: HashMap<String, Event>,
}

enum Next {
    Message(Box<Message>),
    Nothing,
    Overflow,
}

/// An event in order, or the place of one whose newest version counts.
#[derive(Debug)]
enum Slot {
    Event(Box<Event>),
    Newest(String),
}

impl Outbox {
    /// Adds one message.
    pub fn put(&self, message: Message) {
        let mut queue = self.queue.lock();
        match message {
            Message::Event(event) => queue.put_event(event),
            answer => queue.answers.push_back(answer),
        }
        drop(queue);
        self.ready.notify_one();
    }

    /// Takes the next message, waiting for one; nothing when the client has missed too much to go on.
    pub async fn take(&self) -> Option<Message> {
        loop {
            let next = self.queue.lock().next();
            match next {
                Next::Message(message) => return Some(*message),
                Next::Overflow => return None,
                Next::Nothing => {}
            }
            self.ready.notified().await;
        }
    }
}

impl Queue {
    fn put_event(&mut self, event: Event) {
        if self.events.len() > MOST_EVENTS {
            return;
        }
        let key = match &event {
            Event::TaskChanged(task) => Some(task.uuid.clone()),
            Event::Output(output) => Some(format!("output {}", output.task)),
            Event::Elsewhere(_) => Some("elsewhere".to_owned()),
            // Each is about anything.
            Event::EditsChanged(changed) if changed.paths.is_empty() => Some("edits_changed".to_owned()),
            Event::ConfigurationFault(_) => Some("configuration_fault".to_owned()),
            _ => None,
        };
        match key {
            Some(key) => {
                if self.newest.insert(key.clone(), event).is_none() {
                    self.events.push_back(Slot::Newest(key));
                }
            }
            None => self.events.push_back(Slot::Event(Box::new(event))),
        }
    }

    fn next(&mut self) -> Next {
        if self.events.len() > MOST_EVENTS {
            return Next::Overflow;
        }
        self.take().map_or(Next::Nothing, |message| Next::Message(Box::new(message)))
    }

    fn take(&mut self) -> Option<Message> {
        if let Some(answer) = self.answers.pop_front() {
            return Some(answer);
        }
        match self.events.pop_front()? {
            Slot::Event(event) => Some(Message::Event(*event)),
            Slot::Newest(key) => self.newest.remove(&key).map(Message::Event),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contract::{Elsewhere, TaskDeleted};

    fn elsewhere(count: i64) -> Message {
        Message::Event(Event::Elsewhere(Elsewhere { count }))
    }

    fn deleted(number: i64) -> Message {
        Message::Event(Event::TaskDeleted(TaskDeleted { uuid: number.to_string(), number }))
    }

    #[tokio::test]
    async fn the_newest_counts_in_the_place_of_the_first_and_answers_go_before() {
        let outbox = Outbox::default();
        outbox.put(elsewhere(1));
        outbox.put(deleted(7));
        outbox.put(elsewhere(2));
        outbox.put(Message::Response { id: 9, result: None, error: None });
        assert!(matches!(outbox.take().await, Some(Message::Response { id: 9, .. })));
        assert!(matches!(outbox.take().await, Some(Message::Event(Event::Elsewhere(e))) if e.count == 2));
        assert!(matches!(outbox.take().await, Some(Message::Event(Event::TaskDeleted(d))) if d.number == 7));
    }

    #[tokio::test]
    async fn who_has_missed_too_much_is_let_go() {
        let outbox = Outbox::default();
        (0..=MOST_EVENTS as i64).for_each(|number| outbox.put(deleted(number)));
        assert!(outbox.take().await.is_none());
    }
}
