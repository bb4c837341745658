//! Starts that do not come about: no branch is left behind.

use super::edits::edit;
use super::world::each;
use std::process::Stdio;

#[test]
fn an_agent_that_is_missing() {
    each(|world| {
        world.config("[agent.gone]\ncommand = \"no-such-program\"\n[agent.claude]\ncommand = \"no-such-claude\"\n");
        let task = world.task_with("No agent", &["--agent", "claude"]);
        world.refused(["start", &task]);
        assert_eq!(world.look(&task)["status"], "pending");
        assert_eq!((world.branches(), world.stacks().len()), (vec![], 0));
        // One whose edits cannot be told from others'.
        let task = world.task_with("Blind", &["--agent", "gone"]);
        let refusal = world.refused(["start", &task]);
        assert_eq!(world.branches(), [""; 0], "{refusal:?}");
    });
}

#[test]
fn a_tmux_that_is_missing_or_fails() {
    each(|world| {
        let task = world.task("No tmux");
        let tmux = world.root().join("bin/tmux").read_link().unwrap();
        world.script("tmux", "echo 'no server' >&2\nexit 1\n");
        world.refused(["start", &task]);
        assert_eq!(world.look(&task)["status"], "pending");
        assert_eq!((world.branches(), world.stacks().len()), (vec![], 0));
        world.link("tmux", &tmux);
        world.json(["start", &task, "--prompt", &(edit("a.txt", 3, "three") + "[[say done]]")]);
        world.commits(&task, 1);
        assert_eq!(world.branches(), ["chorus/1-no-tmux"]);
    });
}

#[test]
fn a_daemon_that_is_killed_between_branch_and_record() {
    each(|world| {
        let task = world.task("Cut short");
        // Where its branch is made.
        for side in ["before", "after"] {
            world.stop(side, "new", 1);
            let mut start = world.chorus(["start", &task, "--prompt", "[[say done]]"]);
            let mut start = start.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
            let but = world.stopped();
            world.kill_daemon();
            world.kill(but);
            start.wait().unwrap();
            assert_eq!(world.look(&task)["status"], "pending");
        }
        world.json(["start", &task, "--prompt", "[[say done]]"]);
        world.rests(&task, 1);
        world.turn(&task, &(edit("a.txt", 3, "three") + "[[say done]]"));
        world.commits(&task, 1);
        assert_eq!(world.branches(), ["chorus/1-cut-short"]);
        assert_eq!(world.stacks(), [["chorus/1-cut-short"]]);
    });
}

#[test]
fn before_the_first_task_edits_are_the_persons() {
    each(|world| {
        world.write("project/mine.txt", "mine\n");
        world.json(["list"]);
        assert_eq!(world.owners(), ["mine.txt:1 user"]);
        assert_eq!(world.owners(), ["mine.txt:1 user"], "the ledger is kept");
    });
}
