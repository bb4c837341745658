//! What is sent to the loops that begin with the daemon.

use super::fact::Fact;
use crate::status::Millis;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

/// What was sent to the loops that begin with the daemon.
pub struct Inboxes {
    /// For the monitor.
    pub facts: UnboundedReceiver<Fact>,
    /// Tasks whose agents may be free for a queued prompt.
    pub free: UnboundedReceiver<String>,
    /// What ended in tasks: a commit follows.
    pub ended: UnboundedReceiver<Ending>,
}

/// Something of a task ended, and the store knows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ending {
    /// The task's uuid.
    pub task: String,
    /// Whether a turn ended; the agent otherwise, perhaps in the middle of one.
    pub is_turn: bool,
    /// When: the next turn may have begun since.
    pub at: Millis,
}

/// The other ends of [`Inboxes`].
pub(super) struct Senders {
    pub facts: UnboundedSender<Fact>,
    pub free: UnboundedSender<String>,
    pub ended: UnboundedSender<Ending>,
}

pub(super) fn channels() -> (Senders, Inboxes) {
    let (facts, facts_inbox) = unbounded_channel();
    let (free, free_inbox) = unbounded_channel();
    let (ended, ended_inbox) = unbounded_channel();
    let inboxes = Inboxes { facts: facts_inbox, free: free_inbox, ended: ended_inbox };
    (Senders { facts, free, ended }, inboxes)
}
