//! Opening the file: what it must be, and bringing an older one up to date.

#![expect(clippy::disallowed_methods, reason = "Chorus's own store")]

use super::{check, fault, refuse};
use crate::contract::Code;
use crate::error::{Error, Result};
use rusqlite::{Connection, OpenFlags, TransactionBehavior};
use std::fs::{DirBuilder, OpenOptions, Permissions};
use std::io::ErrorKind;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::path::Path;
use std::time::Duration;

/// Migration n brings version n - 1 to n. They are only ever added.
const MIGRATIONS: &[&str] = &[
    include_str!("0001_tasks.sql"),
    include_str!("0002_edits.sql"),
    include_str!("0003_isolation.sql"),
    include_str!("0004_unclaimed.sql"),
    include_str!("0005_requests.sql"),
    include_str!("0006_intents.sql"),
    include_str!("0007_alerts.sql"),
    include_str!("0008_folder_and_place.sql"),
    include_str!("0009_documents.sql"),
    include_str!("0010_muted.sql"),
    include_str!("0011_policy.sql"),
    include_str!("0012_undo.sql"),
    include_str!("0013_known_documents.sql"),
    include_str!("0014_tool_calls.sql"),
];

/// Marks the file as ours: `CHOR`.
const APPLICATION: i64 = 0x4348_4f52;

/// Opens `file`; also returns the store's id.
pub fn open(file: &Path) -> Result<(Connection, String)> {
    make(file)?;
    let open = || {
        inspect(file)?;
        let mut connection = Connection::open_with_flags(file, flags(OpenFlags::SQLITE_OPEN_READ_WRITE))?;
        prepare(&mut connection)?;
        crate::clock::go_on_from(last_stamp(&connection)?);
        let id = connection.query_row("SELECT value FROM meta WHERE key = 'id'", [], |row| row.get(0))?;
        Ok((connection, id))
    };
    open().map_err(|error| fault::in_file(error, file))
}

/// The connection never leaves its thread, and file names are not URIs.
fn flags(mode: OpenFlags) -> OpenFlags {
    mode | OpenFlags::SQLITE_OPEN_NO_MUTEX | OpenFlags::SQLITE_OPEN_EXRESCODE
}

/// Folder 0700 and file 0600, where they are not there yet. SQLite gives its side files the file's mode.
fn make(file: &Path) -> Result<()> {
    let folder = file.parent().unwrap_or(Path::new("/"));
    let cannot = |what: &Path, error: std::io::Error| {
        let why = match error.kind() {
            ErrorKind::AlreadyExists if what.is_dir() => "a folder is where the file should be".to_owned(),
            ErrorKind::AlreadyExists | ErrorKind::NotADirectory => "a file is where the folder should be".to_owned(),
            _ => error.to_string(),
        };
        let message = format!("cannot use the store: cannot make {}: {why}", what.display());
        refuse(Code::StoreUnusable, message, "make it a folder you can write, or set CHORUS_STATE_DIR to another")
    };
    DirBuilder::new().recursive(true).mode(0o700).create(folder).map_err(|error| cannot(folder, error))?;
    match OpenOptions::new().write(true).create_new(true).mode(0o600).open(file) {
        Ok(_) => Ok(()),
        Err(error) if error.kind() == ErrorKind::AlreadyExists && is_emptied(file) => {
            let message =
                format!("cannot use the store {}: it is empty, and tasks' files lie beside it", file.display());
            let hint = "put a copy of it there, or move it away to begin with an empty store";
            Err(refuse(Code::StoreUnusable, message, hint))
        }
        Err(error) if error.kind() == ErrorKind::AlreadyExists && file.is_file() => {
            // Where it is not ours to tighten, opening it says what is wrong.
            let _ = std::fs::set_permissions(file, Permissions::from_mode(0o600));
            Ok(())
        }
        Err(error) => Err(cannot(file, error)),
    }
}

