//! Locks of references that a killed `but` leaves behind: every later commit would fail on them.

use crate::status::Millis;
use crate::vcs::git::Git;
use std::collections::{BTreeMap, HashMap};
use std::os::unix::fs::MetadataExt;
use std::path::PathBuf;
use std::time::Duration;

/// Git holds such a lock for milliseconds; one that stays this long has no owner.
const HELD: Duration = Duration::from_secs(1);

/// Takes away the locks of the references that a commit writes, where they stay after `but` is known to be dead. The
/// index's lock is left: it may be somebody's who edits a message, and `but` does not mind it.
pub(in crate::vcs) async fn clear(git: &Git, at: Millis, tips: &BTreeMap<String, String>) {
    let found = there(git, at, tips);
    if found.is_empty() {
        return;
    }
    tokio::time::sleep(HELD).await;
    let still = there(git, at, tips);
    for (path, file) in found {
        if still.get(&path) == Some(&file) {
            log::warn!("a lock that but left is taken away: {}", path.display());
            // Gone is as good.
            let _ = std::fs::remove_file(path);
        }
    }
}

/// The locks made since the intent, each with what tells it from a later one.
fn there(git: &Git, at: Millis, tips: &BTreeMap<String, String>) -> HashMap<PathBuf, (u64, i64, i64)> {
    let folder = git.folder.join(".git");
    let own =
        ["HEAD", "refs/heads/gitbutler/workspace", "refs/heads/gitbutler/target", "packed-refs"].map(str::to_owned);
    let names = own.into_iter().chain(tips.keys().map(|name| format!("refs/heads/{name}")));
    let lock = |name: String| {
        let path = folder.join(format!("{name}.lock"));
        let facts = std::fs::symlink_metadata(&path).ok()?;
        (facts.mtime() * 1000 + 1000 >= at).then(|| (path, (facts.ino(), facts.mtime(), facts.mtime_nsec())))
    };
    names.filter_map(lock).collect()
}
