//! What a kill in the middle of writing leaves beside a file: the new bytes, or those that were in its place.

use super::{beside, keep};
use crate::error::Result;
use crate::foreign::fs;
use crate::paths::{is_unfinished, link_above};
use crate::vcs::git::Git;
use crate::vcs::look;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// Takes unfinished files away from the folders of `paths`, after their bytes were kept: they may be somebody's, and
/// nowhere else. Only while the repository is held, when nobody else writes so.
pub async fn sweep<'a, P: AsRef<Path> + ?Sized + 'a>(
    git: &Git,
    paths: impl IntoIterator<Item = &'a P>,
    number: i64,
) -> Result<()> {
    let parents = paths.into_iter().filter_map(|path| path.as_ref().parent().map(Path::to_owned));
    let (folders, root) = (parents.collect::<BTreeSet<PathBuf>>(), git.folder.clone());
    let found = move || folders.iter().flat_map(|folder| unfinished(&root, folder)).collect::<BTreeSet<String>>();
    let left = beside(found).await?;
    if left.is_empty() {
        return Ok(());
    }
    let kept = keep(git, &left, number).await?;
    for path in left {
        log::warn!("{path} was left by a write that was cut short: its bytes are in {}", kept.reference);
        // Gone is as good.
        let _ = look(git.folder.join(path), fs::remove_file).await;
    }
    Ok(())
}

fn unfinished(root: &Path, folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(root.join(folder)).into_iter().flatten().flatten();
    let names = entries.map(|entry| entry.file_name()).filter(|name| is_unfinished(name));
    let paths = names.filter_map(|name| folder.join(name).to_str().map(str::to_owned));
    paths.filter(|path| link_above(root, path).is_none()).collect()
}
