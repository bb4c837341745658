//! How often the detector is right on captures of the real client, and on what it is wrong.
//!
//! The captures, what is right for each, and what was right at first sight: `tests/fixtures/screens/README.md`.

use chorus::agent::Adapter;
use chorus::agent::claude::Claude;
use chorus::agent::claude::session_file;
use chorus::detector::rules::Rules;
use chorus::detector::screen::{Beside, classify, lines};
use chorus::detector::{SETTLE, detect};
use chorus::evidence::reading::{Means, ScreenReading};
use chorus::evidence::{Evidence, Gives, Process};
use chorus::status::{AgentStatus, Kind};
use serde::Deserialize;
use serde_json::json;
use std::collections::BTreeMap;
use std::path::PathBuf;

/// One state of the client, captured at several sizes.
#[derive(Clone, Debug, Deserialize)]
pub struct State {
    pub state: String,
    pub set: String,
    /// The status, and for `waiting` its kind: `waiting_permission`.
    pub status: String,
    pub tool: Option<String>,
    /// The session file's `status` and `waitingFor` at the time.
    pub session: Option<String>,
    pub waiting_for: Option<String>,
    pub command: String,
    pub dead: Option<i32>,
    pub sizes: Vec<String>,
    /// Why no screen can tell it, where that is so.
    pub beyond: Option<String>,
}

pub struct Capture {
    pub name: String,
    pub escaped: String,
    pub plain: String,
}

impl State {
    pub fn captures(&self) -> Vec<Capture> {
        let capture = |size: &String| {
            let name = format!("{}-{size}.ansi", self.state);
            let escaped = std::fs::read_to_string(folder().join(&name)).unwrap();
            let plain = lines::lines(&escaped).into_iter().map(|line| line.text + "\n").collect();
            Capture { name, escaped, plain }
        };
        self.sizes.iter().map(capture).collect()
    }

    fn beside(&self) -> Beside<'_> {
        Beside { command: Some(&self.command), dead: self.dead }
    }
}

pub fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/screens")
}

