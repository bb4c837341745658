//! What is staged for a commit is kept before hooks run: one that puts edits away and dies, or resets the tree, takes them
//! from the worktree and the commit alike.

use super::Worktree;
use super::dirty::changes;
use crate::error::Result;
use crate::vcs::git::Git;
use crate::vcs::rescue;
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

/// What is staged, kept under a reference until it is known where it went.
pub(super) struct Staged {
    git: Git,
    /// The commit below.
    parent: Option<String>,
    /// A commit of what is staged.
    oid: String,
    reference: String,
}

/// Edits that are neither in the commit nor in the worktree any more.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Taken {
    /// Their paths.
    pub paths: Vec<String>,
    /// The commit that keeps them is named by this reference.
    pub reference: String,
}

impl Taken {
    /// What happened, for people.
    pub fn text(&self) -> String {
        let named = self.paths.iter().take(3).map(String::as_str).collect::<Vec<_>>().join(", ");
        let more = self.paths.len().saturating_sub(3);
        let more = if more > 0 { format!(" and {more} more") } else { String::new() };
        format!("a hook of the repository took the edits of {named}{more} away; they are kept in {}", self.reference)
    }

    /// How they come back.
    pub fn remedy(&self, folder: &Path) -> String {
        format!("`git -C {} restore --source {} -- .` brings them back", folder.display(), self.reference)
    }
}

impl Staged {
    /// Keeps what the index holds on top of `parent`, for task `number`.
    pub async fn keep(git: &Git, parent: Option<&str>, number: u32) -> Result<Staged> {
        let git = git.clone();
        let tree = git.change(&["write-tree", "--missing-ok"], Vec::new()).await?;
        let mut args = vec!["commit-tree", &tree];
        args.extend(parent.into_iter().flat_map(|parent| ["-p", parent]));
        let oid = git.clone().as_chorus().change(&args, b"Staged for a commit".to_vec()).await?;
        let reference = rescue::name(i64::from(number));
        git.update_ref(&reference, &oid, None).await?;
        Ok(Staged { git, parent: parent.map(str::to_owned), oid, reference })
    }

    /// Which of it is gone. Where nothing is, the reference goes.
    pub async fn taken(self, worktree: &Worktree) -> Result<Option<Taken>> {
        let paths = match &self.parent {
            Some(parent) => self.gone(worktree, parent).await?,
            None => Vec::new(),
        };
        if !paths.is_empty() {
            return Ok(Some(Taken { paths, reference: self.reference }));
        }
        self.git.delete_ref(&self.reference, &self.oid).await?;
        Ok(None)
    }

    /// Paths that were staged, are in no commit since, and have no changes in the worktree.
    async fn gone(&self, worktree: &Worktree, parent: &str) -> Result<Vec<String>> {
        let now = self.git.head().await?.unwrap_or_else(|| parent.to_owned());
        if now != parent && !self.differ(&self.oid, &now).await?.iter().any(|_| true) {
            return Ok(Vec::new());
        }
        let committed = if now == parent { Vec::new() } else { self.differ(parent, &now).await? };
        let staged = self.differ(parent, &self.oid).await?;
        let dirty = changes(worktree).await?;
        let is_there =
            |path: &Path| committed.iter().any(|one| one == path) || dirty.entries.iter().any(|one| one.path == path);
        let gone = staged.into_iter().filter(|path| !is_there(path));
        Ok(gone.map(|path| path.to_string_lossy().into_owned()).collect())
    }

    async fn differ(&self, from: &str, to: &str) -> Result<Vec<PathBuf>> {
        let listed = self.git.bytes(&["diff-tree", "-r", "-z", "--name-only", "--no-renames", from, to]).await?;
        let paths = listed.split(|byte| *byte == 0).filter(|path| !path.is_empty());
        Ok(paths.map(|path| PathBuf::from(OsStr::from_bytes(path))).collect())
    }
}
