//! What commands change, what the person changes, and what nobody can be named for.

use super::edits::{edit, numbered, numbered_but};
use super::world::{World, any, each};
use chorus::contract::{ChangedFile, ChosenEdits, Code};
use chorus_testkit::wait_until;

/// The words of a command that says that it began, waits for [`let_go`] of that name, and then runs on.
fn after(name: &str, command: &str) -> String {
    format!("touch ../began-{name}; until test -e ../go-{name}; do sleep 0.02; done; {command}")
}

fn let_go(world: &World, name: &str) {
    wait_until("the command runs", || world.root().join(format!("began-{name}")).exists());
    world.write(&format!("go-{name}"), "");
}

#[test]
fn a_command_s_edits_are_its_task_s() {
    each(|world| {
        let other = world.asking("Other", &edit("a.txt", 30, "thirty by the other"));
        let script = "sed -i 's/^line 3$/three/' a.txt; printf 'new\\n' > 'with space é.txt'; mkdir -p deep/er; \
                      printf x > deep/er/f; rm README.md; mv b.txt moved.txt; printf '\\000\\001' > bytes";
        let task = world.rested("Shell", &format!("[[bash: {script}]] [[say done]]"));
        world.claims_and_commits(&task);
        let branch = world.branch(&task);
        let names = world.git([
            "-c",
            "core.quotePath=off",
            "diff",
            "--name-status",
            "--no-renames",
            &format!("main...{branch}"),
        ]);
        let expected =
            ["D\tREADME.md", "M\ta.txt", "D\tb.txt", "A\tbytes", "A\tdeep/er/f", "A\tmoved.txt", "A\twith space é.txt"];
        assert_eq!(names.lines().collect::<Vec<_>>(), expected);
        assert_eq!(world.on(&branch, "a.txt").unwrap(), numbered_but(&[(3, "three")]));
        assert_eq!(world.on(&branch, "moved.txt").unwrap(), numbered("line"));
        assert_eq!(world.owners(), [format!("a.txt:30 task {other}")]);
        assert_eq!(world.read("a.txt"), numbered_but(&[(3, "three"), (30, "thirty by the other")]));
        world.answer(&other);
        world.commits(&other, 1);
        assert_eq!(world.changed_on(&world.branch(&other)), ["a.txt -line 30", "a.txt +thirty by the other"]);
    });
}

#[test]
fn a_failing_command_s_edits_count_too() {
    any(|world| {
        let task = world.rested("Fails", "[[bash: echo half > half.txt; exit 3]] [[say It failed.]]");
        world.claims_and_commits(&task);
        assert_eq!(world.changed_on(&world.branch(&task)), ["half.txt +half"]);
    });
}

#[test]
fn commands_at_the_same_time_leave_it_to_a_person() {
    each(|world| {
        world.untraced();
        let one = world.begun("Be one", &format!("[[bash: {}]] [[say done]]", after("1", "echo one > one.txt")));
        let two = world.begun("Be two", &format!("[[bash: {}]] [[say done]]", after("2", "echo two > two.txt")));
        wait_until("both commands run", || {
            ["1", "2"].iter().all(|name| world.root().join(format!("began-{name}")).exists())
        });
        let_go(&world, "1");
        world.rests(&one, 1);
        let_go(&world, "2");
        world.rests(&two, 1);
        let candidates = format!("one.txt:1 unclaimed {one} {two}");
        assert!(world.owners().contains(&candidates), "{:?}", world.owners());
        assert_eq!(world.changed_on(&world.branch(&one)), [""; 0]);
        assert!(!world.changed_on(&world.branch(&two)).iter().any(|line| line.starts_with("one.txt")));
        world.assign("one.txt", None, Some(&one));
        world.json(["commit", &one]);
        assert_eq!(world.changed_on(&world.branch(&one)), ["one.txt +one"]);
    });
}

