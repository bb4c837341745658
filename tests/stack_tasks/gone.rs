//! Edits that are made while nobody listens: the daemon is gone, the agent goes, the turn is cut.

use super::edits::{edit, numbered_but, write};
use super::world::{World, any, each};
use chorus_testkit::{processes, wait_until};

/// A command that waits until the test goes on; it edits nothing.
const HELD: &str = "[[bash: touch ../began; until test -e ../go; do sleep 0.02; done]] ";

/// Ends the daemon for a while.
fn end_daemon(world: &World) {
    // Hooks that find no daemon start one, but not so soon after another try.
    std::fs::write(world.state().join("spool/.started"), "").unwrap();
    world.kill_daemon();
}

#[test]
fn tools_edit_while_there_is_no_daemon() {
    each(|world| {
        let one = world.begun("Be one", &("[[ask]]".to_owned() + &edit("a.txt", 3, "three by one") + "[[say done]]"));
        let two = world.begun("Be two", &("[[ask]]".to_owned() + &edit("a.txt", 30, "thirty by two") + "[[say done]]"));
        let tasks = [one, two];
        tasks.iter().for_each(|task| world.asks(task));
        let sessions = tasks.each_ref().map(|task| world.session(task));
        let panes = tasks.each_ref().map(|task| world.look(task)["pane"].as_str().unwrap().to_owned());
        let asks = |pane: &str| world.tmux(["capture-pane", "-p", "-t", pane]).unwrap().contains("Enter to select");
        panes.iter().for_each(|pane| wait_until("the question is on the screen", || asks(pane)));
        end_daemon(&world);
        for pane in &panes {
            // A dialog drops keys pressed right after it appeared.
            wait_until("the question is answered", || {
                world.tmux(["send-keys", "-t", pane, "Enter"]).unwrap();
                !asks(pane)
            });
        }
        wait_until("both are done", || sessions.iter().all(|session| world.said(session).contains("\"done\"")));
        for task in &tasks {
            world.rests(task, 1);
            world.commits(task, 1);
        }
        assert_eq!(world.changed_on(&world.branch(&tasks[0])), ["a.txt -line 3", "a.txt +three by one"]);
        assert_eq!(world.changed_on(&world.branch(&tasks[1])), ["a.txt -line 30", "a.txt +thirty by two"]);
        assert_eq!(world.owners(), [""; 0]);
    });
}

#[test]
fn a_command_edits_while_there_is_no_daemon() {
    any(|world| {
        let command = "[[bash: echo by the command > made.txt]] [[say done]]";
        let task = world.begun("Shell", &(HELD.to_owned() + command));
        let session = world.session(&task);
        wait_until("the command runs", || world.root().join("began").exists());
        end_daemon(&world);
        world.write("go", "");
        wait_until("it is done", || world.said(&session).contains("\"done\""));
        // The person, meanwhile.
        world.write("project/b.txt", &numbered_but(&[(9, "by whom?")]));
        world.rests(&task, 1);
        // Whose each is nobody saw; it is never another's, and stays where it is.
        wait_until("it was looked at", || !world.owners().is_empty());
        assert!(!world.changed_on(&world.branch(&task)).iter().any(|line| line.starts_with("b.txt")));
        assert!(world.owners().iter().any(|owner| owner.starts_with("b.txt:9 unclaimed")), "{:?}", world.owners());
        assert_eq!(world.read("made.txt"), "by the command\n");
    });
}

#[test]
fn an_agent_that_dies_in_its_turn_leaves_its_edits_to_the_next() {
    any(|world| {
        let task = world.asking("Dies", &edit("a.txt", 3, "three"));
        let pane = world.look(&task)["pane"].as_str().unwrap().to_owned();
        let pid = world.tmux(["display-message", "-p", "-t", &pane, "#{pane_pid}"]).unwrap();
        processes::kill(pid.parse().unwrap());
        world.awaits(&task, "its end is seen", |page| page["task"]["agent_status"]["status"] == "exited");
        assert_eq!(world.owners(), [format!("a.txt:3 task {task}")]);
        assert_eq!(world.look(&task)["commits"], 0);
        world.json(["restart", &task]);
        world.json(["send", &task, &(edit("a.txt", 30, "thirty") + "[[say done]]")]);
        world.commits(&task, 1);
        let all = ["a.txt -line 3", "a.txt +three", "a.txt -line 30", "a.txt +thirty"];
        assert_eq!(world.changed_on(&world.branch(&task)), all);
    });
}

#[test]
fn an_interrupted_turn_is_over() {
    any(|world| {
        let task = world.begun("Cut", &(edit("a.txt", 3, "three") + "[[hang 600]]"));
        world.awaits(&task, "it has edited", |page| page["task"]["uncommitted"] == 1);
        world.json(["interrupt", &task]);
        world.awaits(&task, "it rests", |page| page["task"]["agent_status"]["status"] == "idle");
        world.turn(&task, "[[say nothing more]]");
        world.commits(&task, 1);
        assert_eq!(world.changed_on(&world.branch(&task)), ["a.txt -line 3", "a.txt +three"]);
    });
}

#[test]
fn paths_as_they_may_be() {
    each(|world| {
        let names = ["with space.txt", "a:b.txt", "-dash.txt", "ünï.txt", "quote'\".txt", "deep/er/file.txt", "zz.txt"];
        let markers: String = names.map(|name| write(name, "text\n")).concat();
        let task = world.rested(
            "Paths",
            &(markers + "[[bash: ln -s a.txt link; chmod +x b.txt; seq 3 > $'new\\nline']] [[say done]]"),
        );
        world.commits(&task, 1);
        world.claims_and_commits(&task);
        let branch = world.branch(&task);
        for name in names {
            assert_eq!(world.on(&branch, name).as_deref(), Some("text\n"), "{name}");
        }
        let raw = world.git(["ls-tree", "-r", "-z", &branch]);
        let mode =
            |name: &str| raw.split('\0').find(|line| line.ends_with(&format!("\t{name}"))).map(|line| &line[..6]);
        assert_eq!((mode("link"), mode("b.txt")), (Some("120000"), Some("100755")));
        // A name with a line's end goes, or stays and is said to be uncommitted: never half.
        let odd = world.owners();
        assert!(mode("new\nline").is_some() || odd.iter().any(|owner| owner.starts_with("new\nline")), "{odd:?}");
    });
}
