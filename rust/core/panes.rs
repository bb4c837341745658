//! The programs in live tasks' panes: what descends from one is an agent's doing.

use crate::process::{self, Identity};
use parking_lot::Mutex;
use std::collections::HashMap;

/// The processes, by task.
#[derive(Debug, Default)]
pub struct Panes {
    programs: Mutex<HashMap<String, Identity>>,
}

impl Panes {
    /// The task's pane runs this program, where one is known.
    pub fn watch(&self, task: &str, program: Option<&Identity>) {
        if let Some(program) = program {
            self.programs.lock().insert(task.to_owned(), program.clone());
        }
    }

    /// The task has no pane any more.
    pub fn forget(&self, task: &str) {
        self.programs.lock().remove(task);
    }

    /// The task's agent has ended. A program that lives all the same stays known: its descendants are the agent's.
    pub fn forget_dead(&self, task: &str) {
        let mut programs = self.programs.lock();
        if programs.get(task).is_some_and(|program| !process::is_alive(program)) {
            programs.remove(task);
        }
    }

    /// The tasks in whose panes the process with this lineage runs.
    pub fn holding(&self, lineage: &[Identity]) -> Vec<String> {
        let programs = self.programs.lock();
        programs.iter().filter(|(_, program)| lineage.contains(program)).map(|(task, _)| task.clone()).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_later_process_with_the_same_number_is_nobody_s() {
        let panes = Panes::default();
        let me = process::lineage(std::process::id());
        panes.watch("1", Some(&Identity { start: "0".into(), ..me[1].clone() }));
        assert!(panes.holding(&me).is_empty());
        panes.forget_dead("1");
        assert!(panes.programs.lock().is_empty());
        panes.watch("1", me.get(1));
        panes.forget_dead("1");
        assert_eq!(panes.holding(&me), ["1"]);
        panes.forget("1");
        assert!(panes.holding(&me).is_empty());
    }
}
