//! Edits by commands: found by looks before and after.

use crate::world::World;
use chorus::ops::edits;
use serde_json::json;

#[tokio::test]
async fn what_a_command_alone_changed_is_its_tasks() {
    let world = World::new(&[("b.txt", "x\n")]).await;
    let begun = world.shell(&world.a).await;
    world.write("b.txt", "y\n");
    world.write("new/c.txt", "z\n");
    world.shell_ends(&begun).await;
    assert_eq!(world.whose("b.txt").await, "a:1");
    assert_eq!(world.whose("new/c.txt").await, "a:* a:1");
    assert_eq!(world.edited().await, ["b.txt", "new/c.txt"]);
}

#[tokio::test]
async fn a_failing_command_has_edited_too() {
    let world = World::new(&[]).await;
    let begun = world.shell(&world.a).await;
    world.write("b.txt", "y\n");
    world.failed(&begun).await;
    assert_eq!(world.whose("b.txt").await, "a:* a:1");
    let (begun, _) = world.pre(&world.b, "Edit", world.edit_input("b.txt", "y", "z")).await;
    world.failed(&begun).await;
    assert_eq!(world.whose("b.txt").await, "a:* a:1");
}

#[tokio::test]
async fn what_changes_between_commands_is_nobodys() {
    let world = World::new(&[("b.txt", "x\n"), ("c.txt", "x\n")]).await;
    let begun = world.shell(&world.a).await;
    world.shell_ends(&begun).await;
    world.write("b.txt", "y\n");
    let begun = world.shell(&world.b).await;
    assert_eq!(world.whose("b.txt").await, "?:1");
    world.write("c.txt", "y\n");
    world.shell_ends(&begun).await;
    assert_eq!(world.whose("c.txt").await, "b:1");
}

#[tokio::test]
async fn commands_of_two_tasks_at_once_are_candidates() {
    let world = World::new(&[]).await;
    let a = world.shell(&world.a).await;
    world.write("1", "");
    let b = world.shell(&world.b).await;
    world.write("2", "");
    world.shell_ends(&a).await;
    world.write("3", "");
    world.shell_ends(&b).await;
    assert_eq!(world.whose("1").await, "a:*");
    assert_eq!(world.whose("2").await, "?ab:*");
    assert_eq!(world.whose("3").await, "b:*");
}

#[tokio::test]
async fn an_edit_during_anothers_command_is_the_edit_tools() {
    let world = World::new(&[]).await;
    let command = world.shell(&world.a).await;
    let (edit, _) = world.pre(&world.b, "Edit", world.edit_input("a.txt", "line 3\n", "b\n")).await;
    let response = world.apply(&edit);
    world.write("a.txt", &world.read("a.txt").replace("line 25\n", "sed\n"));
    world.write("other", "");
    world.shell_ends(&command).await;
    assert_eq!(world.whose("a.txt").await, "clean", "the tool will say what it did");
    world.post(&edit, response).await;
    assert_eq!(world.whose("a.txt").await, "b:3 ?ab:25");
    assert_eq!(world.whose("other").await, "a:*");
}

#[tokio::test]
async fn a_command_may_change_what_an_edit_waits_to_be_allowed_for() {
    let world = World::new(&[]).await;
    let (edit, _) = world.pre(&world.b, "Edit", world.edit_input("a.txt", "line 3\n", "b\n")).await;
    world.ask(&edit).await;
    let command = world.shell(&world.a).await;
    world.write("a.txt", &world.read("a.txt").replace("line 25\n", "sed\n"));
    world.shell_ends(&command).await;
    assert_eq!(world.whose("a.txt").await, "a:25");
    let response = world.apply(&edit);
    // The person has answered at the terminal, and nobody knows yet.
    let command = world.shell(&world.a).await;
    world.shell_ends(&command).await;
    assert_eq!(world.whose("a.txt").await, "?:3 a:25");
    world.post(&edit, response).await;
    assert_eq!(world.whose("a.txt").await, "b:3 a:25");
}

