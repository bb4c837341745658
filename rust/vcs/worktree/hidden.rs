//! Edits that git does not see: of files that somebody told it to take for unchanged (`update-index --assume-unchanged`,
//! `--skip-worktree`). No commit takes them, but they go with the worktree.

use super::delete::beside;
use super::dirty::{Entry, lines};
use super::stage::TemporaryIndex;
use crate::contract::Code;
use crate::error::{Error, Result};
use crate::foreign::fs;
use crate::vcs::git::Git;
use crate::vcs::look;
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::PathBuf;

/// Files in a working tree that differ from the index and that git takes for unchanged.
pub(super) async fn edits(git: &Git) -> Result<Vec<Entry>> {
    let listed = git.bytes(&["ls-files", "-v", "-z"]).await?;
    // `h path` is assumed unchanged, `S path` skipped, `s path` both; `H` and other capitals are neither.
    let marked: Vec<(u8, PathBuf)> = listed
        .split(|byte| *byte == 0)
        .filter(|entry| entry.len() > 2 && (entry[0].is_ascii_lowercase() || entry[0] == b'S'))
        .map(|entry| (entry[0], PathBuf::from(OsStr::from_bytes(&entry[2..]))))
        .collect();
    if marked.is_empty() {
        return Ok(Vec::new());
    }
    // Of a sparse checkout, git itself sees the skipped files that are there all the same.
    let is_sparse = look(git.git_dir().await?, |dir| fs::is_file(dir.join("info/sparse-checkout"))).await?;
    let root = git.folder.clone();
    let may_differ = move || {
        let differs = |tag: u8, path: &PathBuf| match tag {
            b'S' => !is_sparse && fs::symlink_metadata(root.join(path)).is_ok(),
            _ => true,
        };
        Ok(marked.into_iter().filter(|(tag, path)| differs(*tag, path)).map(|(_, path)| path).collect::<Vec<_>>())
    };
    let paths = beside(may_differ)
        .await
        .map_err(|error| Error::new(Code::VcsRefused, format!("cannot look at {}: {error}", git.folder.display())))?;
    if paths.is_empty() {
        return Ok(Vec::new());
    }
    let index = TemporaryIndex::copied(git).await?;
    let temporary = index.of(git);
    show(&temporary, &paths).await?;
    let args = ["status", "--porcelain=v2", "-z", "--no-renames", "--untracked-files=no", "--ignore-submodules=all"];
    let seen = lines(&temporary.bytes(&args).await?);
    Ok(seen.into_iter().filter(|entry| paths.contains(&entry.path)).collect())
}

/// Takes the marks away from paths in the index.
pub(super) async fn show(git: &Git, paths: &[PathBuf]) -> Result<()> {
    let input: Vec<u8> = paths.iter().flat_map(|path| [path.as_os_str().as_bytes(), b"\0"].concat()).collect();
    for mark in ["--no-assume-unchanged", "--no-skip-worktree"] {
        git.change(&["update-index", mark, "-z", "--stdin"], input.clone()).await?;
    }
    Ok(())
}
