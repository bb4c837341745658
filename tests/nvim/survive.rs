//! Kills, two Neovims, and Neovim opened in the morning.

use crate::editor::Editor;
use crate::{ask, inbox, new_task, on_each_nvim, start_task, wait_status};
use chorus_testkit::processes::{self, Process};
use chorus_testkit::{Sandbox, wait_for, wait_until};

fn is_bridge(process: &Process) -> bool {
    process.argv.get(1).is_some_and(|argument| argument == "rpc")
}

fn bridges(world: &Sandbox) -> Vec<u32> {
    world.processes().iter().filter(|process| is_bridge(process)).map(|process| process.pid).collect()
}

#[test]
fn a_killed_daemon_is_back_with_everything() {
    on_each_nvim(|world, nvim| {
        start_task(world, "A long one", "[[slow 600]]");
        ask(world, "One that asks", "[[write: made.txt]] [[say written]]");
        let editor = Editor::open(world, nvim);
        editor.command(":Chorus");
        editor.sees("⚑ 1 · ● 1");
        editor.types("G");
        editor.press(&["Enter"]);
        editor.sees("the quick brown fox");
        let old = wait_for("the daemon", || world.daemon());
        processes::kill(old);
        wait_until("another daemon", || world.daemon().is_some_and(|pid| pid != old));
        editor.wait_lua("it is connected again", "require('chorus.client').is_connected()");
        editor.badge("⚑ 1 ● 1");
        let otters = |screen: &str| screen.matches("otters").count();
        let now = otters(&editor.screen());
        editor.sees_that("more output", |screen| otters(screen) > now + 1);
        editor.press(&["q"]);
        editor.sees("⚑ 1 · ● 1");
        editor.sees_no("not connected");
        assert_eq!(editor.heard("ChorusDisconnected").len(), 1);
        editor.types("]t");
        editor.press(&["a"]);
        editor.sees("Write made.txt  new file");
        editor.press(&["a"]);
        wait_until("the file is written", || world.project().join("made.txt").exists());
        assert!(editor.said().iter().all(|line| !line.contains("cannot")), "{:?}", editor.said());
    });
}

#[test]
fn a_killed_bridge_is_back_too() {
    on_each_nvim(|world, nvim| {
        start_task(world, "A long one", "[[slow 600]]");
        wait_status(world, 1, "busy");
        let editor = Editor::open(world, nvim);
        editor.command(":Chorus");
        editor.sees("· ● 1");
        let daemon = world.daemon();
        for _ in 0..3 {
            let old = bridges(world);
            assert_eq!(old.len(), 1);
            processes::kill(old[0]);
            wait_until("another bridge", || bridges(world).iter().any(|pid| *pid != old[0]));
            editor.wait_lua("it is connected again", "require('chorus.client').is_connected()");
            editor.badge("● 1");
        }
        editor.sees("· ● 1");
        editor.sees_no("not connected");
        assert_eq!(world.daemon(), daemon);
        world.json(["interrupt", "1"]);
        editor.badge("");
    });
}

#[test]
fn what_was_asked_when_the_daemon_died_is_answered_once() {
    on_each_nvim(|world, nvim| {
        new_task(world, "One");
        let editor = Editor::open(world, nvim);
        editor.command(":Chorus");
        editor.sees("pending");
        let daemon = wait_for("the daemon", || world.daemon());
        // Stopped, it takes the request and does not answer; killed, it never will.
        let stop = |signal: &str| world.command("kill").args([signal, &daemon.to_string()]).status().unwrap();
        stop("-STOP");
        editor.command(":ChorusFail 1 no use");
        editor.wait_lua("the command has run", "vim.fn.histget('cmd') == 'ChorusFail 1 no use'");
        editor.run_lua("require('chorus.client').request('task_show', { task = '1' }, function(err) _G.err = err end)");
        stop("-KILL");
        editor.wait_lua("the request has failed", "_G.err");
        editor.wait_lua("it is connected again", "require('chorus.client').is_connected()");
        let said = editor.said();
        let told = said.iter().filter(|line| line.contains("the connection to the daemon")).count();
        assert_eq!(told, 1, "{said:?}");
        editor.sees("pending");
    });
}

#[test]
fn a_killed_agent_needs_a_person_and_is_restarted() {
    on_each_nvim(|world, nvim| {
        start_task(world, "A long one", "[[slow 600]]");
        wait_status(world, 1, "busy");
        let editor = Editor::open(world, nvim);
        editor.command(":ChorusOutput 1");
        editor.sees("i interrupt");
        let is_agent = |process: &Process| process.argv.get(1).is_some_and(|argument| argument == "demo-agent");
        let agent = world.processes().into_iter().find(is_agent).unwrap().pid;
        processes::kill(agent);
        editor.sees("■ signal 9");
        editor.badge("⚑ 1");
        editor.sees("r restart");
        editor.press(&["r"]);
        editor.sees("○ idle");
        editor.badge("");
        editor.press(&["S"]);
        editor.sees("Prompt for #1");
        editor.types("[[say back again]]");
        editor.press(&["Escape"]);
        editor.command(":w");
        editor.sees("● back again");
    });
}

