//! Where a conversation stands: which prompt its newest turn plays, and how far. Pure.

use serde_json::Value;

/// The prompt that the conversation's newest turn answers, and how many model turns already followed it.
pub fn current_step(messages: &[Value]) -> (String, usize) {
    let mut turns = 0;
    for message in messages.iter().rev() {
        match message["role"].as_str() {
            Some("assistant") => turns += usize::from(!only_searches_tools(message)),
            Some("user") => {
                let text = typed_text(message);
                if !text.is_empty() && (text.contains("[[") || !has_tool_result(message)) {
                    return (text, turns);
                }
            }
            _ => {}
        }
    }
    (String::new(), turns)
}

/// Text typed last in a user message; empty for pure tool results. After a failed or interrupted turn the client merges
/// several prompts into one message, so only the last typed block counts.
fn typed_text(message: &Value) -> String {
    let texts: Vec<&str> = match &message["content"] {
        Value::String(text) => vec![text],
        Value::Array(blocks) => {
            blocks.iter().filter(|block| block["type"] == "text").filter_map(|block| block["text"].as_str()).collect()
        }
        _ => Vec::new(),
    };
    let mut typed = texts.into_iter().map(without_reminders);
    typed.rfind(|text| !text.is_empty() && !text.starts_with("[Request interrupted")).unwrap_or_default()
}

fn without_reminders(text: &str) -> String {
    const OPEN: &str = "<system-reminder>";
    const CLOSE: &str = "</system-reminder>";
    let mut kept = String::new();
    let mut rest = text;
    while let Some(start) = rest.find(OPEN) {
        let Some(length) = rest[start..].find(CLOSE) else { break };
        kept.push_str(&rest[..start]);
        rest = &rest[start + length + CLOSE.len()..];
    }
    kept.push_str(rest);
    kept.trim().to_owned()
}

fn blocks<'a>(message: &'a Value, kind: &'a str) -> impl Iterator<Item = &'a Value> {
    message["content"].as_array().into_iter().flatten().filter(move |block| block["type"] == kind)
}

fn has_tool_result(message: &Value) -> bool {
    blocks(message, "tool_result").next().is_some()
}

/// A call of ToolSearch is the client's own way to load deferred tools and is no step of the script.
fn only_searches_tools(message: &Value) -> bool {
    let mut calls = blocks(message, "tool_use").peekable();
    calls.peek().is_some() && calls.all(|call| call["name"] == "ToolSearch")
}

/// Names already asked for through ToolSearch (`select:A,B`).
pub fn searched(messages: &[Value]) -> Vec<String> {
    let calls = messages.iter().flat_map(|message| blocks(message, "tool_use"));
    let queries = calls.filter(|call| call["name"] == "ToolSearch").filter_map(|call| call["input"]["query"].as_str());
    queries.flat_map(|query| query.trim_start_matches("select:").split(',')).map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn the_turn_counts_from_the_last_typed_prompt() {
        let messages = [
            json!({"role": "user", "content": "[[say old]]"}),
            json!({"role": "assistant", "content": "old"}),
            json!({"role": "user", "content": [
                {"type": "text", "text": "<system-reminder>[[no]]</system-reminder>"},
                {"type": "text", "text": "[[bash: ls]] [[say done]]"}]}),
            json!({"role": "assistant", "content": [{"type": "tool_use", "name": "ToolSearch", "input": {"query": "select:A,B"}}]}),
            json!({"role": "user", "content": [{"type": "tool_result", "content": "[[no]]"}]}),
            json!({"role": "assistant", "content": [{"type": "tool_use", "name": "Bash", "input": {}}]}),
            json!({"role": "user", "content": [{"type": "tool_result", "content": "x"}]}),
        ];
        assert_eq!(current_step(&messages), ("[[bash: ls]] [[say done]]".to_owned(), 1));
        assert_eq!(searched(&messages), ["A", "B"]);
    }
}
