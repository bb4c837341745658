//! Stores of every earlier version open with all they held. `versions/000N.sql` is what version N was the first to write.

use super::*;
use chorus::attribution::Owner;
use chorus::attribution::interval::Reach;
use chorus::store::Filter;
use chorus::task::Status;
use sha2::{Digest, Sha256};
use std::path::PathBuf;

/// SHA-256 of each migration as it was released. Stores that have it never run it again, so a change in it would reach new
/// stores only.
const RELEASED: &[&str] = &[
    "28152093e9ba82cfdf442dc5fdae7faae8cb8568521d3411716240d21fe02090",
    "2a98d1c1251c1d33d0c6bb8711b3854141a7ef83d88d27dded6bff44530eeee3",
    "416ebe050fcac6ca6d638cfc65f1c6465a2490cdaaaed95e90777aba392873c8",
    "fa4bfc764625f0384b6ae7a33de6db4222c1e5f501eaa53c23d2b4fe5552aa26",
    "df9dd7608de290cf9176aa0deb7f30bc7b7f0d234a7a2b5c95af114c658a353d",
    "1b8a05e77980f858270a72fd9c1c764eefe4b477341902b290b7fe6429285675",
    "dbdda7c3fd4aa5a09c3038a9d406679ab13ad9e2e837b28511db3b78730faf3f",
    "b320ce357f703293a21e78f5f36f1bc7aa60cca1e1ddfcb677571240fb4f1bd2",
    "da01f79894b19f249a71daa25830b2ba259afe9e3ae1814eb7bba713dbf04fc0",
    "4450b7e8ed1dad2f9cfe2fa8e6b42c6bfc51b2dba306a2acdabd1d712432643e",
    "a2498b6bc5510c8a9ec738bb5004275d2e0d08186dce879326f64e696c6e78b8",
    "7b127ac72070255ad0ac1abb7acf38b3ae75c2da8b021e8d08c8215b6d0f39db",
    "22c9de5c44a578bf5a151ce388231b66c3a731861f713ec6e7ebc99af4316e9c",
    "a9ae9e46a70c2c85c09f75a1f313ce38a4b586113994de43388383be26976fa4",
];

/// The files `000N….sql` in a folder of the checkout, in order.
fn numbered(folder: &str) -> Vec<PathBuf> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(folder);
    let paths = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let mut paths: Vec<PathBuf> = paths.filter(|path| path.extension().is_some_and(|it| it == "sql")).collect();
    paths.sort();
    paths
}

/// Writes a store as that version would have.
pub fn write_as(connection: &rusqlite::Connection, version: usize) {
    connection.execute_batch("PRAGMA application_id = 1128812370").unwrap();
    let rows = numbered("tests/store/versions");
    for (index, migration) in numbered("rust/store").iter().enumerate().take(version) {
        let number = format!("{:04}.sql", index + 1);
        for path in [Some(migration), rows.iter().find(|path| path.ends_with(&number))].into_iter().flatten() {
            connection.execute_batch(&std::fs::read_to_string(path).unwrap()).unwrap();
        }
    }
    connection.pragma_update(None, "user_version", version as i64).unwrap();
}

#[test]
fn a_released_migration_stays_as_it_is() {
    let digest = |path: &PathBuf| -> String {
        Sha256::digest(std::fs::read(path).unwrap()).iter().map(|byte| format!("{byte:02x}")).collect()
    };
    let found: Vec<String> = numbered("rust/store").iter().map(digest).collect();
    assert_eq!(found, RELEASED, "write a new migration, and add its digest here");
}

#[tokio::test]
async fn every_version_is_brought_up_to_date() {
    for version in 1..=RELEASED.len() {
        let folder = tempfile::tempdir().unwrap();
        let written = rusqlite::Connection::open(folder.path().join("chorus.db")).unwrap();
        write_as(&written, version);
        drop(written);

        let store = Store::open(folder.path()).unwrap();
        assert_eq!(store.id(), "11111111-2222-4333-8444-555555555555", "version {version}");
        let tasks = store.read(|tx| tx.tasks(Some(PROJECT), &Filter::default())).await.unwrap();
        let [task] = &tasks[..] else { panic!("one task is there") };
        assert_eq!((task.number, task.title.as_str(), task.status), (2, "An old task", Status::Waiting));
        assert_eq!((task.requests, task.queued, task.pane.as_deref()), (1, 1, Some("%3")));
        let uuid = task.uuid.clone();
        let (pane, launch, entries) =
            store.read(move |tx| Ok((tx.pane(&uuid)?, tx.open_launch(&uuid)?, tx.entries(&uuid, 200)?))).await.unwrap();
        assert_eq!(pane.unwrap().server.pid, 5);
        assert_eq!(launch.unwrap().session_id.as_deref(), Some("s1"));
        assert_eq!(entries.first().unwrap().text, "Created as `An old task`");
        assert_eq!(create(&store, "A new task").await.number, 3);
        if version == 1 {
            continue;
        }
        let (ledgers, windows) = store.read(|tx| Ok((tx.ledgers(PROJECT)?, tx.windows(PROJECT)?))).await.unwrap();
        let [(text, lines), (_, picture)] = &ledgers[..] else { panic!("two files have uncommitted edits") };
        assert_eq!((text.as_str(), lines.owner_of_line(2)), ("src/a b.rs", Some(&Owner::Task("t1".into()))));
        assert_eq!(picture.whole(), Some(&Owner::one_of(["t1"])));
        assert_eq!(windows[1].reach, Reach::Background);
    }
}
