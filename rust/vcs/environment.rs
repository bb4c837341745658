//! The variables that `but` and the git beside it see: chosen ones of this process, and no others.

use std::ffi::OsString;
use tokio::process::Command;

/// Variables passed on, besides `XDG_*`, `LC_*`, `GIT_AUTHOR_*` and `GIT_COMMITTER_*`.
const PASSED: [&str; 7] = ["HOME", "PATH", "LANG", "TMPDIR", "USER", "E2E_TEST_APP_DATA_DIR", "SSH_AUTH_SOCK"];

/// The variables that `but` and git see.
#[derive(Clone, Debug, Default)]
pub struct GitEnvironment(Vec<(OsString, OsString)>);

impl GitEnvironment {
    /// What this process has of the variables that are passed on.
    pub fn of_process() -> GitEnvironment {
        GitEnvironment(crate::environment::chosen(is_passed))
    }

    /// These variables, whatever they are.
    pub fn of(variables: impl IntoIterator<Item = (OsString, OsString)>) -> GitEnvironment {
        GitEnvironment(variables.into_iter().collect())
    }

    /// One more variable.
    pub fn with(mut self, name: impl Into<OsString>, value: impl Into<OsString>) -> GitEnvironment {
        self.0.push((name.into(), value.into()));
        self
    }

    /// The value of a variable.
    pub fn get(&self, name: &str) -> Option<OsString> {
        self.0.iter().rev().find(|(key, _)| key == name).map(|(_, value)| value.clone())
    }

    /// Gives a command this environment and nothing else; no prompt, no work in the background.
    pub fn give(&self, command: &mut Command) {
        command.env_clear().envs(self.0.iter().map(|(name, value)| (name, value)));
        command.env("NO_BG_TASKS", "1").env("GIT_TERMINAL_PROMPT", "0").env("GIT_SSH_COMMAND", "ssh -oBatchMode=yes");
    }
}

fn is_passed(name: &str) -> bool {
    let prefixes = ["XDG_", "LC_", "GIT_AUTHOR_", "GIT_COMMITTER_"];
    PASSED.contains(&name) || prefixes.iter().any(|prefix| name.starts_with(prefix))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_chosen_variables_are_passed() {
        assert!(is_passed("HOME") && is_passed("XDG_DATA_HOME") && is_passed("GIT_AUTHOR_NAME"));
        assert!(
            !is_passed("GIT_DIR")
                && !is_passed("CLAUDECODE")
                && !is_passed("GIT_INDEX_FILE")
                && !is_passed("AWS_SECRET")
        );
    }
}
