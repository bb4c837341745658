//! Writing a kept path back: whole beside it, then in its place in one step, and only where what is there is expected.

use super::{Mode, RescueEntry, beside};
use crate::contract::Code;
use crate::error::{Error, Result};
use crate::foreign::fs;
use crate::paths::{Beneath, Content, replace_expected};
use crate::vcs::git::Git;
use std::path::Path;

/// Puts `new` in the place of what is expected at a path; false where something else is there, which then stays.
pub(super) async fn replace(git: &Git, path: &str, expected: &RescueEntry, new: &RescueEntry) -> Result<bool> {
    let (expected, new) = (content(git, path, expected).await?, content(git, path, new).await?);
    if expected == Content::Other || new == Content::Other {
        return Ok(false);
    }
    let (root, at) = (git.folder.clone(), path.to_owned());
    let done = beside(move || {
        let done = replace_expected(&root, &at, &expected, &new)?;
        if done && new == Content::Absent && Beneath::find(&root, &at).is_ok_and(|place| place.is_some()) {
            // As git does: a folder goes with its last file.
            let parents = Path::new(&at).ancestors().skip(1).filter(|parent| !parent.as_os_str().is_empty());
            parents.map_while(|parent| fs::remove_dir(root.join(parent)).ok()).for_each(drop);
        }
        Ok(done)
    });
    done.await?.map_err(|error| cannot(path, &error))
}

/// What an entry says is there.
pub(super) async fn content(git: &Git, path: &str, entry: &RescueEntry) -> Result<Content> {
    let (mode, oid) = match entry {
        RescueEntry::Absent => return Ok(Content::Absent),
        RescueEntry::Watched { .. } => return Ok(Content::Other),
        RescueEntry::Kept { mode, oid, .. } => (mode, oid),
    };
    let blob = git.bytes(&["cat-file", "blob", oid]).await;
    let bytes = blob.map_err(|error| error.context(format!("cannot write {path}")))?;
    Ok(match mode {
        Mode::Link => Content::Link(bytes),
        Mode::File | Mode::Executable => Content::File { bytes, executable: *mode == Mode::Executable },
    })
}

pub(super) fn cannot(path: &str, error: &std::io::Error) -> Error {
    Error::new(Code::GitFailed, format!("cannot write {path}: {error}"))
}
