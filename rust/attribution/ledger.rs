//! One file's ledger: what it held when last seen, and who made it so.

use super::difference::{self, Block};
use super::patch::Claim;
use super::{FileKind, Marks, Owner, Patch, Version};
use std::collections::BTreeSet;

/// What a file held when last seen, and who made it so.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ledger {
    pub(super) version: Version,
    pub(super) marks: Marks,
}

/// One thing that changed, for whoever knows who did it.
#[derive(Clone, Copy)]
enum Touch {
    /// The line, counted from 0, is new or different.
    Line(usize),
    /// Lines were deleted before this line.
    Gap(usize),
    /// Content without lines.
    Content,
    /// Its mode, or whether it is a link.
    Mode,
}

impl Ledger {
    /// A file that was never seen with edits: all that differs from the committed `base` is `owner`'s.
    pub fn first(base: &Version, now: &Version, owner: &Owner) -> Ledger {
        let mut ledger = Ledger { version: base.clone(), marks: Marks::none(base.lines().len()) };
        ledger.see(now, owner);
        ledger
    }

    /// What the store kept; where the marks do not fit the content they say nothing, and nobody is named.
    pub fn kept(version: Version, marks: Marks) -> Ledger {
        let lines = version.lines().len();
        let fits = marks.lines.len() == lines && marks.gaps.len() == lines + 1;
        let unknown = || Marks {
            whole: Some(Owner::unknown()),
            lines: vec![Some(Owner::unknown()); lines],
            gaps: vec![Some(Owner::unknown()); lines + 1],
        };
        Ledger { marks: if fits { marks } else { unknown() }, version }
    }

    /// What was last seen.
    pub fn version(&self) -> &Version {
        &self.version
    }

    /// Who made it so, to be kept.
    pub fn marks(&self) -> &Marks {
        &self.marks
    }

    /// The file is now `new`, by `author`. What changes lines, or deletes lines, that another made is nobody's, with
    /// both as candidates; what is put between them is `author`'s.
    pub fn see(&mut self, new: &Version, author: &Owner) {
        self.change(new, |_| author);
    }

    /// The file is now `new`: the lines that `patch` names are `author`'s, whatever else changed is `rest`'s. Lines of
    /// the patch that were seen before it was known are `author`'s too, or nobody's where another may have made them.
    pub fn see_patch(&mut self, new: &Version, author: &Owner, patch: &Patch, rest: &Owner) {
        self.see_named(new, author, patch, rest, None);
    }

    /// The file is now `new`: what differs there from `from` is `author`'s, whatever else changed is `rest`'s. What
    /// differs from `from` may have been seen before.
    pub fn see_change(&mut self, from: &Version, new: &Version, author: &Owner, rest: &Owner) {
        let patch = Patch::between(&from.lines(), &new.lines());
        self.see_named(new, author, &patch, rest, (from.kind != new.kind).then_some(author));
    }

    fn see_named(&mut self, new: &Version, author: &Owner, patch: &Patch, rest: &Owner, mode: Option<&Owner>) {
        let old = self.version.clone();
        let (before, after) = (old.lines(), new.lines());
        let mut late = Claim::of(patch, &before, &after);
        let mut ours = late.clone();
        for block in difference::blocks(&before, &after) {
            ours.widen(&block);
            late.lines.retain(|line| !block.new.contains(line));
            late.gaps.retain(|gap| !(block.new.start..=block.new.end).contains(gap));
        }
        let rest = if ours.lost { &rest.contested([author]) } else { rest };
        self.change(new, |touch| match touch {
            Touch::Line(line) if ours.lines.contains(&line) => author,
            Touch::Gap(gap) if ours.gaps.contains(&gap) => author,
            Touch::Content => author,
            Touch::Mode => mode.unwrap_or(rest),
            Touch::Line(_) | Touch::Gap(_) => rest,
        });
        let Marks { lines, gaps, .. } = &mut self.marks;
        let named = |marks: &BTreeSet<usize>, most: usize| marks.clone().into_iter().filter(move |at| *at < most);
        named(&late.lines, lines.len()).for_each(|line| claimed_late(&mut lines[line], author));
        named(&late.gaps, gaps.len()).for_each(|gap| claimed_late(&mut gaps[gap], author));
    }

    /// Of what is nobody's, and may be `author`'s, the lines that `patch` made of the committed `base` are `author`'s: no
    /// edit of another's can be in a difference that the patch tells from end to end.
    pub fn claim(&mut self, base: &Version, author: &Owner, patch: &Patch) {
        let told = Claim::whole_blocks(patch, &base.lines(), &self.version.lines());
        let is_found = |mark: &Option<Owner>| matches!(mark, Some(Owner::Unclaimed(tasks)) if author.tasks().iter().all(|task| tasks.contains(task)));
        let Marks { lines, gaps, .. } = &mut self.marks;
        let marks = |marks: &mut Vec<Option<Owner>>, told: &BTreeSet<usize>| {
            for at in told {
                if let Some(mark) = marks.get_mut(*at).filter(|mark| is_found(mark)) {
                    *mark = Some(author.clone());
                }
            }
        };
        marks(lines, &told.lines);
        marks(gaps, &told.gaps);
    }

