//! A configuration with a fault widens nothing: its last good version stays, and without one nothing is started.

use crate::world::World;
use chorus_testkit::sandbox::Ran;
use serde_json::Value;

const FAULT: &str = "chorus.toml:2:1: unknown key `agent.defualt`; did you mean `default`?";

fn configure(world: &World, text: &str) {
    world.write("config/chorus/chorus.toml", text);
}

#[test]
fn a_fault_stops_starts_until_it_is_corrected() {
    let world = World::new();
    let task = world.task("Waits");
    let good = "[agent]\ndefault = \"demo\"\n";
    configure(&world, "[agent]\ndefualt = \"demo\"\n");
    // This daemon read a good one.
    world.json(["start", &task, "--prompt", "[[say hello]]"]);
    world.until(&task, "idle");
    assert_eq!(world.look(&task)["agent"], "demo");
    // The next one did not.
    world.kill_daemon();
    for words in [&["new", "--title", "Another"][..], &["restart", &task], &["complete", &task]] {
        let refusal = world.refused(words);
        refusal.is_clear();
        assert!(refusal.message.contains(FAULT), "{refusal:?}");
    }
    // Looking goes on, and the agent was left alone.
    world.until(&task, "idle");
    configure(&world, good);
    world.json(["restart", &task]);
    world.json(["complete", &task]);
}

#[test]
fn a_file_that_is_away_is_no_empty_one() {
    let world = World::new();
    let task = world.task("Waits");
    world.kill_daemon();
    let file = world.root().join("config/chorus/chorus.toml");
    std::fs::remove_file(&file).unwrap();
    std::os::unix::fs::symlink("/nowhere/chorus.toml", &file).unwrap();
    let refusal = world.refused(["start", &task]);
    assert!(refusal.message.contains("it is a link to a file that is not there"), "{refusal:?}");
    assert_eq!(world.look(&task)["status"], "pending");
}

const IDENTITY: [&str; 2] = ["GIT_AUTHOR_NAME", "GIT_COMMITTER_NAME"];

#[test]
fn a_task_that_is_not_isolated_says_so_when_it_starts() {
    let mut world = World::new();
    for words in [&["init", "-q"][..], &["commit", "-q", "--allow-empty", "-m", "first"]] {
        let ran = world.command("git").arg("-C").arg(world.project()).args(words).output().unwrap();
        assert!(ran.status.success(), "{ran:?}");
    }
    let task = world.json(["new", "--title", "Shares the tree", "--isolation", "auto"])["number"].to_string();
    // As on a new machine.
    IDENTITY.iter().for_each(|name| world.set(name, ""));
    let start = ["start", &task, "--prompt", "[[say hello]]"];
    let ran: Ran = world.chorus(start).output().unwrap().into();
    assert!(ran.stdout.contains("not isolated: git does not know who you are"), "{ran:?}");
    let reason = world.look(&task)["isolation_reason"].as_str().unwrap_or_default().to_owned();
    assert!(reason.contains("git config"), "{reason}");
    assert!(world.journal(&task).iter().any(|(what, text)| what == "isolation" && text.contains(&reason)));
    assert!(world.run(["list"]).stdout.contains("⚠ not isolated"));
    world.json(["complete", &task, "--force"]);
    world.json(["reopen", &task]);
    // What could not be isolated then can be now.
    IDENTITY.iter().for_each(|name| world.set(name, "A Tester"));
    world.json(start);
    let after = world.look(&task);
    assert_eq!((&after["isolation"], &after["isolation_reason"]), (&"worktree".into(), &Value::Null));
}

#[test]
fn no_agent_is_ended_for_a_discard_that_cannot_follow() {
    let world = World::new();
    let task = world.task("Stays");
    world.json(["start", &task, "--prompt", "[[say hello]]"]);
    world.until(&task, "idle");
    configure(&world, "[agent]\ndefualt = \"demo\"\n");
    world.kill_daemon();
    let refusal = world.refused(["fail", &task, "--discard"]);
    assert!(refusal.message.contains("cannot discard") && refusal.message.contains(FAULT), "{refusal:?}");
    world.until(&task, "idle");
    configure(&world, "[agent]\ndefault = \"demo\"\n");
    world.json(["fail", &task, "--discard"]);
}
