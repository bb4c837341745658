//! The marker language: what a prompt such as `[[bash: ls]] [[say done]]` makes a pretended model play. Pure.
//!
//! Two players share it, so that one test runs on both: the demo agent, and the scripted API that drives the real
//! client. The k-th turn of the model plays the k-th marker of the prompt. A marker is a word and its argument, with or
//! without a colon between them; markers may nest (see `subagent`).
//!
//! | text | |
//! |---|---|
//! | `[[say TEXT]]` | TEXT, end of turn |
//! | `[[slow N]]` | streams text for about N seconds |
//! | `[[think N]]` | a thinking block for N seconds, then text |
//! | `[[lines N]]`, `[[md]]` | N numbered lines; a markdown sample |
//! | `[[hang N]]` | headers, nothing for N seconds, then text |
//! | `[[usage N]]`, `[[stop REASON]]` | reports N input tokens; another stop reason |
//!
//! | tools | |
//! |---|---|
//! | `[[bash: CMD]]`, `[[bashbg: CMD]]` | Bash, in the background |
//! | `[[read F]]`, `[[write F]]`, `[[edit F]]` | edit replaces alpha by beta; read F first |
//! | `[[webfetch URL]]`, `[[websearch Q]]` | |
//! | `[[ask]]`, `[[ask2]]` | AskUserQuestion: one question; two, the second with several choices |
//! | `[[planfile]] [[plan]]`, `[[enterplan]]` | the plan dialog, in plan mode |
//! | `[[todo]]`, `[[subagent: PROMPT]]`, `[[subagentbg: PROMPT]]` | |
//! | `[[tool NAME JSON]]`, `[[par A \| B]]` | any tool; several in one message |
//!
//! | faults | |
//! |---|---|
//! | `[[error CODE]]`, `[[error CODE xK]]`, `[[error CODE ra=S]]` | always; K times; with `retry-after` |
//! | `[[errmsg CODE TEXT]]`, `[[sseerror TYPE]]` | a message of one's own; an error event in the stream |
//! | `[[drop]]`, `[[refuse]]` | closes in the middle of a text; before any byte |

mod calls;

pub use calls::{Call, PLAN_FILE};

/// One turn of the pretended model.
#[derive(Clone, Debug, PartialEq)]
pub enum Marker {
    /// This text.
    Say(String),
    /// Five words a second, for so many seconds.
    Slow(f64),
    /// A thinking block of so many seconds, then [`THOUGHT`].
    Think(f64),
    /// Nothing for so many seconds, then [`BACK`].
    Hang(f64),
    /// [`reported`], with so many input tokens.
    Usage(String),
    /// [`STOPPED`], for this reason.
    Stop(String),
    /// Tool calls, one after the other.
    Calls(Vec<Call>),
    /// The request is answered with an HTTP error.
    Error(HttpError),
    /// The connection is closed before any byte.
    Refuse,
    /// The connection is closed in the middle of a text.
    Drop,
    /// An error event of this type comes in the middle of a text.
    StreamError(String),
    /// No marker of this language.
    Unknown,
}

/// A scripted HTTP error.
#[derive(Clone, Debug, PartialEq)]
pub struct HttpError {
    /// HTTP status.
    pub status: u16,
    /// What the API says, when it is not [`message_of`] the status.
    pub text: Option<String>,
    /// How often the request fails before it is answered with [`recovered`]; always when absent.
    pub times: Option<u32>,
    /// Seconds for a `retry-after` header.
    pub retry_after: Option<f64>,
}

/// What follows a thinking block.
pub const THOUGHT: &str = "I have thought about it.";
/// What follows a pause.
pub const BACK: &str = "Back again.";
/// What is said before another stop reason.
pub const STOPPED: &str = "Stopping early.";
/// What a script says that ran out of markers.
pub const SCRIPT_OVER: &str = "All scripted steps are done.";

const WORDS: &str = "the quick brown fox jumps over a lazy dog while seven careful otters sort pebbles beside the \
                     quiet river";
const MARKDOWN: &str = "# Heading\n\nSome **bold** text and `code`.\n\n- item one\n- item two\n\n\
                        | a | b |\n|---|---|\n| 1 | 2 |\n\n```python\nprint('hello')\n```\n";

/// The first `count` words of an endless slow text, a line after each twelve.
pub fn slow_text(count: usize) -> String {
    (0..count).map(slow_word).collect()
}

/// One word of that text, with what separates it from the next.
pub fn slow_word(at: usize) -> String {
    let word = WORDS.split(' ').cycle().nth(at).unwrap_or_default();
    format!("{word}{}", if at % 12 == 11 { ".\n" } else { " " })
}

/// What is said with a number of input tokens.
pub fn reported(tokens: &str) -> String {
    format!("Reported {tokens} input tokens.")
}

/// What a request says that was answered after so many failures.
pub fn recovered(failures: u32) -> String {
    format!("Recovered after {failures} failures.")
}

/// The API's type of an error with this status.
pub fn error_type(status: u16) -> &'static str {
    match status {
        400 => "invalid_request_error",
        401 => "authentication_error",
        402 => "billing_error",
        403 => "permission_error",
        404 => "not_found_error",
        413 => "request_too_large",
        429 => "rate_limit_error",
        529 => "overloaded_error",
        _ => "api_error",
    }
}

