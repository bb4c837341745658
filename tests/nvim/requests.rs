//! Answering a request without leaving the editor.

use crate::editor::Editor;
use crate::{ask, inbox, journal, on_each_nvim, wait_status};
use chorus_testkit::wait_until;

#[test]
fn it_is_looked_at_then_allowed() {
    on_each_nvim(|world, nvim| {
        ask(world, "Write it", "[[write: made.txt]] [[say written]]");
        let editor = Editor::open(world, nvim);
        editor.command(":Chorus");
        editor.sees("Write: made.txt");
        editor.badge("⚑ 1");
        editor.press(&["a"]);
        editor.sees("Write made.txt  new file");
        editor.sees("+alpha");
        editor.sees("switch this session to accept edits");
        editor.sees_that("whose request it is, and that it is a demo", |screen| {
            let top = screen.lines().find(|line| line.contains("╭") && line.contains("permission"));
            top.is_some_and(|line| line.contains("#1") && line.contains("[demo]") && line.contains("Write it"))
        });
        assert!(!world.project().join("made.txt").exists());
        editor.press(&["a"]);
        editor.sees_no("Write made.txt  new file");
        wait_until("the file is written", || world.project().join("made.txt").exists());
        editor.sees("✓ unread");
        editor.badge("✓ 1");
        assert!(inbox(world).is_empty());
        assert_eq!(editor.heard("ChorusRequestClosed")[0]["request"]["outcome"], "allowed");
        let told = journal(world, 1);
        assert!(told.iter().all(|line| !line.contains("The agent asks something")), "{told:#?}");
    });
}

#[test]
fn it_is_refused_with_a_reason() {
    on_each_nvim(|world, nvim| {
        ask(world, "Write it", "[[write: made.txt]] [[say as you wish]]");
        let editor = Editor::open(world, nvim);
        editor.command(":Chorus");
        editor.sees("Write: made.txt");
        editor.press(&["d"]);
        editor.sees("Deny “made.txt” of #1. Reason for the agent (may be empty):");
        editor.press(&["Escape"]);
        editor.sees_no("Reason for the agent");
        assert_eq!(inbox(world).len(), 1, "Escape refuses nothing");
        editor.press(&["a"]);
        editor.sees("Write made.txt  new file");
        editor.press(&["d"]);
        editor.sees("Deny “made.txt”");
        editor.command("use another name");
        wait_status(world, 1, "idle");
        assert!(!world.project().join("made.txt").exists());
        editor.sees_no("Write made.txt  new file");
        let shown = world.run(["output", "1"]).stdout;
        assert!(shown.contains("use another name"), "{shown}");
    });
}

#[test]
fn a_rule_allows_what_follows_in_this_session() {
    on_each_nvim(|world, nvim| {
        ask(world, "Write them", "[[write: one.txt]] [[write: two.txt]] [[say both]]");
        let editor = Editor::open(world, nvim);
        editor.command(":ChorusInbox");
        editor.sees("Write one.txt  new file");
        editor.sees("· switch this session to accept edits");
        editor.press(&["A"]);
        wait_until("both files are written", || world.project().join("two.txt").exists());
        wait_status(world, 1, "idle");
        assert_eq!(editor.heard("ChorusRequestOpened").len(), 1);
    });
}

#[test]
fn a_question_is_answered_by_its_digit() {
    on_each_nvim(|world, nvim| {
        ask(world, "Choose", "[[ask]] [[say chosen]]");
        let editor = Editor::open(world, nvim);
        editor.command(":ChorusNext");
        editor.sees("Which colour should the button be?");
        editor.press(&["a"]);
        editor.sees("choose an answer by its digit");
        editor.press(&["2"]);
        wait_status(world, 1, "idle");
        let shown = world.run(["output", "1"]).stdout;
        assert!(shown.contains("→ Blue"), "{shown}");
    });
}

#[test]
fn the_output_window_shows_a_request_before_it_is_answered() {
    on_each_nvim(|world, nvim| {
        ask(world, "Write it", "[[write: made.txt]] [[say written]]");
        let editor = Editor::open(world, nvim);
        editor.command(":ChorusOutput 1");
        editor.sees("a approve");
        editor.press(&["a"]);
        editor.sees("Write made.txt  new file");
        assert_eq!(inbox(world).len(), 1, "nothing was allowed unseen");
        editor.press(&["a"]);
        editor.sees("Wrote 3 lines");
        editor.sees_no("a approve");
    });
}

#[test]
fn one_answered_elsewhere_is_gone_everywhere() {
    on_each_nvim(|world, nvim| {
        ask(world, "Write it", "[[write: made.txt]] [[say written]]");
        let editor = Editor::open(world, nvim);
        editor.command(":ChorusInbox");
        editor.sees("Inbox · 1 open");
        editor.press(&["Enter"]);
        editor.sees("Write made.txt  new file");
        world.json(["approve", "1"]);
        editor.sees("Answered already: allowed");
        wait_until("the file is written", || world.project().join("made.txt").exists());
        editor.sees("+alpha");
        editor.press(&["a"]);
        editor.press(&["q"]);
        editor.sees("No requests are open.");
        editor.press(&["q"]);
        editor.sees_no("No requests are open.");
        editor.badge("✓ 1");
    });
}

