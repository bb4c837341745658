//! A branch that an agent or a person rewrites: the task's commits are those that are on it.

use crate::world::World;

const EDIT: &str = "Write the greeting [[bash: echo hello > greeting.txt]] [[say I wrote the greeting.]]";

fn begun() -> (World, String) {
    let world = World::new();
    let task = world.rested("Greet people", EDIT);
    world.commits(&task, 1);
    (world, task)
}

fn subjects(world: &World, task: &str) -> Vec<String> {
    let page = world.page(task);
    let commits = page["commits"].as_array().unwrap();
    commits.iter().map(|commit| commit["subject"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn a_commit_that_was_amended_counts_once() {
    let (world, task) = begun();
    world.turn(&task, "Reword it now please [[bash: git commit -q --amend -m Amended]] [[say done]]");
    world.awaits(&task, "the new commit", |_| subjects(&world, &task) == ["Amended"]);
    assert_eq!(world.look(&task)["commits"], 1);
    let left = world.told(&task, "commits_left");
    assert!(left[0].contains("not on") && left[0].contains("Write the greeting"), "{left:?}");
    world.json(["complete", &task, "--no-edit"]);
    let said = world.look(&task)["result"].as_str().unwrap().to_owned();
    assert!(said.contains("has 1 commit."), "{said}");
}

#[test]
fn what_was_reset_away_is_not_called_merged() {
    let (world, task) = begun();
    world.turn(&task, "Throw it away now please [[bash: git reset -q --hard main]] [[say done]]");
    world.commits(&task, 0);
    world.json(["complete", &task, "--no-edit"]);
    let said = world.look(&task)["result"].as_str().unwrap().to_owned();
    assert_eq!(said, "Nothing was committed.");
}

#[test]
fn commits_that_were_merged_stay_the_task_s() {
    let (world, task) = begun();
    let branch = world.branch(&task);
    world.git(["merge", "-q", "--no-ff", "-m", "merged", &branch]);
    world.turn(&task, "Go on with it [[bash: echo more >> greeting.txt]] [[say done]]");
    world.commits(&task, 2);
    assert_eq!(world.count(&task, "commits_left"), 0);
}

#[test]
fn commits_that_were_discarded_come_back_as_chorus_s_own() {
    let (world, task) = begun();
    world.json(["fail", &task, "--discard"]);
    assert_eq!(world.look(&task)["commits"], 0);
    world.json(["reopen", &task, "--restore"]);
    world.commits(&task, 1);
    let committed = world.told(&task, "committed");
    assert!(committed.iter().all(|text| !text.contains("did not make")), "{committed:?}");
}

#[test]
fn a_worktree_and_a_branch_that_a_person_cleaned_away_do_not_keep_a_task_from_its_end() {
    for is_merged in [true, false] {
        let (world, task) = begun();
        let (folder, branch) = (world.worktree(&task), world.branch(&task));
        if is_merged {
            world.git(["merge", "-q", &branch]);
        }
        world.git(["worktree", "remove", "--force", folder.to_str().unwrap()]);
        world.git(["branch", "-q", "-D", &branch]);
        world.turn(&task, "Anything left? [[say no]]");
        let trouble = world.trouble(&task, &["worktree is gone", "so is its branch", "complete"]);
        assert!(!trouble["remedy"].as_str().unwrap().contains("restart"), "{trouble}");
        world.json(["complete", &task, "--no-edit"]);
        let found = world.look(&task);
        assert_eq!(found["status"], "completed");
        let said = found["result"].as_str().unwrap();
        assert!(said.contains(if is_merged { "All of them are merged" } else { "is gone; it had 1 commit" }), "{said}");
    }
}
