//! The worktree of a task.

use super::Core;
use crate::config::Loaded;
use crate::error::{Error, Result};
use crate::store::Place;
use crate::task::Task;
use crate::vcs::git::Git;

/// A worktree that a start made or found.
pub struct Made;

impl Made {
    /// Where the task's edits go.
    pub fn place(&self) -> Place {
        Place::default()
    }

    /// Takes it back.
    pub async fn undo(self) -> Result<()> {
        Ok(())
    }
}

/// Makes or finds it.
pub async fn make(_: &Core, _: &Task, _: &Loaded, _: &Git) -> Result<Made> {
    Err(Error::internal("not yet"))
}
