//! The hand that knows git and GitButler's `but`.

pub mod but;
pub mod git;
pub mod lock;
pub mod name;
pub mod repository;
pub mod scan;
