//! A ledger in the lines that git would commit, where a filter leaves some out.

use super::{Ledger, Marks, Owner, Version};
use std::collections::BTreeSet;

impl Ledger {
    /// The same edits in the lines of `cleaned`, which is what git makes of the file when it commits it. Where `cleaned` is
    /// the file without some of its lines, each line keeps its owner, if it is certain which line it is; where it is
    /// anything else, the edits are one owner's or nobody's.
    pub fn projected(&self, cleaned: &Version) -> Ledger {
        let (lines, kept) = (self.version.lines(), cleaned.lines());
        let anyone = || contested(self.marks.owners());
        let mut marks = Marks { whole: self.marks.whole.clone(), ..Marks::none(kept.len()) };
        match places(&lines, &kept) {
            None => {
                marks.lines.fill(anyone());
                marks.gaps.fill(anyone());
            }
            Some((first, last)) => {
                for (line, mark) in marks.lines.iter_mut().enumerate() {
                    let is_certain = first[line] == last[line];
                    *mark = if is_certain { self.marks.lines[first[line]].clone() } else { anyone() };
                }
                for (gap, mark) in marks.gaps.iter_mut().enumerate() {
                    let from = gap.checked_sub(1).map_or(0, |before| first[before] + 1);
                    let to = last.get(gap).copied().unwrap_or(lines.len());
                    *mark = contested(self.marks.gaps[from..=to].iter().flatten());
                }
            }
        }
        Ledger { version: cleaned.clone(), marks }
    }
}

/// One owner of all, or nobody; nothing where there is none.
fn contested<'o>(owners: impl IntoIterator<Item = &'o Owner>) -> Option<Owner> {
    let owners: BTreeSet<&Owner> = owners.into_iter().collect();
    owners.first().map(|one| one.contested(owners.iter().copied()))
}

/// For each line of `kept` the first and the last line of `lines` that it can be, in order; nothing where `kept` is not
/// `lines` without some of them.
fn places(lines: &[&[u8]], kept: &[&[u8]]) -> Option<(Vec<usize>, Vec<usize>)> {
    let mut at = 0;
    let mut first = Vec::with_capacity(kept.len());
    for line in kept {
        at += lines[at..].iter().position(|other| other == line)?;
        first.push(at);
        at += 1;
    }
    let mut end = lines.len();
    let mut last = Vec::with_capacity(kept.len());
    for line in kept.iter().rev() {
        end = lines[..end].iter().rposition(|other| other == line)?;
        last.push(end);
    }
    last.reverse();
    Some((first, last))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::attribution::FileKind;

    fn text(text: &str) -> Version {
        Version::of(FileKind::File, text.as_bytes().to_vec())
    }

    fn task(name: &str) -> Owner {
        Owner::Task(name.into())
    }

    #[test]
    fn lines_that_a_filter_leaves_out_move_no_owner() {
        let base = text("OUT 1\nOUT 2\none\ntwo\nthree\n");
        let mut ledger = Ledger::first(&base, &text("OUT 1\nOUT 2\none\ntwo by a\nthree\n"), &task("a"));
        ledger.see(&text("OUT 1\nOUT 2\none\ntwo by a\n"), &task("b"));
        let projected = ledger.projected(&text("one\ntwo by a\n"));
        assert_eq!((projected.owner_of_line(1), projected.owner_of_line(2)), (None, Some(&task("a"))));
        assert_eq!(projected.marks().gaps[2], Some(task("b")));
    }

    #[test]
    fn a_line_that_may_be_either_of_two_is_nobodys() {
        let ledger = Ledger::first(&text("x\ny\n"), &text("x\nx\ny\n"), &task("a"));
        let projected = ledger.projected(&text("x\ny\n"));
        assert_eq!(projected.owner_of_line(1), Some(&task("a")), "one owner has all");
        let mut ledger = Ledger::first(&text(""), &text("x\n"), &task("a"));
        ledger.see(&text("x\nx\n"), &task("b"));
        assert_eq!(ledger.projected(&text("x\n")).owner_of_line(1), Some(&Owner::one_of(["a", "b"])));
    }

    #[test]
    fn another_form_of_the_file_is_one_owners_or_nobodys() {
        let mut ledger = Ledger::first(&text("1\n2\n3\n"), &text("1\n2 by a\n3\n"), &task("a"));
        let pointer = text("oid 5\n");
        assert_eq!(ledger.projected(&pointer).owner_of_line(1), Some(&task("a")));
        ledger.see(&text("1\n2 by a\n3 by b\n"), &task("b"));
        assert_eq!(ledger.projected(&pointer).owner_of_line(1), Some(&Owner::one_of(["a", "b"])));
    }
}
