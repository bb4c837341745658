//! SQLite's errors in words.

use crate::contract::Code;
use crate::error::Error;
use rusqlite::ErrorCode;
use std::path::Path;

impl From<rusqlite::Error> for Error {
    fn from(error: rusqlite::Error) -> Error {
        let unusable = |why: &str| Error::new(Code::StoreUnusable, why);
        match error.sqlite_error_code() {
            Some(ErrorCode::DiskFull) => unusable("the disk is full").hint("make room and try again; nothing was lost"),
            Some(ErrorCode::SystemIoFailure) => unusable("the disk refused to read or write")
                .hint("see whether the disk, a quota or a file size limit is reached, and try again; nothing was lost"),
            Some(ErrorCode::ReadOnly | ErrorCode::PermissionDenied) => {
                unusable("it cannot be written").hint("see who owns the file and its folder, and their modes")
            }
            Some(ErrorCode::CannotOpen) => {
                unusable("it cannot be opened").hint("see who owns the file and its folder, and their modes")
            }
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => {
                unusable("another program holds it").hint("end that program and try again")
            }
            Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => unusable("it is damaged"),
            _ => Error::internal(format!("the store's work failed: {error}")),
        }
    }
}

/// Says which file. Only damage comes without a remedy of its own, since the remedy names the file.
pub fn in_file(error: Error, file: &Path) -> Error {
    if error.code != Code::StoreUnusable {
        return error;
    }
    let file = file.display();
    error.context(format!("cannot use the store {file}")).hint(format!(
        "it is kept as it is: `sqlite3 '{file}' .recover` saves what can be read; move it away to begin with an empty store"
    ))
}
