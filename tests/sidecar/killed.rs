//! SIGKILL for each process, alone and together: nothing is lost, nothing that is dead is shown alive.

use crate::world::{World, each};
use chorus_testkit::processes::is_alive;
use chorus_testkit::sandbox::Ran;
use chorus_testkit::{files, processes, wait_for, wait_until};
use serde_json::{Value, json};
use std::process::Stdio;

/// How often the model would have got that prompt.
fn got(world: &World, text: &str) -> usize {
    let is_it =
        |asked: &&Value| asked["turn"] == 0 && asked["prompt"].as_str().is_some_and(|prompt| prompt.contains(text));
    world.asked().iter().filter(is_it).count()
}

/// What the agent itself says it does, without a daemon.
fn own_word(world: &World, pid: u32) -> String {
    let file = world.state().join(format!("demo/sessions/{pid}.json"));
    let file: Value = files::json(&file).unwrap_or_default();
    file["status"].as_str().unwrap_or_default().to_owned()
}

#[test]
fn killing_the_daemon_at_rest_loses_nothing() {
    each(|world| {
        world.keep_asked();
        let task = world.rested("At rest", "[[say hello]]");
        let (agent, before) = (world.agent_pid(&task), world.look(&task));
        world.kill_daemon();
        let after = world.look(&task);
        for field in ["uuid", "status", "session_id", "restarts", "pane", "unread", "title"] {
            assert_eq!(after[field], before[field], "{field}");
        }
        world.until(&task, "idle");
        assert!(is_alive(agent));
        world.json(["send", &task, "[[say more]]"]);
        world.rests(&task, 2);
        assert_eq!(got(&world, "[[say more]]"), 1);
        assert_eq!(world.agent_pid(&task), agent);
    });
}

#[test]
fn a_turn_that_ends_without_a_daemon_is_told_by_the_next() {
    each(|world| {
        let task = world.begun("Busy", "[[slow 2]]");
        world.until(&task, "busy");
        let agent = world.agent_pid(&task);
        world.kill_daemon();
        // Nobody watches while the turn ends; what it said is told when somebody does.
        wait_until("the turn is over", || own_word(&world, agent) == "idle");
        world.rests(&task, 1);
        assert_eq!(world.look(&task)["unread"], true);
        assert_eq!(world.count(&task, "turn_ended"), 1, "{:?}", world.journal(&task));
        // A whole turn that a person began at the terminal.
        world.kill_daemon();
        std::fs::write(world.state().join("spool/.started"), "").unwrap();
        let pane = world.tmux(["list-panes", "-a", "-F", "#{pane_id}"]).unwrap();
        world.tmux(["send-keys", "-t", &pane, "-l", "[[say by hand]]"]).unwrap();
        world.tmux(["send-keys", "-t", &pane, "Enter"]).unwrap();
        let stopped =
            |path: &std::path::PathBuf| std::fs::read_to_string(path).is_ok_and(|text| text.contains("\"Stop\""));
        wait_until("the turn is over", || chorus::spool::list(&world.state().join("spool")).iter().any(stopped));
        world.rests(&task, 2);
        let told = world.journal(&task).into_iter().rfind(|(what, _)| what == "turn_ended").unwrap().1;
        assert_eq!(told, "The turn ended: by hand");
    });
}

#[test]
fn a_turn_goes_on_without_the_daemon() {
    let world = World::new();
    let task = world.begun("Busy", "[[slow 60]]");
    world.until(&task, "busy");
    for _ in 0..3 {
        world.kill_daemon();
        world.until(&task, "busy");
    }
    world.json(["interrupt", &task]);
    world.until(&task, "idle");
}

#[test]
fn queued_prompts_outlive_the_daemon() {
    let world = World::new();
    world.keep_asked();
    let task = world.begun("Asks", "[[bash: touch x]] [[say done]]");
    world.request(&task);
    for n in 0..3 {
        world.json(["send", &task, &format!("number {n} [[say yes]]")]);
    }
    world.kill_daemon();
    assert_eq!(world.look(&task)["queued"], 3);
    world.request(&task);
    world.json(["approve", &task]);
    wait_until("all arrived", || world.prompts(&task) == 4);
    wait_until("nothing waits", || world.look(&task)["queued"] == 0);
    world.until(&task, "idle");
    for n in 0..3 {
        assert_eq!(got(&world, &format!("number {n} ")), 1, "{:?}", world.asked());
    }
}

