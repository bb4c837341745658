//! What a request is answered with. Pure, but for the count of scripted failures.

use super::conversation;
use chorus_markers::{self as markers, Call, HttpError, Marker};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::time::Duration;

/// Defaults that `/__set` changes.
#[derive(Clone, Debug, PartialEq)]
pub struct Settings {
    /// Before each reply.
    pub delay: Duration,
    /// Input tokens to report; by size when 0.
    pub usage: u64,
    /// HTTP status for everything; 0 = off.
    pub fail: u16,
}

impl Default for Settings {
    fn default() -> Settings {
        Settings { delay: Duration::from_millis(50), usage: 0, fail: 0 }
    }
}

/// One piece of a streamed message.
#[derive(Clone, Debug, PartialEq)]
pub enum Part {
    /// At once.
    Text(String),
    /// Five words a second.
    Slow(usize),
    /// For that long.
    Thinking(Duration),
    /// Nothing for that long.
    Pause(Duration),
    /// A tool call.
    Use(Call),
    /// An error event; the stream ends.
    Fail(String),
    /// The connection closes.
    Drop,
}

/// What to do with a request.
#[derive(Clone, Debug, PartialEq)]
pub enum Reply {
    /// An HTTP error.
    Error {
        /// HTTP status.
        status: u16,
        /// Instead of the usual sentence.
        text: Option<String>,
        /// `retry-after`, in seconds.
        retry_after: Option<f64>,
    },
    /// Close before any byte.
    Refuse,
    /// A message.
    Message {
        /// In order.
        parts: Vec<Part>,
        /// `end_turn`, `tool_use`, …
        stop: String,
        /// Input tokens to report, when scripted.
        usage: Option<u64>,
        /// Helper calls are answered without the delay.
        at_once: bool,
    },
}

/// Which step of a script a request plays.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Step {
    /// Text typed last.
    pub prompt: String,
    /// Model turns since.
    pub turn: usize,
    /// The marker's body; empty for none.
    pub marker: String,
}

/// Finds the step. Requests without tools (titles, summaries) play none.
pub fn step(body: &Value) -> Step {
    let (prompt, turn) = conversation::current_step(list(body, "messages"));
    let marker = if list(body, "tools").is_empty() {
        String::new()
    } else {
        markers::bodies(&prompt).get(turn).map(|marker| (*marker).to_owned()).unwrap_or_default()
    };
    Step { prompt, turn, marker }
}

/// Decides. `failed` counts the scripted failures by prompt.
pub fn reply(body: &Value, step: &Step, settings: &Settings, failed: &mut BTreeMap<String, u32>) -> Reply {
    if settings.fail > 0 {
        return Reply::Error { status: settings.fail, text: None, retry_after: None };
    }
    let tools: Vec<&str> = list(body, "tools").iter().filter_map(|tool| tool["name"].as_str()).collect();
    match markers::parse(&step.marker) {
        Marker::Error(error) => scripted_error(error, &step.prompt, failed),
        Marker::Refuse => Reply::Refuse,
        _ if tools.is_empty() => small(body),
        Marker::Calls(calls) => tool_use(offered(calls, &tools), &tools, list(body, "messages")),
        marker => message(marker, step),
    }
}

fn list<'a>(body: &'a Value, key: &str) -> &'a [Value] {
    body[key].as_array().map_or(&[], Vec::as_slice)
}

fn text(text: impl Into<String>) -> Reply {
    parts(vec![Part::Text(text.into())], "end_turn")
}

fn parts(parts: Vec<Part>, stop: &str) -> Reply {
    Reply::Message { parts, stop: stop.to_owned(), usage: None, at_once: false }
}

fn scripted_error(error: HttpError, prompt: &str, failed: &mut BTreeMap<String, u32>) -> Reply {
    let HttpError { status, text: own, times, retry_after } = error;
    let count = failed.entry(prompt.to_owned()).or_default();
    *count += 1;
    match times {
        Some(times) if *count > times => text(markers::recovered(times)),
        _ => Reply::Error { status, text: own, retry_after },
    }
}

/// Titles, summaries and other helper calls.
fn small(body: &Value) -> Reply {
    let format = [&body["output_config"]["format"], &body["output_format"]];
    if let Some(format) = format.into_iter().find(|format| format["type"] == "json_schema") {
        let parts = vec![Part::Text(instance(&format["schema"]).to_string())];
        return Reply::Message { parts, stop: "end_turn".into(), usage: None, at_once: true };
    }
    text("<summary>Fake summary of the conversation.</summary>")
}

/// A minimal instance of a JSON schema.
fn instance(schema: &Value) -> Value {
    if let Some(fixed) = schema.get("const").or_else(|| schema.get("enum")?.get(0)) {
        return fixed.clone();
    }
    match schema["type"].as_str() {
        Some("object") => schema["properties"]
            .as_object()
            .into_iter()
            .flatten()
            .map(|(name, property)| (name.clone(), instance(property)))
            .collect::<serde_json::Map<_, _>>()
            .into(),
        Some("array") => json!([]),
        Some("string") => json!("Fake title"),
        Some("boolean") => json!(false),
        Some("integer" | "number") => json!(0),
        _ => Value::Null,
    }
}

/// The calls under the names that this client offers: two of its tools have had two.
fn offered(calls: Vec<Call>, tools: &[&str]) -> Vec<Call> {
    let is_old = |old: &str, new: &str| tools.contains(&old) && !tools.contains(&new);
    let translate = |mut call: Call| match call.name.as_str() {
        "Agent" if is_old("Task", "Agent") => {
            call.name = "Task".into();
            vec![call]
        }
        "TodoWrite" if !tools.contains(&"TodoWrite") => list(&call.input, "todos").iter().map(task_create).collect(),
        _ => vec![call],
    };
    calls.into_iter().flat_map(translate).collect()
}

