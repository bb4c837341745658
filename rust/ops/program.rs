//! The copy of this program that running agents call, and the file that it was copied from.

#![expect(clippy::disallowed_methods, reason = "Chorus's own program and its copy")]

use crate::contract::Code;
use crate::error::{Error, Result};
use crate::paths::{State, own_program, write_private};
use serde::{Deserialize, Serialize};
use std::fs::{File, Metadata};
use std::io;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

/// A program's file, and which build was in it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Build {
    /// Absolute path.
    pub path: PathBuf,
    /// Bytes.
    pub size: u64,
    /// Nanoseconds since 1970.
    pub modified: i128,
    /// Another file at the same path has another one.
    pub inode: u64,
}

impl Build {
    /// The build that is in the file now; nothing where nobody may run it.
    pub fn at(path: &Path) -> Option<Build> {
        let found = std::fs::metadata(path).ok().filter(|found| found.is_file() && found.mode() & 0o111 != 0)?;
        Some(Build::of(path, &found))
    }

    fn of(path: &Path, found: &Metadata) -> Build {
        let modified = i128::from(found.mtime()) * 1_000_000_000 + i128::from(found.mtime_nsec());
        Build { path: path.to_owned(), size: found.size(), modified, inode: found.ino() }
    }
}

/// Copies this program to where running agents call it, so that a rebuild does not break them. The copy appears whole.
/// Started from that copy, it does nothing.
///
/// # Errors
/// When the copy cannot be made: with no room, or in a folder that is not writable.
pub fn install(state: &State) -> Result<()> {
    let own = own_program().map_err(Error::internal)?;
    let target = state.program();
    if own == target || is_copied(state, &own) {
        return Ok(());
    }
    let build = copy(&own, &target).map_err(|error| {
        let _ = std::fs::remove_file(partial(&target));
        Error::new(Code::StoreUnusable, format!("cannot copy the chorus program to {}: {error}", target.display()))
            .hint("free some space, or make the state folder writable")
    })?;
    write_private(&state.program_origin(), &serde_json::to_vec(&build).map_err(Error::internal)?)
}

/// Whether the copy is of the build that runs, and whole.
fn is_copied(state: &State, own: &Path) -> bool {
    let running = own_file(own).and_then(|file| file.metadata()).ok().map(|found| Build::of(own, &found));
    let origin = std::fs::read(state.program_origin()).ok().and_then(|text| serde_json::from_slice(&text).ok());
    let Some(build) = origin.filter(|origin| running.as_ref() == Some(origin)) else { return false };
    let copy = Build::at(&state.program());
    copy.is_some_and(|copy| copy.size == build.size)
}

/// The same for a daemon that had no room for the copy when it began, or lost it since.
///
/// # Errors
/// Also when the copy cannot be run: then no agent can be started by it, and no hook runs.
pub fn install_if_missing(state: &State) -> Result<()> {
    let program = state.program();
    if !program.exists() {
        state.create()?;
        install(state)?;
    }
    rustix::fs::access(&program, rustix::fs::Access::EXEC_OK).map_err(|error| {
        Error::new(Code::StoreUnusable, format!("cannot run the chorus program at {}: {error}", program.display())).hint(
            "its file system may be mounted `noexec`: set CHORUS_STATE_DIR to a folder on another one, or mount it with `exec`",
        )
    })
}

/// The file that an update replaces, and the build of it that runs. Started from the copy, this program is the build that
/// the copy was made from.
pub fn own_build(state: &State) -> Option<Build> {
    let own = own_program().ok()?;
    if own == state.program() {
        return serde_json::from_slice(&std::fs::read(state.program_origin()).ok()?).ok();
    }
    let running = own_file(&own).and_then(|file| file.metadata()).ok()?;
    Some(Build::of(&own, &running))
}

/// The program that runs, whatever is in its file by now.
fn own_file(own: &Path) -> io::Result<File> {
    File::open("/proc/self/exe").or_else(|_| File::open(own))
}

fn partial(target: &Path) -> PathBuf {
    target.with_extension("partial")
}

fn copy(own: &Path, target: &Path) -> io::Result<Build> {
    let mut program = own_file(own)?;
    let build = Build::of(own, &program.metadata()?);
    let _ = std::fs::remove_file(partial(target));
    let mut file = std::fs::OpenOptions::new().write(true).create_new(true).mode(0o700).open(partial(target))?;
    io::copy(&mut program, &mut file)?;
    file.set_permissions(std::fs::Permissions::from_mode(0o700))?;
    drop(file);
    std::fs::rename(partial(target), target)?;
    Ok(build)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_copy_is_made_once_for_each_build() {
        let folder = tempfile::tempdir().unwrap();
        let state = State { dir: folder.path().to_owned() };
        state.create().unwrap();
        let copy = || std::fs::metadata(state.program()).unwrap();
        install(&state).unwrap();
        let first = copy();
        install(&state).unwrap();
        assert_eq!(copy().ino(), first.ino());

        std::fs::write(state.program(), "").unwrap();
        install(&state).unwrap();
        assert_eq!(copy().size(), first.size(), "a copy that is not whole is made anew");

        std::fs::write(state.program_origin(), "{}").unwrap();
        let before = copy().ino();
        install(&state).unwrap();
        assert_ne!(copy().ino(), before, "and one of an unknown build");
    }
}