/// tmux gets its commands on standard input; it hangs before the first that pastes.
const PASTES_AND_HANGS: &str = "
    commands=$reached.$$
    cat > $commands
    if grep -q paste-buffer $commands; then touch $reached; sleep 600; fi
    exec $real \"$@\" < $commands
";

#[test]
fn a_prompt_that_was_being_typed_is_told_and_not_typed_again() {
    let world = World::new();
    world.keep_asked();
    let task = world.rested("Typing", "[[say hello]]");
    world.tmux_on("source-file", PASTES_AND_HANGS);
    world.json(["send", &task, "half typed [[say yes]]"]);
    world.await_reached();
    world.kill_daemon();
    world.real_tmux();
    // Nobody knows whether it arrived: it is told, and not typed again.
    wait_until("it is told", || world.count(&task, "prompt_failed") == 1);
    assert_eq!(world.look(&task)["queued"], 0);
    world.json(["send", &task, "the next [[say yes]]"]);
    world.rests(&task, 2);
    assert_eq!(got(&world, "half typed"), 0);
    assert_eq!(got(&world, "the next"), 1);
}

#[test]
fn a_start_that_was_cut_off_leaves_the_task_pending() {
    each(|world| {
        let task = world.task("Half started");
        world.tmux_on("new-session", "touch $reached; sleep 600");
        let mut start = world.chorus(["start", &task, "--json"]);
        let start = start.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        world.await_reached();
        world.kill_daemon();
        world.real_tmux();
        let ran: Ran = start.wait_with_output().unwrap().into();
        assert_eq!(ran.code, 1);
        assert!(ran.stdout.contains("daemon_unreachable"), "{}", ran.stdout);
        // Nothing of it lives, and it can be started.
        wait_until("it is pending again", || world.look(&task)["status"] == "pending");
        assert_eq!(world.count(&task, "start_failed"), 1);
        world.json(["start", &task, "--prompt", "[[say hello]]"]);
        world.rests(&task, 1);
    });
}

#[test]
fn a_session_that_ended_unrecorded_is_lost_and_the_verb_works_again() {
    each(|world| {
        let task = world.rested("Ends", "[[say hello]]");
        // The session goes, and its end is not heard of.
        world.tmux_on("kill-session", "$real \"$@\"; touch $reached; sleep 600");
        let mut verb = world.chorus(["complete", &task]);
        let mut verb = verb.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        world.await_reached();
        world.kill_daemon();
        world.real_tmux();
        assert!(!verb.wait().unwrap().success());
        // It is not lost, it is not shown alive, and the verb can be given again.
        world.until(&task, "exited lost");
        assert_eq!(world.look(&task)["status"], "running");
        world.json(["complete", &task]);
        assert_eq!(world.look(&task)["status"], "completed");
    });
}

#[test]
fn killing_a_bridge_harms_neither_daemon_nor_agent() {
    let world = World::new();
    let task = world.rested("Bridged", "[[say hello]]");
    let mut bridge = world.chorus(["rpc"]);
    let mut bridge = bridge.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let daemon = world.a_daemon();
    bridge.kill().unwrap();
    bridge.wait().unwrap();
    assert_eq!(world.agent(&task), "idle");
    assert_eq!(world.a_daemon(), daemon);
}

#[test]
fn the_bridge_ends_with_either_side() {
    let world = World::new();
    world.json(["list"]);
    let bridge = |args: &[&str]| world.chorus(args).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let mut one = bridge(&["rpc"]);
    drop(one.stdin.take());
    assert_eq!(one.wait().unwrap().code(), Some(0));
    let mut two = bridge(&["rpc"]);
    world.terminate(two.id());
    two.wait().unwrap();
    let mut three = bridge(&["rpc", "--if-running"]);
    // It holds a connection by then: it answers for the daemon.
    wait_until("the bridge is connected", || {
        std::fs::read_dir(format!("/proc/{}/fd", three.id())).is_ok_and(|fds| {
            fds.flatten()
                .any(|fd| std::fs::read_link(fd.path()).is_ok_and(|to| to.to_string_lossy().starts_with("socket:")))
        })
    });
    world.kill_daemon();
    assert_eq!(three.wait().unwrap().code(), Some(0));
    let mut four = bridge(&["rpc", "--if-running"]);
    assert_eq!(four.wait().unwrap().code(), Some(3));
    assert_eq!(world.daemon(), None);
}

