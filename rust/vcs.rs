//! The hand that knows git and GitButler's `but`.

pub mod but;
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
