//! Hook processes that wait for an answer, by request id.

use crate::agent::Adapter;
use crate::contract::Json;
use parking_lot::{Mutex, MutexGuard};
use std::collections::{HashMap, HashSet};
use tokio::sync::oneshot;

/// Who waits. A request whose daemon was killed waits again when its hook process reconnects.
#[derive(Debug, Default)]
pub struct Answers {
    waiting: Mutex<HashMap<String, Waiting>>,
    pressed: Mutex<HashSet<String>>,
}

/// A request is being answered by keys, which only whoever holds this closes.
#[derive(Debug)]
pub struct Pressing<'a> {
    answers: &'a Answers,
    request: String,
}

impl Drop for Pressing<'_> {
    fn drop(&mut self) {
        self.answers.keys().remove(&self.request);
    }
}

/// What an agent asked, as it asked it.
#[derive(Clone, Debug)]
pub struct Asking {
    /// What knows the agent.
    pub adapter: &'static dyn Adapter,
    /// The agent's message.
    pub message: Json,
}

#[derive(Debug)]
struct Waiting {
    asking: Asking,
    answer: oneshot::Sender<Option<Json>>,
}

impl Answers {
    fn waiting(&self) -> MutexGuard<'_, HashMap<String, Waiting>> {
        self.waiting.lock()
    }

    fn keys(&self) -> MutexGuard<'_, HashSet<String>> {
        self.pressed.lock()
    }

    /// Begins to answer `request` by keys: what follows from them is nobody else's answer.
    pub fn press(&self, request: &str) -> Pressing<'_> {
        self.keys().insert(request.to_owned());
        Pressing { answers: self, request: request.to_owned() }
    }

    /// Whether `request` is being answered by keys.
    pub fn is_pressed(&self, request: &str) -> bool {
        self.keys().contains(request)
    }

    /// Waits for the answer to `request`; an earlier waiter of the same request is released without one. Resolves to
    /// the JSON for the agent, or to nothing when the request is over.
    pub fn wait(&self, request: &str, asking: Asking) -> impl Future<Output = Option<Json>> + use<> {
        let (answer, answered) = oneshot::channel();
        self.waiting().insert(request.to_owned(), Waiting { asking, answer });
        async { answered.await.ok().flatten() }
    }

    /// What the waiting hook process was called with; nothing when none waits.
    pub fn asking(&self, request: &str) -> Option<Asking> {
        self.waiting().get(request).map(|waiting| waiting.asking.clone())
    }

    /// Whether a hook process waits.
    pub fn is_awaited(&self, request: &str) -> bool {
        self.waiting().contains_key(request)
    }

    /// Gives the answer; false when nobody waits any more.
    pub fn give(&self, request: &str, answer: Json) -> bool {
        self.waiting().remove(request).is_some_and(|waiting| waiting.answer.send(Some(answer)).is_ok())
    }

    /// Lets the hook process go without an answer: the agent then keeps its own dialog, or has closed it.
    pub fn release(&self, request: &str) {
        self.waiting().remove(request);
    }
}
