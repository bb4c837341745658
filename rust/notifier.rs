//! `chorus notifier`: shows notifications on the desktop for the daemon, which feeds it lines and reads what a person does.
//!
//! It finds the session bus by its own environment. It ends with its input, after it has taken away what is shown (nobody
//! would hear of a button any more), with the bus, and after a while with nothing shown.

#[cfg(any(test, target_os = "macos"))]
mod mac;
#[cfg(not(target_os = "macos"))]
mod plain;
#[cfg(not(target_os = "macos"))]
mod session_bus;

#[cfg(target_os = "macos")]
use mac::System;
#[cfg(not(target_os = "macos"))]
use session_bus::System;

use crate::desktop::lines::{FromNotifier, ToNotifier};
use std::io::BufRead;
use std::time::Duration;
use tokio::io::AsyncWriteExt;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

/// It is started again when it is needed.
const IDLE: Duration = Duration::from_secs(60);
/// How long a bus may take to take notifications away after the end of the input.
const FAREWELL: Duration = Duration::from_secs(10);

/// Runs to the end of the input; returns the exit code.
pub fn run() -> i32 {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let Ok(runtime) = runtime else { return 1 };
    let (sender, orders) = unbounded_channel();
    std::thread::spawn(move || read(sender));
    let served = runtime.block_on(serve(orders));
    // A bus that does not answer keeps nobody.
    runtime.shutdown_background();
    i32::from(served.is_none())
}

/// Reads to the end of the input, on a thread of its own: whatever the bus does, the process ends soon after.
fn read(sender: UnboundedSender<String>) {
    let lines = std::io::stdin().lock().lines();
    let _all = lines.map_while(Result::ok).all(|line| sender.send(line).is_ok());
    drop(sender);
    std::thread::sleep(FAREWELL + Duration::from_secs(1));
    std::process::exit(1);
}

/// Nothing when nobody reads any more, or there is nowhere to show anything.
async fn serve(mut orders: UnboundedReceiver<String>) -> Option<()> {
    let mut system = match System::find().await {
        Ok((system, server)) => {
            print(&FromNotifier::Server(server)).await?;
            system
        }
        Err(why) => {
            print(&FromNotifier::Failed { id: None, why }).await;
            return None;
        }
    };
    loop {
        let said = tokio::select! {
            line = orders.recv() => match line {
                Some(line) => match obey(&mut system, serde_json::from_str(&line).ok()?).await {
                    Some(said) => said,
                    None => continue,
                },
                None => break,
            },
            said = system.next() => said,
            () = tokio::time::sleep(IDLE), if system.is_idle() => return Some(()),
        };
        print(&said).await?;
        if said == FromNotifier::Lost {
            return None;
        }
    }
    let _ = tokio::time::timeout(FAREWELL, system.close_all()).await;
    Some(())
}

async fn obey(system: &mut System, order: ToNotifier) -> Option<FromNotifier> {
    match order {
        ToNotifier::Server => Some(match system.server().await {
            Ok(server) => FromNotifier::Server(server),
            Err(why) => FromNotifier::Failed { id: None, why },
        }),
        ToNotifier::Show(order) => {
            let id = order.id;
            Some(match system.show(order).await {
                Ok(()) => FromNotifier::Shown { id },
                Err(why) => FromNotifier::Failed { id: Some(id), why },
            })
        }
        ToNotifier::Close { id } => {
            system.close(id).await;
            None
        }
    }
}

async fn print(said: &FromNotifier) -> Option<()> {
    let line = serde_json::to_string(said).ok()? + "\n";
    let mut output = tokio::io::stdout();
    output.write_all(line.as_bytes()).await.ok()?;
    output.flush().await.ok()
}
