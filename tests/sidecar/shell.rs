//! Every verb from a shell: `--json`, exit codes 0, 1 and 2, filters, several tasks at once.

use crate::world::{World, each};
use chorus_testkit::sandbox::Ran;
use chorus_testkit::{wait_for, wait_until};
use serde_json::{Value, json};

const FIELDS: [&str; 14] = [
    "number",
    "uuid",
    "title",
    "status",
    "agent",
    "agent_status",
    "unread",
    "isolation",
    "stack",
    "worktree",
    "pane",
    "session_id",
    "restarts",
    "priority",
];

fn titles(tasks: &Value) -> Vec<&str> {
    tasks.as_array().unwrap().iter().map(|task| task["title"].as_str().unwrap()).collect()
}

#[test]
fn a_task_s_whole_life() {
    each(|world| {
        let made = world.json([
            "new",
            "--title",
            "Fix it",
            "--description",
            "All of\nit",
            "--priority",
            "3",
            "--tag",
            "ui",
            "--tag",
            "bug",
            "--agent",
            "demo",
        ]);
        for field in FIELDS.iter().chain(&["tags"]) {
            assert!(made.get(field).is_some(), "{field} in {made}");
        }
        assert!(made["agent_status"].get("status").is_some() && made["agent_status"].get("kind").is_some());
        assert_eq!(
            (&made["number"], &made["status"], &made["tags"]),
            (&json!(1), &json!("pending"), &json!(["ui", "bug"]))
        );
        assert_eq!(made["project"], world.project().to_str().unwrap());

        let started = world.json(["start", "1", "--prompt", "[[bash: touch made]] [[say It is done]]"]);
        assert_eq!((&started["status"], &started["agent_status"]["status"]), (&json!("running"), &json!("starting")));
        assert!(started["pane"].as_str().unwrap().starts_with('%'));
        let session = started["session_id"].as_str().unwrap().to_owned();

        let request = world.request("1");
        assert_eq!((&request["kind"], &request["tool"]), (&json!("permission"), &json!("Bash")));
        assert_eq!(request["input"]["command"], "touch made", "{request}");
        assert_eq!(world.json(["inbox"])[0]["id"], request["id"]);
        assert_eq!(world.refused(["complete", "1"]).code, "request_open");
        let approved = world.json(["approve", "1", "--request", request["id"].as_str().unwrap()]);
        assert_eq!(approved["outcome"], "allowed");
        world.until("1", "idle");
        assert!(world.project().join("made").exists());
        wait_until("the turn is unread", || world.look("1")["unread"] == true);

        let sent = world.json(["send", "1", "[[slow 60]]"]);
        assert_eq!(sent, json!({ "queued": false, "reason": null }));
        world.until("1", "busy");
        assert_eq!(world.refused(["complete", "1"]).code, "task_busy");
        world.json(["interrupt", "#1"]);
        world.until("1", "idle");
        assert_eq!(world.refused(["interrupt", "1"]).code, "wrong_state");

        let output = world.json(["output", "1", "--history", "50"]);
        assert!(output["lines"].to_string().contains("It is done"), "{output}");
        let explained = world.json(["explain", "1"]);
        assert!(!explained["rule"].as_str().unwrap().is_empty());
        assert!(explained["evidence"].as_array().unwrap().iter().any(|piece| piece["used"] == true), "{explained}");
        let attach = world.json(["attach", "1"]);
        assert!(attach["argv"].as_array().unwrap().len() > 3);

        let restarted = world.json(["restart", "1"]);
        assert_eq!((&restarted["restarts"], restarted["session_id"].as_str()), (&json!(1), Some(session.as_str())));
        world.until("1", "idle");
        let fresh = world.json(["restart", "1", "--fresh"]);
        assert_eq!(fresh["restarts"], 2);
        assert_ne!(fresh["session_id"].as_str(), Some(session.as_str()));
        world.until("1", "idle");

        let edited = world.json(["edit", "1", "--title", "Fixed", "--priority", "-1", "--tag", "done"]);
        assert_eq!(
            (&edited["title"], &edited["priority"], &edited["tags"]),
            (&json!("Fixed"), &json!(-1), &json!(["done"]))
        );
        assert_eq!(edited["description"], "All of\nit");

        let agent = world.agent_pid("1");
        let done = world.json(["complete", "1"]);
        assert_eq!(done["status"], "completed");
        assert!(done["pane"].is_null() && !done["result"].as_str().unwrap().is_empty(), "{done}");
        assert!(!chorus_testkit::processes::is_alive(agent));
        assert_eq!(world.refused(["send", "1", "more"]).code, "wrong_state");
        assert_eq!(world.json(["reopen", "1"])["status"], "pending");
        let turns = world.count("1", "turn_ended");
        world.json(["start", "1", "--prompt", "[[say again]]"]);
        world.rests("1", turns + 1);
        assert_eq!(world.refused(["delete", "1"]).code, "wrong_state");
        let failed = world.json(["fail", "1", "no", "use"]);
        assert_eq!((&failed["status"], &failed["result"]), (&json!("failed"), &json!("no use")));
        assert_eq!(world.json(["delete", "1"]), json!({}));
        assert_eq!(world.refused(["show", "1"]).code, "no_such_task");
        // A number is never given twice.
        assert_eq!(world.task("Next"), "2");
        wait_until("no tmux server without a task", || world.server_pid().is_none());
    });
}

