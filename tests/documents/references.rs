//! References and the documents they are in, however these change.

use crate::world::{PLAN, World};
use chorus::contract::ReferenceState::{Current, Stale};
use chorus::contract::{Code, DocsAsk, Retie, TaskRef};
use chorus::ops::documents::current::current;
use chorus::ops::documents::{list, references};
use std::fs;

#[tokio::test]
async fn a_change_is_followed_whoever_comes_across_it() {
    let world = World::new().await;
    world.refer("PLAN.md:5-6").await;
    // The documents are known and watched now.
    list(&world.core, &world.asker(), DocsAsk::default()).await.unwrap();
    world.write("PLAN.md", PLAN.replace("# Plan\n", "# Plan\n\nAn introduction.\n"));
    world.heard().await;
    // Each takes in what the kernel told.
    world.reads(&world.root.join("other.md")).await;
    list(&world.core, &world.asker(), DocsAsk::default()).await.unwrap();
    world.follow_up();
    let uuid = world.task.uuid.clone();
    let stored = async || {
        let task = uuid.clone();
        let kept = world.core.store().unwrap().read(move |tx| tx.references_of(&task)).await.unwrap();
        kept[0].spot.lines.clone()
    };
    world.until("the reference has moved", async || stored().await == (6..8)).await;
}

#[tokio::test]
async fn documents_are_known_and_watched_although_nobody_waits_for_them_any_more() {
    let world = World::new().await;
    let shelf = world.core.documents.of(world.project());
    let mut waiting = Box::pin(current(&world.core, world.project()));
    // Until they are being read.
    while shelf.known.try_lock().is_ok() {
        tokio::select! {
            biased;
            _ = &mut waiting => panic!("they were read at once"),
            () = tokio::task::yield_now() => {}
        }
    }
    drop(waiting);
    let is_known = async || {
        let known = shelf.known.lock().await;
        known.index.is_some() && known.watch.is_some()
    };
    world.until("they are known and watched", is_known).await;
}

#[tokio::test]
async fn lines_are_tied_as_an_editor_shows_them() {
    let world = World::new().await;
    world.write("latin.md", b"# caf\xe9\n\nna\xefve words \xe9\n\nend\n");
    let refer = async |first: i64, last: i64, text: &str| {
        let tied = TaskRef {
            task: world.task.uuid.clone(),
            path: "latin.md".into(),
            first: Some(first),
            last: Some(last),
            text: Some(text.into()),
            ..TaskRef::default()
        };
        let made = references::refer(&world.core, &world.asker(), tied).await;
        made.map(|made| (made.start_line, made.end_line)).map_err(|error| error.message)
    };
    assert_eq!(refer(3, 4, "naïve words é\n").await, Ok((3, 4)));
    assert_eq!(refer(1, 1, "# café").await, Ok((1, 1)));
    assert!(refer(3, 3, "naïve deeds é").await.unwrap_err().contains("as it is on the disk"));
    for (first, last, blanks) in [(2, 2, ""), (4, 4, "  ")] {
        assert!(refer(first, last, blanks).await.unwrap_err().contains("no text in these lines"));
    }
    let gone = TaskRef { task: world.task.uuid.clone(), path: "none.md".into(), ..TaskRef::default() };
    let refused = references::refer(&world.core, &world.asker(), gone).await.unwrap_err();
    assert!(refused.message.ends_with("there is no file none.md"), "{refused:?}");
}

#[tokio::test]
async fn a_tracked_document_stays_when_git_begins_to_ignore_its_folder() {
    let world = World::new().await;
    world.write("docs/a.md", "# A\n");
    world.commit();
    let listed = async || {
        let found = list(&world.core, &world.asker(), DocsAsk::default()).await.unwrap();
        found.documents.into_iter().map(|document| document.path).collect::<Vec<_>>()
    };
    assert_eq!(listed().await, ["PLAN.md", "docs/a.md"]);
    world.write("docs/b.md", "# B\n");
    world.write(".gitignore", "docs/\n");
    world.heard().await;
    world.until("only the tracked one is there", async || listed().await == ["PLAN.md", "docs/a.md"]).await;
}

#[tokio::test]
async fn a_copy_takes_no_references_while_the_document_is_away() {
    let world = World::new().await;
    world.write("docs/copy.md", PLAN);
    world.refer("PLAN.md:5-6").await;
    list(&world.core, &world.asker(), DocsAsk::default()).await.unwrap();
    fs::remove_file(world.root.join("PLAN.md")).unwrap();
    assert_eq!(world.only().await, ("PLAN.md".into(), Stale, 5, 6));
    world.write("PLAN.md", PLAN);
    assert_eq!(world.only().await, ("PLAN.md".into(), Current, 5, 6));
    // A daemon that did not see it go: the copy is older than the document's last sight.
    let now = chorus::clock::now();
    world.until("the clock has gone on", async || chorus::clock::now() > now + 100).await;
    world.write("PLAN.md", PLAN.replace("1. Write it", "1. Write it well"));
    assert_eq!(world.only().await, ("PLAN.md".into(), Current, 5, 6));
    fs::remove_file(world.root.join("PLAN.md")).unwrap();
    world.core.documents.forget(world.project());
    assert_eq!(world.only().await.0, "PLAN.md");
}

#[tokio::test]
async fn a_document_that_came_back_does_not_follow_its_earlier_rename() {
    let world = World::new().await;
    fs::create_dir(world.root.join("docs")).unwrap();
    world.git(&["mv", "PLAN.md", "docs/a.md"]);
    world.commit();
    world.write("PLAN.md", PLAN);
    world.commit();
    world.refer("PLAN.md:5-6").await;
    list(&world.core, &world.asker(), DocsAsk::default()).await.unwrap();
    fs::remove_file(world.root.join("PLAN.md")).unwrap();
    assert_eq!(world.only().await, ("PLAN.md".into(), Stale, 5, 6));
    world.write("PLAN.md", PLAN);
    assert_eq!(world.only().await, ("PLAN.md".into(), Current, 5, 6));
}