/// Whether a file that held tasks holds nothing any more, as after a power cut or a copy that failed: an empty store in its
/// place would say that there never were any.
fn is_emptied(file: &Path) -> bool {
    let is_empty = |path: &Path| std::fs::metadata(path).map_or(true, |found| found.len() == 0);
    let log = super::place::beside(file, super::place::LOG);
    let tasks = file.parent().map(|folder| folder.join("tasks")).and_then(|folder| std::fs::read_dir(folder).ok());
    file.is_file() && is_empty(file) && is_empty(&log) && tasks.is_some_and(|mut tasks| tasks.next().is_some())
}

/// The newest stamp in the store: what is stamped from now on is later, though the clock was set back meanwhile.
fn last_stamp(connection: &Connection) -> rusqlite::Result<crate::clock::Millis> {
    let sql = "SELECT max(coalesce((SELECT at FROM journal ORDER BY id DESC LIMIT 1), 0),
                          coalesce((SELECT max(started_at) FROM launches), 0),
                          coalesce((SELECT max(created_at) FROM tasks), 0))";
    connection.query_row(sql, [], |row| row.get(0))
}

/// A connection that can change nothing.
pub fn read_only(file: &Path) -> Result<Connection> {
    Ok(Connection::open_with_flags(file, flags(OpenFlags::SQLITE_OPEN_READ_ONLY))?)
}

/// Refuses what is not ours, newer or damaged, through a connection that can change nothing.
fn inspect(file: &Path) -> Result<()> {
    let connection = read_only(file)?;
    let unusable = |why: String| Error::new(Code::StoreUnusable, why);
    let (application, version) = marks(&connection)?;
    let tables: i64 = connection.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))?;
    if application != APPLICATION && (application, version, tables) != (0, 0, 0) {
        return Err(unusable("it is the database of another program".into())
            .hint("move it away, or set CHORUS_STATE_DIR to another folder"));
    }
    if version > MIGRATIONS.len() {
        return Err(unusable("this store was written by a newer Chorus".into())
            .hint("install that version again, or set CHORUS_STATE_DIR to another folder; nothing was changed"));
    }
    check::at_opening(&connection, file)
}

/// Application id and schema version.
fn marks(connection: &Connection) -> Result<(i64, usize)> {
    let number = |name| connection.pragma_query_value(None, name, |row| row.get::<_, i64>(0));
    Ok((number("application_id")?, usize::try_from(number("user_version")?).unwrap_or(usize::MAX)))
}

/// Settings of the connection, then the migrations that are missing, each with its version in one transaction.
fn prepare(connection: &mut Connection) -> Result<()> {
    connection.busy_timeout(Duration::from_secs(2))?;
    // Counts for a file that is made now: it can give free pages back to the disk.
    connection.pragma_update(None, "auto_vacuum", "INCREMENTAL")?;
    connection.pragma_update_and_check(None, "journal_mode", "WAL", |_| Ok(()))?;
    connection.pragma_update(None, "synchronous", "NORMAL")?;
    connection.pragma_update(None, "foreign_keys", true)?;
    connection.pragma_update(None, "trusted_schema", false)?;
    connection.set_prepared_statement_cache_capacity(128);
    // A full disk, for tests: at most that many pages of 4 kB.
    if let Some(pages) = std::env::var("CHORUS_STORE_PAGES").ok().and_then(|pages| pages.parse::<i64>().ok()) {
        connection.pragma_update_and_check(None, "max_page_count", pages, |_| Ok(()))?;
    }
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let (_, version) = marks(&transaction)?;
    for (index, migration) in MIGRATIONS.iter().enumerate().skip(version) {
        transaction.execute_batch(migration)?;
        transaction.pragma_update(None, "user_version", index as i64 + 1)?;
    }
    transaction.pragma_update(None, "application_id", APPLICATION)?;
    let id = uuid::Uuid::new_v4().to_string();
    transaction.execute("INSERT INTO meta (key, value) VALUES ('id', ?1) ON CONFLICT DO NOTHING", [id])?;
    transaction.commit()?;
    Ok(())
}
