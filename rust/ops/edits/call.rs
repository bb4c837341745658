//! Tool calls of an agent that edit, as its hooks tell them (Claude Code 2.1). Pure.

use crate::attribution::Patch;
use crate::contract::Json;
use std::path::{Path, PathBuf};

/// Longest path that is taken from a hook, in bytes.
const LONGEST: usize = 4096;

/// A tool call that may edit.
#[derive(Clone, Debug)]
pub struct Call {
    /// The agent's id of it.
    pub id: String,
    /// The file of an edit tool; nothing for a command.
    pub file: Option<PathBuf>,
    /// Whether a command runs on after the call.
    pub background: bool,
    /// Whether the tool says that it failed.
    pub failed: bool,
    input: Json,
    response: Json,
}

impl Call {
    /// From `PreToolUse`, `PostToolUse` or `PostToolUseFailure`; nothing for tools that do not edit.
    pub fn of(event: &Json) -> Option<Call> {
        let text = |key: &str| event.get(key).and_then(Json::as_str);
        let input = event.get("tool_input").cloned().unwrap_or_default();
        let response = event.get("tool_response").cloned().unwrap_or_default();
        let named = |key: &str| {
            let path = input.get(key).and_then(Json::as_str).filter(|path| path.len() <= LONGEST)?;
            Some(Path::new(text("cwd").unwrap_or("/")).join(path))
        };
        let file = match text("tool_name")? {
            "Edit" | "MultiEdit" | "Write" => Some(named("file_path")?),
            "NotebookEdit" => Some(named("notebook_path")?),
            "Bash" => None,
            _ => return None,
        };
        let told = |json: &Json, key: &str| json.get(key).is_some_and(|value| !value.is_null() && *value != false);
        Some(Call {
            id: text("tool_use_id")?.to_owned(),
            background: told(&input, "run_in_background") || told(&response, "backgroundTaskId"),
            failed: text("hook_event_name") == Some("PostToolUseFailure"),
            file,
            input,
            response,
        })
    }

    /// What the tool says it changed.
    pub fn patch(&self) -> Option<Patch> {
        Patch::of(&self.response)
    }

    /// Whether `old` becomes `new` by what the tool was asked to do and nothing else, but for line endings: the client
    /// keeps those of the file.
    pub fn makes(&self, old: &[u8], new: &[u8]) -> bool {
        let text = |bytes: &[u8]| std::str::from_utf8(bytes).ok().map(|text| text.replace("\r\n", "\n"));
        let (Some(old), Some(new)) = (text(old), text(new)) else { return false };
        if let Some(content) = self.input.get("content").and_then(Json::as_str) {
            return content.replace("\r\n", "\n") == new;
        }
        let one = std::slice::from_ref(&self.input);
        let edits = self.input.get("edits").and_then(Json::as_array).map_or(one, |edits| edits);
        edits.iter().try_fold(old, |text, edit| replaced(&text, edit)).is_some_and(|made| made == new)
    }
}

fn replaced(text: &str, edit: &Json) -> Option<String> {
    let string = |key: &str| Some(edit.get(key)?.as_str()?.replace("\r\n", "\n"));
    let (old, new) = (string("old_string")?, string("new_string")?);
    match edit.get("replace_all").and_then(Json::as_bool) {
        _ if old.is_empty() => text.is_empty().then_some(new),
        _ if !text.contains(&old) => None,
        Some(true) => Some(text.replace(&old, &new)),
        _ => Some(text.replacen(&old, &new, 1)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn call(tool: &str, input: Json) -> Call {
        let event = json!({"tool_name": tool, "tool_input": input, "tool_use_id": "t", "cwd": "/p"});
        Call::of(&event).expect("a call that edits")
    }

    #[test]
    fn what_edits_and_what_does_not() {
        assert_eq!(call("Edit", json!({"file_path": "a b"})).file, Some("/p/a b".into()));
        assert_eq!(call("NotebookEdit", json!({"notebook_path": "/q/n.ipynb"})).file, Some("/q/n.ipynb".into()));
        assert_eq!(call("Bash", json!({"command": "ls"})).file, None);
        assert!(call("Bash", json!({"run_in_background": true})).background);
        assert!(!call("Bash", json!({"run_in_background": false})).background);
        let read = json!({"tool_name": "Read", "tool_input": {"file_path": "a"}, "tool_use_id": "t"});
        let nameless = json!({"tool_name": "Write", "tool_input": {"file_path": 7}, "tool_use_id": "t"});
        assert!(Call::of(&read).is_none() && Call::of(&nameless).is_none() && Call::of(&Json::Null).is_none());
    }

    #[test]
    fn what_the_client_tells() {
        let recorded = |name: &str| {
            let file = format!("{}/tests/fixtures/hooks/PostToolUse.{name}.json", env!("CARGO_MANIFEST_DIR"));
            Call::of(&serde_json::from_slice(&std::fs::read(file).unwrap()).unwrap()).unwrap()
        };
        let edit = recorded("Edit");
        let hunk = &edit.patch().unwrap().hunks[0];
        assert_eq!((hunk.old_start, hunk.new_lines, hunk.lines[2].as_str()), (1, 3, "+  beta"));
        assert!(edit.makes(b"one\r\n\talpha\r\nthree\r\n", b"one\r\n\tbeta\r\nthree\r\n"));
        assert!(recorded("Write").patch().is_none() && recorded("Write.update").patch().is_some());
        assert!(recorded("Bash.background").background && !recorded("Bash").background);
    }

    #[test]
    fn what_the_tool_was_asked_to_do_is_all_that_happened() {
        let edit = call("Edit", json!({"file_path": "a", "old_string": "x\ny", "new_string": "z"}));
        assert!(edit.makes(b"x\ny\nx\ny\n", b"z\nx\ny\n") && edit.makes(b"1\r\nx\r\ny\r\n", b"1\r\nz\r\n"));
        assert!(!edit.makes(b"x\ny\n", b"z\nmore\n") && !edit.makes(b"a\n", b"a\n") && !edit.makes(b"\xff", b"\xff"));
        let all = json!({"file_path": "a", "edits": [
            {"old_string": "x", "new_string": "y", "replace_all": true}, {"old_string": "yy", "new_string": "z"}]});
        assert!(call("MultiEdit", all).makes(b"x xx", b"y z"));
        assert!(call("Write", json!({"file_path": "a", "content": "n\n"})).makes(b"anything", b"n\r\n"));
        assert!(call("Edit", json!({"file_path": "a", "old_string": "", "new_string": "n"})).makes(b"", b"n"));
        assert!(!call("NotebookEdit", json!({"notebook_path": "a", "new_source": "n"})).makes(b"", b"n"));
    }
}
