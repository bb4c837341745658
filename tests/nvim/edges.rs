//! What other plugins and scripts meet, wrong input, hostile text, small screens.

use crate::editor::Editor;
use crate::{ask, new_task, on_each_nvim, start_task, wait_status};
use serde_json::json;

#[test]
fn events_carry_plain_data() {
    on_each_nvim(|world, nvim| {
        let editor = Editor::open(world, nvim);
        editor.command(":Chorus");
        editor.sees("No tasks yet.");
        start_task(world, "Work", "[[write: made.txt]] [[say written]]");
        editor.hears("ChorusRequestOpened");
        world.json(["approve", "1"]);
        editor.badge("✓ 1");
        let changed = editor.heard("ChorusTaskChanged");
        assert_eq!(changed[0]["number"], 1);
        assert_eq!(changed[0]["uuid"], changed[0]["task"]["uuid"]);
        assert_eq!(changed[0]["task"]["title"], "Work");
        let opened = editor.heard("ChorusRequestOpened");
        let closed = editor.heard("ChorusRequestClosed");
        assert_eq!((opened.len(), closed.len()), (1, 1), "{opened:?} {closed:?}");
        assert_eq!(opened[0]["request"]["tool"], "Write");
        assert_eq!(opened[0]["request"]["id"], closed[0]["request"]["id"]);
        let ended = editor.hears("ChorusTurnEnded");
        assert_eq!(ended.len(), 1);
        let ended = (&ended[0]["number"], &ended[0]["title"], &ended[0]["message"]);
        assert_eq!(ended, (&json!(1), &json!("Work"), &json!("written")));
        world.json(["complete", "1"]);
        world.json(["delete", "1"]);
        editor.sees("No tasks yet.");
        let changed = editor.heard("ChorusTaskChanged");
        let last = changed.last().unwrap();
        assert!(last["number"] == 1 && last["task"].is_null(), "{last}");
    });
}

#[test]
fn health_tells_what_is_there() {
    on_each_nvim(|world, nvim| {
        new_task(world, "One");
        let editor = Editor::open_sized(world, nvim, (120, 100), &[]);
        editor.command(":checkhealth chorus");
        for text in ["chorus: Neovim", "options are valid", "daemon 0.", "tmux: 3.", "log: "] {
            editor.sees(text);
        }
        editor.sees_no("ERROR");
    });
}

#[test]
fn a_mistake_is_one_line() {
    on_each_nvim(|world, nvim| {
        new_task(world, "One");
        let editor = Editor::open(world, nvim);
        editor.command(":Chorus strat 1");
        editor.sees("Chorus: unknown command `strat` — did you mean `:Chorus start`?");
        editor.command(":Chorus interrupt 1");
        editor.sees("#1");
        editor.command(":Chorus start 7");
        editor.sees("there is no task `7`");
        editor.command(":ChorusOutput! 1");
        editor.sees("E477");
        assert_eq!(editor.mode(), "n", "{}", editor.screen());
    });
}

#[test]
fn the_command_line_is_completed() {
    on_each_nvim(|world, nvim| {
        for title in ["One", "Two"] {
            new_task(world, title);
        }
        let editor = Editor::open(world, nvim);
        editor.command(":Chorus");
        editor.sees("Two");
        editor.types(":Chorus exp\t");
        editor.sees(":Chorus explain");
        editor.press(&["C-u"]);
        editor.types("Chorus start \t");
        editor.wait_lua("the first task", "vim.fn.getcmdline():match('^Chorus start 1') ~= nil");
        editor.press(&["C-u"]);
        editor.types("ChorusSt\t");
        editor.wait_lua("the command", "vim.fn.getcmdline() == 'ChorusStart'");
        editor.escape();
        editor.press(&["q"]);
        assert_eq!(editor.lua("vim.fn.getcompletion('Chorus delete ', 'cmdline')")[0], "1");
    });
}

/// Would open a window, set a variable, move the cursor, or break a statusline, where it is not taken as text.
const HOSTILE: &str = "%{execute('let g:owned=1')} %#Error#%= #(touch owned) $(touch owned) \u{1b}[2J\u{1b}]0;owned\u{7}\u{202e}x | let g:owned=1";

