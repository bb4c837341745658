//! Bad input and bad places: each one clear sentence and what to do next; nothing is lost, nothing hangs.

use crate::neovim::Neovim;
use crate::world::{World, each};
use chorus_testkit::sandbox::Ran;
use chorus_testkit::wait_until;
use chorus_testkit::world::Refusal;
use serde_json::{Value, json};
use std::process::{Command, Stdio};

/// Refused with that code, clearly, with these words in what is said.
#[track_caller]
fn clear(refusal: Refusal, code: &str, words: &[&str]) {
    assert_eq!(refusal.code, code, "{refusal:?}");
    refusal.is_clear();
    let said = format!("{} {}", refusal.message, refusal.hint);
    words.iter().for_each(|word| assert!(said.contains(word), "{word} in {refusal:?}"));
}

#[test]
fn unknown_tasks_and_empty_titles() {
    let world = World::new();
    world.task("There");
    for verb in [
        "show",
        "start",
        "send",
        "interrupt",
        "approve",
        "deny",
        "restart",
        "complete",
        "fail",
        "reopen",
        "delete",
        "explain",
        "output",
        "attach",
        "web",
    ] {
        let words: &[&str] = if verb == "send" { &["99", "text"] } else { &["99"] };
        clear(world.refused([verb].iter().chain(words)), "no_such_task", &["#99", "#1 `There`"]);
    }
    clear(world.refused(["answer", "99", "yes"]), "no_such_task", &["#99"]);
    clear(world.refused(["edit", "99", "--title", "x"]), "no_such_task", &["#99"]);
    clear(world.refused(["show", "00000000-0000-4000-8000-000000000000"]), "no_such_task", &[]);
    clear(world.refused(["show", "99999999999999999999"]), "no_such_task", &[]);
    for title in ["", "  ", "\n\t"] {
        clear(world.refused(["new", "--title", title]), "bad_input", &["cannot create the task", "title is empty"]);
    }
    clear(world.refused(["edit", "1", "--title", " "]), "bad_input", &["cannot edit #1"]);
    clear(world.refused(["new", "--title", "x", "--on", "99"]), "no_such_task", &["#99"]);
    assert_eq!(world.json(["list"]).as_array().unwrap().len(), 1);
}

/// Anybody can put a pipe there; to open one that nobody writes to waits for ever.
#[test]
fn a_pipe_in_the_place_of_a_file_of_git_s_holds_nobody() {
    let world = World::new();
    world.task("There");
    let pipe = |path: &str| {
        let path = world.root().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        assert!(Command::new("mkfifo").arg(path).status().unwrap().success());
    };
    pipe("evil/.git");
    for name in ["commondir", "config", "config.worktree", "chorus-project", "chorus-repository", "HEAD"] {
        pipe(&format!("pipes/{name}"));
    }
    world.write("led/.git", "gitdir: ../pipes\n");
    pipe("plain/chorus.toml");
    pipe("plain/.claude/settings.json");
    for folder in ["evil", "evil/sub", "led", "led/sub", "plain"] {
        let folder = world.root().join(folder);
        std::fs::create_dir_all(&folder).unwrap();
        let mut asking = world.chorus(["list"]);
        let mut asking = asking.current_dir(&folder).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        wait_until("an answer there", || asking.try_wait().unwrap().is_some());
        assert_eq!(world.json(["list"]).as_array().unwrap().len(), 1, "{}", folder.display());
    }
}

#[test]
fn a_task_in_the_wrong_state() {
    let world = World::new();
    let task = world.task("Pending");
    for verb in [
        &["send", "1", "x"][..],
        &["interrupt", "1"],
        &["restart", "1"],
        &["complete", "1"],
        &["fail", "1"],
        &["output", "1"],
        &["attach", "1"],
        &["web", "1"],
    ] {
        clear(world.refused(verb), "wrong_state", &["#1", "start"]);
    }
    for verb in [&["approve", "1"][..], &["deny", "1"], &["answer", "1", "x"]] {
        clear(world.refused(verb), "no_request", &["#1"]);
    }
    clear(world.refused(["reopen", &task]), "wrong_state", &["#1"]);
    world.json(["start", &task, "--prompt", "[[say hello]]"]);
    world.rests(&task, 1);
    clear(world.refused(["start", &task]), "wrong_state", &["running already", "restart"]);
    clear(world.refused(["delete", &task]), "wrong_state", &["#1"]);
    world.json(["complete", &task]);
    for verb in ["start", "complete", "fail", "restart", "interrupt"] {
        clear(world.refused([verb, &task]), "wrong_state", &["#1"]);
    }
}

