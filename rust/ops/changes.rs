//! What people see of edits: differences, whose they are, and giving them to a task.

use super::{Asker, Core};
use crate::contract::*;
use crate::error::{Error, Result};

fn later() -> Error {
    Error::new(Code::Unsupported, "not yet")
}

pub async fn diff(_: &Core, _: &Asker, _: TaskDiff) -> Result<Diff> {
    Err(later())
}

pub async fn changes(_: &Core, _: &Asker) -> Result<Changes> {
    Err(later())
}

pub async fn assign(_: &Core, _: &Asker, _: ChangesAssign) -> Result<Changes> {
    Err(later())
}

pub async fn line(_: &Core, _: &Asker, _: LineAsk) -> Result<Line> {
    Err(later())
}

pub async fn saved(_: &Core, _: &Asker, _: FileSaved) -> Result<Nothing> {
    Err(later())
}
