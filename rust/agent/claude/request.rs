//! A `PermissionRequest`: what the client asks, in words, and the JSON that answers it. Pure.

use super::suggestion::{self, Suggestion};
use super::{answer, event, tool_call, tool_scope};
use crate::agent::Answer;
use crate::contract::{Code, Json};
use crate::error::{Error, Result};
use crate::evidence::event::AgentRequest;
use crate::status::Kind;
use crate::text::{clip, reveal_block, reveal_line};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::path::Path;

/// Bytes of [`AgentRequest::input`], at most.
const INPUT: usize = 256 * 1024;

/// Bytes of a reason, at most: it may be a plan that a person changed.
const REASON: usize = 64 * 1024;

/// What the client asks, with what a reply needs.
#[derive(Clone, Debug, PartialEq)]
pub struct Asked {
    /// What it asks.
    pub request: AgentRequest,
    /// What can be allowed beyond this once.
    pub suggestions: Vec<Suggestion>,
    /// The whole input, for the reply.
    whole: Json,
}

impl Asked {
    /// Reads a `PermissionRequest`.
    pub fn of(event: &Json) -> Asked {
        let tool = reveal_line(&event::text(event, "tool_name", 400).unwrap_or_default(), 200);
        let whole = event.get("tool_input").cloned().unwrap_or_else(|| json!({}));
        let cwd = event::text(event, "cwd", 4096);
        let kind = match tool.as_str() {
            "AskUserQuestion" => Kind::Question,
            "ExitPlanMode" => Kind::Plan,
            _ => Kind::Permission,
        };
        let (input, cut) = bounded(&whole);
        let mut suggestions = suggestion::of(event.get("permission_suggestions"), cwd.as_deref());
        if kind == Kind::Plan {
            suggestion::add_ways_on(&mut suggestions);
        }
        let request = AgentRequest {
            kind,
            summary: summary(&tool, &whole, cwd.as_deref()),
            input,
            cut,
            suggestions: suggestions.iter().map(|suggestion| suggestion.sentence.clone()).collect(),
            tool,
            folder: cwd.filter(|cwd| Path::new(cwd).is_absolute()),
            call: tool_call::read(event),
            scope: tool_scope::read(event),
        };
        Asked { request, suggestions, whole }
    }

    /// The reply that gives this answer.
    ///
    /// # Errors
    /// As those below.
    pub fn reply(&self, answer: &Answer) -> Result<Json> {
        match answer {
            Answer::Allow { always: None } => self.allow(),
            Answer::Allow { always: Some(index) } => self.allow_always(*index),
            Answer::Deny { reason } => Ok(deny(reason.as_deref())),
            Answer::Words(words) => self.answer(words),
        }
    }

    /// The reply that allows it once.
    ///
    /// A plan is approved only with its input given back: 2.1.328 ignores a bare allow for it, 2.1.197 does not. The
    /// session returns to the mode it had before the plan.
    ///
    /// # Errors
    /// `not_answerable` for a question, which has to be answered.
    pub fn allow(&self) -> Result<Json> {
        match self.request.kind {
            Kind::Question => Err(Error::new(Code::NotAnswerable, "this is a question, not a permission")
                .hint("answer it with `answer`, or `deny` it")),
            Kind::Plan => Ok(reply(json!({ "behavior": "allow", "updatedInput": self.whole }))),
            _ => Ok(reply(json!({ "behavior": "allow" }))),
        }
    }

    /// The reply that allows it, and more of its like as suggestion `index` says; for this session only.
    ///
    /// # Errors
    /// `bad_input` when there is no such suggestion, and as [`Asked::allow`].
    pub fn allow_always(&self, index: usize) -> Result<Json> {
        let Some(suggestion) = self.suggestions.get(index) else {
            let count = self.suggestions.len();
            let suggestions = if count == 1 { "suggestion" } else { "suggestions" };
            return Err(Error::new(
                Code::BadInput,
                format!("the request has {count} {suggestions}, not {}", index + 1),
            )
            .hint("allow it once, or pick one that is shown"));
        };
        let mut reply = self.allow()?;
        reply["hookSpecificOutput"]["decision"]["updatedPermissions"] = json!(suggestion.updates);
        Ok(reply)
    }

    /// The reply that answers a question: question text (or its header, or `""` for a single one) → label or free
    /// text; several labels of a multiple choice separated by commas.
    ///
    /// # Errors
    /// `not_answerable` when it is no question; `bad_input` when an answer fits no question or one lacks an answer.
    pub fn answer(&self, answers: &BTreeMap<String, String>) -> Result<Json> {
        if self.request.kind != Kind::Question {
            return Err(Error::new(Code::NotAnswerable, "this is not a question").hint("use `approve` or `deny`"));
        }
        let answers = answer::fit(&self.whole, answers)?;
        let mut input = self.whole.clone();
        input["answers"] = json!(answers);
        Ok(reply(json!({ "behavior": "allow", "updatedInput": input })))
    }
}

