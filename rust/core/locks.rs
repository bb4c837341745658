//! One at a time a task.

use parking_lot::Mutex;
use std::collections::HashMap;
use std::sync::Arc;
use tokio::sync::OwnedMutexGuard;

/// A lock for each task.
#[derive(Debug, Default)]
pub struct TaskLocks {
    tasks: Mutex<HashMap<String, Arc<tokio::sync::Mutex<()>>>>,
}

impl TaskLocks {
    fn of(&self, task: &str) -> Arc<tokio::sync::Mutex<()>> {
        self.tasks.lock().entry(task.to_owned()).or_default().clone()
    }

    /// Waits for those that came before, in their order.
    pub async fn lock(&self, task: &str) -> OwnedMutexGuard<()> {
        self.of(task).lock_owned().await
    }

    /// Nothing while another has it.
    pub fn try_lock(&self, task: &str) -> Option<OwnedMutexGuard<()>> {
        self.of(task).try_lock_owned().ok()
    }
}
