//! The branch of a task, in the shared tree or in a worktree of its own: made, shown, committed to, mended, discarded.

mod apart;
pub mod changes;
pub mod commit;
pub mod diff;
pub mod discard;
mod discarded;
mod hooks;
pub mod isolate;
pub mod mend;
pub mod preview;
pub mod prune;
mod trouble;
mod uncommitted;
mod upstream;
pub mod worktrees;
