//! Which changes of the tree are a task's own: paths and hunks to commit, and what is left and why.

use super::change::{ChangeKind, DiffHunk, FileChange, HunkContent};
use crate::attribution::Owner;
use std::collections::{BTreeMap, BTreeSet};

/// A part of the tree that is committed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlannedPiece {
    /// The path.
    pub path: String,
    /// All of it or some.
    pub what: What,
}

impl PlannedPiece {
    /// Bytes that name it on a command line.
    pub fn size(&self) -> usize {
        match &self.what {
            What::Whole => self.path.len() + 1,
            What::Hunks(ids) => ids.iter().map(|id| id.len() + 1).sum(),
        }
    }
}

/// How much of a path is committed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum What {
    /// Every change of it.
    Whole,
    /// These hunks, by the ids of [`DiffHunk::id`].
    Hunks(Vec<String>),
}

/// A change that is not committed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Left {
    /// The path.
    pub path: String,
    /// First line and number of lines of the hunk in the file as it is; nothing for the whole path.
    pub hunk: Option<(u32, u32)>,
    /// Why.
    pub why: Why,
}

/// Why a change is not committed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Why {
    /// Another task's, by its uuid.
    Others(String),
    /// The user's.
    User,
    /// Nobody's; the tasks that may have been it.
    Unclaimed(Vec<String>),
    /// Edits of several in one hunk, or in a file that only goes as a whole.
    Mixed(Vec<Owner>),
    /// The file holds an unresolved conflict.
    Conflicted,
    /// The path is not UTF-8.
    NotUtf8,
    /// The old grammar keeps it staged for these branches.
    Staged(Vec<String>),
    /// It builds on commits of these branches (empty where `but` named none).
    DependsOn(Vec<String>),
    /// `but` would commit another's change of the file's mode with it.
    Mode,
}

/// What is committed for a task and what is not.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CommitPlan {
    /// To be committed, by path.
    pub take: Vec<PlannedPiece>,
    /// Paths of those whose mode is to stay as it is committed: another changed it.
    pub modes: BTreeSet<String>,
    /// Everything else that is uncommitted.
    pub left: Vec<Left>,
}

impl CommitPlan {
    /// Leaves pieces whose mode cannot be kept apart.
    pub fn leave_modes(&mut self, paths: &BTreeSet<String>) {
        let (left, take) = std::mem::take(&mut self.take).into_iter().partition(|piece| paths.contains(&piece.path));
        self.take = take;
        let left: Vec<PlannedPiece> = left;
        self.left.extend(left.into_iter().map(|piece| Left { path: piece.path, hunk: None, why: Why::Mode }));
    }

    /// Takes out those pieces that keep the mode of their files, where there are others: one commit cannot do both. How
    /// many wait for the next.
    pub fn part_modes(&mut self) -> usize {
        let keeps = |piece: &PlannedPiece| self.modes.contains(&piece.path);
        if self.take.iter().all(keeps) {
            return 0;
        }
        let before = self.take.len();
        self.take.retain(|piece| !self.modes.contains(&piece.path));
        before - self.take.len()
    }
}

/// The tree's uncommitted changes, as just read.
#[derive(Clone, Copy, Debug)]
pub struct ShownTree<'a> {
    /// Changed paths.
    pub changes: &'a [FileChange],
    /// Paths with an unresolved conflict.
    pub conflicted: &'a [String],
    /// Their hunks.
    pub hunks: &'a [DiffHunk],
}

/// Plans a commit of the edits of `task` to `branch`. `owners` says whose a hunk's edits are; none is nobody's.
pub fn plan(
    task: &str,
    branch: &str,
    tree: ShownTree,
    owners: &mut dyn FnMut(&str, &DiffHunk) -> BTreeSet<Owner>,
) -> CommitPlan {
    let mut by_path: BTreeMap<&str, Vec<&FileChange>> = BTreeMap::new();
    for change in tree.changes {
        by_path.entry(&change.path).or_default().push(change);
    }
    let mut plan = CommitPlan::default();
    for path in tree.conflicted {
        by_path.remove(path.as_str());
        plan.left.push(Left { path: path.clone(), hunk: None, why: Why::Conflicted });
    }
    let mut hunks: BTreeMap<&str, Vec<&DiffHunk>> = BTreeMap::new();
    for hunk in tree.hunks {
        hunks.entry(&hunk.path).or_default().push(hunk);
    }
    for (path, changes) in by_path {
        let barred = barred(path, &changes, branch);
        if let Some(why) = barred {
            plan.left.push(Left { path: path.to_owned(), hunk: None, why });
            continue;
        }
        let whole = DiffHunk::whole(path);
        let hunks = hunks.remove(path).unwrap_or_else(|| vec![&whole]);
        let at_once = changes.iter().any(|change| change.kind != ChangeKind::Modified)
            || hunks.iter().any(|hunk| hunk.content != HunkContent::Lines);
        one_path(&mut plan, task, path, &units(&hunks, at_once), at_once, owners);
    }
    plan
}

