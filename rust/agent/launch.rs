//! One start of an agent's process, in neutral terms.

use super::Agent;
use crate::contract::Json;
use std::path::Path;

/// How a conversation is taken up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Begin {
    /// It begins, with the id that Chorus chose.
    New,
    /// It goes on.
    Resume,
}

/// What is known when an agent is about to be started.
#[derive(Clone, Copy, Debug)]
pub struct AgentLaunch<'a> {
    /// The agent.
    pub agent: &'a Agent,
    /// The conversation's id, a uuid.
    pub session_id: &'a str,
    /// Whether the conversation exists.
    pub begin: Begin,
    /// The task's title; untrusted.
    pub title: &'a str,
    /// The program that is run as `PROGRAM hook` for each event.
    pub hook: &'a Path,
    /// A file that the agent may read without asking: the whole context.
    pub readable: &'a Path,
    /// Whether other tasks edit the same working tree, so that the hooks around edits have to be waited for.
    pub shared: bool,
    /// Where [`Startup::settings`] is going to be written.
    pub settings: &'a Path,
    /// Only when the task names one.
    pub model: Option<&'a str>,
    /// Only when the task names one.
    pub permission_mode: Option<&'a str>,
}

/// How to start it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Startup {
    /// Program and arguments. There is no prompt among them: prompts are typed once the agent is ready, so that none
    /// shows in a process list.
    pub argv: Vec<String>,
    /// The settings file's content.
    pub settings: Json,
}
