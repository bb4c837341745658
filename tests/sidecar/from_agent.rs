//! An agent must not answer itself.

use crate::world::{World, each};
use chorus_testkit::sandbox::Ran;
use chorus_testkit::wait_for;
use serde_json::Value;

const REFUSED: [&[&str]; 16] = [
    &["new", "--title", "More work"],
    &["start", "2"],
    &["send", "1", "[[say go on]]"],
    &["interrupt", "1"],
    &["approve", "1"],
    &["deny", "1"],
    &["answer", "1", "yes"],
    &["restart", "1"],
    &["complete", "1", "--force"],
    &["fail", "1"],
    &["reopen", "1"],
    &["delete", "2"],
    &["edit", "1", "--title", "Other"],
    &["output", "1"],
    &["attach", "1"],
    &["undo", "--yes"],
];

/// Runs that in the task's pane, as the agent would: by its own shell tool, allowed by the person.
fn in_pane(world: &World, task: &str, line: &str) {
    world.json(["send", task, &format!("[[bash: {line}]] [[say ran]]")]);
    let request = world.request(task);
    world.json(["approve", task, "--request", request["id"].as_str().unwrap()]);
}

#[test]
fn from_its_pane_it_may_look_and_nothing_else() {
    each(|world| {
        let task = world.rested("Ambitious", "[[say hello]]");
        world.task("Another");
        // One script, since each line would have to be allowed by itself.
        let out = world.root().join("out");
        let lines = REFUSED.iter().map(|words| {
            let words: Vec<String> = words.iter().map(|word| format!("'{word}'")).collect();
            format!(
                "{} {} --json >> {out} 2>/dev/null\necho \"exit $?\" >> {out}\n",
                env!("CARGO_BIN_EXE_chorus"),
                words.join(" "),
                out = out.display()
            )
        });
        let script = lines.collect::<String>()
            + &format!(
                "{} list --json > {o}.list; {} show 1 --json > {o}.show; touch {o}.done",
                env!("CARGO_BIN_EXE_chorus"),
                env!("CARGO_BIN_EXE_chorus"),
                o = out.display()
            );
        world.write("script", &script);
        in_pane(&world, &task, &format!("sh {}", world.root().join("script").display()));
        let finished = out.with_extension("done");
        chorus_testkit::wait_until("the script has run", || finished.exists());
        let said = std::fs::read_to_string(&out).unwrap();
        assert_eq!(said.matches("\"code\":\"from_agent\"").count(), REFUSED.len(), "{said}");
        assert_eq!(said.matches("exit 1").count(), REFUSED.len(), "{said}");
        let read = |name: &str| -> Value {
            serde_json::from_slice(&std::fs::read(out.with_extension(name)).unwrap()).unwrap()
        };
        assert_eq!(read("list").as_array().unwrap().len(), 2);
        assert_eq!(read("show")["task"]["title"], "Ambitious");
        // Nothing was done, and the journal tells what was tried.
        world.rests(&task, 2);
        assert_eq!(world.look("2")["status"], "pending");
        assert_eq!(world.look("1")["title"], "Ambitious");
        let tried: Vec<String> =
            world.journal("1").into_iter().filter(|(what, _)| what == "refused").map(|(_, text)| text).collect();
        // `answer` is refused already when it reads what is asked.
        for verb in [
            "send",
            "interrupt",
            "approve",
            "deny",
            "restart",
            "complete",
            "fail",
            "reopen",
            "edit",
            "output",
            "attach",
        ] {
            assert!(tried.iter().any(|text| text.contains(&format!(" {verb} "))), "{verb}: {tried:?}");
        }
        assert_eq!(world.count("2", "refused"), 2);
    });
}

#[test]
fn its_own_request_stays_open_for_a_person() {
    let world = World::new();
    let task = world.begun("Answers itself", "[[bash: touch never]]");
    let request = world.request(&task);
    // By the mark alone: a process that is nobody's descendant.
    let uuid = world.look(&task)["uuid"].as_str().unwrap().to_owned();
    let mut marked = world.chorus(["approve", &task, "--json"]);
    let ran: Ran = marked.env("CHORUS_TASK", &uuid).output().unwrap().into();
    assert_eq!(ran.code, 1);
    assert!(ran.stdout.contains("\"from_agent\""), "{}", ran.stdout);
    // The mark of a task that is not even ours, and an empty one.
    for mark in ["x", ""] {
        let ran: Ran = world.chorus(["approve", &task, "--json"]).env("CHORUS_TASK", mark).output().unwrap().into();
        assert!(ran.stdout.contains("\"from_agent\""), "{mark:?}: {}", ran.stdout);
    }
    assert_eq!(world.request(&task)["id"], request["id"]);
    assert_eq!(world.count(&task, "refused"), 3);
    // And a child of a marked process.
    let chorus = env!("CARGO_BIN_EXE_chorus");
    let child = format!("env -u CHORUS_TASK {chorus} approve {task} --json; true");
    let ran: Ran = world.command("sh").args(["-c", &child]).env("CHORUS_TASK", uuid).output().unwrap().into();
    assert!(ran.stdout.contains("\"from_agent\""), "{}", ran.stdout);
    world.json(["deny", &task]);
    world.until(&task, "idle");
    assert!(!world.project().join("never").exists());
}

#[test]
fn a_shell_in_another_terminal_of_the_same_tmux_is_a_person() {
    let world = World::new();
    let task = world.begun("Asks", "[[bash: touch allowed]]");
    world.request(&task);
    // A window that the person opened by hand on the same server.
    let chorus = env!("CARGO_BIN_EXE_chorus");
    let out = world.root().join("out");
    let line = format!(
        "cd {}; CHORUS_STATE_DIR={} {chorus} approve {task} --json > {out}.draft 2>&1; mv {out}.draft {out}",
        world.project().display(),
        world.state().display(),
        out = out.display()
    );
    world.tmux(["new-session", "-d", "sh", "-c", &line]).unwrap();
    let said = wait_for("an answer", || std::fs::read_to_string(&out).ok());
    assert!(said.contains("\"allowed\""), "{said}");
}

#[test]
fn its_tmux_is_a_server_of_its_own_and_counts_as_the_agent() {
    each(|world| {
        let task = world.rested("Has a dev server", "[[say hello]]");
        let other = world.begun("Waits", "[[bash: touch never]]");
        world.request(&other);
        let chorus = env!("CARGO_BIN_EXE_chorus");
        let out = world.root().join("out");
        let script = format!(
            "tmux new-session -d -s dev '{chorus} approve {other} --json > {o}.draft; mv {o}.draft {o}.answer; sleep 600'\n\
             while ! [ -e {o}.answer ]; do sleep 0.05; done\n\
             tmux kill-server\necho \"[$TMUX_PANE] [$CHORUS_TMUX_SOCKET] $TMUX\" > {o}.done.draft; mv {o}.done.draft {o}.done\n",
            o = out.display()
        );
        world.write("script", &script);
        in_pane(&world, &task, &format!("sh {}", world.root().join("script").display()));
        let said = wait_for("the script has run", || std::fs::read_to_string(out.with_extension("done")).ok());
        assert!(said.starts_with("[] [] /") && said.trim_end().ends_with(",0,0"), "{said}");
        let answer = std::fs::read_to_string(out.with_extension("answer")).unwrap();
        assert!(answer.contains("\"from_agent\""), "{answer}");
        // The agents are all there.
        world.rests(&task, 2);
        world.request(&other);
        assert_eq!(world.agent(&task), "idle");
    });
}
