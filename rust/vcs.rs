//! The adapter for git and GitButler's `but`.

pub mod blame;
pub mod but;
mod change_id;
pub(crate) mod cleaned;
pub mod commit;
pub(crate) mod committed;
pub(crate) mod conflicts;
pub mod environment;
pub mod git;
pub(crate) mod hooks;
pub(crate) mod identity;
pub mod ignored;
pub mod lock;
pub mod merge;
pub(crate) mod name;
pub mod repository;
pub(crate) mod rescue;
pub mod rewrite;
pub(crate) mod scan;
pub mod worktree;

pub use change_id::change_id;

use crate::error::{Code, Error, Result};
use std::path::PathBuf;

/// Asks one thing of one path of a repository, beside the daemon's one thread and for a limited time.
pub(crate) async fn look<T: Send + 'static>(
    path: impl Into<PathBuf>,
    look: impl FnOnce(PathBuf) -> T + Send + 'static,
) -> Result<T> {
    crate::foreign::ask(path, look).await.map_err(silent)
}

/// What a person is told where a file system does not answer.
fn silent(error: std::io::Error) -> Error {
    Error::new(Code::GitFailed, format!("cannot look at the repository: {error}"))
        .hint("mount it again, or move the project")
}