fn barred(path: &str, changes: &[&FileChange], branch: &str) -> Option<Why> {
    // `but` replaces what is not UTF-8.
    if path.contains(char::REPLACEMENT_CHARACTER) {
        return Some(Why::NotUtf8);
    }
    let elsewhere =
        |change: &&&FileChange| !change.staged_for.is_empty() && !change.staged_for.iter().any(|it| it == branch);
    changes.iter().find(elsewhere).map(|change| Why::Staged(change.staged_for.clone()))
}

/// Hunks that go together: those with the same id, or all of a path that only goes at once.
fn units<'a>(hunks: &[&'a DiffHunk], at_once: bool) -> Vec<Vec<&'a DiffHunk>> {
    let mut units: Vec<Vec<&DiffHunk>> = Vec::new();
    for hunk in hunks {
        match units.iter_mut().find(|unit| at_once || unit.iter().any(|it| it.id == hunk.id)) {
            Some(unit) => unit.push(hunk),
            None => units.push(vec![hunk]),
        }
    }
    units
}

fn one_path(
    plan: &mut CommitPlan,
    task: &str,
    path: &str,
    units: &[Vec<&DiffHunk>],
    at_once: bool,
    owners: &mut dyn FnMut(&str, &DiffHunk) -> BTreeSet<Owner>,
) {
    let mut mine = Vec::new();
    let before = plan.left.len();
    for unit in units {
        let whose: BTreeSet<Owner> = unit.iter().flat_map(|hunk| owners(path, hunk)).collect();
        match why_not(task, whose) {
            None => mine.extend(unit.first().map(|hunk| hunk.id.clone())),
            Some(why) => {
                let hunk = unit.first().filter(|_| !at_once).map(|hunk| (hunk.new_start, hunk.new_lines));
                plan.left.push(Left { path: path.to_owned(), hunk, why });
            }
        }
    }
    let what = if plan.left.len() == before { What::Whole } else { What::Hunks(mine) };
    if what != What::Hunks(Vec::new()) {
        plan.take.push(PlannedPiece { path: path.to_owned(), what });
    }
}

