//! A `but` that fails in every way it was seen to, and some more.

use super::world::{A, B, World, each_standin, task};
use chorus::vcs::commit::{CommitOutcome, TroubleKind};
use std::time::Duration;

/// Both tasks and the user have edits; the commit of `a` meets a fault. Afterwards every byte is there, none is on a
/// wrong branch, and the next commits work.
async fn with_fault(world: &mut World, fault: &str) -> CommitOutcome {
    world.repository.write("before.txt", "before\n");
    world.claim("before.txt", task("b"));
    let outcome = world.commit("b").await;
    world.made(outcome);
    let tip = world.repository.tip(B);

    world.repository.change_line("a.txt", 3, "three by a");
    world.repository.write("new by a.txt", "new\n");
    world.repository.change_line("b.txt", 7, "seven by b");
    world.repository.write("user's.txt", "user\n");
    world.claim("a.txt", task("a"));
    world.claim("new by a.txt", task("a"));
    world.claim("b.txt", task("b"));
    let paths = ["a.txt", "new by a.txt", "b.txt", "user's.txt", "before.txt"];
    let before: Vec<_> = paths.iter().map(|path| world.repository.read(path).unwrap()).collect();

    world.but = world.but.clone().with_limit(Duration::from_secs(if fault == "hang" { 2 } else { 60 }));
    world.repository.fault(fault);
    let outcome = world.commit("a").await;
    assert!(world.repository.faults_left().is_empty());

    for (path, bytes) in paths.iter().zip(&before) {
        world.kept(path, bytes);
        let now = world.repository.read(path).unwrap();
        let now = String::from_utf8(now).unwrap();
        let then = std::str::from_utf8(bytes).unwrap();
        // Two of the faults write into a file as somebody else would.
        assert_eq!(now.strip_suffix("written meanwhile\n").unwrap_or(&now), then, "{fault}: {path}");
    }
    assert_eq!(world.repository.tip(B), tip, "{fault}");
    assert!(world.repository.changed_on(A).iter().all(|path| path.contains('a')), "{fault}");
    world.next_works().await;
    for path in ["a.txt", "new by a.txt"] {
        assert_eq!(world.repository.file_on(A, path), world.repository.read(path), "{fault}: {path} is committed now");
    }
    outcome
}

#[test]
fn one_that_hangs() {
    each_standin(async |world: &mut World| {
        let outcome = with_fault(world, "hang").await;
        assert_eq!(world.trouble(outcome).kind, TroubleKind::Tool);
    });
}

#[test]
fn one_that_answers_garbage() {
    each_standin(async |world: &mut World| {
        with_fault(world, "garbage").await;
    });
}

#[test]
fn one_that_dies_before_anything() {
    each_standin(async |world: &mut World| {
        let outcome = with_fault(world, "die-before").await;
        assert_eq!(world.trouble(outcome).kind, TroubleKind::Tool);
    });
}

#[test]
fn one_that_dies_in_between() {
    each_standin(async |world: &mut World| {
        with_fault(world, "die-between").await;
    });
}

#[test]
fn one_that_dies_after_all_is_done() {
    each_standin(async |world: &mut World| {
        let outcome = with_fault(world, "die-after").await;
        assert_eq!(world.made(outcome).paths, ["a.txt", "new by a.txt"]);
    });
}

#[test]
fn one_that_makes_an_empty_commit() {
    each_standin(async |world: &mut World| {
        with_fault(world, "empty-commit").await;
    });
}

#[test]
fn one_that_finds_the_disk_full() {
    each_standin(async |world: &mut World| {
        let outcome = with_fault(world, "disk-full").await;
        assert_eq!(world.trouble(outcome).kind, TroubleKind::Tool);
    });
}

#[test]
fn one_that_fails() {
    each_standin(async |world: &mut World| {
        let outcome = with_fault(world, "fail").await;
        assert_eq!(world.trouble(outcome).kind, TroubleKind::Tool);
    });
}

#[test]
fn one_that_loses_a_stack() {
    each_standin(async |world: &mut World| {
        let outcome = with_fault(world, "lose-stack").await;
        assert_eq!(world.made(outcome).trouble, None);
    });
}

#[test]
fn one_that_leaves_conflict_markers() {
    each_standin(async |world: &mut World| {
        with_fault(world, "conflict-markers").await;
    });
}

#[test]
fn one_during_which_a_file_is_written() {
    each_standin(async |world: &mut World| {
        with_fault(world, "written-meanwhile").await;
    });
}
