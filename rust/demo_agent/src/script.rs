//! The marker language: what a prompt such as `[[bash: ls]] [[say done]]` makes the agent play. Pure.
//!
//! It is the language of the scripted API that drives the real client in the tests, so that one test runs on both.
//! The k-th turn of the model plays the k-th marker; a marker that answers with text ends the turn.

use crate::Json;
use serde_json::json;

/// One turn of the pretended model.
#[derive(Debug, Clone, PartialEq)]
pub enum Step {
    /// Text; the turn ends.
    Answer(Answer),
    /// Tool calls, with what is said and thought before them.
    Call {
        /// Said first.
        before: Vec<Answer>,
        /// One after the other.
        calls: Vec<Call>,
    },
    /// The request fails.
    Fault(Fault),
}

/// Something the model says, or how it takes its time.
#[derive(Debug, Clone, PartialEq)]
pub enum Answer {
    /// This text.
    Say(String),
    /// Five words a second, for so many seconds.
    Slow(f64),
    /// A thinking block of so many seconds.
    Think(f64),
    /// Nothing for so many seconds.
    Hang(f64),
    /// One text if every call of the turn was allowed, another if one was not.
    Report {
        /// All went well.
        done: String,
        /// A call was refused or failed.
        refused: String,
    },
}

/// A tool call.
#[derive(Debug, Clone, PartialEq)]
pub struct Call {
    /// The tool's name as hooks show it.
    pub name: String,
    /// Its input.
    pub input: Json,
}

/// A failing request.
#[derive(Debug, Clone, PartialEq)]
pub struct Fault {
    /// HTTP status; 0 for a connection that is refused or lost.
    pub code: u16,
    /// What the API says.
    pub message: String,
    /// How often it fails before it answers; for ever when absent.
    pub times: Option<u32>,
    /// Seconds from a `retry-after` header.
    pub retry_after: Option<f64>,
}

/// The path in a `Write` of the plan file; the agent puts the real one in.
pub const PLAN_FILE: &str = "PLANFILE";

const PLAN: &str = "# Plan\n\n1. Read the code\n2. Change `app.txt`\n3. Run the tests\n";
const WORDS: &str = "the quick brown fox jumps over a lazy dog while seven careful otters sort pebbles beside the \
                     quiet river";

/// The first `count` words of an endless slow text, a line after each twelve.
pub fn slow_text(count: usize) -> String {
    let words = WORDS.split(' ').cycle().take(count).enumerate();
    words.map(|(at, word)| format!("{word}{}", if at % 12 == 11 { ".\n" } else { " " })).collect()
}

/// The steps of a prompt; empty when it holds no marker.
pub fn steps(prompt: &str) -> Vec<Step> {
    markers(prompt).into_iter().map(step).collect()
}

/// The top-level `[[…]]` bodies in order; brackets may nest.
fn markers(text: &str) -> Vec<&str> {
    let (mut found, mut depth, mut begin, mut at) = (Vec::new(), 0, 0, 0);
    while at < text.len() {
        if text[at..].starts_with("[[") {
            depth += 1;
            at += 2;
            begin = if depth == 1 { at } else { begin };
        } else if depth > 0 && text[at..].starts_with("]]") {
            depth -= 1;
            if depth == 0 {
                found.push(text[begin..at].trim());
            }
            at += 2;
        } else {
            at += text[at..].chars().next().map_or(1, char::len_utf8);
        }
    }
    found
}

/// `bash: ls -l` → (`bash`, `ls -l`); `say a: b` → (`say`, `a: b`).
fn split(marker: &str) -> (String, &str) {
    let first = marker.split(' ').next().unwrap_or_default();
    let end = first.find(':').unwrap_or(first.len());
    let rest = marker[end..].trim_start_matches(':').trim();
    (marker[..end].to_lowercase(), rest)
}

fn step(marker: &str) -> Step {
    let (word, rest) = split(marker);
    let seconds = |usual: f64| rest.parse().unwrap_or(usual);
    let say = |text: &str| Step::Answer(Answer::Say(text.to_owned()));
    match word.as_str() {
        "say" => say(rest),
        "slow" => Step::Answer(Answer::Slow(seconds(5.0))),
        "think" => Step::Answer(Answer::Think(seconds(3.0))),
        "hang" => Step::Answer(Answer::Hang(seconds(30.0))),
        "lines" => {
            let count = rest.parse().unwrap_or(10);
            let lines: Vec<_> = (1..=count).map(|line| format!("line {line} of the scripted output")).collect();
            say(&lines.join("\n"))
        }
        "md" => say("# Heading\n\nSome **bold** text and `code`.\n\n- item one\n- item two\n"),
        "usage" => say(&format!("Reported {rest} input tokens.")),
        "stop" => say("Stopping early."),
        "error" | "errmsg" => Step::Fault(fault(&word, rest)),
        "refuse" | "drop" | "sseerror" => {
            let message = "Connection error".to_owned();
            Step::Fault(Fault { code: 0, message, times: None, retry_after: None })
        }
        _ => match calls(marker) {
            Some(calls) => Step::Call { before: Vec::new(), calls },
            None => say(&format!("The demo agent does not know the marker {marker:?}.")),
        },
    }
}

