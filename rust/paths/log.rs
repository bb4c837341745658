//! The daemon's log: one file, the previous one beside it.

#![expect(clippy::disallowed_methods, reason = "Chorus's own log")]

use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

/// A log of more bytes is set aside.
pub const LONGEST: u64 = 5 * 1024 * 1024;

/// Opens the log for appending, 0600, setting a long one aside as `log.old`.
pub fn open(path: &Path) -> io::Result<File> {
    if std::fs::metadata(path).is_ok_and(|found| found.len() > LONGEST) {
        std::fs::rename(path, path.with_extension("old"))?;
    }
    OpenOptions::new().create(true).append(true).mode(0o600).open(path)
}