#[tokio::test]
async fn a_renamed_document_keeps_its_references_seen_or_not() {
    let world = World::new().await;
    world.refer("PLAN.md:5-6").await;
    list(&world.core, &world.asker(), DocsAsk::default()).await.unwrap();
    fs::create_dir(world.root.join("docs")).unwrap();
    fs::rename(world.root.join("PLAN.md"), world.root.join("docs/a.md")).unwrap();
    world.until("it is found", async || world.only().await.0 == "docs/a.md").await;
    fs::rename(world.root.join("docs/a.md"), world.root.join("docs/b.md")).unwrap();
    world.core.documents.forget(world.project());
    assert_eq!(world.only().await, ("docs/b.md".into(), Current, 5, 6));
}

#[tokio::test]
async fn a_whole_document_is_found_by_its_version_and_keeps_only_its_beginning() {
    let world = World::new().await;
    let long = "A line of many.\n".repeat(500);
    world.write("LONG.md", &long);
    world.refer("LONG.md").await;
    list(&world.core, &world.asker(), DocsAsk::default()).await.unwrap();
    let uuid = world.task.uuid.clone();
    let stored = world.core.store().unwrap().read(move |tx| tx.references_of(&uuid)).await.unwrap();
    assert_eq!(stored[0].tied.text.len(), 40);
    fs::create_dir(world.root.join("docs")).unwrap();
    fs::rename(world.root.join("LONG.md"), world.root.join("docs/l.md")).unwrap();
    world.until("it is found", async || world.only().await == ("docs/l.md".into(), Current, 1, 500)).await;
}

#[tokio::test]
async fn a_document_that_cannot_be_read_is_not_gone() {
    let world = World::new().await;
    world.refer("PLAN.md:5-6").await;
    world.write("PLAN.md", b"no\0text");
    assert_eq!(world.only().await, ("PLAN.md".into(), Current, 5, 6));
    fs::rename(&world.root, world.root.with_extension("away")).unwrap();
    assert_eq!(world.only().await, ("PLAN.md".into(), Current, 5, 6));
}

#[tokio::test]
async fn what_was_not_found_is_searched_again_only_after_a_change() {
    let world = World::new().await;
    world.refer("PLAN.md:5-6").await;
    list(&world.core, &world.asker(), DocsAsk::default()).await.unwrap();
    fs::remove_file(world.root.join("PLAN.md")).unwrap();
    world.heard().await;
    assert_eq!(world.only().await.1, Stale);
    let shelf = world.core.documents.of(world.project());
    let search = || shelf.searched.lock().get("PLAN.md").map(|search| search.generation).unwrap();
    let first = search();
    // As if the search had been long ago: it is not repeated.
    shelf.searched.lock().get_mut("PLAN.md").unwrap().references.insert(999);
    assert_eq!(world.only().await.1, Stale);
    assert!(shelf.searched.lock()["PLAN.md"].references.contains(&999));
    world.write("docs/b.md", "# Another\n");
    world
        .until("it is searched again", async || {
            world.only().await;
            search() > first
        })
        .await;
}

#[tokio::test]
async fn a_stale_reference_moves_to_its_nearest_match_when_a_person_says_so() {
    let world = World::new().await;
    let reference = world.refer("PLAN.md:5-6").await;
    let retie = async |seen: Option<(i64, i64)>| {
        let retie = Retie { reference: reference.id, first: seen.map(|seen| seen.0), last: seen.map(|seen| seen.1) };
        references::retie(&world.core, &world.asker(), retie).await
    };
    assert_eq!(retie(None).await.unwrap_err().code, Code::WrongState);
    let rewritten = "Small and fast programs.\nSurprises are fine by us now, and then some more.";
    world.write("PLAN.md", PLAN.replace("Small and honest software.\nNo surprises at all.", rewritten));
    assert_eq!(world.only().await.1, Stale);
    assert_eq!(retie(Some((1, 2))).await.unwrap_err().code, Code::WrongState, "not the lines that a person saw");
    let moved = retie(None).await.unwrap();
    assert_eq!((moved.id, moved.state), (reference.id, Current));
    assert!(moved.text.contains("fast programs"), "{moved:?}");
    assert_eq!(world.only().await.1, Current);
    world.write("PLAN.md", "# Nothing\n");
    assert_eq!(world.only().await.1, Stale);
    assert_eq!(retie(None).await.unwrap_err().code, Code::WrongState, "nothing resembles it");
}

#[tokio::test]
async fn documents_that_nobody_needs_are_not_watched_for_ever() {
    let world = World::new().await;
    list(&world.core, &world.asker(), DocsAsk::default()).await.unwrap();
    world.reads(&world.root.join("PLAN.md")).await;
    chorus::ops::documents::changes::let_go(&world.core).await.unwrap();
    assert_eq!(world.core.documents.projects(), [world.project()], "a live task's agent has read one");
    let uuid = world.task.uuid.clone();
    let end = move |tx: &mut chorus::store::Tx<'_>| {
        tx.step(&uuid, chorus::task::Step::Complete, chorus::store::Who::Person, None).map(drop)
    };
    world.core.store().unwrap().write(end).await.unwrap();
    chorus::ops::documents::changes::let_go(&world.core).await.unwrap();
    assert!(world.core.documents.projects().is_empty());
}
