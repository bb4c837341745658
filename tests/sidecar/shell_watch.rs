//! Verbs of the shell that wait, watch and complete; and what is different at a terminal.

use crate::world::World;
use chorus_testkit::wait_until;
use serde_json::{Value, json};
use std::io::{BufRead, BufReader};
use std::process::Stdio;
use std::sync::atomic::{AtomicU32, Ordering};

#[test]
fn wait_returns_when_a_task_is_idle_needs_somebody_or_has_ended() {
    let world = World::new();
    let task = world.begun("Waited for", "[[bash: touch made]] [[say all done]]");
    let asking = world.json(["wait", &task]);
    assert_eq!((&asking["requests"], &asking["status"]), (&json!(1), &json!("waiting")));
    // Somebody waits for the end of the turn while it is allowed.
    let mut waiting = world.chorus(["wait", &task, "--for", "idle", "--json"]).stdout(Stdio::piped()).spawn().unwrap();
    world.json(["approve", &task]);
    assert!(waiting.wait().unwrap().success());
    assert_eq!(world.agent(&task), "idle");
    // In vain.
    let late = world.refused(["wait", &task, "--for", "waiting", "--timeout", "0"]);
    assert_eq!(late.code, "wrong_state");
    late.is_clear();
    world.json(["complete", &task, "--no-edit"]);
    assert_eq!(world.json(["wait", &task, "--for", "ended"])["status"], "completed");
    let never = world.refused(["wait", &task, "--for", "idle"]);
    assert!(never.message.contains("does not run"), "{never:?}");
    assert_eq!(world.run(["wait", &task, "--for", "done"]).code, 2);
}

