//! Times the pure plan of a commit: 200 files with 600 hunks of 20 tasks. Prints the milliseconds of each run, a line each.
//!
//! A program of its own, so that `cargo xtask` is not built together with all of Chorus.

use chorus::attribution::{FileKind, Hunk as Edit, Ledger, Owner, Version};
use chorus::commits::change::{ChangeKind, DiffHunk, FileChange, HunkContent};
use chorus::commits::plan::{ShownTree, plan};
use std::collections::{BTreeSet, HashMap};
use std::io::Write;
use std::time::Instant;

const FILES: usize = 200;
const TASKS: usize = 20;
const LINES: [usize; 3] = [10, 50, 90];
const RUNS: usize = 200;

fn main() -> std::io::Result<()> {
    let paths: Vec<String> = (0..FILES).map(|n| format!("d{}/f{n}.txt", n / 100)).collect();
    let ledgers: HashMap<&str, Ledger> =
        paths.iter().enumerate().map(|(n, path)| (path.as_str(), ledger(n, path))).collect();
    let changes: Vec<FileChange> = paths.iter().map(|path| modified(path)).collect();
    let hunks: Vec<DiffHunk> = paths.iter().flat_map(|path| LINES.map(|line| hunk(path, line))).collect();
    let mut out = std::io::stdout().lock();
    for run in 0..RUNS {
        let task = format!("task {}", run % TASKS);
        let tree = ShownTree { changes: &changes, conflicted: &[], hunks: &hunks };
        let began = Instant::now();
        let plan = plan(&task, "chorus/1-a-task", tree, &mut |path, hunk| owners(&ledgers, path, hunk));
        let took = began.elapsed();
        assert_eq!(plan.take.len(), FILES * LINES.len() / TASKS, "each task has every twentieth hunk");
        assert_eq!(plan.left.len(), FILES * LINES.len() * (TASKS - 1) / TASKS, "and no other");
        writeln!(out, "{}", took.as_secs_f64() * 1000.0)?;
    }
    Ok(())
}

/// As the daemon asks the ledgers.
fn owners(ledgers: &HashMap<&str, Ledger>, path: &str, hunk: &DiffHunk) -> BTreeSet<Owner> {
    let wide = |count: u32| usize::try_from(count).unwrap_or_default();
    let edit = Edit::of(
        (wide(hunk.old_start), wide(hunk.old_lines)),
        (wide(hunk.new_start), wide(hunk.new_lines)),
        &hunk.body,
    );
    ledgers.get(path).map(|ledger| ledger.owners_of(&edit)).unwrap_or_default()
}

fn line(path: &str, n: usize) -> String {
    format!("line {n:03} of {path}\n")
}

/// A hundred lines with the first so many of the edits.
fn version(path: &str, edits: usize) -> Version {
    let is_edited = |n: usize| LINES.iter().take(edits).any(|edited| *edited == n);
    let text: String = (1..=100).map(|n| if is_edited(n) { "edited\n".to_owned() } else { line(path, n) }).collect();
    Version::of(FileKind::File, text.into_bytes())
}

/// Each hunk is another task's.
fn ledger(number: usize, path: &str) -> Ledger {
    let owner = |hunk: usize| Owner::Task(format!("task {}", (number * LINES.len() + hunk) % TASKS));
    let base = version(path, 0);
    let mut ledger = Ledger::first(&base, &base, &owner(0));
    (0..LINES.len()).for_each(|hunk| ledger.see(&version(path, hunk + 1), &owner(hunk)));
    ledger
}

fn modified(path: &str) -> FileChange {
    FileChange { path: path.to_owned(), kind: ChangeKind::Modified, cli_id: "id".to_owned(), staged_for: Vec::new() }
}

/// As `but` tells it, with three lines of context.
fn hunk(path: &str, at: usize) -> DiffHunk {
    let context = |lines: std::ops::Range<usize>| lines.map(|n| format!(" {}", line(path, n))).collect::<String>();
    let start = u32::try_from(at - 3).unwrap_or_default();
    let body = format!(
        "@@ -{start},7 +{start},7 @@\n{}-{}+edited\n{}",
        context(at - 3..at),
        line(path, at),
        context(at + 1..at + 4)
    );
    DiffHunk {
        id: format!("{path}:{at}"),
        path: path.to_owned(),
        content: HunkContent::Lines,
        old_start: start,
        old_lines: 7,
        new_start: start,
        new_lines: 7,
        body,
    }
}
