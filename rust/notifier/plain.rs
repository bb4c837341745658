//! Notifications without buttons, by `notify-rust`. A click opens a task, which harms nobody, so it does not matter who says
//! that there was one. Buttons that answer requests need more: see [`super::session_bus`].

use crate::desktop::lines::{FromNotifier, NotificationOrder};
use notify_rust::{Notification, NotificationHandle, NotificationResponse, Urgency};
use std::time::Duration;
use tokio::sync::{mpsc::UnboundedSender, oneshot};
use tokio::task::JoinHandle;

/// The key of a click on the notification itself.
pub const DEFAULT: &str = "default";

/// A notification on the screen.
pub struct Plain {
    close: Option<oneshot::Sender<()>>,
    waiting: JoinHandle<()>,
}

impl Plain {
    /// Shows it; how it ended is sent once.
    pub async fn show(
        order: &NotificationOrder,
        body: &str,
        limit: Duration,
        said: UnboundedSender<FromNotifier>,
    ) -> Result<Plain, String> {
        let mut notification = Notification::new();
        notification.appname("Chorus").icon("utilities-terminal").urgency(Urgency::Normal);
        notification.summary(&order.title).body(body);
        for (key, label) in &order.buttons {
            notification.action(key, label);
        }
        let handle = match tokio::time::timeout(limit, notification.show_async()).await {
            Ok(shown) => shown.map_err(|error| format!("the server refused it: {error}"))?,
            Err(_) => return Err("the notification server does not answer".to_owned()),
        };
        let (close, closing) = oneshot::channel();
        let id = order.id;
        let waiting = tokio::spawn(async move {
            let _ = said.send(ended(id, &handle, limit, closing).await);
        });
        Ok(Plain { close: Some(close), waiting })
    }

    /// Takes it away. [`FromNotifier::Closed`] follows as always.
    pub fn close(&mut self) {
        let _ = self.close.take().map(|close| close.send(()));
    }

    /// Takes it away and waits until the server knows.
    pub async fn close_whole(mut self) {
        self.close();
        let _ = (&mut self.waiting).await;
    }
}

impl Drop for Plain {
    fn drop(&mut self) {
        self.waiting.abort();
    }
}

async fn ended(id: u64, handle: &NotificationHandle, limit: Duration, closing: oneshot::Receiver<()>) -> FromNotifier {
    let mut response = None;
    tokio::select! {
        () = handle.wait_for_action_async(|given| response = Some(given.clone())) => {}
        _ = closing => {
            let _ = tokio::time::timeout(limit, handle.close_async()).await;
        }
    }
    match response {
        Some(NotificationResponse::Default) => FromNotifier::Pressed { id, key: DEFAULT.to_owned() },
        _ => FromNotifier::Closed { id },
    }
}