/// Nothing when all of it is the task's.
fn why_not(task: &str, mut owners: BTreeSet<Owner>) -> Option<Why> {
    match (owners.pop_first(), owners.is_empty()) {
        (None, _) => Some(Why::Unclaimed(Vec::new())),
        (Some(Owner::Task(one)), true) => (one != task).then_some(Why::Others(one)),
        (Some(Owner::User), true) => Some(Why::User),
        (Some(Owner::Unclaimed(candidates)), true) => Some(Why::Unclaimed(candidates)),
        (Some(first), false) => Some(Why::Mixed(std::iter::once(first).chain(owners).collect())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn change(path: &str, kind: ChangeKind) -> FileChange {
        FileChange { path: path.into(), kind, cli_id: "id".into(), staged_for: Vec::new() }
    }

    fn hunk(path: &str, id: &str, line: u32) -> DiffHunk {
        let body = "@@ @@\n-x\n+y\n".to_owned();
        let content = HunkContent::Lines;
        DiffHunk {
            id: id.into(),
            path: path.into(),
            content,
            old_start: line,
            old_lines: 1,
            new_start: line,
            new_lines: 1,
            body,
        }
    }

    fn task(name: &str) -> Owner {
        Owner::Task(name.into())
    }

    /// Plans for task `a`; owners by hunk id.
    fn planned(changes: &[FileChange], hunks: &[DiffHunk], owned: &[(&str, &[Owner])]) -> CommitPlan {
        let mut owners = |_: &str, hunk: &DiffHunk| {
            let found = owned.iter().find(|(id, _)| *id == hunk.id);
            found.map(|(_, owners)| owners.iter().cloned().collect()).unwrap_or_default()
        };
        plan("a", "chorus/a", ShownTree { changes, conflicted: &["w".into()], hunks }, &mut owners)
    }

    fn whole(path: &str) -> PlannedPiece {
        PlannedPiece { path: path.into(), what: What::Whole }
    }

    #[test]
    fn a_path_whose_hunks_are_all_the_tasks_goes_whole() {
        let hunks = [hunk("f", "1", 3), hunk("f", "2", 30)];
        let mine = [task("a")];
        let plan = planned(&[change("f", ChangeKind::Modified)], &hunks, &[("1", &mine), ("2", &mine)]);
        assert_eq!(plan.take, [whole("f")]);
    }

    #[test]
    fn distant_hunks_of_others_stay() {
        let hunks = [hunk("f", "1", 3), hunk("f", "2", 30), hunk("f", "3", 60), hunk("f", "4", 90)];
        let nobody = [Owner::Unclaimed(vec!["a".into(), "b".into()])];
        let owned: [(&str, &[Owner]); 3] = [("1", &[task("a")]), ("2", &[task("b")]), ("3", &nobody)];
        let plan = planned(&[change("f", ChangeKind::Modified)], &hunks, &owned);
        assert_eq!(plan.take, [PlannedPiece { path: "f".into(), what: What::Hunks(vec!["1".into()]) }]);
        let left: Vec<_> = plan.left[1..].iter().map(|left| (left.hunk.unwrap().0, left.why.clone())).collect();
        let candidates = Why::Unclaimed(vec!["a".into(), "b".into()]);
        assert_eq!(left, [(30, Why::Others("b".into())), (60, candidates), (90, Why::Unclaimed(vec![]))]);
    }

    #[test]
    fn one_hunk_of_two_is_nobodys_to_commit() {
        let plan =
            planned(&[change("f", ChangeKind::Modified)], &[hunk("f", "1", 3)], &[("1", &[task("a"), Owner::User])]);
        assert!(plan.take.is_empty());
        assert_eq!(plan.left[1].why, Why::Mixed(vec![task("a"), Owner::User]));
    }

    #[test]
    fn a_new_or_renamed_or_binary_file_goes_at_once_or_not_at_all() {
        let changes = [
            change("new", ChangeKind::Added),
            change("moved", ChangeKind::Renamed),
            change("bin", ChangeKind::Modified),
        ];
        let hunks = [hunk("new", "1", 1), hunk("moved", "2", 1), hunk("moved", "3", 50), DiffHunk::whole("bin")];
        let mine: &[Owner] = &[task("a")];
        let plan = planned(&changes, &hunks, &[("1", mine), ("2", mine), ("3", &[Owner::User]), ("", mine)]);
        assert_eq!(plan.take, [whole("bin"), whole("new")]);
        let left = &plan.left[1];
        assert_eq!((left.path.as_str(), left.hunk), ("moved", None));
        assert_eq!(left.why, Why::Mixed(vec![task("a"), Owner::User]));
    }

    #[test]
    fn a_change_without_a_hunk_is_asked_for_as_a_whole() {
        let plan = planned(&[change("empty", ChangeKind::Added)], &[], &[("", &[task("a")])]);
        assert_eq!(plan.take, [whole("empty")]);
    }

    #[test]
    fn what_cannot_be_committed_says_why() {
        let mut staged = change("staged", ChangeKind::Modified);
        staged.staged_for = vec!["other".into()];
        let mut own = change("own", ChangeKind::Modified);
        own.staged_for = vec!["chorus/a".into()];
        let changes = [change("\u{fffd}", ChangeKind::Added), change("w", ChangeKind::Modified), staged, own];
        let plan = planned(&changes, &[], &[("", &[task("a")])]);
        assert_eq!(plan.take, [whole("own")]);
        let whys: Vec<_> = plan.left.iter().map(|left| (left.path.as_str(), left.why.clone())).collect();
        let staged = Why::Staged(vec!["other".into()]);
        assert_eq!(whys, [("w", Why::Conflicted), ("staged", staged), ("\u{fffd}", Why::NotUtf8)]);
    }
}
