//! Ledgers that were replaced: a program that takes edits away and brings them back, as `git stash` does, makes no edit.

use super::{Content, Ledger};
use std::collections::{HashMap, VecDeque};

/// Bytes of content that are remembered at most.
const MOST: usize = 32 << 20;
/// Versions of one file.
const VERSIONS: usize = 4;

/// The ledgers of a tree that were replaced lately, to be found by what the file held.
#[derive(Debug, Default)]
pub struct Past {
    ledgers: HashMap<String, VecDeque<Ledger>>,
    bytes: usize,
}

impl Past {
    /// The file holds something else now, or nothing uncommitted.
    pub fn remember(&mut self, path: &str, ledger: &Ledger) {
        if ledger.owners().is_empty() || size(ledger) + self.bytes > MOST {
            return;
        }
        let kept = self.ledgers.entry(path.to_owned()).or_default();
        kept.retain(|kept| {
            let is_other = kept.version() != ledger.version();
            self.bytes -= if is_other { 0 } else { size(kept) };
            is_other
        });
        if kept.len() == VERSIONS
            && let Some(oldest) = kept.pop_front()
        {
            self.bytes -= size(&oldest);
        }
        self.bytes += size(ledger);
        kept.push_back(ledger.clone());
    }

    /// The file's ledgers, oldest first. Where it holds again what it held then, everyone's edits are back.
    pub fn of(&self, path: &str) -> Vec<Ledger> {
        self.ledgers.get(path).into_iter().flatten().cloned().collect()
    }

    /// What was committed meanwhile may differ.
    pub fn forget(&mut self) {
        *self = Past::default();
    }
}

fn size(ledger: &Ledger) -> usize {
    match &ledger.version().content {
        Content::Text(text) => text.len(),
        Content::Opaque { hash } => hash.len(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::attribution::{FileKind, Owner, Version};

    #[test]
    fn a_few_versions_of_each_file_are_remembered() {
        let version = |n: usize| Version::of(FileKind::File, format!("{n}\n").into_bytes());
        let ledger = |n| Ledger::first(&Version::absent(), &version(n), &Owner::User);
        let mut past = Past::default();
        (0..6).chain([4, 5]).for_each(|n| past.remember("x", &ledger(n)));
        assert_eq!(past.of("x"), [2, 3, 4, 5].map(ledger));
        assert_eq!((past.of("y"), past.bytes), (Vec::new(), 8));
        past.remember("x", &Ledger::first(&version(9), &version(9), &Owner::User));
        assert_eq!(past.of("x").len(), 4, "nothing of it was uncommitted");
        past.forget();
        assert_eq!((past.of("x"), past.bytes), (Vec::new(), 0));
    }
}
