//! The tools: what they say of themselves, and what the ones about files do.

use super::block::shortened;
use super::dialog::{Choose, Offer};
use super::script::{Call, PLAN_FILE};
use crate::Json;
use serde_json::json;
use std::path::{Path, PathBuf};

/// What a tool came to.
#[derive(Debug, Clone, PartialEq)]
pub struct Result {
    /// `tool_response` of `PostToolUse`.
    pub response: Json,
    /// Shown under the call.
    pub shown: String,
    /// Told to the model.
    pub told: String,
}

/// `Bash(touch x)`, `Update(app.txt)`.
pub fn title(call: &Call, cwd: &Path) -> String {
    let text = |field: &str| call.input[field].as_str().unwrap_or_default();
    let (name, about) = match call.name.as_str() {
        "Bash" => ("Bash", text("command").to_owned()),
        "Edit" => ("Update", short(call, cwd)),
        "Write" | "Read" => (call.name.as_str(), short(call, cwd)),
        "WebFetch" => ("Fetch", text("url").to_owned()),
        "Agent" => ("Agent", text("description").to_owned()),
        name => (name, String::new()),
    };
    if about.is_empty() { name.to_owned() } else { format!("{name}({about})") }
}

/// The call's file, relative to the working folder where it is inside.
fn short(call: &Call, cwd: &Path) -> String {
    let file = file(call, cwd);
    file.strip_prefix(cwd).unwrap_or(&file).display().to_string()
}

fn file(call: &Call, cwd: &Path) -> PathBuf {
    cwd.join(call.input["file_path"].as_str().unwrap_or_default())
}

/// The call with its file's path made whole, the plan's file in its place.
pub fn resolved(mut call: Call, cwd: &Path, plan: &Path) -> Call {
    if call.input["file_path"] == PLAN_FILE {
        call.input["file_path"] = plan.display().to_string().into();
    } else if call.input["file_path"].is_string() {
        call.input["file_path"] = file(&call, cwd).display().to_string().into();
    }
    call
}

/// Why a call cannot be made at all; no hook hears of such a call.
pub fn fault(call: &Call, mode: &str) -> Option<String> {
    match call.name.as_str() {
        "ExitPlanMode" if mode != "plan" => Some("You are not in plan mode.".into()),
        "Edit" => {
            let path = call.input["file_path"].as_str().unwrap_or_default();
            let old = call.input["old_string"].as_str().unwrap_or_default();
            match std::fs::read_to_string(path) {
                Err(_) => Some("File does not exist.".into()),
                Ok(text) if !text.contains(old) => Some(format!("String to replace not found in file: {old}")),
                Ok(_) => None,
            }
        }
        _ => None,
    }
}

/// The dialog that asks for permission: its options are those of `labels`, the last of them "No".
pub fn permission(call: &Call, cwd: &Path, labels: Vec<String>) -> Offer {
    let last = labels.len().saturating_sub(1);
    let option = |(at, label): (usize, String)| {
        let noted = match at {
            0 => "Yes",
            at if at == last => "No",
            _ => "",
        };
        Choose { label, noted, written: false }
    };
    let (title, about, question) = match call.name.as_str() {
        "Bash" => ("Bash command", call.input["description"].as_str().unwrap_or_default().to_owned(), None),
        "Edit" => ("Edit file", short(call, cwd), Some("make this edit to")),
        "Write" if file(call, cwd).exists() => ("Overwrite file", short(call, cwd), Some("overwrite")),
        "Write" => ("Create file", short(call, cwd), Some("create")),
        "WebFetch" => ("Fetch", String::new(), None),
        _ => ("Tool use", title(call, cwd), None),
    };
    let name = short(call, cwd);
    let question = question.map_or("Do you want to proceed?".into(), |what| format!("Do you want to {what} {name}?"));
    Offer {
        title: title.into(),
        about,
        body: body(call),
        question,
        options: labels.into_iter().enumerate().map(option).collect(),
        numbered: true,
        foot: "Esc to cancel · Tab to amend".into(),
    }
}

fn body(call: &Call) -> Vec<String> {
    let text = |field: &str| call.input[field].as_str().unwrap_or_default();
    let signed = |sign: &str, text: &str| text.lines().map(|line| format!("{sign}{line}")).collect::<Vec<_>>();
    match call.name.as_str() {
        "Bash" => text("command").lines().map(str::to_owned).collect(),
        "Write" => shortened(text("content")).lines().map(|line| format!(" {line}")).collect(),
        "Edit" => [signed("-", text("old_string")), signed("+", text("new_string"))].concat(),
        "WebFetch" => vec![text("url").to_owned()],
        _ => vec![call.input.to_string()],
    }
}

