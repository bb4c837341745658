//! Which changes of tasks notify a person outside of Neovim, when, and with which text. Pure.
//!
//! [`NotificationQueue`] observes the events that every Neovim gets and says what to show and what to take away;
//! `decision` is its one rule. `ops::notifications` shows notifications, by `desktop` or in a Neovim's terminal.

mod burst;
mod decision;
mod notification;
mod queue;
mod quiet;
mod redact;
mod text;

pub use decision::NotificationRules;
pub use notification::{Notification, is_same_request};
pub use queue::NotificationQueue;
pub use quiet::QuietHours;
pub use text::{NotificationText, escape_markup};

use crate::status::Millis;
use serde::{Deserialize, Serialize};

/// What a notification may be about, the least urgent first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Occasion {
    /// A turn ended.
    Turn,
    /// A prompt was not delivered.
    Prompt,
    /// The agent reports an error, has no login, or has ended.
    Error,
    /// A request opened.
    Request,
}

/// An occasion that needs no further notification: a person was notified, saw the task, or muted it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notified {
    /// The task's uuid.
    pub task: String,
    /// What happened.
    pub occasion: Occasion,
    /// Tells occasions of one kind and task apart: a request's id, or the text of an alert.
    pub about: String,
    /// When.
    pub at: Millis,
}
