//! Verbs about edits and branches, for a shell.

use super::Refusal;
use super::reply::{call, say};
use crate::client::Client;
use crate::contract::*;
use crate::text::blank;

/// Uncommitted edits and whose they are.
pub fn changes(client: &mut Client, json: bool) -> Result<(), Refusal> {
    let found: Changes = call(client, &Request::Changes(Nothing {}), json)?;
    if !json {
        say(&lines(&found));
    }
    Ok(())
}

/// A task's edits, as a patch.
pub fn diff(client: &mut Client, task: String, part: &str, json: bool) -> Result<(), Refusal> {
    let found: Diff = call(client, &Request::TaskDiff(TaskDiff { task, part: part.to_owned() }), json)?;
    if !json {
        say(&found.text.lines().map(blank).collect::<Vec<_>>());
        if found.cut {
            super::note("the rest was left out for its size");
        }
    }
    Ok(())
}

/// A step that is taken only with `--yes`; otherwise it is only told.
pub fn offer(client: &mut Client, request: &Request, json: bool) -> Result<(), Refusal> {
    let found: Offer = call(client, request, json)?;
    if !json {
        say(&found.text.lines().map(blank).collect::<Vec<_>>());
        if !found.done {
            super::note("nothing was done: add --yes to do it");
        }
    }
    Ok(())
}

fn lines(changes: &Changes) -> Vec<String> {
    let mut lines = Vec::new();
    for file in &changes.files {
        lines.push(format!("{} ({})", blank(&file.path), file.change));
        for hunk in &file.hunks {
            let added = hunk.lines.iter().filter(|line| line.starts_with('+')).count();
            let removed = hunk.lines.iter().filter(|line| line.starts_with('-')).count();
            // Context comes before the edit itself.
            let context = hunk.lines.iter().take_while(|line| line.starts_with(' ')).count();
            let line = hunk.line + i64::try_from(context).unwrap_or_default();
            lines.push(format!("  line {line:<6} +{added} -{removed}  {}", owner(hunk)));
        }
    }
    lines.extend(changes.notices.iter().map(|notice| blank(notice)));
    if lines.is_empty() {
        lines.push("no uncommitted edits".to_owned());
    }
    lines
}

fn owner(hunk: &ChangedHunk) -> String {
    let tasks: Vec<String> = hunk.tasks.iter().map(|task| format!("#{task}")).collect();
    match hunk.owner.as_str() {
        "task" => tasks.join(" "),
        "user" => "yours".to_owned(),
        other if tasks.is_empty() => other.to_owned(),
        other => format!("{other}, may be of {}", tasks.join(" ")),
    }
}
