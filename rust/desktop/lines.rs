//! What the daemon and `chorus notifier` tell each other, one line of JSON each.

use serde::{Deserialize, Serialize};

/// From the daemon.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(tag = "ask", rename_all = "snake_case")]
pub enum Ask {
    /// Show a notification. Answer: [`Heard::Shown`] or [`Heard::Failed`].
    Show(Show),
    /// Take it away.
    Close {
        /// Which.
        id: u64,
    },
}

/// A notification.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Show {
    /// Identity between the two.
    pub id: u64,
    /// One line of plain text.
    pub title: String,
    /// Plain text; it is escaped for a server that reads markup.
    pub body: String,
    /// Keys and labels of its buttons; a click elsewhere is the key `default`.
    pub buttons: Vec<(String, String)>,
}

/// What there is on the bus.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Server {
    /// As it calls itself.
    pub name: String,
    /// Its version.
    pub version: String,
    /// Whether it shows buttons.
    pub buttons: bool,
    /// Its process, where the bus knows it.
    pub pid: Option<u32>,
}

/// From `chorus notifier`. Its first line is [`Heard::Server`] or [`Heard::Failed`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "heard", rename_all = "snake_case")]
pub enum Heard {
    /// There is a server.
    Server(Server),
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
    /// It is gone: a person, the time, or [`Ask::Close`] took it away.
    Closed {
        /// Which.
        id: u64,
    },
    /// The bus is gone, and with it everything that was shown.
    Lost,
}
