//! Writing a kept path back: whole beside it, then in its place in one step.

use super::{Entry, Mode};
use crate::contract::Code;
use crate::error::{Error, Result};
use crate::vcs::plumbing::Git;
use std::fs::Permissions;
use std::os::unix::ffi::OsStringExt;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Stdio;

pub(super) async fn write(git: &Git, path: &str, entry: &Entry) -> Result<()> {
    let full = git.root().join(path);
    let cannot = |error: std::io::Error| Error::new(Code::Internal, format!("cannot write {path} back: {error}"));
    match entry {
        Entry::Absent => match std::fs::remove_file(&full) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(cannot(error)),
            _ => Ok(()),
        },
        Entry::Watched { .. } => Err(Error::internal(format!("{path} was not kept"))),
        Entry::Kept { mode, oid, .. } => {
            let folder = full.parent().unwrap_or(git.root());
            std::fs::create_dir_all(folder).map_err(cannot)?;
            match mode {
                Mode::Link => link(git, oid, folder, &full).await,
                Mode::File | Mode::Executable => file(git, oid, *mode == Mode::Executable, folder, &full).await,
            }
        }
    }
}

async fn file(git: &Git, oid: &str, executable: bool, folder: &Path, full: &Path) -> Result<()> {
    let cannot = |error: &dyn std::fmt::Display| {
        Error::new(Code::Internal, format!("cannot write {} back: {error}", full.display()))
    };
    let temporary = tempfile::Builder::new().prefix(".chorus-").tempfile_in(folder).map_err(|error| cannot(&error))?;
    let copy = temporary.as_file().try_clone().map_err(|error| cannot(&error))?;
    let mut command = git.command(["cat-file", "blob", oid]);
    let status = command.stdin(Stdio::null()).stdout(copy).stderr(Stdio::null()).status().await;
    if !status.map_err(|error| cannot(&error))?.success() {
        return Err(cannot(&"git cat-file failed"));
    }
    let bits = match (std::fs::metadata(full).map(|facts| facts.permissions().mode() & 0o777), executable) {
        (Ok(bits), true) => bits | ((bits & 0o444) >> 2),
        (Ok(bits), false) => bits & !0o111,
        (Err(_), true) => 0o755,
        (Err(_), false) => 0o644,
    };
    temporary.as_file().set_permissions(Permissions::from_mode(bits)).map_err(|error| cannot(&error))?;
    temporary.as_file().sync_all().map_err(|error| cannot(&error))?;
    temporary.persist(full).map(drop).map_err(|error| cannot(&error))
}

async fn link(git: &Git, oid: &str, folder: &Path, full: &Path) -> Result<()> {
    let cannot =
        |error: std::io::Error| Error::new(Code::Internal, format!("cannot write {} back: {error}", full.display()));
    let target = git.bytes(git.command(["cat-file", "blob", oid]), Vec::new()).await?;
    let target = std::ffi::OsString::from_vec(target);
    let make = |beside: &Path| std::os::unix::fs::symlink(&target, beside);
    let temporary = tempfile::Builder::new().prefix(".chorus-").make_in(folder, make).map_err(cannot)?;
    std::fs::rename(temporary.path(), full).map_err(cannot)?;
    // It is in its place now.
    let _ = temporary.into_temp_path().keep();
    Ok(())
}
