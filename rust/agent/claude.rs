//! Claude Code: everything that knows its events, files, flags, dialogs and screens.
//!
//! Facts were measured on Claude Code 2.1.328 and 2.1.197 where no other version is named.

pub mod answer;
pub mod but_hooks;
pub mod conversation;
pub mod environment;
pub mod event;
pub mod failure;
pub mod hooks_off;
mod keybindings;
pub mod launch;
pub mod login;
mod pieces;
mod prompt_box;
mod prompt_refusal;
pub mod reply;
pub mod request;
mod said;
pub mod session_file;
pub mod sessions;
pub mod settings;
pub mod suggestion;
mod tool_call;
mod tool_scope;
pub mod transcript;
mod typing_plan;

use super::launch::{AgentLaunch, Begin, Startup};
use super::{
    Adapter, AgentReply, Answer, Capabilities, CommittingHook, HooksQuestion, LastMode, SessionSeen, SessionWatch,
    Transcript,
};
use crate::contract::{Environment, Json, Renderer};
use crate::error::Result;
use crate::evidence::Gives;
use crate::evidence::event::{AgentEvent, ToolScope};
use crate::evidence::session::AgentSession;
use crate::typing::{AgentPrompt, PromptMatch, PromptSeen, PromptWanted, TypingPlan};
use sessions::{SessionFileSeen, Sessions};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use tokio::sync::mpsc::{Sender, channel};

/// Fields of an event that may be long and that no status depends on.
const LONG_FIELDS: &[&str] = &["tool_input", "tool_response", "prompt", "last_assistant_message"];

/// Session files that may wait to be taken in.
const SEEN: usize = 256;

/// The adapter. The agent leads by its session file; its hooks tell kind and detail.
#[derive(Debug)]
pub struct Claude;

impl Adapter for Claude {
    fn name(&self) -> &'static str {
        "claude"
    }

    fn capabilities(&self) -> Capabilities {
        Capabilities { gives: Gives { session: true, hooks: true }, resume: true }
    }

    fn parse(&self, message: &Json) -> AgentEvent {
        event::parse(message)
    }

    fn shorten(&self, message: &mut Json) {
        if let Some(fields) = message.as_object_mut() {
            fields.retain(|name, _| !LONG_FIELDS.contains(&name.as_str()));
        }
    }

    fn reply(&self, reply: &AgentReply) -> Json {
        reply::reply(reply)
    }

    fn answer(&self, message: &Json, answer: &Answer) -> Result<Json> {
        request::Asked::of(message).reply(answer)
    }

    fn said(&self, sent: &Json) -> Option<String> {
        said::said(sent)
    }

    fn scope(&self, tool: &str, input: &Json, folder: Option<&Path>) -> ToolScope {
        let folder = folder.map(Path::to_string_lossy);
        tool_scope::read(&serde_json::json!({ "tool_name": tool, "tool_input": input, "cwd": folder }))
    }

    fn screen_rules(&self) -> &'static str {
        include_str!("claude/screens.toml")
    }

    fn prompt(&self) -> &'static dyn AgentPrompt {
        &Claude
    }

    fn config_dir(&self, environment: &Environment, folder: &Path) -> Option<PathBuf> {
        environment::config_dir(environment, folder)
    }

    fn set_config_dir(&self, environment: &mut Environment, config_dir: &Path) {
        environment::set_config_dir(environment, config_dir);
    }

    fn dress(&self, environment: &mut BTreeMap<String, String>, renderer: Renderer) {
        environment::dress(environment, renderer);
    }

    fn start(&self, launch: &AgentLaunch<'_>) -> Startup {
        let settings = settings::settings(launch.hook, Some(launch.readable), launch.shared);
        Startup { argv: launch::argv(launch), settings }
    }

    fn take_up(&self, config_dir: &Path, folder: &Path, session_id: &str) -> Option<Begin> {
        launch::choose(&conversation::conversation(None, config_dir, folder, session_id))
    }

    fn running(&self, config_dir: &Path, session_id: &str) -> Vec<u32> {
        sessions::running(config_dir, session_id)
    }

    fn why_not_sent(&self, config_dir: &Path) -> Option<String> {
        keybindings::enter_rebound(config_dir)
    }

    fn mode_after<'a>(&self, asked: Option<&'a str>, last: &LastMode<'a>) -> Option<&'a str> {
        let follows_plan = |mode: &&str| matches!(*mode, "default" | "manual" | "acceptEdits");
        let left_planning = asked == Some("plan") && last.plan_approved;
        last.mode.filter(follows_plan).filter(|_| left_planning).or(asked)
    }

    fn hooks_off(&self, asked: &HooksQuestion) -> Option<String> {
        hooks_off::cause(asked)
    }

    fn watch_sessions(&self, seen: Sender<SessionSeen>) -> Option<Box<dyn SessionWatch>> {
        let (tell, mut files) = channel(SEEN);
        tokio::spawn(async move {
            while let Some(file) = files.recv().await {
                if let Some(said) = said(file)
                    && seen.send(said).await.is_err()
                {
                    return;
                }
            }
        });
        Some(Box::new(Sessions::start(tell)))
    }

    fn session_file(&self, content: &[u8]) -> Option<AgentSession> {
        session_file::parse(content)
    }

    fn find_transcript(&self, config_dir: &Path, folder: &Path, session_id: &str) -> Option<PathBuf> {
        conversation::find(config_dir, folder, session_id)
    }

    fn transcript(&self, file: &Path) -> Box<dyn Transcript> {
        Box::new(transcript::Tail::new(file))
    }

    fn login_advice(&self, message: &str) -> String {
        login::advice(message)
    }

    fn committing_hooks(&self, folder: &Path, environment: &Environment) -> Vec<CommittingHook> {
        but_hooks::find(folder, environment::config_dir(environment, folder).as_deref())
    }
}

