//! A prompt that a person's hook refused, as the conversation's file records it. Pure.

use crate::evidence::PromptRefusal;
use crate::text::clip;
use serde_json::Value;

/// Bytes kept of a reason.
const REASON: usize = 4 * 1024;

/// Reads a line; when it was recorded, its reader knows. The model never saw such a prompt: `UserPromptSubmit operation blocked by hook:`,
/// the same of `UserPromptExpansion`, or `Operation stopped by hook`, with or without `: ` and a reason (2.1.332, 2.1.328 and 2.1.197). The client is
/// busy for 0.1 to 0.4 s then.
pub fn read(line: &Value) -> Option<PromptRefusal> {
    let field = |key: &str| line.get(key);
    let told = field("content").and_then(Value::as_str).filter(|_| {
        field("subtype").and_then(Value::as_str) == Some("informational")
            && field("preventContinuation").and_then(Value::as_bool) == Some(true)
    })?;
    let (why, prompt) = match told.split_once(" operation blocked by hook:") {
        Some(("UserPromptSubmit" | "UserPromptExpansion", rest)) => {
            let (why, prompt) = rest.split_once("Original prompt: ").unwrap_or((rest, ""));
            (why, Some(prompt.trim().to_owned()).filter(|prompt| !prompt.is_empty()))
        }
        // Without a reason, the colon is missing as well.
        _ => (told.strip_prefix("Operation stopped by hook").and_then(after_colon)?, None),
    };
    // `[command]: ` stands before what the command wrote.
    let why = why.trim();
    let bare = why.strip_prefix('[').and_then(|rest| rest.split_once("]: ")).map_or(why, |(_, said)| said);
    Some(PromptRefusal { reason: clip(bare.trim(), REASON).to_owned(), prompt, ..PromptRefusal::default() })
}

fn after_colon(rest: &str) -> Option<&str> {
    rest.strip_prefix(':').or(rest.trim().is_empty().then_some(""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refused_prompt_is_told_with_its_reason() {
        let line = |content: &str| {
            let content = serde_json::Value::from(content);
            format!(
                r#"{{"parentUuid":null,"isSidechain":false,"type":"system","subtype":"informational","content":{content},"isMeta":false,"timestamp":"2026-11-20T08:33:59.194Z","preventContinuation":true}}"#
            )
        };
        let told = |content: &str| read(&serde_json::from_str(&line(content)).unwrap());
        let refused =
            told("UserPromptSubmit operation blocked by hook:\n[/x/b.sh]: no secrets\n\n\nOriginal prompt: a\nb");
        let refused = refused.unwrap();
        assert_eq!((refused.reason.as_str(), refused.prompt.as_deref()), ("no secrets", Some("a\nb")));
        let expanded = told("UserPromptExpansion operation blocked by hook:\nno\n\nOriginal prompt: /mine x");
        assert_eq!(expanded.unwrap().prompt.as_deref(), Some("/mine x"));
        assert_eq!(told("Operation stopped by hook: not now").unwrap().reason, "not now");
        assert_eq!(told("Operation stopped by hook"), Some(PromptRefusal::default()));
        assert_eq!(told("Operation stopped by hooks of mine"), None);
        assert_eq!(told("Unknown command: /mine"), None);
    }
}
