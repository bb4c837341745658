//! `but diff --json`, both grammars: the hunks of what is uncommitted.

use super::refusal::{Refusal, Result};
use crate::commits::change::{DiffHunk, HunkContent};
use serde::Deserialize;

/// Reads what `but diff --json` printed.
pub fn parse(text: &str) -> Result<Vec<DiffHunk>> {
    let raw: Raw = serde_json::from_str(text).map_err(|error| Refusal::garbage("diff", &error, text))?;
    Ok(raw.changes.into_iter().flat_map(RawChange::hunks).collect())
}

#[derive(Deserialize)]
struct Raw {
    changes: Vec<RawChange>,
}

#[derive(Deserialize)]
struct RawChange {
    id: String,
    path: String,
    diff: Option<RawDiff>,
}

#[derive(Deserialize)]
struct RawDiff {
    #[serde(rename = "type")]
    kind: String,
    #[serde(default)]
    hunks: Vec<RawHunk>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RawHunk {
    old_start: u32,
    old_lines: u32,
    new_start: u32,
    new_lines: u32,
    diff: String,
}

impl RawChange {
    fn hunks(self) -> Vec<DiffHunk> {
        let (kind, hunks) = self.diff.map(|diff| (diff.kind, diff.hunks)).unwrap_or_default();
        let content = match kind.as_str() {
            "patch" if !hunks.is_empty() => HunkContent::Lines,
            "tooLarge" => HunkContent::TooLarge,
            _ => HunkContent::Whole,
        };
        let (id, path) = (self.id, self.path);
        let hunk = |raw: RawHunk| DiffHunk {
            id: id.clone(),
            path: path.clone(),
            content,
            old_start: raw.old_start,
            old_lines: raw.old_lines,
            new_start: raw.new_start,
            new_lines: raw.new_lines,
            body: raw.diff,
        };
        if content == HunkContent::Lines {
            return hunks.into_iter().map(hunk).collect();
        }
        vec![hunk(RawHunk { old_start: 0, old_lines: 0, new_start: 0, new_lines: 0, diff: String::new() })]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_hunk_has_its_own_id() {
        let hunks = parse(include_str!("../../../tests/fixtures/gitbutler/new/diff.json")).unwrap();
        let seen: Vec<_> = hunks.iter().map(|hunk| (hunk.id.as_str(), hunk.path.as_str(), hunk.new_start)).collect();
        assert_eq!(seen, [("nk:e", "a.txt", 1), ("nk:f", "a.txt", 27)]);
        assert_eq!(hunks[0].signed(), ["-line 3", "+line 3 by A"]);
        assert_eq!((hunks[1].signed(), hunks[1].new_lines), (vec!["-line 30", "+line 30 by B"], 7));
    }

    #[test]
    fn the_old_grammar_is_read() {
        let hunks = parse(include_str!("../../../tests/fixtures/gitbutler/old/diff.json")).unwrap();
        assert_eq!(hunks.iter().map(|hunk| hunk.id.as_str()).collect::<Vec<_>>(), ["n0", "o0", "p0"]);
        assert_eq!((hunks[0].signed(), hunks[0].new_start, hunks[0].new_lines), (vec!["+A1"], 38, 4));
    }

    #[test]
    fn what_has_no_lines_goes_as_a_whole() {
        let text = r#"{"changes":[{"id":"qp:q","path":"bin","status":"modified","diff":{"type":"patch","hunks":[]}},
            {"id":"b","path":"b","diff":{"type":"binary"}},{"id":"t","path":"t","diff":{"type":"tooLarge","sizeInBytes":9}},
            {"id":"n","path":"n","diff":null}]}"#;
        let contents: Vec<_> = parse(text).unwrap().iter().map(|hunk| hunk.content).collect();
        assert_eq!(contents, [HunkContent::Whole, HunkContent::Whole, HunkContent::TooLarge, HunkContent::Whole]);
        assert!(matches!(parse("[]"), Err(Refusal::Garbage(_))));
    }
}
