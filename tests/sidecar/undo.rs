//! `chorus undo`: what it offers, what it does, and what it leaves.

use crate::world::World;
use serde_json::{Value, json};

/// What `undo` would do, or did.
fn offer(world: &World, words: &[&str]) -> String {
    let offer = world.json(std::iter::once("undo").chain(words.iter().copied()));
    assert_eq!(offer["done"], json!(words.contains(&"--yes")), "{offer}");
    offer["text"].as_str().unwrap().to_owned()
}

#[track_caller]
fn says(text: &str, parts: &[&str]) {
    parts.iter().for_each(|part| assert!(text.contains(part), "{part:?} is not in {text:?}"));
}

#[test]
fn a_completed_task_goes_on_with_its_conversation() {
    let world = World::new();
    let task = world.begun("Ends too early", "[[say hello]]");
    world.rests(&task, 1);
    let session = world.look(&task)["session_id"].clone();
    assert!(session.is_string());
    world.json(["complete", &task]);
    says(&offer(&world, &[]), &["Take back `complete` of #1 “Ends too early”", "`start` resumes its conversation"]);
    assert_eq!(world.look(&task)["status"], "completed", "nothing was done yet");
    says(&offer(&world, &["--yes"]), &["`complete` of #1", "was taken back"]);
    assert_eq!(world.look(&task)["status"], "pending");
    world.json(["start", &task, "--prompt", "[[say again]]"]);
    world.rests(&task, 2);
    assert_eq!(world.look(&task)["session_id"], session);
    // What the agent was told since stays, and what was done before is named with the reason.
    let refused = world.refused(["undo", "--yes"]);
    says(&refused.message, &["cannot undo `start` of #1", "its agent has begun"]);
    world.json(["fail", &task, "no use"]);
    says(&offer(&world, &["--yes"]), &["`fail` of #1"]);
    assert_eq!(world.look(&task)["result"], Value::Null);
}

#[test]
fn one_command_comes_back_as_one() {
    let world = World::new();
    let tasks: Vec<String> = ["One", "Two", "Three"].iter().map(|title| world.task(title)).collect();
    world.json(["edit", &tasks[0], "--title", "Other", "--priority", "2"]);
    let words: Vec<&str> = ["delete"].into_iter().chain(tasks.iter().map(String::as_str)).collect();
    assert_eq!(world.run(words).code, 0);
    assert_eq!(world.json(["list"]), json!([]));
    says(&offer(&world, &["--yes"]), &["`delete` of #1 “Other”", "`delete` of #2", "`delete` of #3"]);
    assert_eq!(world.json(["list"]).as_array().unwrap().len(), 3);
    // Then the command before.
    says(&offer(&world, &["--yes"]), &["`edit` of #1", "its title is “One” again, its priority is 0 again"]);
    assert_eq!(world.look(&tasks[0])["title"], "One");
    says(&world.refused(["undo"]).message, &["there is nothing to undo"]);
    // A number is never given twice.
    assert_eq!(world.task("Next"), "4");
}

#[test]
fn a_later_change_is_never_overwritten() {
    let world = World::new();
    let (one, two) = (world.task("One"), world.task("Two"));
    world.json(["edit", &one, "--priority", "2"]);
    world.json(["edit", &two, "--priority", "3"]);
    let first = world.json(["undo"]);
    // Another shell was faster.
    world.json(["edit", &two, "--priority", "4"]);
    let step = first["step"].to_string();
    assert_eq!(world.refused(["undo", "--yes", "--step", &step]).code, "request_changed");
    says(&offer(&world, &["--yes"]), &["its priority is 3 again"]);
    says(&offer(&world, &["--yes"]), &["its priority is 0 again"]);
    // By somebody else, back to what it was: `undo` has nothing to say about that.
    assert_eq!((&world.look(&one)["priority"], &world.look(&two)["priority"]), (&json!(2), &json!(0)));
}

#[test]
fn what_was_said_to_an_agent_is_named_and_stays() {
    let world = World::new();
    let task = world.begun("Talks", "[[say hello]]");
    world.rests(&task, 1);
    world.json(["edit", &task, "--tag", "ui"]);
    world.json(["send", &task, "[[say more]]"]);
    world.rests(&task, 2);
    let text = offer(&world, &[]);
    says(&text, &["`send` of #1 “Talks” stays: the prompt was sent", "Take back `edit` of #1"]);
    assert!(text.find("stays").unwrap() < text.find("Take back").unwrap(), "{text}");
}

#[test]
fn what_follows_prompts_and_references_is_named_too() {
    let world = World::new();
    let task = world.task("Refers");
    world.json(["edit", &task, "--tag", "ui"]);
    let id = world.json(["ref", &task, "README.md"])["id"].to_string();
    says(&offer(&world, &[]), &["`ref` of #1 “Refers” stays: `unref` takes the reference away", "Take back `edit`"]);
    world.json(["unref", &id]);
    says(&offer(&world, &[]), &["`unref` stays: `ref` ties the lines again"]);
}