fn fault(word: &str, rest: &str) -> Fault {
    let mut parts = rest.split(' ');
    let code = parts.next().and_then(|code| code.parse().ok()).unwrap_or(500);
    let kind = match code {
        400 => "invalid_request_error",
        401 => "authentication_error",
        403 => "permission_error",
        404 => "not_found_error",
        413 => "request_too_large",
        429 => "rate_limit_error",
        529 => "overloaded_error",
        _ => "api_error",
    };
    if word == "errmsg" {
        let message = parts.collect::<Vec<_>>().join(" ");
        return Fault { code, message, times: None, retry_after: None };
    }
    let mut fault = Fault { code, message: format!("Scripted {kind}"), times: None, retry_after: None };
    for part in parts {
        fault.times = part.strip_prefix('x').and_then(|times| times.parse().ok()).or(fault.times);
        fault.retry_after = part.strip_prefix("ra=").and_then(|wait| wait.parse().ok()).or(fault.retry_after);
    }
    fault
}

fn calls(marker: &str) -> Option<Vec<Call>> {
    let (word, rest) = split(marker);
    let call = |name: &str, input: Json| Some(vec![Call { name: name.to_owned(), input }]);
    let content = "alpha\none\ntwo\n";
    match word.as_str() {
        "bash" => call("Bash", json!({"command": rest, "description": "Run a scripted command"})),
        "bashbg" => {
            let description = "Run in the background";
            call("Bash", json!({"command": rest, "description": description, "run_in_background": true}))
        }
        "read" => call("Read", json!({"file_path": rest})),
        "write" => call("Write", json!({"file_path": rest, "content": content})),
        "edit" => {
            let (old, new) = ("alpha", "beta");
            call("Edit", json!({"file_path": rest, "old_string": old, "new_string": new, "replace_all": false}))
        }
        "ask" => call("AskUserQuestion", json!({"questions": [colour()]})),
        "ask2" => call("AskUserQuestion", json!({"questions": [colour(), platforms()]})),
        "plan" => call("ExitPlanMode", json!({"plan": PLAN})),
        "planfile" => {
            let path = if rest.is_empty() { PLAN_FILE } else { rest };
            call("Write", json!({"file_path": path, "content": PLAN}))
        }
        "subagent" | "subagentbg" => {
            let prompt = if rest.is_empty() { "say hello" } else { rest };
            let description = "Scripted helper";
            call("Agent", json!({"description": description, "prompt": prompt, "subagent_type": "general-purpose"}))
        }
        "tool" => {
            let (name, input) = rest.split_once(' ').unwrap_or((rest, "{}"));
            call(name, serde_json::from_str(input).unwrap_or_else(|_| json!({})))
        }
        "par" => Some(rest.split('|').filter_map(|part| calls(part.trim())).flatten().collect()),
        _ => None,
    }
}

fn colour() -> Json {
    json!({"question": "Which colour should the button be?", "header": "Colour",
        "options": [{"label": "Red", "description": "A warm colour"}, {"label": "Blue", "description": "A cool colour"}],
        "multiSelect": false})
}

fn platforms() -> Json {
    json!({"question": "Which platforms do we support?", "header": "Platforms",
        "options": [{"label": "Linux", "description": "Desktop and server"},
            {"label": "macOS", "description": "Laptops"}, {"label": "Windows", "description": "Everything else"}],
        "multiSelect": true})
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markers_nest_and_the_rest_is_prose() {
        assert_eq!(markers("do [[say a]] then [[subagent: [[slow 2]] x]] é"), ["say a", "subagent: [[slow 2]] x"]);
        assert!(steps("no marker, [[ open").is_empty());
    }

    #[test]
    fn a_command_keeps_its_colons_and_a_sentence_too() {
        let Step::Call { calls, .. } = step("bash: echo a: b") else { panic!("a call") };
        assert_eq!(calls[0].input["command"], "echo a: b");
        assert_eq!(step("say one: two"), Step::Answer(Answer::Say("one: two".into())));
    }

    #[test]
    fn faults_have_a_code_a_count_and_a_delay() {
        let message = "Scripted rate_limit_error".to_owned();
        let fault = Fault { code: 429, message, times: Some(2), retry_after: Some(3.0) };
        assert_eq!(step("error 429 x2 ra=3"), Step::Fault(fault));
        assert!(matches!(step("errmsg 400 out of credit"), Step::Fault(fault) if fault.message == "out of credit"));
    }

    #[test]
    fn several_calls_of_one_turn() {
        let Step::Call { calls, .. } = step("par bash: a | write /f") else { panic!("calls") };
        assert_eq!(calls.iter().map(|call| call.name.as_str()).collect::<Vec<_>>(), ["Bash", "Write"]);
    }

    #[test]
    fn any_tool_can_be_called() {
        let Step::Call { calls, .. } = step(r#"tool Write {"file_path":"/f","content":"x"}"#) else { panic!("a call") };
        assert_eq!((calls[0].name.as_str(), &calls[0].input["content"]), ("Write", &json!("x")));
    }

    #[test]
    fn slow_text_breaks_its_lines() {
        assert_eq!(slow_text(3), "the quick brown ");
        assert!(slow_text(13).ends_with("careful.\notters "));
    }
}
