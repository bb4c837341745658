//! Documents and references from a shell: listing, tying, following, and what the agent gets of them.

use crate::world::World;
use chorus_testkit::wait_until;
use serde_json::{Value, json};

const PLAN: &str =
    "# Plan\n\n## Goals\n\nSmall and honest software.\nNo surprises at all.\n\n## Steps\n\n1. Write it\n";

fn git(world: &World, args: &[&str]) {
    let mut command = world.command("git");
    command.args(["-c", "user.name=t", "-c", "user.email=t@e"]).args(args).current_dir(world.project());
    let output = command.output().unwrap();
    assert!(output.status.success(), "git {args:?}: {}", String::from_utf8_lossy(&output.stderr));
}

fn with_documents() -> World {
    let world = World::new();
    git(&world, &["init", "-q"]);
    for (path, text) in [
        ("project/PLAN.md", PLAN),
        ("project/docs/a.md", "---\ntitle: About A\n---\n# Other\n"),
        ("project/docs/built/b.md", "# Built\n"),
        ("project/src/c.md", "# No document\n"),
        ("project/.gitignore", "built/\n"),
    ] {
        world.write(path, text);
    }
    world
}

/// Path, state, first and last line of the task's only reference.
fn only(world: &World, task: &str) -> (String, String, i64, i64) {
    let page = world.page(task);
    let [reference] = page["references"].as_array().unwrap().as_slice() else { panic!("{page}") };
    let text = |name: &str| reference[name].as_str().unwrap().to_owned();
    let line = |name: &str| reference[name].as_i64().unwrap();
    (text("path"), text("state"), line("start_line"), line("end_line"))
}

fn at(path: &str, state: &str, first: i64, last: i64) -> (String, String, i64, i64) {
    (path.into(), state.into(), first, last)
}

#[test]
fn documents_are_listed_with_what_they_say_of_themselves() {
    let world = with_documents();
    let listed = world.json(["docs"]);
    let row = |document: &Value| {
        [&document["path"], &document["title"], &document["category"]].map(|cell| cell.as_str().unwrap().to_owned())
    };
    let rows: Vec<_> = listed.as_array().unwrap().iter().map(row).collect();
    let general = [["README.md", "A project", "general"], ["docs/a.md", "About A", "general"]];
    assert_eq!(rows, [&[["PLAN.md", "Plan", "plans"]], &general[..]].concat());
    assert_eq!(world.json(["docs", "general"]).as_array().unwrap().len(), 2);
    assert_eq!(world.refused(["docs", "nothing"]).code, "bad_input");
    // One that is written while the daemon runs is there at once.
    world.write("project/docs/new/z.md", "# New\n");
    wait_until("the new document is listed", || world.json(["docs"]).to_string().contains("docs/new/z.md"));
}

#[test]
fn a_reference_follows_its_text() {
    let world = with_documents();
    let task = world.task("Follow");
    let made = world.json(["ref", &task, "PLAN.md:5-6", "--note", "the goals"]);
    let expected = json!({
        "path": "PLAN.md", "start_line": 5, "end_line": 6, "state": "current", "note": "the goals",
        "text": "Small and honest software.\nNo surprises at all.",
    });
    for (field, value) in expected.as_object().unwrap() {
        assert_eq!(made[field], *value, "{field}");
    }
    assert_eq!(made["version"].as_str().unwrap().len(), 40);
    assert_eq!(only(&world, &task), at("PLAN.md", "current", 5, 6));
    assert_eq!(world.json(["docs", "plans"])[0]["tasks"], json!([1]));

    world.write("project/PLAN.md", &PLAN.replace("# Plan\n", "# Plan\n\nAn introduction.\n"));
    assert_eq!(only(&world, &task), at("PLAN.md", "current", 7, 8));
    git(&world, &["add", "-A"]);
    git(&world, &["commit", "-qm", "one"]);
    git(&world, &["mv", "PLAN.md", "docs/ROADMAP.md"]);
    git(&world, &["commit", "-qm", "two"]);
    assert_eq!(only(&world, &task), at("docs/ROADMAP.md", "current", 7, 8), "git knows of the rename");
    std::fs::rename(world.project().join("docs/ROADMAP.md"), world.project().join("docs/moved.md")).unwrap();
    assert_eq!(only(&world, &task), at("docs/moved.md", "current", 7, 8), "its text tells of the rename");
    world.write("project/docs/moved.md", &PLAN.replace("No surprises at all.", "No surprises, ever."));
    assert_eq!(only(&world, &task), at("docs/moved.md", "changed", 5, 6));
    world.write("project/docs/moved.md", "# Plan\n\nNothing is left.\n");
    assert_eq!(only(&world, &task).1, "stale");
    world.write("project/docs/moved.md", PLAN);
    assert_eq!(only(&world, &task), at("docs/moved.md", "current", 5, 6), "a text that comes back is found");
    std::fs::remove_file(world.project().join("docs/moved.md")).unwrap();
    assert_eq!(only(&world, &task).1, "stale");

    let id = made["id"].to_string();
    assert_eq!(world.json(["refs"])[0]["id"], made["id"]);
    assert_eq!(world.json(["unref", &id]), json!({}));
    assert_eq!(world.page(&task)["references"], json!([]));
    assert_eq!(world.refused(["unref", &id]).code, "bad_input");
}

