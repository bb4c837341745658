//! What a command ends with: JSON and exit 0, or a refusal.

use serde_json::{Value, json};

/// A command that went well.
#[derive(Default)]
pub struct Answer {
    /// Printed with `--json`; nothing prints nothing.
    pub json: Option<Value>,
    /// Printed without `--json`.
    pub human: String,
    /// Lines for standard error.
    pub note: Option<String>,
    /// Whether the words are printed with `--json` too.
    pub always: bool,
}

/// A command that did not.
#[derive(Debug)]
pub enum Refusal {
    /// Exit 1, `Error: …` on standard error.
    Text(String),
    /// Exit 1, the text as it is on standard error.
    Bare(String),
    /// Exit 2, an argument error.
    Usage(String),
    /// Exit 1, JSON on standard output as well: why, and what standard error says after it.
    SetupRequired(String),
    /// Exit 1 with JSON on standard output and nothing on standard error.
    Json(Value),
}

impl Answer {
    /// JSON for programs, words for people.
    pub fn new(json: Value, human: impl Into<String>) -> Answer {
        Answer { json: Some(json), human: human.into(), ..Answer::default() }
    }

    /// Words for everybody: versions and help.
    pub fn words(words: impl Into<String>) -> Answer {
        Answer { human: words.into(), always: true, ..Answer::default() }
    }

    /// Nothing for programs.
    pub fn silent(human: impl Into<String>) -> Answer {
        Answer { human: human.into(), ..Answer::default() }
    }
}

impl Refusal {
    /// A plain refusal.
    pub fn text(text: impl Into<String>) -> Refusal {
        Refusal::Text(text.into())
    }

    /// A refusal with advice below it.
    pub fn hint(text: impl std::fmt::Display, hint: impl std::fmt::Display) -> Refusal {
        Refusal::Text(format!("{text}\n\nHint: {hint}"))
    }

    /// What is printed on standard output as JSON.
    pub fn json(&self) -> Option<Value> {
        match self {
            Refusal::SetupRequired(why) => Some(json!({
                "error": "setup_required",
                "message": why,
                "hint": "run `but setup` to configure the project",
            })),
            Refusal::Json(value) => Some(value.clone()),
            _ => None,
        }
    }
}

impl From<std::io::Error> for Refusal {
    fn from(error: std::io::Error) -> Refusal {
        let number = error.raw_os_error().map(|number| format!(" (os error {number})")).unwrap_or_default();
        let text = error.to_string();
        Refusal::Text(if text.contains("os error") { text } else { format!("{text}{number}") })
    }
}
