//! Whatever a `but` prints, nothing panics, hangs or grows without bound.

use super::{ButStatus, Refusal, diff};
use crate::attribution::{Hunk, Ledger, Owner, Version};
use crate::commits::change::DiffHunk;
use crate::commits::net::Net;
use crate::commits::plan::{ShownTree, plan};
use chorus_testkit::damage::numbers;
use std::collections::BTreeSet;

const DIFFS: [&str; 2] = [
    include_str!("../../../tests/fixtures/gitbutler/new/diff.json"),
    include_str!("../../../tests/fixtures/gitbutler/old/diff.json"),
];

/// A text with pieces cut out, doubled, or replaced by what a program may stumble over.
fn damaged(text: &str, next: &mut impl FnMut(usize) -> usize) -> String {
    const ODD: [&str; 14] = [
        "4294967295",
        "-1",
        "1e400",
        "99999999999999999999",
        "null",
        "[",
        "{",
        "\"",
        "\\u0000",
        "\\ud800",
        "@@",
        "\u{fffd}",
        "0",
        "\\n+",
    ];
    let mut bytes = text.as_bytes().to_vec();
    for _ in 0..=next(4) {
        let from = next(bytes.len());
        let to = (from + next(40)).min(bytes.len());
        let piece = match next(3) {
            0 => Vec::new(),
            1 => ODD[next(ODD.len())].as_bytes().to_vec(),
            _ => bytes[from..to].repeat(2),
        };
        bytes.splice(from..to, piece);
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// A number in the place of each number.
fn renumbered(text: &str, next: &mut impl FnMut(usize) -> usize) -> String {
    const EDGES: [u64; 7] = [0, 1, 2, 41, 4_294_967_294, 4_294_967_295, 4_294_967_296];
    let mut out = String::new();
    let mut digits = false;
    for c in text.chars() {
        match c.is_ascii_digit() {
            true if !digits && next(3) == 0 => out += &EDGES[next(EDGES.len())].to_string(),
            true if digits => {}
            _ => out.push(c),
        }
        digits = c.is_ascii_digit();
    }
    out
}

/// Everything that reads hunks.
fn read(hunks: &[DiffHunk], status: &ButStatus) {
    let text = |lines: usize| Version::of(crate::attribution::FileKind::File, "line\n".repeat(lines).into_bytes());
    for hunk in hunks {
        Net::of_hunks([hunk]).digest();
        let wide = |count: u32| count as usize;
        let old = (wide(hunk.old_start), wide(hunk.old_lines));
        let its = Hunk::of(old, (wide(hunk.new_start), wide(hunk.new_lines)), &hunk.body);
        for lines in [0, 1, 40] {
            let mut ledger = Ledger::first(&text(0), &text(lines), &Owner::User);
            assert!(!ledger.owners_of(&its).is_empty() || its.lines.is_empty() || hunk.signed().is_empty());
            ledger.assign(&its, &Owner::Task("a".into()));
        }
    }
    let tree = ShownTree { changes: &status.changes, conflicted: &status.conflicted, hunks };
    plan("a", "chorus/a", tree, &mut |_, _| BTreeSet::from([Owner::Task("a".into())]));
}

#[test]
fn damaged_differences() {
    let empty = ButStatus::parse(r#"{"uncommittedChanges":[],"stacks":[]}"#).unwrap();
    for seed in 0..200 {
        let mut next = numbers(seed);
        for whole in DIFFS {
            let text = if seed % 2 == 0 { damaged(whole, &mut next) } else { renumbered(whole, &mut next) };
            if let Ok(hunks) = diff::parse(&text) {
                read(&hunks, &empty);
            }
        }
    }
}

#[test]
fn damaged_states_and_words() {
    let hunks = diff::parse(DIFFS[0]).unwrap();
    let status = include_str!("../../../tests/fixtures/gitbutler/new/status.json");
    let words = [
        include_str!("../../../tests/fixtures/gitbutler/new/depends.txt"),
        include_str!("../../../tests/fixtures/gitbutler/new/conflicts.txt"),
        include_str!("../../../tests/fixtures/gitbutler/new/apply_conflict.json"),
    ];
    for seed in 0..150 {
        let mut next = numbers(seed);
        if let Ok(status) = ButStatus::parse(&damaged(status, &mut next)) {
            read(&hunks, &status);
        }
        for text in words {
            let text = damaged(text, &mut next);
            for refusal in [Refusal::read(&text, "", 1), Refusal::read("", &text, 1), Refusal::read(&text, &text, 2)] {
                assert!(refusal.to_string().len() < 4000, "{refusal}");
                refusal.hint("chorus/a");
            }
        }
    }
}

#[test]
fn a_nesting_without_end_is_refused() {
    for open in ["[", "{\"changes\":[", "{\"stacks\":[{\"branches\":["] {
        let text = open.repeat(200_000);
        assert!(diff::parse(&text).is_err() && ButStatus::parse(&text).is_err());
        Refusal::read(&text, &text, 1);
    }
}
