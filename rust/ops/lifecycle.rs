//! A task begins, ends, and is found again after the daemon ended.

pub mod finish;
pub mod launch;
mod processes;
pub mod projects;
pub mod recover;
pub mod restart;
pub mod start;
mod take_up;
pub mod tasks;
pub mod tidy;
pub mod undo;
