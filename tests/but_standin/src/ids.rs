//! Short ids. They differ after every change of the workspace, so nobody may keep them.

use sha2::{Digest, Sha256};
use std::collections::BTreeMap;

/// A hash in hexadecimal.
pub fn hex(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// A hash in the letters `k` to `z`, which no hexadecimal number has.
pub fn letters(bytes: &[u8]) -> String {
    hex(bytes).bytes().map(|digit| char::from(b'z' - (digit as char).to_digit(16).unwrap_or(0) as u8)).collect()
}

/// A change id: 32 letters.
pub fn change_id(seed: &str) -> String {
    letters(seed.as_bytes())[..32].to_owned()
}

/// For each name the shortest start of its id that no other has, at least `least` letters.
pub fn shortest(ids: &[String], least: usize) -> Vec<String> {
    let common = |one: &str, other: &str| one.bytes().zip(other.bytes()).take_while(|(a, b)| a == b).count();
    ids.iter()
        .map(|id| {
            let needed = ids.iter().filter(|other| *other != id).map(|other| common(id, other) + 1).max();
            id[..needed.unwrap_or(0).max(least).min(id.len())].to_owned()
        })
        .collect()
}

/// Ids of files by path.
pub fn files(paths: &[&str], generation: u64) -> BTreeMap<String, String> {
    let ids: Vec<String> = paths.iter().map(|path| letters(format!("{path}\0{generation}").as_bytes())).collect();
    paths.iter().map(|path| (*path).to_owned()).zip(shortest(&ids, 2)).collect()
}

/// The `at`-th of the ids that are only counted: `g0`, `h0`, … `z0`, `g1`, …
pub fn counted(at: usize) -> String {
    let first = char::from(b'g' + (at % 20) as u8);
    let second = char::from_digit((at / 20 % 36) as u32, 36).unwrap_or('0');
    format!("{first}{second}")
}
