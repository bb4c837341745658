//! Repositories in which a commit would be lost, or cannot be made.

use super::world::{A, B, World, each, task};
use chorus::vcs::commit::TroubleKind;

/// A commit from outside on an applied branch.
fn move_outside(world: &World, branch: &str) -> String {
    let tree = world.repository.git(["rev-parse", &format!("{branch}^{{tree}}")]);
    let commit = world.repository.git(["commit-tree", &tree, "-p", branch, "-m", "from outside"]);
    world.repository.git(["update-ref", &format!("refs/heads/{branch}"), &commit]);
    commit
}

/// What the next commit is to take.
fn second_edit(world: &mut World) {
    world.repository.write("second.txt", "second\n");
    world.claim("second.txt", task("a"));
}

/// What a person does to make GitButler see a branch as it is.
async fn take_up_again(world: &World) {
    let held = world.hold().await;
    world.but.unapply(A, &world.permit(&held).await).await.unwrap();
    world.but.apply(A, &world.permit(&held).await).await.unwrap();
}

async fn with_a_commit(world: &mut World) {
    world.repository.write("first.txt", "first\n");
    world.claim("first.txt", task("a"));
    let outcome = world.commit("a").await;
    world.made(outcome);
}

#[test]
fn a_branch_moved_from_outside_is_told_and_nothing_is_lost() {
    each(async |world: &mut World| {
        with_a_commit(world).await;
        let outside = move_outside(world, A);
        second_edit(world);
        let outcome = world.commit("a").await;
        let trouble = world.trouble(outcome);
        assert_eq!(trouble.kind, TroubleKind::MovedOutside, "{}", trouble.text);
        assert_eq!(world.repository.tip(A), outside);
        assert_eq!(world.repository.read("second.txt").unwrap(), b"second\n");

        take_up_again(world).await;
        let outcome = world.commit("a").await;
        world.made(outcome);
        world.repository.git(["merge-base", "--is-ancestor", &outside, A]);
        world.next_works().await;
    });
}

#[test]
fn a_branch_moved_during_the_commit_loses_no_byte() {
    each(async |world: &mut World| {
        with_a_commit(world).await;
        world.repository.write("second.txt", "second\n");
        world.repository.change_line("b.txt", 3, "b's own");
        world.claim("second.txt", task("a"));
        let root = world.repository.path();
        let commit = format!("git update-ref refs/heads/{A} $(git commit-tree '{A}^{{tree}}' -p {A} -m outside)");
        let environment = world.repository.environment().clone();
        world.meanwhile = Some(Box::new(move || {
            let mut shell = std::process::Command::new("sh");
            let done = shell.args(["-c", &commit]).env_clear().envs(&environment).current_dir(&root).status();
            assert!(done.unwrap().success());
        }));
        let outcome = world.commit("a").await;
        world.meanwhile = None;
        let trouble = world.trouble(outcome);
        assert_eq!(trouble.kind, TroubleKind::MovedOutside, "{}", trouble.text);
        assert_eq!(world.repository.read("second.txt").unwrap(), b"second\n");
        world.kept("b.txt", &world.repository.read("b.txt").unwrap());
        assert!(world.repository.read("b.txt").unwrap().starts_with(b"b 1\nb 2\nb's own\n"));

        take_up_again(world).await;
        let outcome = world.commit("a").await;
        world.made(outcome);
        assert_eq!(world.repository.file_on(A, "second.txt").unwrap(), b"second\n");
    });
}

#[test]
fn another_stack_that_was_moved_is_left_as_it_is() {
    each(async |world: &mut World| {
        with_a_commit(world).await;
        world.repository.write("of b.txt", "b\n");
        world.claim("of b.txt", task("b"));
        let outcome = world.commit("b").await;
        world.made(outcome);
        let outside = move_outside(world, B);
        second_edit(world);
        let outcome = world.commit("a").await;
        assert_eq!(world.made(outcome).trouble, None);
        assert_eq!(world.repository.tip(B), outside);
    });
}

#[test]
fn a_branch_that_is_not_applied_is_told() {
    each(async |world: &mut World| {
        with_a_commit(world).await;
        let held = world.hold().await;
        world.but.unapply(A, &world.permit(&held).await).await.unwrap();
        drop(held);
        second_edit(world);
        let outcome = world.commit("a").await;
        let trouble = world.trouble(outcome);
        assert_eq!((trouble.kind, trouble.remedy.unwrap()), (TroubleKind::NotApplied, format!("run `but apply {A}`")));
        assert_eq!(world.repository.dirty(), ["second.txt"]);
        let held = world.hold().await;
        world.but.apply(A, &world.permit(&held).await).await.unwrap();
        drop(held);
        world.next_works().await;
    });
}

#[test]
fn a_repository_on_another_branch_or_with_a_commit_on_the_workspace_is_told() {
    each(async |world: &mut World| {
        with_a_commit(world).await;
        second_edit(world);
        world.repository.git(["commit", "--quiet", "--no-verify", "--allow-empty", "-m", "on the workspace"]);
        let outcome = world.commit("a").await;
        let trouble = world.trouble(outcome);
        assert_eq!(trouble.kind, TroubleKind::Repository, "{}", trouble.text);
        assert!(trouble.remedy.unwrap().contains("reset --soft"));
        world.repository.git(["reset", "--quiet", "--soft", "HEAD~1"]);
        world.repository.git(["checkout", "--quiet", "main"]);
        let outcome = world.commit("a").await;
        let trouble = world.trouble(outcome);
        assert_eq!(trouble.kind, TroubleKind::Repository, "{}", trouble.text);
        assert_eq!(world.repository.read("second.txt").unwrap(), b"second\n");
        world.repository.git(["checkout", "--quiet", "gitbutler/workspace"]);
        world.next_works().await;
    });
}

#[test]
fn without_an_author_nothing_is_committed() {
    each(async |world: &mut World| {
        world.repository.git(["config", "--unset", "user.name"]);
        world.repository.git(["config", "--unset", "user.email"]);
        world.repository.write("x", "x");
        world.claim("x", task("a"));
        let outcome = world.commit("a").await;
        let trouble = world.trouble(outcome);
        assert_eq!(trouble.kind, TroubleKind::Repository, "{}", trouble.text);
        assert_eq!(world.repository.dirty(), ["x"]);
        world.repository.git(["config", "user.name", "A Tester"]);
        world.repository.git(["config", "user.email", "tester@localhost"]);
        world.next_works().await;
    });
}