#[test]
fn hostile_text_stays_text() {
    on_each_nvim(|world, nvim| {
        world.json(["new", "--title", HOSTILE, "--tag", "%{execute('let g:owned=1')}"]);
        start_task(
            world,
            HOSTILE,
            "[[bash: echo \u{1b}]0;owned\u{7} %#Error# > 'made%{1+1}.txt']] [[say %{execute('let g:owned=1')}]]",
        );
        let editor = Editor::open_sized(world, nvim, (160, 40), &[]);
        editor.command(":Chorus");
        editor.hears("ChorusRequestOpened");
        editor.sees("⚑ permission");
        assert!(editor.line("#2").contains("%{execute('let g:owned=1')} %#Error#"));
        editor.press(&["/"]);
        editor.sees("<CR> keeps");
        editor.command("%#Error#%=");
        editor.sees("/ %#Error#%=");
        editor.types("gg");
        editor.types("]t");
        editor.wait_lua("the cursor on the task that asks", "vim.b.chorus_task == 2");
        editor.press(&["a"]);
        editor.sees("made%{1+1}.txt");
        editor.press(&["q"]);
        editor.press(&["Enter"]);
        editor.sees("%#Error# >");
        editor.press(&["a"]);
        editor.sees("Bash");
        editor.press(&["a"]);
        editor.badge("");
        editor.press(&["q"]);
        editor.press(&["p"]);
        editor.sees("what happened");
        editor.command(":ChorusList");
        editor.sees("chorus://list");
        editor.command(":ChorusPick");
        editor.sees("<CR> picks");
        editor.escape();
        editor.sees_no("<CR> picks");
        assert_eq!(editor.lua("vim.g.owned"), json!(null));
        assert!(!world.project().join("owned").exists());
        assert!(!editor.title().contains("owned"), "the terminal's title is {}", editor.title());
    });
}

#[test]
fn the_configuration_is_shown_and_so_is_the_log() {
    on_each_nvim(|world, nvim| {
        new_task(world, "One");
        let editor = Editor::open(world, nvim);
        for _ in 0..2 {
            editor.command(":Chorus config");
            editor.sees("agent.default = \"demo\"");
            editor.press(&["q"]);
            editor.sees_no("agent.default");
        }
        editor.command(":Chorus log");
        editor.sees("serves ");
        editor.command(":quit");
        editor.command(":edit chorus://nothing");
        editor.sees("there is no buffer named chorus://nothing");
        editor.sees_no("BufReadCmd");
    });
}

#[test]
fn a_terminal_on_a_small_screen_hides_nothing() {
    on_each_nvim(|world, nvim| {
        ask(world, "Ask for something with a title that is long", "[[write: made.txt]]");
        let editor = Editor::open_sized(world, nvim, (80, 24), &[]);
        editor.command(":ChorusAttach");
        editor.sees("Do you want to create made.txt?");
        editor.sees("3. No");
        editor.sees("<C-\\><C-q> leave");
        editor.press(&["C-\\", "C-q"]);
        editor.sees_no("3. No");
    });
}

#[test]
fn a_small_screen_is_enough() {
    on_each_nvim(|world, nvim| {
        ask(world, "One with a title that is longer than what fits", "[[write: a/long/name/of/a/file/to/make.txt]]");
        start_task(world, "Short", "[[slow 600]]");
        wait_status(world, 2, "busy");
        let editor = Editor::open_sized(world, nvim, (80, 24), &[]);
        for (command, what) in [
            (":Chorus", "⚑ permission"),
            (":ChorusInbox", "Inbox · 1 open"),
            (":ChorusNext", "new file"),
            (":ChorusExplain 1", "session file"),
            (":ChorusOutput 1", "Do you want to create"),
            (":ChorusShow 1", "what happened"),
            (":ChorusList", "#2"),
        ] {
            editor.command(command);
            editor.sees(what);
            assert_eq!(editor.mode(), "n", "{command} stops the editor:\n{}", editor.screen());
            if editor.lua("vim.api.nvim_win_get_config(0).relative ~= ''") == true {
                editor.press(&["g?"]);
                editor.sees("Keys ·");
                editor.press(&["q"]);
                editor.sees_no("Keys ·");
                editor.press(&["q"]);
                editor.wait_lua("the window is closed", "vim.api.nvim_win_get_config(0).relative == ''");
            }
        }
    });
}
