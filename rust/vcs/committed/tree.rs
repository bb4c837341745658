//! Which commit is checked out, and which paths differ from it.

use super::{AT_ONCE, git, records, with_paths};
use crate::error::Result;
use crate::foreign::{self, fs};
use crate::paths;
use crate::vcs::git::Git;
use crate::vcs::look;
use std::path::{Path, PathBuf};

/// The commit that is checked out; nothing where there is none yet.
pub async fn head(root: &Path) -> Result<Option<String>> {
    let folder = root.to_owned();
    if let Ok(Some(head)) = foreign::within(root, move || loose_head(&folder)).await {
        return Ok(Some(head));
    }
    git(root).head().await
}

/// The same from files alone, which every edit asks for: of a main worktree whose branch has a file. Packed references,
/// other stores of references and linked worktrees are git's to read.
fn loose_head(root: &Path) -> Option<String> {
    let git = root.join(".git");
    let text = foreign::text(&git.join("HEAD"), foreign::FEW).ok()?;
    let branch = text.strip_prefix("ref: ").map(str::trim_end);
    let text = match branch {
        Some(branch) => foreign::text(&git.join(branch), foreign::FEW).ok()?,
        None => text,
    };
    let id = text.trim_end();
    (matches!(id.len(), 40 | 64) && id.bytes().all(|byte| byte.is_ascii_hexdigit())).then(|| id.to_owned())
}

/// Paths that differ between two commits; nothing where git cannot say, as when one of them is gone.
pub async fn between(root: &Path, one: &str, other: &str) -> Result<Option<Vec<String>>> {
    let words = ["diff-tree", "-r", "-z", "--name-only", "--no-renames", one, other, "--"];
    let ended = git(root).ask(&words).await?;
    let path = |record: &[u8]| String::from_utf8(record.to_vec()).ok();
    Ok((ended.code == Some(0)).then(|| records(&ended.stdout).filter_map(path).collect()))
}

/// Paths that differ from what is committed, of `among`, or of all where that is empty; those that are not UTF-8 and
/// nested repositories are left out.
pub async fn dirty(root: &Path, among: &[String]) -> Result<Vec<String>> {
    let mut found = Vec::new();
    let chunks: Vec<&[String]> = if among.is_empty() { vec![&[]] } else { among.chunks(AT_ONCE).collect() };
    for chunk in chunks {
        let words = ["status", "--porcelain", "-z", "-uall", "--no-renames", "--ignore-submodules=all", "--"];
        let listed = git(root).bytes(&with_paths(&words, chunk)).await?;
        let path = |record: &[u8]| String::from_utf8(record.get(3..)?.to_vec()).ok();
        let is_edit =
            |path: &String| !path.ends_with('/') && !Path::new(path).file_name().is_some_and(paths::is_unfinished);
        found.extend(records(&listed).filter_map(path).filter(is_edit));
    }
    Ok(found)
}

/// Whether git ignores the path and does not track it, or it is in another repository.
pub async fn is_ignored(root: &Path, path: &str) -> Result<bool> {
    let asked = PathBuf::from(path);
    let is_in_another = look(root, move |root| {
        let mut parents = asked.ancestors().skip(1).filter(|parent| !parent.as_os_str().is_empty());
        parents.any(|parent| fs::symlink_metadata(root.join(parent).join(".git")).is_ok())
    });
    if is_in_another.await? {
        return Ok(true);
    }
    // `check-ignore` takes no literal paths; a path that begins with `./` has no other meaning. Beyond a link and in a
    // submodule it fails, and such a path is not this repository's either.
    let ended = Git::at(root).ask(&["check-ignore", "-q", "--", &format!("./{path}")]).await?;
    Ok(ended.code != Some(1))
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn run(root: &Path, args: &[&str]) {
        Git::at(root).as_chorus().change(args, Vec::new()).await.unwrap();
    }

    #[tokio::test]
    async fn the_commit_is_found_wherever_the_branch_is_kept() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path();
        run(root, &["init", "-q", "-b", "a/b"]).await;
        std::fs::write(root.join("first"), "").unwrap();
        run(root, &["add", "-A"]).await;
        run(root, &["commit", "-qm", "1"]).await;
        let first = head(root).await.unwrap().unwrap();
        assert_eq!(loose_head(root).as_ref(), Some(&first));
        run(root, &["pack-refs", "--all"]).await;
        assert_eq!((loose_head(root), head(root).await.unwrap()), (None, Some(first.clone())));
        std::fs::rename(root.join("first"), root.join("a\n b")).unwrap();
        run(root, &["add", "-A"]).await;
        run(root, &["commit", "-qm", "2"]).await;
        let second = head(root).await.unwrap().unwrap();
        run(root, &["checkout", "-q", "--detach"]).await;
        assert_eq!(loose_head(root).as_ref(), Some(&second));
        assert_eq!(between(root, &first, &second).await.unwrap(), Some(vec!["a\n b".into(), "first".into()]));
        assert_eq!(between(root, &"1".repeat(40), &second).await.unwrap(), None);
    }

    #[tokio::test]
    async fn what_is_uncommitted_and_what_is_ignored() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path();
        run(root, &["init", "-q"]).await;
        std::fs::create_dir_all(root.join("nested/sub")).unwrap();
        run(&root.join("nested"), &["init", "-q"]).await;
        for path in ["a b", "x.log", "t.log", "nested/f", "*"] {
            std::fs::write(root.join(path), "").unwrap();
        }
        std::fs::write(root.join(".gitignore"), "*.log\n").unwrap();
        run(root, &["add", "-f", "t.log", ".gitignore"]).await;
        let mut all = dirty(root, &[]).await.unwrap();
        all.sort();
        assert_eq!(all, ["*", ".gitignore", "a b", "t.log"]);
        assert_eq!(dirty(root, &["*".into(), "gone".into()]).await.unwrap(), ["*"]);
        let ignored = async |path: &str| is_ignored(root, path).await.unwrap();
        assert!(ignored("x.log").await && ignored("nested/f").await && ignored("nested/sub/new").await);
        assert!(!ignored("a b").await && !ignored("new/*").await && !ignored("t.log").await);
    }
}