/// What the agent is told where a person gives no reason.
pub(super) const NO_REASON: &str = "The user declined this.";

/// The reply that refuses. The agent is told the reason and goes on: `interrupt` is never set, since a late answer
/// would then interrupt whatever the session does by that time.
pub fn deny(reason: Option<&str>) -> Json {
    let reason = reason.map(str::trim).filter(|reason| !reason.is_empty());
    let message = reason.unwrap_or(NO_REASON);
    reply(json!({ "behavior": "deny", "message": reveal_block(clip(message, REASON)) }))
}

fn reply(decision: Json) -> Json {
    json!({ "hookSpecificOutput": { "hookEventName": "PermissionRequest", "decision": decision } })
}

/// One line that says what the tool would do.
fn summary(tool: &str, input: &Json, cwd: Option<&str>) -> String {
    let field = |key: &str| event::text(input, key, 4096);
    let file = || {
        let path = field("file_path").or_else(|| field("notebook_path")).or_else(|| field("path"))?;
        let inside = cwd.and_then(|cwd| Path::new(&path).strip_prefix(cwd).ok()).map(|path| path.display().to_string());
        Some(inside.filter(|inside| !inside.is_empty()).unwrap_or(path))
    };
    let said = match tool {
        "Bash" => field("command"),
        "WebFetch" => field("url"),
        "WebSearch" => field("query"),
        "AskUserQuestion" => question(input),
        "ExitPlanMode" => {
            Some(field("plan").and_then(|plan| heading(&plan)).unwrap_or_else(|| "leave plan mode".into()))
        }
        "Agent" | "Task" => field("description"),
        "Grep" | "Glob" => field("pattern"),
        _ => match tool.strip_prefix("mcp__").and_then(|rest| rest.split_once("__")) {
            Some((server, tool)) => Some(format!("{server}: {tool} {input}")),
            None => file(),
        },
    };
    let said = said.unwrap_or_else(|| {
        if input.as_object().is_some_and(|o| !o.is_empty()) { input.to_string() } else { tool.into() }
    });
    reveal_line(&said, 200)
}

fn question(input: &Json) -> Option<String> {
    let questions = input.get("questions")?.as_array()?;
    let first = event::text(questions.first()?, "question", 4096)?;
    Some(match questions.len() {
        1 => first,
        count => format!("{first} (+{})", count - 1),
    })
}

/// The first heading or line of a markdown text, when it is more than the word "plan".
fn heading(markdown: &str) -> Option<String> {
    let lines = markdown.lines().map(|line| line.trim_start_matches('#').trim()).filter(|line| !line.is_empty());
    lines.into_iter().find(|line| !line.eq_ignore_ascii_case("plan")).map(str::to_owned)
}

/// The input as it is shown: cut down, text by text, until it is at most [`INPUT`] bytes. Also whether it was cut.
fn bounded(input: &Json) -> (Json, bool) {
    let size = |json: &Json| json.to_string().len();
    let exact = exact(input);
    if size(&exact) <= INPUT {
        return (exact, false);
    }
    let cuts = [64 * 1024, 16 * 1024, 4 * 1024, 1024, 128].iter().map(|most| cut(&exact, *most));
    let found = cuts.into_iter().find(|input| size(input) <= INPUT);
    (found.unwrap_or_else(|| json!({ "…": "too large to show" })), true)
}

/// Beyond these a client whose numbers are doubles, such as Neovim, cannot tell neighboring whole numbers apart.
const EXACT: u64 = 1 << 53;

/// The input with larger whole numbers as texts, so that each client shows their digits.
fn exact(json: &Json) -> Json {
    match json {
        Value::Number(number) => {
            let magnitude = number.as_u64().or_else(|| number.as_i64().map(i64::unsigned_abs));
            if magnitude.is_some_and(|magnitude| magnitude > EXACT) { number.to_string().into() } else { json.clone() }
        }
        Value::Array(items) => items.iter().map(exact).collect(),
        Value::Object(fields) => fields.iter().map(|(name, value)| (name.clone(), exact(value))).collect(),
        other => other.clone(),
    }
}

