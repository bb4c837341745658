//! Set-ups in which the client does not do what Chorus relies on: the person hears of it.

use crate::world::{Task, World, on_main, state};
use chorus_testkit::sandbox::script;
use serde_json::{Value, json};

fn alerts(page: &Value) -> Vec<String> {
    let alerts = page["task"]["alerts"].as_array().unwrap();
    alerts.iter().map(|alert| alert["text"].as_str().unwrap().to_owned()).collect()
}

#[track_caller]
fn await_alert(task: &Task<'_>, text: &str) -> Value {
    task.until(text, |page| alerts(page).iter().any(|alert| alert.contains(text)))
}

#[test]
fn hooks_that_are_switched_off_are_told_at_the_start() {
    on_main(|world| {
        world.settings(json!({ "disableAllHooks": true }));
        let task = world.task("No hooks");
        let started = task.verb("start", &["--prompt", "[[say ready]]"]);
        assert!(alerts(&json!({ "task": started }))[0].contains("`disableAllHooks` in "), "{started}");
        task.until("its turn", |page| state(page) == "idle" && page["task"]["queued"] == 0);
        await_alert(&task, "its hooks do not run");

        world.settings(json!({}));
        task.verb("restart", &[]);
        task.turn("[[say with hooks]]");
        assert!(alerts(&task.page()).is_empty());
    });
}

/// A wrapper that drops what Chorus passes.
fn dropping_settings(world: &World) {
    let client = std::fs::read_link(world.sandbox.root().join("bin/claude")).unwrap();
    let wrapper = world.sandbox.root().join("bin/wrapper");
    let drop = "for word; do shift; case $word in --settings=*) ;; *) set -- \"$@\" \"$word\" ;; esac; done";
    script(&wrapper, &format!("#!/bin/sh\n{drop}\nexec '{}' \"$@\"\n", client.display()));
    world.sandbox.link("claude", &wrapper);
}

#[test]
fn hooks_that_never_come_are_told_with_the_first_turn() {
    on_main(|world| {
        dropping_settings(world);
        let task = world.task("Dropped settings");
        task.start("[[say ready]]");
        await_alert(&task, "its hooks do not run");
    });
}

/// The person's own hook of that event refuses every text with SECRET in it.
fn refusing_secrets(world: &World, event: &str) {
    let hook = world.sandbox.root().join("bin/refuse");
    script(&hook, "#!/bin/sh\nread l\ncase $l in *SECRET*) echo 'no secrets in prompts' >&2; exit 2 ;; esac\n");
    world.settings(json!({ "hooks": { event: [{ "hooks": [{ "type": "command", "command": hook }] }] } }));
}

#[test]
fn a_prompt_that_the_persons_hook_refuses_is_not_delivered() {
    on_main(|world| {
        refusing_secrets(world, "UserPromptSubmit");
        let task = world.ready("Refused");
        task.send("please use SECRET now");
        await_alert(&task, "no secrets in prompts");
        let page = task.page();
        assert_eq!((task.count("turn_ended"), task.count("prompt_refused")), (1, 1), "{page:#}");
        assert_eq!(state(&page), "idle");
        task.turn("[[say allowed]]");
        assert!(alerts(&task.page())[0].contains("please use SECRET now"));
        task.verb("dismiss", &[]);
        assert!(alerts(&task.page()).is_empty());
    });
}

#[test]
fn a_first_prompt_that_is_refused_is_no_turn_and_can_be_sent_again() {
    on_main(|world| {
        refusing_secrets(world, "UserPromptSubmit");
        let task = world.task("Refused first");
        task.start("[[say SECRET]]");
        await_alert(&task, "no secrets in prompts");
        assert_eq!(task.count("turn_ended"), 0);
        world.settings(json!({}));
        task.verb("restart", &[]);
        task.until("a restart", |page| page["task"]["restarts"] == 1 && state(page) == "idle");
        task.verb("resend", &[]);
        task.await_turn_of("[[say SECRET]]");
        assert!(alerts(&task.page()).is_empty());
    });
}

#[test]
fn a_command_that_the_persons_hook_refuses_is_not_delivered() {
    on_main(|world| {
        world.sandbox.write("home/.claude/commands/mine.md", "do $ARGUMENTS");
        refusing_secrets(world, "UserPromptExpansion");
        let task = world.ready("Refused command");
        task.send_raw("/mine SECRET");
        await_alert(&task, "no secrets in prompts");
        assert_eq!(task.count("turn_ended"), 1);
    });
}

#[test]
fn a_prompt_that_enter_does_not_send_is_kept() {
    on_main(|world| {
        let task = world.ready("Rebound");
        let bindings = json!({ "bindings": [{ "context": "Chat", "bindings": { "enter": "chat:newline" } }] });
        world.sandbox.write("home/.claude/keybindings.json", &bindings.to_string());
        task.verb("restart", &[]);
        task.until("a restart", |page| page["task"]["restarts"] == 1 && state(page) == "idle");
        task.send("[[say not sent]]");
        await_alert(&task, "`enter` is bound to `chat:newline` in ");
        assert!(alerts(&task.page())[0].contains("[[say not sent]]"));
        assert_eq!(task.count("prompt_failed"), 1);

        std::fs::remove_file(world.sandbox.home().join(".claude/keybindings.json")).unwrap();
        task.verb("restart", &[]);
        task.until("a restart", |page| page["task"]["restarts"] == 2 && state(page) == "idle");
        task.verb("resend", &[]);
        task.await_turn_of("[[say not sent]]");
        assert!(alerts(&task.page()).is_empty());
    });
}