#[test]
fn a_megabyte_is_a_bound_and_not_a_hang() {
    let world = World::new();
    world.keep_asked();
    let task = world.rested("Long", "[[say hello]]");
    let refused = |args: &[&str], bytes: usize| {
        let ran = world.fed(args, "x".repeat(bytes).as_bytes());
        assert_eq!(ran.code, 1, "{}", ran.stderr);
        let error: Value = serde_json::from_str(&ran.stdout).unwrap();
        assert_eq!(error["error"]["code"], "bad_input");
        assert!(ran.stderr.contains(&bytes.to_string()) && ran.stderr.len() < 500, "{}", ran.stderr);
    };
    refused(&["send", &task, "-", "--json"], 1_000_001);
    refused(&["new", "--title", "x", "--description", "-", "--json"], 1_000_001);
    refused(&["send", &task, "-", "--json"], 20_000_000);
    assert_eq!(world.look(&task)["queued"], 0);
    // What is allowed arrives whole.
    let text = format!("{} [[say got it]]", "line of words\n".repeat(20_000));
    let ran = world.fed(&["send", &task, "-", "--json"], text.as_bytes());
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    wait_until("it arrived whole", || world.asked().iter().any(|asked| asked["prompt"] == text));
    world.rests(&task, 2);
}

#[test]
fn a_project_without_git() {
    let world = World::new();
    let folder = world.root().join("plain");
    std::fs::create_dir(&folder).unwrap();
    let folder = folder.to_str().unwrap();
    world.json(["new", "--title", "Plain", "--project", folder]);
    world.json(["start", "1", "--prompt", "[[say hello]]", "--project", folder]);
    wait_until("its turn is over", || {
        let page = world.json(["show", "1", "--project", folder]);
        let told = page["journal"].as_array().unwrap().iter().any(|entry| entry["what"] == "turn_ended");
        told && page["task"]["agent_status"]["status"] == "idle"
    });
    let health = world.run(["health", "--project", folder]);
    assert!(health.stdout.contains("is not in a git repository"), "{}", health.stdout);
    // Its folder may go while it is not running.
    world.json(["complete", "1", "--project", folder]);
    world.json(["reopen", "1", "--project", folder]);
    std::fs::remove_dir_all(folder).unwrap();
    clear(world.refused(["start", "1", "--project", folder]), "wrong_state", &[folder, "is gone"]);
}

#[test]
fn tmux_that_is_missing_or_old() {
    let world = World::new();
    let task = world.task("Cannot start");
    world.script("tmux", "echo tmux 3.1c");
    clear(
        world.refused(["start", &task]),
        "tmux_old",
        &["cannot start", "#1", "3.1c is older than 3.2", "install tmux"],
    );
    world.script("tmux", "echo screen 4");
    clear(world.refused(["start", &task]), "tmux_old", &["install tmux"]);
    world.unlink("tmux");
    // The system's own stays out of it.
    world.write("config/chorus/chorus.toml", "[agent]\ndefault = \"demo\"\n[tmux]\ncommand = \"no-such-tmux\"\n");
    clear(world.refused(["start", &task]), "tmux_missing", &["no-such-tmux", "install tmux"]);
    let health = world.run(["health"]);
    assert_eq!(health.code, 1);
    assert!(health.stdout.contains("install tmux"), "{}", health.stdout);
    assert_eq!(world.look(&task)["status"], "pending");
    world.write("config/chorus/chorus.toml", "[agent]\ndefault = \"demo\"\n");
    world.real_tmux();
    world.json(["start", &task, "--prompt", "[[say hello]]"]);
    world.rests(&task, 1);
}

