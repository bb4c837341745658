//! Stores of every earlier version open with all they held. `versions/000N.sql` is what version N wrote.

use super::*;
use chorus::attribution::Owner;
use chorus::attribution::interval::Reach;
use chorus::store::Filter;
use chorus::task::Status;

#[tokio::test]
async fn every_version_is_brought_up_to_date() {
    let versions = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/store/versions");
    let mut newest = 0;
    for entry in std::fs::read_dir(versions).unwrap() {
        let path = entry.unwrap().path();
        let folder = tempfile::tempdir().unwrap();
        let written = rusqlite::Connection::open(folder.path().join("chorus.db")).unwrap();
        written.execute_batch(&std::fs::read_to_string(&path).unwrap()).unwrap();
        newest = newest.max(version(&written));
        drop(written);

        let store = Store::open(folder.path()).unwrap();
        assert_eq!(store.id(), "11111111-2222-4333-8444-555555555555", "{}", path.display());
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
        if path.ends_with("0001.sql") {
            continue;
        }
        let (ledgers, windows) = store.read(|tx| Ok((tx.ledgers(PROJECT)?, tx.windows(PROJECT)?))).await.unwrap();
        let [(text, lines), (_, picture)] = &ledgers[..] else { panic!("two files have uncommitted edits") };
        assert_eq!((text.as_str(), lines.owner_of_line(2)), ("src/a b.rs", Some(&Owner::Task("t1".into()))));
        assert_eq!(picture.whole(), Some(&Owner::one_of(["t1"])));
        assert_eq!(windows[1].reach, Reach::Background);
    }
    let (folder, _store) = fresh();
    let current = version(&rusqlite::Connection::open(folder.path().join("chorus.db")).unwrap());
    assert_eq!(newest, current, "a new migration needs its version written down in {versions}");
}

fn version(connection: &rusqlite::Connection) -> i64 {
    connection.query_row("PRAGMA user_version", [], |row| row.get(0)).unwrap()
}
