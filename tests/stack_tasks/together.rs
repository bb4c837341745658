//! Several tasks in one working tree at the same time: each edit on its own branch, the tree as it was left.

use super::edits::{edit, lines_of, numbered_but, write};
use super::world::{World, each};

/// Two tasks have edited, and neither turn is over.
fn both(world: &World) -> (String, String) {
    let one = world.asking("Be one", &(edit("a.txt", 3, "three by one") + &write("one.txt", "of one\n")));
    let two = world.asking("Be two", &(edit("a.txt", 30, "thirty by two") + &edit("b.txt", 7, "seven by two")));
    (one, two)
}

#[test]
fn distant_lines_of_one_file_and_files_of_their_own() {
    each(|world| {
        let (one, two) = both(&world);
        let mine = format!("a.txt:3 task {one}");
        assert!(world.owners().contains(&mine), "{:?}", world.owners());
        assert_eq!(world.look(&one)["uncommitted"], 2);
        assert_eq!(world.look(&one)["overlaps"].to_string(), format!("[{two}]"));
        let uncommitted = lines_of(world.json(["diff", &one, "uncommitted"])["text"].as_str().unwrap());
        assert_eq!(uncommitted, ["a.txt -line 3", "a.txt +three by one", "one.txt +of one"]);

        world.answer(&one);
        world.answer(&two);
        world.commits(&one, 1);
        world.commits(&two, 1);
        let (first, second) = (world.branch(&one), world.branch(&two));
        assert_eq!(world.changed_on(&first), ["a.txt -line 3", "a.txt +three by one", "one.txt +of one"]);
        let expected = ["a.txt -line 30", "a.txt +thirty by two", "b.txt -line 7", "b.txt +seven by two"];
        assert_eq!(world.changed_on(&second), expected);
        assert_eq!(world.read("a.txt"), numbered_but(&[(3, "three by one"), (30, "thirty by two")]));
        assert_eq!(world.read("b.txt"), numbered_but(&[(7, "seven by two")]));
        assert_eq!(world.owners(), [""; 0]);
        for task in [&one, &two] {
            let task = world.look(task);
            assert_eq!((&task["uncommitted"], &task["overlaps"]), (&0.into(), &serde_json::json!([])));
        }
        let all = world.json(["diff", &two]);
        assert_eq!(lines_of(all["text"].as_str().unwrap()), expected);
        let turn = world.json(["diff", &one, "turn"]);
        assert_eq!(lines_of(turn["text"].as_str().unwrap()), world.changed_on(&first));
    });
}

#[test]
fn lines_too_near_to_be_taken_apart_wait_for_a_person() {
    each(|world| {
        let one = world.asking("Be one", &edit("a.txt", 10, "ten by one"));
        let two = world.asking("Be two", &(edit("a.txt", 11, "eleven by two") + &edit("b.txt", 7, "seven by two")));
        assert_eq!(world.owners()[0], format!("a.txt:10 mixed {one} {two}"));
        world.answer(&one);
        world.answer(&two);
        world.rests(&one, 1);
        world.commits(&two, 1);
        let second = world.branch(&two);
        assert_eq!(world.changed_on(&second), ["b.txt -line 7", "b.txt +seven by two"]);
        assert_eq!(world.changed_on(&world.branch(&one)), [""; 0]);
        assert_eq!(world.owners(), [format!("a.txt:10 mixed {one} {two}")]);

        let hunk = world.changes().files[0].hunks[0].id.clone();
        assert_eq!(world.assign("a.txt", Some(&hunk), Some(&one)), [format!("a.txt:10 task {one}")]);
        world.json(["commit", &one, "--message", "Both lines"]);
        let both = ["a.txt -line 10", "a.txt -line 11", "a.txt +ten by one", "a.txt +eleven by two"];
        assert_eq!(world.changed_on(&world.branch(&one)), both);
        assert_eq!(world.owners(), [""; 0]);
        assert_eq!(world.read("a.txt"), numbered_but(&[(10, "ten by one"), (11, "eleven by two")]));
        assert_eq!(world.changed_on(&second), ["b.txt -line 7", "b.txt +seven by two"]);
    });
}

