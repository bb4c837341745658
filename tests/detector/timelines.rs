//! Recorded sessions of the real client, played back in the order in which things became known: every change of its
//! session file, every hook, and the driver's marks of what was true (`tests/fixtures/timelines`).

use chorus::agent::Adapter;
use chorus::agent::claude::Claude;
use chorus::agent::claude::session_file::parse;
use chorus::detector::detect;
use chorus::evidence::{Evidence, Gives};
use chorus::status::Millis;
use serde_json::Value;
use std::path::PathBuf;

/// A hook reaches the daemon a little after it ran.
const HOOK_LATENCY: Millis = 40;

pub fn timelines() -> Vec<(String, Vec<Value>)> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/timelines");
    let files = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let read = |path: PathBuf| {
        let text = std::fs::read_to_string(&path).unwrap();
        let name = path.file_stem().unwrap().to_string_lossy().into_owned();
        let mut lines: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        lines.sort_by_key(|line| time(line) + if line.get("hook").is_some() { HOOK_LATENCY } else { 0 });
        (name, lines)
    };
    let mut all: Vec<_> = files.map(read).collect();
    all.sort_by(|one, other| one.0.cmp(&other.0));
    all
}

pub fn time(line: &Value) -> Millis {
    line["at"].as_i64().unwrap()
}

fn status_word(evidence: &Evidence, now: Millis) -> String {
    let state = detect(evidence, now).state;
    let status = serde_json::to_value(state.status).unwrap();
    let kind = state.kind.map(|kind| format!("/{}", serde_json::to_value(kind).unwrap().as_str().unwrap()));
    format!("{}{}", status.as_str().unwrap(), kind.unwrap_or_default())
}

/// Plays a timeline; tells what was wrong at the marks, and how many marks there were.
fn play(name: &str, lines: &[Value], files: bool, hooks: bool) -> (Vec<String>, usize) {
    let mut evidence = Evidence::launched(Gives { session: files, hooks }, time(&lines[0]) - 1_000);
    let (mut wrong, mut marks) = (Vec::new(), 0);
    for (place, line) in lines.iter().enumerate() {
        let at = time(line);
        if let Some(hook) = line.get("hook").filter(|_| hooks) {
            evidence.saw_event(&Claude.parse(hook), &place.to_string(), at);
        } else if let Some(file) = line.get("file").filter(|_| files) {
            match (parse(file.to_string().as_bytes()), line["alive"] == true) {
                (Some(file), true) => evidence.saw_session(file, true, at),
                (Some(_), false) => evidence.session_died(at),
                (None, _) => evidence.session_removed(at),
            }
        } else if let Some(truth) = line["is"].as_str() {
            marks += 1;
            let got = status_word(&evidence, at);
            if got != truth {
                wrong.push(format!("{name}:{}: {got}, not {truth}", place + 1));
            }
        }
    }
    (wrong, marks)
}

#[test]
fn recorded_sessions_are_read_right() {
    let timelines = timelines();
    let mut marks = 0;
    let mut wrong = Vec::new();
    for (name, lines) in &timelines {
        let (mut misses, count) = play(name, lines, true, true);
        wrong.append(&mut misses);
        marks += count;
    }
    assert!(wrong.is_empty(), "{} of {marks} wrong:\n{}", wrong.len(), wrong.join("\n"));
    assert!(marks >= 80, "the recordings are there: {marks}");
}
