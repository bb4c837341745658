//! The `--settings` of one launch: hooks that call Chorus. They are merged with the user's and the project's own, whose
//! files are never written.
//!
//! Measured on 2.1.328 and 2.1.197, two cores, four turns of two tool calls each: without hooks 0.38 to 0.44 s a turn,
//! with all of these synchronous 0.43 to 0.59 s, with these 0.37 to 0.43 s. Hook commands are run by `/bin/sh` whatever
//! `SHELL` says; the environment of the client, `CHORUS_TASK` and the like, reaches them.

use crate::contract::Json;
use serde_json::json;
use std::path::Path;

/// When the client waits for a hook.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Wait {
    /// Not at all.
    No,
    /// As long as a hook may take by default (minutes).
    Short,
    /// As long as a person takes.
    Day,
}

/// What is asked for. An event that the client does not know opens a blocking dialog at its start, so each of these was
/// seen to be known to 2.1.197 and 2.1.328.
///
/// `SessionStart` is answered with the task's context. `PermissionRequest` is answered by a person while the dialog
/// stays usable; asynchronous, its answer would be ignored. 2.1.197 exits without an asynchronous `SessionEnd`.
const EVENTS: &[(&str, Wait)] = &[
    ("SessionStart", Wait::Short),
    ("UserPromptSubmit", Wait::No),
    ("PermissionRequest", Wait::Day),
    ("PostToolUse", Wait::No),
    ("PostToolUseFailure", Wait::No),
    ("Notification", Wait::No),
    ("Stop", Wait::No),
    ("StopFailure", Wait::No),
    ("SubagentStart", Wait::No),
    ("SubagentStop", Wait::No),
    ("PreCompact", Wait::No),
    ("SessionEnd", Wait::Short),
];

/// Tools that change files, or may: in a shared working tree the client waits for the hooks around each.
const EDITS: &str = "Edit|MultiEdit|Write|NotebookEdit|Bash";

/// Tools of MCP servers: some edit files, run commands or commit. A matcher of its own, since a list of names with a
/// pattern in it would be a pattern as a whole, and `Write` would match `TodoWrite`.
const MCP: &str = "mcp__.*";

/// Seconds that a permission hook may wait.
const DAY: u32 = 86_400;

/// The settings: `hook` is the program that is run as `hook hook`, `readable` a file that the agent may read without
/// asking (the whole context, see [`crate::agent::context`]). With `shared`, other tasks edit the same working tree: the hooks
/// before and after tools that edit are waited for, so that Chorus knows whose each edit is.
pub fn settings(hook: &Path, readable: Option<&Path>, shared: bool) -> Json {
    let command = command(hook);
    let entry = |wait: Wait| {
        let mut entry = json!({ "type": "command", "command": command });
        match wait {
            Wait::No => entry["async"] = json!(true),
            Wait::Short => {}
            Wait::Day => entry["timeout"] = json!(DAY),
        }
        json!([{ "hooks": [entry] }])
    };
    let mut hooks: serde_json::Map<String, Json> =
        EVENTS.iter().map(|(event, wait)| ((*event).to_owned(), entry(*wait))).collect();
    if shared {
        let groups = [EDITS, MCP].map(|matcher| {
            let mut group = entry(Wait::Short)[0].take();
            group["matcher"] = json!(matcher);
            group
        });
        let before = json!(groups);
        hooks.insert("PreToolUse".to_owned(), before);
        for after in ["PostToolUse", "PostToolUseFailure"] {
            hooks.insert(after.to_owned(), entry(Wait::Short));
        }
    }
    // One ← on the empty prompt would move the conversation to a process behind the terminal, which neither Chorus nor
    // the end of the task reaches. Known to 2.1.197 and later; `/background` goes with it.
    let mut settings = json!({ "hooks": hooks, "disableAgentView": true });
    if let Some(rule) = readable.and_then(read_rule) {
        settings["permissions"] = json!({ "allow": [rule] });
    }
    settings
}

/// Does nothing, silently, where the program is gone; the exec form (`args`) would show "hook failed / ENOENT" in the
/// conversation.
fn command(hook: &Path) -> String {
    let hook = quoted(&hook.to_string_lossy());
    format!("[ -x {hook} ] && exec {hook} hook || exit 0")
}

/// One word for `sh`.
fn quoted(word: &str) -> String {
    format!("'{}'", word.replace('\'', r"'\''"))
}

/// A permission rule for that very file; `//` begins an absolute path. None where the path has letters that mean more
/// in a rule.
fn read_rule(file: &Path) -> Option<String> {
    let path = file.to_str().filter(|path| path.starts_with('/'))?;
    (!path.contains(['*', '?', '[', ']', '{', '}', '!', '\\', '(', ')', ','])).then(|| format!("Read(/{path})"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_must_be_answered_is_waited_for() {
        let waiting = |shared: bool| {
            let settings = settings(Path::new("/x/chorus"), None, shared);
            let hooks = settings["hooks"].as_object().unwrap();
            assert_eq!(hooks["PermissionRequest"][0]["hooks"][0]["timeout"], 86_400);
            assert!(settings.get("permissions").is_none());
            let waits = |entry: &Json| entry[0]["hooks"][0].get("async").is_none();
            hooks.iter().filter(|(_, entry)| waits(entry)).map(|(event, _)| event.clone()).collect::<Vec<_>>()
        };
        assert_eq!(waiting(false), ["PermissionRequest", "SessionEnd", "SessionStart"]);
        let around_edits = ["PostToolUse", "PostToolUseFailure", "PreToolUse"];
        assert_eq!(
            waiting(true),
            [&["PermissionRequest"], &around_edits[..], &["SessionEnd", "SessionStart"]].concat()
        );
    }

    #[test]
    fn any_path_is_one_word_of_the_shell() {
        let folder = tempfile::tempdir().unwrap();
        let run = |hook: &Path| {
            let output = std::process::Command::new("/bin/sh").arg("-c").arg(command(hook)).output().unwrap();
            (output.status.code(), String::from_utf8(output.stdout).unwrap(), output.stderr.len())
        };
        for name in ["plain", "it's $(touch x) \"a\" `b` \\ é", "--x"] {
            let hook = folder.path().join(name);
            std::os::unix::fs::symlink("/bin/echo", &hook).unwrap();
            assert_eq!(run(&hook), (Some(0), "hook\n".to_owned(), 0), "{name}");
            std::fs::remove_file(&hook).unwrap();
            assert_eq!(run(&hook), (Some(0), String::new(), 0), "{name} gone");
        }
    }

    #[test]
    fn one_file_may_be_read_and_no_pattern() {
        let rule =
            |path: &str| settings(Path::new("/x"), Some(Path::new(path)), false)["permissions"]["allow"][0].clone();
        assert_eq!(rule("/state dir/12.md"), "Read(//state dir/12.md)");
        assert_eq!(rule("/state*/12.md"), Json::Null);
        assert_eq!(rule("12.md"), Json::Null);
    }
}
