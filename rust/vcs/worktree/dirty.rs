//! What is changed in a worktree and in no commit.

use super::Worktree;
use super::hidden;
use super::hook_edits;
use super::prepare::prepared;
use crate::error::Result;
use crate::paths::is_unfinished;
use crate::vcs::git::Git;
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

/// What is changed in a worktree and not committed.
#[derive(Clone, Debug, Default)]
pub struct DirtyPaths {
    /// Paths that a commit would take.
    pub paths: Vec<String>,
    /// Repositories that the agent made in it, and submodules with changes of their own: no commit takes those.
    pub nested: Vec<String>,
    /// The repositories among those that are no submodules.
    pub(super) repositories: Vec<PathBuf>,
    /// Edits that git does not see, because somebody told it to take the files for unchanged.
    pub hidden: Vec<String>,
    /// Paths with an unresolved conflict; they are among `paths` too.
    pub conflicted: Vec<String>,
    /// The same as `paths`, as git names them.
    pub(super) entries: Vec<Entry>,
    /// The same as `hidden`, as git names them.
    pub(super) hidden_entries: Vec<Entry>,
    /// What git is to leave out when it adds everything.
    pub(super) left_out: Vec<PathBuf>,
    /// What was prepared and somebody staged: it must leave the index before a commit.
    pub(super) staged: Vec<PathBuf>,
}

impl DirtyPaths {
    /// Whether no commit takes that path: it was prepared, is as a hook left it, or is in another repository.
    pub fn leaves_out(&self, path: &str) -> bool {
        self.left_out.iter().any(|root| Path::new(path).starts_with(root))
    }

    /// Everything that would go with the worktree.
    pub fn all(&self) -> impl Iterator<Item = &String> {
        self.paths.iter().chain(&self.nested).chain(&self.hidden)
    }
}

/// A path that a commit would take.
#[derive(Clone, Debug)]
pub(super) struct Entry {
    pub path: PathBuf,
    /// Whether nothing is there any more.
    pub is_gone: bool,
}

/// Reads what is changed, what was prepared left out.
pub async fn changes(worktree: &Worktree) -> Result<DirtyPaths> {
    let mut prepared = prepared(worktree).await?;
    prepared.extend(hook_edits::untouched(worktree).await?);
    let prepared: Vec<PathBuf> = prepared.iter().map(PathBuf::from).collect();
    changes_of(&worktree.git(), &prepared).await
}

/// Reads what is changed in any working tree, `prepared` left out.
pub(super) async fn changes_of(git: &Git, prepared: &[PathBuf]) -> Result<DirtyPaths> {
    let args = [
        "status",
        "--porcelain=v2",
        "-z",
        "--no-renames",
        "--untracked-files=all",
        // `submodule.NAME.ignore` hides what would be lost with the worktree.
        "--ignore-submodules=none",
    ];
    let status = git.bytes(&args).await?;
    let mut changes = DirtyPaths::default();
    for line in status.split(|byte| *byte == 0).filter_map(line) {
        changes.take(&line, prepared);
    }
    let is_ours = |entry: &Entry| !prepared.iter().any(|prepared| entry.path.starts_with(prepared));
    changes.hidden_entries = hidden::edits(git).await?.into_iter().filter(is_ours).collect();
    changes.hidden = changes.hidden_entries.iter().map(|entry| entry.path.to_string_lossy().into_owned()).collect();
    Ok(changes)
}

/// The tracked paths that `git status --porcelain=v2 -z` shows to differ in the working tree.
pub(super) fn lines(status: &[u8]) -> Vec<Entry> {
    let shown = status.split(|byte| *byte == 0).filter_map(line).filter(|line| line.kind != b'?');
    let differs = shown.filter(|line| line.states[1] != b'.');
    differs.map(|line| Entry { path: line.path.to_owned(), is_gone: line.states[1] == b'D' }).collect()
}

/// One entry of `git status --porcelain=v2`.
struct Line<'a> {
    kind: u8,
    /// The state in the index and in the working tree.
    states: [u8; 2],
    /// What changed in a submodule: its commit, its files, files that it does not know.
    submodule: Option<[bool; 3]>,
    path: &'a Path,
}

