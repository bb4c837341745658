//! The tmux servers that tasks' terminals are on.

use super::Core;
use crate::config::Loaded;
use crate::error::Result;
use crate::store::Boot;
use crate::tmux::Tmux;
use std::path::PathBuf;

impl Core {
    /// The tmux server at `socket`, or the one new tasks go to, as `loaded` has it configured.
    pub fn tmux(&self, loaded: &Loaded, socket: Option<&str>) -> Result<Tmux> {
        let tmux = &loaded.config.tmux;
        let socket = match (socket, &tmux.socket) {
            (Some(recorded), _) => PathBuf::from(recorded),
            (None, Some(name)) => self.state.tmux_socket_named(name)?,
            (None, None) => self.state.tmux_socket()?,
        };
        let text = |path: &std::path::Path| path.to_string_lossy().into_owned();
        let cells = |count: u32| u16::try_from(count).unwrap_or(u16::MAX);
        let settings = crate::tmux::Settings {
            size: crate::tmux::Size { columns: cells(tmux.columns), rows: cells(tmux.rows) },
            history: tmux.history_limit,
            detach_key: tmux.detach_key.clone(),
            on_pane_died: vec![text(&self.state.program()), "hook".into(), text(&self.state.dir), "--pane-died".into()],
        };
        Ok(Tmux::new(&tmux.command, socket, self.store()?.id(), settings)?.sharing(self.tmux_servers_seen.clone()))
    }

    /// The tmux server that new tasks go to.
    pub async fn tmux_home(&self) -> Result<Tmux> {
        self.tmux(&self.config_of_user().await, None)
    }

    /// Every tmux server that live tasks are on, and the one that new ones go to.
    pub async fn tmux_servers(&self) -> Vec<Tmux> {
        let Ok(store) = self.store() else { return Vec::new() };
        let recorded = store.read(|tx| tx.panes()).await.unwrap_or_default();
        let here = Boot::here();
        for (_, pane) in recorded.iter().filter(|(_, pane)| pane.boot == here) {
            self.tmux_servers_seen.saw(pane.socket.as_ref(), pane.server.pid);
        }
        let mut sockets: Vec<String> = recorded.into_iter().map(|(_, pane)| pane.socket).collect();
        let loaded = self.config_of_user().await;
        sockets.extend(self.tmux(&loaded, None).map(|tmux| tmux.socket().to_string_lossy().into_owned()));
        sockets.sort();
        sockets.dedup();
        sockets.iter().filter_map(|socket| self.tmux(&loaded, Some(socket)).ok()).collect()
    }
}
