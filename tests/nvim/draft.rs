//! Writing a new task.

use crate::editor::Editor;
use crate::{on_each_nvim, wait_status};
use chorus_testkit::{Sandbox, wait_for, wait_until};

fn drafts(world: &Sandbox) -> Vec<String> {
    let files = std::fs::read_dir(world.state().join("drafts")).into_iter().flatten().flatten();
    files.filter_map(|file| std::fs::read_to_string(file.path()).ok()).collect()
}

#[test]
fn what_is_written_becomes_a_task() {
    on_each_nvim(|world, nvim| {
        let editor = Editor::open(world, nvim);
        editor.command(":ChorusNew");
        editor.sees(":w creates it");
        editor.types("Fix the login flow");
        editor.escape();
        editor.types("GoIt returns 500.\nAlways.");
        editor.escape();
        editor.types("gg/tags\nA a b");
        editor.escape();
        editor.command(":w");
        editor.sees("#1 Fix the login flow");
        editor.sees_no(":w creates it");
        let task = &world.json(["list"])[0];
        assert_eq!((&task["title"], &task["status"]), (&"Fix the login flow".into(), &"pending".into()));
        assert_eq!(task["tags"], serde_json::json!(["a", "b"]));
        assert_eq!(world.json(["show", "1"])["task"]["description"], "It returns 500.\nAlways.");
        assert!(drafts(world).is_empty());
        assert_eq!(editor.mode(), "n");
    });
}

#[test]
fn a_bang_starts_it_at_once() {
    on_each_nvim(|world, nvim| {
        let editor = Editor::open(world, nvim);
        editor.command(":ChorusNew!");
        editor.sees(":w creates it and starts it");
        editor.types("[[say done]]");
        editor.escape();
        editor.command(":wq");
        editor.sees("#1 has started");
        editor.sees("[✓ 1]");
        assert_eq!(wait_status(world, 1, "idle")["status"], "running");
        let message = || world.json(["list"])[0]["agent_status"]["detail"]["message"].clone();
        wait_until("its message is told", || message() == "done");
    });
}

#[test]
fn a_plugin_that_saves_creates_no_task() {
    on_each_nvim(|world, nvim| {
        let editor = Editor::open(world, nvim);
        editor.run_lua(
            "vim.api.nvim_create_autocmd({ 'InsertLeave', 'TextChanged' }, {
                callback = function()
                    vim.defer_fn(function()
                        vim.cmd('silent! write')
                        _G.has_saved = true
                    end, 20)
                end,
            })",
        );
        editor.command(":ChorusNew!");
        editor.sees(":w creates it and starts it");
        editor.types("[[say done]]");
        editor.escape();
        editor.wait_lua("the plugin has saved", "_G.has_saved");
        editor.sees("no task was created");
        assert_eq!(world.json(["list"]), serde_json::json!([]));
        editor.types("ZZ");
        editor.sees("#1 has started");
    });
}

#[test]
fn a_killed_neovim_loses_no_draft() {
    on_each_nvim(|world, nvim| {
        let editor = Editor::open(world, nvim);
        editor.command(":ChorusNew");
        editor.sees(":w creates it");
        editor.types("Half a thought");
        wait_until("the draft is kept", || drafts(world).iter().any(|draft| draft.contains("Half a thought")));
        editor.kill();

        let editor = Editor::open(world, nvim);
        editor.command(":ChorusNew");
        editor.sees("There is an unfinished draft");
        editor.press(&["Down", "Enter"]);
        editor.sees("title: Half a thought");
        editor.command(":w");
        wait_for("the task", || world.json(["list"])[0]["title"].as_str().map(str::to_owned));
        wait_until("the draft has served", || drafts(world).is_empty());
        editor.command(":ChorusNew");
        editor.sees(":w creates it");
    });
}

#[test]
fn a_selection_becomes_an_excerpt() {
    on_each_nvim(|world, nvim| {
        world.write("project/greet.py", "def greet():\n    pass\n\nprint(1)\n");
        let editor = Editor::open_sized(world, nvim, (120, 40), &["greet.py"]);
        editor.types("Vj:ChorusNew Say hello");
        editor.press(&["Enter"]);
        editor.sees("title: Say hello");
        editor.command(":w");
        editor.sees("#1 Say hello");
        let page = world.json(["show", "1"]);
        let description = page["task"]["description"].as_str().unwrap();
        assert!(description.contains("greet.py:1-2"), "{description}");
        assert!(description.contains("```python\ndef greet():\n    pass\n```"), "{description}");
    });
}

#[test]
fn a_wrong_line_is_told_without_a_stop() {
    on_each_nvim(|world, nvim| {
        let editor = Editor::open(world, nvim);
        editor.command(":ChorusNew");
        editor.sees(":w creates it");
        editor.escape();
        editor.types("gg/^isolation:\nA none of it");
        editor.escape();
        editor.command(":w");
        editor.sees("line 2: a title is required");
        assert_eq!(editor.mode(), "n", "{}", editor.screen());
        editor.types("gg/^title:\nA Right");
        editor.escape();
        editor.command(":w");
        editor.sees("line 6: isolation is auto, stack, worktree or none");
        assert_eq!(editor.mode(), "n", "{}", editor.screen());
        editor.types("gg/^isolation:\nDAisolation: none");
        editor.escape();
        editor.command(":w");
        editor.sees("#1 Right");
        assert_eq!(world.json(["list"])[0]["isolation"], "none");
    });
}

#[test]
fn a_refused_task_stays_a_draft() {
    on_each_nvim(|world, nvim| {
        let editor = Editor::open(world, nvim);
        editor.command(":ChorusNew");
        editor.sees(":w creates it");
        editor.types("On top of nothing");
        editor.escape();
        editor.types("gg/^on:\nA 99");
        editor.escape();
        editor.command(":w");
        editor.sees("the task was not created: cannot create the task: there is no task #99");
        editor.press(&["Enter"]);
        assert_eq!(world.json(["list"]), serde_json::json!([]));
        assert!(drafts(world)[0].contains("On top of nothing"));
        editor.types("gg/^on:\nDion:");
        editor.escape();
        editor.command(":w");
        wait_until("the draft has served", || drafts(world).is_empty());
        assert_eq!(world.json(["list"])[0]["title"], "On top of nothing");
    });
}