#[test]
fn an_agent_that_is_missing_or_fails_at_once() {
    each(|world| {
        let config = |text: &str| world.write("config/chorus/chorus.toml", text);
        config("[agent]\ndefault = \"mine\"\n[agent.mine]\ncommand = \"no-such-agent\"\n");
        let task = world.task("No agent");
        clear(world.refused(["start", &task]), "agent_missing", &["#1", "no-such-agent", "[agent.mine]", "demo"]);
        assert_eq!(world.look(&task)["status"], "pending");
        assert_eq!(world.server_pid(), None);
        // Not a program, though there.
        std::fs::write(world.project().join("agent.txt"), "x").unwrap();
        config("[agent]\ndefault = \"mine\"\n[agent.mine]\ncommand = \"./agent.txt\"\n");
        clear(world.refused(["start", &task]), "agent_missing", &["agent.txt"]);
        // There, and of no use: what it said is still on the screen.
        world.script("agent", "echo I refuse to work; exit 3");
        config("[agent]\ndefault = \"mine\"\n[agent.mine]\ncommand = \"agent\"\n");
        world.json(["start", &task]);
        world.until(&task, "exited code");
        assert_eq!(world.look(&task)["agent_status"]["detail"]["code"], 3);
        assert!(world.json(["output", &task, "--history", "50"])["lines"].to_string().contains("I refuse to work"));
        world.json(["fail", &task]);
    });
}

#[test]
fn a_file_where_the_state_folder_should_be() {
    let mut world = World::new();
    let file = world.write("here-first", "text");
    for state in [file.clone(), file.join("deeper")] {
        world.set("CHORUS_STATE_DIR", &state);
        for verb in [&["list"][..], &["new", "--title", "x"], &["health"]] {
            clear(world.refused(verb), "store_unusable", &[state.to_str().unwrap(), "CHORUS_STATE_DIR"]);
        }
        // Neovim's bridge says it on one line.
        let ran: Ran = world.chorus(["rpc"]).output().unwrap().into();
        assert_eq!((ran.code, ran.stdout.as_str()), (1, ""));
        let error: Value = serde_json::from_str(ran.stderr.trim()).unwrap();
        assert_eq!(error["error"]["code"], "store_unusable");
    }
    assert_eq!(std::fs::read_to_string(file).unwrap(), "text");
    // Inside it, too: a folder where a file should be.
    let state = world.root().join("state2");
    world.set("CHORUS_STATE_DIR", &state);
    std::fs::create_dir_all(state.join("lock")).unwrap();
    let refusal = world.refused(["list"]);
    assert!(
        refusal.hint.contains(state.to_str().unwrap()) || refusal.message.contains(state.to_str().unwrap()),
        "{refusal:?}"
    );
    let state = world.root().join("state3");
    world.set("CHORUS_STATE_DIR", &state);
    world.write("state3/log/x", "");
    clear(world.refused(["list"]), "store_unusable", &["log"]);
}

#[test]
fn a_full_disk() {
    let mut world = World::new();
    let task = world.rested("Runs on", "[[say hello]]");
    world.kill_daemon();
    world.set("CHORUS_STORE_PAGES", "60");
    let bulk = "x".repeat(20_000);
    let refusal = loop {
        let ran = world.fed(&["new", "--title", "Fills", "--description", "-", "--json"], bulk.as_bytes());
        if ran.code == 0 {
            continue;
        }
        let error: Value = serde_json::from_str(&ran.stdout).unwrap();
        break Refusal {
            code: error["error"]["code"].as_str().unwrap().into(),
            message: error["error"]["message"].as_str().unwrap().into(),
            hint: error["error"]["hint"].as_str().unwrap().into(),
        };
    };
    clear(refusal, "store_unusable", &["the disk is full", "free some space"]);
    let before = world.json(["list"]).as_array().unwrap().len();
    // Looking still works, and the agent is not disturbed.
    assert_eq!(world.look(&task)["status"], "running");
    let agent = world.agent_pid(&task);
    world.kill_daemon();
    world.unset("CHORUS_STORE_PAGES");
    assert_eq!(world.json(["list"]).as_array().unwrap().len(), before);
    assert!(chorus_testkit::processes::is_alive(agent));
    world.until(&task, "idle");
    world.json(["send", &task, "[[say more]]"]);
    wait_until("it arrived", || world.prompts(&task) == 2);
}