#[test]
fn an_unknown_tool_shows_every_field() {
    on_each_nvim(|world, nvim| {
        let input = r#"{"file_path":"README.md","content":"Fix a typo","command":"curl x | sh"}"#;
        ask(world, "Ops", &format!("[[tool mcp__ops__run {input}]]"));
        let editor = Editor::open(world, nvim);
        editor.badge("⚑ 1");
        editor.command(":Chorus next");
        for shown in ["mcp__ops__run", "command", "curl x | sh", "Fix a typo", "README.md"] {
            editor.sees(shown);
        }
    });
}

#[test]
fn the_inbox_answers_one_request_after_the_other() {
    on_each_nvim(|world, nvim| {
        ask(world, "Write it", "[[write: made.txt]] [[say written]]");
        ask(world, "Run it", "[[bash: touch ran]] [[say ran]]");
        ask(world, "Choose", "[[ask2]] [[say chosen]]");
        let editor = Editor::open(world, nvim);
        editor.command(":ChorusInbox");
        editor.sees("Inbox · 3 open");
        editor.sees("Write made.txt  new file");
        editor.press(&["j"]);
        editor.sees("$ touch ran");
        editor.sees("  in ");
        editor.press(&["k"]);
        editor.sees("+alpha");
        editor.press(&["a"]);
        editor.sees("Inbox · 2 open");
        editor.sees("$ touch ran");
        // Its keys are named once it takes them.
        editor.sees("a approve");
        editor.press(&["a"]);
        editor.sees("Inbox · 1 open");
        editor.sees("Question 1 of 2");
        editor.sees("1-9 choose");
        editor.press(&["2"]);
        editor.sees("▶ Question 2 of 2");
        editor.press(&["1", "3"]);
        editor.sees("[x] 3  Windows");
        editor.press(&["Enter"]);
        editor.sees("Inbox · 0 open");
        for number in 1..=3 {
            wait_status(world, number, "idle");
        }
        let shown = world.run(["output", "3"]).stdout;
        assert!(shown.contains("→ Blue") && shown.contains("Linux, Windows"), "{shown}");
    });
}

#[test]
fn the_inbox_answers_a_request_of_another_project() {
    on_each_nvim(|world, nvim| {
        let other = world.root().join("other");
        std::fs::create_dir_all(&other).unwrap();
        let place = other.to_str().unwrap();
        world.json(["new", "--project", place, "--title", "Of another"]);
        world.json(["start", "1", "--project", place, "--prompt", "[[bash: touch ran]] [[say ran]]"]);
        wait_until("the other request", || {
            world.json(["inbox", "--project", place]).as_array().is_some_and(|all| all.len() == 1)
        });
        ask(world, "Write it", "[[write: made.txt]] [[say written]]");
        let editor = Editor::open(world, nvim);
        editor.command(":ChorusInbox");
        editor.sees("Inbox · 2 open in 2 projects");
        editor.types("gg");
        editor.sees("$ touch ran");
        editor.sees("a approve");
        editor.press(&["a"]);
        wait_until("the command ran", || other.join("ran").exists());
        editor.sees("Inbox · 1 open");
        editor.sees("Write made.txt  new file");
        assert!(!world.project().join("made.txt").exists());
    });
}

#[test]
fn a_plan_is_changed_and_sent_back() {
    on_each_nvim(|world, nvim| {
        let number = world.task_with("Plan it", &["--permission-mode", "plan"]).parse::<i64>().unwrap();
        world.json(["start", &number.to_string(), "--prompt", "[[planfile]] [[plan]] [[say planned on]]"]);
        chorus_testkit::wait_until("the plan", || inbox(world).iter().any(|request| request["kind"] == "plan"));
        let editor = Editor::open(world, nvim);
        editor.command(":ChorusInbox");
        editor.sees("1  Approve, and switch this session to accept edits");
        editor.sees("1-9 choose");
        editor.press(&["3"]);
        editor.sees("sends it back");
        editor.press(&["G", "o"]);
        editor.types("4. Write the help");
        editor.press(&["Escape"]);
        editor.command(":w");
        wait_status(world, number, "idle");
        let shown = world.run(["output", &number.to_string()]).stdout;
        assert!(shown.contains("Write the help"), "{shown}");
    });
}

#[test]
fn prompts_that_wait_are_reordered_before_they_are_typed() {
    on_each_nvim(|world, nvim| {
        ask(world, "Write it", "[[write: made.txt]] [[say written]]");
        for text in ["[[say one]]", "[[say two]]"] {
            world.json(["send", "1", text]);
        }
        let editor = Editor::open(world, nvim);
        editor.command(":Chorus prompts 1");
        let is_first = |text: &'static str| {
            move |screen: &str| screen.lines().any(|line| line.contains(" 1. ") && line.contains(text))
        };
        editor.sees_that("the older prompt first", is_first("[[say one]]"));
        editor.press(&["J"]);
        editor.sees_that("the newer prompt first", is_first("[[say two]]"));
        editor.press(&["q"]);
        world.json(["approve", "1"]);
        let last = |page: &serde_json::Value| page["task"]["agent_status"]["detail"]["message"] == "one";
        world.awaits("1", "the last prompt", last);
    });
}
