//! How often the detector is right, and on what it is wrong.

use chorus::detector::rules::Rules;
use chorus::detector::screen::{Beside, Reading, classify};
use chorus::status::{AgentStatus, Kind};
use serde::Deserialize;
use std::path::PathBuf;

/// One state of the client, captured at several sizes, plain and with escapes.
#[derive(Debug, Deserialize)]
pub struct State {
    pub state: String,
    pub set: String,
    pub status: String,
    pub tool: Option<String>,
    pub session: Option<String>,
    pub waiting_for: Option<String>,
    pub command: String,
    pub sizes: Vec<String>,
}

impl State {
    /// Name and content of each capture.
    pub fn captures(&self) -> Vec<(String, String)> {
        let names =
            self.sizes.iter().flat_map(|size| ["txt", "ansi"].map(|kind| format!("{}-{size}.{kind}", self.state)));
        names.map(|name| (name.clone(), std::fs::read_to_string(folder().join(name)).unwrap())).collect()
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
pub fn word(status: AgentStatus, kind: Option<Kind>) -> String {
    let name = |value: serde_json::Value| value.as_str().unwrap_or_default().to_owned();
    let status_name = name(serde_json::to_value(status).unwrap());
    match (status, kind) {
        (AgentStatus::Waiting, Some(Kind::Dialog)) => "waiting_question".into(),
        (AgentStatus::Waiting, Some(kind)) => format!("waiting_{}", name(serde_json::to_value(kind).unwrap())),
        _ => status_name,
    }
}

fn read(rules: &Rules, state: &State, capture: &str) -> Reading {
    classify(rules, capture, Beside { command: Some(&state.command), dead: None })
}

#[test]
fn screens_alone() {
    let rules = Rules::for_agent("claude", None).unwrap();
    let mut misses = Vec::new();
    let mut counts = std::collections::BTreeMap::<(String, String), (u32, u32)>::new();
    for state in states() {
        for (name, capture) in state.captures() {
            let reading = read(&rules, &state, &capture);
            let got = word(reading.status, reading.kind);
            let size = name.rsplit_once('.').unwrap().0.rsplit_once('-').unwrap().1.to_owned();
            let count = counts.entry((state.set.clone(), size)).or_default();
            count.1 += 1;
            if got == state.status {
                count.0 += 1;
            } else {
                misses.push(format!("{} {name}: {got} by {}, not {}", state.set, reading.rule, state.status));
            }
        }
    }
    println!("{}", misses.join("\n"));
    println!("{counts:#?}");
}
