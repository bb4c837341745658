//! The environment of an agent, made from that of the client that asked for it. Pure.

use super::ADAPTERS;
use crate::contract::{Environment, Renderer};
use std::path::Path;

/// What marks an agent as one of ours.
#[derive(Clone, Copy, Debug)]
pub struct Mark<'a> {
    /// The task's uuid.
    pub task: &'a str,
    /// This start of the agent's process.
    pub launch: &'a str,
    /// The state folder, by which a hook finds its daemon.
    pub state_dir: &'a Path,
    /// Where a tmux server of the agent's own would listen, as `FOLDER/tmux-UID/NAME`.
    pub tmux: &'a Path,
}

/// Prefixes of what the agent must not inherit: Neovim's, tmux's, an outer task's.
const PREFIXES: &[&str] = &["NVIM", "VIM", "TMUX", "CHORUS_"];

/// The user's own choice, although it begins like Neovim's.
const KEPT: &[&str] = &["NVIM_APPNAME", "VIMINIT"];

/// What the agent must not inherit, by name, a subject a line.
const NAMES: &[&str] = &[
    // Terminals, Neovim's among them: the pane has its own.
    "COLUMNS LINES TERM TERMCAP TERM_PROGRAM TERM_PROGRAM_VERSION STY WINDOWID VTE_VERSION MYVIMRC",
    "KITTY_WINDOW_ID KITTY_PID WEZTERM_PANE ITERM_SESSION_ID ALACRITTY_WINDOW_ID",
    // A shell's position.
    "PWD OLDPWD SHLVL _",
    // Git's, when Neovim is its editor: they would bind the agent's git to that one command.
    "GIT_DIR GIT_WORK_TREE GIT_INDEX_FILE GIT_PREFIX GIT_OBJECT_DIRECTORY GIT_COMMON_DIR",
];

/// What the pane's program takes over from its own environment, which tmux made.
pub const FROM_PANE: &[&str] = &["TERM", "TERM_PROGRAM", "TERM_PROGRAM_VERSION"];

/// The environment for an agent: the client's, without what belongs to others, with Chorus's marks. It has no `TERM`:
/// see [`enter_pane`].
///
/// Its `TMUX` leads to no server of Chorus's, where `tmux kill-server` would end every task, but to one that the agent
/// may start: the one that `tmux` without `TMUX` would use, too. It is set because without it an agent may ask the
/// terminal for graphics (Claude Code 2.1.328 does), which ends up in the pane's title.
pub fn for_agent(client: &Environment, mark: Mark<'_>, renderer: Renderer) -> Environment {
    let is_named = |name: &str| NAMES.iter().any(|line| line.split_whitespace().any(|other| other == name));
    let stays = |name: &str| {
        let another = PREFIXES.iter().any(|prefix| name.starts_with(prefix)) && !KEPT.contains(&name);
        !(another || is_named(name))
    };
    let is_sound = |name: &str, value: &str| !name.is_empty() && !name.contains(['=', '\0']) && !value.contains('\0');
    let kept = client.0.iter().filter(|(name, value)| stays(name) && is_sound(name, value));
    let mut environment: Environment = Environment(kept.map(|(name, value)| (name.clone(), value.clone())).collect());

    let set = &mut environment.0;
    for adapter in ADAPTERS {
        adapter.dress(set, renderer);
    }
    let mut put = |name: &str, value: &str| set.insert(name.to_owned(), value.to_owned());
    put("CHORUS_TASK", mark.task);
    put("CHORUS_LAUNCH", mark.launch);
    put("CHORUS_STATE_DIR", &mark.state_dir.to_string_lossy());
    put("TMUX", &format!("{},0,0", mark.tmux.display()));
    if let Some(folder) = mark.tmux.parent().and_then(Path::parent) {
        put("TMUX_TMPDIR", &folder.to_string_lossy());
    }
    // tmux reduces colours for a lesser terminal by itself.
    put("COLORTERM", "truecolor");
    if !["LC_ALL", "LC_CTYPE", "LANG"].iter().any(|name| set.get(*name).is_some_and(|value| !value.is_empty())) {
        set.insert("LANG".to_owned(), "C.UTF-8".to_owned());
    }
    environment
}

