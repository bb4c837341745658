//! Deleting a folder with all that is in it, also where folders in it are read-only: caches of packages are.

use crate::foreign::fs;
use std::fs::Permissions;
use std::io::{Error, ErrorKind, Result};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

/// Deletes a folder; no error where there is none.
pub(super) async fn delete(folder: PathBuf) -> Result<()> {
    beside(move || delete_now(&folder)).await
}

/// The same, for work that is beside the daemon's thread already.
pub(super) fn delete_now(folder: &Path) -> Result<()> {
    match remove(folder) {
        Err(error) if error.kind() == ErrorKind::PermissionDenied => {
            make_writable(folder);
            remove(folder)
        }
        done => done,
    }
}

/// Lets git remove a folder: all folders in it may be written. What cannot be changed is left to git's own words.
pub(super) async fn writable(folder: PathBuf) {
    let done = beside(move || {
        make_writable(&folder);
        Ok(())
    });
    done.await.unwrap_or_else(|error| log::warn!("cannot make a worktree writable: {error}"));
}

/// Works on folders beside the daemon's one thread.
pub(super) async fn beside<T: Send + 'static>(work: impl FnOnce() -> Result<T> + Send + 'static) -> Result<T> {
    tokio::task::spawn_blocking(work).await.map_err(Error::other)?
}

fn remove(folder: &Path) -> Result<()> {
    match fs::remove_dir_all(folder) {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
        done => done,
    }
}

/// Links are not followed.
fn make_writable(folder: &Path) {
    let Ok(facts) = fs::symlink_metadata(folder) else { return };
    if !facts.is_dir() {
        return;
    }
    let mode = facts.permissions().mode();
    if mode & 0o700 != 0o700 {
        // Whoever owns it says what is wrong when it is removed.
        let _ = fs::set_permissions(folder, Permissions::from_mode(mode | 0o700));
    }
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            make_writable(&entry.path());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    fn mode(path: &Path) -> u32 {
        path.symlink_metadata().unwrap().permissions().mode() & 0o777
    }

    #[tokio::test]
    async fn a_read_only_folder_goes_and_what_a_link_leads_to_stays_as_it_is() {
        let base = tempfile::tempdir().unwrap();
        let (outside, folder) = (base.path().join("outside"), base.path().join("folder"));
        for dir in [&outside, &folder.join("a/b")] {
            fs::create_dir_all(dir).unwrap();
            fs::write(dir.join("file"), "").unwrap();
            fs::set_permissions(dir, Permissions::from_mode(0o555)).unwrap();
        }
        std::os::unix::fs::symlink(&outside, folder.join("link")).unwrap();
        writable(folder.clone()).await;
        assert_eq!((mode(&folder.join("a/b")), mode(&outside)), (0o755, 0o555));
        fs::set_permissions(folder.join("a/b"), Permissions::from_mode(0o555)).unwrap();
        delete(folder.clone()).await.unwrap();
        assert!(!folder.exists() && outside.join("file").exists());
        delete(folder).await.unwrap();
        fs::set_permissions(&outside, Permissions::from_mode(0o755)).unwrap();
    }
}
