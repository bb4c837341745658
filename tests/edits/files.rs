//! Files that are more than lines, and those that are nobody's business.

use crate::world::World;
use std::fs::{self, Permissions};
use std::os::unix::fs::{PermissionsExt, symlink};

#[tokio::test]
async fn deletes_renames_modes_links_and_binaries() {
    let files = [("gone", "x\n"), ("old", "x\n"), ("mode", "x\n"), ("link", "x\n"), ("picture", "\0 1"), ("empty", "")];
    let world = World::new(&files).await;
    world.edit(&world.b, "mode", "x", "b").await;
    let begun = world.shell(&world.a).await;
    let path = |name: &str| world.root.join(name);
    fs::remove_file(path("gone")).unwrap();
    fs::rename(path("old"), path("new")).unwrap();
    fs::set_permissions(path("mode"), Permissions::from_mode(0o755)).unwrap();
    fs::remove_file(path("link")).unwrap();
    symlink("a.txt", path("link")).unwrap();
    symlink("nowhere", path("dangling")).unwrap();
    world.write("picture", "\0 2");
    world.write("empty", "no more");
    world.write("new empty", "");
    world.shell_ends(&begun).await;
    world.settle().await;
    for name in ["gone", "old", "link"] {
        assert_eq!(world.whose(name).await, "?a:* ?a:-1", "{name}");
    }
    assert_eq!(world.whose("new").await, "?a:* ?a:1");
    assert_eq!(world.whose("mode").await, "?ab:* b:1", "or a hook after the edit by b");
    assert_eq!(world.whose("dangling").await, "?a:*");
    assert_eq!(world.whose("picture").await, "?a:*");
    assert_eq!(world.whose("empty").await, "?a:1");
    assert_eq!(world.whose("new empty").await, "?a:*");

    let begun = world.shell(&world.b).await;
    world.write("picture", "\0 3");
    world.write("gone", "x\n");
    world.shell_ends(&begun).await;
    assert_eq!(world.whose("picture").await, "?ab:* ?ab:-1");
    world.settle().await;
    assert_eq!(world.whose("gone").await, "clean", "it is as it was");
}

#[tokio::test]
async fn any_name() {
    let names = ["with space", "co:lon", ":(top)x", "é/日本", "-dash", "quo\"te", "star*", "new\nline", " lead"];
    let world = World::new(&names.map(|name| (name, "x\n"))).await;
    for name in names {
        world.edit(&world.a, name, "x", "a").await;
        assert_eq!(world.whose(name).await, "a:1", "{name:?}");
        world.put(&world.b, &format!("{name}+"), "b\n").await;
        assert_eq!(world.whose(&format!("{name}+")).await, "b:* b:1", "{name:?}");
    }
    world.settle().await;
    assert_eq!(world.edited().await.len(), 2 * names.len());
    world.commit();
    world.settle().await;
    assert_eq!(world.edited().await, Vec::<String>::new());
}

#[tokio::test]
async fn what_is_ignored_or_elsewhere_is_nobodys_business() {
    let world = World::new(&[(".gitignore", "*.log\n"), ("nested/x", "")]).await;
    world.put(&world.a, "x.log", "a\n").await;
    world.put(&world.a, ".git/description", "a\n").await;
    world.put(&world.a, "../elsewhere", "a\n").await;
    fs::create_dir(world.root.join("other")).unwrap();
    fs::create_dir(world.root.join("other/.git")).unwrap();
    world.put(&world.a, "other/x", "a\n").await;
    world.save("x.log").await;
    world.save("/").await;
    world.settle().await;
    assert_eq!(world.edited().await, Vec::<String>::new());
    world.put(&world.a, "folder/of/its/own", "a\n").await;
    symlink("a.txt", world.root.join("link")).unwrap();
    world.save("link").await;
    world.edit(&world.a, "link", "line 3", "a").await;
    assert_eq!(world.whose("a.txt").await, "a:3", "through a link");
    assert_eq!(world.whose("folder/of/its/own").await, "a:* a:1");
}

#[tokio::test]
async fn what_git_tracks_though_ignored_is_seen() {
    let world = World::new(&[(".gitignore", "*.log\n"), ("x.log", "x\n")]).await;
    world.git(&["add", "-f", "x.log"]);
    world.commit();
    world.settle().await;
    let begun = world.shell(&world.a).await;
    world.write("x.log", "a\n");
    world.write("y.log", "a\n");
    world.shell_ends(&begun).await;
    assert_eq!(world.whose("x.log").await, "?a:1");
    assert_eq!(world.edited().await, ["x.log"]);
}

#[tokio::test]
async fn line_endings_that_git_changes_are_no_edit() {
    let world = World::new(&[("w.txt", "x\r\ny\r\n"), (".gitattributes", "w.txt text eol=crlf\n")]).await;
    world.edit(&world.a, "w.txt", "y", "a").await;
    assert_eq!(world.whose("w.txt").await, "a:2");
    let begun = world.shell(&world.b).await;
    world.write("w.txt", "x\ny\n");
    world.shell_ends(&begun).await;
    world.settle().await;
    assert_eq!(world.whose("w.txt").await, "clean");
}

#[tokio::test]
async fn before_the_first_commit() {
    let world = World::new(&[]).await;
    world.git(&["checkout", "-q", "--orphan", "fresh"]);
    world.git(&["rm", "-rqf", "."]);
    world.put(&world.a, "b.txt", "a\n").await;
    world.settle().await;
    assert_eq!(world.whose("b.txt").await, "a:* a:1");
}

#[tokio::test]
async fn only_tasks_that_share_the_tree() {
    let world = World::new(&[]).await;
    let uuid = world.a.uuid.clone();
    let alone = chorus::task::Isolation::Worktree;
    world.core.store().unwrap().write(move |tx| tx.set_isolation(&uuid, alone, None)).await.unwrap();
    world.edit(&world.a, "a.txt", "line 3", "a").await;
    assert_eq!(world.edited().await, Vec::<String>::new());
}
