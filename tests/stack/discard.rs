//! A branch that somebody else moves while it is discarded.

use super::world::{A, Unwritten, World, each_standin, task};
use chorus::commits::plan::{PlannedPiece, What};
use chorus::vcs::commit::CommitPlace;
use chorus::vcs::rewrite::{self, Action};
use std::collections::BTreeSet;

#[test]
fn a_commit_that_comes_after_the_plan_is_kept_too() {
    each_standin(async |world: &mut World| {
        world.repository.write("first.txt", "first\n");
        world.claim("first.txt", task("a"));
        let outcome = world.commit("a").await;
        world.made(outcome);
        let reference = "refs/chorus/discarded/1-1".to_owned();
        let planned = world.repository.tip(A);
        world.git.update_ref(&format!("{reference}/tip"), &planned, None).await.unwrap();
        let held = world.hold().await;
        let place = CommitPlace { git: &world.git, but: &world.but, held: &held };
        let before = rewrite::keep(place, 1, &BTreeSet::new()).await.unwrap();
        let action = Action::Discard { branch: A.into(), reference: reference.clone(), files: Vec::new() };
        let (intent, permit) = before.begin(place, action, &mut Unwritten).await.unwrap();
        // A person, or GitButler's own window, which know nothing of Chorus's lock.
        world.repository.write("late.txt", "late\n");
        let status = world.but.status().await.unwrap();
        let late = [PlannedPiece { path: "late.txt".into(), what: What::Whole }];
        world.but.commit(A, "late", &late, &status, &permit).await.unwrap();
        let tip = world.repository.tip(A);
        assert_ne!(tip, planned);

        rewrite::run(place, &intent, &permit).await.unwrap().done.unwrap();
        assert_eq!(world.git.resolve(&format!("refs/heads/{A}")).await.unwrap(), None);
        assert_eq!(world.git.resolve(&format!("{reference}/tip")).await.unwrap(), Some(tip));
    });
}