/// What the API says with this status.
pub fn message_of(status: u16) -> String {
    format!("Scripted {}", error_type(status))
}

/// The bodies of a prompt's top-level markers, in order. One that is not closed ends the list.
pub fn bodies(prompt: &str) -> Vec<&str> {
    let mut found = Vec::new();
    let mut rest = prompt;
    while let Some(start) = rest.find("[[") {
        let body = &rest[start + 2..];
        let Some(length) = body_length(body) else { break };
        found.push(body[..length].trim());
        rest = &body[length + 2..];
    }
    found
}

fn body_length(body: &str) -> Option<usize> {
    let mut depth = 1;
    let mut at = 0;
    while at < body.len() {
        let rest = &body.as_bytes()[at..];
        if rest.starts_with(b"[[") {
            depth += 1;
            at += 2;
        } else if rest.starts_with(b"]]") {
            depth -= 1;
            if depth == 0 {
                return Some(at);
            }
            at += 2;
        } else {
            at += 1;
        }
    }
    None
}

/// What a marker's body means.
pub fn parse(body: &str) -> Marker {
    let (word, argument) = word_and_argument(body);
    let seconds = |default: f64| argument.parse().unwrap_or(default);
    let or = |default: &str| if argument.is_empty() { default.to_owned() } else { argument.to_owned() };
    match word.as_str() {
        "say" => Marker::Say(argument.to_owned()),
        "slow" => Marker::Slow(seconds(5.0)),
        "think" => Marker::Think(seconds(3.0)),
        "hang" => Marker::Hang(seconds(30.0)),
        "lines" => Marker::Say(numbered_lines(argument.parse().unwrap_or(10))),
        "md" => Marker::Say(MARKDOWN.to_owned()),
        "usage" => Marker::Usage(argument.to_owned()),
        "stop" => Marker::Stop(or("max_tokens")),
        "error" => Marker::Error(error(argument)),
        "errmsg" => Marker::Error(error_with_text(argument)),
        "sseerror" => Marker::StreamError(or("overloaded_error")),
        "drop" => Marker::Drop,
        "refuse" => Marker::Refuse,
        _ => calls::parse(body).map_or(Marker::Unknown, Marker::Calls),
    }
}

/// Splits `bash: ls -l` and `read F` into word and argument.
fn word_and_argument(marker: &str) -> (String, &str) {
    let first = marker.split(' ').next().unwrap_or_default();
    let (word, rest) = match first.find(':') {
        Some(colon) => (&marker[..colon], &marker[colon + 1..]),
        None => (first, &marker[first.len()..]),
    };
    (word.to_lowercase(), rest.trim())
}

fn numbered_lines(count: u32) -> String {
    let lines: Vec<_> = (1..=count).map(|line| format!("line {line} of the scripted output")).collect();
    lines.join("\n")
}

fn status_and_rest(argument: &str) -> (u16, &str) {
    let (code, rest) = argument.split_once(' ').unwrap_or((argument, ""));
    (code.parse().unwrap_or(500), rest)
}

fn error(argument: &str) -> HttpError {
    let (status, rest) = status_and_rest(argument);
    let times = rest.split(' ').find_map(|part| part.strip_prefix('x')?.parse().ok());
    let retry_after = rest.split(' ').find_map(|part| part.strip_prefix("ra=")?.parse().ok());
    HttpError { status, text: None, times, retry_after }
}

fn error_with_text(argument: &str) -> HttpError {
    let (status, text) = status_and_rest(argument);
    HttpError { status, text: Some(text.to_owned()), times: None, retry_after: None }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markers_nest_and_an_open_one_ends_the_list() {
        let nested = "a [[say x]] [[subagent: go [[lines 2]] on]] é [[open";
        assert_eq!(bodies(nested), ["say x", "subagent: go [[lines 2]] on"]);
        assert!(bodies("no marker, [[ open").is_empty());
    }

    #[test]
    fn a_marker_is_a_word_and_its_argument() {
        assert_eq!(word_and_argument("bash: echo a:b"), ("bash".into(), "echo a:b"));
        assert_eq!(word_and_argument("webfetch http://x/y"), ("webfetch".into(), "http://x/y"));
        assert_eq!(word_and_argument("md"), ("md".into(), ""));
        assert_eq!(parse("say one: two"), Marker::Say("one: two".into()));
        assert_eq!((parse(""), parse("dance")), (Marker::Unknown, Marker::Unknown));
    }

    #[test]
    fn errors_have_a_status_a_count_and_a_delay() {
        let error = HttpError { status: 429, text: None, times: Some(2), retry_after: Some(3.0) };
        assert_eq!(parse("error 429 x2 ra=3"), Marker::Error(error));
        let text = Some("out of credit".to_owned());
        let error = HttpError { status: 400, text, times: None, retry_after: None };
        assert_eq!(parse("errmsg 400 out of credit"), Marker::Error(error));
        assert_eq!(message_of(429), "Scripted rate_limit_error");
    }

    #[test]
    fn slow_text_breaks_its_lines() {
        assert_eq!(slow_text(3), "the quick brown ");
        assert!(slow_text(13).ends_with("careful.\notters "));
        assert_eq!(slow_word(19), "the ");
    }
}
