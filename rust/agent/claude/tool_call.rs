//! Tool calls in the client's events: what they may do to files, and what they say they did.

use crate::attribution::{AskedChange, Hunk, Patch, Replacement};
use crate::contract::Json;
use crate::evidence::event::{FileEdit, ToolCall, ToolWork};
use crate::text::{clip, name_words};
use serde::Deserialize;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};

/// Longest path that is taken from an event, in bytes.
const LONGEST_PATH: usize = 4096;
/// Bytes of a summary; who shows it bounds it further.
const LONGEST_SUMMARY: usize = 64 * 1024;

/// The call that a `PreToolUse`, `PostToolUse`, `PostToolUseFailure`, `PermissionDenied` or `PermissionRequest` is
/// about. The last has no id.
pub(super) fn read(event: &Json) -> ToolCall {
    let input = event.get("tool_input");
    let mut hasher = DefaultHasher::new();
    input.map(Json::to_string).hash(&mut hasher);
    ToolCall {
        tool: super::event::word(event, "tool_name").unwrap_or_else(|| "unknown".to_owned()),
        id: super::event::word(event, "tool_use_id"),
        summary: input.and_then(summary),
        fingerprint: hasher.finish(),
        reads: reads(event),
        work: work(event),
    }
}

/// One line about a call: what a person needs to see in a list.
fn summary(input: &Json) -> Option<String> {
    let question = || input.get("questions")?.get(0)?.get("question")?.as_str();
    let plain =
        ["command", "file_path", "notebook_path", "url", "plan", "query", "pattern", "path", "description", "prompt"];
    let known = plain.iter().find_map(|key| input.get(key)?.as_str()).or_else(question);
    let object = || input.as_object().filter(|object| !object.is_empty()).map(|_| input.to_string());
    known.map(str::to_owned).or_else(object).map(|text| clip(&text, LONGEST_SUMMARY).to_owned())
}

/// The file that a tool reads for the agent.
fn reads(event: &Json) -> Option<PathBuf> {
    let input = event.get("tool_input")?;
    let path = match event.get("tool_name")?.as_str()? {
        "Read" => input.get("file_path")?.as_str()?,
        _ => return None,
    };
    let folder = event.get("cwd").and_then(Json::as_str).unwrap_or("/");
    (path.len() <= LONGEST_PATH).then(|| Path::new(folder).join(path))
}

/// Nothing for tools that do not edit.
fn work(event: &Json) -> ToolWork {
    let absent = Json::Null;
    let input = event.get("tool_input").unwrap_or(&absent);
    let response = event.get("tool_response").unwrap_or(&absent);
    let file = |key: &str| {
        let path = input.get(key).and_then(Json::as_str).filter(|path| path.len() <= LONGEST_PATH)?;
        let folder = event.get("cwd").and_then(Json::as_str).unwrap_or("/");
        Some(Path::new(folder).join(path))
    };
    let edit = |path: Option<PathBuf>| {
        let edit = |path| FileEdit { path, change: change(input), patch: patch(response) };
        path.map_or(ToolWork::None, |path| ToolWork::Edit(Box::new(edit(path))))
    };
    let is_set = |json: &Json, key: &str| json.get(key).is_some_and(|value| !value.is_null() && *value != false);
    match event.get("tool_name").and_then(Json::as_str) {
        Some("Edit" | "MultiEdit" | "Write") => edit(file("file_path")),
        Some("NotebookEdit") => edit(file("notebook_path")),
        Some("Bash") => ToolWork::Shell {
            command: input.get("command").and_then(Json::as_str).map(str::to_owned),
            background: is_set(input, "run_in_background") || is_set(response, "backgroundTaskId"),
        },
        Some(tool) if tool.starts_with("mcp__") => work_of_mcp(tool, input, edit, file),
        _ => ToolWork::None,
    }
}

/// Where tools of MCP servers have the file that they are about.
pub(super) const PATHS: [&str; 9] = [
    "path",
    "file_path",
    "filePath",
    "relative_path",
    "relativePath",
    "filename",
    "file",
    "pathInProject",
    "absolute_path",
];

/// Where they have a shell command.
pub(super) const COMMANDS: [&str; 3] = ["command", "cmd", "shell_command"];

