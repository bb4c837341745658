//! The store's files while a daemon works with them. Others touch them too: a cleaner removes the log beside the file, a
//! backup is put back, a copy is made of the file alone.

#![expect(clippy::disallowed_methods, reason = "Chorus's own store")]

use super::{Store, fault, refuse};
use crate::contract::Code;
use crate::error::{Error, Result};
use crate::status::Millis;
use rusqlite::Connection;
use std::ffi::OsString;
use std::fs::Permissions;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};

/// What SQLite appends to the file's name for its log, and for the index of that.
pub const LOG: &str = "-wal";
const INDEX: &str = "-shm";

/// Which files the store was opened with: device and number of each.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    file: Option<(u64, u64)>,
    log: Option<(u64, u64)>,
}

impl Place {
    /// What is there now.
    pub fn of(file: &Path) -> Place {
        Place { file: inode(file), log: inode(&beside(file, LOG)) }
    }
}

/// What was done with a store whose files were taken away under it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kept {
    /// Its file was still there and is whole again.
    Whole,
    /// Nothing was in its place: it is there again.
    Back,
    /// Another file is in its place: it is kept here.
    Beside(PathBuf),
}

/// The path of one of SQLite's own files.
pub fn beside(file: &Path, suffix: &str) -> PathBuf {
    let mut name = OsString::from(file);
    name.push(suffix);
    name.into()
}

fn inode(file: &Path) -> Option<(u64, u64)> {
    std::fs::metadata(file).ok().map(|found| (found.dev(), found.ino()))
}

impl Store {
    /// Brings what is in the log into the file itself, so that a copy of the file alone is a copy of the store.
    pub async fn settle(&self) -> Result<()> {
        let settle = |connection: &Connection| {
            connection.query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |_| Ok(())).map_err(Error::from)
        };
        self.alone(settle).await
    }

    /// Whether another file, or none, is now where this one was opened.
    pub fn is_another_file(&self) -> bool {
        inode(&self.file) != self.place.file
    }

    /// Whether what is written now would be lost when this process ends: its file or its log is not where others would
    /// look for it.
    pub fn is_displaced(&self) -> bool {
        self.is_another_file() || self.place.log.is_some() && Place::of(&self.file) != self.place
    }

    /// Keeps what a displaced store knows, and refuses all further work: whoever opens the store next goes on with what is
    /// in its place then.
    ///
    /// # Errors
    /// When it cannot be written. Then it is still at work.
    pub async fn keep(&self, now: Millis) -> Result<Kept> {
        let (file, place) = (self.file.clone(), self.place.clone());
        let kept = self.alone(move |connection| keep(connection, &file, &place, now)).await?;
        let what = format!("cannot use the store {}: its files were taken away or replaced", self.file.display());
        self.refuse_work(refuse(Code::StoreUnusable, what, "try again: the next command opens what is there now"));
        Ok(kept)
    }
}

fn keep(connection: &Connection, file: &Path, place: &Place, now: Millis) -> Result<Kept> {
    if inode(file) == place.file {
        connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))?;
        return Ok(Kept::Whole);
    }
    let copy = beside(file, &format!(".kept-{now}"));
    connection.execute("VACUUM INTO ?1", [copy.to_string_lossy()])?;
    let io = |error: std::io::Error| fault::in_file(Error::internal(error), &copy);
    std::fs::set_permissions(&copy, Permissions::from_mode(0o600)).map_err(io)?;
    // The log of this store would be read as that of the file which is there now.
    let log = beside(file, LOG);
    if inode(&log) == place.log {
        for stale in [log, beside(file, INDEX)] {
            let _ = std::fs::remove_file(stale);
        }
    }
    if file.exists() {
        return Ok(Kept::Beside(copy));
    }
    std::fs::rename(&copy, file).map_err(io)?;
    Ok(Kept::Back)
}
