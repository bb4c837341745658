//! Git's own index, which the program keeps as the workspace is, most of the time.

use super::answer::Refusal;
use super::change::{Change, Content, Side};
use super::project::Project;
use super::selection::Selection;
use crate::Grammar;
use std::collections::BTreeMap;

/// What an index holds for paths: mode and blob; nothing for a path that it has not.
type Entries = BTreeMap<String, (String, String)>;

const NONE: &str = "000000";

impl Project {
    /// Files with conflict markers that nobody has called resolved: those that the index calls unmerged.
    pub fn conflicted(&self) -> Result<Vec<String>, Refusal> {
        let output = self.git.feed(&["ls-files", "--unmerged", "-z"], b"")?;
        let mut paths: Vec<String> = records(&output).into_iter().map(|(path, _)| path).collect();
        paths.dedup();
        Ok(paths)
    }

    /// The new program does not touch the index when a commit has a binary file in it: what it held for these paths
    /// stays.
    pub fn leave_index_behind(&mut self, changes: &[Change], selection: &Selection) {
        let chosen: Vec<&Change> = selection.keys().map(|at| &changes[*at]).collect();
        let binary = chosen.iter().any(|change| matches!(change.content, Content::Binary));
        if self.grammar == Grammar::Old || !binary {
            return;
        }
        for change in chosen.into_iter().filter(|change| change.previous.is_none()) {
            let entry = (change.old.mode.clone(), change.old.blob.clone());
            self.state.stale.insert(change.path.clone(), entry);
        }
    }

    /// Lets the index follow the workspace, but for what was left behind and nobody has reset since.
    pub fn follow(&mut self) -> Result<(), Refusal> {
        self.state.stale = self.left_behind()?;
        // What it cannot follow (conflicts) stays as it is.
        let _ = self.git.try_run(&["read-tree", "-i", "-m", &self.state.workspace])?;
        if self.state.stale.is_empty() {
            return Ok(());
        }
        let line = |(path, (mode, blob)): (&String, &(String, String))| {
            let mode = if mode == NONE { "0" } else { mode };
            format!("{mode} {blob}\t{path}\0")
        };
        let lines: String = self.state.stale.iter().map(line).collect();
        self.git.feed(&["update-index", "-z", "--index-info"], lines.as_bytes()).map(|_| ())
    }

    /// What the index still holds as it was left.
    fn left_behind(&self) -> Result<Entries, Refusal> {
        if self.state.stale.is_empty() {
            return Ok(Entries::new());
        }
        let mut words = vec!["ls-files", "--stage", "-z", "--"];
        words.extend(self.state.stale.keys().map(String::as_str));
        let present: Entries = records(&self.git.feed(&words, b"")?).into_iter().collect();
        let same = |path: &String, left: &(String, String)| match present.get(path) {
            Some(entry) => entry == left,
            None => left.0 == NONE,
        };
        Ok(self
            .state
            .stale
            .iter()
            .filter(|(path, left)| same(path, left))
            .map(|(p, e)| (p.clone(), e.clone()))
            .collect())
    }

    /// Deleted files that were committed, but that an index left behind still has: the program calls them removed,
    /// and cannot commit them again.
    pub fn phantoms(&self) -> Result<Vec<Change>, Refusal> {
        let mut phantoms = Vec::new();
        for (path, (mode, blob)) in self.left_behind()?.into_iter().filter(|(_, (mode, _))| mode != NONE) {
            let committed = self.git.read(&format!("{}:{path}", self.state.workspace))?.is_none();
            if committed && !self.git.root.join(&path).exists() {
                let new = Side { mode: NONE.into(), blob: "0".repeat(blob.len()) };
                let content = Content::Hunks(Vec::new());
                phantoms.push(Change { path, previous: None, old: Side { mode, blob }, new, content });
            }
        }
        Ok(phantoms)
    }
}

/// `MODE BLOB STAGE\tPATH\0`…
fn records(output: &[u8]) -> Vec<(String, (String, String))> {
    output
        .split(|byte| *byte == 0)
        .filter_map(|record| {
            let text = String::from_utf8_lossy(record);
            let (head, path) = text.split_once('\t')?;
            let mut words = head.split(' ');
            Some((path.to_owned(), (words.next()?.to_owned(), words.next()?.to_owned())))
        })
        .collect()
}
