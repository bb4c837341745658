//! What the client's hooks print (2.1.197 and 2.1.328).
//!
//! The output of the `SessionStart` hook carries the task's context. That was measured against a recording API; how often
//! a marker was in the request of the next prompt:
//!
//! | carrier | start | `/compact` | `/clear` | resumed, carrier silent | resumed, other text |
//! |---|---|---|---|---|---|
//! | `SessionStart` `additionalContext` | 1 | 1 | 1 | 1 (kept) | old 1 + new 1 |
//! | `--append-system-prompt[-file]` | 1 | 1 | 1 | 1 (2.1.328), 0 (2.1.197) | old 1 (2.1.328), new 1 (2.1.197) |
//! | first prompt | 1 | 0 | 0 | 1 | |
//!
//! So `SessionStart` alone follows every change, with nothing in a process list: everything at `startup`, `clear` and
//! `compact`, only what changed at `resume`. The client takes at most [`crate::agent::context::MOST`] UTF-16 units of one
//! hook; of a longer text the agent gets 2 kB and a file name. The output must be valid JSON: 2.1.197 hands invalid
//! output to the agent as it is, 2.1.328 drops it.

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
