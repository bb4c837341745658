//! Which versions agents know, and what they are told of others.

use crate::world::{PLAN, World};
use chorus::ops::conversation::context::before_prompt;
use chorus::store::PromptState;
use std::fs;

#[tokio::test]
async fn what_a_task_did_in_its_own_worktree_is_no_news_to_it() {
    let mut world = World::new().await;
    let worktree = world.with_worktree().await;
    let (own, mine) = (worktree.join("PLAN.md"), world.root.join("PLAN.md"));
    world.reads(&own).await;
    assert!(world.outdated().await.is_empty());
    let edited = PLAN.replace("1. Write it", "1. Write it well");
    fs::write(&own, &edited).unwrap();
    world.reads(&own).await;
    assert!(world.outdated().await.is_empty(), "it made the change itself");

    fs::write(&mine, PLAN.replace("# Plan\n", "# Plan of ours\n")).unwrap();
    assert_eq!(world.outdated().await, ["PLAN.md"]);
    let (text, _) = world.told().await.unwrap();
    assert!(text.contains("+# Plan of ours") && text.contains("-# Plan\n"), "{text}");
    assert!(!text.contains("Write it well"), "{text}");

    // A person merges the task's branch.
    fs::write(&mine, &edited).unwrap();
    assert!(world.outdated().await.is_empty(), "it is its own version");
    // One that it made, which is nowhere else yet.
    fs::write(worktree.join("NEW.md"), "# New\n").unwrap();
    world.reads(&worktree.join("NEW.md")).await;
    assert!(world.outdated().await.is_empty());
    fs::write(world.root.join("NEW.md"), "# New, of ours\n").unwrap();
    assert_eq!(world.outdated().await, ["NEW.md"]);
}

#[tokio::test]
async fn an_older_version_in_a_worktree_is_told_of_what_a_person_did_not_commit() {
    let mut world = World::new().await;
    let worktree = world.with_worktree().await;
    world.write("PLAN.md", PLAN.replace("# Plan\n", "# Plan, not committed\n"));
    world.reads(&worktree.join("PLAN.md")).await;
    assert_eq!(world.outdated().await, ["PLAN.md"]);
    assert!(world.told().await.unwrap().0.contains("+# Plan, not committed"));
}

#[tokio::test]
async fn an_agent_knows_what_it_was_told_once_it_has_the_prompt() {
    let world = World::new().await;
    world.reads(&world.root.join("PLAN.md")).await;
    world.write("PLAN.md", PLAN.replace("# Plan\n", "# Plan two\n"));
    let (text, versions) = world.told().await.unwrap();
    let uuid = world.task.uuid.clone();
    let waits = world.core.store().unwrap().write(move |tx| tx.enqueue_telling(&uuid, &text, &versions)).await.unwrap();
    assert_eq!(world.outdated().await, ["PLAN.md"], "it waits");
    assert!(world.told().await.unwrap_err().contains("waits to be sent"));
    world.write("PLAN.md", PLAN.replace("# Plan\n", "# Plan three\n"));
    assert!(world.told().await.unwrap().0.contains("+# Plan three"), "another version is news");

    let delivered = world.core.store().unwrap().write(move |tx| {
        tx.set_prompt(waits.id, PromptState::Sending, None)?;
        tx.set_prompt(waits.id, PromptState::Delivered, None)
    });
    assert!(delivered.await.unwrap());
    assert_eq!(world.outdated().await, ["PLAN.md"]);
    let (text, _) = world.told().await.unwrap();
    // From the version that it was told of, whose text was kept then.
    assert!(text.contains("-# Plan two") && text.contains("+# Plan three"), "{text}");
}

#[tokio::test]
async fn a_document_that_is_gone_is_news_until_the_agent_was_told() {
    let mut world = World::new().await;
    let worktree = world.with_worktree().await;
    fs::write(worktree.join("OWN.md"), "# Own\n").unwrap();
    world.reads(&worktree.join("OWN.md")).await;
    world.reads(&world.root.join("PLAN.md")).await;
    fs::remove_file(world.root.join("PLAN.md")).unwrap();
    assert_eq!(world.outdated().await, ["PLAN.md"]);
    let (text, versions) = world.told().await.unwrap();
    assert!(text.contains("# `PLAN.md`") && text.contains("no longer there"), "{text}");
    let uuid = world.task.uuid.clone();
    let told = world.core.store().unwrap().write(move |tx| {
        let prompt = tx.enqueue_telling(&uuid, &text, &versions)?;
        tx.set_prompt(prompt.id, PromptState::Sending, None)?;
        tx.set_prompt(prompt.id, PromptState::Delivered, None)
    });
    assert!(told.await.unwrap());
    assert!(world.outdated().await.is_empty());
    world.write("PLAN.md", PLAN);
    assert_eq!(world.outdated().await, ["PLAN.md"], "it is there again");
    assert!(world.told().await.unwrap().0.contains("Read it again"));
    // Nothing is known of a project that is not there.
    fs::rename(&world.root, world.root.with_extension("away")).unwrap();
    assert!(world.outdated().await.is_empty());
}

#[tokio::test]
async fn of_each_document_one_version_is_kept_in_mind() {
    let world = World::new().await;
    for number in 0..30 {
        world.write("PLAN.md", format!("# Plan {number}\n"));
        world.reads(&world.root.join("PLAN.md")).await;
    }
    let project = world.project().to_owned();
    let known = world.core.store().unwrap().read(move |tx| tx.known_documents(&project)).await.unwrap();
    assert_eq!(known.len(), 1);
    assert!(world.outdated().await.is_empty());
    let later = chorus::clock::now() + 3 * 24 * 3_600_000;
    world.core.store().unwrap().tidy(later).await.unwrap();
    let file = rusqlite::Connection::open(world.store_file()).unwrap();
    let count: i64 = file.query_row("SELECT count(*) FROM document_versions", [], |row| row.get(0)).unwrap();
    assert_eq!(count, 1, "the others are not needed");
}

#[tokio::test]
async fn an_ended_task_has_nothing_to_hear() {
    let world = World::new().await;
    world.reads(&world.root.join("PLAN.md")).await;
    world.write("PLAN.md", "# Another\n");
    chorus::ops::documents::known::recount(&world.core, world.project()).await.unwrap();
    let uuid = world.task.uuid.clone();
    let ended = world.core.store().unwrap().write(move |tx| {
        let before = tx.row(&uuid)?.outdated;
        let ended = tx.step(&uuid, chorus::task::Step::Complete, chorus::store::Who::Person, None)?;
        Ok((before, ended.outdated))
    });
    assert_eq!(ended.await.unwrap(), (1, 0));
}

#[tokio::test]
async fn a_context_that_did_not_arrive_goes_before_the_next_prompt() {
    let world = World::new().await;
    world.refer("PLAN.md:5-6").await;
    let lead = async || before_prompt(&world.core, &world.task, "launch").await.unwrap();
    let first = lead().await;
    assert!(first.text.contains("No surprises at all."), "{}", first.text);
    // A dialog came in between, and nothing was typed.
    let second = lead().await;
    assert_eq!(second.text, first.text);
    assert!(world.known().await.is_empty());
    let notes = second.notes.unwrap();
    assert!(world.core.store().unwrap().write(move |tx| notes.note(tx)).await.unwrap(), "it knows a document by that");
    assert_eq!(lead().await.text, "");
    assert_eq!(world.known().await, ["PLAN.md"]);
}
