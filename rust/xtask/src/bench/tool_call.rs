//! An agent's tool call as its hooks tell it: the events that were recorded from Claude Code, about other files.

use super::world::{Task, World};
use super::{agent_event, hook};
use chorus_testkit::repository;
use serde_json::{Value, json};
use std::sync::atomic::{AtomicUsize, Ordering};

/// Milliseconds of the two hooks that the agent waits for.
#[derive(Clone, Copy, Debug)]
pub struct Cost {
    /// `PreToolUse`.
    pub before: f64,
    /// `PostToolUse`.
    pub after: f64,
}

/// The task's agent replaces `old` by `new` in a file of the project.
pub fn edit(world: &World, task: &Task, file: &str, old: &str, new: &str) -> Result<Cost, String> {
    let path = world.sandbox.project().join(file);
    let input = json!({"file_path": path, "old_string": old, "new_string": new, "replace_all": false});
    around(world, task, "Edit", &input, || {
        let before = std::fs::read_to_string(&path)?;
        let Some((head, tail)) = before.split_once(old) else { return Err(std::io::ErrorKind::NotFound.into()) };
        std::fs::write(&path, [head, new, tail].concat())?;
        let line = head.matches('\n').count() + 1;
        let signed = |sign: char, text: &str| text.lines().map(|line| format!("{sign}{line}")).collect::<Vec<_>>();
        let lines = [signed('-', old), signed('+', new)].concat();
        let hunk = json!({"oldStart": line, "oldLines": old.lines().count(), "newStart": line,
            "newLines": new.lines().count(), "lines": lines});
        Ok(json!({"filePath": path, "oldString": old, "newString": new, "originalFile": before,
            "structuredPatch": [hunk], "userModified": false, "replaceAll": false}))
    })
}

/// The task's agent runs a command, which `act` plays.
pub fn shell(
    world: &World,
    task: &Task,
    command: &str,
    act: impl FnOnce() -> std::io::Result<()>,
) -> Result<Cost, String> {
    let input = json!({"command": command, "description": "A command of the bench"});
    around(world, task, "Bash", &input, || {
        act().map(|()| json!({"stdout": "", "stderr": "", "interrupted": false, "isImage": false}))
    })
}

fn around(
    world: &World,
    task: &Task,
    tool: &str,
    input: &Value,
    act: impl FnOnce() -> std::io::Result<Value>,
) -> Result<Cost, String> {
    static CALLS: AtomicUsize = AtomicUsize::new(0);
    let id = format!("toolu_bench_{}", CALLS.fetch_add(1, Ordering::Relaxed));
    let tell = |event: &str, response: Value| -> Result<f64, String> {
        let fixture = repository().join(format!("tests/fixtures/hooks/{event}.{tool}.json"));
        let text = std::fs::read(&fixture).map_err(|error| format!("cannot read {}: {error}", fixture.display()))?;
        let mut told: Value = serde_json::from_slice(&text).map_err(|error| error.to_string())?;
        told["cwd"] = world.sandbox.project().to_string_lossy().into();
        told["tool_input"] = input.clone();
        told["tool_use_id"] = id.as_str().into();
        if !response.is_null() {
            told["tool_response"] = response;
        }
        hook::run(agent_event::hook_command(world, task)?, &told.to_string())
    };
    let before = tell("PreToolUse", Value::Null)?;
    let response = act().map_err(|error| format!("cannot play {tool}: {error}"))?;
    Ok(Cost { before, after: tell("PostToolUse", response)? })
}
