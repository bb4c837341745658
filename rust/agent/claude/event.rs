//! What an agent's hook sent, typed. Pure and lenient: every field may be missing, every text is hostile and bounded,
//! unknown events are [`What::Other`].
//!
//! Shapes as Claude Code 2.1.328 and 2.1.197 send them; samples lie in `tests/fixtures/hooks`.

use crate::contract::Json;
use crate::status::Kind;
use crate::text::clip;
use serde_json::Value;

/// Bytes kept of a prompt or message.
const TEXT: usize = 64 * 1024;
/// Bytes kept of a name or path.
const WORD: usize = 4 * 1024;

/// One event of an agent.
#[derive(Clone, Debug, PartialEq)]
pub struct AgentEvent {
    /// The conversation; `/clear` and the client's own `/resume` change it within one process.
    pub session_id: Option<String>,
    /// The conversation's file. It does not exist before the first prompt.
    pub transcript_path: Option<String>,
    /// The agent's folder now.
    pub cwd: Option<String>,
    /// The prompt whose turn this belongs to.
    pub prompt_id: Option<String>,
    /// `default`, `acceptEdits`, `plan`, `auto`, `dontAsk`, `bypassPermissions`.
    pub permission_mode: Option<String>,
    /// The subagent that this comes from; nothing for the main conversation.
    pub subagent: Option<String>,
    /// What happened.
    pub what: What,
}

/// What happened.
#[derive(Clone, Debug, PartialEq)]
pub enum What {
    /// A session begins or goes on.
    SessionStart {
        /// `startup`, `resume`, `clear`, `compact`, `fork`.
        source: String,
        /// Not with every source.
        model: Option<String>,
    },
    /// A prompt was accepted: typed, queued, or a background task's notification.
    UserPromptSubmit {
        /// The text; pasted parts in `<pasted_content>`.
        prompt: String,
    },
    /// A tool call begins.
    PreToolUse(Call),
    /// A tool call ended well.
    PostToolUse(Call),
    /// A tool call failed.
    PostToolUseFailure {
        /// The call.
        call: Call,
        /// `Exit code 1`.
        error: String,
        /// A person stopped it.
        interrupted: bool,
    },
    /// The agent needs an answer; see [`super::request`].
    PermissionRequest,
    /// Nobody answered for a while, and the like.
    Notification {
        /// `permission_prompt` (after 6 s), `idle_prompt` (after 60 s), …
        kind: String,
        /// For people.
        message: String,
    },
    /// A turn ended.
    Stop {
        /// The last message.
        message: Option<String>,
        /// Subagents and shells that go on.
        background: usize,
    },
    /// A turn ended by an API error, after the client's own retries.
    StopFailure(Failed),
    /// A subagent began.
    SubagentStart {
        /// `general-purpose`, …
        agent_type: String,
    },
    /// A subagent ended. Compaction has one with an empty type.
    SubagentStop {
        /// `general-purpose`, …
        agent_type: String,
    },
    /// The conversation is about to be summarised.
    PreCompact {
        /// `manual` or `auto`.
        trigger: String,
    },
    /// The session ended; nothing comes after a SIGKILL.
    SessionEnd {
        /// `prompt_input_exit`, `clear`, `resume`, `other` (SIGTERM, SIGHUP).
        reason: String,
    },
    /// tmux: the pane's program ended.
    PaneDied,
    /// An event that Chorus does not know.
    Other {
        /// Its name.
        name: String,
    },
}

/// A tool call. Its input and output stay in the raw event.
#[derive(Clone, Debug, PartialEq)]
pub struct Call {
    /// `Bash`, `Edit`, `mcp__server__tool`, …
    pub tool: String,
    /// Ties the events of one call together; absent in `PermissionRequest`.
    pub id: Option<String>,
    /// The file it works on, where it has one.
    pub file: Option<String>,
}

/// Why a turn failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failed {
    /// The client's class: `authentication_failed`, `rate_limit`, `server_error`, `unknown` (a 400), …
    pub error: String,
    /// The text that the client showed.
    pub message: String,
}

impl Failed {
    /// What kind of error it is; nothing when the agent has no login.
    pub fn kind(&self) -> Option<Kind> {
        match self.error.as_str() {
            _ if super::login::is_missing(&self.error, &self.message) => None,
            "rate_limit" => Some(Kind::RateLimit),
            "server_error" => Some(Kind::Server),
            _ => Some(Kind::Request),
        }
    }
}

