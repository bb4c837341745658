//! Files and folders moved in one step, where the file system can.

use super::replace::UNFINISHED;
use crate::foreign::{beside_the_loop, fs};
use rustix::fs::{CWD, RenameFlags};
use rustix::io::Errno;
use std::io::{Error, ErrorKind, Result};
use std::path::Path;

pub(super) fn is_unsupported(error: Errno) -> bool {
    [Errno::INVAL, Errno::NOSYS, Errno::OPNOTSUPP, Errno::NOTSUP].contains(&error)
}

/// Moves a file or folder to where nothing is.
///
/// # Errors
/// [`ErrorKind::AlreadyExists`] where something is there, which then stays.
pub fn move_to_nothing(from: &Path, to: &Path) -> Result<()> {
    beside_the_loop();
    match rustix::fs::renameat_with(CWD, from, CWD, to, RenameFlags::NOREPLACE) {
        // As on NFS.
        Err(error) if is_unsupported(error) => move_by_looking(from, to),
        done => Ok(done?),
    }
}

/// The same where the file system cannot do it in one step. What somebody puts there in between, but an empty folder,
/// stays when a folder is moved.
fn move_by_looking(from: &Path, to: &Path) -> Result<()> {
    match fs::symlink_metadata(to) {
        Ok(_) => Err(Error::from(ErrorKind::AlreadyExists)),
        Err(error) if error.kind() == ErrorKind::NotFound => fs::rename(from, to),
        Err(error) => Err(error),
    }
}

/// Lets two files or folders change places, in one step where the file system can.
pub fn exchange(one: &Path, other: &Path) -> Result<()> {
    beside_the_loop();
    match rustix::fs::renameat_with(CWD, one, CWD, other, RenameFlags::EXCHANGE) {
        Err(error) if is_unsupported(error) => exchange_by_steps(one, other),
        done => Ok(done?),
    }
}

fn exchange_by_steps(one: &Path, other: &Path) -> Result<()> {
    let aside = other.with_file_name(format!("{UNFINISHED}{}", uuid::Uuid::new_v4()));
    fs::rename(other, &aside)?;
    if let Err(error) = fs::rename(one, other) {
        fs::rename(&aside, other)?;
        return Err(error);
    }
    fs::rename(aside, one)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// How many entries a folder has.
    fn names(folder: &Path) -> usize {
        std::fs::read_dir(folder).map_or(0, Iterator::count)
    }

    #[test]
    fn a_folder_is_moved_only_to_where_nothing_is() {
        let folder = tempfile::tempdir().unwrap();
        let (from, to) = (folder.path().join("from"), folder.path().join("to"));
        for way in [move_to_nothing, move_by_looking] {
            std::fs::create_dir_all(&from).unwrap();
            std::fs::create_dir_all(&to).unwrap();
            assert_eq!(way(&from, &to).unwrap_err().kind(), ErrorKind::AlreadyExists);
            std::fs::remove_dir(&to).unwrap();
            way(&from, &to).unwrap();
            assert!(to.is_dir() && !from.exists());
        }
    }

    #[test]
    fn a_file_and_a_folder_change_places() {
        let folder = tempfile::tempdir().unwrap();
        let (one, other) = (folder.path().join("one"), folder.path().join("other"));
        std::fs::create_dir(&one).unwrap();
        std::fs::write(&other, "x").unwrap();
        for (way, is_dir) in [(exchange as fn(&Path, &Path) -> Result<()>, true), (exchange_by_steps, false)] {
            way(&one, &other).unwrap();
            assert_eq!((other.is_dir(), one.is_file(), names(folder.path())), (is_dir, is_dir, 2));
        }
        assert!(exchange_by_steps(&folder.path().join("none"), &other).is_err() && other.is_file());
    }
}
