//! What a prompt's markers make the demo agent play. Pure.
//!
//! A marker that answers with text ends the turn.

use chorus_markers::{self as markers, HttpError, Marker};

pub use chorus_markers::{Call, PLAN_FILE};

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

impl Step {
    /// One thing said, which ends the turn.
    fn say(text: &str) -> Step {
        Step::Answer(Answer::Say(text.to_owned()))
    }

    /// A connection that is refused or lost.
    fn lost() -> Step {
        Step::Fault(Fault { code: 0, message: "Connection error".into(), times: None, retry_after: None })
    }
}

/// The steps of a prompt; empty when it holds no marker.
pub fn steps(prompt: &str) -> Vec<Step> {
    markers::bodies(prompt).into_iter().map(step).collect()
}

fn step(body: &str) -> Step {
    match markers::parse(body) {
        Marker::Say(text) => Step::say(&text),
        Marker::Slow(seconds) => Step::Answer(Answer::Slow(seconds)),
        Marker::Think(seconds) => Step::Answer(Answer::Think(seconds)),
        Marker::Hang(seconds) => Step::Answer(Answer::Hang(seconds)),
        Marker::Usage(tokens) => Step::say(&markers::reported(&tokens)),
        Marker::Stop(_) => Step::say(markers::STOPPED),
        Marker::Calls(calls) => Step::Call { before: Vec::new(), calls },
        Marker::Error(error) => Step::Fault(fault(error)),
        Marker::Refuse | Marker::Drop | Marker::StreamError(_) => Step::lost(),
        Marker::Unknown => Step::say(&format!("The demo agent does not know the marker {body:?}.")),
    }
}

fn fault(error: HttpError) -> Fault {
    let message = error.text.unwrap_or_else(|| markers::message_of(error.status));
    Fault { code: error.status, message, times: error.times, retry_after: error.retry_after }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_marker_is_a_step_and_prose_is_none() {
        let steps = steps("do [[bash: ls]] then [[say done]], please");
        assert!(matches!(&steps[..], [Step::Call { .. }, Step::Answer(Answer::Say(done))] if done == "done"));
        assert!(super::steps("no marker, [[ open").is_empty());
    }

    #[test]
    fn an_error_says_what_the_api_would() {
        let message = "Scripted rate_limit_error".to_owned();
        let fault = Fault { code: 429, message, times: Some(2), retry_after: Some(3.0) };
        assert_eq!(step("error 429 x2 ra=3"), Step::Fault(fault));
        assert!(matches!(step("errmsg 400 out of credit"), Step::Fault(fault) if fault.message == "out of credit"));
        assert!(matches!(step("drop"), Step::Fault(fault) if fault.code == 0));
    }

    #[test]
    fn an_unknown_marker_is_named() {
        assert!(matches!(step("dance"), Step::Answer(Answer::Say(text)) if text.contains("\"dance\"")));
    }
}
