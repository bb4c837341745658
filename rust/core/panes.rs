//! The programs in live tasks' panes: what descends from one is an agent's doing.

use crate::process::Identity;
use parking_lot::Mutex;
use std::collections::HashMap;

/// Their process ids, by task.
#[derive(Debug, Default)]
pub struct Panes {
    programs: Mutex<HashMap<String, u32>>,
}

impl Panes {
    /// The task's pane runs this program, where one is known.
    pub fn watch(&self, task: &str, program: Option<&Identity>) {
        if let Some(program) = program {
            self.programs.lock().insert(task.to_owned(), program.pid);
        }
    }

    /// The task has no pane any more.
    pub fn forget(&self, task: &str) {
        self.programs.lock().remove(task);
    }

    /// Of all live tasks.
    pub fn pids(&self) -> Vec<u32> {
        self.programs.lock().values().copied().collect()
    }
}
