//! How a document changed: for people and agents as a unified difference, for references as a map of lines. Pure.

use imara_diff::{Algorithm, Diff, InternedInput};
use std::fmt::Write;
use std::ops::Range;

/// Lines around a change.
const AROUND: u32 = 3;

/// Lines `old` became lines `new`, both from 0.
type Block = (Range<u32>, Range<u32>);

fn blocks(old: &[&str], new: &[&str]) -> Vec<Block> {
    let mut input = InternedInput::default();
    input.update_before(old.iter().copied());
    input.update_after(new.iter().copied());
    let mut diff = Diff::compute(Algorithm::Histogram, &input);
    diff.postprocess_lines(&input);
    diff.hunks().map(|hunk| (hunk.before, hunk.after)).collect()
}

/// Where the lines of an earlier version are in a later one.
#[derive(Clone, Debug)]
pub struct LineMap(Vec<Block>);

impl LineMap {
    /// From the lines of both.
    pub fn of(old: &[&str], new: &[&str]) -> LineMap {
        LineMap(blocks(old, new))
    }

    /// Where the boundary before line `line` is now. Inside a change it is the beginning of the new lines, or with
    /// `is_end` their end.
    fn boundary(&self, line: u32, is_end: bool) -> u32 {
        let mut shift = 0i64;
        for (old, new) in &self.0 {
            if old.end < line || (old.end == line && (!is_end || old.start < line)) {
                shift = i64::from(new.end) - i64::from(old.end);
            } else if old.start < line {
                return if is_end { new.end } else { new.start };
            } else {
                break;
            }
        }
        u32::try_from(i64::from(line) + shift).unwrap_or_default()
    }

    /// The lines that take the place of `lines`.
    pub fn of_lines(&self, lines: &Range<u32>) -> Range<u32> {
        let start = self.boundary(lines.start, false);
        start..self.boundary(lines.end, true).max(start)
    }
}

/// The unified difference of two texts without its head, at most `most` bytes; nothing where they are equal. Line
/// endings and blanks at the end of lines count for nothing.
pub fn unified(old: &str, new: &str, most: usize) -> Option<String> {
    let old: Vec<&str> = old.lines().map(str::trim_end).collect();
    let new: Vec<&str> = new.lines().map(str::trim_end).collect();
    let blocks = blocks(&old, &new);
    if blocks.is_empty() {
        return None;
    }
    let mut out = String::new();
    for group in groups(&blocks) {
        let (Some((first_old, first_new)), Some((last_old, last_new))) = (group.first(), group.last()) else {
            continue;
        };
        let from = first_old.start.saturating_sub(AROUND);
        let lead = first_old.start - from;
        let end = (last_old.end + AROUND).min(old.len() as u32);
        let tail = end - last_old.end;
        let (new_from, new_end) = (first_new.start - lead.min(first_new.start), last_new.end + tail);
        let _ = writeln!(out, "@@ -{},{} +{},{} @@", from + 1, end - from, new_from + 1, new_end - new_from);
        let mut at = from;
        for (gone, come) in group {
            put(&mut out, ' ', &old, at..gone.start);
            put(&mut out, '-', &old, gone.clone());
            put(&mut out, '+', &new, come.clone());
            at = gone.end;
        }
        put(&mut out, ' ', &old, at..end);
        if out.len() > most {
            out.truncate(crate::text::clip(&out, most).len());
            out.push_str("\n… (the rest is left out for its size)\n");
            break;
        }
    }
    Some(out)
}

fn put(out: &mut String, mark: char, lines: &[&str], range: Range<u32>) {
    for line in lines.get(range.start as usize..range.end as usize).unwrap_or_default() {
        let _ = writeln!(out, "{mark}{line}");
    }
}

/// Blocks whose surroundings touch belong together.
fn groups(blocks: &[Block]) -> Vec<&[Block]> {
    blocks.chunk_by(|(before, _), (after, _)| after.start - before.end <= 2 * AROUND).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_reads_as_git_writes_it() {
        let old: String = (1..=20).map(|n| format!("{n}\n")).collect();
        let new = old.replace("\n5\n", "\nfive\n").replace("\n19\n", "\n").replace("1\n2\n", "0\n1\n2\n");
        let expected = "\
@@ -1,8 +1,9 @@
+0
 1
 2
 3
 4
-5
+five
 6
 7
 8
@@ -16,5 +17,4 @@
 16
 17
 18
-19
 20
";
        assert_eq!(unified(&old, &new, 10_000).as_deref(), Some(expected));
        assert_eq!(unified("a\r\nb  ", "a\nb\n", 10_000), None);
        let long = unified("", &"é\n".repeat(1000), 101).unwrap();
        assert!(long.len() < 200 && long.ends_with("for its size)\n"), "{long}");
    }

    #[test]
    fn lines_are_found_again_in_a_later_version() {
        let map = |old: &str, new: &str| {
            LineMap::of(&old.split(' ').collect::<Vec<_>>(), &new.split(' ').collect::<Vec<_>>())
        };
        assert_eq!(map("a b c d", "x y a b c d").of_lines(&(1..3)), 3..5);
        assert_eq!(map("a b c d", "a b x c d").of_lines(&(1..3)), 1..4);
        assert_eq!(map("a b c d", "a x y d").of_lines(&(1..3)), 1..3);
        assert_eq!(map("a b c d", "a d").of_lines(&(1..3)), 1..1);
        assert_eq!(map("a b c d", "a b c d e").of_lines(&(1..3)), 1..3);
    }
}