impl AgentPrompt for Claude {
    fn find(&self, screen: &[String]) -> Option<PromptSeen> {
        prompt_box::find(screen)
    }

    fn find_typed(&self, screen: &[String], wanted: &PromptWanted) -> Option<PromptSeen> {
        let is_wanted = |found: &PromptSeen| typing_plan::matches(wanted, found) == PromptMatch::Full;
        prompt_box::find(screen).or_else(|| prompt_box::find_end(screen, is_wanted))
    }

    fn plan(&self, text: &str, screen: &[String], raw: bool) -> Result<TypingPlan> {
        typing_plan::plan(text, screen, raw)
    }

    fn matches(&self, wanted: &PromptWanted, seen: &PromptSeen) -> PromptMatch {
        typing_plan::matches(wanted, seen)
    }
}

/// What a session file says; nothing when it is no session file.
fn said(file: SessionFileSeen) -> Option<SessionSeen> {
    let SessionFileSeen { config_dir, pid, content, .. } = file;
    match content {
        Some(content) => {
            let session = Some(session_file::parse(&content)?);
            Some(SessionSeen { config_dir, pid, session })
        }
        None => Some(SessionSeen { config_dir, pid, session: None }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_an_approved_plan_changes_the_mode_that_was_asked_for() {
        let after = |asked, mode, plan_approved| Claude.mode_after(asked, &LastMode { mode, plan_approved });
        for mode in ["default", "manual", "acceptEdits"] {
            assert_eq!(after(Some("plan"), Some(mode), true), Some(mode));
            assert_eq!(after(Some("plan"), Some(mode), false), Some("plan"), "no plan was approved");
            assert_eq!(after(Some("manual"), Some(mode), true), Some("manual"));
            assert_eq!(after(None, Some(mode), true), None);
        }
        for mode in ["auto", "bypassPermissions", "dontAsk", "plan", "--x"] {
            assert_eq!(after(Some("plan"), Some(mode), true), Some("plan"), "{mode}");
        }
        assert_eq!(after(Some("plan"), None, true), Some("plan"));
    }
}
