//! The daemon ends in the middle.

use crate::world::World;
use serde_json::json;

#[tokio::test]
async fn what_was_known_is_known_and_what_happened_meanwhile_is_nobodys() {
    let mut world = World::new(&[("b.txt", "x\n"), ("c.txt", "x\n")]).await;
    world.edit(&world.a, "a.txt", "line 3\n", "a\n").await;
    world.restart().await;
    world.write("b.txt", "meanwhile\n");
    world.write("a.txt", &world.read("a.txt").replace("line 9\n", "meanwhile\n"));
    world.edit(&world.b, "c.txt", "x", "b").await;
    assert_eq!(world.whose("a.txt").await, "a:3 ?:9");
    assert_eq!(world.whose("b.txt").await, "?:1");
    assert_eq!(world.whose("c.txt").await, "b:1");
}

#[tokio::test]
async fn a_call_that_was_open_ends_after_the_restart() {
    let mut world = World::new(&[]).await;
    let (edit, _) = world.pre(&world.a, "Edit", world.edit_input("a.txt", "line 3\n", "a\n")).await;
    let command = world.shell(&world.b).await;
    let response = world.apply(&edit);
    world.write("1", "");
    world.restart().await;
    world.settle().await;
    assert_eq!(world.whose("1").await, "?b:*");
    world.post(&edit, response).await;
    assert_eq!(world.whose("a.txt").await, "a:3");
    world.write("2", "");
    world.shell_ends(&command).await;
    assert_eq!(world.whose("2").await, "?b:*");
}

#[tokio::test]
async fn events_that_found_no_daemon_come_late() {
    let mut world = World::new(&[("b.txt", "x\n")]).await;
    world.restart().await;
    let edit = world.call(&world.a, "Edit", world.edit_input("a.txt", "line 3\n", "a\n"));
    let response = world.apply(&edit);
    let command = world.call(&world.b, "Bash", json!({"command": "sh x"}));
    world.write("b.txt", "y\n");
    world.announce(&edit).await;
    world.post(&edit, response).await;
    world.announce(&command).await;
    world.shell_ends(&command).await;
    assert_eq!(world.whose("a.txt").await, "a:3");
    assert_eq!(world.whose("b.txt").await, "?:1");
    world.restart().await;
    world.write("b.txt", "z\n");
    let command = world.call(&world.b, "Bash", json!({"command": "sh x"}));
    world.announce(&command).await;
    world.shell_ends(&command).await;
    assert_eq!(world.whose("b.txt").await, "?b:1");
}

#[tokio::test]
async fn what_was_committed_meanwhile_is_committed() {
    let mut world = World::new(&[]).await;
    world.edit(&world.a, "a.txt", "line 3\n", "a\n").await;
    world.put(&world.a, "new", "a\n").await;
    world.restart().await;
    world.commit();
    world.edit(&world.b, "a.txt", "a\n", "b\n").await;
    assert_eq!(world.whose("a.txt").await, "b:3");
    assert_eq!(world.edited().await, ["a.txt"]);
}
