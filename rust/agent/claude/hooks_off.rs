//! Why the client's hooks would not run, as far as its settings and its arguments tell. The settings files are read and
//! never written.
//!
//! Measured on 2.1.332: `disableAllHooks` in the settings of the user or the project switches off every hook, Chorus's
//! own too; `allowManagedHooksOnly` counts in the managed settings alone; `--bare` and `--safe-mode` switch off all.

use crate::agent::HooksQuestion;
use crate::foreign::{self, fs};
use serde_json::Value;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

/// Settings that an administrator manages.
const MANAGED: &[&str] =
    &["/etc/claude-code/managed-settings.json", "/Library/Application Support/ClaudeCode/managed-settings.json"];

/// The cause, as a part of a sentence; nothing where none is known.
pub fn cause(asked: &HooksQuestion) -> Option<String> {
    if !is_executable(&asked.program) {
        return Some(format!("their program {} is gone", asked.program.display()));
    }
    let switches = |arg: &&String| matches!(arg.as_str(), "--bare" | "--safe-mode");
    if let Some(arg) = asked.args.iter().find(switches) {
        return Some(format!("`{arg}` among the agent's arguments"));
    }
    let managed: Vec<PathBuf> = MANAGED.iter().map(PathBuf::from).collect();
    by_settings(&managed, &files(asked))
}

fn is_executable(program: &Path) -> bool {
    fs::metadata(program).is_ok_and(|found| found.is_file() && found.permissions().mode() & 0o111 != 0)
}

/// The settings files, the one that overrules the others first.
fn files(asked: &HooksQuestion) -> Vec<PathBuf> {
    let project = asked.folder.join(".claude");
    let mut files = vec![project.join("settings.local.json"), project.join("settings.json")];
    files.extend(asked.config_dir.as_ref().map(|dir| dir.join("settings.json")));
    files
}

fn by_settings(managed: &[PathBuf], files: &[PathBuf]) -> Option<String> {
    for file in managed {
        let settings = settings(file);
        for key in ["allowManagedHooksOnly", "disableAllHooks"] {
            if settings.get(key) == Some(&Value::Bool(true)) {
                return Some(format!("`{key}` in {}", file.display()));
            }
        }
    }
    let set = |file: &PathBuf| Some((file.clone(), settings(file).get("disableAllHooks")?.as_bool()?));
    let (file, off) = files.iter().find_map(set)?;
    off.then(|| format!("`disableAllHooks` in {}", file.display()))
}

/// A settings file; nothing where there is none, or none that can be read.
fn settings(file: &Path) -> Value {
    let read = foreign::read(file, foreign::MANY).ok().and_then(|bytes| serde_json::from_slice(&bytes).ok());
    read.unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_settings_decide() {
        let root = tempfile::tempdir().unwrap();
        let file = |name: &str, text: &str| {
            let path = root.path().join(name);
            std::fs::write(&path, text).unwrap();
            path
        };
        let managed = [file("managed.json", "{}")];
        let [local, project, user] = ["local.json", "project.json", "user.json"].map(|name| file(name, "{}"));
        let cause = || by_settings(&managed, &[local.clone(), project.clone(), user.clone()]);
        assert_eq!(cause(), None);
        // People link their settings to a folder under version control.
        std::fs::remove_file(&user).unwrap();
        let kept = file("kept.json", r#"{"disableAllHooks": true}"#);
        std::os::unix::fs::symlink(kept, &user).unwrap();
        assert_eq!(cause(), Some(format!("`disableAllHooks` in {}", user.display())));
        std::fs::write(&local, r#"{"disableAllHooks": false}"#).unwrap();
        assert_eq!(cause(), None);
        std::fs::write(&local, r#"{"allowManagedHooksOnly": true"#).unwrap();
        std::fs::write(&project, r#"{"allowManagedHooksOnly": true}"#).unwrap();
        std::fs::remove_file(&user).unwrap();
        assert_eq!(cause(), None);
        std::fs::write(&managed[0], r#"{"allowManagedHooksOnly": true}"#).unwrap();
        assert_eq!(cause(), Some(format!("`allowManagedHooksOnly` in {}", managed[0].display())));
    }

    #[test]
    fn arguments_and_a_missing_program_count() {
        let root = tempfile::tempdir().unwrap();
        let program = PathBuf::from("/bin/sh");
        let question = |program: PathBuf, args: &[&str]| HooksQuestion {
            program,
            args: args.iter().map(|arg| (*arg).to_owned()).collect(),
            folder: root.path().to_owned(),
            config_dir: None,
        };
        assert_eq!(cause(&question(program.clone(), &["--verbose"])), None);
        assert!(cause(&question(program, &["--bare"])).unwrap().contains("--bare"));
        assert!(cause(&question(root.path().join("chorus"), &[])).unwrap().ends_with("is gone"));
    }
}
