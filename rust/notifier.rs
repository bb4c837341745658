//! `chorus notifier`: shows notifications on the desktop for the daemon, which feeds it lines and reads what a person does.
//!
//! It finds the session bus by its own environment, ends with its input or the bus, and after a while with nothing shown.

#[cfg(target_os = "macos")]
mod mac;
#[cfg(not(target_os = "macos"))]
mod session_bus;

#[cfg(target_os = "macos")]
use mac as system;
#[cfg(not(target_os = "macos"))]
use session_bus as system;

use crate::desktop::lines::{Ask, Heard};
use std::collections::HashMap;
use std::time::Duration;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::sync::{mpsc, oneshot};

/// It is started again when it is needed.
const IDLE: Duration = Duration::from_secs(60);

/// Runs to the end of the input; returns the exit code.
pub fn run() -> i32 {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let Ok(runtime) = runtime else { return 1 };
    let served = runtime.block_on(serve());
    // A bus that does not answer keeps nobody.
    runtime.shutdown_background();
    i32::from(served.is_none())
}

/// Nothing when nobody reads any more, or there is nowhere to show anything.
async fn serve() -> Option<()> {
    let (server, manner) = match system::find().await {
        Ok(found) => found,
        Err(why) => {
            print(&Heard::Failed { id: None, why }).await;
            return None;
        }
    };
    print(&Heard::Server(server)).await?;
    let mut input = BufReader::new(tokio::io::stdin()).lines();
    let (tell, mut told) = mpsc::unbounded_channel();
    let mut shown: HashMap<u64, oneshot::Sender<()>> = HashMap::new();
    loop {
        tokio::select! {
            line = input.next_line() => match serde_json::from_str(&line.ok()??).ok()? {
                Ask::Show(show) => {
                    let (close, closed) = oneshot::channel();
                    shown.insert(show.id, close);
                    let tell = tell.clone();
                    tokio::spawn(async move {
                        let id = show.id;
                        let showing = tokio::spawn(system::show(show, manner, tell.clone(), closed));
                        // A panic of the library is a bus that went away under it.
                        let end = showing.await.unwrap_or(Heard::Lost);
                        let _ = tell.send(end.clone());
                        if !matches!(end, Heard::Closed { .. }) {
                            let _ = tell.send(Heard::Closed { id });
                        }
                    });
                }
                // Dropped, it closes.
                Ask::Close { id } => _ = shown.remove(&id),
            },
            Some(heard) = told.recv() => {
                if let Heard::Closed { id } = &heard {
                    shown.remove(id);
                }
                print(&heard).await?;
                if heard == Heard::Lost {
                    return None;
                }
            }
            () = tokio::time::sleep(IDLE), if shown.is_empty() => return Some(()),
        }
    }
}

async fn print(heard: &Heard) -> Option<()> {
    let line = serde_json::to_string(heard).ok()? + "\n";
    let mut output = tokio::io::stdout();
    output.write_all(line.as_bytes()).await.ok()?;
    output.flush().await.ok()
}
