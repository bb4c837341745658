//! What a person saves, from whatever Neovim.

use crate::world::World;
use chorus::contract::FileSaved;
use chorus::ops::edits;
use std::os::unix::fs::MetadataExt;

/// As Neovim reports it.
fn saved(world: &World, path: &str) -> FileSaved {
    let path = world.root.join(path);
    let about = std::fs::metadata(&path).unwrap();
    let (seconds, nanoseconds) = (Some(about.mtime()), Some(about.mtime_nsec()));
    FileSaved { path: path.to_str().unwrap().into(), seconds, nanoseconds, reloaded: false }
}

#[tokio::test]
async fn a_save_counts_whatever_project_the_editor_is_in() {
    let world = World::new(&[("b.txt", "x\n"), ("c.txt", "x\n")]).await;
    let command = world.shell(&world.a).await;
    world.write("b.txt", "mine\n");
    edits::saves::attribute(&world.core, "/", &saved(&world, "b.txt")).await.unwrap();
    world.write("c.txt", "mine\n");
    let home = world.root.parent().unwrap().to_str().unwrap();
    edits::saves::attribute(&world.core, home, &saved(&world, "c.txt")).await.unwrap();
    world.shell_ends(&command).await;
    assert_eq!((world.whose("b.txt").await, world.whose("c.txt").await), ("user:1".into(), "user:1".into()));
}

#[tokio::test]
async fn a_save_that_is_told_after_a_scan_is_the_persons_also_during_a_command() {
    let world = World::new(&[("b.txt", "x\n")]).await;
    let command = world.shell(&world.a).await;
    world.write("b.txt", "mine\n");
    world.settle().await;
    assert_eq!(world.whose("b.txt").await, "?a:1");
    edits::saves::attribute(&world.core, world.project(), &saved(&world, "b.txt")).await.unwrap();
    assert_eq!(world.whose("b.txt").await, "user:1");
    world.shell_ends(&command).await;
}

#[tokio::test]
async fn what_was_written_after_the_save_or_before_it_by_another_is_not_the_persons() {
    let world = World::new(&[]).await;
    let command = world.shell(&world.a).await;
    world.write("a.txt", &world.read("a.txt").replace("line 3\n", "by the command\n"));
    let reloaded = FileSaved { reloaded: true, ..saved(&world, "a.txt") };
    edits::saves::attribute(&world.core, world.project(), &reloaded).await.unwrap();
    world.write("a.txt", &world.read("a.txt").replace("line 9\n", "mine\n"));
    edits::saves::attribute(&world.core, world.project(), &saved(&world, "a.txt")).await.unwrap();
    assert_eq!(world.whose("a.txt").await, "?a:3 user:9");
    let early = saved(&world, "a.txt");
    world.write("a.txt", &world.read("a.txt").replace("line 20\n", "by the command\n"));
    edits::saves::attribute(&world.core, world.project(), &early).await.unwrap();
    assert_eq!(world.whose("a.txt").await, "?a:3 user:9 ?a:20");
    world.shell_ends(&command).await;
}