#[test]
fn a_command_in_the_background() {
    any(|world| {
        let script = after("late", "echo late > late.txt");
        let task = world.rested("Background", &format!("[[bashbg: {script}]] [[say It runs.]]"));
        assert_eq!(world.look(&task)["agent_status"]["detail"]["background"], "shell");
        let_go(&world, "late");
        wait_until("it has written", || {
            std::fs::read_to_string(world.project().join("late.txt")).is_ok_and(|text| text == "late\n")
        });
        world.claims_and_commits(&task);
        assert_eq!(world.changed_on(&world.branch(&task)), ["late.txt +late"]);
    });
}

#[test]
fn what_the_person_did_is_never_committed() {
    each(|world| {
        world.write("project/a.txt", &numbered_but(&[(1, "mine before")]));
        world.write("project/mine.txt", "mine\n");
        let task = world.asking("Beside a person", &edit("a.txt", 20, "twenty by the task"));
        world.saves("b.txt", &numbered_but(&[(2, "saved while it worked")]));
        world.answer(&task);
        world.commits(&task, 1);
        assert_eq!(world.changed_on(&world.branch(&task)), ["a.txt -line 20", "a.txt +twenty by the task"]);
        assert_eq!(world.owners(), ["a.txt:1 user", "b.txt:2 user", "mine.txt:1 user"]);
        world.turn(&task, "[[bash: echo more > more.txt]] [[say done]]");
        world.claims_and_commits(&task);
        world.commits(&task, 2);
        assert_eq!(world.owners(), ["a.txt:1 user", "b.txt:2 user", "mine.txt:1 user"]);
        assert_eq!(world.json(["complete", &task])["status"], "completed");
        assert_eq!(world.owners(), ["a.txt:1 user", "b.txt:2 user", "mine.txt:1 user"]);
        assert_eq!(world.read("a.txt"), numbered_but(&[(1, "mine before"), (20, "twenty by the task")]));
    });
}

#[test]
fn edits_are_assigned_as_they_were_shown_and_together_or_not_at_all() {
    any(|world| {
        world.untraced();
        let task = world.rested("Idle", &(edit("a.txt", 20, "twenty") + "[[say done]]"));
        world.commits(&task, 1);
        let chosen = |world: &World| -> Vec<ChosenEdits> {
            let of = |file: &ChangedFile| ChosenEdits {
                path: file.path.clone(),
                hunks: file.hunks.iter().map(|hunk| hunk.id.clone()).collect(),
            };
            world.changes().files.iter().map(of).collect()
        };
        world.write("project/a.txt", &numbered_but(&[(3, "three"), (20, "twenty")]));
        world.write("project/b.txt", &numbered_but(&[(9, "by whom?")]));
        let shown = chosen(&world);
        assert_eq!(shown.iter().map(|edits| edits.hunks.len()).collect::<Vec<_>>(), [1, 1]);
        world.write("project/b.txt", &numbered_but(&[(9, "something else")]));
        let refusal = world.assign_all(shown, None).unwrap_err();
        assert_eq!(refusal.code, Code::RequestChanged, "{refusal:?}");
        assert_eq!(world.owners(), ["a.txt:3 unclaimed", "b.txt:9 unclaimed"]);
        world.assign_all(chosen(&world), None).unwrap();
        assert_eq!(world.owners(), ["a.txt:3 user", "b.txt:9 user"]);
        world.json(["undo", "--yes"]);
        assert_eq!(world.owners(), ["a.txt:3 unclaimed", "b.txt:9 unclaimed"]);
    });
}

#[test]
fn what_nobody_tells_of_is_nobody_s() {
    any(|world| {
        world.untraced();
        let task = world.rested("Idle", &(edit("a.txt", 20, "twenty") + "[[say done]]"));
        world.commits(&task, 1);
        world.write("project/b.txt", &numbered_but(&[(9, "by whom?")]));
        assert_eq!(world.owners(), ["b.txt:9 unclaimed"]);
        world.turn(&task, &(edit("a.txt", 25, "twenty-five") + "[[say done]]"));
        world.commits(&task, 2);
        assert_eq!(world.owners(), ["b.txt:9 unclaimed"]);
        assert_eq!(world.assign("b.txt", None, None), ["b.txt:9 user"]);
        let refusal = world.refused(["commit", &task]);
        assert_eq!(refusal.code, "wrong_state", "{refusal:?}");
    });
}