/// One step of a list as the client's newer tool takes it.
fn task_create(step: &Value) -> Call {
    let subject = step["content"].as_str().unwrap_or_default();
    let input = json!({"subject": subject, "description": format!("{subject}."), "activeForm": step["activeForm"]});
    Call { name: "TaskCreate".into(), input }
}

fn tool_use(mut calls: Vec<Call>, tools: &[&str], messages: &[Value]) -> Reply {
    let searched = conversation::searched(messages);
    let is_missing = |name: &str| !tools.contains(&name) && !searched.iter().any(|known| known == name);
    let mut missing: Vec<&str> = calls.iter().map(|call| call.name.as_str()).filter(|name| is_missing(name)).collect();
    missing.sort_unstable();
    missing.dedup();
    if !missing.is_empty() && tools.contains(&"ToolSearch") {
        let input = json!({"query": format!("select:{}", missing.join(",")), "max_results": 5});
        return parts(vec![Part::Use(Call { name: "ToolSearch".into(), input })], "tool_use");
    }
    for call in &mut calls {
        if call.input["file_path"] == markers::PLAN_FILE {
            call.input["file_path"] = plan_file(messages).into();
        }
    }
    parts(calls.into_iter().map(Part::Use).collect(), "tool_use")
}

/// The path of the plan file that the client announced last.
fn plan_file(messages: &[Value]) -> String {
    let text = Value::from(messages).to_string();
    let words = text.split(|c: char| c.is_whitespace() || "\"'`<>\\".contains(c));
    let paths = words.filter_map(|word| word.get(word.find('/')?..));
    let mut files = paths.filter_map(|path| path.get(..path.rfind(".md")? + 3));
    files.rfind(|path| path.contains("/plans/")).unwrap_or("/tmp/plan.md").to_owned()
}

fn message(marker: Marker, step: &Step) -> Reply {
    let time = |seconds: f64| Duration::from_secs_f64(seconds.clamp(0.0, 3600.0));
    let said = |text: &str| Part::Text(text.to_owned());
    match marker {
        Marker::Say(said) => text(said),
        Marker::Slow(seconds) => {
            let words = (time(seconds).as_millis() / 200).max(1);
            parts(vec![Part::Slow(usize::try_from(words).unwrap_or(1))], "end_turn")
        }
        Marker::Think(seconds) => parts(vec![Part::Thinking(time(seconds)), said(markers::THOUGHT)], "end_turn"),
        Marker::Hang(seconds) => parts(vec![Part::Pause(time(seconds)), said(markers::BACK)], "end_turn"),
        Marker::Usage(tokens) => Reply::Message {
            parts: vec![Part::Text(markers::reported(&tokens))],
            stop: "end_turn".into(),
            usage: tokens.parse().ok(),
            at_once: false,
        },
        Marker::Stop(reason) => parts(vec![said(markers::STOPPED)], &reason),
        Marker::StreamError(kind) => parts(vec![said("Partial "), Part::Fail(kind)], "end_turn"),
        Marker::Drop => parts(vec![said("Partial text before the drop "), Part::Drop], "end_turn"),
        _ if step.prompt.contains("[[") => text(markers::SCRIPT_OVER),
        _ => text("Hello from the fake model."),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ask(prompt: &str, tools: &[&str]) -> Value {
        let tools: Vec<Value> = tools.iter().map(|name| json!({"name": name})).collect();
        json!({"messages": [{"role": "user", "content": prompt}], "tools": tools})
    }

    fn answer(body: &Value, failed: &mut BTreeMap<String, u32>) -> Reply {
        reply(body, &step(body), &Settings::default(), failed)
    }

    #[test]
    fn an_error_recovers_after_its_count() {
        let body = ask("[[error 529 x1 ra=2]]", &["Bash"]);
        let mut failed = BTreeMap::new();
        let error = Reply::Error { status: 529, text: None, retry_after: Some(2.0) };
        assert_eq!(answer(&body, &mut failed), error);
        assert_eq!(answer(&body, &mut failed), text("Recovered after 1 failures."));
    }

    #[test]
    fn a_deferred_tool_is_searched_first() {
        let reply = answer(&ask("[[ask]]", &["ToolSearch"]), &mut BTreeMap::new());
        let Reply::Message { parts, .. } = reply else { panic!("{reply:?}") };
        assert!(matches!(&parts[0], Part::Use(call) if call.input["query"] == "select:AskUserQuestion"));
    }

    #[test]
    fn a_title_is_an_instance_of_its_schema() {
        let schema = json!({"type": "object", "properties": {"title": {"type": "string"}, "n": {"enum": [3]}}});
        let body = json!({"messages": [], "output_config": {"format": {"type": "json_schema", "schema": schema}}});
        let reply = answer(&body, &mut BTreeMap::new());
        let Reply::Message { parts, at_once: true, .. } = reply else { panic!("{reply:?}") };
        assert_eq!(parts, [Part::Text(json!({"title": "Fake title", "n": 3}).to_string())]);
    }

    #[test]
    fn the_plan_goes_where_the_client_said() {
        let body = ask("write to /home/x/.claude/plans/a-b.md. [[planfile]]", &["Write"]);
        let reply = answer(&body, &mut BTreeMap::new());
        let Reply::Message { parts, .. } = reply else { panic!("{reply:?}") };
        assert!(matches!(&parts[0], Part::Use(call) if call.input["file_path"] == "/home/x/.claude/plans/a-b.md"));
    }
}
