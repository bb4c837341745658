//! Remedies and previews that are cut short: the daemon is killed at each step. Afterwards every byte is in the tree, and
//! the verb can be given again.

use super::edits::{edit, numbered_but, write};
use super::world::{World, each_standin};
use chorus_testkit::wait_until;

const MINE: &str = "of the person\n";

/// Gives the verb until it says that it is done.
#[track_caller]
fn done(world: &World, task: &str, verb: &str) {
    let ran = world.run([verb, task, "--yes", "--json"]);
    assert!(ran.code == 0 || ran.stderr.contains("nothing is wrong"), "{ran:?}");
    assert_eq!(world.look(task)["trouble"], serde_json::Value::Null);
}

#[test]
fn a_branch_that_is_stacked_above_another() {
    each_standin(|world| {
        world.write("project/mine.txt", MINE);
        let one = world.rested("Below", &(edit("a.txt", 10, "ten by one") + "[[say done]]"));
        world.commits(&one, 1);
        let input = serde_json::json!({ "file_path": "a.txt", "old_string": "ten by one", "new_string": "ten by two",
            "replace_all": false });
        let two = world.rested("Above", &format!("[[tool Edit {input}]] [[say done]]"));
        assert_eq!(world.trouble(&two)["kind"], "depends_on");
        let other = world.asking("Other", &edit("b.txt", 30, "thirty by the other"));
        let before = world.tree();
        for side in ["before", "after"] {
            assert!(world.killed_at(&["mend", &two, "--yes"], side, "move", 1), "{side}");
            assert_eq!(world.tree(), before, "{side}");
        }
        done(&world, &two, "mend");
        assert_eq!(world.tree(), before);
        let (first, second) = (world.branch(&one), world.branch(&two));
        assert!(world.stacks().contains(&vec![second.clone(), first.clone()]), "{:?}", world.stacks());
        assert_eq!(world.changed_on(&first), ["a.txt -line 10", "a.txt +ten by one"]);
        assert_eq!(world.on(&second, "a.txt").unwrap(), numbered_but(&[(10, "ten by two")]));
        assert_eq!(world.owners(), [format!("b.txt:30 task {other}"), "mine.txt:1 user".into()]);
    });
}

#[test]
fn a_branch_that_is_brought_back_or_read_again() {
    each_standin(|world| {
        world.write("project/mine.txt", MINE);
        let task = world.rested("Moved", &(edit("a.txt", 3, "three") + "[[say done]]"));
        world.commits(&task, 1);
        let branch = world.branch(&task);
        let cases = [
            ("moved_outside", "before", "unapply"),
            ("moved_outside", "after", "unapply"),
            ("moved_outside", "before", "apply"),
            ("moved_outside", "after", "apply"),
            ("not_applied", "before", "apply"),
            ("not_applied", "after", "apply"),
        ];
        for (round, (kind, side, word)) in cases.into_iter().enumerate() {
            match kind {
                "moved_outside" => {
                    let tree = world.git(["rev-parse", &format!("{branch}^{{tree}}")]);
                    let made = world.git(["commit-tree", &tree, "-p", &branch, "-m", "By hand"]);
                    world.git(["update-ref", &format!("refs/heads/{branch}"), made.trim()]);
                }
                _ => {
                    let ran = world.command("but").args(["unapply", &branch, "--json"]).output().unwrap();
                    assert!(ran.status.success(), "{ran:?}");
                }
            }
            let file = format!("{round}.txt");
            world.turn(&task, &(write(&file, "new\n") + "[[say done]]"));
            assert_eq!(world.trouble(&task)["kind"], kind);
            let mut expected = world.tree();
            if kind == "not_applied" {
                // Its commits come back with the branch.
                let text = world.on(&branch, "a.txt").unwrap();
                expected.insert(world.project().join("a.txt"), text.into_bytes());
                for earlier in 0..round {
                    expected.insert(world.project().join(format!("{earlier}.txt")), b"new\n".to_vec());
                }
            }
            assert!(world.killed_at(&["mend", &task, "--yes"], side, word, 1), "{kind} {side} {word}");
            done(&world, &task, "mend");
            assert_eq!(world.tree(), expected, "{kind} {side} {word}");
            wait_until("it is committed", || world.on(&branch, &file).as_deref() == Some("new\n"));
        }
        assert_eq!(world.owners(), ["mine.txt:1 user"]);
    });
}

#[test]
fn a_preview() {
    each_standin(|world| {
        world.write("project/mine.txt", MINE);
        let task = world.task_with("Greet", &["--isolation", "worktree"]);
        let says = |text: &str| format!("Write it [[bash: echo {text} >> greeting.txt]] [[say done]]");
        world.json(["start", &task, "--prompt", &says("0")]);
        world.rests(&task, 1);
        world.commits(&task, 1);
        let branch = world.branch(&task);
        let cases = [("before", "apply"), ("after", "apply"), ("before", "unapply"), ("after", "unapply")];
        for (round, (side, word)) in cases.into_iter().chain(cases).enumerate() {
            world.killed_at(&["preview", &task, "--yes"], side, word, 1);
            assert_eq!(world.read("mine.txt"), MINE, "{side} {word}");
            world.json(["preview", &task, "--yes"]);
            assert_eq!(world.read("mine.txt"), MINE, "{side} {word}");
            assert_eq!(world.read("greeting.txt"), world.on(&branch, "greeting.txt").unwrap(), "{side} {word}");
            world.turn(&task, &says(&(round + 1).to_string()));
            world.commits(&task, round + 2);
        }
    });
}
