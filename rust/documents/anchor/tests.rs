use super::*;

/// A generator of numbers, equal in every run.
struct Dice(u64);

impl Dice {
    fn below(&mut self, most: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % most.max(1)
    }
}

fn document(lines: &[String]) -> String {
    lines.iter().map(|line| format!("{line}\n")).collect()
}

/// A document whose lines repeat as those of real ones do: blank lines, rules, list marks, and some that stand once.
fn some_document(dice: &mut Dice, length: usize) -> Vec<String> {
    let common = ["", "", "---", "- item", "```", "## Notes", "| a | b |", "}"];
    (0..length)
        .map(|at| match dice.below(3) {
            0 => common[dice.below(common.len())].to_owned(),
            _ => format!("line {at} says {} and {}", dice.below(1000), dice.below(1000)),
        })
        .collect()
}

fn place(anchor: &Anchor, old: Option<&str>, new: &str) -> Placement {
    let new = IndexedLines::of(new);
    let map = old.map(|old| LineMap::of(IndexedLines::of(old).lines(), new.lines()));
    anchor.place(&new, map.as_ref())
}

fn anchor(text: &str, range: Range<u32>) -> Anchor {
    Anchor::take(IndexedLines::of(text).lines(), range).unwrap()
}

#[test]
fn an_edit_outside_moves_it_by_as_much() {
    for seed in 0..300 {
        let mut dice = Dice(seed);
        let length = 10 + dice.below(60);
        let lines = some_document(&mut dice, length);
        let start = dice.below(lines.len() - 4);
        let end = start + 1 + dice.below(4);
        let old = document(&lines);
        let kept = anchor(&old, start as u32..end as u32);
        // Some edits above and some below, none inside.
        let mut new = lines.clone();
        let mut moved = 0isize;
        for _ in 0..1 + dice.below(4) {
            let is_above = dice.below(2) == 0;
            let (from, to) = match is_above {
                true => (0, start.saturating_add_signed(moved)),
                false => (end.saturating_add_signed(moved), new.len()),
            };
            let at = from + dice.below(to - from + 1);
            match dice.below(2) {
                0 => {
                    new.insert(at, format!("inserted {}", dice.below(1000)));
                    moved += isize::from(is_above);
                }
                _ if at < to => {
                    new.remove(at);
                    moved -= isize::from(is_above);
                }
                _ => {}
            }
        }
        let expected = start.saturating_add_signed(moved) as u32;
        let found = place(&kept, Some(&old), &document(&new));
        let Placement::Found(range) = &found else { panic!("seed {seed}: {found:?}") };
        // A text that stands there twice, as a blank line does, may be found at its double.
        let text = &new[range.start as usize..range.end as usize];
        assert_eq!(text, &new[expected as usize..expected as usize + kept.text.len()], "seed {seed}");
        let doubles = new.windows(text.len()).filter(|window| *window == text).count();
        assert!(doubles > 1 || range.start == expected, "seed {seed}: {range:?}, not {expected}");
    }
}

#[test]
fn a_text_that_stands_once_is_found_wherever_it_is() {
    for seed in 0..300 {
        let mut dice = Dice(seed);
        let length = 12 + dice.below(60);
        let mut lines = some_document(&mut dice, length);
        let start = dice.below(lines.len() - 4);
        let count = 1 + dice.below(3);
        lines[start] = format!("the only line of its kind, {seed}");
        let old = document(&lines);
        let kept = anchor(&old, start as u32..(start + count) as u32);
        let text: Vec<String> = lines.drain(start..start + count).collect();
        let at = dice.below(lines.len() + 1);
        lines.splice(at..at, text);
        let expected = Placement::Found(at as u32..(at + count) as u32);
        for old in [Some(old.as_str()), None] {
            assert_eq!(place(&kept, old, &document(&lines)), expected, "seed {seed}");
        }
    }
}

#[test]
fn no_text_and_no_document_is_too_strange() {
    for seed in 0..500 {
        let mut dice = Dice(seed);
        let lengths = (1 + dice.below(20), dice.below(20));
        let (old, new) = (some_document(&mut dice, lengths.0), some_document(&mut dice, lengths.1));
        let start = dice.below(old.len());
        let end = start + 1 + dice.below(old.len() - start);
        let kept = anchor(&document(&old), start as u32..end as u32);
        for old in [Some(document(&old)), None] {
            let found = place(&kept, old.as_deref(), &document(&new));
            let range = match &found {
                Placement::Found(range) | Placement::Edited(range) | Placement::Gone(Some(range)) => range.clone(),
                Placement::Gone(None) => continue,
            };
            assert!(range.start < range.end && range.end as usize <= new.len(), "seed {seed}: {found:?}");
        }
    }
}

const PLAN: &str =
    "# Plan\n\n## Goals\n\nSmall, fast and honest.\nNo surprises.\n\n## Steps\n\n1. Write it\n2. Test it\n";

#[test]
fn of_equal_texts_the_one_with_its_surroundings_is_meant() {
    let twice = "## A\n\n- item\n\n## B\n\n- item\n\n## C\n";
    let second = anchor(twice, 6..7);
    let shifted = format!("top\n\n\n\n{twice}");
    assert_eq!(place(&second, None, &shifted), Placement::Found(10..11));
    let without_first = twice.replace("## A\n\n- item\n\n", "");
    assert_eq!(place(&second, None, &without_first), Placement::Found(2..3));
}

#[test]
fn an_edited_text_is_followed_and_a_rewritten_one_is_offered() {
    let goals = anchor(PLAN, 4..6);
    let edited = PLAN.replace("No surprises.", "No surprises, ever.");
    assert_eq!(place(&goals, None, &edited), Placement::Edited(4..6));
    let longer = edited.replace("honest.\n", "honest.\nAnd kind.\n").replace("# Plan\n", "# Plan\n\nDraft.\n");
    assert_eq!(place(&goals, Some(PLAN), &longer), Placement::Edited(6..9));
    let rewritten = PLAN
        .replace("Small, fast and honest.\nNo surprises.", "We want something small and quick that anybody can read.");
    assert!(matches!(place(&goals, Some(PLAN), &rewritten), Placement::Gone(_)));
    let cut = PLAN.replace("Small, fast and honest.\nNo surprises.\n", "");
    assert_eq!(place(&goals, Some(PLAN), &cut), Placement::Gone(None));
    assert_eq!(place(&goals, None, ""), Placement::Gone(None));
}

#[test]
fn line_endings_and_blanks_at_the_end_count_for_nothing() {
    let windows = PLAN.replace('\n', "  \r\n");
    assert_eq!(place(&anchor(PLAN, 4..6), None, &windows), Placement::Found(4..6));
}

#[test]
fn a_thousand_anchors_in_a_document_of_equal_lines_take_no_time_to_speak_of() {
    let text = "- item\n".repeat(20_000);
    let document = IndexedLines::of(&text);
    let anchor = |n: u32| Anchor::take(document.lines(), n * 20..n * 20 + 10).unwrap();
    let placed = (0..1000).map(|n| anchor(n).place(&document, None));
    assert!(placed.enumerate().all(|(n, found)| found == Placement::Found(n as u32 * 20..n as u32 * 20 + 10)));
}
