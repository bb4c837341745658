//! What the removal of a merged worktree left in the project's copies of its submodules: commits that were nowhere else, each
//! removal's under a reference of its own, `refs/chorus/kept/NAME-MILLIS`.

use super::Worktree;
use super::delete::beside;
use super::submodule;
use crate::error::{Error, Result};
use crate::foreign::fs;
use crate::status::Millis;
use crate::vcs::git::Git;
use crate::vcs::name::short;
use std::path::{Path, PathBuf};

/// Where they are.
const UNDER: &str = "refs/chorus/kept/";

/// What a commit says whose parents are what is kept.
pub(super) const JOINED: &str = "Kept by Chorus before its worktree was removed";

/// How long one is kept at least: 90 days.
const KEPT_FOR: Millis = 90 * 24 * 60 * 60 * 1000;

/// The reference for a removal that happens now.
pub(super) fn reference(worktree: &Worktree) -> String {
    format!("{UNDER}{}-{}", short(&worktree.branch), crate::clock::now())
}

/// Lets go, in the project's copies of submodules, of what was kept for 90 days and is by now on a branch, has a tag, or was
/// fetched from a remote. The project's own history may name the rest, which nobody else has. How many went.
pub async fn prune(project: &Git, now: Millis) -> Result<usize> {
    let mut gone = 0;
    for copy in copies(project).await? {
        gone += prune_copy(&project.within(copy), now).await?;
    }
    Ok(gone)
}

async fn prune_copy(copy: &Git, now: Millis) -> Result<usize> {
    let listed = copy.read(&["for-each-ref", "--format=%(objectname) %(refname) %(subject)", UNDER]).await?;
    let mut gone = String::new();
    for line in listed.lines() {
        let mut words = line.splitn(3, ' ');
        let (Some(oid), Some(reference), subject) = (words.next(), words.next(), words.next()) else { continue };
        if made_at(reference).is_none_or(|at| now - at <= KEPT_FOR) {
            continue;
        }
        let kept = if subject == Some(JOINED) { format!("{oid}^@") } else { oid.to_owned() };
        let args = ["rev-list", "--max-count=1", &kept, "--not", "--branches", "--tags", "--remotes", "--"];
        if copy.read(&args).await?.is_empty() {
            gone.push_str(&format!("delete {reference} {oid}\n"));
        }
    }
    let count = gone.lines().count();
    if count > 0 {
        copy.feed(&["update-ref", "--stdin"], gone.into_bytes()).await?;
    }
    Ok(count)
}

/// When a reference was made. Those of earlier versions have a commit after it.
fn made_at(reference: &str) -> Option<Millis> {
    reference.rsplit('-').take(2).find_map(|word| word.parse().ok())
}

/// The git folders of the project's copies of submodules, also of those that are not checked out.
async fn copies(project: &Git) -> Result<Vec<PathBuf>> {
    let modules = project.common_dir().await?.join("modules");
    let mut found = Vec::new();
    let walk = beside(move || {
        let mut found = Vec::new();
        below(&modules, &mut found);
        Ok(found)
    });
    found.extend(walk.await.map_err(Error::internal)?);
    for module in submodule::of(project).await? {
        let inner = project.within(project.folder.join(&module.path));
        found.push(inner.git_dir().await?);
        found.extend(Box::pin(copies(&inner)).await?);
    }
    found.sort();
    found.dedup();
    Ok(found)
}

/// The git folders in a folder of them, whose names may have slashes.
fn below(modules: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(modules).into_iter().flatten().flatten() {
        if !entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            continue;
        }
        let folder = entry.path();
        if fs::is_file(folder.join("HEAD")) && fs::is_dir(folder.join("objects")) {
            below(&folder.join("modules"), found);
            found.push(folder);
        } else {
            below(&folder, found);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::made_at;

    #[test]
    fn a_reference_says_when_it_was_made() {
        let at = "refs/chorus/kept/12-a-3-1764500000000";
        assert_eq!(made_at(at), Some(1_764_500_000_000));
        assert_eq!(made_at(&format!("{at}-{}", "0a".repeat(20))), Some(1_764_500_000_000));
        assert_eq!(made_at(&format!("{at}-{}", "12".repeat(20))), Some(1_764_500_000_000));
        assert_eq!(made_at("refs/chorus/kept/x"), None);
    }
}
