//! The list of tasks, the badge, and the windows that open from them.

use crate::editor::Editor;
use crate::{ask, new_task, on_each_nvim, start_task, wait_status};
use chorus_testkit::{Sandbox, wait_until};
use serde_json::json;

/// A stand-in for lualine's base class: enough for a component to be made.
const LUALINE: &str = "package.loaded['lualine.component'] = {
  extend = function(base)
    return setmetatable({ super = { init = function() end } }, { __index = base })
  end,
}
_G.component = require('lualine.components.chorus')";

#[test]
fn it_stays_true_while_it_is_open() {
    on_each_nvim(|world, nvim| {
        let editor = Editor::open(world, nvim);
        editor.command(":Chorus");
        editor.sees("No tasks yet.");
        start_task(world, "A long one", "[[slow 600]]");
        assert!(editor.line("A long one").contains("#1"));
        editor.sees("● busy");
        start_task(world, "One that asks", "[[write: made.txt]] [[say written]]");
        editor.sees("⚑ permission");
        start_task(world, "A short one", "[[say all good]]");
        editor.sees("✓ unread");
        assert!(editor.line("#1").contains("● busy"));
        assert!(editor.line("#1").contains("A long one  [demo]"));
        assert!(editor.line("#2").contains("Write: made.txt"));
        assert!(editor.line("#3").contains("all good"));
        editor.sees("3 tasks · ⚑ 1 · ● 1 · ✓ 1");

        editor.badge("⚑ 1 ● 1 ✓ 1");
        editor.sees("[⚑ 1 ● 1 ✓ 1]");
        assert_eq!(editor.lua("require('chorus.statusline').text()"), "⚑ 1 ● 1 ✓ 1");
        let counts = editor.lua("vim.g.chorus_counts");
        assert_eq!((&counts["waiting"], &counts["busy"], &counts["unread"]), (&json!(1), &json!(1), &json!(1)));
        editor.run_lua(LUALINE);
        assert_eq!(editor.lua("_G.component:update_status()"), "⚑ 1 ● 1 ✓ 1");

        let asked = editor.heard("ChorusTaskChanged");
        let of = |number: i64| {
            let mut statuses: Vec<_> = asked
                .iter()
                .filter(|data| data["number"] == number)
                .map(|data| data["task"]["agent_status"]["status"].as_str().unwrap_or_default().to_owned())
                .collect();
            statuses.dedup();
            statuses
        };
        assert_eq!(of(1), ["stopped", "starting", "idle", "busy"]);
        assert!(of(2).ends_with(&["busy".into(), "waiting".into()]), "{:?}", of(2));

        world.json(["interrupt", "1"]);
        editor.badge("⚑ 1 ✓ 1");
        world.json(["edit", "3", "--title", "Renamed %#Error# \u{1b}[31m"]);
        editor.sees("Renamed %#Error#");
        world.json(["complete", "3", "--force"]);
        editor.sees("── ended 1");
        editor.badge("⚑ 1");
    });
}

