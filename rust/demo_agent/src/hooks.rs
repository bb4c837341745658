//! What hooks are told and what their answers mean (Claude Code 2.1.328, as recorded). Pure.

use super::child::Ended;
use super::settings::Hook;
use crate::Json;
use serde_json::json;

/// What an event says of the session it comes from.
pub struct Facts {
    /// The session.
    pub session_id: String,
    /// Its transcript.
    pub transcript_path: String,
    /// Its folder.
    pub cwd: String,
    /// The prompt of the turn; nothing before the first.
    pub prompt_id: Option<String>,
    /// The permission mode.
    pub mode: String,
    /// Id and type of the subagent the event comes from.
    pub agent: Option<(String, String)>,
}

/// The JSON on a hook's standard input: the session's facts, as far as this event carries them, and its `own`.
pub fn payload(event: &str, facts: &Facts, own: Json) -> Json {
    let of_tool = event == "PermissionRequest" || event.starts_with("PreTool") || event.starts_with("PostTool");
    let of_stop = matches!(event, "Stop" | "SubagentStop");
    let mut all = json!({"session_id": facts.session_id, "transcript_path": facts.transcript_path, "cwd": facts.cwd,
        "hook_event_name": event});
    if let Some(id) = facts.prompt_id.as_ref().filter(|_| event != "SessionStart" || own["source"] == "compact") {
        all["prompt_id"] = id.as_str().into();
    }
    if of_tool || of_stop || event == "UserPromptSubmit" {
        all["permission_mode"] = facts.mode.as_str().into();
    }
    if of_tool || of_stop || event == "StopFailure" {
        all["effort"] = json!({"level": "medium"});
    }
    if let Some((id, kind)) = facts.agent.as_ref().filter(|_| of_tool || event.starts_with("Subagent")) {
        all["agent_id"] = id.as_str().into();
        all["agent_type"] = kind.as_str().into();
    }
    if let (Some(all), Json::Object(own)) = (all.as_object_mut(), own) {
        all.extend(own);
    }
    all
}

/// A decision of a `PermissionRequest` hook.
#[derive(Debug, Clone, PartialEq)]
pub enum Decision {
    /// Go on, with another input or new rules where they are given.
    Allow {
        /// `updatedInput`.
        input: Option<Json>,
        /// `updatedPermissions`.
        updates: Vec<Json>,
    },
    /// Do not; the model is told why and goes on unless `interrupt`.
    Deny {
        /// Told to the model.
        message: String,
        /// The turn ends as with Esc.
        interrupt: bool,
    },
}

/// What a `PermissionRequest` hook decided; nothing when it printed none.
pub fn decision(ended: &Ended) -> Option<Decision> {
    let decision = &own_output(ended)?["decision"];
    match decision["behavior"].as_str()? {
        "allow" => Some(Decision::Allow {
            input: decision.get("updatedInput").cloned(),
            updates: decision["updatedPermissions"].as_array().cloned().unwrap_or_default(),
        }),
        "deny" => Some(Decision::Deny {
            message: decision["message"].as_str().unwrap_or("Permission denied by hook").to_owned(),
            interrupt: decision["interrupt"] == true,
        }),
        _ => None,
    }
}

/// What a `PreToolUse` hook makes of a call.
#[derive(Debug, Clone, PartialEq)]
pub enum Gate {
    /// It has no opinion.
    Open,
    /// No question needed.
    Allow,
    /// Ask the person in any case.
    Ask,
    /// Do not run it; the model is told why.
    Deny(String),
}

/// What a `PreToolUse` hook said, by its JSON or by exit code 2, and the input it put in place.
pub fn gate(hook: &Hook, ended: &Ended) -> (Gate, Option<Json>) {
    if ended.code == Some(2) {
        return (Gate::Deny(format!("[{}]: {}", hook.command, ended.stderr.trim())), None);
    }
    let Some(own) = own_output(ended) else { return (Gate::Open, None) };
    let reason = || own["permissionDecisionReason"].as_str().unwrap_or("denied by hook").to_owned();
    let gate = match own["permissionDecision"].as_str() {
        Some("deny") => Gate::Deny(reason()),
        Some("allow") => Gate::Allow,
        Some("ask") => Gate::Ask,
        _ => Gate::Open,
    };
    (gate, own.get("updatedInput").cloned())
}