/// Words in the names of tools that only look.
const LOOKS: [&str; 18] = [
    "read", "get", "list", "search", "find", "view", "show", "info", "status", "diff", "log", "tree", "fetch", "query",
    "describe", "check", "overview", "outline",
];

/// Words in the names of tools that change files, although they name none.
const CHANGES: [&str; 16] = [
    "write", "edit", "replace", "rename", "create", "delete", "remove", "move", "insert", "apply", "refactor",
    "format", "execute", "run", "patch", "generate",
];

/// What a tool of an MCP server may do to files, by its name and its input: nothing else tells. One that runs a command
/// or changes files that it does not name may do anything.
fn work_of_mcp(
    tool: &str,
    input: &Json,
    edit: impl Fn(Option<PathBuf>) -> ToolWork,
    file: impl Fn(&str) -> Option<PathBuf>,
) -> ToolWork {
    let words = name_words(tool.rsplit("__").next().unwrap_or(tool));
    let has = |wanted: &[&str]| words.iter().any(|word| wanted.contains(&word.as_str()));
    let anything = |command: Option<&str>| ToolWork::Shell { command: command.map(str::to_owned), background: false };
    if let Some(command) = COMMANDS.iter().find_map(|key| input.get(key)?.as_str()) {
        return anything(Some(command));
    }
    if has(&LOOKS) && !has(&CHANGES) {
        return ToolWork::None;
    }
    match PATHS.iter().find_map(|key| file(key)) {
        // A file that moves is another one afterwards.
        Some(path) if !has(&["move", "rename", "delete", "remove"]) => edit(Some(path)),
        _ if has(&CHANGES) => anything(None),
        _ => ToolWork::None,
    }
}

fn change(input: &Json) -> AskedChange {
    if let Some(content) = input.get("content").and_then(Json::as_str) {
        return AskedChange::Whole(content.to_owned());
    }
    let one = std::slice::from_ref(input);
    let edits = input.get("edits").and_then(Json::as_array).map_or(one, |edits| edits);
    let edits: Option<Vec<Replacement>> = edits.iter().map(replacement).collect();
    edits.map_or(AskedChange::Untold, AskedChange::Replace)
}

fn replacement(edit: &Json) -> Option<Replacement> {
    let string = |key: &str| Some(edit.get(key)?.as_str()?.to_owned());
    let all = edit.get("replace_all").and_then(Json::as_bool).unwrap_or_default();
    Some(Replacement { old: string("old_string")?, new: string("new_string")?, all })
}

/// A hunk of `tool_response.structuredPatch`, made by jsdiff: three lines of context; tabs and line endings may differ
/// from what is in the file.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct JsdiffHunk {
    old_start: usize,
    old_lines: usize,
    new_start: usize,
    new_lines: usize,
    lines: Vec<String>,
}

