//! Hooks of GitButler's own (`but claude pre-tool|post-tool|stop`, up to May 2026) in the settings of Claude Code, which
//! would commit beside Chorus. The files are read and never written.

use crate::agent::CommittingHook;
use crate::contract::Json;
use crate::foreign;
use regex::Regex;
use std::path::Path;
use std::sync::LazyLock;

static COMMAND: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r#"(?:^|[\s/;&|'"(])but(?:-\w+)?['"]?\s+(?:claude|cursor)\s+(?:pre-tool|post-tool|stop|after-edit)"#)
        .ok()
});

/// Every such hook that a client in `folder` with the configuration folder `config` would run.
pub fn find(folder: &Path, config: Option<&Path>) -> Vec<CommittingHook> {
    let project = ["settings.json", "settings.local.json"].map(|name| folder.join(".claude").join(name));
    let user = config.map(|config| config.join("settings.json"));
    project.into_iter().chain(user).flat_map(|file| in_file(&file)).collect()
}

fn in_file(file: &Path) -> Vec<CommittingHook> {
    let Ok(text) = foreign::text(file, foreign::MANY) else { return Vec::new() };
    let hook = |(line, command)| CommittingHook { file: file.to_owned(), line, command };
    in_text(&text).into_iter().map(hook).collect()
}

/// Line and command of each in the text of a settings file.
fn in_text(text: &str) -> Vec<(usize, String)> {
    let Ok(settings) = serde_json::from_str::<Json>(text) else { return Vec::new() };
    let mut commands = Vec::new();
    collect(settings.get("hooks").unwrap_or(&Json::Null), &mut commands);
    let mut lines: Vec<&str> = text.lines().collect();
    let mut found = Vec::new();
    for command in commands {
        // As it is written in the file, which is not always as it reads.
        let written = Json::from(command.clone()).to_string();
        let at = lines.iter().position(|line| line.contains(&written)).unwrap_or(0);
        // The same command again is on a later line.
        if let Some(line) = lines.get_mut(at) {
            *line = "";
        }
        found.push((at + 1, command));
    }
    found.sort();
    found
}

fn collect(value: &Json, commands: &mut Vec<String>) {
    match value {
        Json::Object(object) => {
            if let Some(command) = object.get("command").and_then(Json::as_str)
                && COMMAND.as_ref().is_some_and(|pattern| pattern.is_match(command))
            {
                commands.push(command.to_owned());
            }
            object.values().for_each(|value| collect(value, commands));
        }
        Json::Array(values) => values.iter().for_each(|value| collect(value, commands)),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SEEDS: &str = r#"{
  "hooks": {
    "PreToolUse": [
      { "matcher": "Edit|MultiEdit|Write", "hooks": [
        { "type": "command", "command": "but claude pre-tool" } ] }
    ],
    "PostToolUse": [
      { "matcher": "Edit|MultiEdit|Write", "hooks": [
        { "type": "command", "command": "/usr/local/bin/but claude post-tool" } ] }
    ],
    "Stop": [ { "hooks": [
        { "type": "command", "command": "echo done" },
        { "type": "command", "command": "cd . && but claude stop" } ] } ]
  }
}"#;

    #[test]
    fn each_is_found_with_its_line() {
        let lines: Vec<usize> = in_text(SEEDS).iter().map(|(line, _)| *line).collect();
        assert_eq!(lines, [5, 9, 13]);
    }

    #[test]
    fn others_are_left_alone() {
        for command in ["butter claude stop", "but status", "echo claude stop", "rebut claude stop"] {
            let text = serde_json::json!({ "hooks": { "Stop": [{ "hooks": [{ "command": command }] }] } }).to_string();
            assert_eq!(in_text(&text), [], "{command}");
        }
        for text in ["", "[]", "{", "null", r#"{"hooks": 7}"#] {
            assert_eq!(in_text(text), [], "{text}");
        }
    }

    #[test]
    fn the_files_of_project_and_user_are_read() {
        let folder = tempfile::tempdir().unwrap();
        let (project, config) = (folder.path().join("project"), folder.path().join("config"));
        std::fs::create_dir_all(project.join(".claude")).unwrap();
        std::fs::create_dir_all(&config).unwrap();
        assert_eq!(find(&project, Some(&config)), []);
        std::fs::write(project.join(".claude/settings.local.json"), SEEDS).unwrap();
        std::fs::write(config.join("settings.json"), SEEDS).unwrap();
        assert_eq!(find(&project, Some(&config)).len(), 6);
        assert_eq!(find(&project, None).len(), 3);
    }
}
