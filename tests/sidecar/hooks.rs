//! `chorus hook`: events that find no daemon are kept and count once; no hook ever fails its agent.

use crate::world::{World, mode};
use chorus_testkit::processes::is_alive;
use chorus_testkit::sandbox::Ran;
use chorus_testkit::{wait_for, wait_until};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

/// The marks that Chorus gave the agent of a task.
struct Marks(BTreeMap<String, String>);

impl Marks {
    fn of(world: &World, task: &str) -> Marks {
        let pid = world.agent_pid(task);
        let of = |name: &str| Some((name.to_owned(), chorus::process::variable_of(pid, name)?));
        Marks(["CHORUS_TASK", "CHORUS_LAUNCH", "CHORUS_STATE_DIR"].iter().filter_map(|name| of(name)).collect())
    }

    fn hook(&self, world: &World) -> Command {
        let mut command = world.chorus(["hook"]);
        command.envs(&self.0).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    /// The hook's process, with its event told.
    fn begin(&self, world: &World, event: &[u8]) -> Child {
        use std::io::Write;
        let mut child = self.hook(world).spawn().unwrap();
        child.stdin.take().unwrap().write_all(event).unwrap();
        child
    }

    /// Runs a hook to its end, which must be quiet; what it printed.
    #[track_caller]
    fn tell(&self, world: &World, event: &Value) -> String {
        let ran: Ran = self.begin(world, event.to_string().as_bytes()).wait_with_output().unwrap().into();
        assert_eq!((ran.code, ran.stderr.as_str()), (0, ""), "{event}");
        ran.stdout
    }
}

fn prompt(text: &str) -> Value {
    json!({ "hook_event_name": "UserPromptSubmit", "prompt": text })
}

fn spooled(world: &World) -> Vec<PathBuf> {
    chorus::spool::list(&world.state().join("spool"))
}

/// The prompts the task's journal tells of, in order.
fn told(world: &World, task: &str) -> Vec<String> {
    let of = |(what, text): (String, String)| {
        (what == "prompt").then(|| text.strip_prefix("Got a prompt: ").map(str::to_owned))?
    };
    world.journal(task).into_iter().filter_map(of).filter(|text| text.starts_with("event")).collect()
}

/// As if a hook had tried to start a daemon a moment ago, so that none comes by itself.
fn hold_back_starts(world: &World) {
    std::fs::write(world.state().join("spool/.started"), "").unwrap();
}

#[test]
fn events_of_a_dead_daemon_s_time_count_once_and_before_live_ones() {
    let world = World::new();
    let task = world.rested("Spooled", "[[say hello]]");
    let marks = Marks::of(&world, &task);
    world.kill_daemon();
    hold_back_starts(&world);
    for n in 0..5 {
        assert_eq!(marks.tell(&world, &prompt(&format!("event {n}"))), "");
    }
    assert_eq!(spooled(&world).len(), 5);
    assert!(spooled(&world).iter().all(|path| mode(path) == 0o600));
    // Kept, as if a daemon had been killed after it took the event in and before it forgot the file.
    let twice = spooled(&world)[2].clone();
    let (name, bytes) = (twice.file_name().unwrap().to_owned(), std::fs::read(&twice).unwrap());
    world.json(["list"]);
    marks.tell(&world, &prompt("event live"));
    let all = ["event 0", "event 1", "event 2", "event 3", "event 4", "event live"];
    wait_until("every event is in the journal", || told(&world, &task) == all);
    assert!(spooled(&world).is_empty());
    world.kill_daemon();
    std::fs::write(world.state().join("spool").join(name), bytes).unwrap();
    world.json(["list"]);
    wait_until("the spool is empty", || spooled(&world).is_empty());
    assert_eq!(told(&world, &task), all);
}

#[test]
fn tool_calls_are_told_with_their_prompt_also_those_of_a_dead_daemon_s_time() {
    let world = World::new();
    let task = world.rested("Tools", "[[say hello]]");
    let marks = Marks::of(&world, &task);
    let ended = |tool: &str, path: &str| {
        let input = json!({ "file_path": path });
        json!({ "hook_event_name": "PostToolUse", "tool_name": tool, "tool_input": input, "cwd": world.project() })
    };
    let failed = json!({ "hook_event_name": "PostToolUseFailure", "tool_name": "Bash", "tool_input": {} });
    marks.tell(&world, &prompt("event live"));
    marks.tell(&world, &ended("Edit", "a b.rs"));
    marks.tell(&world, &failed);
    marks.tell(&world, &ended("Edit", "a b.rs"));
    world.kill_daemon();
    hold_back_starts(&world);
    marks.tell(&world, &prompt("event late"));
    marks.tell(&world, &ended("Write", "/tmp/made"));
    world.json(["list"]);
    wait_until("both prompts are in the journal", || told(&world, &task) == ["event live", "event late"]);
    let work = |prompt: &str| {
        let journal = world.page(&task)["journal"].as_array().unwrap().clone();
        journal.into_iter().find(|entry| entry["text"] == format!("Got a prompt: {prompt}")).unwrap()["work"].clone()
    };
    wait_until("the last call is told of", || work("event late").is_object());
    let tool = |name: &str, calls: i64, failed: i64| json!({ "tool": name, "calls": calls, "failed": failed });
    let of = |tools: Value, file: &str| json!({ "tools": tools, "other_calls": 0, "files": [file], "other_files": 0 });
    assert_eq!(work("event live"), of(json!([tool("Edit", 2, 0), tool("Bash", 1, 1)]), "a b.rs"));
    assert_eq!(work("event late"), of(json!([tool("Write", 1, 0)]), "/tmp/made"));
    let shown = world.run(["show", &task]).stdout;
    assert!(shown.contains("tools: Edit 2, Bash 1 (1 failed); files: a b.rs\n"), "{shown}");
}

#[test]
fn the_spool_is_bounded() {
    let world = World::new();
    let task = world.rested("Flooded", "[[say hello]]");
    let marks = Marks::of(&world, &task);
    world.kill_daemon();
    hold_back_starts(&world);
    // Long events lose their bulk and not their meaning.
    let bulk = json!({ "hook_event_name": "PostToolUse", "tool_response": "x".repeat(3_000_000) });
    marks.tell(&world, &bulk);
    let kept = spooled(&world);
    assert_eq!(kept.len(), 1);
    assert!(std::fs::metadata(&kept[0]).unwrap().len() < 10_000);
    for n in 0..2000 {
        std::fs::copy(&kept[0], world.state().join(format!("spool/{n:016}-x.json"))).unwrap();
    }
    let before = spooled(&world).len();
    marks.tell(&world, &prompt("event too many"));
    assert_eq!(spooled(&world).len(), before);
    // And a full one is worked off.
    world.json(["list"]);
    wait_until("the spool is empty", || spooled(&world).is_empty());
    assert_eq!(world.agent(&task), "idle");
}

#[test]
fn what_is_in_the_spool_and_no_event_is_no_obstacle() {
    let world = World::new();
    let task = world.rested("Kept", "[[say hello]]");
    let marks = Marks::of(&world, &task);
    world.kill_daemon();
    hold_back_starts(&world);
    let spool = world.state().join("spool");
    std::fs::write(spool.join("0000000000000001-x.json"), "{\"half").unwrap();
    std::fs::write(spool.join("0000000000000002-x.json"), [0xff, 0x00]).unwrap();
    std::fs::create_dir(spool.join("0000000000000003-x.json")).unwrap();
    let stranger = json!({ "id": "s", "task": "no such task", "launch": "l", "at": 1, "wait": false, "event": 7 });
    std::fs::write(spool.join("0000000000000004-x.json"), stranger.to_string()).unwrap();
    marks.tell(&world, &prompt("event behind them"));
    world.json(["list"]);
    wait_until("the event is in the journal", || told(&world, &task) == ["event behind them"]);
    assert!(spooled(&world).is_empty());
    assert_eq!(chorus::spool::list(&spool.join("bad")).len(), 3, "what is no event is set aside");
}

#[test]
fn a_refused_event_is_not_kept_and_not_told_again() {
    let world = World::new();
    let task = world.rested("Refused", "[[say hello]]");
    let mut marks = Marks::of(&world, &task);
    // A proxy between the agent and its model makes ids of any length.
    let long = json!({ "hook_event_name": "PreToolUse", "tool_name": "Bash", "tool_input": { "command": "true" },
        "tool_use_id": "x".repeat(5000) });
    marks.tell(&world, &long);
    marks.0.insert("CHORUS_TASK".into(), "no such task".into());
    let asks =
        json!({ "hook_event_name": "PermissionRequest", "tool_name": "Bash", "tool_input": { "command": "true" } });
    for event in [prompt("event of nobody"), asks] {
        assert_eq!(marks.tell(&world, &event), "", "it ends at once");
    }
    assert!(spooled(&world).is_empty());
}

#[test]
fn a_hook_is_quiet_whatever_happens() {
    let mut world = World::new();
    let task = world.rested("Quiet", "[[say hello]]");
    let marks = Marks::of(&world, &task);
    let quiet = |world: &World, event: &[u8], what: &str| {
        let ran: Ran = marks.begin(world, event).wait_with_output().unwrap().into();
        assert_eq!((ran.code, ran.stdout.as_str(), ran.stderr.as_str()), (0, "", ""), "{what}");
    };
    let garbage: [&[u8]; 6] = [b"", b"garbage", b"{\"half", &[0xff, 0xfe], b"[]", b"{\"hook_event_name\":{}}"];
    for event in garbage {
        quiet(&world, event, "garbage");
    }
    // Without marks there is nothing to tell.
    let ran: Ran = world.fed(&["hook"], prompt("event").to_string().as_bytes());
    assert_eq!((ran.code, ran.stdout.as_str(), ran.stderr.as_str()), (0, "", ""));
    let event = prompt("event").to_string();
    world.kill_daemon();
    // A file where the spool should be; where the state folder should be; in its path.
    let spool = world.state().join("spool");
    std::fs::remove_dir_all(&spool).unwrap();
    std::fs::write(&spool, "").unwrap();
    quiet(&world, event.as_bytes(), "no spool");
    let file = world.write("a-file", "");
    for state in [file.clone(), file.join("below"), PathBuf::from("/proc/nothing")] {
        world.set("CHORUS_STATE_DIR", &state);
        let marks = Marks(
            marks
                .0
                .iter()
                .map(|(name, value)| match name.as_str() {
                    "CHORUS_STATE_DIR" => (name.clone(), state.display().to_string()),
                    _ => (name.clone(), value.clone()),
                })
                .collect(),
        );
        for event in [event.clone(), json!({ "hook_event_name": "SessionStart" }).to_string()] {
            let ran: Ran = marks.begin(&world, event.as_bytes()).wait_with_output().unwrap().into();
            assert_eq!((ran.code, ran.stdout.as_str(), ran.stderr.as_str()), (0, "", ""), "{}", state.display());
        }
    }
}

#[test]
fn hooks_start_a_daemon_and_not_one_each() {
    let world = World::new();
    let task = world.rested("Started", "[[say hello]]");
    let marks = Marks::of(&world, &task);
    world.kill_daemon();
    let starts = || world.log().matches(" serves ").count();
    let before = starts();
    let stamp = world.state().join("spool/.started");
    let _ = std::fs::remove_file(&stamp);
    let hooks: Vec<Child> =
        (0..10).map(|n| marks.begin(&world, prompt(&format!("event {n}")).to_string().as_bytes())).collect();
    for hook in hooks {
        assert!(hook.wait_with_output().unwrap().status.success());
    }
    wait_until("a daemon took them in", || told(&world, &task).len() == 10);
    assert_eq!(starts(), before + 1);
    // Killed again within the ten seconds: events are kept, and nobody starts one.
    std::fs::write(&stamp, "").unwrap();
    world.kill_daemon();
    marks.tell(&world, &prompt("event 10"));
    assert_eq!((spooled(&world).len(), world.daemon()), (1, None));
    // After them, the next hook starts one again.
    let long_ago = std::time::SystemTime::now() - std::time::Duration::from_secs(11);
    std::fs::File::options().write(true).open(&stamp).unwrap().set_modified(long_ago).unwrap();
    marks.tell(&world, &prompt("event 11"));
    wait_until("a daemon took them in", || told(&world, &task).len() == 12);
}

#[test]
fn a_permission_is_answered_although_the_daemon_was_killed() {
    let world = World::new();
    let file = world.project().join("made");
    let task = world.begun("Asks", &format!("[[bash: echo one >> {}]] [[say done]]", file.display()));
    let request = world.request(&task);
    for round in 0..2 {
        world.kill_daemon();
        let _ = std::fs::remove_file(world.state().join("spool/.started"));
        // The same request, once, from the hook that came back by itself.
        let back = wait_for("the request is back", || {
            let pid = world.daemon()?;
            let open = world.json(["show", &task])["requests"].as_array().unwrap().clone();
            (open.len() == 1 && is_alive(pid)).then(|| open[0].clone())
        });
        assert_eq!(back["id"], request["id"], "round {round}");
    }
    let id = request["id"].as_str().unwrap();
    // Answered while it was on its way back counts, too.
    let answered = world.json(["approve", &task, "--request", id]);
    assert_eq!(answered["outcome"], "allowed");
    world.until(&task, "idle");
    assert_eq!(std::fs::read_to_string(file).unwrap(), "one\n");
    assert_eq!(world.count(&task, "request_opened"), 1, "{:?}", world.journal(&task));
    assert_eq!(world.count(&task, "request_closed"), 1);
}

#[test]
fn a_hook_that_waits_goes_with_its_agent() {
    let world = World::new();
    let task = world.begun("Dies asking", "[[bash: touch asked]]");
    world.request(&task);
    let hooks = || {
        let is_hook =
            |process: &chorus_testkit::processes::Process| process.argv.get(1).is_some_and(|word| word == "hook");
        world.processes().iter().filter(|process| is_hook(process)).count()
    };
    assert_eq!(hooks(), 1);
    world.kill_daemon();
    hold_back_starts(&world);
    world.kill(world.only_pane_pid());
    wait_until("no hook is left", || hooks() == 0);
    world.until(&task, "exited signal");
    assert_eq!(world.json(["inbox"]), json!([]));
    assert_eq!(world.look(&task)["status"], "running");
}

#[test]
fn the_agent_s_own_hooks_go_to_the_state_folder_s_copy() {
    let world = World::new();
    let task = world.rested("Copied", "[[say hello]]");
    let uuid = world.look(&task)["uuid"].as_str().unwrap().to_owned();
    let settings = std::fs::read_to_string(world.state().join(format!("tasks/{uuid}.json"))).unwrap();
    let copy = world.state().join("bin/chorus");
    assert!(settings.contains(copy.to_str().unwrap()), "{settings}");
    assert!(!settings.contains(env!("CARGO_BIN_EXE_chorus")), "{settings}");
    assert!(Path::new(&copy).is_file());
}

#[test]
fn an_agent_speaks_for_its_own_task_only() {
    let world = World::new();
    let (one, two) = (world.rested("One", "[[say hello]]"), world.rested("Two", "[[say hello]]"));
    let (of_one, of_two) = (Marks::of(&world, &one), Marks::of(&world, &two));
    let asks =
        json!({ "hook_event_name": "PermissionRequest", "tool_name": "Bash", "tool_input": { "command": "ls" } });
    // As from a process of the first task's agent that pretends to be the second's.
    let pretends = |marks: &BTreeMap<String, String>| {
        let file = world.write("event", &asks.to_string());
        let assigned = marks.iter().map(|(name, value)| format!("{name}='{value}'")).collect::<Vec<_>>().join(" ");
        let line = format!("{assigned} {} hook < {}; true", env!("CARGO_BIN_EXE_chorus"), file.display());
        let ran: Ran = world.command("sh").args(["-c", &line]).envs(&of_one.0).output().unwrap().into();
        assert_eq!((ran.code, ran.stdout.as_str(), ran.stderr.as_str()), (0, "", ""));
    };
    pretends(&of_two.0);
    assert_eq!(world.json(["inbox"]), json!([]));
    assert_eq!(world.count(&one, "refused"), 1, "{:?}", world.journal(&one));
    assert_eq!(world.count(&two, "request_opened"), 0);
    // Its own task, and a launch that is not the newest one.
    let mut old = of_one.0.clone();
    old.insert("CHORUS_LAUNCH".into(), "another".into());
    pretends(&old);
    assert_eq!(world.json(["inbox"]), json!([]));
    // A process that is nobody's.
    let hook = json!({ "method": "hook", "params": { "id": "forged", "task": of_two.0["CHORUS_TASK"],
        "launch": of_two.0["CHORUS_LAUNCH"], "at": 1, "wait": true, "event": asks } });
    let mut stream = std::os::unix::net::UnixStream::connect(world.socket()).unwrap();
    let answer = crate::world::ask(&mut stream, hook).unwrap();
    assert_eq!((answer["output"].clone(), world.json(["inbox"])), (Value::Null, json!([])));
    // What waits for a pane goes to that pane.
    let exec = json!({ "method": "exec", "params": { "task": of_two.0["CHORUS_TASK"] } });
    let refused = crate::world::ask(&mut stream, exec).unwrap_err();
    assert_eq!(refused["code"], "wrong_state");
}

#[test]
fn a_daemon_that_a_hook_starts_finds_the_same_tmux_server() {
    let world = World::new();
    let task = world.rested("Goes on", "[[say hello]]");
    let agent = world.agent_pid(&task);
    let of = |name: &str| chorus::process::variable_of(agent, name);
    assert_eq!(of("CHORUS_TMUX_SOCKET"), None);
    world.kill_daemon();
    let _ = std::fs::remove_file(world.state().join("spool/.started"));
    // With nothing but what the agent has.
    let mut hook = std::process::Command::new(env!("CARGO_BIN_EXE_chorus"));
    hook.arg("hook").env_clear().stdin(Stdio::piped()).stdout(Stdio::null());
    for name in ["HOME", "PATH", "XDG_CONFIG_HOME", "TMPDIR", "TMUX", "TMUX_TMPDIR"] {
        hook.envs(of(name).map(|value| (name, value)));
    }
    let mut child = hook.envs(&Marks::of(&world, &task).0).spawn().unwrap();
    use std::io::Write;
    child.stdin.take().unwrap().write_all(prompt("event").to_string().as_bytes()).unwrap();
    assert!(child.wait().unwrap().success());
    wait_until("a daemon took it in", || told(&world, &task) == ["event"]);
    assert_eq!(world.agent(&task), "idle");
    world.json(["restart", &task]);
    world.until(&task, "idle");
    assert!(world.tmux(["list-sessions"]).is_some());
}
