//! Notifications by the Notification Center, through `osascript`: it says nothing of what a person does with them.

use crate::desktop::lines::{FromNotifier, NotificationOrder, NotificationServer};
use std::collections::VecDeque;
use std::path::PathBuf;
use std::process::Stdio;
use std::time::Duration;
use tokio::process::Command;

const LIMIT: Duration = Duration::from_secs(2);
const OSASCRIPT: &str = "/usr/bin/osascript";
/// The words come as arguments, so none of them is a script.
const SCRIPT: [&str; 3] =
    ["on run argv", "display notification (item 2 of argv) with title (item 1 of argv)", "end run"];

/// The Notification Center.
#[derive(Debug)]
pub struct System {
    osascript: PathBuf,
    /// Nobody says when one goes, so each counts as gone once it is shown.
    gone: VecDeque<u64>,
}

impl System {
    /// It is part of the system.
    pub async fn find() -> Result<(System, NotificationServer), String> {
        let system = System { osascript: PathBuf::from(OSASCRIPT), gone: VecDeque::new() };
        let server = system.server().await?;
        Ok((system, server))
    }

    /// Its name.
    pub async fn server(&self) -> Result<NotificationServer, String> {
        Ok(NotificationServer { name: "Notification Center".to_owned(), ..NotificationServer::default() })
    }

    /// Shows it; it goes by itself.
    pub async fn show(&mut self, order: NotificationOrder) -> Result<(), String> {
        let mut command = Command::new(&self.osascript);
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

#[cfg(test)]
mod tests {
    use super::*;

    /// With a program in the place of `osascript` that keeps its arguments, each on a line.
    async fn with_stand_in(folder: &std::path::Path, code: u8) -> System {
        let (mut system, server) = System::find().await.unwrap();
        assert!(!server.buttons, "nobody would hear of a button");
        system.osascript = folder.join("osascript");
        let script = format!("#!/bin/sh\nprintf '%s\\n' \"$@\" > \"$0.said\"\nexit {code}\n");
        chorus_testkit::sandbox::script(&system.osascript, &script);
        system
    }

    fn order() -> NotificationOrder {
        let (title, body) = ("-e \"evil\"".to_owned(), "#1 asks".to_owned());
        NotificationOrder { id: 7, owner: None, title, body, buttons: Vec::new() }
    }

    #[tokio::test]
    async fn words_are_arguments_and_never_a_script() {
        let folder = tempfile::tempdir().unwrap();
        let mut system = with_stand_in(folder.path(), 0).await;
        assert!(system.is_idle());
        system.show(order()).await.unwrap();
        let said = std::fs::read_to_string(folder.path().join("osascript.said")).unwrap();
        let expected = SCRIPT.iter().flat_map(|line| ["-e", line]).chain(["--", "-e \"evil\"", "#1 asks"]);
        assert_eq!(said.lines().collect::<Vec<_>>(), expected.collect::<Vec<_>>());
        system.close(7).await;
        assert_eq!(system.next().await, FromNotifier::Closed { id: 7 });
        assert!(system.is_idle());
    }

    #[tokio::test]
    async fn a_failure_is_told_and_leaves_nothing_shown() {
        let folder = tempfile::tempdir().unwrap();
        let mut system = with_stand_in(folder.path(), 1).await;
        assert!(system.show(order()).await.is_err());
        assert!(system.is_idle());
        system.close_all().await;
    }
}
