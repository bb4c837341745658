//! The files of a project of these tests, and what agents and people do to their lines. Pure.

use chorus::contract::Changes;

/// Who owns what is uncommitted: `a.txt:3 task 1`, for each hunk with its first line that differs.
pub fn owners(changes: &Changes) -> Vec<String> {
    let mut all = Vec::new();
    for file in &changes.files {
        for hunk in &file.hunks {
            let tasks: Vec<String> = hunk.tasks.iter().map(|task| format!(" {task}")).collect();
            // The first of its lines are the same in both.
            let same = hunk.lines.iter().take_while(|line| line.starts_with(' ')).count();
            let line = hunk.line + i64::try_from(same).unwrap();
            all.push(format!("{}:{line} {}{}", file.path, hunk.owner, tasks.concat()));
        }
    }
    all
}

/// `PATH +line`, `PATH -line` of a difference.
pub fn lines_of(diff: &str) -> Vec<String> {
    let (mut lines, mut from, mut to) = (Vec::new(), String::new(), String::new());
    for line in diff.lines() {
        if let Some(path) = line.strip_prefix("--- ") {
            from = path.trim_start_matches("a/").to_owned();
        } else if let Some(path) = line.strip_prefix("+++ ") {
            to = path.trim_start_matches("b/").to_owned();
        } else if line.starts_with('+') || line.starts_with('-') {
            lines.push(format!("{} {line}", if to == "/dev/null" { &from } else { &to }));
        }
    }
    lines
}

/// Forty lines: `line 1`, `line 2`…
pub fn numbered(word: &str) -> String {
    (1..=40).map(|number| format!("{word} {number}\n")).collect()
}

/// Forty numbered lines with some of them changed.
pub fn numbered_but(changed: &[(usize, &str)]) -> String {
    let line = |number: usize| {
        let found = changed.iter().find(|(at, _)| *at == number);
        found.map_or(format!("line {number}\n"), |(_, text)| format!("{text}\n"))
    };
    (1..=40).map(line).collect()
}

/// The marker of an edit that changes a line of a numbered file.
pub fn edit(path: &str, line: usize, text: &str) -> String {
    let input = serde_json::json!({ "file_path": path, "old_string": format!("line {line}\n"),
        "new_string": format!("{text}\n"), "replace_all": false });
    format!("[[tool Edit {input}]]")
}

/// The marker of a whole file's writing.
pub fn write(path: &str, text: &str) -> String {
    format!("[[tool Write {}]]", serde_json::json!({ "file_path": path, "content": text }))
}
