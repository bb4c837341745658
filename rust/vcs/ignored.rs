//! Which folders of a working tree git ignores whole, without asking git about each path.

use crate::error::{Code, Error, Result};
use crate::foreign;
use crate::paths::ignore_rules;
use crate::vcs::scan;
use ignore::Match;
use ignore::gitignore::Gitignore;
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// Rules may change: they are read again after this.
const FRESH: Duration = Duration::from_secs(5);
/// More folders' rules than these are not remembered.
const MOST: usize = 1000;

/// The rules of one tree, read as they are needed.
pub struct IgnoredFolders {
    root: PathBuf,
    /// What git tracks although it ignores it.
    tracked: Vec<String>,
    /// Git's configuration and the repository's own list.
    general: Vec<Gitignore>,
    /// `.gitignore` files by folder, relative to the root.
    of_folder: HashMap<String, Option<Gitignore>>,
    read: Instant,
}

impl IgnoredFolders {
    /// Of the working tree at `root`.
    pub async fn of(root: &Path) -> Result<IgnoredFolders> {
        let tracked = scan::tracked_though_ignored(root).await?;
        Ok(IgnoredFolders {
            root: root.to_owned(),
            tracked,
            general: read_general(root).await?,
            of_folder: HashMap::new(),
            read: Instant::now(),
        })
    }

    /// Whether the rules should be read again.
    pub fn is_stale(&self) -> bool {
        self.read.elapsed() > FRESH || self.of_folder.len() > MOST
    }

    /// The outermost folder above `path` in which git tracks nothing and finds nothing new.
    pub fn above(&mut self, path: &str) -> Option<String> {
        let ends = path.match_indices('/').map(|(end, _)| end);
        let folders: Vec<&str> = ends.map(|end| &path[..end]).collect();
        let found = folders.into_iter().find(|folder| self.is_ignored(folder))?;
        let holds = |tracked: &String| tracked.strip_prefix(found).is_some_and(|rest| rest.starts_with('/'));
        (!self.tracked.iter().any(holds)).then(|| found.to_owned())
    }

    /// The nearest rule that matches decides; the folders above are known not to be ignored.
    fn is_ignored(&mut self, folder: &str) -> bool {
        let parents = std::iter::successors(Some(folder), |path| path.rsplit_once('/').map(|(parent, _)| parent));
        let parents: Vec<String> = parents.skip(1).map(str::to_owned).chain([String::new()]).collect();
        for parent in parents {
            let rules = self
                .of_folder
                .entry(parent)
                .or_insert_with_key(|parent| ignore_rules::of_folder(&self.root.join(parent)));
            match rules.as_ref().map_or(Match::None, |rules| rules.matched(self.root.join(folder), true)) {
                Match::Ignore(_) => return true,
                Match::Whitelist(_) => return false,
                Match::None => {}
            }
        }
        self.general.iter().any(|rules| rules.matched(folder, true).is_ignore())
    }
}

async fn read_general(root: &Path) -> Result<Vec<Gitignore>> {
    let asked = root.to_owned();
    let general = foreign::within(root, move || ignore_rules::general(&asked));
    general.await.map_err(|error| Error::new(Code::WrongState, error.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn folders_are_ignored_as_git_does() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path();
        assert!(std::process::Command::new("git").arg("init").arg("-q").current_dir(root).status().unwrap().success());
        std::fs::create_dir_all(root.join("sub/out")).unwrap();
        std::fs::create_dir_all(root.join("build/kept")).unwrap();
        std::fs::write(root.join(".gitignore"), "target/\n/build\nout\n*.log\n").unwrap();
        std::fs::write(root.join("sub/.gitignore"), "!out\n").unwrap();
        std::fs::write(root.join(".git/info/exclude"), "private/\n").unwrap();
        std::fs::write(root.join("build/kept/x"), "x\n").unwrap();
        let add = ["add", "-f", "build/kept/x"];
        assert!(std::process::Command::new("git").args(add).current_dir(root).status().unwrap().success());
        let mut ignored = IgnoredFolders::of(root).await.unwrap();
        assert_eq!(ignored.above("target/debug/x").as_deref(), Some("target"));
        assert_eq!(ignored.above("sub/target/x").as_deref(), Some("sub/target"));
        assert_eq!(ignored.above("sub/out/x"), None, "an inner rule takes it back");
        assert_eq!(ignored.above("private/x").as_deref(), Some("private"));
        assert_eq!(ignored.above("build/x"), None, "something in it is tracked");
        assert_eq!(ignored.above("x.log"), None, "a file of its own");
        assert_eq!(ignored.above("src/a/b"), None);
    }
}
