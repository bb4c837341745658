//! Notifications by the Notification Center, through `osascript`: it says nothing of what a person does with them.

use crate::desktop::lines::{FromNotifier, NotificationOrder, NotificationServer};
use std::collections::VecDeque;
use std::process::Stdio;
use std::time::Duration;
use tokio::process::Command;

const LIMIT: Duration = Duration::from_secs(2);
/// The words come as arguments, so none of them is a script.
const SCRIPT: [&str; 3] =
    ["on run argv", "display notification (item 2 of argv) with title (item 1 of argv)", "end run"];

/// The Notification Center.
#[derive(Debug, Default)]
pub struct System {
    /// Nobody says when one goes, so each counts as gone once it is shown.
    gone: VecDeque<u64>,
}

impl System {
    /// It is part of the system.
    pub async fn find() -> Result<(System, NotificationServer), String> {
        let system = System::default();
        let server = system.server().await?;
        Ok((system, server))
    }

    /// Its name.
    pub async fn server(&self) -> Result<NotificationServer, String> {
        Ok(NotificationServer { name: "Notification Center".to_owned(), ..NotificationServer::default() })
    }

    /// Shows it; it goes by itself.
    pub async fn show(&mut self, order: NotificationOrder) -> Result<(), String> {
        let mut command = Command::new("/usr/bin/osascript");
        for line in SCRIPT {
            command.args(["-e", line]);
        }
        // An argument that begins with a dash would be an option.
        command.arg("--").args([order.title, order.body]);
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        match tokio::time::timeout(LIMIT, command.kill_on_drop(true).status()).await {
            Ok(Ok(status)) if status.success() => {
                self.gone.push_back(order.id);
                Ok(())
            }
            _ => Err("osascript does not show it".to_owned()),
        }
    }

    /// Nothing can be taken away.
    pub async fn close(&mut self, _: u64) {}

    /// Nothing can be taken away.
    pub async fn close_all(&mut self) {}

    /// What happens next.
    pub async fn next(&mut self) -> FromNotifier {
        match self.gone.pop_front() {
            Some(id) => FromNotifier::Closed { id },
            None => std::future::pending().await,
        }
    }

    /// Whether nothing is shown.
    pub fn is_idle(&self) -> bool {
        self.gone.is_empty()
    }
}
