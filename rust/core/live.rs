//! The newest of each live task's agent, for verbs that wait for something to happen: a prompt to arrive, a turn to end.

use crate::process::Identity;
use crate::status::{AgentState, Millis};
use parking_lot::Mutex;
use std::collections::HashMap;
use tokio::sync::watch;

/// What the monitor last saw of one task's agent.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct LiveStatus {
    /// The launch it is about.
    pub launch: String,
    /// The status.
    pub state: AgentState,
    /// The agent's own process, where it is known; the pane's may be a program around it.
    pub process: Option<Identity>,
    /// Whether this launch's agent has said that its session began.
    pub started: bool,
    /// Prompts that this launch's agent has said it got.
    pub prompts: u64,
    /// When its session file says that its status last changed.
    pub changed: Option<Millis>,
    /// Why the status is what it is.
    pub rule: String,
    /// The evidence behind it.
    pub pieces: Vec<crate::contract::Piece>,
    /// What the screen showed last, where it was read.
    pub reading: Option<crate::evidence::reading::ScreenReading>,
}

/// The latest status of every live task, by uuid.
#[derive(Debug, Default)]
pub struct LiveStatuses {
    tasks: Mutex<HashMap<String, watch::Sender<LiveStatus>>>,
}

impl LiveStatus {
    /// Whether the agent did something since `then`, when it was idle: a turn may be over before anybody sees it busy, and
    /// leaves its time only.
    pub fn has_worked_since(&self, then: &LiveStatus) -> bool {
        self.launch == then.launch && then.changed.is_some() && self.changed > then.changed
    }
}

impl LiveStatuses {
    fn with<T>(&self, act: impl FnOnce(&mut HashMap<String, watch::Sender<LiveStatus>>) -> T) -> T {
        act(&mut self.tasks.lock())
    }

    /// Sends a new status to every follower.
    pub fn publish(&self, task: &str, live: LiveStatus) {
        self.with(|tasks| {
            let sender = tasks.entry(task.to_owned()).or_insert_with(|| watch::channel(LiveStatus::default()).0);
            sender.send_if_modified(|old| std::mem::replace(old, live.clone()) != live);
        });
    }

    /// Follows one task.
    pub fn follow(&self, task: &str) -> watch::Receiver<LiveStatus> {
        self.with(|tasks| {
            tasks.entry(task.to_owned()).or_insert_with(|| watch::channel(LiveStatus::default()).0).subscribe()
        })
    }

    /// The latest status of a live task.
    pub fn of(&self, task: &str) -> Option<LiveStatus> {
        self.with(|tasks| tasks.get(task).map(|sender| sender.borrow().clone()))
    }

    /// The task whose agent that process is.
    pub fn of_process(&self, pid: u32) -> Option<String> {
        let is_it = |sender: &watch::Sender<LiveStatus>| {
            sender.borrow().process.as_ref().is_some_and(|process| process.pid == pid)
        };
        self.with(|tasks| tasks.iter().find(|(_, sender)| is_it(sender)).map(|(task, _)| task.clone()))
    }

    /// The task ended.
    pub fn remove(&self, task: &str) {
        self.with(|tasks| tasks.remove(task));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_turn_that_nobody_saw_leaves_its_time() {
        let at = |launch: &str, changed| LiveStatus { launch: launch.into(), changed, ..LiveStatus::default() };
        assert!(at("a", Some(2)).has_worked_since(&at("a", Some(1))));
        assert!(!at("a", Some(1)).has_worked_since(&at("a", Some(1))));
        assert!(!at("a", Some(2)).has_worked_since(&at("a", None)), "its first word");
        assert!(!at("b", Some(2)).has_worked_since(&at("a", Some(1))), "another launch");
    }
}
