//! The one place that decides what the programs see that Chorus starts in a working tree: git with the user's hooks,
//! filters and signers, `but`, and the commands of `[vcs.worktree] run`.
//!
//! They get the environment of the client that asked for the task's start, and nothing of the client that started the daemon.
//! It may hold secrets, so it is kept in memory only. Each of these programs carries a task's mark: a task may have
//! written what it runs, and the daemon grants it no more than the task's agent.

use crate::contract::Environment;
use parking_lot::Mutex;
use std::collections::{BTreeMap, HashMap};
use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::sync::LazyLock;
use tokio::process::Command;

/// What the daemon's own environment gives where no client's is known, besides `XDG_*` and `LC_*`: where things are. No
/// variable of git is among them, as an identity or a configuration there is another shell's.
const OWN: &[&str] =
    &["HOME", "PATH", "LANG", "TZ", "USER", "LOGNAME", "SHELL", "E2E_TEST_APP_DATA_DIR", "DBUS_SESSION_BUS_ADDRESS"];

/// Prefixes of what belongs to the client's own surroundings: an editor and a multiplexer that can be driven by it, and
/// another task.
const SURROUNDINGS: &[&str] = &["NVIM", "VIM", "TMUX", "CHORUS_", "CLAUDE_CODE_SESSION", "CLAUDE_CODE_MESSAGING"];

/// The user's own choice, although it begins like Neovim's.
const KEPT: &[&str] = &["NVIM_APPNAME", "VIMINIT"];

/// A shell's position, and what says that a program is run by an agent.
const NAMES: &[&str] = &["PWD", "OLDPWD", "SHLVL", "_", "MYVIMRC", "CLAUDECODE", "AI_AGENT"];

/// What binds a git to one repository or one command (`git rev-parse --local-env-vars`, git 2.47).
///
/// `GIT_CONFIG_COUNT` and its keys stay: a user sets with them what holds everywhere, such as an identity.
#[rustfmt::skip]
pub(super) const BINDING: [&str; 16] = [
    "GIT_ALTERNATE_OBJECT_DIRECTORIES", "GIT_CONFIG", "GIT_CONFIG_PARAMETERS", "GIT_OBJECT_DIRECTORY",
    "GIT_DIR", "GIT_WORK_TREE", "GIT_IMPLICIT_WORK_TREE", "GIT_GRAFT_FILE", "GIT_INDEX_FILE", "GIT_NO_REPLACE_OBJECTS",
    "GIT_REPLACE_REF_BASE", "GIT_PREFIX", "GIT_SHALLOW_FILE", "GIT_COMMON_DIR", "GIT_NAMESPACE", "GIT_QUARANTINE_PATH",
];

/// The mark by which the daemon knows what descends from a task.
const MARK: &str = "CHORUS_TASK";

/// The mark of a program in a tree that is no one task's.
const NO_TASK: &str = "none";

/// The variables of programs in one working tree. Its values are never shown.
#[derive(Clone, Default)]
pub struct GitEnvironment(BTreeMap<OsString, OsString>);

impl std::fmt::Debug for GitEnvironment {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "GitEnvironment({} variables)", self.0.len())
    }
}

impl GitEnvironment {
    /// Where no client's environment is known: this process's home, PATH and locale.
    pub fn of_process() -> GitEnvironment {
        let is_own = |name: &str| OWN.contains(&name) || name.starts_with("XDG_") || name.starts_with("LC_");
        GitEnvironment::of(crate::environment::chosen(is_own))
    }

    /// A client's, without its surroundings and what binds git to one repository. A client that sent none has this
    /// process's own.
    pub fn of_client(client: &Environment) -> GitEnvironment {
        if client.0.is_empty() {
            return GitEnvironment::of_process();
        }
        let stays = |name: &str, value: &str| {
            let around = SURROUNDINGS.iter().any(|prefix| name.starts_with(prefix)) && !KEPT.contains(&name);
            let is_sound = !name.is_empty() && !name.contains(['=', '\0']) && !value.contains('\0');
            is_sound && !around && !NAMES.contains(&name) && !BINDING.contains(&name)
        };
        let kept = client.0.iter().filter(|(name, value)| stays(name, value));
        GitEnvironment::of(kept.map(|(name, value)| (name.into(), value.into())))
    }

    /// These variables, whatever they are.
    pub fn of(variables: impl IntoIterator<Item = (OsString, OsString)>) -> GitEnvironment {
        GitEnvironment(variables.into_iter().collect())
    }

    /// One more variable.
    pub fn with(mut self, name: impl Into<OsString>, value: impl Into<OsString>) -> GitEnvironment {
        self.0.insert(name.into(), value.into());
        self
    }

    /// One more setting for git, which goes over the configuration.
    pub fn setting(self, key: &str, value: &str) -> GitEnvironment {
        const COUNT: &str = "GIT_CONFIG_COUNT";
        let count = self.get(COUNT).and_then(|count| count.to_str()?.parse::<usize>().ok()).unwrap_or_default();
        self.with(format!("GIT_CONFIG_KEY_{count}"), key)
            .with(format!("GIT_CONFIG_VALUE_{count}"), value)
            .with(COUNT, (count + 1).to_string())
    }

