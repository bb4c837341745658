//! An agent is told whose edits are in the file that it is about to edit, and waits for a commit of it.

use crate::world::{World, numbered};
use chorus::ops::edits;
use serde_json::json;
use std::time::Duration;

#[tokio::test]
async fn whose_edits_are_there_is_told_once() {
    let world = World::new(&[]).await;
    assert_eq!(world.edit(&world.a, "a.txt", "line 3\n", "a\na\n").await, None);
    assert_eq!(world.edit(&world.a, "a.txt", "line 9\n", "a\n").await, None, "its own");
    let told = world.edit(&world.b, "a.txt", "line 20\n", "b\n").await.unwrap();
    let context = told["hookSpecificOutput"]["additionalContext"].as_str().unwrap();
    assert!(context.contains(r#"task #1 ("Task a"): lines 3-4, line 10."#), "{context}");
    assert_eq!(told["hookSpecificOutput"]["hookEventName"], "PreToolUse");
    assert_eq!(world.edit(&world.b, "a.txt", "line 21\n", "b\n").await, None, "told already");
    world.write("a.txt", &world.read("a.txt").replace("line 28\n", "mine\n"));
    world.save("a.txt").await;
    let told = world.edit(&world.b, "a.txt", "line 22\n", "b\n").await.unwrap();
    assert!(told.to_string().contains("the person you work for: line 29"), "{told}");
}

#[tokio::test]
async fn the_option_asks_or_says_nothing() {
    let world = World::new(&[]).await;
    world.edit(&world.a, "a.txt", "line 3\n", "a\n").await;
    world.write("chorus.toml", "[vcs]\noverlap = 'ask'\n");
    for _ in 0..2 {
        let (begun, told) = world.pre(&world.b, "Edit", world.edit_input("a.txt", "line 9\n", "b\n")).await;
        assert_eq!(told.unwrap()["hookSpecificOutput"]["permissionDecision"], "ask");
        world.failed(&begun).await;
    }
    world.write("chorus.toml", "[vcs]\noverlap = 'off'\n");
    assert_eq!(world.edit(&world.b, "a.txt", "line 9\n", "b\n").await, None);
    assert_eq!(world.whose("a.txt").await, "a:3 b:9");
}

#[tokio::test]
async fn what_was_dirty_before_the_first_task_is_the_persons() {
    let world = World::unseen(&[("b.txt", "x\n")]).await;
    world.write("a.txt", &numbered(&[(3, "mine\n")]));
    world.write("new", "mine\n");
    std::fs::remove_file(world.root.join("b.txt")).unwrap();
    edits::first_scan(&world.core, world.project()).await.unwrap();
    world.settle().await;
    assert_eq!(world.edited().await, ["a.txt", "b.txt", "new"]);
    assert_eq!(world.whose("b.txt").await, "user:* user:-1");
    assert!(world.edit(&world.a, "a.txt", "line 9\n", "a\n").await.is_some());
    assert_eq!(world.whose("a.txt").await, "user:3 a:9");
}

#[tokio::test]
async fn without_a_task_all_is_the_persons() {
    let world = World::unseen(&[]).await;
    world.write("a.txt", &numbered(&[(3, "mine\n")]));
    world.save("a.txt").await;
    assert_eq!(world.edited().await, Vec::<String>::new(), "there is nobody to tell it apart from");
    world.settle().await;
    assert_eq!(world.whose("a.txt").await, "user:3");
    world.write("new", "");
    world.settle().await;
    assert_eq!(world.whose("new").await, "user:*");
}

#[tokio::test]
async fn a_task_that_joins_others_takes_nothing_for_the_persons() {
    let world = World::new(&[]).await;
    let command = world.shell(&world.a).await;
    world.write("1", "");
    edits::first_scan(&world.core, world.project()).await.unwrap();
    world.write("2", "");
    world.shell_ends(&command).await;
    world.write("3", "");
    edits::first_scan(&world.core, world.project()).await.unwrap();
    let whose = (world.whose("1").await, world.whose("2").await, world.whose("3").await);
    assert_eq!(whose, ("?a:*".into(), "?a:*".into(), "?a:*".into()));
}

#[tokio::test]
async fn an_edit_waits_while_a_commit_holds_its_file() {
    let world = World::new(&[("b.txt", "x\n")]).await;
    let held = world.core.trees.hold(world.project(), ["a.txt".to_owned()]);
    world.edit(&world.a, "b.txt", "x", "a").await;
    let waits = world.pre(&world.a, "Edit", world.edit_input("a.txt", "line 3\n", "a\n"));
    tokio::pin!(waits);
    let early = tokio::time::timeout(Duration::from_millis(100), &mut waits).await;
    assert!(early.is_err(), "it waits");
    drop(held);
    waits.await;
    let _held = world.core.trees.hold(world.project(), ["a.txt".to_owned()]);
    let (begun, _) = world.pre(&world.b, "Write", json!({"file_path": world.root.join("a.txt"), "content": ""})).await;
    world.failed(&begun).await;
}
