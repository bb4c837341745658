//! The hand that knows git and GitButler's `but`.

pub mod but;
pub mod commit;
pub(crate) mod committed;
pub(crate) mod conflicts;
pub mod environment;
pub mod git;
pub mod lock;
pub mod merge;
pub(crate) mod name;
pub mod repository;
pub(crate) mod rescue;
pub(crate) mod scan;
pub mod worktree;
