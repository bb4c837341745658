//! What lies in Chorus's way on machines as people have them: other people's files, folders that others clean up, programs
//! that do not do as they are told.

use crate::world::{World, signal};
use chorus_testkit::processes::is_alive;
use chorus_testkit::{wait_for, wait_until};
use rustix::process::Signal;
use std::fs;
use std::os::unix::fs::PermissionsExt;

#[test]
fn what_lies_at_the_tmux_socket_stays() {
    let mut world = World::new();
    let precious = world.write("precious", "all I have");
    world.set("CHORUS_TMUX_SOCKET", &precious);
    let task = world.task("Starts elsewhere");
    let refused = world.refused(["start", &task]);
    assert_eq!(refused.code, "tmux_failed");
    assert!(refused.message.contains("something else is there"), "{}", refused.message);
    assert!(refused.hint.contains("CHORUS_TMUX_SOCKET"), "{}", refused.hint);
    assert_eq!(fs::read_to_string(precious).unwrap(), "all I have");
    assert_eq!(world.look(&task)["status"], "pending");
}

/// An agent of which only the screen is known.
fn screen_only(world: &World, name: &str, text: &str) {
    world.script(name, text);
    world.write("config/chorus/chorus.toml", &format!("[agent]\ndefault = \"{name}\"\n"));
}

#[test]
fn an_agent_that_does_not_leave_is_killed() {
    let world = World::new();
    screen_only(&world, "stubborn", "trap '' TERM HUP INT QUIT\necho up\nwhile :; do sleep 0.2; done");
    let task = world.task("Stubborn");
    world.json(["start", &task]);
    let pid = world.only_pane_pid();
    wait_until("it runs", || world.json(["output", &task])["lines"].to_string().contains("up"));
    world.json(["restart", &task]);
    assert!(!is_alive(pid), "two agents would work in one tree");
    let pid = world.only_pane_pid();
    wait_until("it runs again", || world.json(["output", &task])["lines"].to_string().contains("up"));
    world.json(["complete", &task, "--force"]);
    assert!(!is_alive(pid), "it goes on, and nobody sees it");
}

#[test]
fn a_task_whose_prompts_wait_is_not_completed() {
    let world = World::new();
    screen_only(&world, "silent", "sleep 600");
    let task = world.task("Waits");
    world.json(["start", &task, "--prompt", "all the work"]);
    let refused = world.refused(["complete", &task]);
    assert_eq!((refused.code.as_str(), world.look(&task)["queued"].as_i64()), ("task_busy", Some(1)));
    assert!(refused.message.contains("1 prompt waits"), "{}", refused.message);
    world.json(["complete", &task, "--force"]);
}

#[test]
fn a_stopped_daemon_is_named() {
    let world = World::new();
    let task = world.task("Kept");
    let daemon = world.a_daemon();
    signal(daemon, Signal::STOP);
    let ran = world.run(["list"]);
    // A Neovim's bridge as well.
    let bridge = world.run(["rpc"]);
    signal(daemon, Signal::CONT);
    assert!(bridge.code == 1 && bridge.stderr.contains("is stopped"), "{}", bridge.stderr);
    assert_eq!(ran.code, 1, "{}", ran.stdout);
    assert!(ran.stderr.contains(&format!("the daemon (process {daemon}) is stopped")), "{}", ran.stderr);
    assert!(ran.stderr.contains(&format!("kill -CONT {daemon}")), "{}", ran.stderr);
    assert_eq!(world.look(&task)["title"], "Kept");
}

#[test]
fn a_daemon_that_cannot_begin_says_why() {
    let world = World::new();
    fs::create_dir_all(world.socket()).unwrap();
    let ran = world.run(["list"]);
    assert_eq!(ran.code, 1);
    assert!(ran.stderr.contains("the daemon cannot begin: cannot listen on"), "{}", ran.stderr);
    fs::remove_dir(world.socket()).unwrap();
    world.json(["list"]);
}

#[test]
fn a_folder_of_other_things_is_no_state_folder() {
    let mut world = World::new();
    let precious = world.write("somebody/tmp/precious", "all I have");
    world.write("somebody/notes.md", "");
    let home = world.root().join("somebody");
    world.set("CHORUS_STATE_DIR", &home);
    let ran = world.run(["list"]);
    assert_eq!(ran.code, 1);
    assert!(ran.stderr.contains("there are other things in it"), "{}", ran.stderr);
    assert!(ran.stderr.contains("somebody/chorus"), "{}", ran.stderr);
    assert_eq!(fs::read_to_string(precious).unwrap(), "all I have");
    assert!(!home.join("bin").exists() && !home.join("spool").exists());
}

#[test]
fn the_copy_that_agents_call_comes_back_and_must_run() {
    let world = World::new();
    let task = world.task("Starts");
    let program = world.state().join("bin/chorus");
    fs::set_permissions(&program, fs::Permissions::from_mode(0o600)).unwrap();
    let refused = world.refused(["start", &task]);
    assert!(refused.message.contains("cannot run the chorus program"), "{}", refused.message);
    assert!(refused.hint.contains("noexec"), "{}", refused.hint);
    fs::remove_dir_all(world.state().join("bin")).unwrap();
    world.json(["start", &task, "--prompt", "[[say hello]]"]);
    world.rests(&task, 1);
}

