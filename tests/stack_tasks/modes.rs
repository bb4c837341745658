//! A file's mode has an owner of its own.

use super::edits::{edit, write};
use super::world::{World, each, each_standin};
use std::os::unix::fs::PermissionsExt;

/// The person makes a file executable.
fn make_executable(world: &World, path: &str) {
    let path = world.project().join(path);
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o755)).unwrap();
}

fn is_executable(world: &World, path: &str) -> bool {
    std::fs::metadata(world.project().join(path)).unwrap().permissions().mode() & 0o111 != 0
}

/// The file's mode on a branch.
fn mode(world: &World, branch: &str, path: &str) -> String {
    world.git(["ls-tree", branch, path]).split(' ').next().unwrap().to_owned()
}

#[test]
fn a_mode_that_a_person_changed_stays_theirs_while_lines_of_the_file_are_committed() {
    each(|world| {
        make_executable(&world, "a.txt");
        let edits = edit("a.txt", 5, "five") + &edit("a.txt", 30, "thirty") + &edit("b.txt", 7, "seven");
        let task = world.rested("Lines", &(edits + &write("new.txt", "new\n") + "[[say done]]"));
        world.awaits(&task, "all of it is committed", |page| page["task"]["uncommitted"] == 0);
        let branch = world.branch(&task);
        assert_eq!(world.look(&task)["trouble"], serde_json::Value::Null);
        let mut changed = world.changed_on(&branch);
        changed.sort();
        let expected = ["+five", "+thirty", "-line 30", "-line 5"].map(|line| format!("a.txt {line}"));
        let others = ["b.txt +seven", "b.txt -line 7", "new.txt +new"].map(str::to_owned);
        assert_eq!(changed, [&expected[..], &others].concat());
        assert_eq!(mode(&world, &branch, "a.txt"), "100644");
        assert!(is_executable(&world, "a.txt"));
        assert_eq!(world.owners(), ["a.txt:1 user"], "the mode is uncommitted still, and the person's");
    });
}

#[test]
fn where_but_commits_the_mode_all_the_same_the_lines_wait() {
    each_standin(|world| {
        world.write("but/modes", "");
        make_executable(&world, "a.txt");
        let edits = edit("a.txt", 5, "five") + &edit("b.txt", 7, "seven");
        let task = world.rested("Lines", &(edits + "[[say done]]"));
        let trouble = world.trouble(&task);
        assert!(trouble["text"].as_str().unwrap().contains("the mode of a.txt"), "{trouble}");
        let branch = world.branch(&task);
        assert_eq!(world.changed_on(&branch), ["b.txt -line 7", "b.txt +seven"]);
        assert!(is_executable(&world, "a.txt") && world.read("a.txt").contains("five\n"));
        // Without that change they go.
        let path = world.project().join("a.txt");
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o644)).unwrap();
        world.json(["commit", &task]);
        assert_eq!(mode(&world, &branch, "a.txt"), "100644");
        assert!(world.changed_on(&branch).contains(&"a.txt +five".to_owned()));
    });
}
