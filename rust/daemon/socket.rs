//! The daemon's socket: bound by the holder of the lock, 0600, bound again when its file vanishes.

#![expect(clippy::disallowed_methods, reason = "Chorus's own socket and lock")]

use crate::contract::Code;
use crate::error::{Error, Result};
use crate::paths::State;
use std::fs::{File, Metadata, OpenOptions, Permissions, TryLockError};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt, PermissionsExt};
use std::time::Duration;
use tokio::net::{UnixListener, UnixStream};
use tokio::time::{Instant, sleep};

/// A daemon that was asked to leave holds the lock until its verbs are finished, but no longer than this.
const LEAVING: Duration = Duration::from_secs(8);
const BETWEEN_TRIES: Duration = Duration::from_millis(20);

/// The lock of a daemon that may serve; nothing when another one does. One that leaves is waited for, since clients
/// that come meanwhile have nobody else.
pub async fn lock(state: &State) -> Result<Option<File>> {
    let begun = Instant::now();
    loop {
        if let Some(lock) = try_lock(state)? {
            return Ok(Some(lock));
        }
        if UnixStream::connect(state.socket()?).await.is_ok() || begun.elapsed() > LEAVING {
            return Ok(None);
        }
        sleep(BETWEEN_TRIES).await;
    }
}

/// Takes the single-instance lock, held for as long as the file is; nothing when another daemon has it.
///
/// A kernel lock cannot go stale. Rust opens files close-on-exec, so the tmux server does not inherit it.
fn try_lock(state: &State) -> Result<Option<File>> {
    let path = state.lock();
    let file =
        OpenOptions::new().create(true).truncate(false).write(true).mode(0o600).open(&path).map_err(|error| {
            Error::new(Code::StoreUnusable, format!("cannot open {}: {error}", path.display()))
                .hint("make the state folder writable, or set CHORUS_STATE_DIR to another folder")
        })?;
    match file.try_lock() {
        Ok(()) => Ok(Some(file)),
        Err(TryLockError::WouldBlock) => Ok(None),
        Err(TryLockError::Error(error)) => {
            Err(Error::new(Code::StoreUnusable, format!("cannot lock {}: {error}", path.display()))
                .hint("set CHORUS_STATE_DIR to a folder on a file system that supports locks"))
        }
    }
}

/// Whether the lock is still the one that others would find: with the state folder taken away or made anew, it is not.
pub fn holds(lock: &File, state: &State) -> bool {
    let same = |found: &Metadata| lock.metadata().is_ok_and(|own| (own.dev(), own.ino()) == (found.dev(), found.ino()));
    std::fs::metadata(state.lock()).is_ok_and(|found| same(&found))
}

/// Binds the socket in place of whatever a dead daemon left.
pub fn bind(state: &State) -> Result<(UnixListener, u64)> {
    let path = state.socket()?;
    let fault = |error: std::io::Error| {
        Error::new(Code::StoreUnusable, format!("cannot listen on {}: {error}", path.display()))
            .hint("make the state folder writable, or set CHORUS_STATE_DIR to another folder")
    };
    match std::fs::remove_file(&path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(fault(error)),
        _ => {}
    }
    let listener = UnixListener::bind(&path).map_err(fault)?;
    std::fs::set_permissions(&path, Permissions::from_mode(0o600)).map_err(fault)?;
    let inode = std::fs::metadata(&path).map_err(fault)?.ino();
    Ok((listener, inode))
}

/// Whether the socket's file is still the one that was bound.
pub fn is_there(state: &State, inode: u64) -> bool {
    state.socket().ok().and_then(|path| std::fs::metadata(path).ok()).is_some_and(|found| found.ino() == inode)
}
