//! What `chorus exec` is to run in each task's pane: handed out once and kept nowhere else, for it holds secrets.

use crate::contract::Exec;
use parking_lot::Mutex;
use std::collections::HashMap;

/// Launches that wait for their pane, by task.
#[derive(Default)]
pub struct Execs {
    waiting: Mutex<HashMap<String, Exec>>,
}

impl Execs {
    /// The task's pane will ask for it.
    pub fn hand_out(&self, task: &str, exec: Exec) {
        self.waiting.lock().insert(task.to_owned(), exec);
    }

    /// For the pane that asks, once.
    pub fn take(&self, task: &str) -> Option<Exec> {
        self.waiting.lock().remove(task)
    }

    /// No pane will ask for it any more.
    pub fn withdraw(&self, task: &str) {
        self.waiting.lock().remove(task);
    }
}
