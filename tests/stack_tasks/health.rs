//! What stands against stacks, said by health and at a start; setting a project up; one committer.

use super::edits::edit;
use super::world::{World, any, each, over};
use chorus_testkit::but::{Grammar, programs, standins};

/// GitButler's own hooks as its documentation has people write them.
const HOOKS: &str = r#"{
  "hooks": {
    "PreToolUse": [
      { "matcher": "Edit|MultiEdit|Write", "hooks": [{ "type": "command", "command": "but claude pre-tool" }] }
    ],
    "PostToolUse": [
      { "matcher": "Edit|MultiEdit|Write", "hooks": [{ "type": "command", "command": "but claude post-tool" }] }
    ],
    "Stop": [
      { "matcher": "", "hooks": [{ "type": "command", "command": "but claude stop" }] }
    ]
  }
}
"#;

/// Health says that, and what to do; a start with a stack is refused, nothing is made, and `auto` gets on without.
#[track_caller]
fn stands_against(world: &World, why: &str, advice: &str) {
    let line = world.health("but");
    let text = |name: &str| line[name].as_str().unwrap_or_default().to_owned();
    assert_eq!(text("level"), "warn", "{line}");
    assert!(text("text").contains(why) && text("advice").contains(advice), "{line}");
    let before = (world.branches(), world.git(["status", "--porcelain"]));
    let task = world.task("Refused", &[]);
    let refusal = world.refused(["start", &task]);
    assert!(refusal.message.contains(why), "{refusal:?}");
    assert!(refusal.hint.contains(advice), "{refusal:?}");
    let page = world.look(&task);
    assert_eq!((&page["status"], &page["stack"]), (&"pending".into(), &serde_json::Value::Null));
    let task = world.task("Gets on", &["--isolation", "auto"]);
    world.json(["start", &task, "--prompt", "[[say done]]"]);
    world.rests(&task, 1);
    assert_eq!(world.look(&task)["isolation"], "worktree");
    let said = world.told(&task, "isolation").concat();
    assert!(said.contains("worktree at") && said.contains(why), "{said}");
    world.json(["fail", &task, "--discard"]);
    assert_eq!((world.branches(), world.git(["status", "--porcelain"])), before);
}

#[test]
fn a_project_that_is_not_set_up() {
    over(programs(), World::bare, |world| {
        stands_against(&world, "not set up", "chorus setup");
        let offer = world.json(["setup"]);
        assert_eq!(offer["done"], false);
        let text = offer["text"].as_str().unwrap();
        assert!(text.contains("gitbutler/workspace") && text.contains("but teardown"), "{text}");
        assert_eq!(world.git(["rev-parse", "--abbrev-ref", "HEAD"]), "main");
        assert_eq!(world.json(["setup", "--yes"])["done"], true);
        assert_eq!(world.git(["rev-parse", "--abbrev-ref", "HEAD"]), "gitbutler/workspace");
        assert_eq!(world.health("but")["level"], "ok");
        let task = world.task("Now", &["--isolation", "auto"]);
        world.json(["start", &task, "--prompt", &(edit("a.txt", 3, "three") + "[[say done]]")]);
        world.commits(&task, 1);
        assert_eq!(world.look(&task)["isolation"], "stack");
        assert!(world.json(["setup"])["text"].as_str().unwrap().contains("already"));
    });
}

#[test]
fn another_branch_that_is_checked_out() {
    each(|world| {
        world.git(["checkout", "--quiet", "-b", "side", "main"]);
        stands_against(&world, "is checked out", "git checkout gitbutler/workspace");
        assert_eq!(world.json(["setup", "--yes"])["done"], true);
        assert_eq!(world.health("but")["level"], "ok");
    });
}

#[test]
fn a_commit_on_the_workspace_itself() {
    each(|world| {
        let task = world.rested("Before", "[[say ready]]");
        world.write("project/mine.txt", "mine\n");
        world.git(["add", "mine.txt"]);
        world.git(["commit", "--quiet", "--no-verify", "-m", "On the workspace"]);
        let line = world.health("but");
        if world.program.is_standin || world.program.grammar == Grammar::New {
            assert_eq!(line["level"], "error", "{line}");
            assert!(line["text"].as_str().unwrap().contains("on the workspace itself"), "{line}");
            assert!(line["advice"].is_string(), "{line}");
            assert_eq!(world.run(["health"]).code, 1);
        }
        world.turn(&task, &(edit("a.txt", 3, "three") + "[[say done]]"));
        world.awaits(&task, "it is committed, or says why not", |page| {
            !page["task"]["trouble"].is_null() || page["task"]["commits"] == 1
        });
        assert!(world.read("a.txt").contains("three"));
        assert_eq!(world.git(["show", "HEAD:mine.txt"]), "mine");
    });
}

#[test]
fn a_but_that_is_missing_or_strange() {
    any(|world| {
        world.script("but", "echo 'buttons are {} \u{1b}[31m'\nexit 0\n");
        stands_against(&world, "no known grammar", "but");
        world.unlink("but");
        stands_against(&world, "there is no program but", "install");
    });
}

#[test]
fn gitbutlers_own_hooks() {
    let named = |text: &str| text.contains(".claude/settings.local.json line 4, 7, 10");
    over(standins(), World::new, |world| {
        world.write("project/.claude/settings.local.json", HOOKS);
        if world.program.grammar == Grammar::Old {
            let line = world.health("but");
            assert!(line["level"] == "warn" && named(line["advice"].as_str().unwrap()), "{line}");
            let task = world.task("Two committers", &[]);
            let refusal = world.refused(["start", &task]);
            assert!(refusal.message.contains("would commit beside Chorus") && named(&refusal.hint), "{refusal:?}");
            assert_eq!(world.branches(), [""; 0]);

            world.config("[vcs]\ncommitter = 'but-hooks'\n");
            assert_eq!(world.health("but hooks")["level"], "ok");
            world.json(["start", &task, "--prompt", &(edit("a.txt", 3, "three") + "[[say done]]")]);
            world.rests(&task, 1);
            assert_eq!(world.look(&task)["isolation"], "none");
            assert!(world.told(&task, "isolation")[0].contains("Chorus commits nothing"));
            assert!(!world.calls().iter().any(|call| call.starts_with("commit") && !call.contains("--help")));
        } else {
            let line = world.health("but hooks");
            assert!(line["level"] == "warn" && named(line["advice"].as_str().unwrap()), "{line}");
            assert_eq!(world.health("but")["level"], "ok");
            let task = world.rested("One committer", &(edit("a.txt", 3, "three") + "[[say done]]"));
            world.commits(&task, 1);
            let told = world.told(&task, "isolation").concat();
            assert!(told.contains("Edits go to the stack"), "{told}");
        }
        assert_eq!(world.read(".claude/settings.local.json"), HOOKS);
    });
}
