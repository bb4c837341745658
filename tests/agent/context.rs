//! The context is in the request exactly once, whatever happens to the conversation.

use crate::client::{World, on_each};
use chorus::agent::claude::{Claude, event};
use chorus::agent::context::{self, Context, Excerpt, ExcerptPlace};
use chorus::agent::{Adapter, AgentReply};
use chorus::task::Task;
use serde_json::json;

fn task(description: &str) -> Task {
    serde_json::from_value(json!({
        "project": "/p", "number": 12, "uuid": "u", "title": "A title", "description": description, "priority": 0,
        "tags": [], "status": "running", "agent": "claude", "model": null, "permission_mode": null,
        "agent_status": {"status": "idle", "kind": null}, "unread": false, "isolation": "none", "stack": null,
        "on": null, "worktree": null, "commits": 0, "uncommitted": 0, "overlaps": [], "unclaimed": 0, "alerts": [], "trouble": null, "pane": null, "session_id": null, "restarts": 0, "queued": 0,
        "requests": 0, "result": null, "demo": false, "created_at": 0, "started_at": null,
        "completed_at": null, "revision": 0,
    }))
    .unwrap()
}

/// Answers every start of a session as the daemon would.
fn answer_starts(world: &World, before: Option<&Context>, now: &Context) {
    let whole = world.readable.as_deref();
    for source in ["startup", "clear", "compact", "resume"] {
        let event = format!("SessionStart.{source}");
        match context::at_start(event::source(source), before, now, whole) {
            Some(text) => world.reply(&event, &Claude.reply(&AgentReply::Context(text))),
            None => world.be_silent(&event),
        }
    }
}

/// How often each text is in the newest request.
#[track_caller]
fn assert_told(world: &World, when: &str, texts: &[(&str, usize)]) {
    let request = world.request();
    for (text, expected) in texts {
        assert_eq!(request.matches(text).count(), *expected, "{text} {when} on {}", world.version);
    }
}

#[test]
fn it_is_told_once_after_start_clear_compact_and_resume() {
    on_each(|world| {
        let id = "11111111-1111-4111-8111-111111111111";
        let first = Context::of(&task("FIRST-DESCRIPTION <b>&`\"\\ é🎵"), &[]);
        answer_starts(world, None, &first);
        world.start(id, None);
        world.turn("[[say one]]");
        let once = [("FIRST-DESCRIPTION", 1), ("Your task: #12", 1), ("Chorus commits nothing here", 1)];
        assert_told(world, "after the start", &once);
        world.turn("[[say two]]");
        assert_told(world, "in the second turn", &once);
        world.command("/compact");
        world.turn("[[say three]]");
        assert_told(world, "after /compact", &once);
        world.exit();

        answer_starts(world, Some(&first), &first);
        world.start(id, None);
        world.turn("[[say four]]");
        assert_told(world, "after a resume", &once);
        world.exit();

        let second = Context::of(&task("SECOND-DESCRIPTION"), &[]);
        answer_starts(world, Some(&first), &second);
        world.start(id, None);
        world.turn("[[say five]]");
        assert_told(world, "after a change and a resume", &[("SECOND-DESCRIPTION", 1), ("Your task: #12", 1)]);
        world.command("/clear");
        world.turn("[[say six]]");
        let now = [("SECOND-DESCRIPTION", 1), ("FIRST-DESCRIPTION", 0), ("Your task: #12", 1)];
        assert_told(world, "after /clear", &now);
    });
}

#[test]
fn a_long_one_arrives_as_it_was_cut_and_the_rest_can_be_read_unasked() {
    on_each(|world| {
        let file = world.sandbox.state().join("a context.md");
        world.readable = Some(file.clone());
        let excerpt = Excerpt {
            place: ExcerptPlace { file: "README.md", lines: Some((1, 9)) },
            text: "LAST-EXCERPT",
            note: None,
            remark: None,
        };
        let long = Context::of(&task(&"line é🎵\n".repeat(2000)), &[excerpt]);
        std::fs::write(&file, long.whole()).unwrap();
        answer_starts(world, None, &long);
        world.start("22222222-2222-4222-8222-222222222222", Some("default"));
        world.turn(&format!("[[read {}]]", file.display()));
        let first = world.api.turns()[0].body.to_string();
        assert!(first.contains("all of it is in"), "the end of the cut text arrives on {}", world.version);
        assert!(!first.contains("LAST-EXCERPT"));
        assert!(world.told().contains("LAST-EXCERPT"), "{}", world.told());
        assert_eq!(world.count("PermissionRequest"), 0);
    });
}
