//! Hook processes that wait for an answer, by request id.

use crate::agent::Adapter;
use crate::contract::Json;
use parking_lot::{Mutex, MutexGuard};
use std::collections::{HashMap, HashSet};
use std::time::Duration;
use tokio::sync::{Notify, oneshot};

/// Who waits. A request whose daemon was killed waits again when its hook process reconnects.
#[derive(Debug, Default)]
pub struct Answers {
    waiting: Mutex<HashMap<String, Waiting>>,
    came: Notify,
    pressed: Mutex<HashSet<String>>,
}

/// A request that is being answered by keys: only the holder of this closes it.
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
        self.came.notify_waiters();
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

    /// As [`Answers::asking`], of a hook process that may still come within `limit`.
    pub async fn asking_within(&self, request: &str, limit: Duration) -> Option<Asking> {
        let asking = async {
            loop {
                let came = self.came.notified();
                if let Some(asking) = self.asking(request) {
                    return asking;
                }
                came.await;
            }
        };
        tokio::time::timeout(limit, asking).await.ok()
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

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_hook_that_comes_later_is_found_when_it_comes() {
        let answers = Answers::default();
        let asking = |message: &str| Asking { adapter: crate::agent::of_hook(None), message: message.into() };
        let comes = async {
            tokio::task::yield_now().await;
            let _other = answers.wait("2", asking("other"));
            tokio::task::yield_now().await;
            let _wanted = answers.wait("1", asking("wanted"));
        };
        let (found, ()) = tokio::join!(answers.asking_within("1", Duration::from_secs(60)), comes);
        assert_eq!(found.map(|asking| asking.message), Some("wanted".into()));
        assert!(answers.asking_within("3", Duration::ZERO).await.is_none());
    }
}
