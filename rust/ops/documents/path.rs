//! Which document a path means: one of the project, also where it is named in a task's worktree.

use crate::core::{Asker, Core};
use crate::error::{Code, Error, Result};
use crate::foreign::{self, fs};
use crate::project::find_inside;
use crate::store::Filter;
use crate::task::Task;
use std::path::{Path, PathBuf};

/// The path from the project's root.
///
/// # Errors
/// When the file is outside of the project.
pub async fn of_client(core: &Core, asker: &Asker, given: &str) -> Result<String> {
    let file = asker.folder.join(given);
    if let Some(path) = find_inside(Path::new(&asker.project), &file).await {
        return Ok(path);
    }
    let tasks = core.read(&asker.project, |tx, project| tx.tasks(Some(project), &Filter::default())).await?;
    for task in tasks {
        if let Some(path) = in_worktree(&task, &file).await {
            return Ok(path);
        }
    }
    let shown = crate::text::clean_line(given, 200);
    Err(Error::new(Code::BadInput, format!("cannot refer to {shown}: it is no file of this project"))
        .hint(format!("name a file below {}", asker.project)))
}

/// The folder and the path in it of a file that the task's agent named: the task's worktree, or the project.
pub async fn of_agent(task: &Task, file: &Path) -> Option<(String, String)> {
    match (in_worktree(task, file).await, &task.worktree) {
        (Some(path), Some(worktree)) => Some((worktree.clone(), path)),
        _ => find_inside(Path::new(&task.project), file).await.map(|path| (task.project.clone(), path)),
    }
}

async fn in_worktree(task: &Task, file: &Path) -> Option<String> {
    let worktree = PathBuf::from(task.worktree.as_ref()?);
    // As the kernel names it.
    let named = worktree.clone();
    let real = foreign::within(&worktree, move || fs::canonicalize(&named).unwrap_or(named)).await;
    let real = real.inspect_err(|error| log::warn!("{error}")).ok()?;
    find_inside(&real, file).await
}
