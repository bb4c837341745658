//! The client takes Chorus's answers to its requests.

use crate::client::{World, on_each};
use chorus::agent::claude::request::{self, Asked};
use chorus::status::Kind;
use serde_json::Value;
use std::collections::BTreeMap;

/// Plays the prompt; its request is answered while the client's own dialog is on the screen.
#[track_caller]
fn answered(world: &World, prompt: &str, answer: impl Fn(&Asked) -> Value) -> Asked {
    let ends = world.count("Stop");
    let before = world.count("PermissionRequest");
    world.send(prompt);
    let request = || world.named("PermissionRequest").get(before).cloned();
    let event = world.wait(&format!("a request for {prompt}"), request);
    world.await_status("waiting");
    let asked = Asked::of(&event);
    world.reply("PermissionRequest", &answer(&asked));
    world.wait(&format!("the end of {prompt}"), || (world.count("Stop") > ends).then_some(()));
    world.await_status("idle");
    asked
}

#[test]
fn a_command_is_allowed_refused_or_allowed_for_good() {
    on_each(|world| {
        world.start("33333333-3333-4333-8333-333333333333", Some("default"));
        let asked = answered(world, "[[bash: npm run nothing]]", |asked| asked.allow().unwrap());
        assert_eq!((asked.request.kind, asked.request.summary.as_str()), (Kind::Permission, "npm run nothing"));
        assert_eq!(asked.suggestions[0].sentence, "allow `npm run *` in this session");
        assert!(!world.told().contains("permission"), "{}", world.told());

        answered(world, "[[bash: npm run nothing]]", |_| request::deny(Some("use \"make\" & <not> npm")));
        assert_eq!(world.told(), r#""use \"make\" & <not> npm""#);

        answered(world, "[[bash: npm run nothing]]", |asked| asked.allow_always(0).unwrap());
        let before = world.count("PermissionRequest");
        world.turn("[[bash: npm run more]]");
        assert_eq!(world.count("PermissionRequest"), before, "asked again on {}", world.version);
        assert!(!world.sandbox.project().join(".claude/settings.local.json").exists(), "kept beyond the session");
    });
}

#[test]
fn a_mode_may_be_switched_with_the_answer() {
    on_each(|world| {
        world.start("44444444-4444-4444-8444-444444444444", Some("default"));
        let asked = answered(world, "[[write new.txt]]", |asked| asked.allow_always(0).unwrap());
        assert_eq!(asked.request.summary, "new.txt");
        assert!(asked.suggestions[0].sentence.contains("accept edits"), "{:?}", asked.suggestions);
        world.turn("[[write more.txt]]");
        assert!(world.sandbox.project().join("more.txt").exists());
    });
}

#[test]
fn questions_are_answered_as_in_the_clients_own_dialog() {
    on_each(|world| {
        world.start("55555555-5555-4555-8555-555555555555", Some("default"));
        let answers = |platforms: &str| {
            BTreeMap::from([
                ("Colour".to_owned(), "blue".to_owned()),
                ("Which platforms do we support?".to_owned(), platforms.to_owned()),
            ])
        };
        let asked = answered(world, "[[ask2]]", |asked| asked.answer(&answers("macOS, linux")).unwrap());
        assert_eq!(
            (asked.request.kind, asked.request.summary.as_str()),
            (Kind::Question, "Which colour should the button be? (+1)")
        );
        let told = world.told();
        assert!(told.contains(r#"button be?\"=\"Blue\""#) && told.contains(r#"support?\"=\"Linux, macOS\""#), "{told}");

        answered(world, "[[ask2]]", |asked| asked.answer(&answers("none of \"these\"")).unwrap());
        assert!(world.told().contains("none of"), "{}", world.told());
        answered(world, "[[ask2]]", |_| request::deny(Some("ask me later")));
        assert_eq!(world.told(), "\"ask me later\"");
    });
}

#[test]
fn a_plan_is_approved_or_sent_back() {
    on_each(|world| {
        world.start("66666666-6666-4666-8666-666666666666", Some("plan"));
        let prompt = "[[planfile]] [[plan]]";
        let asked = answered(world, prompt, |_| request::deny(Some("change step 2")));
        assert_eq!((asked.request.kind, asked.request.summary.as_str()), (Kind::Plan, "1. Read the code"));
        assert_eq!(world.told(), "\"change step 2\"");

        answered(world, prompt, |asked| asked.allow().unwrap());
        let told = world.told();
        assert!(told.contains("approved your plan") && told.contains("1. Read the code"), "{told}");
        assert_eq!(world.named("Stop").last().unwrap()["permission_mode"], "default");
    });
}
