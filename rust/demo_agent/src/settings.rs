//! `--settings`: the hooks and permission rules in them. Pure but for reading the file.

use crate::Json;
use serde::Deserialize;
use std::collections::BTreeMap;

/// What of the settings the demo agent heeds; everything else is ignored.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Settings {
    hooks: BTreeMap<String, Vec<Group>>,
    permissions: Permissions,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Permissions {
    allow: Vec<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Group {
    matcher: String,
    hooks: Vec<Json>,
}

/// One `command` hook.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct Hook {
    /// A shell line; with `args`, a program.
    pub command: String,
    /// Run without a shell when given.
    #[serde(default)]
    pub args: Option<Vec<String>>,
    /// Nobody waits, and nothing it prints counts.
    #[serde(default, rename = "async")]
    pub detached: bool,
    /// Seconds; ten minutes where none is given.
    #[serde(default = "ten_minutes")]
    pub timeout: f64,
}

fn ten_minutes() -> f64 {
    600.0
}

impl Settings {
    /// Reads the value of `--settings`, a file or JSON; nothing applies without it.
    pub fn read(value: Option<&str>) -> Result<Settings, String> {
        let Some(value) = value else { return Ok(Settings::default()) };
        let text = if value.trim_start().starts_with('{') {
            value.to_owned()
        } else {
            std::fs::read_to_string(value).map_err(|_| format!("Error: Settings file not found: {value}"))?
        };
        serde_json::from_str(&text).map_err(|error| format!("Error: Invalid JSON in --settings: {error}"))
    }

    /// The command hooks of an event. `about` is what a matcher is held against: the tool's name, the source of a
    /// session start, the type of a notification. Other hook types are not played.
    pub fn hooks(&self, event: &str, about: &str) -> Vec<Hook> {
        let groups = self.hooks.get(event).map(Vec::as_slice).unwrap_or_default();
        groups
            .iter()
            .filter(|group| matches(&group.matcher, about))
            .flat_map(|group| &group.hooks)
            .filter(|hook| hook["type"] == "command")
            .filter_map(|hook| serde_json::from_value(hook.clone()).ok())
            .collect()
    }

    /// Rules such as `Bash(touch *)` that need no question.
    pub fn allowed(&self) -> &[String] {
        &self.permissions.allow
    }
}

fn matches(matcher: &str, about: &str) -> bool {
    matcher.is_empty()
        || matcher == "*"
        || regex::Regex::new(&format!("^(?:{matcher})$")).is_ok_and(|pattern| pattern.is_match(about))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hooks_are_found_by_event_and_matcher() {
        let settings = r#"{"theme": "dark", "hooks": {"PreToolUse": [
            {"matcher": "Bash|Edit", "hooks": [{"type": "command", "command": "a"}]},
            {"hooks": [{"type": "command", "command": "b", "async": true, "timeout": 5},
                {"type": "http", "url": "http://127.0.0.1"}]}]}}"#;
        let settings = Settings::read(Some(settings)).expect("valid");
        let names =
            |tool: &str| settings.hooks("PreToolUse", tool).iter().map(|hook| hook.command.clone()).collect::<Vec<_>>();
        assert_eq!(names("Edit"), ["a", "b"]);
        assert_eq!(names("Editor"), ["b"]);
        let second = &settings.hooks("PreToolUse", "Write")[0];
        assert!(second.detached && second.timeout == 5.0);
        assert!(settings.hooks("Stop", "").is_empty());
    }

    #[test]
    fn bad_settings_are_an_error() {
        assert!(Settings::read(Some("{")).is_err());
        assert!(Settings::read(Some("/nowhere/settings.json")).is_err());
    }
}
