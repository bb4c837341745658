//! A merge of two texts line by line, to which lines beside each other are no conflict: the old program's.

use super::answer::Refusal;
use super::change::{self, Content, Hunk, Place};
use super::git::Git;

/// One side's changed places with the lines that they bring.
type Edits = Vec<(Place, Vec<Vec<u8>>)>;

/// Tries to bring a path together where git saw a conflict; the merged blob when no line was changed by both.
pub fn merge(git: &Git, path: &str, base: &str, ours: &str, theirs: &str) -> Result<Option<String>, Refusal> {
    let (Some(ours), Some(theirs)) = (edits(git, path, base, ours)?, edits(git, path, base, theirs)?) else {
        return Ok(None);
    };
    let Some(text) = git.read(&format!("{base}:{path}"))? else { return Ok(None) };
    let mut all: Edits = ours.into_iter().chain(theirs).collect();
    all.sort_by_key(|(place, _)| place.old);
    let overlap = |one: &Place, next: &Place| one.old.0 + one.old.1 > next.old.0 || one.old == next.old;
    if all.windows(2).any(|pair| overlap(&pair[0].0, &pair[1].0)) {
        return Ok(None);
    }
    let lines: Vec<&[u8]> = text.split_inclusive(|byte| *byte == b'\n').collect();
    let (mut merged, mut at) = (Vec::new(), 0);
    for (place, new) in &all {
        let start = (place.old.0 - 1).min(lines.len());
        lines[at.min(start)..start].iter().for_each(|line| merged.extend_from_slice(line));
        new.iter().for_each(|line| merged.extend_from_slice(line));
        at = start + place.old.1;
    }
    lines[at.min(lines.len())..].iter().for_each(|line| merged.extend_from_slice(line));
    git.write_blob(&merged).map(Some)
}

/// What a side did to a text; nothing when it is no text there.
fn edits(git: &Git, path: &str, base: &str, side: &str) -> Result<Option<Edits>, Refusal> {
    let change = change::between(git, base, side)?.into_iter().find(|change| change.path == path);
    let Some(change) = change.filter(|change| change.kind() == "modified") else { return Ok(None) };
    let Content::Hunks(hunks) = &change.content else { return Ok(None) };
    Ok(Some(hunks.iter().flat_map(of_hunk).collect()))
}

fn of_hunk(hunk: &Hunk) -> Edits {
    let new: Vec<Vec<u8>> = hunk
        .lines
        .iter()
        .filter(|line| matches!(line[0], b' ' | b'+'))
        .map(|line| [&line[1..], b"\n"].concat())
        .collect();
    let first = hunk.new.0.max(1);
    let lines = |place: &Place| new[place.new.0 - first..place.new.0 - first + place.new.1].to_vec();
    hunk.places().into_iter().map(|place| (place.clone(), lines(&place))).collect()
}
