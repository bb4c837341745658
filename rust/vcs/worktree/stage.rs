//! Taking a working tree's changes into an index: as a commit takes them, or byte for byte.

use super::delete::beside;
use super::dirty::DirtyPaths;
use super::hidden;
use crate::contract::Code;
use crate::error::{Error, Result};
use crate::foreign::{self, fs};
use crate::vcs::git::Git;
use crate::vcs::look;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

/// Adds everything as a person's `git add --all` does, but repositories inside and what was prepared. Paths outside of a
/// sparse checkout are taken too: the agent wrote them.
pub(super) async fn stage(git: &Git, changes: &DirtyPaths) -> Result<()> {
    let mut args = vec!["add", "--all", "--pathspec-from-file=-", "--pathspec-file-nul"];
    if git.find(&["config", "--type=bool", "--get", "core.sparseCheckout"]).await?.as_deref() == Some("true") {
        args.push("--sparse");
    }
    let mut paths = b".\0".to_vec();
    for path in &changes.left_out {
        paths.extend(b":(exclude,top,literal)");
        paths.extend(path.as_os_str().as_bytes());
        paths.push(0);
    }
    git.change(&args, paths).await?;
    if changes.staged.is_empty() {
        return Ok(());
    }
    let paths = changes.staged.iter().flat_map(|path| [path.as_os_str().as_bytes(), b"\0"].concat()).collect();
    let args = ["reset", "--quiet", "--pathspec-from-file=-", "--pathspec-file-nul"];
    git.clone().literal().change(&args, paths).await.map(drop)
}

/// The tree that a commit would have; where git refuses to add a path, the tree of the exact bytes.
pub(super) async fn tree(git: &Git, changes: &DirtyPaths) -> Result<String> {
    let index = TemporaryIndex::copied(git).await?;
    let temporary = index.of(git);
    if !changes.hidden_entries.is_empty() {
        let paths: Vec<PathBuf> = changes.hidden_entries.iter().map(|entry| entry.path.clone()).collect();
        hidden::show(&temporary, &paths).await?;
    }
    match stage(&temporary.clone().setting("core.safecrlf", "false"), changes).await {
        Ok(()) => temporary.change(&["write-tree"], Vec::new()).await,
        Err(error) => {
            log::info!("a tree of exact bytes: {error}");
            exact_tree(git, changes).await
        }
    }
}

/// The tree of what is checked out with the exact bytes of every change: no filter, attribute or setting takes part, so
/// none can refuse.
pub(super) async fn exact_tree(git: &Git, changes: &DirtyPaths) -> Result<String> {
    let index = TemporaryIndex::in_folder_of(git).await?;
    let temporary = index.of(git);
    let head = git.head().await?;
    if head.is_some() {
        temporary.change(&["read-tree", "HEAD"], Vec::new()).await?;
    }
    let nothing = "0".repeat(head.map_or(40, |head| head.len()));
    let (mut files, mut entries) = (Vec::new(), Vec::new());
    // What went comes first: a folder may be in its place.
    let all = || changes.entries.iter().chain(&changes.hidden_entries);
    for entry in all().filter(|entry| entry.is_gone) {
        entries.push((None, entry.path.clone()));
    }
    for (path, found) in found(git, changes).await? {
        let full = git.folder.join(&path);
        match found.map_err(|error| unreadable(&full, error))? {
            Found::Nothing => entries.push((None, path)),
            Found::Link(target) => {
                let oid = git.store(&["hash-object", "-w", "--stdin"], target.into_os_string().into_vec()).await?;
                entries.push((Some(("120000", oid)), path));
            }
            Found::Folder => {
                if let Some(commit) = git.within(&full).head().await? {
                    entries.push((Some(("160000", commit)), path));
                }
            }
            Found::File(mode) => files.push((mode, path)),
            Found::Other => {}
        }
    }
    let oids = hash(git, files.iter().map(|(_, path)| path)).await?;
    let hashed = files.into_iter().zip(oids).map(|((mode, path), oid)| (Some((mode, oid)), path));
    let mut lines = Vec::new();
    for (found, path) in entries.into_iter().chain(hashed) {
        let (mode, oid) = found.unwrap_or_else(|| ("0", nothing.clone()));
        lines.extend(format!("{mode} {oid}\t").into_bytes());
        lines.extend(path.as_os_str().as_bytes());
        lines.push(0);
    }
    temporary.change(&["update-index", "--replace", "-z", "--index-info"], lines).await?;
    temporary.change(&["write-tree"], Vec::new()).await
}