#[test]
fn several_turns_are_several_commits() {
    each(|world| {
        let task = world.rested("Turns", &(edit("a.txt", 3, "three") + "[[say The first.]]"));
        world.commits(&task, 1);
        world.turn(&task, &(edit("a.txt", 3, "nothing") + "[[say No such line any more.]]"));
        world.turn(&task, &(edit("a.txt", 5, "five") + &edit("a.txt", 30, "thirty") + "[[say The second.]]"));
        world.commits(&task, 2);
        let branch = world.branch(&task);
        let subjects = world.git(["log", "--format=%s", &format!("main..{branch}")]);
        assert_eq!(subjects.lines().count(), 2, "{subjects}");
        let turn = world.json(["diff", &task, "turn"]);
        let second = ["a.txt -line 5", "a.txt +five", "a.txt -line 30", "a.txt +thirty"];
        assert_eq!(lines_of(turn["text"].as_str().unwrap()), second);
        let commits = world.json(["show", &task])["commits"].as_array().unwrap().clone();
        assert_eq!(commits.len(), 2, "{commits:?}");
        assert_eq!(commits[0]["oid"], world.git(["rev-parse", &branch]), "{commits:?}");
        assert!(world.git(["log", "-1", "--format=%B", &branch]).contains("Chorus-Task: #1"));
    });
}

#[test]
fn an_agent_is_told_whose_edits_a_file_holds() {
    each(|world| {
        let one = world.asking("Be one", &edit("a.txt", 3, "three by one"));
        let two = world.asking("Be two", &(edit("a.txt", 30, "thirty by two") + &edit("a.txt", 35, "again by two")));
        let told = world.transcript(&two);
        assert_eq!(told.matches("holds uncommitted edits of others").count(), 1, "{told}");
        assert!(told.contains("task #1") && told.contains("Be one") && told.contains("line 3"), "{told}");
        assert!(!world.transcript(&one).contains("holds uncommitted edits"));
        let shown = world.run(["show", &two]).stdout;
        assert!(shown.contains(&format!("#{one}")), "{shown}");
        world.answer(&one);
        world.answer(&two);
        world.commits(&one, 1);
        world.commits(&two, 1);
        assert_eq!(world.look(&one)["overlaps"], serde_json::json!([]));
    });
}

#[test]
fn a_person_is_asked_where_that_is_configured() {
    each(|world| {
        world.config("[vcs]\noverlap = 'ask'\n");
        let one = world.asking("Be one", &edit("a.txt", 3, "three by one"));
        let two = world.begun("Be two", &(edit("a.txt", 30, "thirty by two") + "[[say done]]"));
        world.asks(&two);
        assert!(world.read("a.txt").contains("line 30"));
        world.json(["approve", &two]);
        world.commits(&two, 1);
        assert_eq!(world.changed_on(&world.branch(&two)), ["a.txt -line 30", "a.txt +thirty by two"]);
        world.answer(&one);
        world.commits(&one, 1);
    });
}

#[test]
fn a_deletion_and_a_copy_are_no_renaming_of_one_task() {
    each(|world| {
        let one = world.asking("Deletes", "[[bash: rm b.txt]]");
        let two = world.asking("Copies", &write("copy.txt", &numbered_but(&[(1, "first")])));
        std::fs::remove_file(world.project().join("README.md")).unwrap();
        for task in [&two, &one] {
            world.answer(task);
            world.turn(task, &(write(&format!("{task}.txt"), &format!("of {task}\n")) + "[[say done]]"));
            world.commits(task, 1);
        }
        let (first, second) = (world.branch(&one), world.branch(&two));
        assert_eq!(world.changed_on(&first), ["1.txt +of 1"]);
        assert_eq!(world.changed_on(&second), ["2.txt +of 2"]);
        let owners = world.owners();
        assert!(owners[0].starts_with("README.md:1 "), "{owners:?}");
        assert_eq!(owners[1..], [format!("copy.txt:1 mixed {one} {two}")]);

        world.assign("copy.txt", None, Some(&two));
        world.json(["commit", &two]);
        assert_eq!(world.on(&second, "b.txt"), None);
        assert_eq!(world.on(&second, "copy.txt").unwrap(), numbered_but(&[(1, "first")]));
        assert_eq!(world.changed_on(&first), ["1.txt +of 1"]);
        assert_eq!(world.look(&one)["uncommitted"], 0);
    });
}
