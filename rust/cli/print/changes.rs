//! Uncommitted edits and their owners.

use crate::contract::{ChangedHunk, Changes};
use crate::text::blank;

/// Each file and its hunks, then the notices.
pub fn changes(changes: &Changes) -> Vec<String> {
    let mut lines = Vec::new();
    let mut tree = None;
    for file in &changes.files {
        if file.tree != tree {
            tree.clone_from(&file.tree);
            lines.push(format!("in {}", blank(tree.as_deref().unwrap_or(&changes.root))));
        }
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
