//! A task begins, ends, and is found again after the daemon ended.

pub mod finish;
pub mod launch;
pub mod projects;
pub mod recover;
pub mod start;
pub mod tasks;
