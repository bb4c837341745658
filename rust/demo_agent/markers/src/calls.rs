//! Tool markers as tool calls.

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

/// The calls of a tool marker; nothing when it is not one.
pub fn parse(marker: &str) -> Option<Vec<Call>> {
    let (word, rest) = super::word_and_argument(marker);
    let call = |name: &str, input: Value| Some(vec![Call { name: name.to_owned(), input }]);
    let or = |default: &str| if rest.is_empty() { default.to_owned() } else { rest.to_owned() };
    match word.as_str() {
        "bash" => call("Bash", json!({"command": rest, "description": "Run a scripted command"})),
        "bashbg" => {
            call("Bash", json!({"command": rest, "description": "Run in the background", "run_in_background": true}))
        }
        "read" => call("Read", json!({"file_path": rest})),
        "write" => call("Write", json!({"file_path": rest, "content": "alpha\none\ntwo\n"})),
        "edit" => {
            let (old, new) = ("alpha", "beta");
            call("Edit", json!({"file_path": rest, "old_string": old, "new_string": new, "replace_all": false}))
        }
        "webfetch" => call("WebFetch", json!({"url": or("https://example.com/"), "prompt": "Summarise the page"})),
        "websearch" => call("WebSearch", json!({"query": or("fake query")})),
        "ask" => call("AskUserQuestion", json!({"questions": [colour()]})),
        "ask2" => call("AskUserQuestion", json!({"questions": [colour(), platforms()]})),
        "plan" => call("ExitPlanMode", json!({"plan": PLAN})),
        "planfile" => call("Write", json!({"file_path": or(PLAN_FILE), "content": PLAN})),
        "enterplan" => call("EnterPlanMode", json!({})),
        "todo" => call("TodoWrite", json!({"todos": todos()})),
        "subagent" | "subagentbg" => {
            let mut input = json!({
                "description": "Scripted helper", "prompt": or("say hello"), "subagent_type": "general-purpose",
            });
            if word.ends_with("bg") {
                input["run_in_background"] = true.into();
            }
            call("Agent", input)
        }
        "tool" => {
            let (name, body) = rest.split_once(' ').unwrap_or((rest, "{}"));
            call(name, serde_json::from_str(body).unwrap_or_else(|_| json!({})))
        }
        "par" => Some(rest.split('|').flat_map(|part| parse(part.trim()).unwrap_or_default()).collect()),
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

fn todos() -> Vec<Value> {
    let steps = [
        ("Read the code", "Reading the code", "completed"),
        ("Write the fix", "Writing the fix", "in_progress"),
        ("Run the tests", "Running the tests", "pending"),
    ];
    steps.map(|(subject, doing, status)| json!({"content": subject, "activeForm": doing, "status": status})).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(marker: &str) -> Vec<String> {
        parse(marker).unwrap_or_default().into_iter().map(|call| call.name).collect()
    }

    #[test]
    fn parallel_calls_come_in_one_message() {
        assert_eq!(names("par bash: ls | read F"), ["Bash", "Read"]);
        assert_eq!(parse("say hello"), None);
    }

    #[test]
    fn a_command_keeps_its_colons() {
        let calls = parse("bash: echo a: b").expect("a call");
        assert_eq!(calls[0].input["command"], "echo a: b");
    }

    #[test]
    fn any_tool_can_be_called() {
        let calls = parse(r#"tool Write {"file_path":"/f","content":"x"}"#).expect("a call");
        assert_eq!((calls[0].name.as_str(), &calls[0].input["content"]), ("Write", &json!("x")));
    }
}
