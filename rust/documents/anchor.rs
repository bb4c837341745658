//! Where the text that a reference is about is now. Pure.
//!
//! A reference keeps its text and the lines around it. In another version of the document it follows the text: to where
//! all of it stands, however far it moved, else to where most of it stands, else it is stale. Blanks at the end of a
//! line count for nothing.

use super::difference::LineMap;
use std::collections::HashMap;
use std::ops::Range;

/// Lines kept on each side of the text.
pub const AROUND: usize = 3;

/// Places that are compared, at most, of a text that stands in a document again and again.
const MOST_PLACES: usize = 64;

/// Of this share of the words is the text when it has changed and is still the same.
const SAME: f64 = 0.6;
/// With a smaller share it is only offered.
const ALIKE: f64 = 0.3;
/// Lines on each side of the expected place in which a line alike is looked for.
const REACH: usize = 200;
/// Lines of a text that are compared word by word.
const MOST_COMPARED: usize = 400;

/// The lines of a document, ready to be searched.
#[derive(Debug)]
pub struct IndexedLines<'t> {
    lines: Vec<&'t str>,
    /// Where each line stands, in order.
    places: HashMap<&'t str, Vec<u32>>,
}

/// What a reference keeps.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Anchor {
    /// Its lines.
    pub text: Vec<String>,
    /// Lines above, from the top.
    pub before: Vec<String>,
    /// Lines below.
    pub after: Vec<String>,
    /// The first line, from 0, in the version that it was taken from.
    pub first: u32,
}

/// Where an anchor's text is. Lines count from 0.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Placement {
    /// All of it is here.
    Found(Range<u32>),
    /// It was edited, and is still the same for the most part.
    Edited(Range<u32>),
    /// It is gone; some lines may be what became of it.
    Gone(Option<Range<u32>>),
}

impl<'t> IndexedLines<'t> {
    /// Of a text.
    pub fn of(text: &'t str) -> IndexedLines<'t> {
        let lines: Vec<&str> = text.lines().map(str::trim_end).collect();
        let mut places: HashMap<&str, Vec<u32>> = HashMap::new();
        for (at, line) in lines.iter().enumerate() {
            places.entry(line).or_default().push(at as u32);
        }
        IndexedLines { lines, places }
    }

    /// The lines, without blanks at their ends.
    pub fn lines(&self) -> &[&'t str] {
        &self.lines
    }

    fn places(&self, line: &str) -> &[u32] {
        self.places.get(line).map_or(&[], Vec::as_slice)
    }
}

impl Anchor {
    /// Keeps `range` of the lines; nothing where there are no such lines.
    pub fn take(lines: &[&str], range: Range<u32>) -> Option<Anchor> {
        let (start, end) = (range.start as usize, range.end as usize);
        let owned = |lines: &[&str]| lines.iter().map(|line| line.trim_end().to_owned()).collect();
        let text = lines.get(start..end).filter(|text| !text.is_empty())?;
        Some(Anchor {
            text: owned(text),
            before: owned(&lines[start.saturating_sub(AROUND)..start]),
            after: owned(&lines[end..(end + AROUND).min(lines.len())]),
            first: range.start,
        })
    }

    fn length(&self) -> u32 {
        self.text.len() as u32
    }

    /// Where the text is in `document`. `map` leads from the version that the anchor was taken from to this one, where
    /// that version is still known: it tells equal places apart and finds a text that was rewritten.
    pub fn place(&self, document: &IndexedLines<'_>, map: Option<&LineMap>) -> Placement {
        let mapped = map.map(|map| map.of_lines(&(self.first..self.first + self.length())));
        let expected = mapped.as_ref().map_or(self.first, |range| range.start);
        if let Some(start) = self.find(document, expected) {
            return Placement::Found(start..start + self.length());
        }
        let candidates = [mapped, self.shared(document, expected), self.between(document, expected)];
        let best = candidates.into_iter().flatten().filter_map(|range| {
            let lines = document.lines.get(range.start as usize..range.end as usize)?;
            (!lines.is_empty()).then(|| (self.likeness(lines), range))
        });
        match best.max_by(|a, b| a.0.total_cmp(&b.0)) {
            Some((likeness, range)) if likeness >= SAME => Placement::Edited(range),
            Some((likeness, range)) if likeness >= ALIKE => Placement::Gone(Some(range)),
            _ => Placement::Gone(self.alike(document, expected)),
        }
    }

    /// Where all of the text stands: with most of its surroundings, then nearest to `expected`.
    fn find(&self, document: &IndexedLines<'_>, expected: u32) -> Option<u32> {
        let offset_and_places = self.text.iter().enumerate().map(|(at, line)| (at as u32, document.places(line)));
        let (offset, places) = offset_and_places.min_by_key(|(_, places)| places.len())?;
        let is_here = |start: u32| {
            let there = document.lines.get(start as usize..(start + self.length()) as usize);
            there.is_some_and(|there| there.iter().zip(&self.text).all(|(a, b)| a == b))
        };
        let starts = nearest(places, expected + offset).filter_map(|place| place.checked_sub(offset));
        let found = starts.filter(|start| is_here(*start));
        found.max_by_key(|start| (self.surroundings(document, *start), std::cmp::Reverse(start.abs_diff(expected))))
    }

