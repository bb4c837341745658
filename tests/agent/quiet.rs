//! Chorus's settings, environment and launch as the client sees them.

use crate::client::on_each;
use chorus::agent::claude::conversation::{Conversation, conversation};
use chorus::agent::claude::{event, login, sessions};
use chorus::evidence::event::{FailureCause, Happening};
use chorus_testkit::wait_until;
use std::path::PathBuf;

#[test]
fn hooks_come_in_order_and_know_their_task() {
    on_each(|world| {
        let id = "77777777-7777-4777-8777-777777777777";
        world.person.extend(
            [("NVIM", "/run/nvim"), ("CLAUDECODE", "1"), ("CLAUDE_CODE_SESSION_ID", "outer"), ("CHORUS_TASK", "outer")]
                .map(|(name, value)| (name.to_owned(), value.to_owned())),
        );
        world.start(id, Some("default"));
        assert_eq!(sessions::running(&world.config(), id).len(), 1);
        world.turn("[[bash: ls]] [[say done]]");
        world.exit();
        assert!(sessions::running(&world.config(), id).is_empty());
        wait_until("the end was told", || world.count("SessionEnd") == 1);

        let names: Vec<String> =
            world.events().iter().map(|event| event["hook_event_name"].as_str().unwrap().to_owned()).collect();
        assert_eq!(
            names,
            ["SessionStart", "UserPromptSubmit", "PostToolUse", "Stop", "SessionEnd"],
            "{}",
            world.version
        );
        assert!(world.marks().iter().all(|mark| mark == "hook the-task launch-1"), "{:?}", world.marks());
        for json in world.events() {
            let event = event::parse(&json);
            assert_eq!(event.session_id.as_deref(), Some(id));
            assert_ne!(event.what, Happening::Other, "{json}");
        }
    });
}

#[test]
fn a_conversation_goes_on_after_a_restart() {
    on_each(|world| {
        let id = "88888888-8888-4888-8888-888888888888";
        world.start(id, None);
        world.turn("[[say remember me]]");
        world.exit();
        world.start(id, None);
        world.turn("[[say again]]");
        assert!(world.request().contains("remember me"));
        world.exit();
        // Without a prompt nothing can be taken up, not even the id.
        let unused = "cccccccc-cccc-4ccc-8ccc-cccccccccccc";
        // 2.1.197 tells of a start when its prompt is free already.
        let told = |world: &crate::client::World, starts: usize| {
            world.wait("the hook of a start", || (world.count("SessionStart") >= starts).then_some(()));
        };
        world.start(unused, None);
        told(world, 3);
        world.exit();
        // What ends the client may have been recorded as a word of the conversation (2.1.197, on a busy machine).
        let left = conversation(None, &world.config(), &world.sandbox.project(), unused);
        let last = if left == Conversation::Begun { "resume" } else { "startup" };
        world.start(unused, None);
        told(world, 4);
        let sources: Vec<String> =
            world.named("SessionStart").iter().map(|event| event["source"].as_str().unwrap().to_owned()).collect();
        assert_eq!(sources, ["startup", "resume", "startup", last], "{}", world.version);
    });
}

#[test]
fn a_missing_program_is_not_seen_in_the_conversation() {
    on_each(|world| {
        world.hook = PathBuf::from("/nonexistent/it's gone");
        world.start("99999999-9999-4999-8999-999999999999", Some("default"));
        world.send("[[bash: touch allowed]] [[say the end]]");
        world.await_status("waiting");
        world.wait("the command runs", || {
            // Keys that come before the dialog keep it away, and those that come with it are dropped.
            if world.screen().contains("1. Yes") {
                world.keys(&["1"]);
            }
            world.sandbox.project().join("allowed").exists().then_some(())
        });
        world.await_status("idle");
        let screen = world.screen();
        assert!(screen.contains("the end"), "{screen}");
        for noise in ["hook", "nonexistent", "ENOENT", "Settings Warning"] {
            assert!(!screen.contains(noise), "{noise} in {screen}");
        }
    });
}

#[test]
fn a_missing_login_is_told_as_such() {
    on_each(|world| {
        world.person.push(("ANTHROPIC_API_KEY".to_owned(), String::new()));
        world.start("aaaaaaaa-aaaa-4aaa-8aaa-aaaaaaaaaaaa", None);
        world.turn("hello");
        let failed = event::parse(world.named("StopFailure").last().unwrap()).what;
        let Happening::TurnFailure(failed) = failed else { panic!("{failed:?}") };
        assert_eq!(failed.cause, FailureCause::Login, "{failed:?}");
        let message = failed.message.as_deref().unwrap();
        assert!(login::advice(message).starts_with("The agent says: Not logged in"), "{failed:?}");
    });
}