/// Reads one event.
pub fn parse(event: &Json) -> AgentEvent {
    let word = |key: &str| text(event, key, WORD);
    let plain = |key: &str| word(key).unwrap_or_default();
    let what = match event.get("hook_event_name").and_then(Value::as_str).unwrap_or_default() {
        "SessionStart" => What::SessionStart { source: plain("source"), model: word("model") },
        "UserPromptSubmit" => What::UserPromptSubmit { prompt: text(event, "prompt", TEXT).unwrap_or_default() },
        "PreToolUse" => What::PreToolUse(call(event)),
        "PostToolUse" => What::PostToolUse(call(event)),
        "PostToolUseFailure" => What::PostToolUseFailure {
            call: call(event),
            error: plain("error"),
            interrupted: event.get("is_interrupt").and_then(Value::as_bool).unwrap_or_default(),
        },
        "PermissionRequest" => What::PermissionRequest,
        "Notification" => What::Notification { kind: plain("notification_type"), message: plain("message") },
        "Stop" => What::Stop {
            message: text(event, "last_assistant_message", TEXT),
            background: event.get("background_tasks").and_then(Value::as_array).map_or(0, Vec::len),
        },
        "StopFailure" => What::StopFailure(Failed { error: plain("error"), message: plain("last_assistant_message") }),
        "SubagentStart" => What::SubagentStart { agent_type: plain("agent_type") },
        "SubagentStop" => What::SubagentStop { agent_type: plain("agent_type") },
        "PreCompact" => What::PreCompact { trigger: plain("trigger") },
        "SessionEnd" => What::SessionEnd { reason: plain("reason") },
        "PaneDied" => What::PaneDied,
        other => What::Other { name: clip(other, WORD).to_owned() },
    };
    AgentEvent {
        session_id: word("session_id"),
        transcript_path: word("transcript_path"),
        cwd: word("cwd"),
        prompt_id: word("prompt_id"),
        permission_mode: word("permission_mode"),
        subagent: word("agent_id"),
        what,
    }
}

fn call(event: &Json) -> Call {
    let input = event.get("tool_input");
    let file = input.and_then(|input| text(input, "file_path", WORD).or_else(|| text(input, "notebook_path", WORD)));
    Call { tool: text(event, "tool_name", WORD).unwrap_or_default(), id: text(event, "tool_use_id", WORD), file }
}

/// A text field, bounded; nothing when it is absent, empty or no text.
pub(super) fn text(object: &Json, key: &str, most: usize) -> Option<String> {
    let found = object.get(key)?.as_str()?;
    (!found.is_empty()).then(|| clip(found, most).to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn samples() -> Vec<(String, Json)> {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/hooks");
        let read = |entry: std::io::Result<std::fs::DirEntry>| {
            let path = entry.unwrap().path();
            let text = std::fs::read_to_string(&path).unwrap();
            (path.file_stem().unwrap().to_string_lossy().into_owned(), serde_json::from_str(&text).unwrap())
        };
        std::fs::read_dir(folder).unwrap().map(read).collect()
    }

    fn sample(name: &str) -> AgentEvent {
        parse(&samples().into_iter().find(|(stem, _)| stem == name).expect(name).1)
    }

    #[test]
    fn every_registered_event_of_the_real_client_is_understood() {
        let samples = samples();
        assert!(samples.len() > 70);
        for (name, event) in &samples {
            let parsed = parse(event);
            assert!(parsed.session_id.is_some() && parsed.transcript_path.is_some(), "{name}");
            let event_name = name.split('.').next().unwrap();
            let registered = super::super::settings::settings(std::path::Path::new("/x"), None, false);
            let known = registered["hooks"].get(event_name).is_some() || event_name == "PreToolUse";
            assert_eq!(!matches!(parsed.what, What::Other { .. }), known, "{name}");
        }
    }

    #[test]
    fn the_fields_that_matter_arrive() {
        let start = sample("SessionStart.startup");
        assert_eq!(start.what, What::SessionStart { source: "startup".into(), model: Some("claude-opus-5-5".into()) });
        assert!(
            matches!(sample("UserPromptSubmit").what, What::UserPromptSubmit { prompt } if prompt == "[[bash: false]]")
        );
        assert!(matches!(sample("Stop.with-background-tasks").what, What::Stop { background: 1, message: Some(_) }));
        let What::PostToolUse(call) = sample("PostToolUse.Write").what else { panic!() };
        assert_eq!((call.tool.as_str(), call.file.is_some(), call.id.is_some()), ("Write", true, true));
        assert!(sample("PreToolUse.Bash.in-subagent").subagent.is_some());
        assert_eq!(sample("SessionEnd.clear").what, What::SessionEnd { reason: "clear".into() });
    }

    #[test]
    fn failures_have_kinds() {
        let kind = |name: &str| match sample(name).what {
            What::StopFailure(failed) => failed.kind(),
            other => panic!("{other:?}"),
        };
        assert_eq!(kind("StopFailure.rate_limit"), Some(Kind::RateLimit));
        assert_eq!(kind("StopFailure.server_error"), Some(Kind::Server));
        assert_eq!(kind("StopFailure.unknown"), Some(Kind::Request));
        assert_eq!(kind("StopFailure.authentication_failed"), None);
    }

    #[test]
    fn anything_at_all_can_be_read() {
        for event in [json!(null), json!([]), json!("x"), json!({}), json!({"hook_event_name": 7, "session_id": {}})] {
            assert_eq!(parse(&event).what, What::Other { name: String::new() });
        }
        let huge = json!({"hook_event_name": "UserPromptSubmit", "prompt": "é".repeat(1_000_000)});
        assert!(matches!(parse(&huge).what, What::UserPromptSubmit { prompt } if prompt.len() <= TEXT));
    }
}
