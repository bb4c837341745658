//! Files and folders that cannot be used: each one clear sentence, and nothing touched.

use super::*;
use chorus::contract::Code;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

fn refused(folder: &Path) -> chorus::error::Error {
    let error = Store::open(folder).err().expect("it cannot be used");
    assert_eq!(error.code, Code::StoreUnusable, "{error}");
    assert!(error.hint.is_some());
    assert!(error.message.contains(folder.to_str().unwrap()), "{error}");
    error
}

fn sqlite(folder: &Path) -> rusqlite::Connection {
    rusqlite::Connection::open(folder.join("chorus.db")).unwrap()
}

/// Name and content of every file that holds anything to keep (looking makes an empty log and an index of it).
fn files(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let mut files: Vec<_> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap())
        .map(|entry| (entry.file_name().into_string().unwrap(), std::fs::read(entry.path()).unwrap()))
        .filter(|(name, content)| !name.ends_with("-shm") && !content.is_empty())
        .collect();
    files.sort();
    files
}

#[test]
fn only_its_owner_may_look() {
    let parent = tempfile::tempdir().unwrap();
    let folder = parent.path().join("state/chorus");
    let store = Store::open(&folder).unwrap();
    let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&folder), 0o700);
    for name in ["chorus.db", "chorus.db-wal", "chorus.db-shm"] {
        assert_eq!(mode(&folder.join(name)), 0o600, "{name}");
    }
    assert_eq!(store.file(), folder.join("chorus.db"));
}

#[tokio::test]
async fn a_long_path_is_no_trouble() {
    let parent = tempfile::tempdir().unwrap();
    let folder = parent.path().join("x".repeat(150));
    let task = create(&Store::open(&folder).unwrap(), "Far away").await;
    assert_eq!(row(&Store::open(&folder).unwrap(), &task.uuid).await.title, "Far away");
}

#[test]
fn a_file_where_the_folder_should_be() {
    let parent = tempfile::tempdir().unwrap();
    let folder = parent.path().join("state");
    std::fs::write(&folder, "here first").unwrap();
    for folder in [folder.clone(), folder.join("deeper")] {
        let error = refused(&folder);
        assert!(error.message.ends_with("a file is where the folder should be"), "{error}");
        assert!(error.hint.unwrap().contains("CHORUS_STATE_DIR"));
    }
    assert_eq!(std::fs::read(&folder).unwrap(), b"here first");
}

#[test]
fn a_folder_where_the_file_should_be() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("chorus.db")).unwrap();
    let error = refused(folder.path());
    assert!(error.message.ends_with("a folder is where the file should be"), "{error}");
}

#[test]
fn a_file_that_is_no_database_is_kept() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("chorus.db"), "not a database ".repeat(1000)).unwrap();
    let before = files(folder.path());
    let error = refused(folder.path());
    assert!(error.message.ends_with("it is damaged"), "{error}");
    assert!(error.hint.unwrap().contains("it is kept as it is"));
    assert_eq!(files(folder.path()), before);
}

#[tokio::test]
async fn damage_inside_is_found_and_the_file_is_kept() {
    let (folder, store) = fresh();
    for n in 0..200 {
        create(&store, &format!("Task {n}")).await;
    }
    drop(store);
    let connection = sqlite(folder.path());
    connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(())).unwrap();
    drop(connection);
    let path = folder.path().join("chorus.db");
    let mut bytes = std::fs::read(&path).unwrap();
    let length = bytes.len();
    bytes[8192..length / 2].fill(0xa5);
    std::fs::write(&path, bytes).unwrap();
    let before = files(folder.path());
    let error = refused(folder.path());
    assert!(error.message.contains("it is damaged"), "{error}");
    assert!(error.hint.unwrap().contains(path.to_str().unwrap()));
    assert_eq!(files(folder.path()), before);
}

#[test]
fn anothers_database_is_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    sqlite(folder.path()).execute_batch("CREATE TABLE theirs (x); INSERT INTO theirs VALUES (1)").unwrap();
    let before = files(folder.path());
    assert!(refused(folder.path()).message.ends_with("it is the database of another program"));
    assert_eq!(files(folder.path()), before);
}

#[tokio::test]
async fn a_newer_schema_is_refused_untouched_even_with_its_log_beside_it() {
    let (folder, store) = fresh();
    create(&store, "Kept").await;
    let newer = sqlite(folder.path());
    newer.execute_batch("PRAGMA user_version = 999; CREATE TABLE later (x)").unwrap();
    // As a kill leaves it: the newest commits are in the log only.
    let killed = tempfile::tempdir().unwrap();
    for name in ["chorus.db", "chorus.db-wal"] {
        std::fs::copy(folder.path().join(name), killed.path().join(name)).unwrap();
    }
    let before = files(killed.path());
    assert_eq!(before.len(), 2);
    assert!(refused(killed.path()).message.ends_with("this store was written by a newer Chorus"));
    assert_eq!(files(killed.path()), before);
}

#[tokio::test]
async fn a_held_database_is_told_and_not_waited_for_for_ever() {
    let (folder, store) = fresh();
    let holder = sqlite(folder.path());
    holder.execute_batch("BEGIN IMMEDIATE").unwrap();
    let error = store.write(|tx| tx.create(PROJECT, titled("Held"), &defaults())).await.unwrap_err();
    assert_eq!(error.code, Code::StoreUnusable);
    assert!(error.message.ends_with("another program has locked it"), "{error}");
    holder.execute_batch("COMMIT").unwrap();
    assert_eq!(create(&store, "Free again").await.number, 1);
}
