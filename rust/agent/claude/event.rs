//! What the client's hooks send, read into [`AgentEvent`]. Pure and lenient: every field may be missing, every text is
//! hostile and bounded, unknown events are [`Happening::Other`].
//!
//! Shapes as Claude Code 2.1.328 and 2.1.197 send them; samples lie in `tests/fixtures/hooks`.

use super::request::Asked;
use super::{failure, tool_call};
use crate::contract::Json;
use crate::evidence::event::{AgentEvent, Background, Happening, SessionStart, TurnFailure};
use crate::text::clip;
use serde_json::Value;

/// Bytes kept of a prompt or message.
const TEXT: usize = 64 * 1024;
/// Bytes kept of a name or path.
const WORD: usize = 4 * 1024;
/// More background tasks are not read.
const MOST_TASKS: usize = 64;

/// Reads one event.
pub fn parse(event: &Json) -> AgentEvent {
    let plain = |key: &str| word(event, key).unwrap_or_default();
    let message = || text(event, "last_assistant_message", TEXT);
    let what = match event.get("hook_event_name").and_then(Value::as_str).unwrap_or_default() {
        "SessionStart" => Happening::SessionStart(source(&plain("source"))),
        "UserPromptSubmit" => Happening::PromptTaken { prompt: text(event, "prompt", TEXT).unwrap_or_default() },
        "PreToolUse" => Happening::ToolStart(tool_call::read(event)),
        "PostToolUse" | "PermissionDenied" => Happening::ToolEnd { call: tool_call::read(event), failed: false },
        "PostToolUseFailure" => Happening::ToolEnd { call: tool_call::read(event), failed: true },
        "PermissionRequest" => Happening::Asks(Box::new(Asked::of(event).request)),
        "Notification" if plain("notification_type") == "auth_success" => Happening::LoggedIn,
        "Notification" => Happening::Notice,
        "Stop" => Happening::TurnEnd { message: message(), background: background(event) },
        "StopFailure" => {
            let (class, message) = (word(event, "error").unwrap_or_else(|| "unknown".to_owned()), message());
            let cause = failure::cause(&class, message.as_deref().unwrap_or_default());
            Happening::TurnFailure(TurnFailure { class, message, cause })
        }
        "SubagentStart" => Happening::SubagentStart,
        "SubagentStop" => Happening::SubagentEnd,
        "PreCompact" => Happening::Compaction,
        "SessionEnd" => {
            let reason = word(event, "reason").unwrap_or_else(|| "other".to_owned());
            let continues = matches!(reason.as_str(), "clear" | "resume");
            Happening::SessionEnd { reason, continues }
        }
        _ => Happening::Other,
    };
    AgentEvent {
        session_id: word(event, "session_id"),
        transcript: word(event, "transcript_path").map(Into::into),
        subagent: word(event, "agent_id"),
        mode: word(event, "permission_mode"),
        what,
    }
}

/// The `source` of a `SessionStart`; one that is not known is a new conversation's, which is told everything.
pub fn source(word: &str) -> SessionStart {
    match word {
        "resume" => SessionStart::Resumed,
        "clear" => SessionStart::Cleared,
        "compact" => SessionStart::Compacted,
        "fork" => SessionStart::Forked,
        _ => SessionStart::New,
    }
}

/// What goes on after a `Stop`; nothing where the client does not say.
fn background(event: &Json) -> Option<Background> {
    let tasks = event.get("background_tasks")?.as_array()?;
    let field = |task: &'_ Json, key: &str| task.get(key).and_then(Value::as_str).map(str::to_owned);
    let is_running = |task: &&Json| field(task, "status").is_none_or(|status| status == "running");
    let running = tasks.iter().filter(is_running).take(MOST_TASKS);
    let is_subagent = |task: &&Json| field(task, "type").as_deref() == Some("subagent");
    let (subagents, others): (Vec<&Json>, Vec<&Json>) = running.partition(is_subagent);
    let subagents = subagents.iter().filter_map(|task| word(task, "id")).collect();
    Some(Background { subagents, shells: others.len() })
}

/// A name or path, bounded.
pub(super) fn word(event: &Json, key: &str) -> Option<String> {
    text(event, key, WORD)
}

/// A text field, bounded; nothing when it is absent, empty or no text.
pub(super) fn text(object: &Json, key: &str, most: usize) -> Option<String> {
    let found = object.get(key)?.as_str()?;
    (!found.is_empty()).then(|| clip(found, most).to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evidence::event::FailureCause;
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
            assert!(parsed.session_id.is_some() && parsed.transcript.is_some(), "{name}");
            let event_name = name.split('.').next().unwrap();
            let registered = super::super::settings::settings(std::path::Path::new("/x"), None, false);
            let known = registered["hooks"].get(event_name).is_some() || event_name == "PreToolUse";
            assert_eq!(parsed.what != Happening::Other, known, "{name}");
        }
    }

    #[test]
    fn the_fields_that_matter_arrive() {
        assert_eq!(sample("SessionStart.startup").what, Happening::SessionStart(SessionStart::New));
        assert_eq!(sample("SessionStart.compact").what, Happening::SessionStart(SessionStart::Compacted));
        let taken = Happening::PromptTaken { prompt: "[[bash: false]]".into() };
        assert_eq!(sample("UserPromptSubmit").what, taken);
        let Happening::TurnEnd { message: Some(_), background: Some(background) } =
            sample("Stop.with-background-tasks").what
        else {
            panic!()
        };
        assert_eq!((background.subagents.as_slice(), background.shells), (&["acc99e5963696498a".to_owned()][..], 0));
        let Happening::ToolEnd { call, failed: false } = sample("PostToolUse.Write").what else { panic!() };
        assert_eq!((call.tool.as_str(), call.summary.is_some(), call.id.is_some()), ("Write", true, true));
        assert!(sample("PreToolUse.Bash.in-subagent").subagent.is_some());
        let cleared = Happening::SessionEnd { reason: "clear".into(), continues: true };
        assert_eq!(sample("SessionEnd.clear").what, cleared);
    }

    #[test]
    fn failures_have_kinds() {
        let cause = |name: &str| match sample(name).what {
            Happening::TurnFailure(failure) => failure.cause,
            other => panic!("{other:?}"),
        };
        assert_eq!(cause("StopFailure.rate_limit"), FailureCause::RateLimit);
        assert_eq!(cause("StopFailure.server_error"), FailureCause::Server);
        assert_eq!(cause("StopFailure.unknown"), FailureCause::Request);
        assert_eq!(cause("StopFailure.authentication_failed"), FailureCause::Login);
    }

    #[test]
    fn anything_at_all_can_be_read() {
        for event in [json!(null), json!([]), json!("x"), json!({}), json!({"hook_event_name": 7, "session_id": {}})] {
            assert_eq!(parse(&event), AgentEvent::default());
        }
        let huge = json!({"hook_event_name": "UserPromptSubmit", "prompt": "é".repeat(1_000_000)});
        assert!(matches!(parse(&huge).what, Happening::PromptTaken { prompt } if prompt.len() <= TEXT));
    }
}
