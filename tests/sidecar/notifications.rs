//! Notifications on a real session bus: the question reaches the desktop, and what a person presses reaches the agent.

use crate::desktop::{Desktop, Manner, ServerOfAgent, configure, forge_press};
use crate::neovim::Neovim;
use crate::world::World;
use chorus_testkit::{wait_for, wait_until};
use serde_json::{Value, json};
use std::process::{Child, Stdio};

/// A task that asks whether it may make that file.
fn asks(world: &World, title: &str, file: &str) -> String {
    let task = world.begun(title, &format!("[[bash: touch {file}]] [[say all done]]"));
    world.request(&task);
    task
}

fn closed_by(world: &World, task: &str) -> Vec<String> {
    let page = world.page(task);
    let entries = page["journal"].as_array().unwrap().iter();
    let closed = entries.filter(|entry| entry["what"] == "request_closed");
    closed.map(|entry| format!("{} {}", entry["who"].as_str().unwrap(), entry["text"].as_str().unwrap())).collect()
}

#[test]
fn allow_lets_the_agent_go_on() {
    let Some(desktop) = Desktop::new("") else { return };
    let (world, server) = (&desktop.world, desktop.server(Manner::Good));
    let task = asks(world, "Tidy <up>", "made");
    let note = server.note();
    assert_eq!(note.title, "#1 asks for permission: Tidy <up>");
    // Where it runs is a part of what is allowed.
    let folder = world.project().canonicalize().unwrap();
    let fields = "Bash\ncommand: touch made\ndescription: Run a scripted command";
    assert_eq!(note.body, format!("{fields}\nin {}", folder.display()));
    assert_eq!(note.labels(), ["Open", "Allow", "Deny"]);
    let allow = note.key("Allow").unwrap();
    server.press(note.id, allow, "the agent goes on", || world.agent(&task) == "idle");
    assert!(world.project().join("made").exists());
    assert_eq!(closed_by(world, &task), ["notification Allowed: touch made"]);
}

#[test]
fn a_signal_of_another_program_presses_nothing() {
    let Some(desktop) = Desktop::new("") else { return };
    let (world, server) = (&desktop.world, desktop.server(Manner::Good));
    let task = asks(world, "Forged", "made");
    let note = server.note();
    // A program on the bus can have read the keys; they do not help it.
    for key in ["Allow", "allow", "default", note.key("Allow").unwrap()] {
        forge_press(&desktop.address(), note.id, key);
    }
    let deny = note.key("Deny").unwrap().to_owned();
    server.press(note.id, &deny, "the request is denied", || !closed_by(world, &task).is_empty());
    assert_eq!(closed_by(world, &task), ["notification Denied: touch made"]);
}

#[test]
fn a_server_that_an_agent_runs_shows_no_buttons() {
    let Some(desktop) = Desktop::new("") else { return };
    let (world, server) = (&desktop.world, desktop.server(Manner::Good));
    asks(world, "Before", "one");
    assert_eq!(server.note().labels(), ["Open", "Allow", "Deny"]);
    // It takes the place of the one that was checked.
    drop(server);
    let mut server = ServerOfAgent::begin(&desktop.address());
    asks(world, "After", "two");
    assert_eq!(server.labels(), "Open");
}

#[test]
fn a_notification_that_the_server_refuses_takes_no_other_away() {
    let Some(desktop) = Desktop::new("") else { return };
    let (world, server) = (&desktop.world, desktop.server(Manner::Choosy));
    let task = asks(world, "Shown", "made");
    let note = server.note();
    asks(world, "Refused", "two");
    wait_until("it was refused", || world.log().contains("the server refused it"));
    let allow = note.key("Allow").unwrap();
    server.press(note.id, allow, "the agent goes on", || world.agent(&task) == "idle");
    assert!(world.project().join("made").exists());
}

#[test]
fn notifications_go_with_the_daemon_and_the_next_one_shows_what_nobody_dismissed() {
    let Some(desktop) = Desktop::new("") else { return };
    let (world, server) = (&desktop.world, desktop.server(Manner::Good));
    asks(world, "Dismissed", "one");
    let dismissed = server.note();
    server.dismiss(dismissed.id);
    asks(world, "Kept", "two");
    let kept = server.nth(1);
    world.kill_daemon();
    // Nobody would hear of its buttons.
    wait_until("the notification is taken away", || server.is_closed(kept.id));
    world.json(["list"]);
    let again = server.nth(2);
    assert!(again.title.contains("Kept") && again.labels().len() == 3, "{again:?}");
    asks(world, "Later", "three");
    assert!(server.nth(3).title.contains("Later"), "{:?}", server.notes());
}

