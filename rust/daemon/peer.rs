//! Who is at the other end of a connection, and what an agent may ask.
//!
//! An agent must not answer itself. This is a guard, not a wall: the agent runs as the same user and could, with
//! intent, detach a process and drop its mark. It stops what a model does by itself.

use crate::contract::{Code, Request};
use crate::error::{Error, Result};
use crate::process;

/// The process at the other end, as it was when it connected.
#[derive(Clone, Debug, Default)]
pub struct Peer {
    /// Its process id and its ancestors', nearest first; empty where the kernel does not tell.
    pub lineage: Vec<u32>,
    /// Whether it or an ancestor carries a task's mark in its environment.
    pub is_marked: bool,
}

impl Peer {
    /// Reads what there is to know of process `pid`.
    pub fn of(pid: Option<u32>) -> Peer {
        let lineage = pid.map(process::lineage).unwrap_or_default();
        let is_marked = lineage.iter().any(|pid| process::variable_of(*pid, "CHORUS_TASK").is_some());
        Peer { lineage, is_marked }
    }

    /// Whether the process belongs to an agent, given the pids of the programs in the tasks' panes.
    pub fn is_agent(&self, panes: &[u32]) -> bool {
        self.is_marked || self.lineage.iter().any(|ancestor| panes.contains(ancestor))
    }
}

/// What any client may ask, agents included.
pub fn is_open_to_agents(request: &Request) -> bool {
    use Request::*;
    matches!(request, Hello(_) | Hook(_) | PaneDied(_) | Exec(_) | TaskList(_) | TaskShow(_))
}

/// Refuses what an agent may not ask.
pub fn guard(peer: &Peer, request: &Request, panes: &[u32]) -> Result<()> {
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

    #[test]
    fn a_descendant_of_a_pane_may_look_and_nothing_else() {
        let peer = Peer::of(Some(std::process::id()));
        let parent = peer.lineage[1];
        assert!(guard(&peer, &Request::TaskList(TaskList::default()), &[parent]).is_ok());
        let error = guard(&peer, &Request::TaskReopen(TaskReopen::default()), &[parent]).unwrap_err();
        assert_eq!(error.code, Code::FromAgent);
        let stranger = Peer { is_marked: false, ..peer.clone() };
        assert!(guard(&stranger, &Request::TaskReopen(TaskReopen::default()), &[]).is_ok());
        let marked = Peer { is_marked: true, lineage: vec![] };
        assert!(guard(&marked, &Request::TaskReopen(TaskReopen::default()), &[]).is_err());
    }
}
