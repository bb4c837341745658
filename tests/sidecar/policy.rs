//! Rules answer permissions by themselves, project files count once they are trusted, and every answer is kept.

use crate::neovim::Neovim;
use crate::world::World;
use chorus_testkit::sandbox::Ran;
use chorus_testkit::{wait_for, wait_until};
use serde_json::Value;

/// The user's file with these rules.
fn configure(world: &World, rules: &str) {
    let log = world.root().join("asked").display().to_string();
    let agent = format!("[agent]\ndefault = \"demo\"\n[agent.demo.env]\nCHORUS_DEMO_LOG = {log:?}\n");
    world.write("config/chorus/chorus.toml", &format!("{agent}{rules}"));
}

fn file(world: &World) -> String {
    world.root().join("config/chorus/chorus.toml").display().to_string()
}

/// The task's answers, oldest first.
fn audited(world: &World, task: &str) -> Vec<Value> {
    world.json(["audit", task]).as_array().unwrap().clone()
}

fn opened(world: &World, task: &str) -> usize {
    world.count(task, "request_opened")
}

#[test]
fn a_rule_allows_without_a_person_and_says_so() {
    let world = World::new();
    configure(&world, "[policy]\nallow = [\"touch *\"]\n");
    let task = world.rested("Ruled", "[[bash: touch made && touch too]] [[say done]]");
    assert!(world.project().join("made").exists() && world.project().join("too").exists());
    // Nobody was asked, and the page says who answered.
    assert_eq!(opened(&world, &task), 0);
    let place = format!("{}:6", file(&world));
    assert_eq!(
        world.told(&task, "request_closed"),
        [format!("Allowed by the rule at {place} (command = \"touch *\"): touch made && touch too")]
    );
    let answers = audited(&world, &task);
    let [answer] = &answers[..] else { panic!("{answers:?}") };
    assert_eq!((answer["who"].as_str(), answer["outcome"].as_str()), (Some("rule"), Some("allowed")));
    assert!(answer["via"].as_str().unwrap().starts_with(&place), "{answer}");
    assert_eq!(answer["seen"]["command"], "touch made && touch too");
    assert_eq!(answer["sent"]["hookSpecificOutput"]["decision"], serde_json::json!({ "behavior": "allow" }));
    // What no rule covers is asked, and the change of a file counts at once.
    world.json(["send", &task, "[[bash: touch x; mkdir y]]"]);
    let request = world.request(&task);
    assert_eq!(request["summary"], "touch x; mkdir y");
    world.json(["deny", &task]);
    world.rests(&task, 2);
    configure(&world, "[policy]\nask = [\"touch *\"]\nallow = [\"touch *\"]\n");
    world.json(["send", &task, "[[bash: touch z]]"]);
    world.request(&task);
    world.json(["approve", &task]);
    world.rests(&task, 3);
    let who: Vec<_> = audited(&world, &task).iter().map(|answer| answer["who"].as_str().unwrap().to_owned()).collect();
    assert_eq!(who, ["rule", "person", "person"]);
    let last = audited(&world, &task).pop().unwrap();
    assert!(last["via"].as_str().unwrap().starts_with("a shell (process "), "{last}");
    let shown = world.run(["audit", &task]).stdout;
    assert!(shown.contains(&format!("allowed by the rule at {place}")), "{shown}");
    assert!(world.json(["audit", &task, "--since", "1ms"]).as_array().unwrap().is_empty());
}

#[test]
fn a_denial_reaches_the_agent_with_its_message() {
    let world = World::new();
    configure(&world, "[[policy.deny]]\ncommand = \"touch secret\"\nmessage = \"Leave the secret alone.\"\n");
    let task = world.rested("Denied", "[[bash: sh -c 'touch secret']] [[say understood]]");
    assert!(!world.project().join("secret").exists());
    let told = world.asked().iter().map(Value::to_string).collect::<String>();
    assert!(told.contains("Leave the secret alone."), "{told}");
    assert_eq!(opened(&world, &task), 0);
    assert!(world.told(&task, "request_closed")[0].starts_with("Denied by the rule at"));
}