    /// The file was moved from where `from` was kept to where `before` was: lines that came along are whose they were.
    pub fn adopt(&mut self, from: &Ledger, before: &Version) {
        let (old, new) = (from.version.lines(), self.version.lines());
        let came: BTreeSet<usize> =
            difference::blocks(&before.lines(), &new).into_iter().flat_map(|block| block.new).collect();
        let blocks = difference::blocks(&old, &new);
        let ends = blocks.iter().map(|block| (block.old.start, block.new.start)).chain([(old.len(), new.len())]);
        let begins = std::iter::once((0, 0)).chain(blocks.iter().map(|block| (block.old.end, block.new.end)));
        for ((was, begin), (_, end)) in begins.zip(ends) {
            for (line, mark) in self.marks.lines[begin..end].iter_mut().enumerate() {
                let owner = from.marks.lines[was + line].as_ref().filter(|_| came.contains(&(begin + line)));
                if let (Some(mark), Some(owner)) = (mark, owner) {
                    *mark = owner.clone();
                }
            }
        }
        if let (None, Some(mover)) = (self.version.text(), &self.marks.whole) {
            self.marks.whole = Some(mover.contested(from.marks.whole.iter()));
        }
    }

    /// What is committed is now `base`: lines as they are there are nobody's any more, and may be edited by anyone.
    /// True when nothing of the file is uncommitted: the ledger can go.
    pub fn rebase(&mut self, base: &Version) -> bool {
        if self.version == *base {
            return true;
        }
        let (old, new) = (base.lines(), self.version.lines());
        let mut marks = Marks::none(new.len());
        if base.kind != self.version.kind || base.text().is_none() || self.version.text().is_none() {
            marks.whole = self.marks.whole.clone();
        }
        for block in difference::blocks(&old, &new) {
            self.settle(&mut marks, &block, &old, &new);
        }
        self.marks = marks;
        false
    }

    fn change<'a>(&mut self, new: &Version, who: impl Fn(Touch) -> &'a Owner) {
        if *new == self.version {
            return;
        }
        let (from, to) = (self.version.text().is_some(), new.text().is_some());
        match (self.version.kind, new.kind) {
            (FileKind::Absent, _) => {
                let before = self.marks.whole.take();
                self.marks = Marks::none(0);
                self.lines(&[], &new.lines(), |touch| who(touch).contested(before.iter()));
                self.marks.whole = Some(who(Touch::Content).contested(before.iter()));
            }
            _ if from && to => {
                if self.version.kind != new.kind {
                    self.marks.whole = Some(who(Touch::Mode).contested(self.marks.whole.iter()));
                }
                let old = self.version.clone();
                self.lines(&old.lines(), &new.lines(), |touch| who(touch).clone());
            }
            _ => {
                let owner = who(Touch::Content).contested(self.marks.owners());
                let lines = new.lines().len();
                self.marks = Marks {
                    lines: vec![Some(owner.clone()); lines],
                    gaps: vec![Some(owner.clone()); lines + 1],
                    whole: Some(owner),
                };
            }
        }
        self.version = new.clone();
    }

    /// Carries the marks of lines that stay over, and marks the others.
    fn lines(&mut self, old: &[&[u8]], new: &[&[u8]], who: impl Fn(Touch) -> Owner) {
        let mut was = std::mem::take(&mut self.marks);
        let mut marks = Marks { whole: was.whole.take(), ..Marks::none(new.len()) };
        let (mut from, mut to) = (0, 0);
        for Block { old, new } in difference::blocks(old, new) {
            was.carry(from..old.start, &mut marks, to);
            let made = was.lines[old.clone()].iter().flatten();
            if new.is_empty() {
                let earlier = made.chain(was.gaps[old.start..=old.end].iter().flatten());
                marks.gaps[new.start] = Some(who(Touch::Gap(new.start)).contested(earlier));
            } else {
                let inside = was.gaps[old.end.min(old.start + 1)..old.end].iter().flatten();
                let earlier: Vec<&Owner> = made.chain(inside.filter(|_| !old.is_empty())).collect();
                for line in new.clone() {
                    marks.lines[line] = Some(who(Touch::Line(line)).contested(earlier.iter().copied()));
                }
                marks.gaps[new.start] = was.gaps[old.start].clone();
                if !old.is_empty() {
                    marks.gaps[new.end] = was.gaps[old.end].clone();
                }
            }
            (from, to) = (old.end, new.end);
        }
        let end = was.lines.len();
        was.carry(from..end, &mut marks, to);
        self.marks = marks;
    }
}

/// An edit tool names a line that was seen before: its author's, unless another made it, or may have.
fn claimed_late(mark: &mut Option<Owner>, author: &Owner) {
    let Some(owner) = mark else { return };
    let unknown =
        matches!(owner, Owner::Unclaimed(_)) && owner.tasks().iter().all(|task| author.tasks().contains(task));
    *owner = if unknown { author.clone() } else { author.contested([&*owner]) };
}

impl Marks {
    /// Moves the marks of lines that stay; the gaps at both ends of the run too, where no block has one yet.
    fn carry(&mut self, lines: std::ops::Range<usize>, marks: &mut Marks, to: usize) {
        let from = lines.start;
        for line in lines.clone() {
            marks.lines[to + line - from] = self.lines[line].take();
        }
        for gap in lines.start..=lines.end {
            let mark = &mut marks.gaps[to + gap - from];
            if mark.is_none() && (gap > from || (from, to) == (0, 0)) {
                *mark = self.gaps[gap].clone();
            }
        }
    }
}
