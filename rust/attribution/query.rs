//! Asking a ledger whose a hunk is, and settling that by hand.

use super::difference::{Block, slid, slides};
use super::{FileKind, Hunk, Ledger, Marks, Owner};
use std::collections::{BTreeSet, VecDeque};
use std::ops::Range;

/// Changed lines of a hunk that touch each other.
struct Group<'h> {
    removed: Vec<&'h [u8]>,
    added: Range<usize>,
}

impl Ledger {
    /// Whose the hunk is: a difference from the committed content to the content last seen. More than one owner means
    /// that it cannot be given to either as it is. Never empty for a hunk that changes something.
    pub fn owners_of(&self, hunk: &Hunk) -> BTreeSet<Owner> {
        if self.version.text().is_none() {
            return self.marks.whole.iter().cloned().collect();
        }
        let groups = self.groups(hunk);
        groups.iter().flat_map(|group| self.owners_in(&group.removed, &group.added)).collect()
    }

    /// A person says whose the hunk is.
    pub fn assign(&mut self, hunk: &Hunk, owner: &Owner) {
        for group in self.groups(hunk) {
            self.marks.lines[group.added.clone()].fill(Some(owner.clone()));
            if !group.removed.is_empty() {
                let gaps = &mut self.marks.gaps[group.added.start..=group.added.end];
                gaps.iter_mut()
                    .filter(|gap| gap.is_some() || group.added.is_empty())
                    .for_each(|gap| *gap = Some(owner.clone()));
            }
        }
        let all = self.marks.lines.iter().all(|line| line.as_ref() == Some(owner));
        if self.marks.whole.is_some() && (all || self.version.kind == FileKind::Absent) {
            self.marks.whole = Some(owner.clone());
        }
    }

    /// A person says whose everything uncommitted in the file is.
    pub fn assign_all(&mut self, owner: &Owner) {
        let Marks { whole, lines, gaps } = &mut self.marks;
        let marks = std::iter::once(whole).chain(lines).chain(gaps);
        marks.filter(|mark| mark.is_some()).for_each(|mark| *mark = Some(owner.clone()));
    }

    /// A person says that everything is `task`'s that nobody is named for and that may be of it; with `shared` also what
    /// may be of others. Returns how many edits that was.
    pub fn assign_candidate(&mut self, task: &str, shared: bool) -> i64 {
        let may_be = |owner: &Owner| match owner {
            Owner::Unclaimed(candidates) if shared => candidates.iter().any(|candidate| candidate == task),
            Owner::Unclaimed(candidates) => *candidates == [task],
            Owner::Task(_) | Owner::User => false,
        };
        let Marks { whole, lines, gaps } = &mut self.marks;
        let lines = lines.chunk_by_mut(|one, next| one == next);
        let mut count = 0;
        for run in lines.chain(gaps.chunks_mut(1)).filter(|run| run[0].as_ref().is_some_and(may_be)) {
            count += 1;
            run.fill(Some(Owner::Task(task.to_owned())));
        }
        if whole.as_ref().is_some_and(may_be) {
            count = count.max(1);
            *whole = Some(Owner::Task(task.to_owned()));
        }
        count
    }

    /// Who wrote the line, counted from 1; nobody for a line as it is committed.
    pub fn owner_of_line(&self, line: usize) -> Option<&Owner> {
        let whole = self.marks.whole.as_ref().filter(|_| self.version.text().is_none());
        whole.or_else(|| self.marks.lines.get(line.checked_sub(1)?)?.as_ref())
    }

    /// Who created or deleted the file, changed its mode, or wrote what has no lines.
    pub fn whole(&self) -> Option<&Owner> {
        self.marks.whole.as_ref()
    }

    /// Everyone with an edit in it.
    pub fn owners(&self) -> BTreeSet<Owner> {
        self.marks.owners().cloned().collect()
    }

    /// The tasks, by uuid, that are named in it; not those that are only candidates.
    pub fn tasks(&self) -> BTreeSet<String> {
        self.marks.tasks()
    }

    /// Whose which lines are: first and last, counted from 1, of every run that has an owner. Where lines were deleted,
    /// first is the line after them and last the one before.
    pub fn regions(&self) -> Vec<(usize, usize, Owner)> {
        let mut regions = Vec::new();
        let mut line = 0;
        for run in self.marks.lines.chunk_by(|one, next| one == next) {
            regions.extend(run[0].iter().map(|owner| (line + 1, line + run.len(), owner.clone())));
            line += run.len();
        }
        let gaps = self.marks.gaps.iter().enumerate();
        regions.extend(gaps.filter_map(|(gap, owner)| Some((gap + 1, gap, owner.clone()?))));
        regions.sort();
        regions
    }

