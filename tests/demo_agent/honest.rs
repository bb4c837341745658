//! That nobody takes it for the real thing, and what only the stand-in has.

use super::{ID, demo};

#[test]
fn it_says_demo_wherever_it_shows() {
    let output = demo().program().arg("--version").output().unwrap();
    assert_eq!(String::from_utf8_lossy(&output.stdout), "0.0.0-demo (Chorus demo agent)\n");
    for size in [(40, 15), (80, 24), (200, 50)] {
        let stage = demo();
        stage.start_in(size, &["--session-id", ID, "-n", "a task"]);
        stage.await_screen("Chorus demo agent — not Claude Code");
        stage.await_screen("Chorus demo · a task ─");
        assert_eq!(stage.session()["version"], "0.0.0-demo");
        assert_eq!(stage.session()["demo"], true);
        let title = stage.tmux(&["display-message", "-p", "-t", "a", "#{pane_title}"]);
        assert_eq!(title.trim(), "✳ a task (Chorus demo)");
        stage.prompt("[[bash: touch x]]");
        stage.await_screen("❯ 1. Yes");
        stage.await_screen("Esc to cancel · Tab to amend");
        stage.answer("Escape");
        stage.prompt("[[hang 50]]");
        stage.await_screen("esc to interrupt");
    }
}

#[test]
fn a_prompt_without_markers_plays_a_scene_that_asks_before_it_writes() {
    let stage = demo().variable("CHORUS_DEMO_PLAIN", "0");
    stage.start(&["--session-id", ID]);
    // The hash of this prompt picks the scene that only writes.
    stage.prompt("Fix the parser");
    stage.await_status("waiting");
    stage.await_screen("❯ 1. Yes");
    let file = stage.project().join("chorus-demo/fix-the-parser.md");
    assert!(!file.exists());
    stage.answer("1");
    stage.await_status("idle");
    assert!(std::fs::read_to_string(file).unwrap().contains("Chorus demo agent"));
    let last = stage.last("Stop")["last_assistant_message"].as_str().unwrap().to_owned();
    assert!(last.contains("I rest now"), "{last}");
}

#[test]
fn a_new_size_is_painted_anew() {
    let stage = demo();
    stage.start(&["--session-id", ID]);
    stage.prompt("[[lines 40]]");
    stage.await_since("[[lines 40]]", &["UserPromptSubmit", "Stop"], "idle");
    for (cols, rows) in [(40, 15), (120, 40), (60, 20)] {
        stage.tmux(&["resize-window", "-t", "a", "-x", &cols.to_string(), "-y", &rows.to_string()]);
        let rule = "─".repeat(cols);
        stage.await_that("the box", || stage.screen().lines().filter(|line| **line == rule).count() == 1);
        let all = stage.tmux(&["capture-pane", "-p", "-t", "a", "-S", "-"]);
        assert_eq!(all.matches("line 40 of the scripted output").count(), 1, "{all}");
        assert_eq!(all.matches("not Claude Code").count(), 1, "{all}");
    }
}

#[test]
fn trust_is_asked_first_and_no_is_preselected() {
    let stage = demo().variable("CHORUS_DEMO_TRUST", "1");
    stage.start_in((80, 24), &["--session-id", ID]);
    stage.await_screen("❯ No, exit");
    assert!(stage.session_now().is_none());
    stage.press_until("Down", || stage.screen().contains("❯ Yes, I trust this folder"));
    stage.press(&["Enter"]);
    stage.await_status("idle");
    stage.await_hooks(|hooks| hooks.iter().any(|hook| hook["source"] == "startup"));

    let stage = demo().variable("CHORUS_DEMO_TRUST", "1");
    stage.start_in((80, 24), &["--session-id", ID]);
    stage.await_screen("❯ No, exit");
    let dead = || stage.tmux(&["display-message", "-p", "-t", "a", "#{pane_dead}"]).trim() == "1";
    stage.press_until("Enter", dead);
    // tmux before 3.6 may lose word of an end (seen with Debian's 3.3a): its server is reminded.
    let server = stage.tmux(&["display-message", "-p", "#{pid}"]);
    chorus_testkit::wait_until("the agent to end with 1", || {
        let reminded = std::process::Command::new("sh").args(["-c", "kill -s CHLD \"$0\"", server.trim()]).status();
        reminded.unwrap().success()
            && stage.tmux(&["display-message", "-p", "-t", "a", "#{pane_dead_status}"]).trim() == "1"
    });
    assert!(stage.hooks().is_empty());
}

#[test]
fn without_a_login_every_turn_fails() {
    let stage = demo().variable("CHORUS_DEMO_LOGIN", "1");
    stage.start(&["--session-id", ID]);
    stage.prompt("hello");
    stage.await_since("hello", &["UserPromptSubmit", "StopFailure"], "idle");
    assert_eq!(stage.last("StopFailure")["error"], "authentication_failed");
    stage.await_screen("Not logged in · Please run /login");
}

#[cfg(target_os = "linux")]
#[test]
fn at_rest_it_sleeps() {
    let stage = demo();
    stage.start(&["--session-id", ID]);
    stage.prompt("[[say done]]");
    stage.await_since("[[say done]]", &["UserPromptSubmit", "Stop"], "idle");
    let switches = || {
        let threads = std::fs::read_dir(format!("/proc/{}/task", stage.pid())).unwrap().flatten();
        let count = |thread: std::fs::DirEntry| {
            let status = std::fs::read_to_string(thread.path().join("status")).unwrap_or_default();
            let line = status.lines().find(|line| line.starts_with("voluntary_ctxt_switches")).unwrap_or("0");
            line.split_whitespace().last().unwrap().parse::<u64>().unwrap()
        };
        threads.map(count).sum::<u64>()
    };
    // Not waking can only be seen by looking twice.
    stage.await_that("rest", || {
        let before = switches();
        std::thread::sleep(std::time::Duration::from_millis(500));
        switches() == before
    });
}
