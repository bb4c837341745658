//! What a person saves in an editor is the person's.

use super::file::By;
use super::tree::EditedTree;
use crate::contract::FileSaved;
use crate::core::Core;
use crate::error::Result;
use crate::foreign::fs;
use crate::project::find_inside;
use crate::store::Filter;
use crate::task::{Isolation, Task};
use crate::vcs::scan;
use std::path::Path;

/// The person saved a file, or took over in an editor what somebody else wrote. Its path is absolute, or relative to the
/// `project` of the editor; the file may be in another one. While no task shares the tree there is nothing to tell apart.
pub async fn attribute(core: &Core, project: &str, saved: &FileSaved) -> Result<()> {
    let file = Path::new(project).join(&saved.path);
    let Some((project, path)) = shared_project_of(core, &file).await? else { return Ok(()) };
    let mut tree = EditedTree::of(core, &project).await?;
    if tree.known.scan.is_none() {
        tree.scan(scan::LIMIT, None).await?;
    }
    if saved.reloaded || is_other(&file, saved).await {
        return tree.attribute(&path, By::Evidence).await;
    }
    tree.attribute_save(&path).await
}

/// The project with the file in its tree that live tasks share, and the file's path in it. Where one project is inside
/// another, it is the inner one.
async fn shared_project_of(core: &Core, file: &Path) -> Result<Option<(String, String)>> {
    let tasks = core.store()?.read(|tx| tx.tasks(None, &Filter::default())).await?;
    let shares = |task: &Task| task.status.is_live() && task.isolation == Isolation::Stack;
    let mut projects: Vec<String> = tasks.into_iter().filter(shares).map(|task| task.project).collect();
    projects.sort_by_key(|project| std::cmp::Reverse(project.len()));
    projects.dedup();
    for project in projects {
        if let Some(path) = find_inside(Path::new(&project), file).await {
            return Ok(Some((project, path)));
        }
    }
    Ok(None)
}

/// Whether the file was modified since the person saved it, so that what is in it now may be another's.
async fn is_other(file: &Path, saved: &FileSaved) -> bool {
    use std::os::unix::fs::MetadataExt;
    let (Some(seconds), Some(nanoseconds)) = (saved.seconds, saved.nanoseconds) else { return false };
    let named = file.to_owned();
    let found = crate::foreign::within(file, move || fs::metadata(named)).await.flatten();
    found.is_ok_and(|now| (now.mtime(), now.mtime_nsec()) != (seconds, nanoseconds))
}
