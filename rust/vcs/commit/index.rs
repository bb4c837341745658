//! Git's index after a commit. `but` (both grammars) often leaves the entries of what it committed as they were: git
//! then shows those paths as changed, and the new grammar's `status` too, for deletions beside a rename.

use crate::error::{Error, Result};
use crate::vcs::git::Git;
use crate::vcs::rescue::RescueEntry;
use std::collections::{BTreeMap, BTreeSet};

/// Sets the index's entries of these paths to what is checked out, where the tree holds just that. Whether any was
/// stale.
pub(super) async fn freshen(git: &Git, paths: &[String]) -> Result<bool> {
    let wanted: BTreeSet<&String> = paths.iter().collect();
    let stale: BTreeMap<String, (String, String)> =
        stale(git).await?.into_iter().filter(|(path, _)| wanted.contains(path)).collect();
    if stale.is_empty() {
        return Ok(false);
    }
    let there = crate::vcs::rescue::read(git, &stale.keys().cloned().collect()).await?;
    let mut input = Vec::new();
    for (path, (mode, oid)) in &stale {
        let clean = match there.get(path) {
            Some(RescueEntry::Absent) => mode == "000000",
            // Its mode alone may be uncommitted still.
            Some(RescueEntry::Kept { mode: real, oid: known, .. }) => {
                let is_file = |mode: &str| mode.starts_with("100");
                oid == known && (mode == real.octal() || (is_file(mode) && is_file(real.octal())))
            }
            _ => false,
        };
        if clean {
            let mode = if mode == "000000" { "0" } else { mode };
            input.extend_from_slice(format!("{mode} {oid}\t{path}\0").as_bytes());
        }
    }
    if input.is_empty() {
        return Ok(false);
    }
    git.feed(&["update-index", "-z", "--index-info"], input).await?;
    Ok(true)
}

/// Takes the sides of a conflict out of the index: the paths are as checked out, and changed in the tree.
pub(super) async fn settle(git: &Git, paths: &[String]) -> Result<()> {
    let mut input = Vec::new();
    for path in paths {
        input.extend_from_slice(format!("0 {}\t{path}\0", "0".repeat(40)).as_bytes());
    }
    if input.is_empty() {
        return Ok(());
    }
    let args: Vec<&str> = ["ls-tree", "-z", "HEAD", "--"].into_iter().chain(paths.iter().map(String::as_str)).collect();
    // `MODE blob OID TAB PATH`, as `update-index` reads it.
    input.extend(git.bytes(&args).await?);
    git.feed(&["update-index", "-z", "--index-info"], input).await.map(drop)
}

/// Where the index is not what is checked out: path, and mode and object as checked out.
async fn stale(git: &Git) -> Result<BTreeMap<String, (String, String)>> {
    let args = ["diff-index", "--cached", "--raw", "-z", "--no-renames", "--no-abbrev", "HEAD"];
    let bytes = git.bytes(&args).await?;
    let text = String::from_utf8_lossy(&bytes);
    let mut parts = text.split('\0');
    let mut stale = BTreeMap::new();
    while let (Some(facts), Some(path)) = (parts.next(), parts.next()) {
        let words: Vec<&str> = facts.trim_start_matches(':').split(' ').collect();
        let [mode, _, oid, _, kind] = words[..] else {
            return Err(Error::internal(format!("git diff-index answered {facts:?}")));
        };
        if kind != "U" {
            stale.insert(path.to_owned(), (mode.to_owned(), oid.to_owned()));
        }
    }
    Ok(stale)
}
