//! The processes of a task's agent, and asking one to leave.

use crate::core::Core;
use crate::process::{self, Identity};
use crate::store::Launch;
use std::time::Duration;

/// How long an agent may take to leave when asked to.
const LEAVE: Duration = Duration::from_secs(3);

/// The agent's own process, and the pane's where that is another: a program around it.
pub fn processes(core: &Core, task: &str, launch: Option<&Launch>) -> Vec<Identity> {
    let of_pane = launch.and_then(|launch| launch.process.clone());
    let named = core.live.of(task).filter(|live| launch.is_some_and(|launch| launch.id == live.launch));
    let mut found: Vec<Identity> = named.and_then(|live| live.process).into_iter().collect();
    found.extend(of_pane.filter(|process| !found.contains(process)));
    found
}

/// Asks a process to leave and waits a little; what stays is killed with its pane.
pub async fn leave(identity: &Identity) {
    process::terminate(identity);
    // A suspended process would not hear it.
    process::resume(identity);
    let gone = async {
        while process::is_alive(identity) {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    let _ = tokio::time::timeout(LEAVE, gone).await;
}