#[test]
fn a_file_that_is_no_program_is_no_missing_one() {
    let world = World::new();
    let tool = world.write("tool", "#!/bin/sh\n");
    let config = format!("[agent]\ndefault = \"tool\"\n[agent.tool]\ncommand = {:?}\n", tool.display().to_string());
    world.write("config/chorus/chorus.toml", &config);
    let task = world.task("Starts");
    let refused = world.refused(["start", &task]);
    assert!(refused.message.contains("is no program that you may run"), "{}", refused.message);
    assert!(refused.hint.contains("chmod +x"), "{}", refused.hint);
}

#[test]
fn a_copy_of_the_stores_file_alone_has_everything() {
    let world = World::new();
    world.task("Backed up");
    let daemon = world.a_daemon();
    world.terminate(daemon);
    wait_until("the daemon has left", || !is_alive(daemon));
    let file = world.state().join("chorus.db");
    let copy = world.write("backup", "");
    fs::copy(&file, &copy).unwrap();
    for lost in ["chorus.db", "chorus.db-wal", "chorus.db-shm"] {
        let _ = fs::remove_file(world.state().join(lost));
    }
    fs::rename(copy, file).unwrap();
    assert_eq!(world.look("1")["title"], "Backed up");
}

#[test]
fn a_store_whose_file_is_taken_away_is_there_again() {
    let world = World::new();
    world.task("Kept");
    let (file, daemon) = (world.state().join("chorus.db"), world.a_daemon());
    fs::remove_file(&file).unwrap();
    wait_until("its daemon has left", || !is_alive(daemon));
    assert_eq!(world.look("1")["title"], "Kept");
    // The log beside it is as good as the file.
    let daemon = world.a_daemon();
    world.task("Kept too");
    fs::remove_file(world.state().join("chorus.db-wal")).unwrap();
    wait_until("its daemon has left", || !is_alive(daemon));
    assert_eq!(world.look("2")["title"], "Kept too");
}

#[test]
fn what_a_replaced_store_knew_is_kept() {
    let world = World::new();
    world.task("In the backup");
    let (file, daemon) = (world.state().join("chorus.db"), world.a_daemon());
    world.terminate(daemon);
    wait_until("the daemon has left", || !is_alive(daemon));
    // Beside it, so that it can take its place.
    let backup = world.state().join("chorus.db.backup");
    fs::copy(&file, &backup).unwrap();
    world.task("Since then");
    let daemon = world.a_daemon();
    fs::rename(&backup, &file).unwrap();
    wait_until("its daemon has left", || !is_alive(daemon));
    assert_eq!(world.json(["list"]).as_array().unwrap().len(), 1);
    let kept = || {
        let names = fs::read_dir(world.state()).unwrap().map(|entry| entry.unwrap().path());
        names.into_iter().find(|path| path.to_string_lossy().contains("chorus.db.kept-"))
    };
    let kept = wait_for("it is kept", kept);
    assert!(world.log().contains(&kept.display().to_string()), "{}", world.log());
    // It can be taken back in the same way.
    let daemon = world.a_daemon();
    fs::rename(&kept, &file).unwrap();
    wait_until("its daemon has left", || !is_alive(daemon));
    assert_eq!(world.look("2")["title"], "Since then");
}

#[test]
fn an_emptied_store_is_no_new_one() {
    let world = World::new();
    let task = world.rested("Was there", "[[say hello]]");
    world.json(["complete", &task]);
    let daemon = world.a_daemon();
    world.terminate(daemon);
    wait_until("the daemon has left", || !is_alive(daemon));
    fs::write(world.state().join("chorus.db"), "").unwrap();
    let _ = fs::remove_file(world.state().join("chorus.db-wal"));
    let refused = world.refused(["list"]);
    assert_eq!(refused.code, "store_unusable");
    assert!(refused.message.contains("it is empty"), "{}", refused.message);
}

#[test]
fn a_log_that_cannot_be_read_is_an_error() {
    let world = World::new();
    assert_eq!(world.run(["log"]).code, 0, "there is none yet");
    fs::create_dir_all(world.state().join("log")).unwrap();
    let ran = world.run(["log"]);
    assert_eq!(ran.code, 1);
    assert!(ran.stderr.contains("cannot read the log"), "{}", ran.stderr);
}

#[test]
fn attaching_needs_a_terminal() {
    let world = World::new();
    let task = world.rested("Rests", "[[say hello]]");
    let ran = world.run(["attach", &task]);
    assert_eq!(ran.code, 1);
    assert!(ran.stderr.contains("this is no terminal") && ran.stderr.contains("chorus output"), "{}", ran.stderr);
}

#[test]
fn a_prompt_goes_once_to_a_task_named_twice() {
    let world = World::new();
    let task = world.rested("Rests", "[[say hello]]");
    let ran = world.run(["send", &task, &format!("#{task}"), "[[say again]]"]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    world.rests(&task, 2);
    assert_eq!(world.prompts(&task), 2);
    // What was to name tasks goes to none.
    for words in [&["send", "1-2", "go on"][..], &["send", "", "go on"], &["send", "1,2", "go on"]] {
        assert_eq!(world.run(words).code, 2, "{words:?}");
    }
    assert_eq!(world.prompts(&task), 2);
}