    /// Carries the marks of one difference from a new base over to `marks`, where the difference may be aligned
    /// otherwise than the edits were seen.
    pub(super) fn settle(&self, marks: &mut Marks, block: &Block, old: &[&[u8]], new: &[&[u8]]) {
        let Block { old: removed, new: added } = block;
        let mut from = added.clone();
        if removed.is_empty() {
            let named = |range: &Range<usize>| self.marks.lines[range.clone()].iter().flatten().count();
            let moved = slides(new, added).into_iter().map(|by| slid(added, by));
            from = moved.fold(from, |best, range| if named(&range) > named(&best) { range } else { best });
        }
        marks.lines[added.clone()].clone_from_slice(&self.marks.lines[from]);
        let gaps = added.start..=added.end;
        if !removed.is_empty() {
            marks.gaps[gaps.clone()].clone_from_slice(&self.marks.gaps[gaps.clone()]);
        }
        let nobody = |marks: &[Option<Owner>]| marks.iter().all(Option::is_none);
        if nobody(&marks.lines[added.clone()]) && nobody(&marks.gaps[gaps]) {
            let owners = self.owners_in(&old[removed.clone()], added);
            let owner = owners.iter().next().cloned().unwrap_or_else(Owner::unknown).contested(&owners);
            marks.lines[added.clone()].fill(Some(owner.clone()));
            if added.is_empty() {
                marks.gaps[added.start] = Some(owner);
            }
        }
    }

    fn groups<'h>(&self, hunk: &'h Hunk) -> Vec<Group<'h>> {
        let most = self.marks.lines.len();
        let mut at = hunk.before().min(most);
        let mut groups: Vec<Group<'_>> = Vec::new();
        let mut open = false;
        for line in &hunk.lines {
            let Some((sign, text)) = line.as_bytes().split_first() else { continue };
            if matches!(sign, b'+' | b'-') && !std::mem::replace(&mut open, true) {
                groups.push(Group { removed: Vec::new(), added: at..at });
            }
            match (sign, groups.last_mut()) {
                (b' ', _) => (at, open) = ((at + 1).min(most), false),
                (b'+', Some(group)) => {
                    at = (at + 1).min(most);
                    group.added.end = at;
                }
                (b'-', Some(group)) => group.removed.push(text),
                _ => {}
            }
        }
        groups
    }

    /// The owners of one difference. It may be aligned otherwise than the edits were seen, so one without any is looked
    /// for where it would be the same.
    fn owners_in(&self, removed: &[&[u8]], added: &Range<usize>) -> BTreeSet<Owner> {
        let Marks { lines, gaps, .. } = &self.marks;
        let mut owners: BTreeSet<Owner> = lines[added.clone()].iter().flatten().cloned().collect();
        if !removed.is_empty() {
            owners.extend(gaps[added.start..=added.end].iter().flatten().cloned());
        }
        if owners.is_empty() && removed.is_empty() {
            let text = self.version.lines();
            let moved = slides(&text, added).into_iter().map(|by| &lines[slid(added, by)]);
            owners = moved
                .map(|lines| lines.iter().flatten().cloned().collect())
                .find(|owners: &BTreeSet<_>| !owners.is_empty())
                .unwrap_or_default();
        }
        if owners.is_empty() && added.is_empty() {
            owners.extend(self.same_gaps(removed, added.start).into_iter().find_map(|gap| gaps[gap].clone()));
        }
        if owners.is_empty() {
            owners.insert(Owner::unknown());
        }
        owners
    }

    /// Where else the deletion of these lines at `gap` can be said to be, nearest first.
    fn same_gaps(&self, removed: &[&[u8]], gap: usize) -> Vec<usize> {
        let lines = self.version.lines();
        let bare = |line: &[u8]| line.strip_suffix(b"\n").unwrap_or(line).to_vec();
        let whole: VecDeque<Vec<u8>> = removed.iter().map(|line| bare(line)).collect();
        let (mut moved, mut up) = (whole.clone(), gap);
        let mut gaps = Vec::new();
        while up > 0 && moved.back() == Some(&bare(lines[up - 1])) {
            moved.rotate_right(1);
            up -= 1;
            gaps.push(up);
        }
        let (mut moved, mut down) = (whole, gap);
        while down < lines.len() && moved.front() == Some(&bare(lines[down])) {
            moved.rotate_left(1);
            down += 1;
            gaps.push(down);
        }
        gaps.sort_by_key(|at| at.abs_diff(gap));
        gaps
    }
}
