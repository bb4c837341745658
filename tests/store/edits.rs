//! Ledgers and windows.

use super::*;
use chorus::attribution::interval::{Reach, Window};
use chorus::attribution::{FileKind, Ledger, Owner, Version};

#[tokio::test]
async fn a_ledger_comes_back_as_it_was() {
    let (folder, store) = fresh();
    let task = Owner::Task(create(&store, "one").await.uuid);
    let text = |text: &[u8]| Version::of(FileKind::File, text.to_vec());
    let mut lines = Ledger::first(&text(b"a\nb\nc"), &text(b"a\r\nx\nc\xff"), &task);
    lines.see(&text(b"x\nc\xff"), &Owner::User);
    let binary = Ledger::first(&text(b""), &Version::of(FileKind::Executable, vec![0, 1]), &Owner::one_of(["t"]));
    let gone = Ledger::first(&text(b"a\n"), &Version::absent(), &task);
    let link = Ledger::first(&text(b"a\n"), &Version::of(FileKind::Symlink, b"there".to_vec()), &Owner::unknown());
    let kept = [("a é: b", lines), ("b", binary), ("c", gone), ("d", link)];
    let put = kept.clone();
    let written = store.write(move |tx| put.iter().try_for_each(|(path, ledger)| tx.put_ledger(PROJECT, path, ledger)));
    written.await.unwrap();
    drop(store);
    let store = Store::open(folder.path()).unwrap();
    let found = store.read(|tx| tx.ledgers(PROJECT)).await.unwrap();
    assert_eq!(found, kept.map(|(path, ledger)| (path.to_owned(), ledger)));
    store.write(|tx| tx.drop_ledger(PROJECT, "b")).await.unwrap();
    let found = store.read(|tx| Ok((tx.ledger(PROJECT, "b")?, tx.ledger(PROJECT, "c")?, tx.ledgers("/other")?)));
    let (dropped, other, elsewhere) = found.await.unwrap();
    assert!(dropped.is_none() && other.is_some() && elsewhere.is_empty());
}

#[tokio::test]
async fn windows_open_and_close() {
    let (_folder, store) = fresh();
    let (one, two) = (create(&store, "one").await.uuid, create(&store, "two").await.uuid);
    let window = |id: &str, task: &str, reach| Window { id: id.into(), task: task.into(), reach, opened: 5 };
    let edit = window("w1", &one, Reach::Edit("a b".into()));
    let shell = window("w2", &one, Reach::Shell);
    let background = Window { reach: Reach::Background, ..shell.clone() };
    let other = window("w1", &two, Reach::Shell);
    let all = [edit.clone(), shell, background.clone(), other.clone()];
    store.write(move |tx| all.iter().try_for_each(|window| tx.open_window(window))).await.unwrap();
    let open = store.read(|tx| tx.windows(PROJECT)).await.unwrap();
    assert_eq!(open.len(), 3, "the second telling of `w2` is about the same call");
    assert!([&edit, &background, &other].iter().all(|window| open.contains(window)));

    let (task, again) = (one.clone(), one.clone());
    assert_eq!(store.write(move |tx| tx.close_windows(&task, false, i64::MAX)).await.unwrap(), [edit]);
    assert_eq!(store.write(move |tx| tx.close_window(&again, "w2")).await.unwrap(), Some(background));
    assert_eq!(store.write(move |tx| tx.close_window(&one, "w2")).await.unwrap(), None);
    assert_eq!(store.read(|tx| tx.windows(PROJECT)).await.unwrap(), [other]);
    let deleted = two.clone();
    store.write(move |tx| tx.delete(&deleted, None)).await.unwrap();
    assert_eq!(store.read(|tx| tx.windows(PROJECT)).await.unwrap(), []);
}