#[test]
fn a_section_and_a_whole_document_can_be_meant() {
    let world = with_documents();
    let task = world.task("Sections");
    let section = world.json(["ref", &task, "PLAN.md#goals"]);
    assert_eq!((&section["start_line"], &section["end_line"]), (&json!(3), &json!(7)));
    let whole = world.json(["ref", &task, "docs/a.md"]);
    assert_eq!(whole["whole"], true);
    for place in ["PLAN.md:5-600", "PLAN.md#nothing", "none.md", "/etc/hostname", "../outside.md", "docs"] {
        let refused = world.refused(["ref", &task, place]);
        assert_eq!(refused.code, "bad_input", "{place}: {refused:?}");
    }
    // The same lines again are the same reference.
    let again = world.json(["ref", &task, "PLAN.md:3-7", "--note", "why"]);
    assert_eq!((&again["id"], &again["note"]), (&section["id"], &json!("why")));
    assert_eq!(world.page(&task)["references"].as_array().unwrap().len(), 2);
}

#[test]
fn the_agent_gets_the_lines_once_with_file_and_note() {
    let world = with_documents();
    world.keep_asked();
    let task = world.task("Told");
    world.json(["ref", &task, "PLAN.md:5-6", "--note", "the goals"]);
    world.json(["start", &task, "--prompt", "[[say ready]]"]);
    world.rests(&task, 1);
    let asked = world.asked().iter().map(Value::to_string).collect::<String>();
    for text in ["Referenced: `PLAN.md:5-6`", "the goals", "No surprises at all."] {
        assert_eq!(asked.matches(text).count(), 1, "{text} in {asked}");
    }
}

#[test]
fn what_changed_since_an_agent_read_it_can_be_told() {
    let world = with_documents();
    world.keep_asked();
    let task = world.task("Reads");
    let other = world.task("Does not");
    world.json(["ref", &task, "PLAN.md:5-6"]);
    world.json(["start", &task, "--prompt", "[[read docs/a.md]] [[say ready]]"]);
    world.json(["start", &other, "--prompt", "[[say ready]]"]);
    world.rests(&task, 1);
    world.rests(&other, 1);
    let changed_for = |path: &str| {
        let listed = world.json(["docs"]);
        let of_path = |document: &&Value| document["path"] == path;
        listed.as_array().unwrap().iter().find(of_path).unwrap()["changed_for"].clone()
    };
    assert_eq!((changed_for("PLAN.md"), changed_for("docs/a.md")), (json!([]), json!([])));
    assert_eq!(world.refused(["tell", &task]).code, "wrong_state");

    world.write("project/docs/a.md", "---\ntitle: About A\n---\n# Other\n\nNew words.\n");
    world.write("project/PLAN.md", &PLAN.replace("1. Write it\n", "1. Write it\n2. Test it\n"));
    wait_until("both are marked", || world.look(&task)["outdated"] == 2);
    assert_eq!((changed_for("PLAN.md"), changed_for("docs/a.md")), (json!([1]), json!([1])));
    assert_eq!(world.look(&other)["outdated"], 0);

    let shown = world.json(["tell", &task]);
    assert_eq!(shown["done"], false);
    let text = shown["text"].as_str().unwrap();
    for part in ["# `PLAN.md`", "+2. Test it", "# `docs/a.md`", "+New words."] {
        assert!(text.contains(part), "{part} in {text}");
    }
    assert_eq!(world.prompts(&task), 1, "nothing was sent");
    assert_eq!(world.json(["tell", "all", "--yes"])["done"], true);
    wait_until("the agent got it", || world.asked().iter().any(|asked| asked.to_string().contains("+New words.")));
    wait_until("it knows it", || world.look(&task)["outdated"] == 0);
    assert_eq!(world.prompts(&other), 1);
    // The next difference begins with what it was told.
    world.write("project/docs/a.md", "---\ntitle: About A\n---\n# Other\n\nNewer words.\n");
    wait_until("it is marked again", || world.look(&task)["outdated"] == 1);
    let text = world.json(["tell", &task])["text"].as_str().unwrap().to_owned();
    assert!(text.contains("-New words.") && text.contains("+Newer words."), "{text}");
}

#[test]
fn what_waits_to_be_told_is_not_known_yet() {
    let world = with_documents();
    let task = world.begun("Waits", "[[read docs/a.md]] [[bash: touch x]] [[say done]]");
    world.until(&task, "waiting permission");
    world.write("project/docs/a.md", "# Another\n");
    wait_until("it is marked", || world.look(&task)["outdated"] == 1);
    let told = world.json(["tell", &task, "--yes"]);
    assert_eq!((&told["done"], &told["queued"]), (&json!(true), &json!(true)));
    let refused = world.refused(["tell", &task]);
    assert!(refused.message.contains("waits to be sent"), "{refused:?}");
    assert_eq!(world.look(&task)["outdated"], 1);
    let waiting = world.json(["prompts", &task])[0]["id"].to_string();
    world.json(["prompts", &task, "--prompt", &waiting, "--remove"]);
    assert!(world.json(["tell", &task])["text"].as_str().unwrap().contains("+# Another"), "it was never told");
}

