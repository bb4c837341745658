//! After the tree was rewritten: every uncommitted edit is still in it.

use super::files::{committed_content, merge};
use super::intent::RewriteIntent;
use crate::error::Result;
use crate::paths::Content;
use crate::vcs::commit::is_of_then;
use crate::vcs::git::Git;
use crate::vcs::rescue;

/// Puts back uncommitted edits that are gone; paths that are not as they should be. With `again` what was written long
/// after the intent is somebody's later work.
pub(super) async fn verify(git: &Git, intent: &RewriteIntent, again: bool) -> Result<Vec<String>> {
    let own = intent.action.files();
    let mut different = Vec::new();
    for (path, entry) in intent.rescue.changed(git).await? {
        if own.contains(path.as_str()) || (again && !is_of_then(git, intent.at, &path).await?) {
            continue;
        }
        let Some(before) = intent.rescue.entries.get(&path) else { continue };
        let before = rescue::content(git, &path, before).await?;
        let now = rescue::content(git, &path, &entry).await?;
        let base = committed_content(git, &intent.head, &path).await;
        let (base, head) = match (base, committed_content(git, "HEAD", &path).await) {
            (Ok(base), Ok(head)) => (base, head),
            (Err(error), _) | (_, Err(error)) => {
                // A filter that fails is the matter of its file alone.
                log::warn!("cannot check {path}: {error}");
                different.push(path);
                continue;
            }
        };
        let wanted = match () {
            () if before == base => continue,
            () if head == base => Some(before),
            () => merge(git, &head, &base, &before).await?,
        };
        if wanted.as_ref() == Some(&now) {
            continue;
        }
        // The committed file, or none: the edit is gone. Anything else was written by somebody.
        let is_gone = now == head || now == Content::Absent;
        let put_back = match wanted {
            Some(Content::Other) | None => false,
            Some(_) if !is_gone => false,
            Some(wanted) => {
                let wanted = rescue::entry_of(git, wanted).await?;
                rescue::replace(git, &path, &entry, &wanted).await?
            }
        };
        if put_back {
            log::warn!("uncommitted edits of {path} were put back");
        } else {
            different.push(path);
        }
    }
    Ok(different)
}
