//! The hand that knows git and GitButler's `but`.

pub mod but;
mod change_id;
pub mod commit;
pub mod committed;
pub mod conflicts;
pub mod environment;
pub mod git;
pub mod lock;
pub mod merge;
pub mod name;
pub mod repository;
pub mod rescue;
pub mod scan;
pub mod worktree;

pub use change_id::change_id;
