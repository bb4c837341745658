//! Two tasks and the user in one file.

use super::world::{A, B, World, each, task};
use chorus::attribution::Owner;
use chorus::commits::plan::Why;
use chorus::vcs::commit::TroubleKind;
use chorus_testkit::but::Grammar;

fn lines(world: &World, branch: &str, path: &str) -> Vec<String> {
    let bytes = world.repository.file_on(branch, path).unwrap();
    String::from_utf8(bytes).unwrap().lines().map(str::to_owned).collect()
}

#[test]
fn distant_hunks_go_each_to_its_own_branch() {
    each(async |world: &mut World| {
        world.repository.change_line("a.txt", 3, "three by a");
        world.repository.change_line("a.txt", 20, "twenty by the user");
        world.repository.change_line("a.txt", 37, "thirty-seven by b");
        let before = world.repository.read("a.txt").unwrap();
        world.claim_lines("a.txt", 2..=3, task("a"));
        world.claim_lines("a.txt", 19..=20, Owner::User);
        world.claim_lines("a.txt", 36..=37, task("b"));
        for name in ["a", "b"] {
            let outcome = world.commit(name).await;
            let made = world.made(outcome);
            assert!(made.left.iter().any(|left| left.why == Why::User), "{made:?}");
            assert_eq!(made.trouble, None);
        }
        let (a, b) = (lines(world, A, "a.txt"), lines(world, B, "a.txt"));
        assert_eq!((a[2].as_str(), a[19].as_str(), a[36].as_str()), ("three by a", "line 20", "line 37"));
        assert_eq!((b[2].as_str(), b[19].as_str(), b[36].as_str()), ("line 3", "line 20", "thirty-seven by b"));
        assert_eq!(world.repository.read("a.txt").unwrap(), before);
        assert_eq!(world.repository.dirty(), ["a.txt"]);
        world.next_works().await;
    });
}

#[test]
fn a_change_on_anothers_commit_is_told_with_its_remedy_and_the_rest_is_committed() {
    each(async |world: &mut World| {
        world.repository.change_line("a.txt", 3, "three by a");
        world.claim("a.txt", task("a"));
        let outcome = world.commit("a").await;
        world.made(outcome);
        world.repository.change_line("a.txt", 3, "three by a, then b");
        world.repository.write("free.txt", "free\n");
        let both = World::claims_of(&["a.txt", "free.txt"], "b", world);
        let outcome = both.commit("b").await;
        let made = both.made(outcome);
        assert_eq!(made.paths, ["free.txt"]);
        let trouble = made.trouble.unwrap();
        assert_eq!((trouble.kind, trouble.above.as_deref()), (TroubleKind::DependsOn, Some(A)), "{}", trouble.text);
        assert_eq!(trouble.paths, ["a.txt"]);
        assert_eq!(both.repository.dirty(), ["a.txt"]);
        both.kept("a.txt", &both.repository.read("a.txt").unwrap());

        let held = both.hold().await;
        both.but.move_above(B, A, &both.permit(&held).await).await.unwrap();
        drop(held);
        let outcome = both.commit("b").await;
        assert_eq!(both.made(outcome).paths, ["a.txt"]);
        assert_eq!(lines(both, B, "a.txt")[2], "three by a, then b");
        assert_eq!(lines(both, A, "a.txt")[2], "three by a");
    });
}

#[test]
fn only_a_change_on_anothers_commit_is_a_trouble_and_no_commit() {
    each(async |world: &mut World| {
        world.repository.change_line("a.txt", 3, "three by a");
        world.claim("a.txt", task("a"));
        let outcome = world.commit("a").await;
        world.made(outcome);
        let tip = world.repository.tip(B);
        world.repository.change_line("a.txt", 3, "three by b");
        let world = World::claims_of(&["a.txt"], "b", world);
        let outcome = world.commit("b").await;
        let trouble = world.trouble(outcome);
        assert_eq!((trouble.kind, trouble.above.as_deref()), (TroubleKind::DependsOn, Some(A)), "{}", trouble.text);
        assert_eq!(world.repository.tip(B), tip, "no empty commit stays");
        assert_eq!(world.repository.dirty(), ["a.txt"]);
        let empty = world.repository.git(["log", "--format=%s", &format!("main..{B}")]);
        assert_eq!(empty, "");
    });
}

#[test]
fn hunks_beside_one_that_depends_are_committed() {
    each(async |world: &mut World| {
        if world.but.grammar() == chorus::vcs::but::Grammar::Old {
            // It leaves out the whole file and does not say which hunk it was.
            assert_eq!(world.repository.program.grammar, Grammar::Old);
            return;
        }
        world.repository.change_line("a.txt", 3, "three by a");
        world.claim("a.txt", task("a"));
        let outcome = world.commit("a").await;
        world.made(outcome);
        world.repository.change_line("a.txt", 3, "three by a, then b");
        world.repository.change_line("a.txt", 30, "thirty by b");
        let world = World::claims_of(&["a.txt"], "b", world);
        let outcome = world.commit("b").await;
        let made = world.made(outcome);
        assert_eq!(made.trouble.unwrap().kind, TroubleKind::DependsOn);
        let b = lines(world, B, "a.txt");
        assert_eq!((b[2].as_str(), b[29].as_str()), ("line 3", "thirty by b"));
    });
}
