//! Who is at the other end of a connection, and what an agent may ask.
//!
//! An agent must not answer itself. This is a guard, not a wall: the agent runs as the same user and could, with
//! intent, detach a process and drop its mark. It stops what a model does by itself.

use crate::contract::{Code, Request};
use crate::core::Panes;
use crate::error::{Error, Result};
use crate::process::{self, Identity};
use std::path::Path;

/// The process at the other end, as it was when it connected.
#[derive(Clone, Debug, Default)]
pub struct Peer {
    /// Itself and its ancestors, nearest first; empty where the kernel does not tell.
    pub lineage: Vec<Identity>,
    /// The marks of tasks in the environments of these, nearest first.
    marks: Vec<Mark>,
}

/// A task's mark in a process's environment.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Mark {
    task: String,
    /// The state folder of the Chorus that set it.
    state: Option<String>,
}

impl Peer {
    /// Reads what there is to know of process `pid`.
    pub fn of(pid: Option<u32>) -> Peer {
        let lineage = pid.map(process::lineage).unwrap_or_default();
        let mark = |process: &Identity| {
            let [task, state] = process::variables_of(process.pid, ["CHORUS_TASK", "CHORUS_STATE_DIR"]);
            task.map(|task| Mark { task, state })
        };
        Peer { marks: lineage.iter().filter_map(mark).collect(), lineage }
    }

    /// The process's id.
    pub fn pid(&self) -> Option<u32> {
        self.lineage.first().map(|process| process.pid)
    }

    /// What the person uses, for the audit. Neovim's own process is the one that started the bridge.
    pub fn client(&self, said: &str) -> String {
        let (name, process) = match said {
            "nvim" => ("Neovim", self.lineage.get(1)),
            "shell" => ("a shell", self.lineage.get(1)),
            other => return crate::text::clean_line(other, 60),
        };
        process.map_or_else(|| name.to_owned(), |process| format!("{name} (process {})", process.pid))
    }

    /// Whether the process belongs to an agent, of whatever Chorus.
    pub fn is_agent(&self, panes: &Panes) -> bool {
        !self.marks.is_empty() || !panes.holding(&self.lineage).is_empty()
    }

    /// The tasks of the Chorus in `state` whose agents the process belongs to: one, or none for a stranger. A process
    /// that carries another task's mark than its ancestors pretends, and belongs to both.
    pub fn tasks(&self, panes: &Panes, state: &Path) -> Vec<String> {
        let mut tasks = panes.holding(&self.lineage);
        let is_ours = |mark: &&Mark| mark.state.as_deref().is_some_and(|found| Path::new(found) == state);
        tasks.extend(self.marks.iter().filter(is_ours).map(|mark| mark.task.clone()));
        tasks.sort();
        tasks.dedup();
        tasks
    }

    /// Whether the process belongs to this task's agent and to no other's.
    pub fn speaks_for(&self, task: &str, panes: &Panes, state: &Path) -> bool {
        self.tasks(panes, state) == [task]
    }
}

/// What any client may ask, agents included.
pub fn is_open_to_agents(request: &Request) -> bool {
    use Request::*;
    matches!(request, Hello(_) | Hook(_) | PaneDied(_) | Exec(_) | TaskList(_) | TaskShow(_))
}

/// Refuses what an agent may not ask.
pub fn guard(peer: &Peer, request: &Request, panes: &Panes) -> Result<()> {
    if is_open_to_agents(request) || !peer.is_agent(panes) {
        return Ok(());
    }
    Err(Error::new(Code::FromAgent, "an agent cannot do this for itself: only a person at Neovim or a shell can")
        .hint("ask the person; `chorus list` and `chorus show` work from here"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contract::{TaskList, TaskReopen};

    fn marked(marks: &[(&str, &str)]) -> Peer {
        let mark = |(task, state): &(&str, &str)| Mark { task: (*task).into(), state: Some((*state).into()) };
        Peer { lineage: Vec::new(), marks: marks.iter().map(mark).collect() }
    }

    #[test]
    fn a_descendant_of_a_pane_may_look_and_nothing_else() {
        let peer = Peer { marks: Vec::new(), ..Peer::of(Some(std::process::id())) };
        let panes = Panes::default();
        assert!(guard(&peer, &Request::TaskReopen(TaskReopen::default()), &panes).is_ok());
        panes.watch("1", peer.lineage.get(1));
        assert!(guard(&peer, &Request::TaskList(TaskList::default()), &panes).is_ok());
        let error = guard(&peer, &Request::TaskReopen(TaskReopen::default()), &panes).unwrap_err();
        assert_eq!(error.code, Code::FromAgent);
        let marked = marked(&[("2", "/elsewhere")]);
        assert!(guard(&marked, &Request::TaskReopen(TaskReopen::default()), &panes).is_err());
    }

    #[test]
    fn an_agent_speaks_for_its_own_task() {
        let (panes, state) = (Panes::default(), Path::new("/state"));
        let speaks = |marks: &[(&str, &str)]| marked(marks).speaks_for("1", &panes, state);
        assert!(speaks(&[("1", "/state"), ("1", "/state")]));
        // An agent of an outer Chorus runs this one.
        assert!(speaks(&[("1", "/state"), ("9", "/outer")]));
        assert!(!speaks(&[("1", "/state"), ("2", "/state")]));
        assert!(!speaks(&[("2", "/state")]));
        assert!(!speaks(&[("1", "/outer")]));
        assert!(!speaks(&[]));
        // Where no environment can be read, the pane tells.
        let peer = Peer { marks: Vec::new(), ..Peer::of(Some(std::process::id())) };
        panes.watch("1", peer.lineage.get(1));
        assert!(peer.speaks_for("1", &panes, state) && !peer.speaks_for("2", &panes, state));
    }
}
