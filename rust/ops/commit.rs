//! Committing a task's edits.

use super::{Asker, Core};
use crate::contract::*;
use crate::error::{Error, Result};
use crate::task::Task;

fn later() -> Error {
    Error::new(Code::Unsupported, "not yet")
}

pub async fn commit(_: &Core, _: &Asker, _: TaskCommit) -> Result<Task> {
    Err(later())
}

pub async fn message(_: &Core, _: &Asker, _: &str) -> Result<CommitMessage> {
    Err(later())
}

pub async fn mend(_: &Core, _: &Asker, _: Confirm) -> Result<Offer> {
    Err(later())
}

pub async fn preview(_: &Core, _: &Asker, _: Confirm) -> Result<Offer> {
    Err(later())
}

/// A turn ended.
pub async fn at_turn_end(_: &Core, _: &str) {}
