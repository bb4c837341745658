//! The adapter for git and GitButler's `but`.

pub mod blame;
pub mod but;
mod change_id;
pub(crate) mod cleaned;
pub mod commit;
pub(crate) mod committed;
pub(crate) mod conflicts;
pub mod environment;
pub mod git;
pub(crate) mod hooks;
pub(crate) mod identity;
pub mod ignored;
pub mod lock;
pub mod merge;
pub(crate) mod name;
pub mod repository;
pub(crate) mod rescue;
pub mod rewrite;
pub(crate) mod scan;
pub mod worktree;

pub use change_id::change_id;
