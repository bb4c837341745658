//! The hand that knows git and GitButler's `but`.

pub mod but;
pub mod lock;
pub mod scan;
