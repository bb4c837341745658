//! Two tasks and the person in one file.

use crate::world::{World, numbered};
use serde_json::json;

#[tokio::test]
async fn distant_edits_of_two_tasks_and_the_person_stay_apart() {
    let world = World::new(&[]).await;
    world.edit(&world.a, "a.txt", "line 3\n", "a\na\n").await;
    world.edit(&world.b, "a.txt", "line 12\n", "").await;
    world.edit(&world.b, "a.txt", "line 20\n", "line 20\nb\n").await;
    world.write("a.txt", &world.read("a.txt").replace("line 28\n", "mine\n"));
    world.save("a.txt").await;
    let expected = "a:3-4 b:-13 b:21 user:29";
    assert_eq!(world.whose("a.txt").await, expected);
    world.settle().await;
    assert_eq!(world.whose("a.txt").await, expected);
    assert_eq!(world.edited().await, ["a.txt"]);
}

#[tokio::test]
async fn the_same_lines_by_two_are_nobodys() {
    let world = World::new(&[]).await;
    world.edit(&world.a, "a.txt", "line 3\nline 4\n", "a\na\n").await;
    world.edit(&world.b, "a.txt", "a\nline 5\n", "b\nline 5\n").await;
    assert_eq!(world.whose("a.txt").await, "a:3 ?ab:4");
    world.edit(&world.b, "a.txt", "line 6\n", "line 6\nb\n").await;
    world.edit(&world.a, "a.txt", "line 6\n", "line 6\nbetween\n").await;
    assert_eq!(world.whose("a.txt").await, "a:3 ?ab:4 a:7 b:8");
}

#[tokio::test]
async fn edits_at_the_same_time_are_each_their_own() {
    let world = World::new(&[]).await;
    let (a, _) = world.pre(&world.a, "Edit", world.edit_input("a.txt", "line 3\n", "a\n")).await;
    let (b, _) = world.pre(&world.b, "Edit", world.edit_input("a.txt", "line 20\n", "b\n")).await;
    let (said_a, said_b) = (world.apply(&a), world.apply(&b));
    world.post(&b, said_b).await;
    world.post(&a, said_a).await;
    assert_eq!(world.whose("a.txt").await, "a:3 b:20");
}

#[tokio::test]
async fn a_save_while_a_tool_waits_for_permission_is_the_persons() {
    let world = World::new(&[]).await;
    let (begun, _) = world.pre(&world.a, "Edit", world.edit_input("a.txt", "line 3\n", "a\n")).await;
    world.write("a.txt", &numbered(&[(9, "mine\n")]));
    world.save(world.root.join("a.txt").to_str().unwrap()).await;
    let response = world.apply(&begun);
    world.post(&begun, response).await;
    assert_eq!(world.whose("a.txt").await, "a:3 user:9");
}

#[tokio::test]
async fn what_an_edit_set_off_beside_its_patch_is_not_claimed() {
    let world = World::new(&[]).await;
    let (begun, _) = world.pre(&world.a, "Edit", world.edit_input("a.txt", "line 3\n", "a\n")).await;
    let response = world.apply(&begun);
    world.write("a.txt", &world.read("a.txt").replace("line 25\n", "line  25\n"));
    world.post(&begun, response).await;
    assert_eq!(world.whose("a.txt").await, "a:3 ?a:25");
}

#[tokio::test]
async fn committed_lines_are_free_again() {
    let world = World::new(&[]).await;
    world.edit(&world.a, "a.txt", "line 3\n", "a\n").await;
    world.commit();
    world.edit(&world.b, "a.txt", "a\n", "b\n").await;
    assert_eq!(world.whose("a.txt").await, "b:3");
    world.commit();
    world.settle().await;
    assert_eq!(world.edited().await, Vec::<String>::new());
}

#[tokio::test]
async fn a_part_may_be_committed() {
    let world = World::new(&[]).await;
    world.edit(&world.a, "a.txt", "line 3\n", "a\n").await;
    let after_a = world.read("a.txt");
    world.edit(&world.b, "a.txt", "line 20\n", "b\n").await;
    let both = world.read("a.txt");
    world.write("a.txt", &after_a);
    world.commit();
    world.write("a.txt", &both);
    world.settle().await;
    assert_eq!(world.whose("a.txt").await, "b:20");
}

#[tokio::test]
async fn what_another_program_pulls_in_is_nobodys_edit() {
    let world = World::new(&[]).await;
    world.edit(&world.a, "a.txt", "line 3\n", "a\n").await;
    let mine = world.read("a.txt");
    world.write("a.txt", &numbered(&[(25, "upstream\n")]));
    world.write("new.txt", "upstream\n");
    world.commit();
    world.write("a.txt", &mine.replace("line 25\n", "upstream\n"));
    world.settle().await;
    assert_eq!(world.whose("a.txt").await, "a:3");
    assert_eq!(world.edited().await, ["a.txt"]);
}

#[tokio::test]
async fn tabs_and_carriage_returns_are_told_otherwise_by_the_tool() {
    let world = World::new(&[("w.txt", "one\r\n\tx = 1\r\n\t\ty\r\nlast")]).await;
    let (begun, _) = world.pre(&world.a, "Edit", world.edit_input("w.txt", "x = 1", "x = 2")).await;
    let response = world.apply(&begun);
    world.write("w.txt", &world.read("w.txt").replace("last", "last\r\n"));
    world.post(&begun, response).await;
    assert_eq!(world.whose("w.txt").await, "a:2 ?a:4");
    world.put(&world.b, "w.txt", "all new\n").await;
    assert_eq!(world.whose("w.txt").await, "?ab:1");
}

#[tokio::test]
async fn a_notebook_tool_tells_no_patch() {
    let world = World::new(&[("n.ipynb", "{\n\"cells\": []\n}\n")]).await;
    let input = json!({"notebook_path": world.root.join("n.ipynb"), "new_source": "1"});
    let (begun, _) = world.pre(&world.a, "NotebookEdit", input).await;
    world.write("n.ipynb", "{\n\"cells\": [1]\n}\n");
    world.post(&begun, json!({"new_source": "1"})).await;
    assert_eq!(world.whose("n.ipynb").await, "?a:2");
}
