//! Tasks that share one working tree, each with its own stack.

use crate::world::{Task, World, on_each};
use chorus_testkit::but::{Program, programs};
use chorus_testkit::sandbox::Ran;
use serde_json::{Value, json};

/// Runs the test on every client, in turn with the one grammar and the other, of real programs where some are given.
fn on_stacks(test: impl Fn(&World)) {
    let mut programs = programs();
    programs.reverse();
    let first = std::cell::Cell::new(0);
    on_each(|world| {
        let program = &programs[first.get() % programs.len()];
        first.set(first.get() + 1);
        eprintln!("with {}", program.name);
        set_up(world, program);
        test(world);
    });
}

/// Makes the project one of `but`, with two numbered files, where tools may be used.
fn set_up(world: &mut World, program: &Program) {
    world.settings(json!({ "permissions": { "allow": ["Edit", "Write", "Bash"] } }));
    let sandbox = &mut world.sandbox;
    let app = sandbox.write("app/.keep", "");
    sandbox.set("E2E_TEST_APP_DATA_DIR", app.parent().unwrap());
    sandbox.set("NO_BG_TASKS", "1");
    sandbox.set("CHORUS_ISOLATION", "stack");
    for (key, value) in [("user.name", "A Tester"), ("user.email", "tester@localhost")] {
        sandbox.git(["config", key, value]);
    }
    let text: String = (1..=40).map(|number| format!("line {number}\n")).collect();
    sandbox.write("project/a.txt", &text);
    sandbox.write("project/b.txt", &text);
    sandbox.commit("two files");
    sandbox.unlink("but");
    program.install(&sandbox.root().join("bin"));
    let ran: Ran = sandbox.command("but").args(["setup", "--json"]).output().unwrap().into();
    assert_eq!(ran.code, 0, "{ran:?}");
}

/// Markers that read a file and change a line of it.
fn edit(world: &World, path: &str, line: usize, text: &str) -> String {
    let path = world.sandbox.project().join(path).display().to_string();
    let input = json!({ "file_path": path, "old_string": format!("line {line}\n"), "new_string": format!("{text}\n") });
    format!("[[read {path}]] [[tool Edit {input}]] ")
}

impl Task<'_> {
    /// Waits until so many commits are made; the lines that its branch adds since `main`, with their files.
    #[track_caller]
    fn committed(&self, commits: usize) -> Vec<String> {
        let page = self
            .until("its commit", |page| page["task"]["commits"] == commits && page["task"]["trouble"] == Value::Null);
        let branch = page["task"]["stack"].as_str().unwrap().to_owned();
        let range = format!("main...{branch}");
        let diff = self.world.sandbox.git(["-c", "core.quotePath=off", "diff", "--unified=0", &range]);
        let mut path = "";
        let mut lines = Vec::new();
        for line in diff.lines() {
            match (line.strip_prefix("+++ b/"), line.strip_prefix('+')) {
                (Some(new), _) => path = new.trim_end_matches('\t'),
                (None, Some(text)) => lines.push(format!("{path}: {text}")),
                (None, None) => {}
            }
        }
        lines
    }
}

#[test]
fn stack_tasks_in_one_file_at_the_same_time() {
    on_stacks(|world| {
        let (one, two) = (world.task("Be one"), world.task("Be two"));
        one.start(&(edit(world, "a.txt", 3, "three by one") + "[[ask]] [[say done]]"));
        // The client edits no file that changed since it read it.
        one.request();
        let more = edit(world, "a.txt", 30, "thirty by two") + &edit(world, "b.txt", 7, "seven by two");
        two.start(&(more + "[[ask]] [[say done]]"));
        two.request();
        assert_eq!(one.page()["task"]["overlaps"].to_string(), format!("[{}]", two.number));
        // Whoever was second was told.
        let bodies: String = world.api.turns().iter().map(|turn| turn.body.to_string()).collect();
        assert!(bodies.contains("holds uncommitted edits of others"));
        for task in [&one, &two] {
            task.verb("answer", &["Red"]);
        }
        assert_eq!(one.committed(1), ["a.txt: three by one"]);
        assert_eq!(two.committed(1), ["a.txt: thirty by two", "b.txt: seven by two"]);
        let text = std::fs::read_to_string(world.sandbox.project().join("a.txt")).unwrap();
        let expected: String = (1..=40)
            .map(|number| match number {
                3 => "three by one\n".to_owned(),
                30 => "thirty by two\n".to_owned(),
                number => format!("line {number}\n"),
            })
            .collect();
        assert_eq!(text, expected);
        for task in [&one, &two] {
            let result = task.verb("complete", &[])["result"].as_str().unwrap().to_owned();
            assert!(result.contains("1 commit"), "{result}");
        }
    });
}

#[test]
fn stack_tasks_do_not_commit_themselves_and_commands_edit_for_them() {
    on_stacks(|world| {
        let tip = world.sandbox.git(["rev-parse", "HEAD"]);
        let task = world.task("Shell");
        let commands =
            "[[bash: sed -i 's/^line 3$/three/' a.txt; echo new > 'new é.txt']] [[bash: git commit -am mine]]";
        task.start(&format!("{commands} [[say done]]"));
        task.await_turns(1);
        assert!(world.told().contains("Chorus commits"), "{}", world.told());
        let refused = task.entries("refused");
        assert!(refused.len() == 1 && refused[0].contains("git commit"), "{refused:?}");
        let lines = task.committed(1);
        assert!(lines.contains(&"a.txt: three".into()) && lines.len() == 2, "{lines:?}");
        assert_eq!(
            world.sandbox.git(["log", "--format=%s", &format!("{tip}..gitbutler/workspace"), "--grep=mine"]),
            ""
        );
    });
}