#[test]
fn every_key_does_what_it_says() {
    on_each_nvim(|world, nvim| {
        new_task(world, "[[slow 600]]");
        let editor = Editor::open(world, nvim);
        editor.command(":Chorus");
        editor.sees("pending");
        editor.press(&["+"]);
        editor.sees("P1");
        editor.press(&["-"]);
        editor.sees_no("P1");
        editor.press(&["s"]);
        editor.sees("● busy");
        editor.press(&["i"]);
        editor.sees("○ idle");
        editor.press(&["S"]);
        editor.sees("Prompt for #1");
        editor.types("[[say hello from the demo]]");
        editor.press(&["Escape"]);
        editor.command(":w");
        editor.sees_that("the message in the list", |screen| {
            screen.lines().any(|line| line.contains("#1") && line.ends_with("hello from the demo"))
        });
        editor.press(&["e"]);
        editor.sees("session file");
        editor.press(&["q"]);
        editor.sees_no("session file");
        editor.press(&["o"]);
        editor.sees("S send");
        editor.press(&["q"]);
        editor.sees_no("S send");
        editor.press(&["Enter"]);
        editor.sees("S send");
        editor.press(&["q"]);
        editor.sees_no("S send");
        editor.press(&["t"]);
        editor.sees("TERMINAL");
        editor.sees("? for shortcuts");
        editor.press(&["C-\\", "C-q"]);
        editor.sees_no("? for shortcuts");
        editor.press(&["p"]);
        editor.sees("what happened");
        editor.command(":Chorus");
        editor.sees_no("what happened");
        editor.press(&["r"]);
        wait_until("a restart", || wait_status(world, 1, "idle")["restarts"] == 1);
        editor.press(&["R"]);
        editor.sees("Begin a new conversation");
        editor.press(&["1", "Enter"]);
        wait_until("a fresh restart", || wait_status(world, 1, "idle")["restarts"] == 2);
        editor.press(&["g?"]);
        editor.sees("Keys · dashboard");
        editor.press(&["q"]);
        editor.sees_no("Keys · dashboard");
        editor.press(&["I"]);
        editor.sees("No requests are open.");
        editor.press(&["q"]);
        editor.sees_no("No requests are open.");
        editor.press(&["n"]);
        editor.sees(":w creates it");
        editor.escape();
        editor.command(":q!");
        editor.sees_no(":w creates it");
        editor.press(&["/"]);
        editor.sees("<CR> keeps");
        editor.types("noth");
        editor.sees("No task matches noth");
        editor.command("ing");
        editor.sees_no("<CR> keeps");
        editor.sees("No task matches nothing");
        editor.press(&["/"]);
        editor.sees("<CR> keeps");
        editor.escape();
        editor.sees("#1");
        editor.wait_lua("the cursor on the task", "vim.b.chorus_task == 1");
        editor.press(&["c"]);
        editor.sees("» #1  ✔ completed");
        editor.command(":new");
        editor.sees("── ended 1");
        editor.command(":quit");
        editor.wait_lua("the cursor on the heading", "vim.b.chorus_task == nil");
        editor.sees_no("[demo]");
        editor.press(&["Tab"]);
        editor.sees("✔ completed");
        editor.press(&["Tab"]);
        editor.sees_no("✔ completed");
        editor.press(&["Tab"]);
        editor.sees("✔ completed");
        editor.types("G");
        editor.wait_lua("the cursor on the task", "vim.b.chorus_task == 1");
        editor.press(&["u"]);
        editor.sees("1: Undo");
        editor.press(&["1", "Enter"]);
        editor.sees("pending");
        editor.press(&["s"]);
        editor.sees("● busy");
        editor.press(&["f"]);
        editor.sees("Give up #1; reason:");
        editor.command("no use");
        editor.sees("✗ failed");
        editor.sees("no use");
        editor.types("G");
        editor.wait_lua("the cursor on the task", "vim.b.chorus_task == 1");
        editor.press(&["x"]);
        editor.sees("Delete #1 [[slow 600]]?");
        editor.press(&["1", "Enter"]);
        editor.sees("No tasks yet.");
        editor.press(&["q"]);
        editor.sees_no("No tasks yet.");
        assert_eq!(world.json(["list"]), json!([]));
    });
}

#[test]
fn several_are_selected_at_once() {
    on_each_nvim(|world, nvim| {
        for title in ["[[slow 600]] one", "[[slow 600]] two", "[[slow 600]] three"] {
            new_task(world, title);
        }
        let editor = Editor::open(world, nvim);
        editor.command(":Chorus");
        editor.sees("three");
        editor.types("ggVjjs");
        editor.sees("3 tasks · ● 2");
        assert!(editor.line("three").contains("pending"));
        editor.command(":Chorus start all");
        (1..=3).for_each(|number| drop(wait_status(world, number, "busy")));
        editor.sees("3 tasks · ● 3");
        editor.sees("── working 3");
        editor.types("ggVGm");
        editor.sees("3 marked");
        editor.press(&["i"]);
        editor.sees("Interrupt the turns of 3 tasks?");
        editor.sees("#2 [[slow 600]] two");
        editor.press(&["1", "Enter"]);
        editor.badge("");
        editor.sees_no("marked");
    });
}

