//! What `but` and its hooks see, and what they may do.

use super::edits::write;
use super::world::{World, each_standin, over};
use chorus_testkit::but::{Grammar, standins};
use chorus_testkit::sandbox::script;

fn hook(world: &World, text: &str) {
    let hooks = world.project().join(".git/hooks");
    std::fs::create_dir_all(&hooks).unwrap();
    script(&hooks.join("pre-commit-user"), &format!("#!/bin/sh\n{text}\n"));
}

/// Runs a test on the stand-in of the old grammar, which runs hooks.
fn with_hooks(test: impl Fn(World)) {
    let mut programs = standins();
    programs.retain(|program| program.grammar == Grammar::Old);
    over(programs, World::new, test);
}

#[test]
fn a_hook_of_but_s_has_the_client_s_environment_and_may_do_no_more_than_the_agent() {
    with_hooks(|mut world| {
        world.run(["list"]);
        world.set("SSH_AUTH_SOCK", "/the/agent");
        let (seen, answer) = (world.root().join("seen"), world.root().join("answer"));
        let chorus = env!("CARGO_BIN_EXE_chorus");
        let asks = format!("{chorus} new --title Injected --json > {} 2>&1; exit 0", answer.display());
        hook(&world, &format!("env > {}; {asks}", seen.display()));
        let task = world.rested("Be one", &write("1.txt", "of one\n"));
        world.commits(&task, 1);
        let seen = std::fs::read_to_string(seen).unwrap();
        assert!(seen.contains("SSH_AUTH_SOCK=/the/agent") && seen.contains("CHORUS_TASK="), "{seen}");
        let said = std::fs::read_to_string(answer).unwrap();
        assert!(said.contains("\"from_agent\""), "{said}");
    });
}

#[test]
fn but_runs_no_hooks_once_a_task_changed_what_they_run() {
    with_hooks(|world| {
        let ran = world.root().join("ran");
        hook(&world, &format!("echo ran >> {}", ran.display()));
        let task = world.rested("Be one", &write("1.txt", "of one\n"));
        world.commits(&task, 1);
        assert!(ran.exists());
        std::fs::remove_file(&ran).unwrap();
        world.turn(&task, &format!("{} [[say done]]", write("lefthook.yml", "pre-commit:\n")));
        let trouble = world.trouble(&task);
        assert!(trouble["text"].as_str().unwrap().contains("lefthook.yml"), "{trouble}");
        assert!(!ran.exists());
        assert_eq!(world.look(&task)["commits"], 2);
    });
}

#[test]
fn a_daemon_outlives_the_temporary_folder_of_the_shell_that_started_it() {
    each_standin(|mut world| {
        let folder = world.root().join("nix-shell");
        std::fs::create_dir(&folder).unwrap();
        world.set("TMPDIR", &folder);
        let task = world.rested("Be one", "[[say ready]]");
        std::fs::remove_dir(&folder).unwrap();
        world.turn(&task, &format!("{} [[say done]]", write("1.txt", "of one\n")));
        world.commits(&task, 1);
        world.json(["fail", &task, "--discard"]);
    });
}

#[test]
fn git_s_configuration_in_the_environment_is_the_client_s() {
    each_standin(|mut world| {
        // Another shell starts the daemon.
        world.run(["list"]);
        let ignored = world.write("ignored", "*.secret\n");
        let config = world.write("gitconfig", &format!("[core]\nexcludesFile = {}\n", ignored.display()));
        world.set("GIT_CONFIG_GLOBAL", config);
        world.write("project/x.secret", "mine\n");
        let task = world.rested("Be one", &write("1.txt", "of one\n"));
        world.commits(&task, 1);
        let changes = serde_json::to_string(&world.json(["changes"])).unwrap();
        assert!(!changes.contains("x.secret"), "{changes}");
    });
}