pub fn states() -> Vec<State> {
    let index = std::fs::read_to_string(folder().join("index.jsonl")).unwrap();
    index.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// The index's word for a status: a dialog that the person opened counts as a question.
fn word(status: AgentStatus, kind: Option<Kind>) -> String {
    let name = |value: serde_json::Value| value.as_str().unwrap_or_default().to_owned();
    let kind_name = kind.map(|kind| name(serde_json::to_value(kind).unwrap()));
    match (status, kind) {
        (AgentStatus::Waiting, Some(Kind::Dialog)) => "waiting_question".into(),
        (AgentStatus::Waiting, _) => format!("waiting_{}", kind_name.unwrap_or_default()),
        _ => name(serde_json::to_value(status).unwrap()),
    }
}

/// Right answers and all answers, by set, with what was wrong.
#[derive(Default)]
struct Score {
    sets: BTreeMap<String, (usize, usize)>,
    misses: Vec<String>,
}

impl Score {
    fn add(&mut self, state: &State, name: &str, got: &str, by: &str, right: bool) {
        let set = self.sets.entry(state.set.clone()).or_default();
        set.0 += usize::from(right);
        set.1 += 1;
        if !right {
            self.misses.push(format!("{}: {name}: {got} by `{by}`, not {}", state.set, state.status));
        }
    }

    fn assert(&self, share: f64) {
        let told = format!("{:?}\n{}", self.sets, self.misses.join("\n"));
        for (right, all) in self.sets.values() {
            assert!(*right as f64 >= share * *all as f64, "under {share}: {told}");
        }
        assert!(self.sets.len() >= 5, "the corpus is there: {told}");
    }
}

fn claude() -> Rules {
    Rules::of(Some(Claude.screen_rules()), None).unwrap()
}

/// What `state`'s session file and a reading of its screen make together, no hook having told anything.
fn fused(state: &State, reading: ScreenReading) -> (AgentStatus, Option<Kind>, String) {
    let at = 1_795_159_000_000;
    let mut evidence = Evidence::launched(Gives { session: true, hooks: true }, at);
    let suspended = state.session.is_some() && state.command == "bash";
    evidence.saw_process(Process::Alive { command: Some(state.command.clone()), suspended }, at + 1);
    let text =
        json!({"pid": 7, "status": state.session, "waitingFor": state.waiting_for, "statusUpdatedAt": at + 1_000});
    evidence.saw_session(session_file::parse(text.to_string().as_bytes()).unwrap(), true, at + 1_015);
    // Ctrl-Z in a client that is the pane's own program: it has left its terminal.
    evidence.saw_terminal(state.session.is_some() && state.status == "exited", at + 1_020);
    evidence.saw_screen(reading, (80, 24), true, at + 1_000 + SETTLE);
    let verdict = detect(&evidence, at + 1_400);
    (verdict.state.status, verdict.state.kind, verdict.rule)
}

#[test]
fn screens_alone() {
    let (rules, mut score) = (claude(), Score::default());
    for state in states().iter().filter(|state| state.beyond.is_none()) {
        for capture in state.captures() {
            for text in [&capture.escaped, &capture.plain] {
                let reading = classify(&rules, text, state.beside());
                let got = word(reading.status, reading.kind);
                score.add(state, &capture.name, &got, &reading.rule, got == state.status);
            }
        }
    }
    score.assert(0.97);
}

#[test]
fn session_file_and_screen_together() {
    let (rules, mut statuses, mut kinds) = (claude(), Score::default(), Score::default());
    for state in states().iter().filter(|state| state.beyond.is_none()) {
        for capture in state.captures() {
            let reading = classify(&rules, &capture.escaped, state.beside());
            let (status, kind, rule) = match state.session {
                Some(_) => fused(state, reading),
                None => (reading.status, reading.kind, reading.rule),
            };
            let got = word(status, kind);
            let first = |word: &str| word.split('_').next().unwrap_or_default().to_owned();
            statuses.add(state, &capture.name, &got, &rule, first(&got) == first(&state.status));
            kinds.add(state, &capture.name, &got, &rule, got == state.status);
        }
    }
    statuses.assert(1.0);
    kinds.assert(0.99);
}

#[test]
fn escapes_change_nothing_but_what_was_typed() {
    let rules = claude();
    for state in states() {
        for capture in state.captures() {
            let read = |text: &str| ScreenReading { typed: None, ..classify(&rules, text, state.beside()) };
            assert_eq!(read(&capture.escaped), read(&capture.plain), "{}", capture.name);
        }
    }
    let typed = |state: &str, size: &str| {
        let text = std::fs::read_to_string(folder().join(format!("{state}-{size}.ansi"))).unwrap();
        classify(&rules, &text, Beside::default()).typed
    };
    assert_eq!(typed("idle_typed", "80x24").as_deref(), Some("fix the failing test in"));
    for ghost in ["error_529_final", "busy_queued", "login_required_after_prompt"] {
        assert_eq!(typed(ghost, "80x24"), None, "{ghost}");
    }
}

#[test]
fn a_dialog_is_approved_by_the_right_keys_or_not_at_all() {
    let rules = claude();
    let (mut approved, mut all) = (0, 0);
    let drawn = |state: &&State| state.status == "waiting_permission" && state.state != "permission_held";
    for state in states().iter().filter(drawn) {
        for capture in state.captures() {
            let dialog = classify(&rules, &capture.plain, state.beside()).dialog;
            let dialog = dialog.unwrap_or_else(|| panic!("no options: {}", capture.name));
            all += 1;
            assert_eq!(dialog.deny().unwrap(), ["Escape"]);
            for (index, choice) in dialog.options.iter().enumerate() {
                assert!(choice.means != Means::Yes || choice.label == "Yes", "{}: {choice:?}", capture.name);
                assert!(choice.means != Means::No || dialog.choose(index).is_none(), "{}", capture.name);
                assert!(
                    !(choice.label == "No" || choice.label.starts_with("No,")) || choice.means == Means::No,
                    "{}: {choice:?}",
                    capture.name
                );
            }
            let Some(keys) = dialog.approve() else { continue };
            approved += 1;
            let yes = dialog.options.iter().position(|choice| choice.label == "Yes").unwrap();
            match dialog.options[yes].digit {
                Some(digit) => assert_eq!(keys, [digit.to_string()], "{}", capture.name),
                None => assert_eq!(keys, ["Down", "Enter"], "{}", capture.name),
            }
        }
    }
    assert!(approved * 100 >= all * 95, "{approved} of {all} can be approved by keys");
    for state in states()
        .iter()
        .filter(|state| ["trust_dialog", "bypass_warning", "trust_add_dir_dialog"].contains(&state.state.as_str()))
    {
        for capture in state.captures() {
            let dialog = classify(&rules, &capture.plain, state.beside()).dialog;
            let dialog = dialog.unwrap_or_else(|| panic!("no dialog is read from {}", capture.name));
            // What lifts all limits is for the terminal alone; elsewhere refusal is preselected.
            let expected = (state.state != "bypass_warning").then_some(vec!["Down".to_owned(), "Enter".to_owned()]);
            assert_eq!(dialog.approve(), expected, "{}", capture.name);
        }
    }
}

#[test]
fn a_dialogs_tool_is_named_right_or_not_at_all() {
    let rules = claude();
    let (mut named, mut all) = (0, 0);
    for state in states().iter().filter(|state| state.status == "waiting_permission") {
        let Some(tool) = state.tool.as_ref().filter(|tool| !tool.starts_with("mcp__")) else { continue };
        for capture in state.captures().iter().filter(|capture| !capture.name.contains("40x15")) {
            let reading = classify(&rules, &capture.plain, state.beside());
            all += 1;
            named += usize::from(reading.detail.tool.is_some());
            assert!(
                reading.detail.tool.as_ref().is_none_or(|found| found == tool),
                "{}: {:?}",
                capture.name,
                reading.detail
            );
        }
    }
    assert!(named * 10 >= all * 9, "{named} of {all}");
}
