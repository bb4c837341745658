//! Tool markers as tool calls. Pure.

use serde_json::{Value, json};

/// One tool call of the model.
#[derive(Clone, Debug, PartialEq)]
pub struct Call {
    /// The tool.
    pub name: String,
    /// Its input.
    pub input: Value,
}

/// Where `[[planfile]]` has the path that the client announced.
pub const PLAN_FILE: &str = "PLANFILE";

const PLAN: &str = "# Plan\n\n1. Read the code\n2. Change `app.txt`\n3. Run the tests\n";

/// Splits `bash: ls -l` and `read F` into word and argument.
pub fn word_and_argument(marker: &str) -> (String, &str) {
    let first = marker.split(' ').next().unwrap_or_default();
    let (word, rest) = match first.find(':') {
        Some(colon) => (&marker[..colon], &marker[colon + 1..]),
        None => (first, &marker[first.len()..]),
    };
    (word.to_lowercase(), rest.trim())
}

/// The calls of a tool marker; nothing when it is not one. `tools` are the names the client offers.
pub fn of_marker(marker: &str, tools: &[&str]) -> Option<Vec<Call>> {
    let (word, rest) = word_and_argument(marker);
    let call = |name: &str, input: Value| Some(vec![Call { name: name.to_owned(), input }]);
    let or = |default: &str| if rest.is_empty() { default.to_owned() } else { rest.to_owned() };
    match word.as_str() {
        "bash" => call("Bash", json!({"command": rest, "description": "Run a scripted command"})),
        "bashbg" => {
            call("Bash", json!({"command": rest, "description": "Run in the background", "run_in_background": true}))
        }
        "read" => call("Read", json!({"file_path": rest})),
        "write" => call("Write", json!({"file_path": rest, "content": "alpha\none\ntwo\n"})),
        "edit" => call("Edit", json!({"file_path": rest, "old_string": "alpha", "new_string": "beta"})),
        "webfetch" => call("WebFetch", json!({"url": or("https://example.com/"), "prompt": "Summarise the page"})),
        "websearch" => call("WebSearch", json!({"query": or("fake query")})),
        "ask" => call("AskUserQuestion", json!({"questions": [colour()]})),
        "ask2" => call("AskUserQuestion", json!({"questions": [colour(), platforms()]})),
        "plan" => call("ExitPlanMode", json!({"plan": PLAN})),
        "planfile" => call("Write", json!({"file_path": or(PLAN_FILE), "content": PLAN})),
        "enterplan" => call("EnterPlanMode", json!({})),
        "todo" => Some(todo(tools)),
        "subagent" | "subagentbg" => {
            let name = if tools.contains(&"Task") && !tools.contains(&"Agent") { "Task" } else { "Agent" };
            let mut input = json!({
                "description": "Scripted helper", "prompt": or("say hello"), "subagent_type": "general-purpose",
            });
            if word.ends_with("bg") {
                input["run_in_background"] = true.into();
            }
            call(name, input)
        }
        "tool" => {
            let (name, body) = rest.split_once(' ').unwrap_or((rest, "{}"));
            call(name, serde_json::from_str(body).unwrap_or_else(|_| json!({})))
        }
        "par" => Some(rest.split('|').flat_map(|part| of_marker(part.trim(), tools).unwrap_or_default()).collect()),
        _ => None,
    }
}

fn option(label: &str, description: &str) -> Value {
    json!({"label": label, "description": description})
}

fn colour() -> Value {
    json!({
        "question": "Which colour should the button be?", "header": "Colour", "multiSelect": false,
        "options": [option("Red", "A warm colour"), option("Blue", "A cool colour")],
    })
}

fn platforms() -> Value {
    json!({
        "question": "Which platforms do we support?", "header": "Platforms", "multiSelect": true,
        "options": [
            option("Linux", "Desktop and server"),
            option("macOS", "Laptops"),
            option("Windows", "Everything else"),
        ],
    })
}

/// The client's list of steps has had two shapes.
fn todo(tools: &[&str]) -> Vec<Call> {
    let steps = [
        ("Read the code", "Reading the code", "completed"),
        ("Write the fix", "Writing the fix", "in_progress"),
        ("Run the tests", "Running the tests", "pending"),
    ];
    if tools.contains(&"TodoWrite") {
        let todos: Vec<Value> = steps
            .map(|(subject, doing, status)| json!({"content": subject, "activeForm": doing, "status": status}))
            .into();
        return vec![Call { name: "TodoWrite".into(), input: json!({"todos": todos}) }];
    }
    steps
        .map(|(subject, doing, _)| Call {
            name: "TaskCreate".into(),
            input: json!({"subject": subject, "description": format!("{subject}."), "activeForm": doing}),
        })
        .into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_marker_is_a_word_and_its_argument() {
        assert_eq!(word_and_argument("bash: echo a:b"), ("bash".into(), "echo a:b"));
        assert_eq!(word_and_argument("webfetch http://x/y"), ("webfetch".into(), "http://x/y"));
        assert_eq!(word_and_argument("md"), ("md".into(), ""));
    }

    #[test]
    fn parallel_calls_come_in_one_message() {
        let calls = of_marker("par bash: ls | read F", &[]).unwrap();
        assert_eq!(calls.iter().map(|call| call.name.as_str()).collect::<Vec<_>>(), ["Bash", "Read"]);
        assert_eq!(of_marker("say hello", &[]), None);
    }
}
