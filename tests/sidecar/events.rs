//! What connected Neovims are told: the same in each, in order, and only of their own project.

use crate::neovim::Neovim;
use crate::world::{World, each};
use chorus_testkit::wait_until;
use serde_json::{Value, json};

/// What an event says, without what may be told in one step or two.
fn brief((name, data): (String, Value)) -> Option<String> {
    match name.as_str() {
        "request_opened" | "request_closed" => Some(format!("{name} {} {}", data["id"], data["outcome"])),
        "turn_ended" => Some(format!("{name} {}", data["message"])),
        "task_deleted" => Some(format!("{name} {}", data["number"])),
        _ => None,
    }
}

#[test]
fn two_neovims_are_told_the_same_in_order_and_a_third_only_how_many_wait() {
    each(|world| {
        let elsewhere = world.root().join("elsewhere");
        std::fs::create_dir(&elsewhere).unwrap();
        world.json(["list"]);
        let deep = world.project().join("deep");
        std::fs::create_dir(&deep).unwrap();
        let mut one = Neovim::new(&world, &world.project());
        let mut two = Neovim::new(&world, &deep);
        let mut other = Neovim::new(&world, &elsewhere);
        let made = one.ask("task_new", json!({ "title": "Shared" })).unwrap();
        let uuid = made["uuid"].clone();
        let start =
            json!({ "task": "1", "prompt": "[[bash: touch x]] [[say all done]]", "environment": world.environment() });
        one.ask("task_start", start).unwrap();
        let opened = one.events_until(|name, _| name == "request_opened");
        let request = opened.last().unwrap().1["id"].clone();
        // The second Neovim answers what the first one asked for.
        two.ask("task_approve", json!({ "task": "1", "request": request })).unwrap();
        let twice = one.ask("task_approve", json!({ "task": "1", "request": request })).unwrap_err();
        assert!(["request_changed", "no_request"].contains(&twice["code"].as_str().unwrap()), "{twice}");
        let mut told = Vec::new();
        for neovim in [&mut one, &mut two] {
            let ended = neovim.events_until(|name, _| name == "turn_ended");
            let changes: Vec<i64> = ended
                .iter()
                .filter(|(name, _)| name == "task_changed")
                .map(|(_, task)| task["revision"].as_i64().unwrap())
                .collect();
            assert!(changes.is_sorted(), "{changes:?}");
            let is_unread =
                |name: &str, task: &Value| name == "task_changed" && task["uuid"] == uuid && task["unread"] == true;
            if !ended.iter().any(|(name, task)| is_unread(name, task)) {
                neovim.events_until(is_unread);
            }
            told.push(
                ended
                    .into_iter()
                    .filter_map(brief)
                    .filter(|event| !event.starts_with("request_opened"))
                    .collect::<Vec<_>>(),
            );
        }
        assert_eq!(told[0], told[1]);
        assert_eq!(told[0], [format!("request_closed {request} \"allowed\""), "turn_ended \"all done\"".to_owned()]);
        // The other project heard that one waited, and then that none does.
        let mut heard = other.events_until(|_, data| data["count"] == 1);
        heard.extend(other.events_until(|_, data| data["count"] == 0));
        assert!(heard.iter().all(|(name, _)| name == "elsewhere"), "{heard:?}");
        assert_eq!(other.ask("snapshot", json!({})).unwrap()["tasks"], json!([]));
    });
}

#[test]
fn a_snapshot_is_everything_a_fresh_neovim_shows() {
    let world = World::new();
    let task = world.begun("Asks", "[[bash: touch x]]");
    let request = world.request(&task);
    world.task("Pending");
    let mut neovim = Neovim::new(&world, &world.project());
    let snapshot = neovim.ask("snapshot", json!({})).unwrap();
    let mut numbers: Vec<_> =
        snapshot["tasks"].as_array().unwrap().iter().map(|task| task["number"].as_i64().unwrap()).collect();
    numbers.sort_unstable();
    assert_eq!(numbers, [1, 2]);
    assert_eq!(snapshot["requests"][0]["id"], request["id"]);
    assert_eq!(snapshot["elsewhere"], 0);
    // Another project's Neovim counts it.
    let mut other = Neovim::new(&world, world.root());
    assert_eq!(other.ask("snapshot", json!({})).unwrap()["elsewhere"], 1);
}

#[test]
fn a_watched_output_follows_its_task_to_a_new_server() {
    each(|world| {
        let task = world.rested("Watched", "[[say first words]]");
        let mut neovim = Neovim::new(&world, &world.project());
        neovim.ask("task_watch", json!({ "task": task, "on": true })).unwrap();
        let shows = |neovim: &mut Neovim, text: &str| {
            neovim.events_until(|name, data| name == "output" && data["lines"].to_string().contains(text));
        };
        shows(&mut neovim, "first words");
        neovim.ask("task_send", json!({ "task": task, "text": "[[say second words]]" })).unwrap();
        shows(&mut neovim, "second words");
        assert!(world.tmux(["kill-server"]).is_some());
        world.until(&task, "exited lost");
        world.json(["restart", &task]);
        neovim.ask("task_send", json!({ "task": task, "text": "[[say third words]]" })).unwrap();
        shows(&mut neovim, "third words");
        // Nobody else is told, and after its end this one neither.
        neovim.ask("task_watch", json!({ "task": task, "on": false })).unwrap();
    });
}

#[test]
fn a_watched_pane_has_the_size_of_the_window_that_shows_it() {
    each(|world| {
        let task = world.rested("Watched", "[[say first words]]");
        let size = || world.tmux(["list-panes", "-a", "-F", "#{pane_width}x#{pane_height}"]).unwrap().trim().to_owned();
        let own = size();
        let mut neovim = Neovim::new(&world, &world.project());
        let ask = json!({ "task": task, "on": true, "columns": 97, "rows": 31 });
        neovim.ask("task_watch", ask).unwrap();
        wait_until("the window's size", || size() == "97x31");
        neovim.ask("task_watch", json!({ "task": task, "on": true, "columns": 101, "rows": 33 })).unwrap();
        wait_until("the newer size", || size() == "101x33");
        neovim.ask("task_watch", json!({ "task": task, "on": false })).unwrap();
        wait_until("its own size", || size() == own);
        // One that is gone gives it back, too.
        neovim.ask("task_watch", json!({ "task": task, "on": true, "columns": 97, "rows": 31 })).unwrap();
        wait_until("the window's size", || size() == "97x31");
        drop(neovim);
        wait_until("its own size", || size() == own);
    });
}

#[test]
fn a_neovim_that_does_not_read_holds_nobody_up() {
    use std::io::Write;
    let world = World::new();
    world.json(["list"]);
    // It says hello and never answers what it is told.
    let mut silent = std::os::unix::net::UnixStream::connect(world.socket()).unwrap();
    let hello = json!({ "method": "hello", "params": { "protocol": chorus::contract::PROTOCOL, "version": "0",
        "folder": world.project(), "client": "nvim" } });
    let arguments = rmpv::Value::Array(vec![1.into(), chorus::wire::to_value(&hello).unwrap()]);
    let mut bytes = Vec::new();
    rmpv::encode::write_value(&mut bytes, &rmpv::Value::Array(vec![2.into(), "request".into(), arguments])).unwrap();
    silent.write_all(&bytes).unwrap();
    let mut awake = Neovim::new(&world, &world.project());
    for n in 0..1500 {
        awake.ask("task_new", json!({ "title": format!("{n} {}", "x".repeat(150)) })).unwrap();
    }
    assert_eq!(world.json(["list"]).as_array().unwrap().len(), 1500);
}