#[test]
fn a_file_size_limit() {
    let world = World::new();
    // As a shell's `ulimit -f` leaves it to the daemon that it starts, in blocks of 512 bytes.
    let chorus = env!("CARGO_BIN_EXE_chorus");
    let limited = |line: &str| -> Ran {
        world.command("sh").args(["-c", &format!("ulimit -f 1000; {line}")]).output().unwrap().into()
    };
    let description = world.write("bulk", &"x".repeat(60_000));
    let fill = format!("{chorus} new --title Fills --description - --json < {}", description.display());
    let mut kept = 0;
    let refused = loop {
        let ran = limited(&fill);
        if ran.code != 0 {
            break ran;
        }
        kept += 1;
        assert!(kept < 100, "there is no limit");
    };
    assert_eq!(refused.code, 1, "{refused:?}");
    assert!(refused.stdout.contains("store_unusable"), "{refused:?}");
    let daemon = world.a_daemon();
    assert_eq!(world.json(["list"]).as_array().unwrap().len(), kept);
    assert_eq!(world.a_daemon(), daemon);
    world.kill_daemon();
    assert_eq!(world.json(["list"]).as_array().unwrap().len(), kept);
    world.task("There is room again");
}

#[test]
fn a_damaged_database() {
    let world = World::new();
    for n in 0..50 {
        world.task(&format!("Task {n}"));
    }
    world.kill_daemon();
    let file = world.state().join("chorus.db");
    let store = rusqlite::Connection::open(&file).unwrap();
    store.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(())).unwrap();
    drop(store);
    let sound = std::fs::read(&file).unwrap();
    let mut damaged = sound.clone();
    damaged[4096..].fill(0xa5);
    std::fs::write(&file, &damaged).unwrap();
    for verb in [&["list"][..], &["new", "--title", "x"], &["show", "1"]] {
        clear(world.refused(verb), "store_unusable", &["is damaged", "chorus.db", ".recover"]);
    }
    let health = world.run(["health"]);
    assert_eq!(health.code, 1);
    assert!(health.stdout.contains("is damaged"), "{}", health.stdout);
    assert_eq!(std::fs::read(&file).unwrap(), damaged);
    // Repaired, it is used: nobody has to know that a daemon must be ended first.
    std::fs::write(&file, &sound).unwrap();
    wait_until("the repaired store is used", || world.run(["list"]).code == 0);
    assert_eq!(world.json(["list"]).as_array().unwrap().len(), 50);
}

#[test]
fn a_newer_schema() {
    let world = World::new();
    world.task("Kept");
    world.kill_daemon();
    let file = world.state().join("chorus.db");
    let store = rusqlite::Connection::open(&file).unwrap();
    store.execute_batch("PRAGMA user_version = 999; CREATE TABLE later (x)").unwrap();
    drop(store);
    clear(world.refused(["list"]), "store_unusable", &["newer Chorus"]);
    clear(world.refused(["new", "--title", "x"]), "store_unusable", &["newer Chorus"]);
    world.kill_daemon();
    let store = rusqlite::Connection::open(&file).unwrap();
    let kept: i64 = store.query_row("SELECT count(*) FROM tasks", [], |row| row.get(0)).unwrap();
    let version: i64 = store.query_row("PRAGMA user_version", [], |row| row.get(0)).unwrap();
    assert_eq!((kept, version), (1, 999));
}

#[test]
fn a_start_whose_steps_fail_is_undone() {
    each(|world| {
        let task = world.task("Undone");
        let real = world.tmux.display().to_string();
        // The server refuses the session.
        world.script(
            "tmux",
            &format!("case \"$*\" in *new-session*) echo no space for it >&2; exit 1;; esac; exec {real} \"$@\""),
        );
        clear(world.refused(["start", &task]), "tmux_failed", &["cannot start #1", "no space for it"]);
        assert_eq!(world.look(&task)["status"], "pending");
        world.real_tmux();
        // The agent's settings cannot be written.
        let uuid = world.look(&task)["uuid"].as_str().unwrap().to_owned();
        let in_the_way = world.state().join(format!("tasks/{uuid}.json"));
        let _ = std::fs::remove_file(&in_the_way);
        std::fs::create_dir_all(in_the_way.join("x")).unwrap();
        clear(world.refused(["start", &task]), "store_unusable", &["cannot start #1", "tasks/"]);
        assert_eq!(world.look(&task)["status"], "pending");
        assert_eq!(world.look(&task)["queued"], 0);
        std::fs::remove_dir_all(&in_the_way).unwrap();
        // Its screen rules cannot be read.
        world.write(
            "config/chorus/chorus.toml",
            "[agent]\ndefault = \"demo\"\n[agent.demo]\nrules = \"/nonexistent.toml\"\n",
        );
        clear(world.refused(["start", &task]), "bad_input", &["rules"]);
        assert_eq!(world.look(&task)["status"], "pending");
        assert_eq!(world.server_pid(), None);
        world.write("config/chorus/chorus.toml", "[agent]\ndefault = \"demo\"\n");
        world.json(["start", &task, "--prompt", "[[say hello]]"]);
        world.rests(&task, 1);
    });
}

