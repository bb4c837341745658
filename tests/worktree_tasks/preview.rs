//! A worktree task shown in a GitButler workspace: a copy of its branch, never the branch itself.

use crate::world::World;
use chorus_testkit::but::{Program, Repository, programs};
use chorus_testkit::sandbox::Ran;

/// A GitButler project of that program beside the sandbox's own.
fn world(program: &Program) -> (World, Repository) {
    let mut world = World::new();
    let repository = Repository::new(program);
    for (name, value) in repository.environment() {
        if name != "HOME" && name != "PATH" && !name.starts_with("XDG_CONFIG") {
            world.set(name, value);
        }
    }
    world.set("HOME", repository.environment()["HOME"].clone());
    world.link("but", &repository.bin().join("but"));
    world.set("CHORUS_PROJECT_ROOT", repository.path().to_string_lossy().into_owned());
    (world, repository)
}

#[test]
fn it_shows_a_copy_and_the_task_goes_on_in_its_worktree() {
    for program in programs() {
        println!("on {}", program.name);
        let (world, repository) = world(&program);
        repository.write("mine.txt", "uncommitted, of the person\n");
        let task = world.with("Greet people", "worktree");
        world.json(["start", &task, "--prompt", "Write the greeting [[bash: echo hello > greeting.txt]] [[say done]]"]);
        world.rests(&task, 1);
        world.commits(&task, 1);
        let (branch, folder) = (world.branch(&task), world.worktree(&task));
        let copy = format!("{branch}-preview");
        let refs = || repository.git(["for-each-ref", "--format=%(refname) %(objectname)", "refs/heads/chorus"]);
        let before = refs();

        let explained: Ran = world.run(["preview", &task]);
        assert_eq!(explained.code, 0, "{explained:?}");
        assert!(explained.stdout.contains(&copy) && explained.stderr.contains("--yes"), "{explained:?}");
        assert_eq!(refs(), before, "nothing was done");

        world.json(["preview", &task, "--yes"]);
        assert_eq!(repository.read("greeting.txt").unwrap(), b"hello\n");
        assert_eq!(repository.read("mine.txt").unwrap(), b"uncommitted, of the person\n");
        let tip = repository.tip(&branch);

        world.turn(&task, "Say a little more there [[bash: echo more >> greeting.txt]] [[say done]]");
        world.commits(&task, 2);
        assert_eq!(repository.read("greeting.txt").unwrap(), b"hello\n", "the workspace shows what it was told");
        assert_eq!(repository.git(["rev-parse", &format!("{branch}~1")]), tip);
        world.json(["preview", &task, "--yes"]);
        assert_eq!(repository.read("greeting.txt").unwrap(), b"hello\nmore\n");
        assert_eq!(repository.file_on(&copy, "greeting.txt").unwrap(), b"hello\nmore\n");
        let twice = refs();
        world.json(["preview", &task, "--yes"]);
        assert_eq!(refs(), twice, "nothing new, nothing done");

        world.turn(&task, "And the last of it [[bash: echo last >> greeting.txt]] [[say done]]");
        world.commits(&task, 3);
        assert_eq!(repository.file_on(&branch, "greeting.txt").unwrap(), b"hello\nmore\nlast\n");
        assert_eq!(repository.git(["rev-list", "--count", &format!("main..{branch}")]), "3");
        world.json(["complete", &task, "--no-edit"]);
        assert!(folder.join("greeting.txt").exists(), "a preview is no merge");
        assert_eq!(repository.read("mine.txt").unwrap(), b"uncommitted, of the person\n");
    }
}

#[test]
fn where_it_cannot_be_shown_it_says_why() {
    let world = World::new();
    let task = world.rested("Greet people", "Write the greeting [[bash: echo hello > greeting.txt]] [[say done]]");
    world.commits(&task, 1);
    let before = world.traces();
    let refusal = world.refused(["preview", &task, "--yes"]);
    refusal.is_clear();
    assert!(refusal.message.contains("cannot show #1 in the workspace"), "{refusal:?}");
    let none = world.with("Shared", "none");
    let refusal = world.refused(["preview", &none, "--yes"]);
    refusal.is_clear();
    assert!(refusal.message.contains("has no worktree"), "{refusal:?}");
    assert_eq!(world.traces(), before);
}

#[test]
fn in_a_workspace_a_branch_is_taken_in_by_gitbutler() {
    let program = programs().into_iter().next().unwrap();
    let (world, _repository) = world(&program);
    let task = world.with("Greet people", "worktree");
    world.json(["start", &task, "--prompt", "Write the greeting [[bash: echo hello > greeting.txt]] [[say done]]"]);
    world.rests(&task, 1);
    world.commits(&task, 1);
    let branch = world.branch(&task);
    world.json(["complete", &task, "--no-edit"]);
    let said = world.look(&task)["result"].as_str().unwrap().to_owned();
    assert!(said.contains(&format!("`but apply {branch}`")) && !said.contains("git merge"), "{said}");
}
