//! The hand that knows git and GitButler's `but`.

pub mod but;
pub mod commit;
pub(crate) mod conflicts;
pub mod git;
pub mod lock;
pub(crate) mod name;
pub mod plumbing;
pub mod repository;
pub(crate) mod rescue;
pub(crate) mod scan;
pub mod worktree;