#[test]
fn a_refusal_and_an_answer_reach_the_agent() {
    let world = World::new();
    world.keep_asked();
    let task = world.begun("Asks", "[[bash: touch never]] [[ask]] [[say thanks]]");
    let request = world.request(&task);
    let denied = world.json(["deny", &task, "use", "the", "other", "way"]);
    assert_eq!(denied["outcome"], "denied");
    let question = wait_for("the question", || {
        let open = world.json(["inbox"]);
        let first = open.as_array().unwrap().first().cloned()?;
        (first["kind"] == "question").then_some(first)
    });
    // What the person saw is not what is asked now.
    let seen = request["id"].as_str().unwrap();
    for verb in [vec!["approve", &task], vec!["deny", &task], vec!["answer", &task, "Red"]] {
        assert_eq!(world.refused(verb.into_iter().chain(["--request", seen])).code, "request_changed");
    }
    let answered = world.json(["answer", &task, "Blue", "--request", question["id"].as_str().unwrap()]);
    assert_eq!(answered["outcome"], "answered");
    world.until(&task, "idle");
    assert!(!world.project().join("never").exists());
    let told = world.asked().iter().map(Value::to_string).collect::<String>();
    assert!(told.contains("use the other way") && told.contains("Blue"), "{told}");
    assert_eq!(world.refused(["approve", &task]).code, "no_request");
    assert_eq!(world.json(["inbox"]), json!([]));
}

#[test]
fn a_question_with_no_such_answer_stays_open() {
    let world = World::new();
    let task = world.begun("Asks", "[[ask2]]");
    world.request(&task);
    world.refused(["answer", &task, "one answer for two questions"]).is_clear();
    world.refused(["answer", &task, "1", "99"]).is_clear();
    world.refused(["approve", &task, "--always", "99"]).is_clear();
    assert_eq!(world.json(["inbox"]).as_array().unwrap().len(), 1);
}

#[test]
fn questions_are_answered_by_the_numbers_of_their_options() {
    let world = World::new();
    world.keep_asked();
    let task = world.begun("Asks", "[[ask2]] [[say thanks]]");
    let questions = world.request(&task)["input"]["questions"].clone();
    let shown = world.run(["inbox"]).stdout;
    let mut words = Vec::new();
    for question in questions.as_array().unwrap() {
        let labels = question["options"].as_array().unwrap().iter().map(|option| option["label"].as_str().unwrap());
        for (place, label) in (1..).zip(labels) {
            assert!(shown.contains(&format!("      {place}  {label}")), "{shown}");
        }
        words.push(if question["multiSelect"] == true { "1,2" } else { "2" });
    }
    let answered = world.json(["answer", &task].into_iter().chain(words));
    assert_eq!(answered["outcome"], "answered");
    world.until(&task, "idle");
    let told = world.asked().iter().map(Value::to_string).collect::<String>();
    for question in questions.as_array().unwrap() {
        let label = question["options"][1]["label"].as_str().unwrap();
        assert!(told.contains(label), "{label} in {told}");
    }
}