#[test]
fn a_rule_answers_permissions_and_nothing_else() {
    let world = World::new();
    configure(&world, "[policy]\nallow = [{ tool = [\"AskUserQuestion\", \"ExitPlanMode\", \"Bash\"] }]\n");
    let task = world.begun("Asks", "[[ask]] [[say thank you]]");
    assert_eq!(world.request(&task)["kind"], "question");
    world.json(["answer", &task, "Blue"]);
    world.rests(&task, 1);
    let plan = world.task_with("Plans", &["--permission-mode", "plan"]);
    world.json(["start", &plan, "--prompt", "[[plan]] [[say off]]"]);
    assert_eq!(world.request(&plan)["kind"], "plan");
    world.json(["deny", &plan]);
    for task in [task, plan] {
        assert!(audited(&world, &task).iter().all(|answer| answer["who"] == "person"));
    }
}

#[test]
fn a_file_with_a_fault_allows_nothing_and_denies_as_before() {
    let world = World::new();
    let rules = "[policy]\nallow = [\"touch *\"]\ndeny = [\"mkdir *\"]\n";
    configure(&world, rules);
    let task = world.rested("Faulty", "[[bash: touch one]]");
    assert_eq!(opened(&world, &task), 0);
    configure(&world, &format!("{rules}[policy.x]\n"));
    world.json(["send", &task, "[[bash: mkdir two]] [[bash: touch three]]"]);
    assert_eq!(world.request(&task)["summary"], "touch three");
    let report = world.json(["policy"]);
    let notices = report["notices"].to_string();
    assert!(notices.contains("chorus.toml:8:9: unknown key `policy.x`"), "{notices}");
    assert!(notices.contains("no rule allows anything until the fault is corrected"), "{notices}");
    world.json(["deny", &task]);
    world.rests(&task, 2);
    assert!(!world.project().join("two").exists());
}

#[test]
fn a_project_s_file_counts_while_it_is_as_a_person_trusted_it() {
    let world = World::new();
    world.write("project/chorus.toml", "[policy]\nallow = [\"touch *\"]\n");
    let task = world.begun("Untrusted", "[[bash: touch one]] [[say done]]");
    world.request(&task);
    world.json(["deny", &task]);
    world.rests(&task, 1);
    let notices = world.json(["config"])["notices"].to_string();
    assert!(notices.contains("ignored until you trust this file") && notices.contains("policy.allow"), "{notices}");
    // It is shown first.
    let offer = world.json(["trust"]);
    assert_eq!(offer["done"], false);
    let text = offer["text"].as_str().unwrap();
    assert!(text.contains("would count: policy.allow") && text.contains("allow = [\"touch *\"]"), "{text}");
    let told = world.run(["trust"]).stderr;
    let (_, seen) = told.split_once("add --yes --seen ").unwrap();
    let seen = seen.split(' ').next().unwrap();
    let other = "0".repeat(seen.len());
    for wrong in [&seen[..8], &other] {
        assert_eq!(world.refused(["trust", "--yes", "--seen", wrong]).code, "request_changed", "{wrong}");
    }
    assert_eq!(world.json(["trust", "--yes", "--seen", seen])["done"], true);
    world.turn(&task, "[[bash: touch two]]");
    assert!(world.project().join("two").exists());
    assert_eq!(opened(&world, &task), 1);
    // Trust outlives the daemon.
    world.kill_daemon();
    world.turn(&task, "[[bash: touch three]]");
    assert_eq!(opened(&world, &task), 1);
    // A change ends it, and is shown as a difference.
    world.write("project/chorus.toml", "[policy]\nallow = [\"touch *\", \"mkdir *\"]\n");
    world.json(["send", &task, "[[bash: touch four]]"]);
    world.request(&task);
    world.json(["deny", &task]);
    world.until(&task, "idle");
    let text = world.json(["trust"])["text"].as_str().unwrap().to_owned();
    assert!(text.contains("has changed since you trusted it"), "{text}");
    assert!(text.contains("-allow = [\"touch *\"]") && text.contains("+allow = [\"touch *\", \"mkdir *\"]"), "{text}");
    // Back as it was it is trusted again; the trust can be withdrawn; a faulty file gets none.
    world.write("project/chorus.toml", "[policy]\nallow = [\"touch *\"]\n");
    assert_eq!(world.json(["trust"])["done"], true);
    world.json(["trust", "--withdraw"]);
    assert_eq!(world.json(["trust"])["done"], false);
    world.write("project/chorus.toml", "[policy]\nallow = [\"a && b\"]\n");
    let refusal = world.refused(["trust", "--yes"]);
    assert!(refusal.message.contains("chorus.toml:2:10"), "{refusal:?}");
}