fn cut(json: &Json, most: usize) -> Json {
    match json {
        Value::String(text) if text.len() > most => {
            Value::String(format!("{}… ({} bytes in all)", clip(text, most), text.len()))
        }
        Value::Array(items) => items.iter().take(most).map(|item| cut(item, most)).collect(),
        Value::Object(fields) => {
            fields.iter().take(most).map(|(name, value)| (clip(name, most).to_owned(), cut(value, most))).collect()
        }
        other => other.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evidence::event::Happening;

    fn sample(name: &str) -> Asked {
        let path = format!("{}/tests/fixtures/hooks/PermissionRequest.{name}.json", env!("CARGO_MANIFEST_DIR"));
        Asked::of(&serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap())
    }

    fn decision(reply: &Json) -> &Json {
        &reply["hookSpecificOutput"]["decision"]
    }

    #[test]
    fn every_request_says_what_it_wants() {
        for (name, kind, summary) in [
            ("Bash", Kind::Permission, "touch y"),
            ("Bash.in-subagent", Kind::Permission, "touch subz"),
            ("Edit", Kind::Permission, "app.txt"),
            ("Write", Kind::Permission, "new.txt"),
            ("WebFetch", Kind::Permission, "https://example.com/"),
            ("mcp__fake__greet", Kind::Permission, r#"fake: greet {"name":"bob"}"#),
            ("AskUserQuestion", Kind::Question, "Which colour should the button be?"),
            ("ExitPlanMode", Kind::Plan, "1. Read the code"),
        ] {
            let asked = sample(name).request;
            assert_eq!((asked.kind, asked.summary.as_str()), (kind, summary), "{name}");
        }
    }

    #[test]
    fn nothing_but_a_request_is_one() {
        let read = |event: Json| event::parse(&event).what;
        let begun = read(json!({"hook_event_name": "PreToolUse", "tool_name": "Bash"}));
        assert!(matches!(begun, Happening::ToolStart(_)));
        let Happening::Asks(bare) = read(json!({"hook_event_name": "PermissionRequest"})) else { panic!() };
        assert_eq!((bare.kind, bare.summary.as_str(), bare.suggestions.len()), (Kind::Permission, "", 0));
    }

    #[test]
    fn a_plan_gets_its_input_back() {
        let plan = sample("ExitPlanMode");
        assert_eq!(decision(&plan.allow().unwrap())["updatedInput"], plan.request.input);
        assert_eq!(decision(&sample("Bash").allow().unwrap()), &json!({ "behavior": "allow" }));
        assert_eq!(sample("AskUserQuestion").allow().unwrap_err().code, Code::NotAnswerable);
    }

    #[test]
    fn always_means_this_session() {
        let fetch = sample("WebFetch");
        let reply = fetch.allow_always(0).unwrap();
        let update = &decision(&reply)["updatedPermissions"][0];
        assert_eq!(update["destination"], "session");
        assert_eq!(update["rules"][0]["ruleContent"], "domain:example.com");
        assert_eq!(fetch.allow_always(1).unwrap_err().code, Code::BadInput);
    }

    #[test]
    fn a_refusal_never_interrupts() {
        let reply = deny(Some("use \u{1b}[31m tabs\nplease"));
        assert_eq!(decision(&reply), &json!({"behavior": "deny", "message": "use �[31m tabs\nplease"}));
        assert_eq!(decision(&deny(Some("  ")))["message"], "The user declined this.");
    }

    #[test]
    fn a_question_is_answered_with_its_own_words() {
        let asked = sample("AskUserQuestion");
        let reply = asked.answer(&[(String::new(), "blue".to_owned())].into()).unwrap();
        let input = &decision(&reply)["updatedInput"];
        assert_eq!(input["answers"], json!({"Which colour should the button be?": "Blue"}));
        assert_eq!(input["questions"], asked.request.input["questions"]);
        assert_eq!(sample("Bash").answer(&BTreeMap::new()).unwrap_err().code, Code::NotAnswerable);
    }

    #[test]
    fn the_digits_of_a_large_number_are_kept() {
        let event = json!({"tool_name": "mcp__db__drop", "tool_input": {"id": u64::MAX, "of": [1.5, -3, i64::MIN]}});
        let asked = Asked::of(&event).request;
        let shown = json!({"id": "18446744073709551615", "of": [1.5, -3, "-9223372036854775808"]});
        assert_eq!((asked.input, asked.cut), (shown, false));
    }

    #[test]
    fn an_input_of_any_size_is_bounded() {
        let file = json!({"file_path": "/a", "content": "é".repeat(1_000_000)});
        let many = json!({"edits": vec![json!({"old_string": "x".repeat(300)}); 5_000]});
        for input in [file, many] {
            let event = json!({"hook_event_name": "PermissionRequest", "tool_name": "Write", "tool_input": input});
            let asked = Asked::of(&event);
            assert!(asked.request.input.to_string().len() <= INPUT && asked.request.cut);
            assert_eq!(asked.whole, event["tool_input"]);
        }
    }
}