/// Why a `UserPromptSubmit` or `Stop` hook does not let the agent go on (or stop).
pub fn blocked(hook: &Hook, ended: &Ended) -> Option<String> {
    if ended.code == Some(2) {
        return Some(format!("[{}]: {}", hook.command, ended.stderr.trim()));
    }
    let output = output(ended)?;
    (output["decision"] == "block").then(|| output["reason"].as_str().unwrap_or("blocked by hook").to_owned())
}

/// Context a hook adds to the conversation. At a session's start and at a prompt plain text counts too.
pub fn context(event: &str, ended: &Ended) -> Option<String> {
    if let Some(output) = output(ended) {
        let text = output["hookSpecificOutput"]["additionalContext"].as_str()?.trim();
        return (!text.is_empty()).then(|| text.to_owned());
    }
    let text = ended.stdout.trim();
    let plain = ended.code == Some(0) && !ended.is_held && matches!(event, "SessionStart" | "UserPromptSubmit");
    (plain && !text.is_empty()).then(|| text.to_owned())
}

/// What a failed hook puts on the screen; exit code 2 means something and is no failure.
pub fn complaint(ended: &Ended) -> Option<&str> {
    (!matches!(ended.code, Some(0 | 2) | None)).then(|| ended.stderr.trim())
}

/// The JSON a hook printed. The client takes none from a hook that left a process with its outputs open.
fn output(ended: &Ended) -> Option<Json> {
    serde_json::from_str(&ended.stdout).ok().filter(Json::is_object).filter(|_| ended.code == Some(0) && !ended.is_held)
}

fn own_output(ended: &Ended) -> Option<Json> {
    output(ended).map(|output| output["hookSpecificOutput"].clone())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn printed(output: &Json) -> Ended {
        Ended { code: Some(0), stdout: output.to_string(), ..Ended::default() }
    }

    #[test]
    fn a_decision_is_read_with_all_it_brings() {
        let allow = json!({"hookSpecificOutput": {"hookEventName": "PermissionRequest", "decision": {
            "behavior": "allow", "updatedInput": {"command": "ls"}, "updatedPermissions": [{"type": "addRules"}]}}});
        let expected =
            Decision::Allow { input: Some(json!({"command": "ls"})), updates: vec![json!({"type": "addRules"})] };
        assert_eq!(decision(&printed(&allow)), Some(expected));
        let deny = json!({"hookSpecificOutput": {"decision": {"behavior": "deny", "message": "why"}}});
        let expected = Decision::Deny { message: "why".into(), interrupt: false };
        assert_eq!(decision(&printed(&deny)), Some(expected));
        assert_eq!(decision(&Ended { code: Some(0), ..Ended::default() }), None);
    }

    #[test]
    fn a_failed_hook_decides_nothing() {
        let mut ended = printed(&json!({"hookSpecificOutput": {"decision": {"behavior": "allow"}}}));
        assert!(decision(&Ended { is_held: true, ..ended.clone() }).is_none());
        ended.code = Some(1);
        assert_eq!(decision(&ended), None);
        ended.stderr = "oops\n".into();
        assert_eq!(complaint(&ended), Some("oops"));
    }

    #[test]
    fn plain_text_is_context_only_where_the_client_takes_it() {
        let ended = Ended { code: Some(0), stdout: "be kind\n".into(), ..Ended::default() };
        assert_eq!(context("SessionStart", &ended), Some("be kind".into()));
        assert_eq!(context("PostToolUse", &ended), None);
        let json = printed(&json!({"hookSpecificOutput": {"additionalContext": "x"}}));
        assert_eq!(context("PostToolUse", &json), Some("x".into()));
    }
}