#[test]
fn an_agent_trusts_nothing_and_writes_no_rule() {
    let world = World::new();
    let task = world.rested("Ambitious", "[[say hello]]");
    world.write("project/chorus.toml", "[policy]\nallow = [\"touch *\"]\n");
    let uuid = world.look(&task)["uuid"].as_str().unwrap().to_owned();
    for words in [&["trust", "--yes"][..], &["policy"], &["audit"]] {
        let ran: Ran = world.chorus(words).arg("--json").env("CHORUS_TASK", &uuid).output().unwrap().into();
        assert!(ran.stdout.contains("\"from_agent\""), "{words:?}: {}", ran.stdout);
    }
    assert_eq!(world.json(["trust"])["done"], false);
}

#[test]
fn today_s_rules_are_tested_on_what_was_asked() {
    let world = World::new();
    let task = world.begun("Tested", "[[bash: touch one]] [[bash: mkdir two]] [[say done]]");
    for summary in ["touch one", "mkdir two"] {
        let request = world.awaits(&task, summary, |page| page["requests"][0]["summary"] == summary);
        world.json(["approve", &task, "--request", request["requests"][0]["id"].as_str().unwrap()]);
    }
    world.rests(&task, 1);
    configure(&world, "[policy]\nallow = [\"touch *\"]\n");
    let report = world.json(["policy", "test", "10"]);
    let would: Vec<_> = report["tested"]
        .as_array()
        .unwrap()
        .iter()
        .map(|tested| (tested["summary"].as_str().unwrap(), tested["would"].as_str().unwrap()))
        .collect();
    assert_eq!(would, [("touch one", "allow"), ("mkdir two", "ask")]);
    let shown = world.run(["policy", "test"]).stdout;
    assert!(shown.contains("2 requests: 1 would be allowed, 0 denied, 1 asked"), "{shown}");
    assert!(shown.contains("no rule allows `mkdir two`"), "{shown}");
}

#[test]
fn a_rule_is_proposed_shown_written_and_answers_the_request() {
    let world = World::new();
    configure(&world, "# mine\n[policy]\ndeny = [\"rm *\"]\n");
    let task = world.begun("Proposes", "[[bash: make all]] [[say done]]");
    let request = world.request(&task);
    let id = request["id"].as_str().unwrap();
    let mut neovim = Neovim::new(&world, &world.project());
    let proposal = neovim.ask("policy_propose", serde_json::json!({ "request": id, "everywhere": false })).unwrap();
    let rule = proposal["rule"].as_str().unwrap();
    let project = world.project().display().to_string();
    assert_eq!(rule, format!("[[policy.allow]]\nproject = {project:?}\ncommand = \"make all\"\n"));
    assert_eq!(proposal["others"], serde_json::json!([]));
    let mut add =
        |rule: &str| neovim.ask("policy_add", serde_json::json!({ "request": id, "everywhere": false, "rule": rule }));
    assert_eq!(add("[[policy.allow]]\ncommand = \"*\"\n").unwrap_err()["code"], "request_changed");
    let added = add(rule).unwrap();
    assert_eq!(added["answered"], true);
    world.rests(&task, 1);
    let text = std::fs::read_to_string(file(&world)).unwrap();
    assert!(text.contains("# mine\n[policy]\ndeny = [\"rm *\"]\n") && text.ends_with(rule), "{text}");
    let answers = audited(&world, &task);
    assert_eq!(answers.last().unwrap()["who"], "rule");
    wait_until("the place is that of the rule", || added["place"].as_str().unwrap().starts_with(&file(&world)));
    let closed = wait_for("the answer is in the journal", || world.told(&task, "request_closed").pop());
    assert!(closed.contains("make all"), "{closed}");
}

