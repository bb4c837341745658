//! A file without some of its edits.

use std::ops::Range;

/// Where one edit is: lines of the base and the lines that stand for them now, from 0.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Replaced {
    /// In the base.
    pub old: Range<usize>,
    /// In the file.
    pub new: Range<usize>,
}

/// The file `now` as it was before the edits `undone`, byte for byte; those that fit neither file are left.
pub fn without(base: &[u8], now: &[u8], undone: &[Replaced]) -> Vec<u8> {
    let (old, new) = (lines(base), lines(now));
    let mut undone: Vec<&Replaced> = undone
        .iter()
        .filter(|edit| edit.old.end <= old.len() && edit.new.end <= new.len() && edit.new.start <= edit.new.end)
        .collect();
    undone.sort_by_key(|edit| (edit.new.start, edit.new.end));
    let (mut out, mut at) = (Vec::with_capacity(now.len()), 0);
    for edit in undone {
        if edit.new.start < at {
            continue;
        }
        out.extend(new[at..edit.new.start].iter().flat_map(|line| line.iter()));
        out.extend(old[edit.old.clone()].iter().flat_map(|line| line.iter()));
        at = edit.new.end;
    }
    out.extend(new[at..].iter().flat_map(|line| line.iter()));
    out
}

/// With their ends.
fn lines(text: &[u8]) -> Vec<&[u8]> {
    text.split_inclusive(|byte| *byte == b'\n').collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn replaced(old: Range<usize>, new: Range<usize>) -> Replaced {
        Replaced { old, new }
    }

    #[test]
    fn one_edit_goes_and_the_other_stays() {
        let (base, now) = (b"1\n2\n3\n4\n5", b"1\n2a\n2b\n3\n4\n5b");
        assert_eq!(without(base, now, &[replaced(1..2, 1..3)]), b"1\n2\n3\n4\n5b");
        assert_eq!(without(base, now, &[replaced(4..5, 5..6)]), b"1\n2a\n2b\n3\n4\n5");
        assert_eq!(without(base, now, &[replaced(4..5, 5..6), replaced(1..2, 1..3)]), base);
    }

    #[test]
    fn deleted_lines_come_back_and_added_ones_go() {
        assert_eq!(without(b"a\r\nb\r\nc", b"a\r\nc", &[replaced(1..2, 1..1)]), b"a\r\nb\r\nc");
        assert_eq!(without(b"a\n", b"a\nb\n", &[replaced(1..1, 1..2)]), b"a\n");
        assert_eq!(without(b"", b"a\xff\n", &[replaced(0..0, 0..1)]), b"");
    }

    #[test]
    fn what_does_not_fit_is_left() {
        assert_eq!(without(b"a\n", b"b\n", &[replaced(3..9, 0..1), replaced(0..1, 0..7)]), b"b\n");
    }
}
