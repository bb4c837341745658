//! What to run in the pane. Pure.

use super::conversation::Conversation;
use crate::agent::Agent;
use crate::contract::Code;
use crate::error::{Error, Result};
use crate::text::reveal_line;
use std::path::Path;

/// How a conversation is taken up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Begin {
    /// It begins, with the id that Chorus chose.
    New,
    /// It goes on.
    Resume,
}

/// What to do with the conversation of that id.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Choice {
    /// Take it up so.
    With(Begin),
    /// It can be neither begun nor resumed, and nothing is lost with it: begin another, with a new id.
    Another,
}

/// One start of an agent's process.
#[derive(Clone, Copy, Debug)]
pub struct Launch<'a> {
    /// The agent.
    pub agent: &'a Agent,
    /// The conversation's id, a uuid.
    pub session_id: &'a str,
    /// Whether it exists.
    pub begin: Begin,
    /// The task's title; untrusted.
    pub title: &'a str,
    /// The file that [`super::settings::settings`] was written to.
    pub settings: &'a Path,
    /// Only when the task names one.
    pub model: Option<&'a str>,
    /// Only when the task names one.
    pub permission_mode: Option<&'a str>,
}

/// Program and arguments. An agent of which only the screen is known gets its own command and nothing else.
///
/// There is no prompt in it: prompts are typed once the agent is ready, so that none shows in a process list. Every
/// value is joined to its flag, so that none is taken for a flag.
pub fn argv(launch: &Launch<'_>) -> Vec<String> {
    let agent = launch.agent;
    let mut argv = agent.command.clone();
    if agent.capabilities().resume {
        let begin = match launch.begin {
            Begin::New => "session-id",
            Begin::Resume => "resume",
        };
        argv.push(format!("--{begin}={}", launch.session_id));
        let name = name(launch.title);
        if !name.is_empty() {
            argv.push(format!("--name={name}"));
        }
        argv.push(format!("--settings={}", launch.settings.to_string_lossy()));
        argv.extend(launch.model.map(|model| format!("--model={}", reveal_line(model, 200))));
        argv.extend(launch.permission_mode.map(|mode| format!("--permission-mode={}", reveal_line(mode, 40))));
    }
    argv.extend(agent.args.iter().cloned());
    argv
}

/// A title as the session's name: it shows in the agent's box and in the pane's title.
fn name(title: &str) -> String {
    reveal_line(title, 80)
}

/// How to take up a conversation of which `conversation` is there and that perhaps runs in process `running`.
///
/// The client refuses `--session-id` for one that has a file and `--resume` for one that has no word in it, but lets
/// two processes write one transcript: that is refused here.
///
/// # Errors
/// `wrong_state` when it runs.
pub fn choose(conversation: &Conversation, running: Option<u32>) -> Result<Choice> {
    match (running, conversation) {
        (Some(pid), _) => Err(Error::new(Code::WrongState, format!("its session runs already, in process {pid}"))
            .hint("end that agent first, or use `restart!` for a fresh session")),
        (None, Conversation::Begun) => Ok(Choice::With(Begin::Resume)),
        (None, Conversation::None) => Ok(Choice::With(Begin::New)),
        (None, Conversation::Empty) => Ok(Choice::Another),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn agent(name: &str) -> Agent {
        Agent::new(name, Vec::new(), vec!["--verbose".to_owned()], Path::new("/x/chorus"))
    }

    fn launch<'a>(agent: &'a Agent, title: &'a str, begin: Begin) -> Launch<'a> {
        let settings = Path::new("/state dir/settings.json");
        Launch { agent, session_id: "u-u", begin, title, settings, model: None, permission_mode: None }
    }

    #[test]
    fn a_first_start_names_the_session_and_passes_no_mode_by_itself() {
        let claude = agent("claude");
        let expected =
            ["claude", "--session-id=u-u", "--name=Fix it", "--settings=/state dir/settings.json", "--verbose"];
        assert_eq!(argv(&launch(&claude, "Fix it", Begin::New)), expected);
    }

    #[test]
    fn a_resume_differs_by_one_word() {
        let demo = agent("demo");
        let given = Launch { model: Some("opus"), permission_mode: Some("plan"), ..launch(&demo, "", Begin::Resume) };
        let expected = [
            "/x/chorus",
            "demo-agent",
            "--resume=u-u",
            "--settings=/state dir/settings.json",
            "--model=opus",
            "--permission-mode=plan",
            "--verbose",
        ];
        assert_eq!(argv(&given), expected);
    }

    #[test]
    fn a_title_cannot_become_a_flag_or_a_novel() {
        let claude = agent("claude");
        for (title, name) in
            [("--help", "--name=--help"), ("a\n\u{1b}]0;b\u{7}c", "--name=a �]0;b�c"), ("\0'$(x)", "--name=�'$(x)")]
        {
            assert_eq!(argv(&launch(&claude, title, Begin::New))[2], name);
        }
        let long = "é".repeat(500);
        assert_eq!(argv(&launch(&claude, &long, Begin::New))[2].chars().count(), "--name=".len() + 80);
    }

    #[test]
    fn another_agent_gets_only_its_own_words() {
        let aider = agent("aider");
        assert_eq!(argv(&launch(&aider, "Fix it", Begin::New)), ["aider", "--verbose"]);
    }

    #[test]
    fn a_running_session_is_never_opened_twice() {
        let of = |conversation| choose(&conversation, None);
        assert_eq!(of(Conversation::Begun), Ok(Choice::With(Begin::Resume)));
        assert_eq!(of(Conversation::None), Ok(Choice::With(Begin::New)));
        assert_eq!(of(Conversation::Empty), Ok(Choice::Another));
        assert_eq!(choose(&Conversation::Begun, Some(7)).unwrap_err().code, Code::WrongState);
    }
}
