//! Locks of references that a killed `but` leaves behind: every later commit would fail on them.
//!
//! A lock that a process has open is somebody's, however long: `git gc` writes many packed references while it holds one.

use crate::foreign::fs;
use crate::process::is_written_by_any;
use crate::status::Millis;
use crate::vcs::git::Git;
use crate::vcs::look;
use std::collections::{BTreeMap, HashMap};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Git holds such a lock for milliseconds; one that stays this long has no owner.
const HELD: Duration = Duration::from_secs(1);

/// The lock of packed references is held while all of them are written, and for a moment closed.
const HELD_PACKED: Duration = Duration::from_secs(10);

/// Takes away the locks of the references that a commit writes, where they stay after `but` is known to be dead. The
/// index's lock is left: it may be somebody's who edits a message, and `but` does not mind it.
pub(in crate::vcs) async fn clear(git: &Git, at: Millis, tips: &BTreeMap<String, String>) {
    let found = there(git, at, tips).await;
    if found.is_empty() {
        return;
    }
    let is_packed = found.keys().any(|path| path.ends_with("packed-refs.lock"));
    tokio::time::sleep(if is_packed { HELD_PACKED } else { HELD }).await;
    let still = there(git, at, tips).await;
    for (path, file) in found {
        if still.get(&path) == Some(&file) && !is_open(&path).await {
            log::warn!("a lock that but left is taken away: {}", path.display());
            // Gone is as good.
            let _ = look(path, fs::remove_file).await;
        }
    }
}

/// Whether a process that may be looked at has it open for writing; assumed where that cannot be found out.
async fn is_open(path: &Path) -> bool {
    let path = path.to_owned();
    tokio::task::spawn_blocking(move || is_written_by_any(&path)).await.unwrap_or(true)
}

/// The locks made since the intent, each with what tells it from a later one.
async fn there(git: &Git, at: Millis, tips: &BTreeMap<String, String>) -> HashMap<PathBuf, (u64, i64, i64)> {
    let own =
        ["HEAD", "refs/heads/gitbutler/workspace", "refs/heads/gitbutler/target", "packed-refs"].map(str::to_owned);
    let heads = tips.keys().map(|name| format!("refs/heads/{name}"));
    let names: Vec<String> = own.into_iter().chain(heads).collect();
    let lock = move |folder: &Path, name: String| {
        let path = folder.join(format!("{name}.lock"));
        let facts = fs::symlink_metadata(&path).ok()?;
        (facts.mtime() * 1000 + 1000 >= at).then(|| (path, (facts.ino(), facts.mtime(), facts.mtime_nsec())))
    };
    let found =
        look(git.folder.join(".git"), move |folder| names.into_iter().filter_map(|name| lock(&folder, name)).collect());
    // Where the file system does not answer, nothing is known of a lock.
    found.await.unwrap_or_default()
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_lock_that_somebody_holds_stays() {
        let folder = tempfile::tempdir().unwrap();
        let git = Git::at(folder.path().canonicalize().unwrap()).as_chorus();
        git.change(&["init", "-q"], Vec::new()).await.unwrap();
        let lock = git.folder.join(".git/HEAD.lock");
        let begun = crate::clock::wall();
        let held = std::fs::File::create(&lock).unwrap();
        clear(&git, begun, &BTreeMap::new()).await;
        assert!(lock.exists());
        drop(held);
        clear(&git, begun + 3_600_000, &BTreeMap::new()).await;
        assert!(lock.exists(), "it is from before");
        clear(&git, begun, &BTreeMap::new()).await;
        assert!(!lock.exists());
    }
}
