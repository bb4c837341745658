//! SQLite's errors in words.

use crate::contract::Code;
use crate::error::Error;
use rusqlite::ErrorCode;
use std::path::Path;

impl From<rusqlite::Error> for Error {
    fn from(error: rusqlite::Error) -> Error {
        let unusable = |why: &str| Error::new(Code::StoreUnusable, why);
        match error.sqlite_error_code() {
            Some(ErrorCode::DiskFull) => {
                unusable("the disk is full").hint("free some space and try again; nothing was lost")
            }
            Some(ErrorCode::SystemIoFailure) => unusable("the disk refused to read or write")
                .hint("check for a full disk, a quota or a file size limit, and try again; nothing was lost"),
            Some(ErrorCode::ReadOnly | ErrorCode::PermissionDenied) => {
                unusable("it cannot be written").hint("check the owner and the permissions of the file and its folder")
            }
            Some(ErrorCode::CannotOpen) => {
                unusable("it cannot be opened").hint("check the owner and the permissions of the file and its folder")
            }
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => {
                unusable("another program has locked it").hint("end that program and try again")
            }
            Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => unusable("it is damaged"),
            _ => Error::internal(format!("the store failed: {error}")),
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
