//! `oplog`, `undo`, `redo`: both of these put the whole working tree of a moment back.

use super::answer::{Answer, Refusal};
use super::arguments::Form;
use super::project::Project;
use super::state::Snapshot;
use crate::Grammar;
use serde_json::{Value, json};

/// `oplog`.
pub const OPLOG: Form = Form { valued: &[], optional: &[], flags: &[], usage: "oplog [OPTIONS] [COMMAND]" };
/// `undo` and `redo`.
pub const UNDO: Form = Form { valued: &[], optional: &[], flags: &[], usage: "undo [OPTIONS]" };

/// The newest twenty operations.
pub fn list(project: &Project) -> Answer {
    let describe = |snapshot: &Snapshot| {
        let trailers: Vec<Value> =
            snapshot.trailers.iter().map(|(key, value)| json!({ "key": key, "value": value })).collect();
        json!({
            "id": snapshot.id, "createdAt": snapshot.created_at / 1000 * 1000,
            "details": {
                "version": 3, "operation": snapshot.operation, "title": snapshot.operation,
                "body": null, "trailers": trailers,
            },
        })
    };
    Answer::new(project.state.oplog.iter().take(20).map(describe).collect(), "Operations History\n")
}

/// Takes the last operation back.
pub fn undo(project: &mut Project) -> Result<Answer, Refusal> {
    if project.state.oplog.is_empty() {
        return Ok(answer(project, "undo", None));
    }
    let snapshot = project.state.oplog.remove(0);
    let now = this_moment(project, &snapshot)?;
    project.state.undone.insert(0, now);
    restore(project, &snapshot)?;
    Ok(answer(project, "undo", Some(&snapshot.id)))
}

/// Does again what was taken back last.
pub fn redo(project: &mut Project) -> Result<Answer, Refusal> {
    if project.state.undone.is_empty() {
        return Ok(answer(project, "redo", None));
    }
    let snapshot = project.state.undone.remove(0);
    let now = this_moment(project, &snapshot)?;
    project.state.oplog.insert(0, now);
    restore(project, &snapshot)?;
    Ok(answer(project, "redo", Some(&snapshot.id)))
}

fn this_moment(project: &Project, named: &Snapshot) -> Result<Snapshot, Refusal> {
    let worktree = project.snapshot()?;
    let moment = project.moment(&named.operation, &[], &worktree);
    Ok(Snapshot { id: named.id.clone(), trailers: named.trailers.clone(), ..moment })
}

fn answer(project: &Project, action: &str, id: Option<&str>) -> Answer {
    match (project.grammar, id) {
        (Grammar::Old, _) => Answer::silent(format!("✓ {action} completed successfully!")),
        (_, Some(id)) => Answer::new(json!({ "action": action, "changed": true, "snapshotId": id }), action),
        (_, None) => Answer::new(json!({ "action": action, "changed": false }), action),
    }
}

fn restore(project: &mut Project, snapshot: &Snapshot) -> Result<(), Refusal> {
    let worktree = project.snapshot()?;
    let names = project.state.stacks.iter().chain(&snapshot.stacks).flat_map(|stack| &stack.branches);
    let mut names: Vec<String> = names.map(|branch| format!("refs/heads/{}", branch.name)).collect();
    names.sort();
    names.dedup();
    let present = |name: &String| project.references.contains_key(name) || snapshot.references.contains_key(name);
    let moves: Vec<(String, Option<String>)> = names
        .into_iter()
        .filter(present)
        .map(|name| {
            let object = snapshot.references.get(&name).cloned();
            (name, object)
        })
        .collect();
    project.git.update_references(&moves)?;
    project.state.target.clone_from(&snapshot.target);
    project.state.stacks.clone_from(&snapshot.stacks);
    project.bring(&worktree, &snapshot.worktree)?;
    let (tree, _) = project.merged(&project.state.stacks)?;
    project.finish(&tree)
}
