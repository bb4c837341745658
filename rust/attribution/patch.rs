//! Differences as others tell them: hunks, and the patch an edit tool says it made.

use super::difference::{self, Block};
use std::collections::BTreeSet;
use std::ops::Range;

/// A hunk of a difference. Starts count from 1; where a side has no line, it is the line after, as gitoxide and
/// jsdiff tell it and git does not.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Hunk {
    /// First line on the old side.
    pub old_start: usize,
    /// Lines on the old side.
    pub old_lines: usize,
    /// First line on the new side.
    pub new_start: usize,
    /// Lines on the new side.
    pub new_lines: usize,
    /// The body: each line after ` `, `-` or `+`, without its newline. Anything else is passed over.
    pub lines: Vec<String>,
}

/// What an edit tool says it changed. Indentation and line endings may differ from what is in the file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Patch {
    /// In order.
    pub hunks: Vec<Hunk>,
}

impl Patch {
    /// What makes `new` of `old`.
    pub(super) fn between(old: &[&[u8]], new: &[&[u8]]) -> Patch {
        let signed = |sign: char, line: &&[u8]| {
            let line = String::from_utf8_lossy(line.strip_suffix(b"\n").unwrap_or(line));
            format!("{sign}{line}")
        };
        let hunk = |Block { old: from, new: to }: Block| {
            let removed = old[from.clone()].iter().map(|line| signed('-', line));
            let lines = removed.chain(new[to.clone()].iter().map(|line| signed('+', line))).collect();
            let (old_start, new_start) = (from.start + 1, to.start + 1);
            Hunk { old_start, old_lines: from.len(), new_start, new_lines: to.len(), lines }
        };
        Patch { hunks: difference::blocks(old, new).into_iter().map(hunk).collect() }
    }
}

impl Hunk {
    /// With its body as text; a header before it is passed over.
    pub fn of(old: (usize, usize), new: (usize, usize), body: &str) -> Hunk {
        let lines = body.split_inclusive('\n').map(|line| line.strip_suffix('\n').unwrap_or(line).to_owned()).collect();
        Hunk { old_start: old.0, old_lines: old.1, new_start: new.0, new_lines: new.1, lines }
    }

    /// How many lines are before it on the new side.
    pub(super) fn before(&self) -> usize {
        self.new_start.saturating_sub(1)
    }

    fn side(&self, sign: char) -> Vec<&str> {
        self.lines.iter().filter_map(|line| line.strip_prefix([' ', sign])).collect()
    }
}

/// What of a file a patch made.
#[derive(Clone, Debug, Default)]
pub(super) struct Claim {
    /// Lines, counted from 0.
    pub lines: BTreeSet<usize>,
    /// Lines before which it deleted.
    pub gaps: BTreeSet<usize>,
    /// Whether a hunk was not found: its lines have been changed since.
    pub lost: bool,
    /// Lines that it tells as they were, and that differ in what it does not tell: indentation, line ending.
    others: BTreeSet<usize>,
    /// Where the patch is all that happened: lines before, and what they became.
    exact: Vec<(Range<usize>, Range<usize>)>,
}

impl Claim {
    pub fn of(patch: &Patch, before: &[&[u8]], after: &[&[u8]]) -> Claim {
        let mut claim = Claim::default();
        for hunk in &patch.hunks {
            let (old, new) = (hunk.side('-'), hunk.side('+'));
            let Some(mut at) = find(&new, after, hunk.before()) else {
                claim.lost = true;
                continue;
            };
            let mut was = find(&old, before, hunk.old_start.saturating_sub(1));
            claim.exact.extend(was.map(|was| (was..was + old.len(), at..at + new.len())));
            for line in &hunk.lines {
                match line.as_bytes().first() {
                    Some(b'+') => {
                        claim.lines.insert(at);
                        at += 1;
                    }
                    Some(b'-') => {
                        claim.gaps.insert(at);
                        was = was.map(|was| was + 1);
                    }
                    Some(b' ') => {
                        if was.is_some_and(|was| before[was] != after[at]) {
                            claim.others.insert(at);
                        }
                        at += 1;
                        was = was.map(|was| was + 1);
                    }
                    _ => {}
                }
            }
        }
        claim
    }

    /// Takes in a difference that is all inside a hunk which tells everything between its ends, however it is aligned.
    pub fn widen(&mut self, block: &Block) {
        let within = |inner: &Range<usize>, outer: &Range<usize>| outer.start <= inner.start && inner.end <= outer.end;
        if self.exact.iter().any(|(old, new)| within(&block.old, old) && within(&block.new, new)) {
            self.lines.extend(block.new.clone().filter(|line| !self.others.contains(line)));
            self.gaps.insert(block.new.start);
        }
    }

    /// Of the differences between `before` and `after` those that the patch tells from end to end.
    pub fn whole_blocks(patch: &Patch, before: &[&[u8]], after: &[&[u8]]) -> Claim {
        let Claim { others, exact, .. } = Claim::of(patch, before, after);
        let mut claim = Claim { others, exact, ..Claim::default() };
        difference::blocks(before, after).iter().for_each(|block| claim.widen(block));
        claim
    }
}

/// Where `part` is in `lines`, nearest to `near`.
fn find(part: &[&str], lines: &[&[u8]], near: usize) -> Option<usize> {
    let last = lines.len().checked_sub(part.len())?;
    let near = near.min(last);
    let is_at = |at: &usize| part.iter().zip(&lines[*at..]).all(|(told, line)| same(told, line));
    (0..=last).flat_map(|far| [near.checked_sub(far), Some(near + far)]).flatten().filter(|at| *at <= last).find(is_at)
}

/// Whether a told line is this one, but for indentation and line ending.
fn same(told: &str, line: &[u8]) -> bool {
    let line = line.strip_suffix(b"\n").unwrap_or(line);
    let bare = |line: &[u8]| line.strip_suffix(b"\r").unwrap_or(line).trim_ascii_start().to_vec();
    told.as_bytes() == line || bare(told.as_bytes()) == bare(line)
}
