//! What the client's hooks print (2.1.197 and 2.1.328).

use crate::agent::AgentReply;
use crate::contract::Json;
use serde_json::json;

/// The output of a `SessionStart` or `PreToolUse` hook.
pub fn reply(reply: &AgentReply) -> Json {
    match reply {
        AgentReply::Context(text) => {
            json!({"hookSpecificOutput": {"hookEventName": "SessionStart", "additionalContext": text}})
        }
        AgentReply::Note(sentence) => {
            json!({"hookSpecificOutput": {"hookEventName": "PreToolUse", "additionalContext": sentence}})
        }
        AgentReply::Refuse(reason) => decision("deny", reason),
        AgentReply::AskPerson(reason) => decision("ask", reason),
    }
}

fn decision(decision: &str, reason: &str) -> Json {
    json!({"hookSpecificOutput": {
        "hookEventName": "PreToolUse",
        "permissionDecision": decision,
        "permissionDecisionReason": reason,
    }})
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_is_the_hooks_denial() {
        let hook = &reply(&AgentReply::Refuse("no".into()))["hookSpecificOutput"];
        assert_eq!(hook["hookEventName"], "PreToolUse");
        assert_eq!(hook["permissionDecision"], "deny");
        assert_eq!(hook["permissionDecisionReason"], "no");
    }
}
