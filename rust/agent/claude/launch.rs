//! What to run in the pane. Pure.

use super::conversation::Conversation;
use crate::agent::launch::{AgentLaunch, Begin};
use crate::text::reveal_line;

/// Program and arguments. Every value is joined to its flag, so that none is taken for a flag.
pub fn argv(launch: &AgentLaunch<'_>) -> Vec<String> {
    let agent = launch.agent;
    let mut argv = agent.command.clone();
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
    argv.extend(agent.args.iter().cloned());
    argv
}

/// A title as the session's name: it shows in the agent's box and in the pane's title.
fn name(title: &str) -> String {
    reveal_line(title, 80)
}

/// How to take up a conversation of which `conversation` is there; nothing where another has to begin, with a new id.
///
/// The client refuses `--session-id` for one that has a file and `--resume` for one that has no word in it.
pub fn choose(conversation: &Conversation) -> Option<Begin> {
    match conversation {
        Conversation::Begun => Some(Begin::Resume),
        Conversation::None => Some(Begin::New),
        Conversation::Empty => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::agent::Agent;
    use std::path::Path;

    fn agent(name: &str) -> Agent {
        Agent::new(name, Vec::new(), vec!["--verbose".to_owned()], Path::new("/x/chorus"))
    }

    fn launch<'a>(agent: &'a Agent, title: &'a str, begin: Begin) -> AgentLaunch<'a> {
        let settings = Path::new("/state dir/settings.json");
        let unused = Path::new("");
        let (session_id, hook, readable, shared) = ("u-u", unused, unused, false);
        AgentLaunch {
            agent,
            session_id,
            begin,
            title,
            hook,
            readable,
            shared,
            settings,
            model: None,
            permission_mode: None,
        }
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
        let given =
            AgentLaunch { model: Some("opus"), permission_mode: Some("plan"), ..launch(&demo, "", Begin::Resume) };
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
            [("--help", "--name=--help"), ("a\n\u{1b}]0;b\u{7}c", "--name=a ↵ �]0;b�c"), ("\0'$(x)", "--name=�'$(x)")]
        {
            assert_eq!(argv(&launch(&claude, title, Begin::New))[2], name);
        }
        let long = "é".repeat(500);
        assert_eq!(argv(&launch(&claude, &long, Begin::New))[2].chars().count(), "--name=".len() + 80);
    }

    #[test]
    fn what_has_a_file_without_a_word_can_be_neither_begun_nor_resumed() {
        assert_eq!(choose(&Conversation::Begun), Some(Begin::Resume));
        assert_eq!(choose(&Conversation::None), Some(Begin::New));
        assert_eq!(choose(&Conversation::Empty), None);
    }
}