#[test]
fn a_watched_list_is_printed_again_when_it_changes() {
    let world = World::new();
    world.task("First");
    let mut watching = world.chorus(["list", "--watch"]).stdout(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(watching.stdout.take().unwrap()).lines().map_while(Result::ok);
    assert!(lines.by_ref().any(|line| line.contains("First")));
    world.task("Second");
    assert!(lines.by_ref().any(|line| line.contains("Second")));
    // A reader that leaves ends it.
    drop(lines);
    world.task("Third");
    wait_until("it has ended", || watching.try_wait().unwrap().is_some());
}

#[test]
fn those_who_wait_and_watch_go_on_with_the_next_daemon() {
    let world = World::new();
    let task = world.begun("Waited for", "[[bash: touch made]] [[say all done]]");
    world.request(&task);
    let mut waiting = world.chorus(["wait", &task, "--for", "idle", "--json"]).stdout(Stdio::piped()).spawn().unwrap();
    let mut watching = world.chorus(["list", "--watch"]).stdout(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(watching.stdout.take().unwrap()).lines().map_while(Result::ok);
    assert!(lines.by_ref().any(|line| line.contains("Waited for")));
    world.kill_daemon();
    world.json(["approve", &task]);
    world.task("Later");
    assert!(lines.by_ref().any(|line| line.contains("Later")));
    assert!(waiting.wait().unwrap().success());
    watching.kill().unwrap();
    watching.wait().unwrap();
}

#[test]
fn a_watched_list_as_json_is_a_line_for_each_change_and_ends_with_its_reader() {
    let world = World::new();
    world.task("First");
    let mut watching = world.chorus(["list", "--watch", "--json"]).stdout(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(watching.stdout.take().unwrap()).lines().map_while(Result::ok);
    let mut next = || serde_json::from_str::<Value>(&lines.next().unwrap()).unwrap();
    assert_eq!(next().as_array().unwrap().len(), 1);
    world.task("Second");
    let list = next();
    assert_eq!((&list[0]["number"], list.as_array().unwrap().len()), (&json!(1), 2));
    drop(lines);
    // Nothing has to change for that.
    wait_until("it has ended", || watching.try_wait().unwrap().is_some());
}

#[test]
fn wait_is_not_for_a_task_that_was_never_started() {
    let world = World::new();
    let task = world.task("Pending");
    for awaited in [&["--for", "ended"][..], &[]] {
        let refused = world.refused([&["wait", &task], awaited].concat());
        assert!(refused.message.contains("does not run"), "{refused:?}");
    }
}

#[test]
fn a_watched_list_fits_the_terminal_and_follows_its_size() {
    let world = World::new();
    for number in 1..=30 {
        world.task(&format!("Title {number} {}", "x".repeat(120)));
    }
    let line = format!("{} list --watch", env!("CARGO_BIN_EXE_chorus"));
    let begin = ["-f", "/dev/null", "new-session", "-d", "-s", "watched", "-x", "80", "-y", "12", &line];
    world.tmux(begin).expect("a terminal");
    let screen = || -> Vec<String> {
        let screen = world.tmux(["capture-pane", "-p", "-t", "watched"]).unwrap_or_default();
        screen.lines().map(str::to_owned).collect()
    };
    let fits = |rows: usize| {
        let screen = screen();
        let titles = screen.iter().filter(|line| line.contains("Title ")).count();
        screen.len() >= rows
            && screen[0].contains("Title 1 ")
            && titles == screen.len() - 1
            && screen[titles] == format!("… and {} more", 30 - titles)
    };
    wait_until("the beginning of the list is shown", || fits(10));
    world.tmux(["resize-window", "-t", "watched", "-x", "60", "-y", "20"]).unwrap();
    wait_until("the list follows the terminal", || fits(18));
}

#[test]
fn one_text_from_standard_input_goes_to_every_task() {
    let world = World::new();
    let tasks = [world.rested("One", "[[say hello]]"), world.rested("Two", "[[say hello]]")];
    let sent = world.fed(&["send", &tasks[0], &tasks[1], "-"], b"[[say from the pipe]]");
    assert_eq!(sent.code, 0, "{}", sent.stderr);
    for task in &tasks {
        world.awaits(task, "the answer", |page| page.to_string().contains("from the pipe"));
    }
}

#[test]
fn one_task_that_cannot_be_deleted_does_not_keep_the_others() {
    let world = World::new();
    let task = world.task("Deleted");
    let ran = world.run(["delete", "99", &task]);
    assert_eq!((ran.code, ran.stdout.as_str()), (1, "#1 deleted\n"), "{}", ran.stderr);
    assert_eq!(world.json(["list"]), json!([]));
}

#[test]
fn next_is_the_oldest_request_and_nothing_else() {
    let world = World::new();
    world.task("Pending");
    let nothing = world.run(["next"]);
    assert_eq!((nothing.code, nothing.stdout.as_str(), nothing.stderr.as_str()), (1, "", "no task needs you\n"));
    let task = world.begun("Asks", "[[bash: touch made]]");
    let request = world.request(&task);
    assert_eq!(world.json(["next"])["request"]["id"], request["id"]);
    assert!(world.run(["next"]).stdout.contains("touch made"));
}

#[test]
fn colors_and_marks_are_for_those_who_want_them() {
    let mut world = World::new();
    world.task("Colorful");
    let list = |world: &World, more: &[&str]| world.run(["list"].iter().chain(more)).stdout;
    assert!(!list(&world, &[]).contains('\x1b'));
    assert!(list(&world, &["--color", "always"]).contains("\x1b["));
    world.set("NO_COLOR", "1");
    assert!(!list(&world, &["--color", "auto"]).contains('\x1b'));
    assert_eq!(world.run(["list", "--color", "sometimes"]).code, 2);
    // A deletion says what is gone.
    assert_eq!(world.run(["delete", "1"]).stdout, "#1 deleted\n");
    assert_eq!(world.json(["list"]), json!([]));
}

static TERMINALS: AtomicU32 = AtomicU32::new(0);

/// What a command shows on a terminal of its own, once it shows the text.
#[track_caller]
fn on_terminal(world: &World, line: &str, typed: &str, shows: &str) -> String {
    let chorus = env!("CARGO_BIN_EXE_chorus");
    let command = format!("{chorus} {line}; echo \"ended $?\"; sleep 100");
    // Each stays to the end: a server whose last session goes leaves, too.
    let name = format!("shell-{}", TERMINALS.fetch_add(1, Ordering::Relaxed));
    let server = ["-f", "/dev/null", "new-session", "-d", "-s", &name, "-x", "100", "-y", "20", &command];
    world.tmux(server).expect("a terminal");
    if !typed.is_empty() {
        wait_until("it asks", || world.tmux(["capture-pane", "-p", "-t", &name]).unwrap_or_default().contains('?'));
        world.tmux(["send-keys", "-t", &name, typed, "Enter"]).unwrap();
    }
    let mut screen = String::new();
    wait_until("the terminal shows it", || {
        screen = world.tmux(["capture-pane", "-e", "-p", "-t", &name]).unwrap_or_default();
        screen.contains(shows) && screen.contains("ended ")
    });
    screen
}

#[test]
fn at_a_terminal_a_list_has_marks_and_a_deletion_asks() {
    let world = World::new();
    world.json(["list"]);
    on_terminal(&world, "list", "", "no tasks yet");
    on_terminal(&world, "inbox", "", "no request is open");
    world.task("Kept");
    assert!(on_terminal(&world, "list", "", "Kept").contains("\x1b["));
    on_terminal(&world, "list", "", "· pending");
    on_terminal(&world, "delete 1", "n", "bring it back for a day");
    assert_eq!(world.look("1")["title"], "Kept");
    on_terminal(&world, "delete 1", "y", "#1 deleted");
    assert_eq!(world.json(["list"]), json!([]));
}

#[test]
fn completions_and_the_manual_know_every_verb() {
    let world = World::new();
    let verbs = world.json(["verbs"]);
    let names: Vec<&str> = verbs
        .as_array()
        .unwrap()
        .iter()
        .filter(|verb| verb["place"] != "nvim")
        .map(|verb: &Value| verb["name"].as_str().unwrap())
        .collect();
    for shell in ["bash", "zsh", "fish"] {
        let script = world.run(["completions", shell]).stdout;
        let missing: Vec<_> = names.iter().filter(|name| !script.contains(**name)).collect();
        assert!(missing.is_empty(), "{shell}: {missing:?}");
        let file = world.write("completions", &script);
        if chorus_testkit::tools::on_path(shell).is_some() {
            let checked = world.command(shell).arg("-n").arg(&file).output().unwrap();
            assert!(checked.status.success(), "{shell}: {}", String::from_utf8_lossy(&checked.stderr));
        }
    }
    let ask = "source completions; COMP_WORDS=(chorus ap); COMP_CWORD=1; _chorus; echo \"${COMPREPLY[@]}\"
        COMP_WORDS=(chorus list --wa); COMP_CWORD=2; _chorus; echo \"${COMPREPLY[@]}\"";
    world.write("project/completions", &world.run(["completions", "bash"]).stdout);
    let ran = world.command("bash").args(["-c", &ask.replace("source completions", "source ./completions")]).output();
    assert_eq!(String::from_utf8_lossy(&ran.unwrap().stdout), "approve\n--watch\n");
    assert_eq!(world.run(["completions", "tcsh"]).code, 2);
    let manual = world.run(["man"]).stdout;
    assert!(manual.starts_with(".TH CHORUS 1 "), "{manual}");
    assert!(names.iter().all(|name| manual.contains(&format!(".SS {name}"))));
}

#[test]
fn help_speaks_of_the_shell() {
    let world = World::new();
    let help = world.run(["--help"]).stdout;
    assert!(!help.contains("Neovim,") && !help.contains("key for each verb") && !help.contains("[["), "{help}");
    let list = world.run(["send", "--help"]).stdout;
    assert!(list.contains("by their numbers"), "{list}");
}
