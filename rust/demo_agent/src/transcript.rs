//! `<config>/projects/<mangled folder>/<session id>.jsonl`: the conversation, one JSON line each.
//!
//! As with the client (2.1.328) there is no file before the first prompt, and a file is what makes a session
//! resumable.

use crate::Json;
use serde_json::json;
use std::io::Write;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

/// The transcript of one session (or of one subagent) and the conversation it holds.
pub struct Transcript {
    path: PathBuf,
    session_id: String,
    cwd: PathBuf,
    parent: Option<String>,
    /// Lines from before the first prompt.
    held: Vec<Json>,
    /// Whether this is a subagent's.
    sidechain: bool,
    messages: Vec<Json>,
}

/// The file of a session: every character of the folder's path that is not alphanumeric becomes `-`.
pub fn path(config: &Path, cwd: &Path, session_id: &str) -> PathBuf {
    let mangled: String =
        cwd.to_string_lossy().chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' }).collect();
    config.join("projects").join(mangled).join(format!("{session_id}.jsonl"))
}

impl Transcript {
    /// A conversation that begins.
    pub fn new(config: &Path, cwd: &Path, session_id: &str) -> Transcript {
        Transcript {
            path: path(config, cwd, session_id),
            session_id: session_id.to_owned(),
            cwd: cwd.to_owned(),
            parent: None,
            held: Vec::new(),
            sidechain: false,
            messages: Vec::new(),
        }
    }

    /// A conversation that goes on: what was said since the last compaction.
    pub fn load(config: &Path, cwd: &Path, session_id: &str) -> std::io::Result<Transcript> {
        let mut transcript = Transcript::new(config, cwd, session_id);
        for line in std::fs::read_to_string(&transcript.path)?.lines() {
            // A line cut short by a kill is no reason to lose the rest.
            let Ok(line) = serde_json::from_str::<Json>(line) else { continue };
            transcript.parent = line["uuid"].as_str().map(str::to_owned).or(transcript.parent);
            match line["type"].as_str() {
                Some("user" | "assistant") => {
                    let message = &line["message"];
                    transcript.messages.push(json!({"role": message["role"], "content": message["content"]}));
                }
                Some("attachment") => transcript.messages.extend(context_message(&line["attachment"])),
                Some("system") if line["subtype"] == "compact_boundary" => transcript.messages.clear(),
                _ => {}
            }
        }
        Ok(transcript)
    }

    /// The transcript of a subagent of this session.
    pub fn subagent(&self, agent_id: &str) -> Transcript {
        let path = self.path.with_extension("").join("subagents").join(format!("agent-{agent_id}.jsonl"));
        let held = Vec::new();
        let (session_id, cwd) = (self.session_id.clone(), self.cwd.clone());
        Transcript { path, session_id, cwd, parent: None, held, sidechain: true, messages: Vec::new() }
    }

    /// Where it is written.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Whether anything was written, so that `--resume` can find it.
    pub fn is_resumable(&self) -> bool {
        self.path.exists()
    }

    /// What a model would be sent: `{role, content}` in order.
    pub fn messages(&self) -> &[Json] {
        &self.messages
    }

    /// A person's prompt, or the results of tools.
    pub fn user(&mut self, content: Json, prompt_id: Option<&str>, mode: &str) {
        let message = json!({"role": "user", "content": content});
        self.messages.push(message.clone());
        let line = json!({"type": "user", "message": message, "promptId": prompt_id, "permissionMode": mode});
        self.write(line);
    }

    /// Blocks of an answer.
    pub fn assistant(&mut self, content: Json, model: &str) {
        self.messages.push(json!({"role": "assistant", "content": content}));
        let usage = json!({"input_tokens": 4 * self.messages.len(), "output_tokens": content.to_string().len() / 4,
            "cache_creation_input_tokens": 0, "cache_read_input_tokens": 0});
        let message = json!({"id": format!("msg_demo_{}", uuid::Uuid::new_v4().simple()), "type": "message",
            "role": "assistant", "model": model, "content": content, "stop_sequence": null, "usage": usage});
        self.write(json!({"type": "assistant", "message": message}));
    }

    /// Context that a hook added.
    pub fn context(&mut self, event: &str, text: &str) {
        let attachment = json!({"type": "hook_additional_context", "content": [text], "hookName": event,
            "toolUseID": event, "hookEvent": event});
        self.messages.extend(context_message(&attachment));
        self.write(json!({"type": "attachment", "attachment": attachment}));
    }

    /// The conversation so far was replaced by a summary.
    pub fn compact(&mut self, summary: &str) {
        self.messages.clear();
        self.write(json!({"type": "system", "subtype": "compact_boundary", "content": "Conversation compacted",
            "compactMetadata": {"trigger": "manual"}}));
        self.user(
            json!(format!("This session is being continued from an earlier conversation.\n\n{summary}")),
            None,
            "",
        );
    }

    /// Appends one line, with what every line carries. A demo whose disk is full goes on without.
    fn write(&mut self, mut line: Json) {
        let uuid = uuid::Uuid::new_v4().to_string();
        if let Some(fields) = line.as_object_mut() {
            let parent = self.parent.replace(uuid.clone());
            let common = json!({"parentUuid": parent, "isSidechain": self.sidechain, "uuid": uuid,
                "timestamp": humantime::format_rfc3339_millis(SystemTime::now()).to_string(),
                "userType": "external", "entrypoint": "cli", "cwd": self.cwd, "sessionId": self.session_id,
                "version": super::VERSION.split(' ').next()});
            fields.extend(common.as_object().cloned().unwrap_or_default());
        }
        let first = line["type"] == "user";
        self.held.push(line);
        if !first && !self.path.exists() {
            return;
        }
        let text: String = self.held.drain(..).map(|line| format!("{line}\n")).collect();
        if let Some(folder) = self.path.parent() {
            let _ = std::fs::DirBuilder::new().recursive(true).mode(0o700).create(folder);
        }
        let _ = std::fs::OpenOptions::new()
            .append(true)
            .create(true)
            .mode(0o600)
            .open(&self.path)
            .and_then(|mut file| file.write_all(text.as_bytes()));
    }
}

fn context_message(attachment: &Json) -> Option<Json> {
    let event = attachment["hookEvent"].as_str()?;
    let text = attachment["content"][0].as_str()?;
    let text = format!("{event} hook additional context: {text}");
    Some(json!({"role": "system", "content": [{"type": "text", "text": text}]}))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_folder_is_mangled_as_the_client_does() {
        let found = path(Path::new("/c"), Path::new("/tmp/we ird_dir.x/é"), "i");
        assert_eq!(found, Path::new("/c/projects/-tmp-we-ird-dir-x--/i.jsonl"));
    }

    #[test]
    fn a_conversation_is_resumed_as_it_was_with_context_once() {
        let config = tempfile::tempdir().expect("a folder");
        let cwd = Path::new("/tmp/p");
        let mut first = Transcript::new(config.path(), cwd, "id");
        first.context("SessionStart", "the context");
        assert!(!first.is_resumable());
        first.user(json!("hello"), Some("p"), "default");
        first.assistant(json!([{"type": "text", "text": "hi"}]), "m");
        let second = Transcript::load(config.path(), cwd, "id").expect("a transcript");
        assert_eq!(second.messages(), first.messages());
        let all = serde_json::to_string(second.messages()).expect("JSON");
        assert_eq!(all.matches("the context").count(), 1);
        first.compact("short");
        assert_eq!(Transcript::load(config.path(), cwd, "id").expect("a transcript").messages().len(), 1);
        assert!(Transcript::load(config.path(), cwd, "other").is_err());
    }
}
