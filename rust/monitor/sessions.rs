//! What agents say of their sessions, of every kind of agent that was launched.

use crate::agent::{Adapter, SessionSeen, SessionWatch};
use std::collections::HashMap;
use std::path::Path;
use tokio::sync::mpsc::Sender;

/// One watch for each adapter, from its first launch on.
#[derive(Debug)]
pub struct SessionWatches {
    seen: Sender<SessionSeen>,
    /// By the adapter's name.
    watches: HashMap<&'static str, Option<Box<dyn SessionWatch>>>,
}

impl SessionWatches {
    /// None yet; what is seen goes to `seen`.
    pub fn new(seen: Sender<SessionSeen>) -> SessionWatches {
        SessionWatches { seen, watches: HashMap::new() }
    }

    /// Watches the sessions of one configuration folder of that kind of agent.
    pub fn watch(&mut self, adapter: &'static dyn Adapter, config_dir: &Path) {
        let start = || adapter.watch_sessions(self.seen.clone());
        if let Some(watch) = self.watches.entry(adapter.name()).or_insert_with(start) {
            watch.watch(config_dir);
        }
    }
}