#[test]
fn a_prompt_that_waits_is_edited_moved_and_removed_until_it_is_typed() {
    let world = World::new();
    let task = world.begun("Asks", "[[bash: touch made]] [[say first]]");
    world.request(&task);
    for text in ["[[say one]]", "[[say two]]", "[[say three]]"] {
        assert_eq!(world.json(["send", &task, text])["queued"], true);
    }
    let waiting = |listed: &Value| -> Vec<String> {
        listed.as_array().unwrap().iter().map(|prompt| prompt["text"].as_str().unwrap().to_owned()).collect()
    };
    let listed = world.json(["prompts", &task]);
    let id = |index: usize| listed[index]["id"].to_string();
    let moved = world.json(["prompts", &task, "--prompt", &id(2), "--place", "1"]);
    assert_eq!(waiting(&moved), ["[[say three]]", "[[say one]]", "[[say two]]"]);
    world.json(["prompts", &task, "--prompt", &id(0), "--text", "[[say edited]]"]);
    let left = world.json(["prompts", &task, "--prompt", &id(1), "--remove"]);
    assert_eq!(waiting(&left), ["[[say three]]", "[[say edited]]"]);
    assert_eq!(world.refused(["prompts", &task, "--prompt", &id(1), "--remove"]).code, "wrong_state");
    world.refused(["prompts", &task, "--prompt", &id(2), "--text", " "]).is_clear();
    world.refused(["prompts", &task, "--prompt", &id(2), "--text", "x", "--remove"]).is_clear();
    let page = world.json(["show", &task]);
    assert_eq!(page["prompts"].as_array().unwrap().len(), 2);
    world.json(["approve", &task]);
    let last = |page: &Value| page["task"]["agent_status"]["detail"]["message"] == "edited";
    world.awaits(&task, "the last prompt", last);
    let journal: Vec<String> = world.journal(&task).into_iter().map(|(_, text)| text).collect();
    assert!(journal.contains(&"Removed before it was sent: [[say two]]".to_owned()), "{journal:#?}");
    assert_eq!(world.refused(["prompts", &task, "--prompt", &id(2), "--place", "1"]).code, "wrong_state");
}

#[test]
fn lists_are_filtered_and_ordered() {
    let world = World::new();
    world.json(["new", "--title", "Low", "--priority", "-2", "--tag", "ui"]);
    world.json(["new", "--title", "Plain"]);
    world.json(["new", "--title", "High", "--priority", "9", "--tag", "ui"]);
    world.json(["start", "2", "--prompt", "[[say hello]]"]);
    world.rests("2", 1);
    assert_eq!(titles(&world.json(["list"])), ["High", "Plain", "Low"]);
    assert_eq!(titles(&world.json(["list", "+ui"])), ["High", "Low"]);
    assert_eq!(titles(&world.json(["list", "pending"])), ["High", "Low"]);
    assert_eq!(titles(&world.json(["list", "+ui", "live"])), [""; 0]);
    for filter in ["running", "live", "idle"] {
        assert_eq!(titles(&world.json(["list", filter])), ["Plain"], "{filter}");
    }
    assert_eq!(world.json(["list", "failed"]), json!([]));
    assert_eq!(titles(&world.json(["list", "status:idle", "pla"])), ["Plain"]);
    assert_eq!(titles(&world.json(["list", "#3"])), ["High"]);
    assert_eq!(world.json(["list", "sleeping"]), json!([]));
    let none = world.run(["list", "sleeping"]);
    assert!(none.code == 0 && none.stdout.is_empty() && none.stderr.contains("no task matches `sleeping`"), "{none:?}");
    let bad = world.refused(["list", "+"]);
    assert_eq!(bad.code, "bad_input");
    bad.is_clear();

    // Another project has its own numbers; `--all` shows both.
    let other = world.root().join("other");
    std::fs::create_dir(&other).unwrap();
    let other = other.to_str().unwrap();
    assert_eq!(world.json(["new", "--title", "Elsewhere", "--project", other])["number"], 1);
    assert_eq!(titles(&world.json(["list", "--project", other])), ["Elsewhere"]);
    assert_eq!(world.json(["list"]).as_array().unwrap().len(), 3);
    assert_eq!(world.json(["list", "--all"]).as_array().unwrap().len(), 4);
    // A subfolder is the same project.
    let deep = world.project().join("a/b");
    std::fs::create_dir_all(&deep).unwrap();
    assert_eq!(titles(&world.json(["list", "--project", deep.to_str().unwrap()])), ["High", "Plain", "Low"]);
}

