//! Whatever a screen, a session file, a hook or a rules file holds, nothing panics and nothing grows without bound.

use crate::corpus::states;
use chorus::agent::Adapter;
use chorus::agent::claude::Claude;
use chorus::agent::claude::session_file;
use chorus::detector::rules::{Rules, parse};
use chorus::detector::screen::{Beside, classify};
use chorus::evidence::reading::ScreenReading;
use chorus::evidence::{Evidence, Gives};
use chorus::status::AgentStatus;
use chorus_testkit::damage;
use serde_json::json;

fn read(capture: &str) -> ScreenReading {
    let rules = Rules::of(Some(Claude.screen_rules()), None).unwrap();
    let reading = classify(&rules, capture, Beside::default());
    let detail = &reading.detail;
    for text in [&detail.tool, &detail.summary, &detail.message, &detail.retry, &reading.typed].into_iter().flatten() {
        assert!(text.chars().count() <= 500 && !text.contains(char::is_control), "unbounded or raw: {text:?}");
    }
    if let Some(dialog) = &reading.dialog {
        for index in 0..dialog.options.len() {
            dialog.choose(index);
        }
        dialog.approve();
    }
    reading
}

fn numbers(seed: u64) -> impl FnMut() -> usize {
    let mut next = damage::numbers(seed);
    move || next(usize::MAX)
}

#[test]
fn truncated_and_damaged_captures() {
    let mut next = numbers(7);
    for capture in states().iter().flat_map(|state| state.captures()) {
        let (name, capture) = (capture.name, capture.escaped);
        let bytes = capture.as_bytes();
        for _ in 0..4 {
            let from = next() % (bytes.len() + 1);
            let to = from + next() % (bytes.len() + 1 - from);
            read(&String::from_utf8_lossy(&bytes[from..to]));
            let mut damaged = bytes.to_vec();
            for _ in 0..8 {
                if let Some(byte) = damaged.get_mut(next() % bytes.len().max(1)) {
                    *byte = next() as u8;
                }
            }
            read(&String::from_utf8_lossy(&damaged));
        }
        // Half a screen is never taken for a shell or a death.
        let half = read(&capture[..capture.floor_char_boundary(capture.len() / 2)]);
        let says_so = name.starts_with("onboarding_no_network") || half.rule.starts_with("suspended");
        assert!(half.status != AgentStatus::Exited || says_so, "{name}");
    }
}

#[test]
fn monstrous_captures() {
    assert_eq!(read("").status, AgentStatus::Starting);
    assert_eq!(read(&"\n".repeat(1_000_000)).status, AgentStatus::Starting);
    read(&"❯".repeat(1_000_000));
    read(&"\u{1b}[".repeat(1_000_000));
    read(&"\u{1b}]".repeat(1_000_000));
    read(&"─".repeat(200_000));
    read(&"────────────\n❯ \n".repeat(50_000));
    read(&" ❯ 1. Yes\n".repeat(100_000));
    read(" 255. x\n 256. y\n ❯ 99. z\n 0. a\n");
    read(&(0..5_000).map(|row| format!("❯ {row}. {}\n", "x".repeat(300))).collect::<String>());
    read(&"e\u{301}\u{200d}👩‍👩‍👧\u{202e}\u{0}\u{7f}\n".repeat(10_000));
    let mut next = numbers(11);
    for _ in 0..50 {
        let noise: Vec<u8> = (0..20_000).map(|_| next() as u8).collect();
        read(&String::from_utf8_lossy(&noise));
    }
}

#[test]
fn monstrous_files_and_hooks() {
    assert!(session_file::parse("{".repeat(100_000).as_bytes()).is_none());
    assert!(session_file::parse(format!("{{\"pid\":1,\"name\":\"{}\"}}", "x".repeat(1_000_000)).as_bytes()).is_none());
    let mut evidence = Evidence::launched(Gives { session: true, hooks: true }, 0);
    for round in 0..5_000_i64 {
        let id = round.to_string();
        let input = json!({"command": format!("{round}{}", "x".repeat(1_000))});
        evidence.saw_event(
            &Claude.parse(&json!({"hook_event_name": "PreToolUse", "tool_use_id": id, "tool_input": input})),
            &id,
            round,
        );
        evidence.saw_event(&Claude.parse(&json!({"hook_event_name": "SubagentStart", "agent_id": id})), &id, round);
        evidence.saw_event(
            &Claude.parse(&json!({"hook_event_name": "PermissionRequest", "tool_name": "Bash", "tool_input": input})),
            &id,
            round,
        );
        evidence.close_request(&format!("unknown {round}"));
    }
    assert!(
        evidence.hooks.requests.len() <= 64 && evidence.hooks.tools.len() <= 64 && evidence.hooks.subagents.len() <= 64
    );
}