#[test]
fn what_a_rule_answers_was_never_waited_for() {
    let world = World::new();
    configure(&world, "[policy]\nallow = [\"touch *\"]\n");
    let task = world.rested("Quiet", "[[say hello]]");
    let mut neovim = Neovim::new(&world, &world.project());
    world.json(["send", &task, "[[bash: touch one]] [[bash: touch two]] [[say done]]"]);
    let events = neovim.events_until(|name, _| name == "turn_ended");
    for (name, data) in &events {
        assert!(name != "request_opened" && data["agent_status"]["status"] != "waiting", "{name}: {data}");
    }
    assert_eq!(events.iter().filter(|(name, _)| name == "request_closed").count(), 2);
    assert!(world.project().join("two").exists());
}

#[test]
fn a_denial_of_a_trusted_file_outlives_the_file() {
    let world = World::new();
    configure(&world, "[policy]\nallow = [\"touch *\", \"rm *\"]\n");
    world.write("project/chorus.toml", "[policy]\ndeny = [\"touch secret\"]\n");
    world.json(["trust", "--yes"]);
    let task = world.rested("Removes", "[[bash: rm chorus.toml]] [[bash: touch secret]] [[say done]]");
    assert!(!world.project().join("chorus.toml").exists() && !world.project().join("secret").exists());
    assert_eq!(opened(&world, &task), 0);
    let last = audited(&world, &task).pop().unwrap();
    assert_eq!(last["outcome"], "denied");
    assert!(last["via"].as_str().unwrap().contains("chorus.toml as you trusted it:2"), "{last}");
    world.json(["trust", "--withdraw"]);
    world.turn(&task, "[[bash: touch secret]]");
    assert!(world.project().join("secret").exists());
}

#[test]
fn a_rule_is_proposed_beside_those_of_the_project() {
    let world = World::new();
    configure(&world, "[policy]\nask = [\"mkdir *\"]\n");
    world.write("project/chorus.toml", "[policy]\nallow = [\"touch *\"]\n");
    let task = world.begun("Beside", "[[bash: touch zero]] [[say done]]");
    world.request(&task);
    world.json(["approve", &task]);
    world.rests(&task, 1);
    world.json(["trust", "--yes"]);
    world.json(["send", &task, "[[bash: touch one && make two]] [[say done]]"]);
    let request = world.request(&task);
    let id = request["id"].as_str().unwrap();
    let mut neovim = Neovim::new(&world, &world.project());
    let asked = serde_json::json!({ "request": id, "everywhere": false });
    let proposal = neovim.ask("policy_propose", asked.clone()).unwrap();
    assert!(proposal["rule"].as_str().unwrap().ends_with("command = \"make two\"\n"), "{proposal}");
    assert_eq!(proposal["others"], serde_json::json!([]));
    // A file that cannot be reached is not replaced by one with this rule alone.
    let file = world.root().join("config/chorus/chorus.toml");
    std::fs::remove_file(&file).unwrap();
    std::os::unix::fs::symlink(world.root().join("not/mounted.toml"), &file).unwrap();
    let refused = neovim.ask("policy_propose", asked).unwrap_err();
    assert!(refused["message"].as_str().unwrap().contains("has a fault"), "{refused}");
    assert!(std::fs::symlink_metadata(&file).unwrap().is_symlink());
}

#[test]
fn a_rule_s_project_may_be_named_by_a_link() {
    let world = World::new();
    let link = world.root().join("link");
    std::os::unix::fs::symlink(world.project(), &link).unwrap();
    configure(&world, &format!("[[policy.deny]]\ncommand = \"touch secret\"\nproject = {link:?}\n"));
    let task = world.rested("Linked", "[[bash: touch secret]] [[say understood]]");
    assert!(!world.project().join("secret").exists());
    assert_eq!(audited(&world, &task).pop().unwrap()["who"], "rule");
}
