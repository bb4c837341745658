//! Finding the documents of a project. Only folders that lead to documents are entered, none that git ignores, and none
//! behind a link.

use crate::documents::patterns::DocumentPatterns;
use crate::foreign::fs;
use crate::paths::ignore_rules;
use crate::status::Millis;
use ignore::Match;
use ignore::gitignore::Gitignore;
use std::fs::{DirEntry, Metadata};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

/// Documents of one project.
const MOST_DOCUMENTS: usize = 50_000;
/// Folders that are entered.
const MOST_FOLDERS: usize = 20_000;
/// Folders in each other.
const DEEPEST: usize = 64;

/// What tells that a file was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct DocumentStat {
    /// Bytes.
    pub size: u64,
    /// Nanoseconds.
    modified: i128,
    changed: i128,
    inode: u64,
}

/// What a walk found.
#[derive(Debug, Default)]
pub struct Walked {
    /// Paths from the project's root; those of one folder are neighbors.
    pub documents: Vec<String>,
    /// The folders that were entered, from the project's root; the root is the empty one.
    pub folders: Vec<String>,
    /// Whether something was left out for its number.
    pub cut: bool,
}

impl DocumentStat {
    pub(super) fn of(found: &Metadata) -> DocumentStat {
        let nanoseconds = |seconds: i64, rest: i64| i128::from(seconds) * 1_000_000_000 + i128::from(rest);
        DocumentStat {
            size: found.size(),
            modified: nanoseconds(found.mtime(), found.mtime_nsec()),
            changed: nanoseconds(found.ctime(), found.ctime_nsec()),
            inode: found.ino(),
        }
    }

    /// Of the regular file there, through no link.
    pub fn at(path: &Path) -> Option<DocumentStat> {
        fs::symlink_metadata(path).ok().filter(Metadata::is_file).map(|found| DocumentStat::of(&found))
    }

    /// When it last was written, renamed or otherwise changed, on the wall clock.
    pub fn changed_at(&self) -> Millis {
        i64::try_from(self.changed / 1_000_000).unwrap_or_default()
    }

    /// When it was written, on the wall clock.
    pub fn modified_at(&self) -> Millis {
        i64::try_from(self.modified / 1_000_000).unwrap_or_default()
    }
}

/// Every document below `root`. `has_git` says whether what git ignores is left out. `enter` hears of each folder before
/// its entries are read, so that what is made there afterwards is not missed by who watches it.
pub fn walk(root: &Path, patterns: &DocumentPatterns, has_git: bool, enter: &mut dyn FnMut(&str)) -> Walked {
    let general = if has_git { ignore_rules::general(root) } else { Vec::new() };
    let mut walk = Walk { patterns, has_git, general, rules: Vec::new(), walked: Walked::default(), enter };
    walk.enter(root.to_owned(), String::new(), 0);
    walk.walked
}

/// The documents that lie in `folder` itself. It is a folder that [`walk`] entered.
pub fn list(root: &Path, folder: &str, patterns: &DocumentPatterns, has_git: bool) -> Vec<String> {
    let general = if has_git { ignore_rules::general(root) } else { Vec::new() };
    let enter = &mut |_: &str| {};
    let mut walk = Walk { patterns, has_git, general, rules: Vec::new(), walked: Walked::default(), enter };
    if has_git {
        let parents = folder.match_indices('/').map(|(end, _)| &folder[..end]);
        let above = [""].into_iter().filter(|_| !folder.is_empty()).chain(parents);
        walk.rules = above.map(|parent| ignore_rules::of_folder(&root.join(parent))).collect();
    }
    walk.enter(root.join(folder), folder.to_owned(), DEEPEST);
    walk.walked.documents
}

struct Walk<'p> {
    patterns: &'p DocumentPatterns,
    has_git: bool,
    general: Vec<Gitignore>,
    /// Of the folders above, from the root.
    rules: Vec<Option<Gitignore>>,
    walked: Walked,
    enter: &'p mut dyn FnMut(&str),
}

