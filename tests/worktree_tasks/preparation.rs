//! What a new worktree is filled with, and a start that fails after it was made.

use crate::world::World;

const EDIT: &str = "Write the greeting [[bash: echo hello > greeting.txt]] [[say I wrote the greeting.]]";

#[test]
fn copies_links_and_a_command() {
    let world = World::new();
    world.write("project/.env", "SECRET=1\n");
    world.write("project/node_modules/a.js", "module\n");
    world.configure(
        "[vcs.worktree]\ncopy = [\".env\"]\nlink = [\"node_modules\"]\nrun = [\"sh -c 'echo made > made.log'\"]\n",
    );
    let task = world.rested("Prepared", EDIT);
    world.commits(&task, 1);
    let folder = world.worktree(&task);
    assert_eq!(std::fs::read_to_string(folder.join(".env")).unwrap(), "SECRET=1\n");
    let link = folder.join("node_modules").read_link().unwrap();
    assert_eq!(link, world.project().canonicalize().unwrap().join("node_modules"));
    assert_eq!(std::fs::read_to_string(folder.join("made.log")).unwrap(), "made\n");
    let branch = world.branch(&task);
    let listed = world.git(["ls-tree", "-r", "--name-only", &branch]);
    assert!(
        listed.contains("greeting.txt") && !listed.contains(".env") && !listed.contains("node_modules"),
        "{listed}"
    );
}

#[test]
fn a_failing_command_refuses_the_start_and_nothing_stays() {
    let world = World::new();
    world.configure("[vcs.worktree]\nrun = [\"sh -c 'echo no such package >&2; exit 3'\"]\n");
    let task = world.task("Prepared");
    let before = world.traces();
    let refusal = world.refused(["start", &task]);
    for word in ["cannot start #1", "exit code 3", "no such package"] {
        assert!(refusal.message.contains(word), "{refusal:?}");
    }
    assert!(refusal.hint.contains("[vcs.worktree]"), "{refusal:?}");
    assert_eq!(world.traces(), before);
    let found = world.look(&task);
    assert_eq!((&found["status"], &found["isolation"]), (&"pending".into(), &"auto".into()));
    assert!(found["worktree"].is_null() && found["stack"].is_null(), "{found:#}");
    // Mended, it starts.
    world.configure("");
    world.json(["start", &task, "--prompt", EDIT]);
    world.commits(&task, 1);
}

#[test]
fn a_project_may_not_say_what_is_run() {
    let world = World::new();
    world.write("project/chorus.toml", "[vcs.worktree]\nrun = [\"touch ran\"]\nlink = [\"/etc\"]\n");
    let task = world.rested("Careful", EDIT);
    assert!(!world.worktree(&task).join("ran").exists());
    assert!(world.run(["health"]).stdout.contains("vcs.worktree"));
}

#[test]
fn a_start_that_fails_later_leaves_nothing_and_can_be_given_again() {
    let world = World::new();
    let task = world.task("Later");
    let before = world.traces();
    // The pane cannot be made, after the worktree was.
    let real = world.tmux.display().to_string();
    world.script(
        "tmux",
        &format!("case \" $* \" in *' new-session '*) echo no pane >&2; exit 1;; esac\nexec {real} \"$@\""),
    );
    let refusal = world.refused(["start", &task]);
    assert!(refusal.message.contains("cannot start #1"), "{refusal:?}");
    assert_eq!(world.traces(), before);
    world.real_tmux();
    world.json(["start", &task, "--prompt", EDIT]);
    world.commits(&task, 1);
    assert_eq!(world.branch(&task), "chorus/1-later");
}
