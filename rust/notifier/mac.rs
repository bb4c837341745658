//! Notifications by the Notification Center, through `osascript`: it tells nobody what a person does with them.

use crate::desktop::lines::{Heard, Server, Show};
use std::process::Stdio;
use std::time::Duration;
use tokio::process::Command;
use tokio::sync::{mpsc::UnboundedSender, oneshot};

const LIMIT: Duration = Duration::from_secs(2);
/// The words come as arguments, so none of them is a script.
const SCRIPT: [&str; 3] =
    ["on run argv", "display notification (item 2 of argv) with title (item 1 of argv)", "end run"];

/// Nothing is to be told apart.
#[derive(Clone, Copy, Debug)]
pub struct Manner;

/// It is part of the system.
pub async fn find() -> Result<(Server, Manner), String> {
    let server = Server { name: "Notification Center".to_owned(), ..Server::default() };
    Ok((server, Manner))
}

/// Shows it; it goes by itself.
pub async fn show(show: Show, _: Manner, tell: UnboundedSender<Heard>, _: oneshot::Receiver<()>) -> Heard {
    let id = show.id;
    let mut command = Command::new("/usr/bin/osascript");
    for line in SCRIPT {
        command.args(["-e", line]);
    }
    // An argument that begins with a dash would be an option.
    command.arg("--").args([show.title, show.body]).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    match tokio::time::timeout(LIMIT, command.kill_on_drop(true).status()).await {
        Ok(Ok(status)) if status.success() => {
            let _ = tell.send(Heard::Shown { id });
            Heard::Closed { id }
        }
        _ => Heard::Failed { id: Some(id), why: "osascript does not show it".to_owned() },
    }
}