#[test]
fn a_killed_agent_restarts_with_its_conversation() {
    each(|world| {
        world.keep_asked();
        let task = world.rested("Killed", "remember this [[say hello]]");
        let (id, agent) = (world.session(&task), world.agent_pid(&task));
        world.kill(agent);
        world.until(&task, "exited signal");
        assert_eq!(world.look(&task)["agent_status"]["detail"]["signal"], 9);
        assert_eq!(world.look(&task)["status"], "running");
        // A prompt waits for an agent.
        assert_eq!(world.json(["send", &task, "are you there [[say yes]]"])["queued"], true);
        world.json(["restart", &task]);
        wait_until("it has the prompt", || world.prompts(&task) == 2);
        world.until(&task, "idle");
        assert_eq!(world.session(&task), id);
        assert_eq!(got(&world, "are you there"), 1);
        // The conversation went on: the model got all of it.
        assert!(world.asked().last().unwrap().to_string().contains("remember this"));
        assert_eq!(world.look(&task)["restarts"], 1);
    });
}

#[test]
fn a_request_goes_with_its_killed_agent() {
    let world = World::new();
    let task = world.begun("Asks", "[[bash: touch x]]");
    let request = world.request(&task);
    world.kill(world.agent_pid(&task));
    world.until(&task, "exited signal");
    assert_eq!(world.json(["inbox"]), json!([]));
    assert_eq!(world.refused(["approve", &task]).code, "no_request");
    let seen = request["id"].as_str().unwrap();
    assert_eq!(world.refused(["approve", &task, "--request", seen]).code, "request_changed");
    world.json(["restart", &task]);
    world.until(&task, "idle");
    assert!(!world.project().join("x").exists());
}

#[test]
fn an_agent_that_ends_by_itself_leaves_its_task() {
    each(|world| {
        let task = world.rested("Leaves", "[[say hello]]");
        world.json(["send", &task, "--raw", "/exit"]);
        world.until(&task, "exited code");
        assert_eq!(world.look(&task)["agent_status"]["detail"]["code"], 0);
        assert_eq!(world.look(&task)["status"], "running");
        // Its last words are still there.
        assert!(world.json(["output", &task, "--history", "100"])["lines"].to_string().contains("hello"));
        world.json(["restart", &task]);
        world.until(&task, "idle");
    });
}

#[test]
fn tasks_of_a_killed_tmux_server_restart_with_their_conversations() {
    each(|world| {
        let one = world.rested("One", "[[say hello]]");
        let two = world.begun("Two", "[[bash: touch x]]");
        world.request(&two);
        let (first, second) = (world.session(&one), world.session(&two));
        assert!(world.tmux(["kill-server"]).is_some());
        world.until(&one, "exited lost");
        world.until(&two, "exited lost");
        assert_eq!(world.json(["inbox"]), json!([]));
        for task in [&one, &two] {
            assert_eq!(world.look(task)["status"], "running");
            for verb in [vec!["output", task], vec!["attach", task]] {
                world.refused(verb).is_clear();
            }
        }
        let ran = world.run(["restart", "all"]);
        assert_eq!(ran.code, 0, "{}", ran.stderr);
        world.until(&one, "idle");
        world.until(&two, "idle");
        assert_eq!((world.session(&one), world.session(&two)), (first, second));
        world.json(["complete", &one]);
        world.json(["fail", &two]);
    });
}

#[test]
fn killing_tmux_server_and_daemon_loses_no_conversation() {
    each(|world| {
        let task = world.rested("Both", "[[say hello]]");
        let id = world.session(&task);
        world.kill_daemon();
        let server = world.server_pid().unwrap();
        processes::kill(server);
        wait_until("the server is gone", || !is_alive(server));
        world.until(&task, "exited lost");
        world.json(["restart", &task]);
        world.until(&task, "idle");
        assert_eq!(world.session(&task), id);
    });
}