#[test]
fn output_is_live_and_in_colour() {
    on_each_nvim(|world, nvim| {
        start_task(world, "A long one", "[[slow 600]]");
        let editor = Editor::open(world, nvim);
        editor.command(":ChorusOutput");
        editor.sees("[demo] A long one");
        editor.sees("the quick brown fox");
        let words = |screen: &str| screen.matches("otters").count();
        let now = words(&editor.screen());
        editor.sees_that("more words", |screen| words(screen) > now + 1);
        let colours = editor.colours();
        let label = colours.lines().find(|line| line.contains("plays a script")).unwrap_or(&colours);
        assert!(label.contains("\u{1b}[38;") || label.contains("\u{1b}[2m"), "{label:?}");
        editor.sees("i interrupt");
        editor.press(&["i"]);
        editor.sees("○ idle");
        editor.press(&["S"]);
        editor.sees("Prompt for #1");
        editor.types("[[lines 200]]");
        editor.press(&["Escape"]);
        editor.command(":w");
        editor.sees("line 200 of the scripted output");
        editor.types("gg");
        editor.sees("standing still");
        editor.sees("the quick brown fox");
        editor.types("/line 77 of\n");
        editor.sees("line 77 of the scripted output");
        editor.types("G");
        editor.sees_no("standing still");
    });
}

#[test]
fn the_terminal_is_the_task_s_own() {
    on_each_nvim(|world, nvim| {
        start_task(world, "Talk", "[[say ready]]");
        wait_unread(world);
        let editor = Editor::open(world, nvim);
        editor.command(":ChorusAttach");
        editor.sees("TERMINAL");
        editor.sees("? for shortcuts");
        editor.types("[[say typed by hand]]");
        editor.press(&["Enter"]);
        editor.sees("● typed by hand");
        wait_until("the turn is over", || {
            let journal = world.json(["show", "1"])["journal"].clone();
            journal.to_string().matches("The turn ended").count() == 2
        });
        wait_until("it counts as seen", || world.json(["list"])[0]["unread"] == false);
        editor.press(&["C-\\", "C-q"]);
        editor.sees_no("? for shortcuts");
        assert_eq!(editor.mode(), "n");
        assert_eq!(world.json(["list"])[0]["agent_status"]["status"], "idle");
        editor.badge("");
    });
}

#[test]
fn a_task_is_picked() {
    on_each_nvim(|world, nvim| {
        start_task(world, "The first", "[[say ready]]");
        new_task(world, "The second %#Error#");
        wait_unread(world);
        let editor = Editor::open(world, nvim);
        editor.command(":ChorusPick");
        editor.sees("<CR> picks");
        assert!(editor.line("#1").contains("✓ unread"));
        assert!(editor.line("The second %#Error#").contains("pending"));
        editor.types("2");
        editor.sees_no("The first");
        editor.press(&["Enter"]);
        editor.sees("chorus://task/2");
        editor.command(":ChorusPick live");
        editor.sees("<CR> picks");
        editor.press(&["Enter"]);
        editor.sees("● ready");
    });
}

#[test]
fn the_list_is_edited_as_text() {
    on_each_nvim(|world, nvim| {
        for title in ["one", "two", "three"] {
            new_task(world, title);
        }
        let editor = Editor::open(world, nvim);
        editor.command(":ChorusList");
        editor.sees("#3");
        editor.types("GA +later");
        editor.escape();
        editor.command(":1s/P0/P5/");
        editor.types("ofour +new");
        editor.escape();
        editor.command(":w");
        editor.sees("3 changes");
        editor.press(&["1", "Enter"]);
        wait_until("the new task", || world.json(["list"]).as_array().unwrap().len() == 4);
        let tasks = world.json(["list"]);
        let of = |number: i64| tasks.as_array().unwrap().iter().find(|task| task["number"] == number).unwrap();
        assert_eq!(of(1)["priority"], 5);
        assert_eq!(of(3)["tags"], json!(["later"]));
        assert_eq!((&of(4)["title"], &of(4)["tags"]), (&json!("four"), &json!(["new"])));
        editor.sees("#4");
        assert_eq!(editor.lua("vim.bo.modified"), false);
    });
}

#[test]
fn a_page_is_saved_and_kept_true() {
    on_each_nvim(|world, nvim| {
        new_task(world, "Fix it");
        let editor = Editor::open(world, nvim);
        editor.command(":edit chorus://task/1");
        editor.sees("title: Fix it");
        editor.types("gg/^title\nA soon");
        editor.escape();
        editor.types("gg/^---\noThe reason.");
        editor.escape();
        editor.command(":w");
        wait_until("the title is saved", || world.json(["list"])[0]["title"] == "Fix it soon");
        let task = &world.json(["show", "1"])["task"];
        assert_eq!(task["description"].as_str().unwrap().trim(), "The reason.");
        assert_eq!(editor.lua("vim.bo.modified"), false);
        world.json(["edit", "1", "--title", "Fix it today"]);
        editor.sees("title: Fix it today");
        world.json(["start", "1", "--prompt", "[[say done]]"]);
        editor.sees("message    done");
    });
}

