//! Branches that cannot be in the tree together.

use super::world::{A, World, each, task};
use chorus::vcs::but::{Grammar, Refusal};

/// A branch made by git alone that changes a line of `a.txt`.
fn branch_with_line(world: &World, name: &str, line: &str) {
    let text = String::from_utf8(world.repository.file_on("main", "a.txt").unwrap()).unwrap();
    let file = world.repository.root().join("of the branch");
    std::fs::write(&file, text.replace("line 5\n", line)).unwrap();
    let blob = world.repository.git(["hash-object", "-w", file.to_str().unwrap()]);
    let tree = world.repository.git(["ls-tree", "main"]);
    let tree: String = tree
        .lines()
        .map(|entry| match entry.ends_with("\ta.txt") {
            true => format!("100644 blob {blob}\ta.txt\n"),
            false => format!("{entry}\n"),
        })
        .collect();
    std::fs::write(&file, tree).unwrap();
    let mut command = world.repository.command("git");
    let input = std::fs::File::open(&file).unwrap();
    let tree = command.arg("mktree").stdin(input).output().unwrap();
    let tree = String::from_utf8(tree.stdout).unwrap();
    let commit = world.repository.git(["commit-tree", tree.trim(), "-p", "main", "-m", "elsewhere"]);
    world.repository.git(["update-ref", &format!("refs/heads/{name}"), &commit]);
}

#[test]
fn a_branch_that_conflicts_with_an_applied_one_is_refused() {
    each(async |world: &mut World| {
        world.repository.change_line("a.txt", 5, "five by a");
        world.claim("a.txt", task("a"));
        let outcome = world.commit("a").await;
        world.made(outcome);
        branch_with_line(world, "elsewhere", "five elsewhere\n");
        let held = world.hold().await;
        let refusal = world.but.apply("elsewhere", &world.permit(&held).await).await.unwrap_err();
        drop(held);
        match &refusal {
            // The old grammar does not say with which.
            Refusal::ConflictsWith(others) if world.but.grammar() == Grammar::Old => assert!(others.is_empty()),
            Refusal::ConflictsWith(others) => assert!(others.iter().any(|other| other == A), "{refusal:?}"),
            other => panic!("{other:?}"),
        }
        world.next_works().await;
    });
}

#[test]
fn an_uncommitted_edit_in_the_way_of_a_branch_is_named() {
    each(async |world: &mut World| {
        branch_with_line(world, "elsewhere", "five elsewhere\n");
        world.repository.change_line("a.txt", 5, "five by nobody");
        let before = world.repository.read("a.txt").unwrap();
        let held = world.hold().await;
        let refusal = world.but.apply("elsewhere", &world.permit(&held).await).await.unwrap_err();
        drop(held);
        assert_eq!(refusal, Refusal::CheckoutConflict(vec!["a.txt".into()]));
        assert_eq!(world.repository.read("a.txt").unwrap(), before);
        world.next_works().await;
    });
}

#[test]
fn names_are_taken_as_they_are_or_refused() {
    each(async |world: &mut World| {
        let held = world.hold().await;
        for name in ["a b", "a..b", "a.lock", "-x", ""] {
            let refusal = world.but.branch_new(name, None, &held).await.unwrap_err();
            assert!(matches!(refusal, Refusal::InvalidName(_)), "{name}: {refusal:?}");
        }
        assert_eq!(world.but.branch_new(A, None, &held).await.unwrap_err(), Refusal::AlreadyApplied(A.into()));
        world.but.branch_new("chorus/3-on-a", Some(A), &held).await.unwrap();
        let status = world.but.status().await.unwrap();
        let stack = status.stacks.iter().find(|stack| stack.branches.len() == 2).unwrap();
        let names: Vec<_> = stack.branches.iter().map(|branch| branch.name.as_str()).collect();
        assert_eq!(names, ["chorus/3-on-a", A]);
        let listed = world.but.branches().await.unwrap();
        assert!(listed.iter().any(|one| one.name == "chorus/3-on-a" && one.applied), "{listed:?}");
    });
}
