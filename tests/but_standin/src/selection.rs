//! Which uncommitted changes a command names: paths, folders, ids of files and of hunks.

use super::answer::Refusal;
use super::change::{Change, Content, Hunk};
use super::diff::{self, Piece};
use super::git::Git;
use super::project::Project;
use super::status;
use super::workspace::scratch_index;
use crate::Grammar;
use std::collections::BTreeMap;

/// What was chosen of each change: everything, or some hunks in their order.
pub type Selection = BTreeMap<usize, Option<Vec<usize>>>;

/// What `words` name among the changes. Nothing named is everything.
pub fn select(project: &Project, changes: &[Change], words: &[String]) -> Result<Selection, Refusal> {
    if words.is_empty() {
        return Ok((0..changes.len()).map(|change| (change, None)).collect());
    }
    let ids = status::file_ids(project, changes);
    let pieces = diff::pieces(project, changes);
    let mut selection = Selection::new();
    for word in words {
        let found = find(changes, &ids, &pieces, word);
        if found.is_empty() {
            let hint = match project.state.find(word) {
                Some(_) => format!(
                    "'{word}' is a branch. To commit onto it, run `but commit -b {word} -m \"message\" [<change>...]`"
                ),
                None => "Run `but status` for applicable targets.".to_owned(),
            };
            return Err(Refusal::hint(format!("Could not find uncommitted change: '{word}'"), hint));
        }
        found.into_iter().for_each(|(change, hunk)| take(&mut selection, change, hunk, changes));
    }
    Ok(selection)
}

/// The old grammar's `-p`: everything that is wrong is told at once; a path works only while nobody staged the file.
pub fn select_old(project: &Project, changes: &[Change], words: &[String], stack: &str) -> Result<Selection, Refusal> {
    let ids = status::file_ids(project, changes);
    let pieces = diff::pieces(project, changes);
    let (mut selection, mut wrong) = (Selection::new(), Vec::new());
    for word in words.iter().flat_map(|word| word.split(',')).filter(|word| !word.is_empty()) {
        let found = find(changes, &ids, &pieces, word);
        let by_path = |change: usize| changes[change].path == *word || word.ends_with('/');
        let owner = |change: usize| project.state.staged.get(&changes[change].path);
        if word.ends_with('/') && !found.is_empty() {
            wrong.push(format!("'{word}' is a path prefix but must be an uncommitted file or hunk"));
        } else if found.is_empty() || found.iter().any(|(change, _)| by_path(*change) && owner(*change).is_some()) {
            wrong.push(format!("'{word}' not found. Run 'but status' to see available file IDs."));
        } else if found.iter().any(|(change, _)| owner(*change).is_some_and(|owner| owner != stack)) {
            let advice = format!("Use 'but rub {word} zz' to unassign it first.");
            wrong.push(format!("'{word}' is assigned to a different stack. {advice}"));
        } else {
            found.into_iter().for_each(|(change, hunk)| take(&mut selection, change, hunk, changes));
        }
    }
    let mut sorted: Vec<&String> = words.iter().collect();
    sorted.sort();
    if wrong.is_empty() && sorted.windows(2).any(|pair| pair[0] == pair[1]) {
        let why = "Alternative hunks algorithms still didn't produce properly ordered hunks or saw duplicate inputs";
        return Err(Refusal::text(why));
    }
    if wrong.is_empty() {
        Ok(selection)
    } else {
        Err(Refusal::text(format!("Invalid file ID(s):\n  {}", wrong.join("\n  "))))
    }
}

fn find(
    changes: &[Change],
    ids: &BTreeMap<String, String>,
    pieces: &[Piece],
    word: &str,
) -> Vec<(usize, Option<usize>)> {
    let word = word.strip_prefix("zz:").filter(|rest| !rest.contains(':')).unwrap_or(word);
    let matching = |test: &dyn Fn(&Change) -> bool| -> Vec<(usize, Option<usize>)> {
        (0..changes.len()).filter(|at| test(&changes[*at])).map(|at| (at, None)).collect()
    };
    if !word.contains(':') {
        let exact = matching(&|change| change.path == word || (word.ends_with('/') && change.path.starts_with(word)));
        if !exact.is_empty() {
            return exact;
        }
        let by_id = matching(&|change| ids[&change.path] == word);
        if !by_id.is_empty() {
            return by_id;
        }
    }
    pieces.iter().filter(|piece| piece.id == word).map(|piece| (piece.change, piece.hunk)).collect()
}

fn take(selection: &mut Selection, change: usize, hunk: Option<usize>, changes: &[Change]) {
    let chosen = selection.entry(change).or_insert(Some(Vec::new()));
    match (hunk, &mut *chosen) {
        (None, _) => *chosen = None,
        (Some(hunk), Some(hunks)) if !hunks.contains(&hunk) => hunks.push(hunk),
        _ => {}
    }
    if let Some(hunks) = chosen {
        hunks.sort_unstable();
        if hunks.len() == changes[change].pieces() {
            *chosen = None;
        }
    }
}

/// The workspace's tree with what was chosen done to it.
pub fn tree_with(git: &Git, workspace: &str, changes: &[Change], selection: &Selection) -> Result<String, Refusal> {
    if selection.is_empty() {
        return git.run(&["rev-parse", &format!("{workspace}^{{tree}}")]);
    }
    let mut input = Vec::new();
    let none = "0".repeat(40);
    for (at, hunks) in selection {
        let change = &changes[*at];
        if let Some(previous) = &change.previous {
            input.extend(format!("0 {none}\t{previous}\0").into_bytes());
        }
        let line = match hunks {
            None if change.new.mode == "000000" => format!("0 {none}\t{}\0", change.path),
            None => format!("{} {}\t{}\0", change.new.mode, change.new.blob, change.path),
            Some(hunks) => {
                let blob = git.write_blob(&partial(git, change, hunks)?)?;
                let mode = if change.new.mode == "000000" { &change.old.mode } else { &change.new.mode };
                format!("{mode} {blob}\t{}\0", change.path)
            }
        };
        input.extend(line.into_bytes());
    }
    let index = scratch_index(&git.folder);
    git.on_index(&index, &["read-tree", workspace], b"")?;
    git.on_index(&index, &["update-index", "-z", "--index-info"], &input)?;
    let tree = git.on_index(&index, &["write-tree"], b"");
    let _ = std::fs::remove_file(&index);
    Ok(String::from_utf8_lossy(&tree?).trim().to_owned())
}

fn partial(git: &Git, change: &Change, hunks: &[usize]) -> Result<Vec<u8>, Refusal> {
    let old = git.read(&change.old.blob)?.unwrap_or_default();
    let Content::Hunks(all) = &change.content else { return Ok(old) };
    let chosen: Vec<&Hunk> = hunks.iter().filter_map(|hunk| all.get(*hunk)).collect();
    Ok(Hunk::apply(&old, &chosen))
}

/// Drops what other stacks have staged (old grammar).
pub fn unstaged_by_others(project: &Project, changes: &[Change], stack: &str, only: bool) -> Selection {
    debug_assert_eq!(project.grammar, Grammar::Old);
    let eligible = |change: &Change| match project.state.staged.get(&change.path) {
        Some(owner) => owner == stack,
        None => !only,
    };
    (0..changes.len()).filter(|at| eligible(&changes[*at])).map(|at| (at, None)).collect()
}