#[test]
fn a_page_folds_its_turns_but_the_newest() {
    on_each_nvim(|world, nvim| {
        start_task(world, "Folds", "[[say the first]]");
        wait_unread(world);
        world.json(["send", "1", "[[say the second]]"]);
        wait_until("both turns ended", || {
            let page = world.json(["show", "1"]);
            let journal = page["journal"].as_array().unwrap();
            journal.iter().filter(|entry| entry["what"] == "turn_ended").count() == 2
        });
        let editor = Editor::open(world, nvim);
        editor.command(":edit chorus://task/1");
        editor.sees("said    the second");
        editor.sees_no("said    the first");
        editor.command(":call search('say the first')");
        editor.press(&["Enter"]);
        editor.sees("said    the first");
    });
}

#[test]
fn next_goes_where_one_is_needed() {
    on_each_nvim(|world, nvim| {
        start_task(world, "Unread", "[[say done]]");
        wait_unread(world);
        ask(world, "Asks", "[[write: made.txt]]");
        let editor = Editor::open(world, nvim);
        editor.badge("⚑ 1 ✓ 1");
        editor.command(":ChorusNext");
        editor.sees("Write made.txt  new file");
        editor.press(&["q"]);
        editor.sees_no("Write made.txt  new file");
        editor.command(":ChorusNext");
        editor.sees("● done");
        // On screen for a second in a focused Neovim is seen.
        editor.badge("⚑ 1");
        editor.press(&["q"]);
    });
}

/// Waits until the first task's turn has ended and nobody has seen it.
fn wait_unread(world: &Sandbox) {
    wait_until("a turn ended", || world.json(["list"])[0]["unread"] == true);
}

#[test]
fn the_preview_follows_the_cursor_and_what_the_agent_draws() {
    on_each_nvim(|world, nvim| {
        start_task(world, "A long one", "[[slow 600]]");
        ask(world, "One that asks", "[[write: made.txt]] [[say written]]");
        world.json(["new", "--title", "A later one", "--description", "Why it is needed"]);
        let editor = Editor::open(world, nvim);
        editor.command(":Chorus");
        editor.sees("needs you 1");
        editor.press(&["P"]);
        editor.sees("+alpha");
        editor.sees("Allow always by a rule");
        let window = editor.lua("vim.api.nvim_get_current_buf() == vim.fn.bufnr('chorus://dashboard')");
        assert_eq!(window, true);
        editor.types("j");
        editor.sees("the quick brown fox");
        let otters = |screen: &str| screen.matches("otters").count();
        let now = otters(&editor.screen());
        editor.sees_that("more output", |screen| otters(screen) > now);
        editor.types("G");
        editor.sees("Why it is needed");
        editor.types("gg");
        editor.types("]t");
        editor.sees("+alpha");
        editor.press(&["a"]);
        editor.sees("a approve");
        editor.press(&["a"]);
        editor.sees("✓ unread");
        editor.sees("● written");
        editor.press(&["q"]);
        editor.sees_no("● written");
        assert_eq!(editor.lua("#vim.api.nvim_list_wins()"), 1);
    });
}

#[test]
fn tasks_of_all_projects_stand_in_one_list() {
    on_each_nvim(|world, nvim| {
        new_task(world, "Of this project");
        let other = world.root().join("other");
        std::fs::create_dir_all(&other).unwrap();
        world.json(["new", "--project", other.to_str().unwrap(), "--title", "Of another"]);
        let editor = Editor::open(world, nvim);
        editor.command(":Chorus");
        editor.sees("Of this project");
        assert!(!editor.screen().contains("Of another"));
        editor.types("gp");
        editor.sees("all projects   2 tasks");
        assert!(editor.line("Of another").contains("in other"));
        editor.command(&format!("/{}", "another"));
        editor.wait_lua("the cursor there", "vim.b.chorus_uuid ~= nil");
        editor.press(&["x"]);
        editor.sees("Delete #1 Of another?");
        editor.press(&["1", "Enter"]);
        editor.sees("No task matches another");
        assert_eq!(world.json(["list"])[0]["title"], "Of this project");
    });
}