#[test]
fn on_another_bus_the_old_notifications_are_taken_away() {
    let Some(mut desktop) = Desktop::new("") else { return };
    let old = desktop.server(Manner::Good);
    let first = asks(&desktop.world, "Before", "one");
    let note = old.note();
    let (_, mut bus) = desktop.move_to_another_bus();
    let server = desktop.server(Manner::Good);
    asks(&desktop.world, "After", "two");
    assert!(server.note().title.contains("After"), "{:?}", server.notes());
    wait_until("the old notification is taken away", || old.is_closed(note.id));
    assert_eq!(desktop.world.agent(&first), "waiting permission");
    let _ = bus.kill();
    let _ = bus.wait();
}

#[test]
fn deny_is_told_to_the_agent() {
    let Some(desktop) = Desktop::new("") else { return };
    let (world, server) = (&desktop.world, desktop.server(Manner::Good));
    let task = asks(world, "Tidy", "made");
    let note = server.note();
    let deny = note.key("Deny").unwrap().to_owned();
    server.press(note.id, &deny, "the request is denied", || !closed_by(world, &task).is_empty());
    assert_eq!(closed_by(world, &task), ["notification Denied: touch made"]);
    world.until(&task, "idle");
    assert!(!world.project().join("made").exists());
}

#[test]
fn one_that_is_dismissed_answers_nothing_and_one_answered_elsewhere_goes() {
    let Some(desktop) = Desktop::new("") else { return };
    let (world, server) = (&desktop.world, desktop.server(Manner::Good));
    let dismissed = asks(world, "Dismissed", "one");
    let first = server.note();
    server.dismiss(first.id);
    let elsewhere = asks(world, "Elsewhere", "two");
    let second = server.nth(1);
    world.json(["approve", &elsewhere]);
    wait_until("the notification is taken away", || server.is_closed(second.id));
    world.until(&elsewhere, "idle");
    assert_eq!(world.agent(&dismissed), "waiting permission");
    assert!(closed_by(world, &elsewhere)[0].starts_with("person "));
    assert_eq!(server.notes().len(), 2);
}

#[test]
fn a_button_answers_what_it_was_shown_with_and_nothing_later() {
    let Some(desktop) = Desktop::new("") else { return };
    let (world, server) = (&desktop.world, desktop.server(Manner::Good));
    let task = world.begun("Asks twice", "[[bash: touch one]] [[bash: touch two]]");
    let first = server.note();
    world.request(&task);
    world.json(["approve", &task]);
    let second = server.nth(1);
    assert!(second.body.contains("touch two"), "{second:?}");
    // The old button, late.
    let late = first.key("Allow").unwrap().to_owned();
    server.press(first.id, &late, "the signal is sent", || true);
    let deny = second.key("Deny").unwrap().to_owned();
    server.press(second.id, &deny, "the second is denied", || closed_by(world, &task).len() == 2);
    world.until(&task, "idle");
    assert!(world.project().join("one").exists() && !world.project().join("two").exists());
    let closed = closed_by(world, &task);
    assert_eq!(closed[1], "notification Denied: touch two", "{closed:?}");
}

#[test]
fn what_others_wrote_is_no_markup_and_what_is_not_shown_whole_has_no_buttons() {
    let Some(desktop) = Desktop::new("") else { return };
    let (world, server) = (&desktop.world, desktop.server(Manner::Good));
    world.begun("Markup", "[[bash: echo '<b>&' > x]]");
    let note = server.note();
    assert!(note.body.contains("echo '&lt;b&gt;&amp;' &gt; x") && !note.body.contains('<'), "{note:?}");
    let long = format!("[[bash: touch {}]]", "x".repeat(300));
    world.begun("Long", &long);
    let note = server.nth(1);
    assert_eq!(note.labels(), ["Open"]);
    assert!(note.body.ends_with('…') && note.body.chars().count() <= 200, "{note:?}");
    world.begun("Secret", "[[bash: curl -H 'Authorization: Bearer abcdef' x]]");
    let note = server.nth(2);
    assert_eq!(note.labels(), ["Open"]);
    assert!(!note.body.contains("abcdef") && note.body.contains("•••"), "{note:?}");
}