/// Completes the environment inside the pane, whose own variables `of_pane` looks up.
pub fn enter_pane(environment: &mut Environment, of_pane: impl Fn(&str) -> Option<String>) {
    for name in FROM_PANE {
        if let Some(value) = of_pane(name) {
            environment.0.insert((*name).to_owned(), value);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn agent_of(client: &[(&str, &str)]) -> Environment {
        let client = Environment(client.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())).collect());
        let mark = Mark { task: "t", launch: "l", state_dir: Path::new("/s"), tmux: Path::new("/a/tmux-7/x") };
        for_agent(&client, mark, Renderer::Classic)
    }

    #[test]
    fn what_belongs_to_the_person_reaches_the_agent() {
        let names = "
            PATH HOME SHELL SSH_AUTH_SOCK HTTPS_PROXY no_proxy CLAUDE_CODE_OAUTH_TOKEN
            CLAUDE_CONFIG_DIR ANTHROPIC_API_KEY ANTHROPIC_BASE_URL CLAUDE_CODE_USE_BEDROCK
            AWS_PROFILE LANG EDITOR GIT_EDITOR GIT_AUTHOR_NAME NVIM_APPNAME DISABLE_TELEMETRY
            VIRTUAL_ENV CLAUDE_CODE_MAX_OUTPUT_TOKENS DBUS_SESSION_BUS_ADDRESS
        ";
        for name in names.split_whitespace() {
            assert_eq!(agent_of(&[(name, "x")]).0.get(name).map(String::as_str), Some("x"), "{name}");
        }
    }

    #[test]
    fn what_belongs_to_others_does_not() {
        let names = "
            NVIM NVIM_LISTEN_ADDRESS NVIM_LOG_FILE VIM VIMRUNTIME MYVIMRC TMUX TMUX_PANE
            TMUX_TMPDIR TERM COLUMNS CLAUDECODE CLAUDE_CODE_ENTRYPOINT CLAUDE_CODE_SSE_PORT
            CLAUDE_CODE_SESSION_ID CLAUDE_CODE_MESSAGING_TOKEN AI_AGENT GIT_DIR GIT_INDEX_FILE PWD
            CHORUS_BOOT_ID CHORUS_TMUX_SOCKET CLAUDE_CODE_NO_FLICKER
        ";
        for name in names.split_whitespace() {
            assert_ne!(agent_of(&[(name, "x")]).0.get(name).map(String::as_str), Some("x"), "{name}");
        }
        assert_eq!(agent_of(&[("CLAUDECODE", "1"), ("GIT_EDITOR", "true")]).0.get("GIT_EDITOR"), None);
    }

    #[test]
    fn the_marks_are_chorus_s_own() {
        let agent = agent_of(&[("CHORUS_TASK", "outer"), ("CHORUS_LAUNCH", "outer"), ("COLORTERM", "")]);
        let expected = [
            ("CHORUS_LAUNCH", "l"),
            ("CHORUS_STATE_DIR", "/s"),
            ("CHORUS_TASK", "t"),
            ("CLAUDE_CODE_DISABLE_ALTERNATE_SCREEN", "1"),
            ("COLORTERM", "truecolor"),
            ("LANG", "C.UTF-8"),
            ("TMUX", "/a/tmux-7/x,0,0"),
            ("TMUX_TMPDIR", "/a"),
        ];
        assert_eq!(agent.0, expected.map(|(n, v)| (n.to_owned(), v.to_owned())).into());
    }

    #[test]
    fn a_variable_that_no_process_can_have_is_dropped() {
        assert_eq!(agent_of(&[("A", "x\0y"), ("B=C", "1"), ("", "1")]).0, agent_of(&[]).0);
    }

    #[test]
    fn the_pane_has_the_last_word_on_its_terminal() {
        let mut agent = agent_of(&[("TERM", "xterm-kitty"), ("TMUX", "/outer,1,0")]);
        let of_pane = [("TERM", "tmux-256color"), ("TMUX", "/ours,1,0"), ("TMUX_PANE", "%0")];
        enter_pane(&mut agent, |name| {
            of_pane.iter().find(|(own, _)| *own == name).map(|(_, value)| (*value).to_owned())
        });
        assert_eq!(agent.0["TERM"], "tmux-256color");
        assert_eq!((agent.0["TMUX"].as_str(), agent.0.get("TMUX_PANE")), ("/a/tmux-7/x,0,0", None));
    }
}