/// Reads, writes or edits a file; any other tool only pretends. Bash and Agent are not run here.
pub fn run(call: &Call) -> std::result::Result<Result, String> {
    let path = call.input["file_path"].as_str().unwrap_or_default();
    let text = |field: &str| call.input[field].as_str().unwrap_or_default().to_owned();
    let failed = |error: std::io::Error| format!("{path}: {error}");
    match call.name.as_str() {
        "Read" => {
            let content = std::fs::read_to_string(path).map_err(failed)?;
            let lines = content.lines().count();
            let file = json!({"filePath": path, "content": content, "numLines": lines, "startLine": 1,
                "totalLines": lines});
            let response = json!({"type": "text", "file": file});
            Ok(Result { response, shown: format!("Read {lines} lines"), told: content })
        }
        "Write" => {
            let before = std::fs::read_to_string(path).ok();
            let content = text("content");
            if let Some(folder) = Path::new(path).parent() {
                std::fs::create_dir_all(folder).map_err(failed)?;
            }
            std::fs::write(path, &content).map_err(failed)?;
            let kind = if before.is_some() { "update" } else { "create" };
            let response = json!({"type": kind, "filePath": path, "content": content, "structuredPatch": [],
                "originalFile": before, "userModified": false});
            let shown = format!("Wrote {} lines\n{}", content.lines().count(), shortened(&content));
            Ok(Result { response, shown, told: format!("File written: {path}") })
        }
        "Edit" => {
            let before = std::fs::read_to_string(path).map_err(failed)?;
            let (old, new) = (text("old_string"), text("new_string"));
            let all = call.input["replace_all"] == true;
            let after = if all { before.replace(&old, &new) } else { before.replacen(&old, &new, 1) };
            std::fs::write(path, after).map_err(failed)?;
            let line = before.split(&old).next().map_or(1, |head| head.matches('\n').count() + 1);
            let lines: Vec<String> = body(call);
            let patch = json!([{"oldStart": line, "oldLines": old.lines().count(), "newStart": line,
                "newLines": new.lines().count(), "lines": lines}]);
            let response = json!({"filePath": path, "oldString": old, "newString": new, "originalFile": before,
                "structuredPatch": patch, "userModified": false, "replaceAll": all});
            Ok(Result {
                response,
                shown: format!("Edited\n{}", lines.join("\n")),
                told: format!("File edited: {path}"),
            })
        }
        name => {
            let shown = "Nothing happened: the demo agent only pretends this tool".to_owned();
            Ok(Result { response: json!({"demo": true, "tool": name}), told: shown.clone(), shown })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn call(name: &str, input: Json) -> Call {
        Call { name: name.into(), input }
    }

    #[test]
    fn files_are_written_edited_and_read() {
        let folder = tempfile::tempdir().expect("a folder");
        let place = |call| resolved(call, folder.path(), Path::new("/plan"));
        let write = place(call("Write", json!({"file_path": "sub/a.txt", "content": "alpha\none\n"})));
        assert_eq!(title(&write, folder.path()), "Write(sub/a.txt)");
        assert_eq!(run(&write).map(|result| result.response["type"].clone()), Ok(json!("create")));
        let edit = json!({"file_path": "sub/a.txt", "old_string": "alpha", "new_string": "beta", "replace_all": false});
        let edit = place(call("Edit", edit));
        assert_eq!(fault(&edit, "default"), None);
        let patch = run(&edit).expect("an edit").response["structuredPatch"][0]["lines"].clone();
        assert_eq!(patch, json!(["-alpha", "+beta"]));
        assert!(fault(&edit, "default").is_some());
        let read = place(call("Read", json!({"file_path": "sub/a.txt"})));
        assert_eq!(run(&read).map(|result| result.told), Ok("beta\none\n".into()));
    }

    #[test]
    fn the_plan_has_a_file_of_its_own() {
        let write = call("Write", json!({"file_path": PLAN_FILE, "content": ""}));
        assert_eq!(resolved(write, Path::new("/w"), Path::new("/c/plans/p.md")).input["file_path"], "/c/plans/p.md");
        assert!(fault(&call("ExitPlanMode", json!({})), "default").is_some());
    }
}
