//! Text that would do harm if anything but a person or an agent read it: it arrives as it is, or cleaned, and does nothing.

use crate::world::{World, ask, each, hello};
use chorus_testkit::wait_until;
use serde_json::Value;
use std::path::Path;

/// Each would leave a file named `pwned` in the sandbox if a shell, tmux or Neovim's statusline ran it.
fn evil(root: &Path) -> Vec<String> {
    let mark = root.join("pwned").display().to_string();
    vec![
        format!("$(touch {mark})"),
        format!("`touch {mark}`"),
        format!("'; touch {mark}; '"),
        format!("\"; touch {mark}; \""),
        format!("#(touch {mark})"),
        format!("#{{run-shell:touch {mark}}} #{{pid}} #[fg=red]#S"),
        format!("%{{system('touch {mark}')}}%#Error#"),
        format!("; run-shell 'touch {mark}' ;"),
        format!("\\; kill-server \\; run-shell 'touch {mark}'"),
        "--help".into(),
        "-x".into(),
        "{}[]()<>|&*?~!^".into(),
        "a'b\"c\\d`e".into(),
        "é ✓ 日本語 👩‍💻 \u{301}x".into(),
    ]
}

#[track_caller]
fn unharmed(world: &World) {
    assert!(!world.root().join("pwned").exists());
    assert!(world.server_pid().is_some());
}

#[test]
fn titles_and_descriptions() {
    each(|world| {
        let all = evil(world.root());
        for (n, text) in all.iter().enumerate() {
            let ran = world.run([
                "new",
                &format!("--title={text}"),
                &format!("--description={text}\n{text}"),
                &format!("--tag={text}"),
                "--json",
            ]);
            assert_eq!(ran.code, 0, "{text}: {}", ran.stderr);
            let made: Value = serde_json::from_str(&ran.stdout).unwrap();
            assert_eq!(made["title"].as_str().unwrap(), text.trim(), "{n}");
        }
        for n in 1..=all.len() {
            world.json(["start", &n.to_string(), "--prompt", "[[say hello]]"]);
            // One after the other: the machine has few cores.
            world.rests(&n.to_string(), 1);
            world.json(["output", &n.to_string(), "--history", "10"]);
        }
        unharmed(&world);
        let names = world.tmux(["list-sessions", "-F", "#{session_name}"]).unwrap();
        assert_eq!(names.lines().count(), all.len());
        assert!(names.chars().all(|c| c.is_alphanumeric() || matches!(c, '-' | '\n')), "{names}");
        assert_eq!(world.run(["list"]).stdout.lines().count(), all.len());
        for n in 1..=all.len() {
            world.json(["complete", &n.to_string()]);
        }
        assert!(!world.root().join("pwned").exists());
    });
}

#[test]
fn control_characters_and_turned_text_never_reach_a_terminal() {
    let world = World::new();
    let made = world.json([
        "new",
        "--title",
        "a\u{1b}]0;owned\u{7}b\nc\u{202e}d\u{9b}2J\u{200b}e",
        "--description",
        "one\u{1b}[2Jtwo\r\nthree\u{2066}four",
        "--tag",
        "t\u{1b}[31m",
    ]);
    let title = made["title"].as_str().unwrap();
    assert!(!title.chars().any(|c| c.is_control() || c == '\u{202e}'), "{title:?}");
    for args in [&["list"][..], &["show", "1"], &["explain", "1"]] {
        let said = world.run(args).stdout;
        assert!(!said.chars().any(|c| c.is_control() && c != '\n'), "{said:?}");
        assert!(!said.contains(['\u{202e}', '\u{2066}']), "{said:?}");
    }
    let long = "x".repeat(201);
    let refusal = world.refused(["new", "--title", &long]);
    assert_eq!(refusal.code, "bad_input");
    assert!(refusal.message.contains("201") && refusal.message.contains("200"), "{refusal:?}");
    assert_eq!(world.json(["new", "--title", &"é".repeat(200)])["title"].as_str().unwrap().chars().count(), 200);
    // Errors repeat what was given, cleaned.
    let ran = world.run(["show", "\u{1b}]0;owned\u{7}"]);
    assert_ne!(ran.code, 0);
    assert!(!ran.stderr.chars().any(|c| c.is_control() && c != '\n'), "{:?}", ran.stderr);
    let ran = world.run(["list", "\u{1b}]0;owned\u{7}"]);
    assert!(!ran.stderr.chars().any(|c| c.is_control() && c != '\n'), "{:?}", ran.stderr);
}

#[test]
fn prompts_arrive_as_they_are() {
    each(|world| {
        world.keep_asked();
        let task = world.rested("Prompts", "[[say hello]]");
        let mut turns = 1;
        for text in evil(world.root()).into_iter().chain([
            "!touch pwned".into(),
            "/exit".into(),
            "exit".into(),
            "two\nlines\n\tand a tab".into(),
        ]) {
            let ran = world.fed(&["send", &task, "-", "--json"], format!("{text} [[say got it]]").as_bytes());
            assert_eq!(ran.code, 0, "{}", ran.stderr);
            turns += 1;
            wait_until(&format!("it arrived: {text:?}"), || world.prompts(&task) == turns);
            world.rests(&task, turns);
        }
        unharmed(&world);
        assert!(!world.project().join("pwned").exists());
        assert_eq!(world.count(&task, "prompt_failed"), 0, "{:?}", world.journal(&task));
        let asked: Vec<String> = world
            .asked()
            .iter()
            .filter(|asked| asked["turn"] == 0)
            .map(|asked| asked["prompt"].as_str().unwrap().to_owned())
            .collect();
        for text in evil(world.root()) {
            assert!(asked.contains(&format!("{text} [[say got it]]")), "{text:?} in {asked:#?}");
        }
    });
}