/// From an edit tool's response; nothing where it says nothing.
fn patch(response: &Json) -> Option<Patch> {
    let hunks = Vec::<JsdiffHunk>::deserialize(response.get("structuredPatch")?).ok()?;
    let hunk = |JsdiffHunk { old_start, old_lines, new_start, new_lines, lines }| Hunk {
        old_start,
        old_lines,
        new_start,
        new_lines,
        lines,
    };
    (!hunks.is_empty()).then(|| Patch { hunks: hunks.into_iter().map(hunk).collect() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn call(tool: &str, input: Json) -> ToolWork {
        read(&json!({"tool_name": tool, "tool_input": input, "tool_use_id": "t", "cwd": "/p"})).work
    }

    fn edit(work: ToolWork) -> FileEdit {
        match work {
            ToolWork::Edit(edit) => *edit,
            other => panic!("no edit: {other:?}"),
        }
    }

    #[test]
    fn tools_of_mcp_servers_do_what_their_names_and_inputs_say() {
        let work = |tool: &str, input: Json| call(&format!("mcp__server__{tool}"), input);
        assert_eq!(edit(work("write_file", json!({"path": "a", "content": "n"}))).path, PathBuf::from("/p/a"));
        assert_eq!(
            edit(work("replace_symbol_body", json!({"relative_path": "b.rs", "body": "x"}))).path,
            PathBuf::from("/p/b.rs")
        );
        let shell = work("start_process", json!({"command": "git push"}));
        assert!(matches!(shell, ToolWork::Shell { command: Some(command), .. } if command == "git push"));
        let renamed = work("rename_refactoring", json!({"filePath": "a", "newName": "b"}));
        assert!(matches!(renamed, ToolWork::Shell { command: None, .. }));
        for tool in ["find_and_replace", "checkAndFormat", "get_or_create_note"] {
            assert!(matches!(work(tool, json!({})), ToolWork::Shell { command: None, .. }), "{tool}");
        }
        assert_eq!(edit(work("find_and_replace", json!({"path": "a"}))).path, PathBuf::from("/p/a"));
        for (tool, input) in [
            ("read_file", json!({"path": "a"})),
            ("listDirectory", json!({"path": "."})),
            ("browser_navigate", json!({"url": "https://example.org"})),
            ("greet", json!({})),
        ] {
            assert_eq!(work(tool, input), ToolWork::None, "{tool}");
        }
    }

    fn is_background(work: &ToolWork) -> bool {
        matches!(work, ToolWork::Shell { background: true, .. })
    }

    #[test]
    fn what_edits_and_what_does_not() {
        assert_eq!(edit(call("Edit", json!({"file_path": "a b"}))).path, PathBuf::from("/p/a b"));
        assert_eq!(
            edit(call("NotebookEdit", json!({"notebook_path": "/q/n.ipynb"}))).path,
            PathBuf::from("/q/n.ipynb")
        );
        assert!(
            matches!(call("Bash", json!({"command": "ls"})), ToolWork::Shell { command: Some(command), .. } if command == "ls")
        );
        assert!(is_background(&call("Bash", json!({"run_in_background": true}))));
        assert!(!is_background(&call("Bash", json!({"run_in_background": false}))));
        let read_only = call("Read", json!({"file_path": "a"}));
        let nameless = call("Write", json!({"file_path": 7}));
        assert_eq!([read_only, nameless, read(&Json::Null).work], [const { ToolWork::None }; 3]);
    }

    #[test]
    fn what_the_client_tells() {
        let recorded = |name: &str| {
            let file = format!("{}/tests/fixtures/hooks/PostToolUse.{name}.json", env!("CARGO_MANIFEST_DIR"));
            read(&serde_json::from_slice(&std::fs::read(file).unwrap()).unwrap()).work
        };
        let replaced = edit(recorded("Edit"));
        let hunk = &replaced.patch.unwrap().hunks[0];
        assert_eq!((hunk.old_start, hunk.new_lines, hunk.lines[2].as_str()), (1, 3, "+  beta"));
        assert!(replaced.change.makes(b"one\r\n\talpha\r\nthree\r\n", b"one\r\n\tbeta\r\nthree\r\n"));
        assert!(edit(recorded("Write")).patch.is_none() && edit(recorded("Write.update")).patch.is_some());
        assert!(is_background(&recorded("Bash.background")) && !is_background(&recorded("Bash")));
    }

    #[test]
    fn what_the_tool_was_asked_to_do_is_all_that_happened() {
        let change = |tool: &str, input: Json| edit(call(tool, input)).change;
        let edit = change("Edit", json!({"file_path": "a", "old_string": "x\ny", "new_string": "z"}));
        assert!(edit.makes(b"x\ny\nx\ny\n", b"z\nx\ny\n") && edit.makes(b"1\r\nx\r\ny\r\n", b"1\r\nz\r\n"));
        assert!(!edit.makes(b"x\ny\n", b"z\nmore\n") && !edit.makes(b"a\n", b"a\n") && !edit.makes(b"\xff", b"\xff"));
        let all = json!({"file_path": "a", "edits": [
            {"old_string": "x", "new_string": "y", "replace_all": true}, {"old_string": "yy", "new_string": "z"}]});
        assert!(change("MultiEdit", all).makes(b"x xx", b"y z"));
        assert!(change("Write", json!({"file_path": "a", "content": "n\n"})).makes(b"anything", b"n\r\n"));
        assert!(change("Edit", json!({"file_path": "a", "old_string": "", "new_string": "n"})).makes(b"", b"n"));
        assert!(!change("NotebookEdit", json!({"notebook_path": "a", "new_source": "n"})).makes(b"", b"n"));
    }
}