#[test]
fn a_search_that_hangs_keeps_no_agent_from_its_context() {
    let world = with_documents();
    world.keep_asked();
    let task = world.task("Told");
    world.json(["ref", &task, "PLAN.md:5-6"]);
    let hanging = world.root().join("hanging");
    let text = format!(
        "case \"$*\" in *diff-filter=D*) while [ -e '{}' ]; do sleep 0.05; done ;; esac\nPATH=${{PATH#*:}} exec git \"$@\"",
        hanging.display()
    );
    world.script("git", &text);
    std::fs::write(&hanging, "").unwrap();
    std::fs::remove_file(world.project().join("PLAN.md")).unwrap();
    world.json(["start", &task, "--prompt", "[[say ready]]"]);
    wait_until("the agent got its prompt", || !world.asked().is_empty());
    let asked = world.asked().iter().map(Value::to_string).collect::<String>();
    std::fs::remove_file(&hanging).unwrap();
    assert_eq!(asked.matches("No surprises at all.").count(), 1, "{asked}");
}

#[test]
fn a_stale_reference_is_moved_to_its_nearest_match() {
    let world = with_documents();
    let task = world.task("Moves");
    let made = world.json(["ref", &task, "PLAN.md:5-6", "--note", "the goals"]);
    let id = made["id"].to_string();
    let rewritten = "Small and fast programs.\nSurprises are fine by us now, and then some more.";
    world.write("project/PLAN.md", &PLAN.replace("Small and honest software.\nNo surprises at all.", rewritten));
    assert_eq!(only(&world, &task).1, "stale");
    let moved = world.json(["retie", &id]);
    assert_eq!((&moved["id"], &moved["state"], &moved["note"]), (&made["id"], &json!("current"), &json!("the goals")));
    assert_eq!(world.refused(["retie", &id]).code, "wrong_state");
    world.json(["ref", &task, "PLAN.md:1-1", "--reference", &id]);
    assert_eq!(only(&world, &task), at("PLAN.md", "current", 1, 1));
}

#[test]
fn the_context_is_shown_and_its_references_are_left_out_or_moved() {
    let world = with_documents();
    let task = world.task("Context");
    world.json(["ref", &task, "PLAN.md:5-6"]);
    world.json(["ref", &task, "docs/a.md"]);
    let page = world.json(["context", &task]);
    let text = page["text"].as_str().unwrap();
    assert!(text.find("PLAN.md:5-6").unwrap() < text.find("docs/a.md").unwrap(), "{text}");
    assert_eq!((&page["limit"], &page["given"]), (&json!(10_000), &Value::Null));
    let headings: Vec<&str> =
        page["parts"].as_array().unwrap().iter().map(|part| part["heading"].as_str().unwrap()).collect();
    assert_eq!(&headings[1..], ["Committing", "Referenced: `PLAN.md:5-6`", "Referenced: `docs/a.md`"]);

    let mut stream = std::os::unix::net::UnixStream::connect(world.socket()).unwrap();
    crate::world::ask(&mut stream, crate::world::hello(1, &world.project())).unwrap();
    let choice = json!([{ "id": page["references"][1]["id"], "included": true },
        { "id": page["references"][0]["id"], "included": false }]);
    let params = json!({ "task": task, "references": choice });
    let edited = crate::world::ask(&mut stream, json!({ "method": "task_context_edit", "params": params })).unwrap();
    assert!(!edited["text"].as_str().unwrap().contains("PLAN.md"));
    let ids = |page: &Value| -> Vec<i64> {
        page["references"].as_array().unwrap().iter().map(|reference| reference["id"].as_i64().unwrap()).collect()
    };
    assert_eq!(ids(&world.page(&task)), ids(&page).into_iter().rev().collect::<Vec<_>>());
    let stranger = json!({ "task": task, "references": [{ "id": 999, "included": true }] });
    assert!(crate::world::ask(&mut stream, json!({ "method": "task_context_edit", "params": stranger })).is_err());

    world.json(["start", &task, "--prompt", "[[say ready]]"]);
    world.rests(&task, 1);
    let given = world.json(["context", &task]);
    assert!(given["given_at"].is_i64() && given["given"] == given["text"], "{given}");
}

#[test]
fn a_change_while_no_daemon_runs_is_seen_by_the_next() {
    let world = with_documents();
    let task = world.begun("Reads", "[[read docs/a.md]] [[say ready]]");
    world.rests(&task, 1);
    world.kill_daemon();
    world.write("project/docs/a.md", "# Another\n");
    wait_until("the task is marked", || world.look(&task)["outdated"] == 1);
}