#[test]
fn a_plain_server_gets_plain_text_and_no_buttons() {
    let Some(desktop) = Desktop::new("") else { return };
    let (world, server) = (&desktop.world, desktop.server(Manner::Plain));
    world.begun("Plain", "[[bash: echo '<b>&' > x]]");
    let note = server.note();
    assert!(note.body.contains("echo '<b>&' > x"), "{note:?}");
    assert_eq!(note.labels(), ["Open"]);
    let health = health(world);
    assert_eq!(health, "ok desktop (server stub 1.0, without buttons)");
}

#[test]
fn buttons_can_be_switched_off_and_a_muted_task_is_quiet() {
    let Some(desktop) = Desktop::new("buttons = false") else { return };
    let (world, server) = (&desktop.world, desktop.server(Manner::Good));
    let muted = world.task("Muted");
    assert_eq!(world.json(["mute", &muted])["muted"], true);
    world.json(["start", &muted, "--prompt", "[[bash: touch one]]"]);
    world.request(&muted);
    asks(world, "Loud", "two");
    let note = server.note();
    assert!(note.title.contains("Loud"), "{note:?}");
    assert_eq!(note.labels(), ["Open"]);
    world.json(["unmute", "all"]);
    world.json(["approve", &muted]);
    world.until(&muted, "idle");
    world.json(["send", &muted, "[[bash: touch three]]"]);
    assert!(server.nth(1).title.contains("Muted"));
    assert_eq!(server.notes().len(), 2);
}

#[test]
fn a_bus_that_is_killed_is_found_again() {
    let Some(mut desktop) = Desktop::new("") else { return };
    let server = desktop.server(Manner::Good);
    let first = asks(&desktop.world, "Before", "one");
    assert!(server.note().title.contains("Before"));
    desktop.kill_bus();
    assert!(health(&desktop.world).contains("there is no session bus"), "{}", health(&desktop.world));
    // Meanwhile all goes on, and what nobody could be told of is told once the bus is back.
    let second = asks(&desktop.world, "Meanwhile", "two");
    desktop.world.json(["approve", &first]);
    desktop.world.until(&first, "idle");
    desktop.restart_bus();
    let server = desktop.server(Manner::Good);
    assert!(server.note().title.contains("Meanwhile"), "{:?}", server.notes());
    let allow = server.note().key("Allow").unwrap().to_owned();
    let world = &desktop.world;
    server.press(server.note().id, &allow, "the agent goes on", || world.agent(&second) == "idle");
    // No more than a line for a fault.
    assert!(world.log().matches("no notifications on the desktop").count() <= 2, "{}", world.log());
}

#[test]
fn a_bus_that_never_answers_holds_nothing_up() {
    let Some(desktop) = Desktop::new("") else { return };
    let (world, _server) = (&desktop.world, desktop.server(Manner::Silent));
    world.json(["list"]);
    let mut neovim = Neovim::new(world, &world.project());
    let task = asks(world, "Silent", "made");
    // What the desktop does not take, the terminal gets.
    let rung = neovim.events_until(|name, _| name == "ring");
    assert_eq!(rung.last().unwrap().1["title"], "#1 asks for permission: Silent");
    world.json(["approve", &task]);
    world.until(&task, "idle");
    assert!(health(world).ends_with("not the desktop: the session bus does not answer"), "{}", health(world));
}

#[test]
fn with_no_bus_at_all_the_newest_neovim_s_terminal_rings_once() {
    let world = World::new();
    configure(&world, "terminal = \"osc777\"");
    world.json(["list"]);
    let mut older = Neovim::new(&world, &world.project());
    let mut newer = Neovim::new(&world, &world.project());
    let task = asks(&world, "No bus", "made");
    let rung = newer.events_until(|name, _| name == "ring");
    let ring = &rung.last().unwrap().1;
    assert_eq!((&ring["title"], &ring["by"]), (&json!("#1 asks for permission: No bus"), &json!("osc777")));
    assert!(health(&world).starts_with("ok the terminal of a connected Neovim (osc777); not the desktop: there is no"));
    world.json(["approve", &task]);
    let heard = older.events_until(|name, _| name == "turn_ended");
    assert!(heard.iter().all(|(name, _)| name != "ring"), "{heard:?}");
    assert!(world.log().matches("no notifications on the desktop").count() == 1, "{}", world.log());
}