#[test]
fn a_rules_file_is_refused_in_words() {
    let refused = |toml: &str| match parse("own.toml", toml)
        .and_then(|file| Rules::of(Some(Claude.screen_rules()), Some(file)))
    {
        Ok(_) => panic!("accepted: {toml}"),
        Err(error) => error.message,
    };
    let idle = "`(` is not a regular expression: unclosed group (in `status.idle`)";
    assert_eq!(refused("[status.idle]\npatterns = ['a', '(']"), format!("own.toml:2:18: {idle}"));
    let rule = "\n[[rule]]\nname = 'x'\nstatus = 'idle'\nwhen = [\n  { in = 'tail', has = '[' },\n]";
    assert_eq!(refused(rule), "own.toml:6:24: `[` is not a regular expression: unclosed character class (in `x`)");
    let typo = refused("[status.idel]\npatterns = []");
    assert!(typo.starts_with("own.toml:1:9: ") && typo.contains("idel") && !typo.contains('\n'), "{typo}");
    assert!(refused("[[rule]]\nname = 'x'\nstatus = 'idle'\nwhen = []").contains("no condition"));
    assert!(refused("[[rule]]\nname = 'x'\nstatus = 'lazy'\nwhen = [{in='tail'}]").contains("lazy"));
    let large = refused("[status.idle]\npatterns = ['(a{1000}){1000}{1000}']");
    assert!(large.starts_with("own.toml:2:13: `(a{1000}){1000}{1000}` is too large"), "{large}");
    let each = refused(&format!("[status.idle]\npatterns = [{}]", "'.{200}x',".repeat(100)));
    assert!(each.ends_with("the patterns of `status.idle` are too large together"), "{each}");
    let many = format!("[status.idle]\npatterns = [{}]", "'a',".repeat(600));
    assert!(refused(&many).contains("more than"));
}

#[test]
fn the_plain_patterns_fit_any_agent() {
    let seeds =
        "[status.idle]\npatterns = ['>\\s*$', 'claude>\\s*$']\n[status.waiting]\npatterns = ['\\(y/n\\)', 'Allow\\?']";
    let rules = Rules::of(None, Some(parse("seeds.toml", seeds).unwrap())).unwrap();
    let status = |text: &str| classify(&rules, text, Beside::default()).status;
    assert_eq!(status("hello\nother> "), AgentStatus::Idle);
    assert_eq!(status("other> go\nwork, work"), AgentStatus::Unknown);
    assert_eq!(status("Delete it? (y/n)\nother> "), AgentStatus::Waiting, "waiting is asked before idle");
    let far = format!("Delete it? (y/n)\n{}other>", "line\n".repeat(15));
    assert_eq!(status(&far), AgentStatus::Idle, "only the last 15 lines count");
}

#[test]
fn words_answer_a_question_only_where_no_dialog_can_have_a_mark() {
    let found = |built_in: Option<&'static str>, answers: &str| {
        let own = format!("[status.waiting]\npatterns = ['^Go on\\?$']\n{answers}");
        let rules = Rules::of(built_in, Some(parse("own.toml", &own).unwrap())).unwrap();
        let reading = classify(&rules, "A new kind of dialog\nGo on?\n", Beside::default());
        assert_eq!((reading.status, reading.rule.as_str()), (AgentStatus::Waiting, "status.waiting"));
        let dialog = reading.dialog.unwrap();
        (dialog.takes_words, dialog.is_answerable())
    };
    let claude = Some(Claude.screen_rules());
    let answers = "[answers]\nyes = ['y', 'Enter']\nno = ['n', 'Enter']";
    assert_eq!(found(None, ""), (true, true));
    assert_eq!(found(claude, ""), (false, false));
    assert_eq!(found(None, answers), (false, true));
    assert_eq!(found(claude, answers), (false, true), "a person configured the keys");
}

#[test]
fn a_persons_rule_comes_first() {
    let own = "[[rule]]\nname = 'mine'\nstatus = 'waiting'\nkind = 'question'\nwhen = [{in = 'footer', has = 'PRESS (?P<summary>.+)'}]";
    let rules = Rules::of(Some(Claude.screen_rules()), Some(parse("own.toml", own).unwrap())).unwrap();
    let screen = "──────────────\n❯ \n──────────────\n  PRESS any key · ? for shortcuts";
    let reading = classify(&rules, screen, Beside::default());
    assert_eq!((reading.rule.as_str(), reading.detail.summary.as_deref()), ("mine", Some("any key · ? for shortcuts")));
    let other = "──────────────\n❯ \n──────────────\n  esc to interrupt";
    assert_eq!(classify(&rules, other, Beside::default()).rule, "busy", "the built-in ones follow");
}

#[test]
fn damaged_hooks() {
    let mut evidence = Evidence::launched(Gives { session: true, hooks: true }, 0);
    let mut at = 0;
    damage::each_value(&damage::hooks(), |event| {
        let event = Claude.parse(event);
        assert!(format!("{event:?}").len() < 4_000_000);
        at += 1;
        evidence.saw_event(&event, "e", at);
    });
}

#[test]
fn damaged_session_files() {
    let recorded = r#"{"pid":6294,"sessionId":"e366","cwd":"/tmp/proj3","startedAt":1795159031843,"procStart":"354166",
        "version":"2.1.328","kind":"interactive","entrypoint":"cli","name":"a","status":"waiting","waitingFor":"permission prompt",
        "updatedAt":1795159041843,"peerProtocol":1}"#;
    assert!(session_file::parse(recorded.as_bytes()).is_some());
    damage::each(&[recorded.into()], |bytes| {
        if let Some(session) = session_file::parse(bytes) {
            assert!(format!("{session:?}").len() < 1_000_000, "it is not bounded");
        }
    });
}
