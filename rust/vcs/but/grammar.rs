//! Which `but` there is and what it can, found by asking it, not by its version (development builds say `dev`).

use super::refusal::Refusal;
use super::run;
use crate::foreign::{self, fs};
use crate::process::is_executable;
use crate::vcs::environment::GitEnvironment;
use parking_lot::Mutex;
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::LazyLock;
use std::time::{Duration, SystemTime};
use tokio::process::Command;

/// How long a question about itself may take.
const LIMIT: Duration = Duration::from_secs(10);

/// The two command lines of `but`; the break was in July 2026.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Grammar {
    /// `but commit -b BRANCH -m M PATH…`
    New,
    /// `but commit BRANCH -m M -p ID,ID`
    Old,
}

/// What a `but` can.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ButCapabilities {
    /// Nothing for one that is neither, or does not answer.
    pub grammar: Option<Grammar>,
    /// What `but --version` says, `but ` left out; or why it did not answer.
    pub version: String,
    /// Whether it can be an agent's hook (`but claude pre-tool`).
    pub hooks: bool,
}

/// The `but` to use: the configured one (a path or a name), else that of `path`, a `PATH` list.
pub fn find(configured: Option<&str>, path: &str) -> Option<PathBuf> {
    let name = configured.unwrap_or("but");
    if name.contains('/') {
        return Some(PathBuf::from(name)).filter(|program| is_executable(program));
    }
    std::env::split_paths(path).map(|dir| dir.join(name)).find(|program| is_executable(program))
}

type ProbedGrammar = HashMap<(PathBuf, Option<SystemTime>, u64), ButCapabilities>;

static KNOWN: LazyLock<Mutex<ProbedGrammar>> = LazyLock::new(Mutex::default);

/// Asks `program` what it can; remembered until the file changes. One that did not answer is asked again.
pub async fn probe(program: &Path, environment: &GitEnvironment) -> ButCapabilities {
    let facts = foreign::ask(program, fs::metadata).await.flatten().ok();
    let changed = facts.as_ref().and_then(|facts| facts.modified().ok());
    let key = (program.to_owned(), changed, facts.map_or(0, |facts| facts.len()));
    if let Some(known) = KNOWN.lock().get(&key) {
        return known.clone();
    }
    let found = ask(program, environment).await;
    if found.grammar.is_some() {
        KNOWN.lock().insert(key, found.clone());
    }
    found
}

async fn ask(program: &Path, environment: &GitEnvironment) -> ButCapabilities {
    let answer = async |args: &[&str]| -> Result<String, Refusal> {
        let mut command = Command::new(program);
        environment.give(&mut command);
        command.env("NO_BG_TASKS", "1").args(args).current_dir("/");
        let ended = run::run(command, Stdio::null(), LIMIT).await?;
        Ok(if ended.code == 0 { ended.stdout } else { String::new() })
    };
    let version = match answer(&["--version"]).await {
        Ok(version) => version.lines().next().unwrap_or_default().chars().take(60).collect::<String>(),
        Err(refusal) => return ButCapabilities { grammar: None, version: refusal.to_string(), hooks: false },
    };
    let grammar = grammar_of(&answer(&["commit", "--help"]).await.unwrap_or_default());
    let hooks = answer(&["claude", "--help"]).await.is_ok_and(|help| has_hooks(&help));
    ButCapabilities { grammar, version: version.strip_prefix("but ").unwrap_or(&version).to_owned(), hooks }
}

/// Both help texts name options of their own. An old `but` prints its general help for what it does not know.
fn grammar_of(help: &str) -> Option<Grammar> {
    match (help.contains("--branch"), help.contains("--changes")) {
        (true, false) => Some(Grammar::New),
        (false, true) => Some(Grammar::Old),
        _ => None,
    }
}

fn has_hooks(help: &str) -> bool {
    help.contains("pre-tool")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_grammar_is_known_by_its_options() {
        let new = include_str!("../../../tests/fixtures/gitbutler/new/commit_help.txt");
        let old = include_str!("../../../tests/fixtures/gitbutler/old/commit_help.txt");
        assert_eq!((grammar_of(new), grammar_of(old)), (Some(Grammar::New), Some(Grammar::Old)));
        assert_eq!(grammar_of("Usage: but [OPTIONS] [COMMAND]"), None);
        assert!(has_hooks(include_str!("../../../tests/fixtures/gitbutler/old/claude_help.txt")));
    }

    #[test]
    fn the_configured_program_wins_and_must_be_one() {
        let dir = tempfile::tempdir().unwrap();
        let program = dir.path().join("but");
        std::fs::write(&program, "").unwrap();
        let path = dir.path().to_str().unwrap();
        assert_eq!(find(None, path), None, "not executable");
        let mode = <std::fs::Permissions as std::os::unix::fs::PermissionsExt>::from_mode(0o755);
        std::fs::set_permissions(&program, mode).unwrap();
        assert_eq!(find(None, &format!("/nonexistent:relative:{path}")), Some(program.clone()));
        assert_eq!(find(Some(program.to_str().unwrap()), ""), Some(program));
        assert_eq!(find(Some("/nonexistent/but"), path), None);
        assert_eq!(find(Some("other"), path), None);
    }

    #[tokio::test]
    async fn a_program_of_another_kind_has_no_grammar() {
        let found = probe(Path::new("/bin/true"), &GitEnvironment::of_process()).await;
        assert_eq!((found.grammar, found.hooks), (None, false));
        let found = probe(Path::new("/nonexistent/but"), &GitEnvironment::of_process()).await;
        assert!(found.version.starts_with("but cannot be run"), "{}", found.version);
    }
}
