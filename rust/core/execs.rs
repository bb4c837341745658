//! What `chorus exec` is to run in each task's pane: handed out once and kept nowhere else, for it holds secrets.

use crate::contract::Exec;
use crate::process::Identity;
use parking_lot::Mutex;
use std::collections::HashMap;
use tokio::sync::Notify;

/// Launches that wait for their pane, by task.
#[derive(Default)]
pub struct Execs {
    waiting: Mutex<HashMap<String, WaitingExec>>,
    changed: Notify,
}

struct WaitingExec {
    exec: Exec,
    /// The pane's program, once tmux has told it.
    pane: Option<Identity>,
}

impl Execs {
    /// The task's pane will ask for it.
    pub fn hand_out(&self, task: &str, exec: Exec) {
        self.waiting.lock().insert(task.to_owned(), WaitingExec { exec, pane: None });
    }

    /// The pane is there and runs this program: it, or what it started, may have what waits.
    pub fn opened(&self, task: &str, pane: Option<&Identity>) {
        if let Some(waiting) = self.waiting.lock().get_mut(task) {
            waiting.pane = pane.cloned();
        }
        self.changed.notify_waiters();
    }

    /// For the pane that asks, once; nothing for a process outside of it. The pane's program may ask before tmux has
    /// told which it is, and waits until then.
    pub async fn take(&self, task: &str, lineage: &[Identity]) -> Option<Exec> {
        loop {
            let changed = self.changed.notified();
            {
                let mut all = self.waiting.lock();
                if let Some(pane) = &all.get(task)?.pane {
                    let is_its = lineage.contains(pane);
                    return if is_its { all.remove(task).map(|waiting| waiting.exec) } else { None };
                }
            }
            changed.await;
        }
    }

    /// No pane will ask for it any more.
    pub fn withdraw(&self, task: &str) {
        self.waiting.lock().remove(task);
        self.changed.notify_waiters();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn identity(pid: u32) -> Identity {
        Identity { pid, start: pid.to_string() }
    }

    fn exec() -> Exec {
        Exec { argv: vec!["a".into()], environment: Default::default(), folder: "/".into(), trace: None }
    }

    #[tokio::test]
    async fn only_the_pane_s_own_process_gets_it_and_once() {
        let execs = Execs::default();
        execs.hand_out("t", exec());
        let (pane, child) = ([identity(7), identity(1)], [identity(8), identity(7), identity(1)]);
        let opens = async {
            tokio::task::yield_now().await;
            execs.opened("t", Some(&identity(7)));
        };
        let other = [identity(9), identity(1)];
        let (stranger, ()) = tokio::join!(execs.take("t", &other), opens);
        assert!(stranger.is_none());
        assert!(execs.take("t", &[Identity { start: "later".into(), ..identity(7) }]).await.is_none());
        assert!(execs.take("t", &child).await.is_some());
        assert!(execs.take("t", &pane).await.is_none());
        execs.hand_out("t", exec());
        let (none, ()) = tokio::join!(execs.take("t", &pane), async { execs.withdraw("t") });
        assert!(none.is_none());
    }
}
