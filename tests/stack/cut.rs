//! The daemon, or `but`, killed at any moment of a commit.

use super::world::{A, B, Unwritten, World, branch, each, each_standin, task};
use chorus::commits::plan::{PlannedPiece, What};
use chorus::vcs::commit::CommitOutcome;
use chorus::vcs::rewrite::{Intent, Permit};
use std::time::Duration;

/// A commit of `a.txt` and a new file that is cut right after its intent was written down.
async fn cut_at_intent(world: &mut World) -> Vec<PlannedPiece> {
    world.repository.change_line("a.txt", 3, "three by a");
    world.repository.write("new.txt", "new\n");
    world.repository.change_line("b.txt", 9, "nine by b");
    world.claim("a.txt", task("a"));
    world.claim("new.txt", task("a"));
    world.claim("b.txt", task("b"));
    world.stop_at_intent = true;
    world.try_commit("a").await.unwrap_err();
    world.stop_at_intent = false;
    ["a.txt", "new.txt"].map(|path| PlannedPiece { path: path.into(), what: What::Whole }).into()
}

/// `but commit` as the daemon would have run it, with nobody to look at what came of it.
async fn unseen(world: &World, pieces: &[PlannedPiece], limit: Duration) {
    let held = world.hold().await;
    let status = world.but.status().await.unwrap();
    let intent = world.intents.last().unwrap().clone();
    let message = intent.message.clone();
    let permit = Permit::begin(&held, &Intent::Commit(Box::new(intent)), &mut Unwritten).await.unwrap();
    let but = world.but.clone().with_limit(limit);
    let _ = but.commit(branch("a"), &message, pieces, &status, &permit).await;
}

#[test]
fn before_but_ran_nothing_was_committed() {
    each(async |world: &mut World| {
        cut_at_intent(world).await;
        assert_eq!(world.recover().await, CommitOutcome::Nothing { left: vec![] });
        let outcome = world.commit("a").await;
        assert_eq!(world.made(outcome).paths, ["a.txt", "new.txt"]);
        world.next_works().await;
    });
}

#[test]
fn after_but_ran_the_commit_is_found() {
    each(async |world: &mut World| {
        let pieces = cut_at_intent(world).await;
        unseen(world, &pieces, Duration::from_secs(60)).await;
        let outcome = world.recover().await;
        let made = world.made(outcome);
        assert_eq!((made.oid.as_str(), made.paths.len()), (world.repository.tip(A).as_str(), 2));
        let outcome = world.recover().await;
        assert_eq!(world.made(outcome), made, "recovering twice is no harm");
        world.next_works().await;
    });
}

#[test]
fn but_killed_at_any_moment_loses_nothing() {
    each(async |world: &mut World| {
        let pieces = cut_at_intent(world).await;
        for moment in 0..24 {
            let number = |name: &str| format!("{name} {moment}");
            world.repository.change_line("a.txt", 3, &number("three"));
            world.repository.write("new.txt", number("new\n"));
            world.repository.change_line("b.txt", 9, &number("nine"));
            let paths = ["a.txt", "new.txt", "b.txt"];
            let before: Vec<_> = paths.iter().map(|path| world.repository.read(path).unwrap()).collect();
            let tip = world.repository.tip(B);
            world.stop_at_intent = true;
            world.try_commit("a").await.unwrap_err();
            world.stop_at_intent = false;
            unseen(world, &pieces, Duration::from_millis(moment * moment)).await;
            let outcome = world.recover().await;
            let outcome = match outcome {
                CommitOutcome::Nothing { .. } => world.commit("a").await,
                other => other,
            };
            let made = world.made(outcome);
            assert_eq!((made.paths.join(" ").as_str(), &made.trouble), ("a.txt new.txt", &None), "at {moment}");
            for (path, bytes) in paths.iter().zip(&before) {
                assert_eq!(world.repository.read(path).as_ref(), Some(bytes), "{path} at {moment}");
            }
            assert_eq!(world.repository.tip(B), tip);
            assert_eq!(world.repository.dirty(), ["b.txt"], "at {moment}");
        }
        world.next_works().await;
    });
}

#[test]
fn what_agents_did_while_no_daemon_was_there_stays() {
    each(async |world: &mut World| {
        let pieces = cut_at_intent(world).await;
        unseen(world, &pieces, Duration::from_secs(60)).await;
        world.repository.change_line("a.txt", 3, "three, later");
        world.repository.write("b.txt", "all new\n");
        std::fs::remove_file(world.repository.path().join("new.txt")).unwrap();
        // Long ago.
        world.intents.last_mut().unwrap().at -= 10 * 60 * 1000;
        let outcome = world.recover().await;
        let made = world.made(outcome);
        assert_eq!(made.meanwhile, ["a.txt", "b.txt", "new.txt"]);
        assert!(world.repository.read("new.txt").is_none());
        assert_eq!(world.repository.read("b.txt").unwrap(), b"all new\n");
        world.next_works().await;
    });
}

#[test]
fn a_fault_that_nobody_saw_is_put_right_later() {
    for fault in ["lose-stack", "conflict-markers", "die-between", "die-after", "empty-commit", "hang", "garbage"] {
        each_standin(async |world: &mut World| {
            world.repository.write("of b.txt", "b\n");
            world.claim("of b.txt", task("b"));
            let outcome = world.commit("b").await;
            world.made(outcome);
            let tip = world.repository.tip(B);
            let pieces = cut_at_intent(world).await;
            let paths = ["a.txt", "new.txt", "b.txt", "of b.txt"];
            let before: Vec<_> = paths.iter().map(|path| world.repository.read(path).unwrap()).collect();
            world.repository.fault(fault);
            unseen(world, &pieces, Duration::from_secs(if fault == "hang" { 2 } else { 60 })).await;
            world.recover().await;
            for (path, bytes) in paths.iter().zip(&before) {
                let now = String::from_utf8(world.repository.read(path).unwrap()).unwrap();
                let now = now.strip_suffix("written meanwhile\n").unwrap_or(&now);
                assert_eq!(now.as_bytes(), bytes, "{fault}: {path}");
            }
            assert_eq!(world.repository.tip(B), tip, "{fault}");
            world.next_works().await;
            assert_eq!(world.repository.file_on(A, "a.txt"), world.repository.read("a.txt"), "{fault}");
        });
    }
}

#[test]
fn an_intent_says_when_as_file_systems_do() {
    // As after the wall clock was set back by an hour: stamps of Chorus's own go on.
    chorus::clock::go_on_from(chorus::clock::now() + 3_600_000);
    each_standin(async |world: &mut World| {
        cut_at_intent(world).await;
        assert!(world.intents.last().unwrap().at <= chorus::clock::wall());
    });
}