#[test]
fn a_reboot_keeps_every_task_and_what_waits_for_it() {
    each(|mut world| {
        world.set("CHORUS_BOOT_ID", "boot-1");
        world.keep_asked();
        let rested = world.rested("Rested", "remember this [[say hello]]");
        let asks = world.begun("Asks", "[[bash: touch x]]");
        world.request(&asks);
        world.json(["send", &asks, "after the answer [[say yes]]"]);
        let busy = world.begun("Busy", "[[slow 600]]");
        world.until(&busy, "busy");
        let pending = world.task("Pending");
        let done = world.rested("Done", "[[say hello]]");
        world.json(["complete", &done]);
        let before = [&rested, &asks, &busy].map(|task| world.session(task));

        power_off(&world);
        world.set("CHORUS_BOOT_ID", "boot-2");

        for task in [&rested, &asks, &busy] {
            assert_eq!(world.agent(task), "exited lost");
            assert_eq!(world.look(task)["status"], "running");
        }
        assert_eq!(world.look(&pending)["status"], "pending");
        assert_eq!(world.look(&done)["status"], "completed");
        assert_eq!(world.json(["inbox"]), json!([]));
        assert_eq!(world.look(&asks)["queued"], 1);

        let ran = world.run(["restart", "all"]);
        assert_eq!(ran.code, 0, "{}", ran.stderr);
        wait_until("what waited arrived", || got(&world, "after the answer") == 1);
        for task in [&rested, &asks, &busy] {
            world.until(task, "idle");
        }
        assert_eq!([&rested, &asks, &busy].map(|task| world.session(task)), before);
        world.json(["send", &rested, "go on [[say yes]]"]);
        wait_until("it arrived", || got(&world, "go on") == 1);
        assert!(world.asked().last().unwrap().to_string().contains("remember this"));
        assert!(!world.project().join("x").exists());
    });
}

/// Every process of the world at once, as far as that goes: daemon, agents, tmux server, hooks.
fn power_off(world: &World) {
    world.kill_daemon();
    wait_for("nothing is left", || {
        let left = world.processes();
        left.iter().for_each(|process| processes::kill(process.pid));
        left.is_empty().then_some(())
    });
}

#[test]
fn a_process_of_another_machine_is_not_judged() {
    let world = World::new();
    let task = world.rested("Far away", "[[say hello]]");
    world.kill_daemon();
    let store = rusqlite::Connection::open(world.state().join("chorus.db")).unwrap();
    store.execute("UPDATE launches SET machine = 'another'", []).unwrap();
    drop(store);
    assert!(world.tmux(["kill-server"]).is_some());
    assert_eq!(world.agent(&task), "idle");
    assert_eq!(world.count(&task, "exited"), 0);
}

#[test]
fn tmux_that_does_not_answer_is_no_death() {
    each(|world| {
        let task = world.rested("Silent", "[[say hello]]");
        let agent = world.agent_pid(&task);
        let said = world.root().join("asked-tmux");
        for script in ["exit 1", "echo nonsense; exit 0", "kill -9 $$", "sleep 600"] {
            let _ = std::fs::remove_file(&said);
            world.script("tmux", &format!("echo x >> {}; {script}", said.display()));
            // A running daemon's safety net, woken by a pane's death that is none; then one that starts.
            let uuid = world.look(&task)["uuid"].as_str().unwrap().to_owned();
            let state = world.state().display().to_string();
            assert_eq!(world.run(["hook", &state, "--pane-died", "%0", &uuid]).code, 0);
            let asked = || !files::lines(&said).is_empty();
            wait_until("tmux was asked", asked);
            assert_eq!(world.agent(&task), "idle", "{script}");
            world.kill_daemon();
            let _ = std::fs::remove_file(&said);
            world.json(["list"]);
            wait_until("tmux was asked", asked);
            let state = world.agent(&task);
            assert!(["idle", "unknown"].contains(&state.as_str()), "{script}: {state}");
            assert_eq!(world.count(&task, "exited"), 0, "{script}");
            assert_eq!(world.look(&task)["status"], "running", "{script}");
            world.refused(["output", &task]).is_clear();
            world.real_tmux();
            world.until(&task, "idle");
        }
        assert!(is_alive(agent));
        assert_eq!(world.agent_pid(&task), agent);
        world.json(["send", &task, "[[say more]]"]);
        world.rests(&task, 2);
    });
}

