//! Recorded inputs, damaged without a pattern and the same in every run.
//!
//! A failure prints the input. `CHORUS_DAMAGE_SECONDS` goes on with other damage for so long; each test alone takes a second
//! or two.

use serde_json::Value;
use std::time::{Duration, Instant};

/// Damaged inputs of a test, where nothing else is asked for.
const USUAL: u64 = 1500;
/// Bytes of an input, at most.
const LONGEST: usize = 256 * 1024;

/// Numbers without a pattern below the given one.
pub fn numbers(seed: u64) -> impl FnMut(usize) -> usize {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    move |most| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 11) as usize % most.max(1)
    }
}

/// What a reader may stumble over.
const ODD: [&[u8]; 32] = [
    b"\0",
    b"\x1b[",
    b"\x1b]",
    b"\x9b",
    b"\xff",
    b"\xc3",
    b"\xed\xa0\x80",
    "\u{202e}".as_bytes(),
    "e\u{301}".as_bytes(),
    "\u{feff}".as_bytes(),
    b"\r",
    b"\n",
    b"\n\n",
    b"\r\n",
    b"\"",
    b"'",
    b"`",
    b"\\",
    b"{",
    b"}",
    b"[",
    b"]",
    b"$(",
    b"<<E\n",
    b"---\n",
    b"-1",
    b"1e400",
    b"4294967296",
    b"99999999999999999999",
    b"null",
    b"@@",
    b"\\ud800",
];

/// An input with pieces cut out, repeated, swapped with pieces of another, or replaced by what a reader may stumble over.
pub fn damaged(input: &[u8], other: &[u8], next: &mut dyn FnMut(usize) -> usize) -> Vec<u8> {
    let mut bytes = input.to_vec();
    for _ in 0..=next(6) {
        let from = next(bytes.len() + 1);
        let to = (from + next(48)).min(bytes.len());
        let at = next(other.len() + 1);
        let piece = match next(7) {
            0 => Vec::new(),
            1 | 2 => ODD[next(ODD.len())].to_vec(),
            3 => bytes[from..to].repeat(2 + next(3)),
            4 => bytes[from..to].iter().rev().copied().collect(),
            5 => other[at..(at + next(64)).min(other.len())].to_vec(),
            _ => vec![next(256) as u8],
        };
        bytes.splice(from..to, piece);
    }
    // Half an input is what a reader sees while it is written.
    if next(8) == 0 {
        bytes.truncate(next(bytes.len() + 1));
    }
    // A few are deep and long.
    if next(200) == 0 && !bytes.is_empty() {
        let from = next(bytes.len());
        let piece = bytes[from..(from + 1 + next(6)).min(bytes.len())].to_vec();
        bytes.splice(from..from, piece.repeat(20_000));
    }
    bytes.truncate(LONGEST);
    bytes
}

/// A value with some of what is in it replaced by values of another kind.
pub fn other_kinds(value: &Value, next: &mut dyn FnMut(usize) -> usize) -> Value {
    if next(12) == 0 {
        return match next(9) {
            0 => Value::Null,
            1 => Value::Bool(next(2) == 0),
            2 => Value::from(-1),
            3 => Value::from(u64::MAX),
            4 => Value::from(1e300),
            5 => Value::from(""),
            6 => Value::from("x\u{1b}[2J\n\u{202e}".repeat(next(3000))),
            7 => Value::Array(vec![value.clone(); next(3)]),
            _ => Value::Object([("command".to_owned(), value.clone())].into_iter().collect()),
        };
    }
    match value {
        Value::Array(items) => items.iter().map(|item| other_kinds(item, next)).collect(),
        Value::Object(fields) => {
            let kept = fields.iter().filter(|_| next(16) > 0).collect::<Vec<_>>();
            kept.into_iter().map(|(name, field)| (name.clone(), other_kinds(field, next))).collect()
        }
        other => other.clone(),
    }
}

/// The hooks' inputs that were recorded from the real client, without those that cannot be read.
pub fn hooks() -> Vec<Value> {
    let folder = crate::repository().join("tests/fixtures/hooks");
    let mut files: Vec<_> =
        std::fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path()).collect();
    files.sort();
    files.iter().filter_map(|file| serde_json::from_slice(&std::fs::read(file).ok()?).ok()).collect()
}

/// The inputs as they are, then damaged ones.
///
/// # Panics
/// Where `check` does, and without any input.
pub fn each(recorded: &[Vec<u8>], mut check: impl FnMut(&[u8])) {
    assert!(!recorded.is_empty(), "there is no recorded input");
    recorded.iter().for_each(|input| shown(input, &mut check));
    rounds(|next| {
        let (input, other) = (&recorded[next(recorded.len())], &recorded[next(recorded.len())]);
        shown(&damaged(input, other, next), &mut check);
    });
}

/// The same for JSON, of which some is damaged as values and some as text; what is no JSON any more is left out.
///
/// # Panics
/// As of [`each`].
pub fn each_value(recorded: &[Value], mut check: impl FnMut(&Value)) {
    assert!(!recorded.is_empty(), "there is no recorded input");
    let texts: Vec<Vec<u8>> = recorded.iter().map(|value| value.to_string().into_bytes()).collect();
    let mut see = |bytes: &[u8]| {
        if let Ok(value) = serde_json::from_slice(bytes) {
            check(&value);
        }
    };
    texts.iter().for_each(|text| shown(text, &mut see));
    rounds(|next| {
        let at = next(recorded.len());
        let bytes = match next(2) {
            0 => other_kinds(&recorded[at], next).to_string().into_bytes(),
            _ => damaged(&texts[at], &texts[next(recorded.len())], next),
        };
        shown(&bytes, &mut see);
    });
}

/// Round after round, each with numbers of its own.
fn rounds(mut round: impl FnMut(&mut dyn FnMut(usize) -> usize)) {
    let asked = std::env::var("CHORUS_DAMAGE_SECONDS").ok().and_then(|seconds| seconds.parse().ok());
    let (begun, asked) = (Instant::now(), asked.map(Duration::from_secs));
    let mut seed = 0;
    while seed < USUAL || asked.is_some_and(|asked| begun.elapsed() < asked) {
        round(&mut numbers(seed));
        seed += 1;
    }
}

#[expect(clippy::print_stderr, reason = "what a failed test shows")]
fn shown(input: &[u8], check: &mut impl FnMut(&[u8])) {
    struct Shown<'i>(&'i [u8]);
    impl Drop for Shown<'_> {
        fn drop(&mut self) {
            if std::thread::panicking() {
                let most = self.0.len().min(4000);
                eprintln!("the input ({} bytes): b\"{}\"", self.0.len(), self.0[..most].escape_ascii());
            }
        }
    }
    let _shown = Shown(input);
    check(input);
}
