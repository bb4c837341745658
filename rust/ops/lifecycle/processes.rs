//! The processes of a task's agent, and making one leave.

use crate::core::Core;
use crate::process::{self, Identity};
use crate::store::Launch;
use std::time::Duration;

/// How long an agent may take to leave when asked to.
const LEAVE: Duration = Duration::from_secs(3);
/// How long it may take once its terminal goes, and once it was killed.
const END: Duration = Duration::from_secs(1);

/// The agent's own process, and the pane's where that is another: a program around it.
pub fn processes(core: &Core, task: &str, launch: Option<&Launch>) -> Vec<Identity> {
    let of_pane = launch.and_then(|launch| launch.process.clone());
    let named = core.live.of(task).filter(|live| launch.is_some_and(|launch| launch.id == live.launch));
    let mut found: Vec<Identity> = named.and_then(|live| live.process).into_iter().collect();
    found.extend(of_pane.filter(|process| !found.contains(process)));
    found
}

/// Asks a process to leave. One that stays is killed: a task that has ended, or has another agent, would else have one
/// that nobody sees, and its edits go on.
pub async fn leave(identity: &Identity) {
    process::terminate(identity);
    // A suspended process would not hear it.
    process::resume(identity);
    if ends(identity, LEAVE).await {
        return;
    }
    process::hang_up(identity);
    if ends(identity, END).await {
        return;
    }
    let agents = agents_at(identity);
    log::warn!("process {} did not leave: killing {:?}", identity.pid, agents);
    agents.iter().for_each(process::kill);
    if !ends(identity, END).await {
        log::error!("process {} goes on although it was killed", identity.pid);
    }
}

async fn ends(identity: &Identity, limit: Duration) -> bool {
    let gone = async {
        while process::is_alive(identity) {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(limit, gone).await.is_ok()
}

/// The agent where this is the pane's own process beside a tracer, which ends as the agent does: killed itself, it
/// would leave the agent behind. Else the process.
fn agents_at(identity: &Identity) -> Vec<Identity> {
    let waits = process::command_line(identity.pid).is_some_and(|line| line.split(' ').nth(1) == Some("exec"));
    let traced = process::children(identity.pid).into_iter().flat_map(|tracer| process::children(tracer.pid));
    let agents: Vec<Identity> = traced.filter(|_| waits).collect();
    if agents.is_empty() { vec![identity.clone()] } else { agents }
}