#[test]
fn what_hooks_tell_while_tmux_is_silent_counts_when_it_answers() {
    let world = World::new();
    let task = world.rested("Told early", "[[say hello]]");
    let pane = world.look(&task)["pane"].as_str().unwrap().to_owned();
    world.kill_daemon();
    world.script("tmux", "sleep 600");
    world.json(["list"]);
    let by_hand = |args: &[&str]| {
        let mut tmux = world.command(&world.tmux);
        assert!(tmux.arg("-S").arg(world.tmux_socket()).args(args).status().unwrap().success());
    };
    by_hand(&["send-keys", "-t", &pane, "-l", "[[say by hand]]"]);
    by_hand(&["send-keys", "-t", &pane, "Enter"]);
    wait_until("its hook was taken in", || world.prompts(&task) == 2);
    world.real_tmux();
    world.rests(&task, 2);
}

#[test]
fn an_end_that_tmux_refused_leaves_the_task_watched() {
    let world = World::new();
    let task = world.rested("Stays", "[[say hello]]");
    world.tmux_on("kill-session", "exit 1");
    world.refused(["complete", &task]);
    assert_eq!(world.look(&task)["status"], "running");
    // Its agent was asked to leave and did: nothing is shown alive that is dead.
    wait_until("its end is seen", || world.agent(&task).starts_with("exited"));
    world.real_tmux();
    assert_eq!(world.json(["complete", &task])["status"], "completed");
}

/// A cleaner of temporary folders takes the socket's path away; server and agents live.
#[test]
fn a_socket_that_is_removed_ends_nothing() {
    each(|world| {
        let one = world.begun("One", "[[slow 600]]");
        world.until(&one, "busy");
        let two = world.rested("Two", "[[say hello]]");
        let (agent, server) = (world.agent_pid(&one), world.server_pid().unwrap());
        let lose = || std::fs::remove_file(world.tmux_socket()).unwrap();
        let look = |task: &str| {
            let uuid = world.look(task)["uuid"].as_str().unwrap().to_owned();
            let state = world.state().display().to_string();
            assert_eq!(world.run(["hook", &state, "--pane-died", "%0", &uuid]).code, 0);
        };
        lose();
        look(&one);
        wait_until("the server is back", || world.server_pid() == Some(server));
        // A daemon that starts knows the server from what is recorded.
        lose();
        world.kill_daemon();
        world.json(["list"]);
        wait_until("the server is back", || world.server_pid() == Some(server));
        lose();
        let three = world.rested("Three", "[[say third]]");
        assert_eq!(world.server_pid(), Some(server), "one server");
        lose();
        world.json(["send", &two, "[[say more]]"]);
        world.rests(&two, 2);
        world.until(&one, "busy");
        assert_eq!(world.agent_pid(&one), agent);
        for task in [&one, &two, &three] {
            assert_eq!(world.count(task, "exited"), 0);
            world.json(["output", task]);
        }
    });
}

/// The wall clock was set back by an hour while no daemon ran: all that is recorded lies ahead of it.
#[test]
fn a_clock_that_was_set_back_hides_nothing() {
    let world = World::new();
    let task = world.rested("One", "[[say hello]]");
    let asking = world.begun("Two", "[[bash: touch x]]");
    world.request(&asking);
    world.kill_daemon();
    let store = rusqlite::Connection::open(world.state().join("chorus.db")).unwrap();
    for (table, column) in [
        ("journal", "at"),
        ("launches", "started_at"),
        ("tasks", "created_at"),
        ("tasks", "started_at"),
        ("requests", "opened_at"),
        ("prompts", "queued_at"),
        ("prompts", "changed_at"),
    ] {
        store.execute(&format!("UPDATE {table} SET {column} = {column} + 3600000"), []).unwrap();
    }
    drop(store);
    world.json(["send", &task, "[[bash: touch y]]"]);
    world.until(&task, "waiting permission");
    world.request(&task);
    let entries = world.journal(&task);
    let elsewhere = |entry: &str| entry.contains("Answered at the terminal");
    assert!(!format!("{entries:?}").split('\n').any(elsewhere), "{entries:?}");
    world.json(["approve", &task]);
    world.rests(&task, 2);
    world.json(["approve", &asking]);
    world.rests(&asking, 1);
    processes::kill(world.agent_pid(&task));
    world.awaits(&task, "its end is seen", |page| chorus_testkit::world::count(page, "exited") == 1);
}