impl Walk<'_> {
    fn enter(&mut self, folder: PathBuf, name: String, depth: usize) {
        if self.walked.folders.len() >= MOST_FOLDERS {
            self.walked.cut = true;
            return;
        }
        (self.enter)(&name);
        // A folder that vanished, or that may not be read, holds nothing.
        let Ok(entries) = fs::read_dir(&folder) else { return };
        self.rules.push(if self.has_git { ignore_rules::of_folder(&folder) } else { None });
        for entry in entries.flatten() {
            self.see(&entry, &name, depth);
        }
        self.rules.pop();
        self.walked.folders.push(name);
    }

    fn see(&mut self, entry: &DirEntry, folder: &str, depth: usize) {
        // A path that is no UTF-8 cannot be told to a client.
        let Ok(name) = entry.file_name().into_string() else { return };
        let Ok(kind) = entry.file_type() else { return };
        let path = if folder.is_empty() { name } else { format!("{folder}/{name}") };
        if kind.is_dir() {
            let is_entered = depth < DEEPEST
                && entry.file_name() != ".git"
                && self.patterns.leads_through(&path)
                && !self.is_ignored(entry, &path, true)
                // Another repository's documents are not this project's.
                && fs::symlink_metadata(entry.path().join(".git")).is_err();
            if is_entered {
                self.enter(entry.path(), path, depth + 1);
            }
        } else if kind.is_file() && self.patterns.is_document(&path) && !self.is_ignored(entry, &path, false) {
            if self.walked.documents.len() >= MOST_DOCUMENTS {
                self.walked.cut = true;
            } else {
                self.walked.documents.push(path);
            }
        }
    }

    /// The nearest rule that matches decides; the folders above are known not to be ignored.
    fn is_ignored(&self, entry: &DirEntry, path: &str, is_folder: bool) -> bool {
        for rules in self.rules.iter().rev().flatten() {
            match rules.matched(entry.path(), is_folder) {
                Match::Ignore(_) => return true,
                Match::Whitelist(_) => return false,
                Match::None => {}
            }
        }
        self.general.iter().any(|rules| rules.matched(path, is_folder).is_ignore())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::documents::patterns::ConfiguredGlobs;
    use std::fs;

    fn usual() -> DocumentPatterns {
        let documents = ["*.md", "docs/**/*.md", ".claude/**/*.md"].map(str::to_owned).into();
        DocumentPatterns::of(&ConfiguredGlobs { documents, ..ConfiguredGlobs::default() })
    }

    fn sorted(mut paths: Vec<String>) -> Vec<String> {
        paths.sort();
        paths
    }

    #[test]
    fn documents_are_found_and_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path();
        for file in [
            "a.md",
            "a.txt",
            "src/b.md",
            "docs/c.md",
            "docs/d/e.md",
            "docs/out/f.md",
            "docs/d/g.tmp.md",
            ".claude/commands/h.md",
            "docs/other/.git/HEAD",
            "docs/other/i.md",
            ".git/j.md",
            "docs/d/kept.tmp.md",
        ] {
            let file = root.join(file);
            fs::create_dir_all(file.parent().unwrap()).unwrap();
            fs::write(file, "# x\n").unwrap();
        }
        fs::write(root.join(".gitignore"), "out/\n*.tmp.md\n").unwrap();
        fs::write(root.join("docs/d/.gitignore"), "!kept.tmp.md\n").unwrap();
        std::os::unix::fs::symlink("..", root.join("docs/loop")).unwrap();
        std::os::unix::fs::symlink("../a.md", root.join("docs/link.md")).unwrap();
        assert!(std::process::Command::new("mkfifo").arg(root.join("docs/pipe.md")).status().unwrap().success());
        fs::create_dir(root.join("docs/pipe")).unwrap();
        assert!(
            std::process::Command::new("mkfifo").arg(root.join("docs/pipe/.gitignore")).status().unwrap().success()
        );

        let walked = walk(root, &usual(), true, &mut |_| {});
        let mut folders = walked.folders.clone();
        folders.sort();
        assert_eq!(folders, ["", ".claude", ".claude/commands", "docs", "docs/d", "docs/pipe"]);
        let expected = [".claude/commands/h.md", "a.md", "docs/c.md", "docs/d/e.md", "docs/d/kept.tmp.md"];
        assert_eq!(sorted(walked.documents), expected);
        assert_eq!(sorted(list(root, "docs/d", &usual(), true)), ["docs/d/e.md", "docs/d/kept.tmp.md"]);
        assert_eq!(sorted(list(root, "", &usual(), true)), ["a.md"]);
        let all = walk(root, &usual(), false, &mut |_| {});
        assert_eq!(all.documents.len(), 7, "without git nothing is ignored");
        assert!(!all.cut);
    }
}
