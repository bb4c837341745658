//! The hand that knows git and GitButler.

pub mod scan;
