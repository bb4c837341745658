//! The hand that knows git and GitButler's `but`.

pub mod but;
pub mod commit;
pub mod lock;
pub mod plumbing;
pub mod rescue;
