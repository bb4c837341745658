//! A tool call that is about to run, as Chorus judges it.

use crate::contract::Json;
use crate::guard::{self, Refused};

/// Whether a `PreToolUse` event is a shell command that the guard refuses.
pub fn refused(event: &Json) -> Option<Refused> {
    let is = |key: &str, wanted: &str| event.get(key).and_then(Json::as_str) == Some(wanted);
    let shell = is("hook_event_name", "PreToolUse") && is("tool_name", "Bash");
    let command = event.get("tool_input").and_then(|input| input.get("command")).and_then(Json::as_str);
    command.filter(|_| shell).and_then(guard::verdict)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn only_shell_commands_that_are_about_to_run() {
        let event = |name: &str, tool: &str, command: &str| json!({ "hook_event_name": name, "tool_name": tool, "tool_input": { "command": command } });
        assert!(refused(&event("PreToolUse", "Bash", "git commit -m x")).is_some());
        assert!(refused(&event("PreToolUse", "Bash", "git status")).is_none());
        assert!(refused(&event("PostToolUse", "Bash", "git commit -m x")).is_none());
        assert!(refused(&event("PreToolUse", "Other", "git commit -m x")).is_none());
        assert!(refused(&json!({})).is_none());
    }
}