/// What is at a changed path.
enum Found {
    Nothing,
    /// With where it points.
    Link(PathBuf),
    Folder,
    /// With its mode, as git writes it.
    File(&'static str),
    Other,
}

/// What is there of the changes that took nothing away.
async fn found(git: &Git, changes: &DirtyPaths) -> Result<Vec<(PathBuf, std::io::Result<Found>)>> {
    let there = changes.entries.iter().chain(&changes.hidden_entries).filter(|entry| !entry.is_gone);
    let (root, paths) = (git.folder.clone(), there.map(|entry| entry.path.clone()).collect::<Vec<_>>());
    let look = move |path: PathBuf| (root.join(&path), path);
    let looked = beside(move || Ok(paths.into_iter().map(look).map(|(full, path)| (path, at(&full))).collect()));
    looked.await.map_err(Error::internal)
}

fn at(full: &Path) -> std::io::Result<Found> {
    let Ok(found) = fs::symlink_metadata(full) else { return Ok(Found::Nothing) };
    if found.is_symlink() {
        return fs::read_link(full).map(Found::Link);
    }
    if found.is_dir() {
        return Ok(Found::Folder);
    }
    if !found.is_file() {
        return Ok(Found::Other);
    }
    foreign::open(full)?;
    Ok(Found::File(if found.permissions().mode() & 0o100 == 0 { "100644" } else { "100755" }))
}

/// The objects of files, byte for byte.
async fn hash(git: &Git, paths: impl Iterator<Item = &PathBuf>) -> Result<Vec<String>> {
    let mut oids = Vec::new();
    let mut plain: Vec<&PathBuf> = Vec::new();
    let paths: Vec<&PathBuf> = paths.collect();
    for path in &paths {
        let name = path.as_os_str().as_bytes();
        // `--stdin-paths` takes one path a line, and a quote at its beginning for C's quoting.
        if !name.contains(&b'\n') && !name.starts_with(b"\"") {
            plain.push(path);
        }
    }
    let input = plain.iter().flat_map(|path| [path.as_os_str().as_bytes(), b"\n"].concat()).collect();
    let hashed = git.store(&["hash-object", "-w", "--no-filters", "--stdin-paths"], input).await?;
    let hashed = hashed.lines().map(str::to_owned).collect::<Vec<_>>();
    if hashed.len() != plain.len() {
        return Err(Error::internal("git hash-object answered too little"));
    }
    let mut hashed = plain.into_iter().zip(hashed).peekable();
    for path in paths {
        match hashed.next_if(|(known, _)| *known == path) {
            Some((_, oid)) => oids.push(oid),
            None => {
                let args = ["hash-object", "-w", "--no-filters", "--"].map(std::ffi::OsStr::new);
                let args: Vec<_> = args.into_iter().chain([path.as_os_str()]).collect();
                oids.push(git.store(&args, Vec::new()).await?);
            }
        }
    }
    Ok(oids)
}

fn unreadable(path: &Path, error: std::io::Error) -> Error {
    Error::new(Code::VcsRefused, format!("cannot keep {}: {error}", path.display()))
        .hint("make it readable (`chmod u+r`), or remove it")
}

/// An index beside the worktree's own, removed with this.
pub(super) struct TemporaryIndex(PathBuf);

impl TemporaryIndex {
    /// One like the worktree's: its times spare git reading every file again.
    pub(super) async fn copied(git: &Git) -> Result<TemporaryIndex> {
        let index = TemporaryIndex::in_folder_of(git).await?;
        let temporary = index.0.clone();
        let _ = look(git.git_dir().await?.join("index"), move |own| foreign::copy(&own, &temporary)).await?;
        Ok(index)
    }

    async fn in_folder_of(git: &Git) -> Result<TemporaryIndex> {
        Ok(TemporaryIndex(git.git_dir().await?.join(format!("chorus-index-{}", uuid::Uuid::new_v4()))))
    }

    pub(super) fn of(&self, git: &Git) -> Git {
        // Where the index is split, the shared part must not stay behind.
        git.clone().with("GIT_INDEX_FILE", &self.0).setting("core.splitIndex", "false")
    }
}

impl Drop for TemporaryIndex {
    #[expect(clippy::disallowed_methods, reason = "a drop cannot wait, and git has just written there")]
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
        let _ = std::fs::remove_file(self.0.with_extension("lock"));
    }
}