#[tokio::test]
async fn a_save_during_a_command_is_the_persons() {
    let world = World::new(&[("b.txt", "x\n")]).await;
    let begun = world.shell(&world.a).await;
    world.write("b.txt", "mine\n");
    edits::attribute_save(&world.core, world.project(), "b.txt").await.unwrap();
    world.write("c.txt", "");
    world.shell_ends(&begun).await;
    assert_eq!((world.whose("b.txt").await, world.whose("c.txt").await), ("user:1".into(), "a:*".into()));
}

#[tokio::test]
async fn a_save_that_is_told_after_a_look_is_the_persons() {
    let world = World::new(&[("b.txt", "x\n")]).await;
    world.write("b.txt", "mine\n");
    let begun = world.shell(&world.a).await;
    assert_eq!(world.whose("b.txt").await, "?:1");
    edits::attribute_save(&world.core, world.project(), "b.txt").await.unwrap();
    assert_eq!(world.whose("b.txt").await, "user:1");
    world.shell_ends(&begun).await;
}

#[tokio::test]
async fn a_command_in_the_background_runs_until_its_session_leaves_it() {
    let world = World::new(&[]).await;
    let (begun, _) = world.pre(&world.a, "Bash", json!({"command": "sh x", "run_in_background": true})).await;
    world.post(&begun, json!({"stdout": "", "backgroundTaskId": "b1"})).await;
    world.write("1", "");
    edits::end_calls(&world.core, &world.a, false).await.unwrap();
    world.settle().await;
    assert_eq!(world.whose("1").await, "a:*", "a turn's end is not its end");
    let command = world.shell(&world.b).await;
    world.write("2", "");
    world.shell_ends(&command).await;
    world.write("3", "");
    edits::end_calls(&world.core, &world.a, true).await.unwrap();
    world.write("4", "");
    world.settle().await;
    assert_eq!(world.whose("2").await, "?ab:*");
    assert_eq!(world.whose("3").await, "a:*");
    assert_eq!(world.whose("4").await, "?:*");
}

#[tokio::test]
async fn a_call_that_never_ended_ends_with_its_turn() {
    let world = World::new(&[]).await;
    world.shell(&world.a).await;
    let (edit, _) = world.pre(&world.a, "Edit", world.edit_input("a.txt", "line 3\n", "a\n")).await;
    world.apply(&edit);
    world.write("1", "");
    edits::end_calls(&world.core, &world.a, false).await.unwrap();
    assert_eq!(world.whose("1").await, "a:*");
    assert_eq!(world.whose("a.txt").await, "?a:3", "nobody said that the edit was made");
    world.write("2", "");
    world.settle().await;
    assert_eq!(world.whose("2").await, "?:*");
}

#[tokio::test]
async fn an_end_without_a_beginning_claims_no_command_and_every_patch() {
    let world = World::new(&[("b.txt", "x\n")]).await;
    let command = world.call(&world.a, "Bash", json!({"command": "sh x"}));
    world.write("b.txt", "y\n");
    world.shell_ends(&command).await;
    assert_eq!(world.whose("b.txt").await, "?a:1");
    let edit = world.call(&world.b, "Edit", world.edit_input("a.txt", "line 3\n", "b\n"));
    let response = world.apply(&edit);
    world.settle().await;
    assert_eq!(world.whose("a.txt").await, "?:3");
    world.post(&edit, response).await;
    assert_eq!(world.whose("a.txt").await, "b:3");
}

#[tokio::test]
async fn a_thousand_files_by_one_command() {
    let world = World::new(&[]).await;
    (0..1000).for_each(|n| world.write(&format!("d{}/f {n}", n % 10), "x\n"));
    world.commit();
    world.settle().await;
    let begun = world.shell(&world.a).await;
    (0..1000).for_each(|n| world.write(&format!("d{}/f {n}", n % 10), "x\ny\n"));
    world.shell_ends(&begun).await;
    assert_eq!(world.edited().await.len(), 1000);
    assert_eq!(world.whose("d7/f 977").await, "a:2");
}
