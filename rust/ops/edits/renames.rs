//! Where renamed files come from: `but` names the new path only, and what was deleted under the old one may be another's.

use crate::attribution::{Ledger, Version};
use crate::commits::change::{ChangeKind, DiffHunk, FileChange};
use crate::error::Result;
use crate::vcs::git::Git;
use std::collections::HashMap;

/// For each renamed path the old ones that it may come from, of those with a ledger. Mostly there is one; there is none
/// where nobody saw the deletion.
pub type Origins = HashMap<String, Vec<String>>;

/// Finds them: git finds a renaming by content, so the old file must be one that the change starts from.
pub async fn origins(
    git: &Git,
    changes: &[FileChange],
    hunks: &[DiffHunk],
    ledgers: &HashMap<String, Ledger>,
) -> Result<Origins> {
    let mut origins = Origins::new();
    let renamed: Vec<&FileChange> = changes.iter().filter(|change| change.kind == ChangeKind::Renamed).collect();
    if renamed.is_empty() {
        return Ok(origins);
    }
    let mut gone: Vec<(&String, Vec<u8>)> = Vec::new();
    for path in gone_from(changes, ledgers) {
        gone.extend(git.cat_blob("HEAD", path).await?.map(|bytes| (path, bytes)));
    }
    for change in renamed {
        let hunks: Vec<&DiffHunk> =
            hunks.iter().filter(|hunk| hunk.path == change.path && !hunk.body.is_empty()).collect();
        let now = ledgers.get(&change.path).and_then(|ledger| ledger.version().text());
        let fits = |old: &[u8]| match hunks.is_empty() {
            true => now.is_none_or(|now| now == old),
            false => hunks.iter().all(|hunk| starts_from(hunk, old)),
        };
        let found = gone.iter().filter(|(_, old)| fits(old)).map(|(path, _)| (*path).clone()).collect();
        origins.insert(change.path.clone(), found);
    }
    Ok(origins)
}

/// Files that are deleted and that no change names.
pub fn gone_from<'l>(changes: &[FileChange], ledgers: &'l HashMap<String, Ledger>) -> Vec<&'l String> {
    let gone = |(path, ledger): &(&String, &Ledger)| {
        *ledger.version() == Version::absent() && !changes.iter().any(|change| change.path == **path)
    };
    ledgers.iter().filter(gone).map(|(path, _)| path).collect()
}

/// Whether the lines that the hunk has from before are the old file's. `but` shows no `\r` and replaces what is not UTF-8.
fn starts_from(hunk: &DiffHunk, old: &[u8]) -> bool {
    let text = String::from_utf8_lossy(old);
    let first = usize::try_from(hunk.old_start.saturating_sub(1)).unwrap_or(usize::MAX);
    let mut there = text.split('\n').map(|line| line.trim_end_matches('\r')).skip(first);
    let before = hunk.body.lines().skip(1).filter(|line| line.starts_with([' ', '-']));
    before.map(|line| line[1..].trim_end_matches('\r')).all(|line| there.next() == Some(line))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::commits::change::HunkContent;

    #[test]
    fn a_hunk_starts_from_the_file_with_its_lines() {
        let body = "@@ -2,2 +2,2 @@\n two\n-three\n+drei\n\\ No newline at end of file\n".to_owned();
        let (id, path) = ("h0".to_owned(), "new".to_owned());
        let hunk = DiffHunk {
            id,
            path,
            content: HunkContent::Lines,
            old_start: 2,
            old_lines: 2,
            new_start: 2,
            new_lines: 2,
            body,
        };
        assert!(starts_from(&hunk, b"one\r\ntwo\r\nthree"));
        assert!(!starts_from(&hunk, b"two\nthree\n"));
        assert!(!starts_from(&hunk, b"one\ntwo\n"));
    }
}
