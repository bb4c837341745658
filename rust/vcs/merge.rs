//! Three versions of a file made one, by `git merge-file`.

use super::git::{Git, failed};
use crate::error::{Error, Result};
use crate::foreign;

/// The most conflicts that `git merge-file` counts in its exit code; above them it tells an error.
const MOST_CONFLICTS: i32 = 127;

/// What came of a merge.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Merged {
    /// The file; with conflict markers where both sides changed the same lines.
    pub bytes: Vec<u8>,
    /// How many conflicts are in it.
    pub conflicts: usize,
}

/// Merges what `ours` and `theirs` made of `base`. The markers' labels are these three words.
pub async fn three_way(git: &Git, ours: &[u8], base: &[u8], theirs: &[u8]) -> Result<Merged> {
    let cannot = |error: std::io::Error| Error::internal(format!("cannot write three versions to merge: {error}"));
    let folder = tempfile::tempdir().map_err(cannot)?;
    let mut args: Vec<std::ffi::OsString> = ["merge-file", "-p"].map(Into::into).into();
    for label in ["ours", "base", "theirs"] {
        args.extend(["-L", label].map(Into::into));
    }
    for (name, bytes) in [("ours", ours), ("base", base), ("theirs", theirs)] {
        let (file, bytes) = (folder.path().join(name), bytes.to_vec());
        foreign::ask(&file, move |file| foreign::write(file, bytes)).await.flatten().map_err(cannot)?;
        args.push(file.into());
    }
    let ended = git.ask(&args).await?;
    match ended.code {
        Some(conflicts @ 0..=MOST_CONFLICTS) => Ok(Merged { bytes: ended.stdout, conflicts: conflicts as usize }),
        _ => Err(failed(&args, &ended)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contract::Code;

    #[tokio::test]
    async fn what_does_not_touch_is_merged_and_what_does_is_marked() {
        let folder = tempfile::tempdir().unwrap();
        let git = Git::at(folder.path());
        let merge = async |ours: &str, base: &str, theirs: &str| {
            three_way(&git, ours.as_bytes(), base.as_bytes(), theirs.as_bytes()).await
        };
        let clean = merge("a\n1\n2\n3\nz\n", "0\n1\n2\n3\nz\n", "0\n1\n2\n3\nb\n").await.unwrap();
        assert_eq!(clean, Merged { bytes: b"a\n1\n2\n3\nb\n".to_vec(), conflicts: 0 });
        let torn = merge("a\n", "", "b\n").await.unwrap();
        assert_eq!(torn.conflicts, 1);
        assert_eq!(torn.bytes, b"<<<<<<< ours\na\n=======\nb\n>>>>>>> theirs\n");
        assert_eq!(merge("\0", "a\n", "b\n").await.unwrap_err().code, Code::GitFailed, "binary files are not merged");
    }
}
