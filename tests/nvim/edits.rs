//! Stacks and worktrees as a person sees them: whose an edit is, differences, messages, saves.

use crate::editor::Editor;
use crate::{journal, on_each_nvim, wait_status};
use chorus_testkit::tools::Tool;
use chorus_testkit::{World, but, wait_until};
use std::fmt::Write;

/// Lines `line 1` to `line 40` in `app.txt`, committed.
fn numbered(world: &World) {
    let text = (1..=40).fold(String::new(), |mut text, number| {
        writeln!(text, "line {number}").unwrap();
        text
    });
    world.write("project/app.txt", &text);
    world.commit("lines");
}

/// Nothing is committed before a task is completed, so that its edits can be looked at.
fn configure(world: &World) {
    world.write("config/chorus/chorus.toml", "[agent]\ndefault = \"demo\"\n[vcs]\ncommit = \"complete\"\n");
}

/// A task whose agent replaces a line of `app.txt` and comes to rest.
fn edit(world: &World, isolation: &str, title: &str, line: u32, becomes: &str) {
    let mode = ["--permission-mode", "acceptEdits"];
    let new = world.json(["new", "--title", title, "--isolation", isolation].into_iter().chain(mode));
    let number = new["number"].as_i64().unwrap();
    world.json(["start", &number.to_string(), "--prompt", &edit_prompt(line, becomes)]);
    wait_status(world, number, "idle");
    wait_until("the turn is over", || journal(world, number).iter().any(|line| line.contains("The turn ended")));
}

fn edit_prompt(line: u32, becomes: &str) -> String {
    let (old, new) = (format!("line {line}\\n"), format!("{becomes}\\n"));
    format!(
        "[[tool Edit {{\"file_path\":\"app.txt\",\"old_string\":\"{old}\",\"new_string\":\"{new}\"}}]] [[say edited]]"
    )
}

/// A GitButler project, with `app.txt` open.
fn open_stacked<'a>(world: &'a World, nvim: &Tool) -> Editor<'a> {
    let standin = but::standins().swap_remove(0);
    standin.install(&world.root().join("bin"));
    numbered(world);
    configure(world);
    let editor = Editor::open_sized(world, nvim, (120, 40), &["app.txt"]);
    editor.command(":Chorus setup");
    editor.sees("1: Make this a GitButler project");
    editor.types("1");
    editor.press(&["Enter"]);
    editor.sees("This is a GitButler project now");
    editor
}

#[test]
fn everybodys_edits_in_one_tree_are_told_apart_and_given_away() {
    on_each_nvim(|world, nvim| {
        let editor = open_stacked(world, nvim);
        edit(world, "stack", "First", 3, "THREE");
        edit(world, "stack", "Second", 20, "TWENTY");
        editor.wait_lua("the buffer is read again", "vim.fn.getline(20) == 'TWENTY'");
        assert_eq!(editor.lua("vim.bo.modified"), false);
        editor.command(":37");
        editor.types("ccmine");
        editor.escape();
        editor.command(":w");

        editor.command(":Chorus changes");
        editor.sees("3 edits");
        assert!(editor.line("-line 3").contains("#1 First"));
        assert!(editor.line("-line 20").contains("#2 Second"));
        assert!(editor.line("-line 37").contains("yours"));

        editor.command(":call search('-line 37')");
        editor.press(&["a"]);
        editor.sees("Assign this edit of app.txt to");
        editor.types("2");
        editor.press(&["Enter"]);
        editor.sees_that("the edit with #2", |screen| {
            screen.lines().any(|line| line.contains("#2 Second") && line.contains("-line 37"))
        });
        editor.press(&["u"]);
        editor.sees_that("the edit as yours", |screen| {
            screen.lines().any(|line| line.contains("yours") && line.contains("-line 37"))
        });

        editor.command(":call search('-line 20')");
        editor.press(&["d"]);
        editor.sees("+TWENTY");
        assert!(!editor.screen().contains("THREE"));
        editor.command(":call search('+TWENTY')");
        editor.types("gf");
        editor.wait_lua("the file", "vim.fn.expand('%:t') == 'app.txt' and vim.fn.line('.') == 20");
        editor.command(":Chorus blame");
        editor.sees("#2 Second, not committed yet");
        editor.command(":Chorus blame");
        editor.wait_lua("the page", "vim.fn.expand('%') == 'chorus://task/2'");

        editor.command(":Chorus");
        editor.sees("✎ 1");
        editor.sees("with #1");
    });
}

