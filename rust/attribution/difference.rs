//! The difference between two texts, by lines.

use imara_diff::{Algorithm, Diff, InternedInput};
use std::ops::Range;

/// Lines `old` became lines `new`; what is between two blocks is equal. One of the two may be empty, not both.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Block {
    /// Counted from 0.
    pub old: Range<usize>,
    /// Counted from 0.
    pub new: Range<usize>,
}

/// The lines of a text, each with its line ending; the last may lack one and then equals no line that has it.
pub fn lines(text: &[u8]) -> Vec<&[u8]> {
    text.split_inclusive(|byte| *byte == b'\n').collect()
}

/// How `old` became `new`, in order. Histogram difference placed as git places it; its time is bounded for any input,
/// at the price of a longer difference.
pub fn blocks(old: &[&[u8]], new: &[&[u8]]) -> Vec<Block> {
    let mut input = InternedInput::default();
    input.update_before(old.iter().copied());
    input.update_after(new.iter().copied());
    let mut diff = Diff::compute(Algorithm::Histogram, &input);
    diff.postprocess_lines(&input);
    let range = |range: Range<u32>| range.start as usize..range.end as usize;
    diff.hunks().map(|hunk| Block { old: range(hunk.before), new: range(hunk.after) }).collect()
}

/// How far `range` of `lines` can be moved and still be the same insertion (or deletion): the offsets, nearest first,
/// without 0. `x}x}` may have gained its first or its second half.
pub fn slides(lines: &[&[u8]], range: &Range<usize>) -> Vec<isize> {
    let (start, end) = (range.start, range.end);
    let up = (1..=start).take_while(|step| lines[start - step] == lines[end - step]).count();
    let down = (0..lines.len() - end).take_while(|step| lines[start + step] == lines[end + step]).count();
    let (up, down) = (up as isize, down as isize);
    (1..=up.max(down)).flat_map(|step| [-step, step]).filter(|step| (-up..=down).contains(step)).collect()
}

/// `range` moved by an offset that [`slides`] gave.
pub fn slid(range: &Range<usize>, by: isize) -> Range<usize> {
    range.start.saturating_add_signed(by)..range.end.saturating_add_signed(by)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_final_newline_and_a_carriage_return_are_differences() {
        let both = |old: &'static str, new: &'static str| blocks(&lines(old.as_bytes()), &lines(new.as_bytes()));
        assert_eq!(both("a\nb", "a\nb\n"), [Block { old: 1..2, new: 1..2 }]);
        assert_eq!(both("a\r\nb\n", "a\nb\n"), [Block { old: 0..1, new: 0..1 }]);
        assert_eq!(both("", "a"), [Block { old: 0..0, new: 0..1 }]);
        assert_eq!(both("a\n", "a\n"), []);
    }

    #[test]
    fn an_insertion_slides_as_far_as_its_lines_repeat() {
        let text = lines(b"a\nx\ny\nx\ny\nb\n");
        assert_eq!(slides(&text, &(1..3)), [1, 2]);
        assert_eq!(slides(&text, &(3..5)), [-1, -2]);
        assert_eq!(slides(&text, &(0..1)), [] as [isize; 0]);
        assert_eq!(slid(&(3..5), -2), 1..3);
    }

    #[test]
    fn two_unlike_texts_of_a_megabyte_take_no_time_to_speak_of() {
        let text = |salt: usize| (0..60_000).map(|n| format!("{}\n", (n * 7919 + salt) % 977)).collect::<String>();
        let (old, new) = (text(0), text(13));
        assert!(!blocks(&lines(old.as_bytes()), &lines(new.as_bytes())).is_empty());
    }
}
