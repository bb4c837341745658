//! What the daemon and `chorus notifier` say to each other, one line of JSON each.

use serde::{Deserialize, Serialize};

/// From the daemon.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(tag = "ask", rename_all = "snake_case")]
pub enum ToNotifier {
    /// Which server is there now? Answer: [`FromNotifier::Server`] or [`FromNotifier::Failed`].
    Server,
    /// Show a notification. Answer: [`FromNotifier::Shown`] or [`FromNotifier::Failed`].
    Show(NotificationOrder),
    /// Take it away.
    Close {
        /// Which.
        id: u64,
    },
}

/// A notification.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NotificationOrder {
    /// Identity between the two.
    pub id: u64,
    /// The [`NotificationServer::owner`] that shows it, and no other: its buttons were decided on for that one.
    pub owner: Option<String>,
    /// One line of plain text.
    pub title: String,
    /// Plain text; it is escaped for a server that reads markup.
    pub body: String,
    /// Keys and labels of its buttons; a click elsewhere is the key `default`.
    pub buttons: Vec<(String, String)>,
}

/// The notification server on the bus.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct NotificationServer {
    /// As it calls itself.
    pub name: String,
    /// Its version.
    pub version: String,
    /// Whether it shows buttons.
    pub buttons: bool,
    /// Its connection on the bus, which no other program can have.
    pub owner: Option<String>,
    /// The process of that connection, where the bus knows it.
    pub pid: Option<u32>,
}

/// From `chorus notifier`. Its first line is [`FromNotifier::Server`] or [`FromNotifier::Failed`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "said", rename_all = "snake_case")]
pub enum FromNotifier {
    /// There is a server.
    Server(NotificationServer),
    /// It is shown.
    Shown {
        /// Which.
        id: u64,
    },
    /// It is not shown.
    Failed {
        /// Which; nothing where there is no server at all.
        id: Option<u64>,
        /// As the end of a sentence.
        why: String,
    },
    /// A person pressed a button, or clicked on it.
    Pressed {
        /// Which.
        id: u64,
        /// The button's key, or `default`.
        key: String,
    },
    /// It is gone: a person, the time, or [`ToNotifier::Close`] took it away.
    Closed {
        /// Which.
        id: u64,
    },
    /// The bus is gone, and with it everything that was shown.
    Lost,
}