    /// How many of the lines around a place are as they were.
    fn surroundings(&self, document: &IndexedLines<'_>, start: u32) -> usize {
        let (start, end) = (start as usize, (start + self.length()) as usize);
        let above = document.lines[..start].iter().rev().zip(self.before.iter().rev());
        let below = document.lines[end.min(document.lines.len())..].iter().zip(&self.after);
        let same =
            |pairs: &mut dyn Iterator<Item = (&&str, &String)>| pairs.take_while(|(a, b)| **a == b.as_str()).count();
        same(&mut above.into_iter()) + same(&mut below.into_iter())
    }

    /// The place that most lines of the text vote for.
    fn shared(&self, document: &IndexedLines<'_>, expected: u32) -> Option<Range<u32>> {
        let mut votes: HashMap<u32, (usize, u32)> = HashMap::new();
        for (offset, line) in self.text.iter().enumerate().take(MOST_COMPARED).filter(|(_, line)| !line.is_empty()) {
            for place in nearest(document.places(line), expected + offset as u32) {
                let start = place.saturating_sub(offset as u32);
                let vote = votes.entry(start).or_insert((0, u32::MAX - start.abs_diff(expected)));
                vote.0 += 1;
            }
        }
        let (start, _) = votes.into_iter().max_by_key(|(start, vote)| (*vote, std::cmp::Reverse(*start)))?;
        let end = (start + self.length()).min(document.lines.len() as u32);
        (start < end).then_some(start..end)
    }

    /// What stands between the lines that were around the text.
    fn between(&self, document: &IndexedLines<'_>, expected: u32) -> Option<Range<u32>> {
        let (above, below) = (self.before.last()?, self.after.first()?);
        let most = 2 * self.length() + 10;
        let pairs = nearest(document.places(above), expected).filter_map(|above| {
            let below = document.places(below);
            let next = below.get(below.partition_point(|place| *place <= above + 1))?;
            (next - above - 1 <= most).then_some(above + 1..*next)
        });
        pairs.min_by_key(|range| range.start.abs_diff(expected))
    }

    /// The line nearest to `expected` that resembles the first line of the text which says something.
    fn alike(&self, document: &IndexedLines<'_>, expected: u32) -> Option<Range<u32>> {
        let (offset, line) = self.text.iter().enumerate().find(|(_, line)| line.chars().any(char::is_alphanumeric))?;
        let middle = (expected as usize + offset).min(document.lines.len());
        let from = middle.saturating_sub(REACH);
        let around = document.lines.iter().enumerate().skip(from).take(2 * REACH);
        let best = around.map(|(at, other)| (likeness(&[line.as_str()], &[other]), at));
        let (likeness, at) =
            best.max_by(|a, b| a.0.total_cmp(&b.0).then(b.1.abs_diff(middle).cmp(&a.1.abs_diff(middle))))?;
        let start = (at.saturating_sub(offset)) as u32;
        let end = (start + self.length()).min(document.lines.len() as u32);
        (likeness >= ALIKE && start < end).then_some(start..end)
    }

    fn likeness(&self, lines: &[&str]) -> f64 {
        let text: Vec<&str> = self.text.iter().map(String::as_str).collect();
        likeness(&text, lines)
    }
}

/// The share of words that two texts have in common, from 0 to 1.
fn likeness(a: &[&str], b: &[&str]) -> f64 {
    let words = |lines: &[&str]| -> Vec<String> {
        let text = lines.iter().take(MOST_COMPARED).flat_map(|line| line.split(|c: char| !c.is_alphanumeric()));
        text.filter(|word| !word.is_empty()).map(str::to_lowercase).collect()
    };
    let (a, b) = (words(a), words(b));
    if a.is_empty() || b.is_empty() {
        return 0.0;
    }
    let mut counts: HashMap<&str, usize> = HashMap::new();
    a.iter().for_each(|word| *counts.entry(word).or_default() += 1);
    let mut common = 0;
    for word in &b {
        if let Some(count) = counts.get_mut(word.as_str()).filter(|count| **count > 0) {
            *count -= 1;
            common += 1;
        }
    }
    2.0 * f64::from(common) / (a.len() + b.len()) as f64
}

/// The places nearest to `expected`, at most [`MOST_PLACES`].
fn nearest(places: &[u32], expected: u32) -> impl Iterator<Item = u32> {
    let middle = places.partition_point(|place| *place < expected);
    let from = middle.saturating_sub(MOST_PLACES / 2).min(places.len().saturating_sub(MOST_PLACES));
    places[from..].iter().take(MOST_PLACES).copied()
}

#[cfg(test)]
#[path = "anchor/tests.rs"]
mod tests;