#[test]
fn files_that_agents_change_outside_of_stacks_are_read_again_and_shown() {
    on_each_nvim(|world, nvim| {
        numbered(world);
        configure(world);
        world.json(["list"]);
        let editor = Editor::open_sized(world, nvim, (120, 40), &["app.txt"]);
        editor.wait_lua("it is connected", "require('chorus.client').is_connected()");
        edit(world, "none", "Plain", 3, "THREE");
        editor.wait_lua("the buffer is read again", "vim.fn.getline(3) == 'THREE'");
        let command = "[[bash: sed -i s/THREE/DREI/ app.txt]] [[hang 60]]";
        world.json(["send", "1", command]);
        editor.wait_lua("the buffer is read again after a command", "vim.fn.getline(3) == 'DREI'");

        let new = ["new", "--title", "Apart", "--isolation", "worktree", "--permission-mode", "acceptEdits"];
        world.json(new);
        world.json(["start", "2", "--prompt", "[[say ready]]"]);
        wait_until("the first turn", || journal(world, 2).iter().any(|line| line.contains("The turn ended")));
        let shown = world.json(["show", "2"]);
        let file = format!("{}/app.txt", shown["task"]["worktree"].as_str().unwrap());
        editor.command(":Chorus diff 2 uncommitted");
        editor.sees("There are no uncommitted edits");
        editor.command(&format!(":split {file}"));
        let prompt = edit_prompt(20, "TWENTY").replace("[[say edited]]", "[[hang 60]]");
        world.json(["send", "2", &prompt]);
        editor.sees("+TWENTY");
        editor.wait_lua("the worktree's file is read again", "vim.fn.getline(20) == 'TWENTY'");
        assert_eq!(editor.lua("vim.bo.modified"), false);
        editor.types("ccmine");
        editor.escape();
        let command = "[[bash: sed -i s/TWENTY/ZWANZIG/ app.txt]] [[hang 60]]";
        world.json(["interrupt", "2"]);
        wait_status(world, 2, "idle");
        world.json(["send", "2", command]);
        editor.sees("was changed on disk by #2 Apart");
    });
}

#[test]
fn a_task_is_completed_with_a_message_of_ones_own() {
    on_each_nvim(|world, nvim| {
        let editor = open_stacked(world, nvim);
        edit(world, "stack", "First", 3, "THREE");
        edit(world, "stack", "Second", 20, "TWENTY");
        editor.command(":Chorus complete 1");
        editor.sees("# Changes to be committed:");
        editor.command(":q!");
        editor.sees_no("# Changes to be committed:");
        assert_eq!(world.json(["show", "1"])["task"]["status"], "running");

        editor.command(":Chorus complete 1");
        editor.sees("# Changes to be committed:");
        editor.command(":1,/^$/-1d");
        editor.types("OCount in capitals");
        editor.escape();
        editor.command(":wq");
        wait_until("the task is completed", || world.json(["show", "1"])["task"]["status"] == "completed");
        editor.sees_no("# Changes to be committed:");
        let branch = world.json(["show", "1"])["task"]["stack"].as_str().unwrap().to_owned();
        assert_eq!(world.git(["log", "-1", "--format=%s", &branch]), "Count in capitals");
        let committed = world.git(["show", &format!("{branch}:app.txt")]);
        assert!(committed.contains("THREE") && !committed.contains("TWENTY"));

        editor.command(":Chorus show 1");
        editor.sees("Count in capitals  1 file");
        editor.command(":call search('Count in capitals')");
        editor.press(&["Enter"]);
        editor.sees("+THREE");
    });
}

#[test]
fn a_discard_asks_first_and_can_be_taken_back() {
    on_each_nvim(|world, nvim| {
        let editor = open_stacked(world, nvim);
        edit(world, "stack", "First", 3, "THREE");
        editor.wait_lua("the edit", "vim.fn.getline(3) == 'THREE'");
        editor.command(":Chorus! fail 1 wrong idea");
        editor.sees("1 file with uncommitted edits");
        editor.sees("refs/chorus/discarded/");
        editor.types("2");
        editor.press(&["Enter"]);
        assert_eq!(world.json(["show", "1"])["task"]["status"], "running");

        editor.command(":Chorus! fail 1 wrong idea");
        editor.sees("1: Give up #1 and discard its edits");
        editor.types("1");
        editor.press(&["Enter"]);
        editor.sees("#1 is given up");
        assert_eq!(world.json(["show", "1"])["task"]["status"], "failed");
        editor.wait_lua("the file as it was", "vim.fn.getline(3) == 'line 3'");

        editor.command(":Chorus! reopen 1");
        wait_until("the task is pending", || world.json(["show", "1"])["task"]["status"] == "pending");
        editor.wait_lua("the edit again", "vim.fn.getline(3) == 'THREE'");
    });
}

#[test]
fn unsaved_edits_are_left_alone_and_the_task_is_named() {
    on_each_nvim(|world, nvim| {
        let editor = open_stacked(world, nvim);
        // Whoever rests in the buffer is asked what to do.
        editor.command(":set updatetime=1000000");
        editor.types("ggcctyped");
        editor.escape();
        edit(world, "stack", "First", 3, "THREE");
        editor.sees("app.txt was changed on disk by #1 First");
        assert_eq!(editor.lua("vim.fn.getline(1)"), "typed");
        assert_eq!(editor.lua("vim.fn.getline(3)"), "line 3");
        assert_eq!(editor.mode(), "n");
        editor.command(":doautocmd CursorHold");
        editor.sees("by #1 First, and you have unsaved edits");
        editor.types("1");
        editor.press(&["Enter"]);
        editor.wait_lua("the task's edit", "vim.fn.getline(3) == 'THREE'");
    });
}

#[test]
fn a_worktrees_difference_opens_its_own_files() {
    on_each_nvim(|world, nvim| {
        numbered(world);
        configure(world);
        let editor = Editor::open_sized(world, nvim, (120, 40), &["app.txt"]);
        edit(world, "worktree", "Apart", 3, "THREE");
        editor.command(":vertical Chorus diff 1");
        editor.sees("+THREE");
        editor.command(":call search('+THREE')");
        editor.types("gf");
        editor.wait_lua("the file", "vim.fn.getline('.') == 'THREE'");
        let file = editor.lua("vim.fn.expand('%:p')");
        assert!(file.as_str().unwrap().starts_with(world.state().to_str().unwrap()), "{file}");
        assert_eq!(editor.lua("#vim.api.nvim_tabpage_list_wins(0)"), 2);
    });
}
