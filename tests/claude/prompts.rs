//! Prompts reach the model exactly, once, and in order.

use crate::world::{Task, World, on_each, on_main, state};
use serde_json::Value;

/// The text typed last, as the model got it: every block of the newest message that the client did not add itself.
fn typed(body: &Value) -> String {
    let last = body["messages"].as_array().unwrap().iter().rfind(|message| message["role"] == "user").unwrap();
    match &last["content"] {
        Value::String(text) => text.clone(),
        blocks => {
            let blocks = blocks.as_array().unwrap().iter().filter(|block| block["type"] == "text");
            let texts = blocks.filter_map(|block| block["text"].as_str());
            texts.filter(|text| !text.starts_with("<system-reminder>")).collect::<Vec<_>>().join("\u{1}")
        }
    }
}

#[track_caller]
fn arrives(task: &Task<'_>, sent: &str, expected: &str) {
    let world = task.world;
    let before = world.api.turns().len();
    task.send(sent);
    let found = task.wait(&format!("{sent:.40}"), || world.api.turns().get(before).map(|turn| typed(&turn.body)));
    assert_eq!(found, expected, "on {}", world.version);
    task.until("rest", |page| state(page) == "idle");
}

#[test]
fn every_text_arrives_as_it_was_sent() {
    on_main(|world| {
        let task = world.ready("Exact");
        let exact = |text: &str| arrives(&task, text, text);
        exact("one line");
        exact(&(1..=12).map(|line| format!("line {line} of twelve")).collect::<Vec<_>>().join("\n"));
        exact("héllo 🎉 👩‍👩‍👧 日本語 — “quotes”");
        for text in
            ["ends in ;", "ends in \\", "-rf --help", "!ls -la", "@README.md is a file", "$(touch /tmp/x) `id` $HOME"]
        {
            exact(text);
        }
        for text in [
            "'single' \"double\" and \\\"both\\\"",
            "#{pane_id} #(id) %5 $3",
            "/etc/passwd is a path",
            "a\n\n  b\n    c",
        ] {
            exact(text);
        }
        arrives(&task, "a\tb\tc", "a    b    c");
        arrives(&task, "trailing   \n\n", "trailing");
        arrives(&task, "/compact is not run", "\\/compact is not run");
        arrives(&task, "a\u{1b}[31mred\u{1b}[0m", "ared");
        let long =
            (0..400).map(|line| format!("{line}: the quick brown fox jumps over the lazy dog")).collect::<Vec<_>>();
        let long = long.join("\n");
        assert!(long.len() > 19_000);
        exact(&long);
        assert!(!world.sandbox.root().join("project/x").exists());
        assert_eq!(task.count("prompt_failed"), 0);
    });
}

/// The prompts in the newest request, in order. 2.1.197 tells one that came while it worked in a message of its own.
fn prompts_of(world: &World) -> Vec<String> {
    let turns = world.api.turns();
    let messages = turns.last().unwrap().body["messages"].as_array().unwrap().clone();
    let text = Value::from(messages.into_iter().filter(|message| message["role"] != "assistant").collect::<Vec<_>>())
        .to_string();
    let mut found: Vec<(usize, String)> = Vec::new();
    for word in ["p-one", "p-two", "p-three", "p-four"] {
        found.extend(text.match_indices(word).map(|(at, word)| (at, word.to_owned())));
    }
    found.sort();
    found.into_iter().map(|(_, word)| word).collect()
}

#[test]
fn prompts_wait_while_something_is_asked() {
    on_each(|world| {
        let task = world.ready("Waiting");
        task.send("[[bash: touch asked]]");
        task.request();
        task.await_state("waiting permission");
        for word in ["p-one", "p-two", "p-three"] {
            let sent = task.send(&format!("this is {word}"));
            assert_eq!(
                (&sent["queued"], sent["reason"].as_str()),
                (&true.into(), Some("the agent waits for an answer"))
            );
        }
        assert_eq!(task.page()["task"]["queued"], 3);
        assert!(!task.screen().contains("this is p-"), "nothing is typed into the dialog");
        task.verb("approve", &[]);
        task.until("delivery", |page| page["task"]["queued"] == 0);
        task.wait("all three", || (prompts_of(world).len() >= 3).then_some(()));
        assert_eq!(prompts_of(world), ["p-one", "p-two", "p-three"]);
        task.until("rest", |page| state(page) == "idle");
        assert_eq!(task.count("prompt_failed"), 0);
    });
}

#[test]
fn prompts_sent_at_the_start_arrive_once() {
    on_each(|world| {
        let task = world.task("At once");
        task.start("this is p-one");
        for word in ["p-two", "p-three", "p-four"] {
            task.send(&format!("this is {word}"));
        }
        task.until("delivery", |page| page["task"]["queued"] == 0);
        task.wait("all four", || (!world.api.turns().is_empty() && prompts_of(world).len() >= 4).then_some(()));
        assert_eq!(prompts_of(world), ["p-one", "p-two", "p-three", "p-four"]);
        assert_eq!(world.last_body().matches("Your task: #1").count(), 1);
        task.until("rest", |page| state(page) == "idle");
        assert_eq!(task.count("prompt_failed"), 0);
    });
}

#[test]
fn what_a_person_was_typing_is_kept() {
    on_main(|world| {
        let task = world.ready("A draft");
        task.keys(&["-l", "my own draft"]);
        task.await_screen("my own draft");
        arrives(&task, "sent by Chorus", "sent by Chorus");
        assert_eq!(task.entries("displaced"), ["chorus: Cleared what stood in the prompt: my own draft"]);
    });
}

#[test]
fn a_prompt_that_waits_for_the_box_is_reported_and_arrives_once() {
    on_main(|world| {
        let task = world.ready("History");
        arrives(&task, "the first", "the first");
        task.keys(&["C-r"]);
        task.await_screen("search prompts:");
        let before = world.api.turns().len();
        task.send("sent meanwhile");
        task.wait("the report", || (task.count("prompt_waits") == 1).then_some(()));
        task.keys(&["Escape"]);
        let found = task.wait("it arrives", || world.api.turns().get(before).map(|turn| typed(&turn.body)));
        assert_eq!(found, "sent meanwhile");
        task.until("rest", |page| state(page) == "idle");
        assert_eq!(world.api.turns().len(), before + 1);
    });
}