fn line(entry: &[u8]) -> Option<Line<'_>> {
    let kind = *entry.first()?;
    // `1 XY sub mH mI mW hH hI path`, `u XY sub m1 m2 m3 mW h1 h2 h3 path`, `? path`
    let fields = match kind {
        b'1' => 8,
        b'u' => 10,
        b'?' => 1,
        _ => return None,
    };
    let parts: Vec<&[u8]> = entry.splitn(fields + 1, |byte| *byte == b' ').collect();
    let path = Path::new(OsStr::from_bytes(parts.get(fields)?));
    if kind == b'?' {
        return Some(Line { kind, states: [b'?'; 2], submodule: None, path });
    }
    let states: [u8; 2] = (*parts.get(1)?).try_into().ok()?;
    let submodule = match *parts.get(2)? {
        [b'S', commit, files, unknown] => Some([*commit == b'C', *files == b'M', *unknown == b'U']),
        _ => None,
    };
    Some(Line { kind, states, submodule, path })
}

impl DirtyPaths {
    fn take(&mut self, line: &Line<'_>, prepared: &[PathBuf]) {
        let shown = line.path.to_string_lossy().into_owned();
        let [index, tree] = line.states;
        if let Some(root) = prepared.iter().find(|prepared| line.path.starts_with(prepared))
            && !(index == b'D' && tree == b'.')
        {
            if !matches!(index, b'.' | b'?' | b'D') {
                self.staged.push(line.path.to_owned());
            }
            if !self.left_out.contains(root) {
                self.left_out.push(root.clone());
            }
            return;
        }
        // Of Chorus's own, if it was killed in the middle of writing.
        if line.kind == b'?' && line.path.file_name().is_some_and(is_unfinished) {
            self.left_out.push(line.path.to_owned());
            return;
        }
        // A repository inside is shown as a folder, whose files git does not look at.
        if line.path.as_os_str().as_bytes().ends_with(b"/") {
            self.left_out.push(line.path.components().collect());
            self.repositories.push(line.path.components().collect());
            self.nested.push(shown);
            return;
        }
        if let Some([commit, files, unknown]) = line.submodule {
            if files || unknown {
                self.nested.push(shown.clone());
            }
            if !commit && index == b'.' {
                return;
            }
        }
        if line.kind == b'u' {
            self.conflicted.push(shown.clone());
        }
        let is_gone = tree == b'D' || (index == b'D' && tree == b'.');
        self.entries.push(Entry { path: line.path.to_owned(), is_gone });
        self.paths.push(shown);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn taken(lines: &[&str], prepared: &[&str]) -> DirtyPaths {
        let prepared: Vec<PathBuf> = prepared.iter().map(PathBuf::from).collect();
        let mut changes = DirtyPaths::default();
        for text in lines {
            changes.take(&line(text.as_bytes()).unwrap(), &prepared);
        }
        changes
    }

    #[test]
    fn a_submodule_counts_by_what_changed_in_it() {
        let entry = |states: &str, flags: &str| format!("1 {states} {flags} 160000 160000 160000 0 0 lib");
        let paths = |states: &str, flags: &str| {
            let found = taken(&[&entry(states, flags)], &[]);
            (found.paths.len(), found.nested.len())
        };
        assert_eq!(paths(".M", "SC.."), (1, 0));
        assert_eq!(paths(".M", "S.MU"), (0, 1));
        assert_eq!(paths(".M", "SC.U"), (1, 1));
        assert_eq!(paths("M.", "S.M."), (1, 1));
    }

    #[test]
    fn what_a_killed_daemon_left_is_no_edit() {
        let left = format!("? sub/.chorus-{}", uuid::Uuid::nil());
        let found = taken(&[&left, "? .chorus-notes"], &[]);
        assert_eq!(found.paths, [".chorus-notes"]);
        assert_eq!(found.left_out, [PathBuf::from(&left[2..])]);
    }

    #[test]
    fn what_was_prepared_is_left_out_unless_it_leaves_the_branch() {
        let file = |states: &str, path: &str| format!("1 {states} N... 100644 100644 100644 0 0 {path}");
        let found = taken(
            &["? conf/a b", "? conf.txt", &file("A.", "link"), &file("D.", "old"), "? inner/"],
            &["conf", "link", "old"],
        );
        assert_eq!(found.paths, ["conf.txt", "old"]);
        assert_eq!(found.left_out, [Path::new("conf"), Path::new("link"), Path::new("inner")]);
        assert_eq!((found.staged, found.nested), (vec![PathBuf::from("link")], vec!["inner/".to_owned()]));
        assert_eq!(found.repositories, [Path::new("inner")]);
    }
}
