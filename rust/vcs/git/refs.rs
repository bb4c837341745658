//! What git says of commits, refs and folders, and how a ref is moved.

use super::Git;
use super::run::failed;
use crate::contract::Code;
use crate::error::{Error, Result};
use crate::foreign::fs;
use crate::vcs::look;
use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};

impl Git {
    /// The commit that `rev` names; nothing when there is none.
    pub async fn resolve(&self, rev: &str) -> Result<Option<String>> {
        self.find(&["rev-parse", "--verify", "--quiet", "--end-of-options", &format!("{rev}^{{commit}}")]).await
    }

    /// The commit that is checked out; nothing on an unborn branch.
    pub async fn head(&self) -> Result<Option<String>> {
        self.resolve("HEAD").await
    }

    /// The full name of the branch that is checked out, such as `refs/heads/main`; nothing when HEAD is detached.
    pub async fn branch(&self) -> Result<Option<String>> {
        self.find(&["symbolic-ref", "--quiet", "HEAD"]).await
    }

    /// Every local branch and the commit it points to.
    pub async fn tips(&self) -> Result<BTreeMap<String, String>> {
        let text = self.read(&["for-each-ref", "--format=%(objectname) %(refname:strip=2)", "refs/heads/"]).await?;
        let pair = |line: &str| line.split_once(' ').map(|(oid, name)| (name.to_owned(), oid.to_owned()));
        Ok(text.lines().filter_map(pair).collect())
    }

    /// Short names of the branches below a prefix that ends in `/`.
    pub async fn branches(&self, prefix: &str) -> Result<Vec<String>> {
        let names =
            self.read(&["for-each-ref", "--format=%(refname:lstrip=2)", &format!("refs/heads/{prefix}")]).await?;
        Ok(names.lines().map(str::to_owned).collect())
    }

    /// Whether every commit of `ancestor` is one of `rev`; an error when either does not exist.
    pub async fn is_ancestor(&self, ancestor: &str, rev: &str) -> Result<bool> {
        let args = ["merge-base", "--is-ancestor", ancestor, rev];
        let ended = self.ask(&args).await?;
        match ended.code {
            Some(0) => Ok(true),
            Some(1) => Ok(false),
            _ => Err(failed(&args, &ended)),
        }
    }

    /// How many commits `to` has that `from` has not.
    pub async fn count(&self, from: &str, to: &str) -> Result<u64> {
        let count = self.read(&["rev-list", "--count", &format!("{from}..{to}")]).await?;
        count.parse().map_err(|_| Error::new(Code::GitFailed, format!("cannot count commits: git said {count:?}")))
    }

    /// The bytes of a file in a commit; nothing when it is not there.
    pub async fn cat_blob(&self, rev: &str, path: &str) -> Result<Option<Vec<u8>>> {
        let name = format!("{rev}:{path}");
        match self.find(&["rev-parse", "--verify", "--quiet", "--end-of-options", &name]).await? {
            Some(oid) => self.bytes(&["cat-file", "blob", &oid]).await.map(Some),
            None => Ok(None),
        }
    }

    /// Moves a ref from `old` to `new`, only if it still is `old`; an `old` of nothing means that it must not exist yet.
    pub async fn update_ref(&self, name: &str, new: &str, old: Option<&str>) -> Result<()> {
        self.change(&["update-ref", name, new, old.unwrap_or("")], Vec::new()).await.map(drop)
    }

    /// Removes a ref, only if it still is `old`.
    pub async fn delete_ref(&self, name: &str, old: &str) -> Result<()> {
        self.change(&["update-ref", "-d", name, old], Vec::new()).await.map(drop)
    }

    /// Whether the folder is the top of a repository's working tree, and not a folder of another or none.
    pub async fn is_toplevel(&self) -> Result<bool> {
        // In a git folder this fails, and above the folder git does not look.
        Ok(look(&self.folder, fs::is_dir).await? && self.succeeds(&["rev-parse", "--show-toplevel"]).await?)
    }

    /// The repository's own folder, shared by its worktrees: absolute, canonical.
    pub async fn common_dir(&self) -> Result<PathBuf> {
        self.dir("--git-common-dir").await
    }

    /// This worktree's git folder: absolute, canonical.
    pub async fn git_dir(&self) -> Result<PathBuf> {
        self.dir("--absolute-git-dir").await
    }

    async fn dir(&self, which: &str) -> Result<PathBuf> {
        let dir = path(&self.bytes(&["rev-parse", which]).await?);
        look(self.folder.join(dir), |dir| fs::canonicalize(&dir).unwrap_or(dir)).await
    }
}

/// A path that git printed on a line of its own.
pub fn path(line: &[u8]) -> PathBuf {
    use std::os::unix::ffi::OsStrExt;
    Path::new(OsStr::from_bytes(line.strip_suffix(b"\n").unwrap_or(line))).to_owned()
}