#[test]
fn several_tasks_at_once() {
    let world = World::new();
    for title in ["One", "Two", "Three"] {
        world.task(title);
    }
    let ran = world.run(["start", "1", "#2", "3", "--prompt", "[[say hello]]", "--json"]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    let replies: Vec<Value> = ran.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(replies.iter().map(|task| task["number"].as_i64().unwrap()).collect::<Vec<_>>(), [1, 2, 3]);
    for task in ["1", "2", "3"] {
        world.rests(task, 1);
    }
    world.json(["complete", "2"]);
    // One that cannot does not stop the others, and each is told once.
    let ran = world.run(["send", "1", "2", "3", "[[say more]]"]);
    assert_eq!(ran.code, 1);
    assert_eq!(ran.stderr.matches("cannot send to #2").count(), 1, "{}", ran.stderr);
    for task in ["1", "3"] {
        wait_until("the prompt arrived", || world.prompts(task) == 2);
    }
    let ran = world.run(["send", "1", "2", "[[say more]]", "--json"]);
    assert_eq!(ran.code, 1);
    let replies: Vec<Value> = ran.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(replies.len(), 2, "{}", ran.stdout);
    assert_eq!((&replies[0]["queued"], &replies[1]["error"]["code"]), (&json!(false), &json!("wrong_state")));
    wait_until("the prompt arrived", || world.prompts("1") == 3);
    world.until("1", "idle");
    world.until("3", "idle");
    let ran = world.run(["complete", "idle"]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert_eq!(world.json(["list", "completed"]).as_array().unwrap().len(), 3);
}

#[test]
fn a_filter_names_tasks_by_what_their_agents_do() {
    let world = World::new();
    let one = world.rested("Ended", "[[say hello]]");
    world.rested("Goes on", "[[say hello]]");
    world.kill(world.agent_pid(&one));
    world.until(&one, "exited signal");
    let ran = world.run(["restart", "exited"]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    world.until(&one, "idle");
    assert_eq!((&world.look(&one)["restarts"], &world.look("2")["restarts"]), (&json!(1), &json!(0)));
}

#[test]
fn exit_code_2_is_wrong_usage_and_changes_nothing() {
    let world = World::new();
    world.task("One");
    world.task("Two");
    let wrong: &[&[&str]] = &[
        &[],
        &["dance"],
        &["strat", "1"],
        &["list", "--colour"],
        &["new", "--title", "x", "--priority", "high"],
        &["new", "--title", "x", "--isolation", "jail"],
        &["show", "1", "2"],
        &["show", "one"],
        &["interrupt", "1", "now"],
        &["send", "1"],
        &["answer", "1"],
        // Several could be meant.
        &["start"],
        &["delete"],
        &["dashboard"],
    ];
    for line in wrong {
        let ran = world.run(*line);
        assert_eq!(ran.code, 2, "{line:?}: {}{}", ran.stdout, ran.stderr);
        assert!(!ran.stderr.is_empty() && ran.stdout.is_empty(), "{line:?}: {}", ran.stdout);
        assert!(!ran.stderr.contains("panicked"), "{line:?}: {}", ran.stderr);
    }
    assert!(world.run(["strat", "1"]).stderr.contains("start"));
    assert_eq!(world.json(["list", "pending"]).as_array().unwrap().len(), 2);
}

#[test]
fn the_only_candidate_is_meant_but_never_by_a_careful_verb() {
    let world = World::new();
    world.task("Only");
    assert_eq!(world.run(["start", "--prompt", "[[bash: touch x]]"]).code, 0);
    world.request("1");
    for verb in [vec!["approve"], vec!["deny"], vec!["complete"], vec!["fail"]] {
        let ran = world.run(&verb);
        assert_eq!(ran.code, 2, "{verb:?}");
        assert!(ran.stderr.contains("#1"), "{verb:?}: {}", ran.stderr);
    }
    assert_eq!(world.look("1")["status"], "waiting");
    assert_eq!(world.run(["explain"]).code, 0);
}

#[test]
fn what_the_shell_prints_for_people() {
    let world = World::new();
    world.task("Readable");
    world.json(["start", "1", "--prompt", "[[bash: touch x]]"]);
    world.request("1");
    let says = |args: &[&str], text: &str| {
        let ran = world.run(args);
        assert!(ran.stdout.contains(text), "{args:?}: {}{}", ran.stdout, ran.stderr);
    };
    says(&["list"], "Readable");
    says(&["list"], "permission");
    says(&["list"], "[demo]  Bash: touch x");
    says(&["show", "1"], "Open requests");
    says(&["inbox"], "touch x");
    says(&["explain", "1"], "#1 is waiting (permission)");
    says(&["config"], "agent.default = \"demo\"");
    says(&["verbs"], "interrupt");
    says(&["log"], "serves");
    says(&["health"], "tmux: ");
    says(&["--help"], "Usage");
    says(&["--version"], env!("CARGO_PKG_VERSION"));
}

#[test]
fn verbs_config_health_and_log_as_json() {
    let world = World::new();
    let verbs = world.json(["verbs"]);
    assert_eq!(verbs.as_array().unwrap().len(), chorus::verbs::VERBS.len());
    let config = world.json(["config"]);
    let row = config["values"].as_array().unwrap().iter().find(|row| row["key"] == "agent.default").unwrap().clone();
    assert_eq!(row["value"], "\"demo\"");
    assert!(row["origin"].as_str().unwrap().ends_with("chorus.toml"));
    let health = world.json(["health"]);
    let names: Vec<_> =
        health["checks"].as_array().unwrap().iter().map(|check| check["name"].as_str().unwrap()).collect();
    assert!(["daemon", "store", "tmux", "demo", "project"].iter().all(|name| names.contains(name)), "{names:?}");
    let log = world.json(["log"]);
    assert_eq!(log["file"], world.state().join("log").to_str().unwrap());
    assert!(log["lines"].to_string().contains("serves"), "{log}");
}

#[test]
fn a_prompt_waits_while_a_request_is_open() {
    let world = World::new();
    let task = world.begun("Asks", "[[bash: touch x]] [[say done]]");
    world.request(&task);
    let sent = world.json(["send", &task, "[[say after]]"]);
    assert_eq!(sent["queued"], true);
    assert!(!sent["reason"].as_str().unwrap().is_empty());
    assert_eq!(world.look(&task)["queued"], 1);
    world.json(["approve", &task]);
    wait_until("it arrived", || world.prompts(&task) == 2);
    world.until(&task, "idle");
    assert_eq!(world.look(&task)["queued"], 0);
}

#[test]
fn text_can_come_from_standard_input() {
    let world = World::new();
    world.keep_asked();
    let ran = world.fed(&["new", "--title", "Long", "--description", "-", "--json"], b"from\nstandard input");
    let made: Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!(made["description"], "from\nstandard input");
    world.json(["start", "1", "--prompt", "[[say hello]]"]);
    world.until("1", "idle");
    let ran = world.fed(&["send", "1", "-"], "first line\nsecond line: é ✓ [[say got it]]".as_bytes());
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    wait_until("it arrived", || world.prompts("1") == 2);
    wait_until("as it was written", || {
        let asked = world.asked().iter().map(Value::to_string).collect::<String>();
        asked.contains(r"first line\nsecond line: é ✓ [[say got it]]")
    });
    let ran = world.fed(&["send", "1", "-"], &[0xff, 0xfe, b'a']);
    assert_eq!(ran.code, 2, "{}", ran.stderr);
}

#[test]
fn what_is_allowed_always_is_counted_from_one_and_said() {
    let world = World::new();
    let task = world.begun("Asks", "[[bash: touch allowed]] [[say done]]");
    let request = world.request(&task);
    let sentences = request["suggestions"].as_array().unwrap().clone();
    assert!(!sentences.is_empty(), "{request}");
    for verb in [&["inbox"][..], &["show", &task]] {
        let ran = world.run(verb);
        assert!(ran.stdout.contains(&format!("--always 1  {}", sentences[0].as_str().unwrap())), "{}", ran.stdout);
    }
    let none = world.run(["approve", &task, "--always", "0"]);
    assert_ne!(none.code, 0);
    assert_eq!(world.request(&task)["id"], request["id"]);
    let ran = world.run(["approve", &task, "--always", "1"]);
    assert!(ran.stdout.contains(&format!("always: {}", sentences[0].as_str().unwrap())), "{ran:?}");
    world.until(&task, "idle");
}

#[test]
fn a_reader_that_leaves_ends_the_printing_and_not_the_verb() {
    let world = World::new();
    let create = |_| world.json(["new", "--title", "Left"])["number"].to_string();
    let numbers: Vec<String> = (0..3).map(create).collect();
    let run = |arguments: &[&str], stdout: std::process::Stdio| -> Ran {
        let mut command = world.chorus(arguments);
        command.stdout(stdout).stderr(std::process::Stdio::piped());
        command.spawn().unwrap().wait_with_output().unwrap().into()
    };
    let left = || std::process::Stdio::from(std::io::pipe().unwrap().1);
    for arguments in [&["list", "--json"][..], &["show", &numbers[0]], &["verbs"], &["config"], &["health"], &["log"]] {
        let ran = run(arguments, left());
        assert!(!ran.stderr.contains("panicked") && ran.code != 101, "{arguments:?}: {}", ran.stderr);
    }
    let full = run(&["list"], std::fs::OpenOptions::new().write(true).open("/dev/full").unwrap().into());
    assert_eq!(full.code, 1);
    assert!(full.stderr.starts_with("chorus: cannot write the output: "), "{}", full.stderr);

    let deleted = run(&["delete", &numbers[0], &numbers[1], &numbers[2], "--json"], left());
    assert_eq!((deleted.code, deleted.stderr.as_str()), (0, ""));
    assert_eq!(world.json(["list", "--all"]), serde_json::json!([]));
}

#[test]
fn what_a_task_that_is_given_up_asked_was_answered_by_nobody() {
    let world = World::new();
    for verb in [&["fail"][..], &["complete", "--force"]] {
        let task = world.json(["new", "--title", "Asks"])["number"].to_string();
        world.json(["start", &task, "--prompt", "[[bash: touch never]]"]);
        world.request(&task);
        world.json([&[verb[0], &task], &verb[1..]].concat());
        let closed = world.journal(&task).into_iter().filter(|(what, _)| what == "request_closed");
        assert_eq!(closed.map(|(_, text)| text).collect::<Vec<_>>(), ["No longer asked: touch never"]);
    }
}