    /// The same for the programs of that task, whose `chorus` finds the daemon of that state folder.
    pub fn marked(self, task: &str, state: &Path) -> GitEnvironment {
        self.with(MARK, task).with("CHORUS_STATE_DIR", state)
    }

    /// One variable, where it is set and not empty.
    pub fn get(&self, name: &str) -> Option<&OsStr> {
        self.0.get(OsStr::new(name)).map(OsString::as_os_str).filter(|value| !value.is_empty())
    }

    /// Gives a command this environment and nothing else.
    pub fn give(&self, command: &mut Command) {
        command.env_clear().envs(&self.0);
        BINDING.iter().for_each(|name| _ = command.env_remove(name));
        if self.get(MARK).is_none() {
            command.env(MARK, NO_TASK);
        }
    }

    /// Git's messages in English, which Chorus reads, and everything else as the user's locale has it: filters see it.
    pub(super) fn speak_english(&self, command: &mut Command) {
        if let Some(locale) = self.get("LC_ALL") {
            let categories = self.0.keys().filter(|name| name.as_encoded_bytes().starts_with(b"LC_"));
            categories.for_each(|name| _ = command.env_remove(name));
            command.env("LANG", locale);
        }
        command.env_remove("LANGUAGE").env("LC_MESSAGES", "C");
    }
}

static KNOWN: LazyLock<Mutex<HashMap<PathBuf, GitEnvironment>>> = LazyLock::new(Mutex::default);

/// Keeps the environment of programs in the working tree at `folder`, in memory.
pub fn keep(folder: impl Into<PathBuf>, environment: GitEnvironment) {
    KNOWN.lock().insert(folder.into(), environment);
}

/// The environment of programs in the working tree at `folder`; this process's own where none was kept.
pub fn at(folder: &Path) -> GitEnvironment {
    let kept = KNOWN.lock().get(folder).cloned();
    kept.unwrap_or_else(GitEnvironment::of_process)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn client(variables: &[(&str, &str)]) -> Environment {
        Environment(variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect())
    }

    fn given(environment: &GitEnvironment, english: bool) -> BTreeMap<String, String> {
        let mut command = Command::new("true");
        environment.give(&mut command);
        if english {
            environment.speak_english(&mut command);
        }
        let set = command.as_std().get_envs();
        let text = |it: &OsStr| it.to_string_lossy().into_owned();
        set.filter_map(|(name, value)| Some((text(name), text(value?)))).collect()
    }

    #[test]
    fn a_client_s_own_reaches_programs_and_its_surroundings_do_not() {
        let names =
            "PATH SSH_AUTH_SOCK GNUPGHOME GPG_TTY LANG LC_CTYPE GIT_AUTHOR_NAME GIT_CONFIG_COUNT GIT_CONFIG_GLOBAL
            XDG_CONFIG_HOME GIT_SSH_COMMAND EDITOR NVIM_APPNAME VIRTUAL_ENV LEFTHOOK HUSKY";
        let kept: Vec<(&str, &str)> = names.split_whitespace().map(|name| (name, "x")).collect();
        let names =
            "NVIM VIMRUNTIME TMUX TMUX_PANE CHORUS_TASK CHORUS_TMUX_SOCKET PWD GIT_DIR GIT_INDEX_FILE CLAUDECODE";
        let left: Vec<(&str, &str)> = names.split_whitespace().map(|name| (name, "outer")).collect();
        let all: Vec<(&str, &str)> = kept.iter().chain(&left).copied().collect();
        let found = given(&GitEnvironment::of_client(&client(&all)).marked("t", Path::new("/s")), false);
        for (name, value) in kept {
            assert_eq!(found.get(name).map(String::as_str), Some(value), "{name}");
        }
        assert!(!found.values().any(|value| value == "outer"), "{found:?}");
        assert_eq!((found["CHORUS_TASK"].as_str(), found["CHORUS_STATE_DIR"].as_str()), ("t", "/s"));
    }

    #[test]
    fn every_program_carries_a_mark() {
        assert_eq!(given(&GitEnvironment::default(), false)["CHORUS_TASK"], NO_TASK);
        assert_eq!(given(&GitEnvironment::of_process(), false)["CHORUS_TASK"], NO_TASK);
    }

    #[test]
    fn only_the_messages_are_in_english() {
        let locale = |variables: &[(&str, &str)]| {
            let found = given(&GitEnvironment::of_client(&client(variables)), true);
            let is_locale = |name: &str| name.starts_with("LC_") || name.starts_with("LANG");
            found.into_iter().filter(|(name, _)| is_locale(name)).map(|(n, v)| format!("{n}={v}")).collect::<Vec<_>>()
        };
        assert_eq!(
            locale(&[("LC_ALL", "de_DE.UTF-8"), ("LC_CTYPE", "C"), ("LANGUAGE", "de")]),
            ["LANG=de_DE.UTF-8", "LC_MESSAGES=C"]
        );
        assert_eq!(locale(&[("LANG", "C.UTF-8"), ("LC_CTYPE", "x")]), ["LANG=C.UTF-8", "LC_CTYPE=x", "LC_MESSAGES=C"]);
    }
}
