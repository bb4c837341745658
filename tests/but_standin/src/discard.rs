//! `discard`, `resolve PATH…`, and the old grammar's `stage` and `rub FILE BRANCH`.

use super::answer::{Answer, Refusal};
use super::arguments::{Arguments, Form};
use super::commit_object::merge;
use super::history::{REFRESH, missing};
use super::project::Project;
use super::selection::{self, Selection};
use crate::Grammar;
use serde_json::json;

/// `discard`.
pub const DISCARD: Form = Form { valued: &[], optional: &[], flags: &[], usage: "discard [OPTIONS] <CHANGES>..." };
/// `resolve` of files.
pub const RESOLVE: Form = Form { valued: &[], optional: &[], flags: &[], usage: "resolve [OPTIONS] [TARGETS]..." };
/// `stage` and `rub` (old grammar).
pub const STAGE: Form =
    Form { valued: &[], optional: &[], flags: &[], usage: "stage [OPTIONS] <FILE_OR_HUNK> <BRANCH>" };

/// Throws uncommitted changes away; `zz` is all of them.
pub fn discard(project: &mut Project, arguments: &Arguments) -> Result<Answer, Refusal> {
    let old = project.grammar == Grammar::Old;
    let (worktree, changes) = project.dirty()?;
    let all = arguments.first() == Some("zz");
    if all && changes.is_empty() {
        return Err(Refusal::text(if old {
            "No changes found for the given ID"
        } else {
            "No uncommitted changes to discard"
        }));
    }
    let words: &[String] = if all { &[] } else { &arguments.rest };
    let chosen: Result<Selection, Refusal> = selection::select(project, &changes, words);
    let chosen = chosen.map_err(|_| {
        let word = arguments.first().unwrap_or_default();
        match old {
            true => Refusal::text(format!(
                "Could not resolve ID '{word}'\n\nCaused by:\n    Source '{word}' not found. {REFRESH}"
            )),
            false => missing(word),
        }
    })?;
    project.record("Discard", &[], &worktree);
    let with = selection::tree_with(&project.git, &project.state.workspace, &changes, &chosen)?;
    let without = project.git.run(&["rev-parse", &format!("{}^{{tree}}", project.state.workspace)])?;
    let rest = merge(&project.git, &with, &worktree, &without)?;
    project.bring(&worktree, &rest.tree)?;
    project.state.save(&project.git.folder)?;
    let paths: Vec<&str> = chosen.keys().map(|at| changes[*at].path.as_str()).collect();
    let json = match old {
        true => json!({ "discarded": paths.len(), "failed": 0 }),
        false => json!({ "type": "uncommittedChanges", "paths": paths }),
    };
    Ok(Answer::new(json, format!("Discarded {}", paths.join(", "))))
}

/// Calls files resolved whose conflict markers somebody has edited away.
pub fn resolve(project: &Project, arguments: &Arguments) -> Result<Answer, Refusal> {
    if let (Grammar::Old, Some(word)) = (project.grammar, arguments.first()) {
        return Err(Refusal::Bare(format!(
            "Failed to handle conflict resolution. '{word}' does not refer to a commit"
        )));
    }
    let conflicted = project.conflicted()?;
    if let Some(path) = arguments.rest.iter().find(|path| !conflicted.contains(path)) {
        return Err(missing(path));
    }
    for path in &arguments.rest {
        project.git.run(&["update-index", "--force-remove", "--", path])?;
    }
    project.git.run(&["read-tree", "-i", "-m", &project.state.workspace])?;
    Ok(Answer::new(json!({ "resolved_files": arguments.rest }), "Resolved"))
}

/// Assigns an uncommitted file to a branch's stack, or to none (`zz`).
pub fn stage(project: &mut Project, arguments: &Arguments) -> Result<Answer, Refusal> {
    let [file, branch] = &arguments.rest[..] else {
        return Err(Refusal::Usage("error: the following required arguments were not provided".into()));
    };
    let (_, changes) = project.dirty()?;
    if project.state.staged.contains_key(file) {
        // What is staged answers to its id only.
        return Err(Refusal::Bare(format!("Rubbed the wrong way. Source '{file}' not found. {REFRESH}")));
    }
    let chosen = selection::select(project, &changes, std::slice::from_ref(file));
    let chosen = chosen.map_err(|_| Refusal::text(format!("Source '{file}' not found. {REFRESH}")))?;
    for at in chosen.keys() {
        let path = changes[*at].path.clone();
        if branch == "zz" {
            project.state.staged.remove(&path);
            continue;
        }
        let place = project.state.find(branch).ok_or_else(|| Refusal::text(format!("Branch '{branch}' not found")))?;
        let stack = project.state.stacks[place.0].id.clone();
        project.state.staged.insert(path, stack);
    }
    project.state.generation += 1;
    project.state.save(&project.git.folder)?;
    Ok(Answer::new(json!({ "ok": true }), "Staged"))
}
