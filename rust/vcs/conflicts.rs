//! Commits that conflict since their branch was moved onto a newer upstream (`but pull`): which files.
//!
//! GitButler, both grammars, keeps such a commit with the sides of the conflict in its tree, and names the files in
//! `.conflict-files`, which is TOML: `ancestorEntries`, `ourEntries`, `theirEntries`.

use super::but::ButStatus;
use super::git::Git;
use crate::error::Result;
use std::collections::BTreeSet;

/// The commits of a branch that hold conflicts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Conflicts {
    /// Their ids, newest first.
    pub commits: Vec<String>,
    /// The files, by path.
    pub files: BTreeSet<String>,
}

/// Looks at one branch.
pub async fn of(git: &Git, status: &ButStatus, branch: &str) -> Result<Conflicts> {
    let commits = status.branch(branch).map(|found| found.commits.as_slice()).unwrap_or_default();
    let mut found = Conflicts::default();
    for commit in commits.iter().filter(|commit| commit.conflicted) {
        let listed = git.cat_blob(&commit.oid, ".conflict-files").await?.unwrap_or_default();
        found.files.extend(files(&String::from_utf8_lossy(&listed)));
        found.commits.push(commit.oid.clone());
    }
    Ok(found)
}

/// Every name in any list; nothing in a file that cannot be read.
fn files(text: &str) -> BTreeSet<String> {
    let table: toml::Table = text.parse().unwrap_or_default();
    let lists = table.values().filter_map(toml::Value::as_array);
    lists.flatten().filter_map(|name| name.as_str().map(str::to_owned)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_side_names_files() {
        let text = "ancestorEntries = [\"a\", \"b c\"]\nourEntries = [\"a\"]\ntheirEntries = [\"é\"]\n";
        assert_eq!(files(text), ["a", "b c", "é"].map(str::to_owned).into());
        assert_eq!(files("not toml ["), BTreeSet::new());
        assert_eq!(files("a = 1"), BTreeSet::new());
    }
}