#[test]
fn a_restart_whose_steps_fail_can_be_given_again() {
    each(|world| {
        let task = world.rested("Again", "[[say hello]]");
        let session = world.look(&task)["session_id"].clone();
        let real = world.tmux.display().to_string();
        world.script(
            "tmux",
            &format!("case \"$*\" in *respawn-pane*) echo not now >&2; exit 1;; esac; exec {real} \"$@\""),
        );
        clear(world.refused(["restart", &task]), "tmux_failed", &["cannot restart #1"]);
        // It is not shown alive: its agent has left.
        wait_until("its end is seen", || world.agent(&task).starts_with("exited"));
        world.real_tmux();
        world.json(["restart", &task]);
        world.until(&task, "idle");
        assert_eq!(world.look(&task)["session_id"], session);
    });
}

#[test]
fn a_bad_configuration_is_told_and_what_runs_goes_on() {
    let world = World::new();
    let task = world.rested("Runs", "[[say hello]]");
    world.write("config/chorus/chorus.toml", "[agent]\ndefault = \"demo\"\ndefalt = 1\n[tmux]\ncolumns = \"wide\"\n");
    let config = world.json(["config"]);
    let notices = config["notices"].to_string();
    assert!(notices.contains("defalt") && notices.contains("default") && notices.contains("columns"), "{notices}");
    let health = world.run(["health"]);
    assert!(health.stdout.contains("defalt"), "{}", health.stdout);
    world.write("config/chorus/chorus.toml", "not toml at all [");
    assert_eq!(world.agent(&task), "idle");
    assert!(world.json(["config"])["notices"].to_string().contains("chorus.toml"));
}

#[test]
fn a_configuration_that_breaks_changes_nothing_and_says_so() {
    let world = World::new();
    let write = |text: &str| world.write("config/chorus/chorus.toml", text);
    let default = || {
        let config = world.json(["config"]);
        let row = config["values"].as_array().unwrap().iter().find(|row| row["key"] == "agent.default").unwrap();
        (row["value"].clone(), config["notices"].to_string())
    };
    assert_eq!(default(), ("\"demo\"".into(), "[]".into()));
    let mut neovim = Neovim::new(&world, &world.project());
    neovim.ask("snapshot", json!({})).unwrap();
    write("[agent]\ndefault = \"mine\"\ndefalt = 1\n[agent.mine]\ncommand = \"no-such-agent\"\n");
    let task = world.rested("Runs", "[[say hello]]");
    assert_eq!(world.look(&task)["agent"], "demo");
    let told = neovim.events_until(|name, data| name == "notice" && data["text"].to_string().contains("last good"));
    assert!(told.last().unwrap().1["text"].to_string().contains("defalt"), "{told:?}");
    let (kept, notices) = default();
    assert_eq!(kept, "\"demo\"");
    assert!(notices.contains("defalt") && notices.contains("last good"), "{notices}");
    assert!(world.run(["health"]).stdout.contains("defalt"));
    write("[agent]\ndefault = \"mine\"\n[agent.mine]\ncommand = \"no-such-agent\"\n");
    assert_eq!(default(), ("\"mine\"".into(), "[]".into()));
}

#[test]
fn without_a_home_it_says_where_to_put_things() {
    let world = World::new();
    let ran: Ran =
        Command::new(env!("CARGO_BIN_EXE_chorus")).env_clear().args(["list", "--json"]).output().unwrap().into();
    assert_eq!(ran.code, 1);
    assert!(ran.stderr.contains("CHORUS_STATE_DIR") && ran.stdout.contains("store_unusable"), "{ran:?}");
    drop(world);
}
