//! What is committed for a task, decided without touching anything: which of the tree's changes are the task's own,
//! what is left and why, and the message.

pub mod change;
pub(crate) mod message;
pub(crate) mod net;
pub mod patch;
pub mod plan;
pub(crate) mod without;
