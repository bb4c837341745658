//! What follows when the kernel reports that a task's processes write to a shared tree.

use super::file::By;
use super::tree::EditedTree;
use crate::attribution::Write;
use crate::core::Core;
use crate::error::Result;
use std::collections::BTreeSet;

/// Writes to these paths were reported some 30 ms ago: takes in what changed, so that a later change that nobody
/// reports stands by itself.
pub async fn written(core: &Core, project: &str, paths: BTreeSet<String>) -> Result<()> {
    let mut tree = EditedTree::of(core, project).await?;
    if tree.known.scan.is_none() || !tree.is_shared().await? {
        return Ok(());
    }
    // An edit tool says more exactly what it did.
    let editing = tree.editing(&tree.windows().await?).await?;
    let paths = paths.into_iter().filter(|path| !editing.iter().any(|window| window.edits(path)));
    let changes = paths.map(|path| (path, By::Evidence)).collect();
    tree.attribute_some(changes).await
}

/// A call waits that is about to change a path whose file may differ from what was last seen. Takes in the change until
/// now, which is not the call's. The call waits for at most 50 ms.
pub async fn take_in(core: &Core, project: &str, write: &Write) -> Result<()> {
    let mut tree = EditedTree::of(core, project).await?;
    let seen = tree.known.scan.as_ref().map(|scan| scan.is_still(&write.path, write.before.as_ref()));
    match seen {
        Some(false) if !write.folder => tree.attribute(&write.path, By::Evidence).await,
        _ => Ok(()),
    }
}