#[test]
fn folders_of_any_name() {
    each(|world| {
        for name in [
            "with space",
            "it's \"quoted\"",
            "#{pid}#S",
            "semi;colon;",
            "$(touch pwned)",
            "日本語 é",
            "-dash",
            "%percent%",
            "new\nline",
        ] {
            let folder = world.root().join("projects").join(name);
            std::fs::create_dir_all(&folder).unwrap();
            let place = folder.to_str().unwrap();
            let project = format!("--project={place}");
            let made = world.json(["new", "--title", "Here", &project]);
            assert_eq!(made["project"], place);
            world.json(["start", "1", "--prompt", "[[bash: pwd > here]] [[say done]]", &project]);
            let request = || world.json(["inbox", &project]).as_array().unwrap().first().cloned();
            wait_until("it asks", || request().is_some());
            world.json(["approve", "1", &project]);
            wait_until("it ran there", || {
                std::fs::read_to_string(folder.join("here")).is_ok_and(|text| text == format!("{place}\n"))
            });
            world.json(["restart", "1", &project]);
            wait_until("it is back", || {
                world.json(["show", "1", &project])["task"]["agent_status"]["status"] == "idle"
            });
            world.json(["complete", "1", "--force", &project]);
        }
        assert!(!world.root().join("pwned").exists());
    });
}

#[test]
fn a_state_folder_of_any_name() {
    each(|mut world| {
        for name in ["with space", "it's #{pid}; $(touch pwned)", "日本語"] {
            let state = world.root().join(name);
            world.set("CHORUS_STATE_DIR", &state);
            let socket = format!("{}-{}", world.tmux_socket().display(), name.len());
            world.set("CHORUS_TMUX_SOCKET", &socket);
            let task = world.rested("Somewhere", "[[say hello]]");
            // tmux's own word of a death comes through a shell.
            let pane = world.look(&task)["pane"].as_str().unwrap().to_owned();
            let tmux = world
                .command("tmux")
                .args(["-S", &socket, "display-message", "-p", "-t", &pane, "#{pane_pid}"])
                .output()
                .unwrap();
            world.kill(String::from_utf8_lossy(&tmux.stdout).trim().parse().unwrap());
            world.until(&task, "exited signal");
            world.json(["restart", &task]);
            world.until(&task, "idle");
            world.json(["complete", &task]);
        }
        assert!(!world.root().join("pwned").exists() && !world.project().join("pwned").exists());
    });
}

#[test]
fn what_a_hook_says_is_bounded_and_cleaned() {
    let world = World::new();
    let task = world.rested("Hooked", "[[say hello]]");
    let pid = world.agent_pid(&task);
    let of = |name: &str| chorus::process::variable_of(pid, name).unwrap();
    let (uuid, launch) = (of("CHORUS_TASK"), of("CHORUS_LAUNCH"));
    let hook = |event: Value| {
        use std::io::Write;
        let mut command = world.chorus(["hook"]);
        command.env("CHORUS_TASK", &uuid).env("CHORUS_LAUNCH", &launch);
        let mut child =
            command.stdin(std::process::Stdio::piped()).stdout(std::process::Stdio::piped()).spawn().unwrap();
        child.stdin.take().unwrap().write_all(event.to_string().as_bytes()).unwrap();
        assert!(child.wait_with_output().unwrap().status.success());
    };
    for odd in [
        serde_json::json!({ "hook_event_name": "UserPromptSubmit", "prompt": format!("\u{1b}]0;x\u{7}{}", "y".repeat(2_000_000)) }),
        serde_json::json!({ "hook_event_name": "UserPromptSubmit", "prompt": 7 }),
        serde_json::json!({ "hook_event_name": "Stop", "last_assistant_message": ["not", "text"] }),
        serde_json::json!({ "hook_event_name": "PermissionRequest" }),
        serde_json::json!({ "hook_event_name": "SessionStart", "source": { "deep": [[[[]]]] } }),
        serde_json::json!({ "hook_event_name": "PostToolUse", "transcript_path": "/etc/passwd" }),
        serde_json::json!({ "hook_event_name": "Nonsense", "session_id": "../../x" }),
    ] {
        hook(odd);
    }
    let shown = world.run(["show", &task]).stdout;
    assert!(!shown.chars().any(|c| c.is_control() && c != '\n'), "{shown:?}");
    assert!(world.json(["show", &task]).to_string().len() < 1_500_000);
    world.json(["send", &task, "[[say still here]]"]);
    wait_until("it goes on", || world.journal(&task).iter().any(|(_, text)| text.contains("still here")));
    world.kill_daemon();
    world.until(&task, "idle");
}

#[test]
fn a_long_message_is_read_and_one_without_bound_ends_its_connection_only() {
    use std::io::{Read, Write};
    let world = World::new();
    world.task("There");
    let mut stream = std::os::unix::net::UnixStream::connect(world.socket()).unwrap();
    ask(&mut stream, hello(chorus::contract::PROTOCOL, &world.project())).unwrap();
    let odd = [serde_json::json!("x".repeat(5_000_000)), serde_json::json!(vec![1; 200_000])];
    for description in odd {
        let new = serde_json::json!({ "method": "task_new", "params": { "title": "x", "description": description } });
        assert_eq!(ask(&mut stream, new).unwrap_err()["code"], "bad_input");
    }
    stream.write_all(&[0xdd, 0xff, 0xff, 0xff, 0xff]).unwrap();
    assert_eq!(stream.read_to_end(&mut Vec::new()).unwrap(), 0);
    assert_eq!(world.json(["list"]).as_array().unwrap().len(), 1);
}
