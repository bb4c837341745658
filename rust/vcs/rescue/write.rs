//! Writing a kept path back: whole beside it, then in its place in one step.

use super::{Mode, RescueEntry};
use crate::contract::Code;
use crate::error::{Error, Result};
use crate::paths::{self, Access};
use crate::vcs::git::Git;
use std::os::unix::ffi::OsStringExt;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

pub(super) async fn write(git: &Git, path: &str, entry: &RescueEntry) -> Result<()> {
    let full = git.folder.join(path);
    match entry {
        RescueEntry::Absent => match std::fs::remove_file(&full) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(cannot(&full, &error)),
            _ => Ok(()),
        },
        RescueEntry::Watched { .. } => Err(Error::internal(format!("{path} was not kept"))),
        RescueEntry::Kept { mode, oid, .. } => {
            let folder = full.parent().unwrap_or(&git.folder);
            std::fs::create_dir_all(folder).map_err(|error| cannot(&full, &error))?;
            match mode {
                Mode::Link => link(git, oid, &full).await,
                Mode::File | Mode::Executable => file(git, oid, *mode == Mode::Executable, &full).await,
            }
        }
    }
}

async fn file(git: &Git, oid: &str, executable: bool, full: &Path) -> Result<()> {
    let bytes = blob(git, oid, full).await?;
    let bits = match (std::fs::metadata(full).map(|facts| facts.permissions().mode() & 0o777), executable) {
        (Ok(bits), true) => bits | ((bits & 0o444) >> 2),
        (Ok(bits), false) => bits & !0o111,
        (Err(_), true) => 0o755,
        (Err(_), false) => 0o644,
    };
    paths::replace_durably(full, &bytes, Access::Bits(bits)).map_err(|error| cannot(full, &error))
}

async fn link(git: &Git, oid: &str, full: &Path) -> Result<()> {
    let target = std::ffi::OsString::from_vec(blob(git, oid, full).await?);
    paths::replace_with_link(full, Path::new(&target)).map_err(|error| cannot(full, &error))
}

async fn blob(git: &Git, oid: &str, full: &Path) -> Result<Vec<u8>> {
    git.bytes(&["cat-file", "blob", oid])
        .await
        .map_err(|error| error.context(format!("cannot write {} back", full.display())))
}

fn cannot(full: &Path, error: &std::io::Error) -> Error {
    Error::new(Code::Internal, format!("cannot write {} back: {error}", full.display()))
}
