//! The client's variables: what an outer client leaves in an environment, and what Chorus sets.
//!
//! What an outer client leaves was read off a command and a hook run by Claude Code 2.1.328 and 2.1.197.

use crate::contract::{Environment, Renderer};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// What another client must not inherit, a subject a line.
const NAMES: &[&str] = &[
    // An outer client's.
    "CLAUDECODE AI_AGENT CLAUDE_PID CLAUDE_EFFORT CLAUDE_ENV_FILE CLAUDE_PROJECT_DIR CLAUDE_PLUGIN_ROOT",
    "CLAUDE_CODE_ENTRYPOINT CLAUDE_CODE_EXECPATH CLAUDE_CODE_CHILD_SESSION CLAUDE_CODE_CHILD_NOTES_DIR",
    "CLAUDE_CODE_SESSION_ID CLAUDE_CODE_SESSION_ATTENDED CLAUDE_CODE_SESSION_KIND CLAUDE_CODE_SESSION_NAME",
    "CLAUDE_CODE_MESSAGING_SOCKET CLAUDE_CODE_MESSAGING_TOKEN CLAUDE_CODE_TMUX_SESSION CLAUDE_CODE_TMUX_PREFIX",
    "CLAUDE_CODE_TASK_LIST_ID CLAUDE_CODE_REMOTE_SESSION_ID",
    // An editor's integration, which belongs to that editor's own terminal.
    "CLAUDE_CODE_SSE_PORT ENABLE_IDE_INTEGRATION",
    // The renderer is Chorus's choice.
    "CLAUDE_CODE_DISABLE_ALTERNATE_SCREEN CLAUDE_CODE_NO_FLICKER",
];

/// What an outer client sets for its commands over the person's own value, which is lost.
const OVERRULED: &[&str] = &["GIT_EDITOR", "NoDefaultCurrentDirectoryInExePath", "COREPACK_ENABLE_AUTO_PIN"];

/// Takes out what an outer client left, and sets the renderer.
pub fn dress(environment: &mut BTreeMap<String, String>, renderer: Renderer) {
    // Only the commands of a client have it.
    if environment.contains_key("CLAUDECODE") {
        OVERRULED.iter().for_each(|name| drop(environment.remove(*name)));
    }
    NAMES.iter().flat_map(|line| line.split_whitespace()).for_each(|name| drop(environment.remove(name)));
    let name = match renderer {
        Renderer::Classic => "CLAUDE_CODE_DISABLE_ALTERNATE_SCREEN",
        Renderer::Fullscreen => "CLAUDE_CODE_NO_FLICKER",
    };
    environment.insert(name.to_owned(), "1".to_owned());
}

/// The client's configuration folder in that environment: `CLAUDE_CONFIG_DIR`, else `~/.claude`. The client resolves a
/// relative one where it runs.
pub fn config_dir(environment: &Environment, folder: &Path) -> Option<PathBuf> {
    let of = |name: &str| environment.0.get(name).filter(|value| !value.is_empty()).map(|value| folder.join(value));
    of("CLAUDE_CONFIG_DIR").or_else(|| Some(of("HOME")?.join(".claude")))
}

/// Names the client's configuration folder in that environment.
pub fn set_config_dir(environment: &mut Environment, config_dir: &Path) {
    environment.0.insert("CLAUDE_CONFIG_DIR".to_owned(), config_dir.to_string_lossy().into_owned());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_configuration_folder_follows_the_environment() {
        let of = |client: &[(&str, &str)]| {
            let variables = client.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
            config_dir(&Environment(variables.collect()), Path::new("/project"))
        };
        assert_eq!(of(&[("HOME", "/h")]), Some("/h/.claude".into()));
        assert_eq!(of(&[("HOME", "/h"), ("CLAUDE_CONFIG_DIR", "/c")]), Some("/c".into()));
        assert_eq!(of(&[("HOME", "/h"), ("CLAUDE_CONFIG_DIR", "work/c")]), Some("/project/work/c".into()));
        assert_eq!(of(&[("CLAUDE_CONFIG_DIR", "")]), None);
    }
}