#[test]
fn the_task_before_a_person_s_eyes_does_not_ring() {
    let Some(desktop) = Desktop::new("") else { return };
    let (world, server) = (&desktop.world, desktop.server(Manner::Good));
    world.json(["list"]);
    let mut neovim = Neovim::new(world, &world.project());
    let seen = world.rested("Seen", "[[say hello]]");
    let uuid = world.look(&seen)["uuid"].clone();
    neovim.ask("presence", json!({ "focused": true, "visible": [uuid] })).unwrap();
    world.json(["send", &seen, "[[bash: touch one]]"]);
    world.request(&seen);
    asks(world, "Unseen", "two");
    assert!(server.note().title.contains("Unseen"), "{:?}", server.notes());
    world.json(["approve", &seen]);
    world.until(&seen, "idle");
    neovim.ask("presence", json!({ "focused": false, "visible": [uuid] })).unwrap();
    world.json(["send", &seen, "[[bash: touch three]]"]);
    assert!(server.nth(1).title.contains("Seen"));
}

#[test]
fn a_click_opens_the_task_in_the_newest_neovim_of_its_project() {
    let Some(desktop) = Desktop::new("") else { return };
    let (world, server) = (&desktop.world, desktop.server(Manner::Good));
    world.json(["list"]);
    let mut older = Neovim::new(world, &world.project());
    let mut newer = Neovim::new(world, &world.project());
    let mut other = Neovim::new(world, world.root());
    let task = asks(world, "Clicked", "made");
    let note = server.note();
    server.press(note.id, "default", "the signal is sent", || newer.has_heard("clicked"));
    let heard = newer.events_until(|name, _| name == "clicked");
    let page = world.page(&task);
    let clicked = &heard.last().unwrap().1;
    assert_eq!((&clicked["task"], &clicked["request"]), (&page["task"]["uuid"], &page["requests"][0]["id"]));
    assert_eq!(world.agent(&task), "waiting permission");
    world.json(["approve", &task]);
    for neovim in [&mut older, &mut other] {
        let is_end = |name: &str, data: &Value| name == "turn_ended" || name == "elsewhere" && data["count"] == 0;
        let heard = neovim.events_until(is_end);
        assert!(heard.iter().all(|(name, _)| name != "clicked"), "{heard:?}");
    }
}

/// Hook processes that wait, as of an agent that asks for all of these at once.
fn storm(world: &World, task: &str, count: usize) -> Vec<Child> {
    let pid = world.agent_pid(task);
    let marks: Vec<(&str, String)> = ["CHORUS_TASK", "CHORUS_LAUNCH", "CHORUS_STATE_DIR"]
        .into_iter()
        .filter_map(|name| Some((name, chorus::process::variable_of(pid, name)?)))
        .collect();
    let begin = |n: usize| {
        let mut hook = world.chorus(["hook"]);
        let mut child = hook.envs(marks.clone()).stdin(Stdio::piped()).stdout(Stdio::null()).spawn().unwrap();
        let event = json!({ "hook_event_name": "PermissionRequest", "tool_name": "Bash",
            "tool_input": { "command": format!("touch {n}") } });
        std::io::Write::write_all(&mut child.stdin.take().unwrap(), event.to_string().as_bytes()).unwrap();
        child
    };
    (0..count).map(begin).collect()
}

#[test]
fn a_storm_of_requests_makes_few_notifications() {
    let Some(desktop) = Desktop::new("") else { return };
    let world = &desktop.world;
    // As it is without configuration, but for the wait.
    let text = "[agent]\ndefault = \"demo\"\n[notifications]\nevents = [\"request\"]\ndwell = 0\n";
    world.write("config/chorus/chorus.toml", text);
    let server = desktop.server(Manner::Good);
    let tasks = [asks(world, "One", "one"), asks(world, "Two", "two")];
    let hooks: Vec<Child> = tasks.iter().flat_map(|task| storm(world, task, 50)).collect();
    let open = || world.json(["inbox"]).as_array().unwrap().len();
    wait_until("all requests are open", || open() >= 102);
    assert!((1..=5).contains(&server.notes().len()), "{:?}", server.notes());
    for mut hook in hooks {
        let _ = hook.kill();
        let _ = hook.wait();
    }
}

/// Level and text of the line about notifications.
#[track_caller]
fn health(world: &World) -> String {
    wait_for("the line about notifications", || {
        let report = world.json(["health"]);
        let checks = report.as_array().or_else(|| report["checks"].as_array())?;
        let check = checks.iter().find(|check| check["name"] == "notifications")?;
        Some(format!("{} {}", check["level"].as_str()?, check["text"].as_str()?))
    })
}
