//! A configuration with a fault widens nothing: its last good version stays, and without one nothing is started.

use crate::world::World;

const FAULT: &str = "chorus.toml:2:1: unknown key `agent.defualt`; did you mean `agent.default`?";

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

#[test]
fn a_task_that_is_not_isolated_says_so_when_it_starts() {
    let world = World::new();
    // A repository without an identity, as a new machine has it.
    let git = |words: &[&str]| {
        let ran = world.command("git").arg("-C").arg(world.project()).args(words).output().unwrap();
        assert!(ran.status.success(), "{ran:?}");
    };
    git(&["init", "-q"]);
    git(&["-c", "user.name=a", "-c", "user.email=a@b", "commit", "-q", "--allow-empty", "-m", "first"]);
    git(&["config", "user.useConfigOnly", "true"]);
    let task = world.task("Shares the tree");
    let ran: chorus_testkit::sandbox::Ran =
        world.chorus(["start", &task, "--prompt", "[[say hello]]"]).output().unwrap().into();
    assert!(ran.stdout.contains("not isolated: git does not know who you are"), "{ran:?}");
    let reason = world.look(&task)["isolation_reason"].as_str().unwrap_or_default().to_owned();
    assert!(reason.contains("git config"), "{reason}");
    assert!(world.journal(&task).iter().any(|(what, text)| what == "isolation" && text.contains(&reason)));
    world.json(["complete", &task]);
    world.json(["reopen", &task]);
    // What could not be isolated then may be now.
    git(&["config", "user.name", "a"]);
    git(&["config", "user.email", "a@b"]);
    world.json(["start", &task, "--prompt", "[[say hello]]"]);
    assert_eq!((&world.look(&task)["isolation"], &world.look(&task)["isolation_reason"]), (&"worktree".into(), &serde_json::Value::Null));
}