#[test]
fn two_neovims_show_the_same() {
    on_each_nvim(|world, nvim| {
        ask(world, "One that asks", "[[write: made.txt]] [[say written]]");
        let one = Editor::open(world, nvim);
        let other = Editor::open_sized(world, nvim, (80, 24), &[]);
        for editor in [&one, &other] {
            editor.command(":Chorus");
            editor.sees("Write: made.txt");
        }
        other.press(&["a"]);
        other.sees("Write made.txt  new file");
        one.press(&["a"]);
        one.sees("Write made.txt  new file");
        one.press(&["a"]);
        other.sees("Answered already: allowed.");
        other.press(&["q"]);
        for editor in [&one, &other] {
            editor.badge("✓ 1");
            editor.sees("✓ unread");
        }
        one.press(&["o"]);
        one.sees("● written");
        other.badge("");
        other.command(":ChorusNew From the other");
        other.sees(":w creates it");
        other.command(":w");
        one.press(&["q"]);
        one.sees("From the other");
    });
}

#[test]
fn the_badge_is_there_in_the_morning() {
    on_each_nvim(|world, nvim| {
        ask(world, "One that asks", "[[write: made.txt]]");
        let editor = Editor::open(world, nvim);
        editor.badge("⚑ 1");
        editor.sees("[⚑ 1]");
        assert_eq!(editor.said(), [""; 0]);
        editor.quit();
        assert_eq!(inbox(world).len(), 1);
        wait_until("its bridge is gone", || bridges(world).is_empty());
        let editor = Editor::open(world, nvim);
        editor.sees("[⚑ 1]");
    });
}

#[test]
fn opening_neovim_starts_no_daemon() {
    on_each_nvim(|world, nvim| {
        let editor = Editor::open(world, nvim);
        let settled = "package.loaded['chorus.client'] and require('chorus.client').is_settled()";
        editor.wait_lua("nothing is under way", settled);
        wait_until("no bridge", || bridges(world).is_empty());
        assert_eq!(world.daemon(), None);
        assert_eq!(editor.said(), [""; 0]);
        assert!(!world.state().join("chorus.db").exists());
    });
}

#[test]
fn an_idle_connection_holds_up_nothing() {
    on_each_nvim(|world, nvim| {
        new_task(world, "One");
        let editor = Editor::open(world, nvim);
        editor.command(":Chorus");
        editor.sees("pending");
        // A bridge that blocks the editor's pipe does so once no byte has passed for a while: there is no event to await.
        std::thread::sleep(std::time::Duration::from_secs(3));
        assert_eq!(editor.lua("1 + 1"), 2);
        editor.press(&["+"]);
        editor.sees("P1");
        editor.types(":echo 'it an' . 'swers'\n");
        editor.sees("it answers");
    });
}

#[test]
fn a_daemon_that_cannot_be_reached_is_told_once() {
    on_each_nvim(|world, nvim| {
        // A folder where the store should be.
        std::fs::create_dir(world.state().join("chorus.db")).unwrap();
        let ran = world.run(["rpc", "--if-running"]);
        assert_eq!((ran.code, ran.stdout.as_str(), ran.stderr.as_str()), (3, "", ""));
        let editor = Editor::open(world, nvim);
        editor.command(":ChorusInbox");
        editor.sees("Chorus: cannot use the store");
        editor.press(&["Enter"]);
        let said = editor.said();
        let texts: Vec<&String> = said.iter().filter(|line| line.starts_with("Chorus:")).collect();
        assert_eq!(texts.len(), 1, "{said:?}");
        assert!(said.join(" ").contains("a folder is where the file should be — make it"), "{said:?}");
    });
}

#[test]
fn a_bridge_that_reaches_no_daemon_says_why_in_one_line() {
    on_each_nvim(|world, nvim| {
        // A file where the state folder should be.
        std::fs::remove_dir_all(world.state()).unwrap();
        world.write("state", "");
        let ran = world.run(["rpc"]);
        assert_eq!((ran.code, ran.stdout.as_str(), ran.stderr.lines().count()), (1, "", 1), "{}", ran.stderr);
        let told: serde_json::Value = serde_json::from_str(&ran.stderr).unwrap();
        assert!(told["error"]["message"].is_string() && told["error"]["hint"].is_string(), "{told}");

        let editor = Editor::open(world, nvim);
        assert_eq!(editor.said(), [""; 0]);
        editor.command(":ChorusInbox");
        let message = told["error"]["message"].as_str().unwrap();
        editor.sees(message.get(..60).unwrap_or(message));
    });
}
