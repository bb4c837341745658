//! The files with rules that git ignores by, one at a time. A pipe of such a name holds up nobody.

use ignore::gitignore::{Gitignore, GitignoreBuilder};
use std::path::Path;

/// The rules of the user's git configuration and of the repository's own list. Paths are matched as they are from `root`.
pub fn general(root: &Path) -> Vec<Gitignore> {
    let mut own = GitignoreBuilder::new("");
    let file = root.join(".git/info/exclude");
    if is_file(&file) {
        own.add(file);
    }
    own.build().into_iter().chain([Gitignore::global().0]).collect()
}

/// The rules of a folder's own `.gitignore`, where it has one.
pub fn of_folder(folder: &Path) -> Option<Gitignore> {
    let file = folder.join(".gitignore");
    if !is_file(&file) {
        return None;
    }
    let mut rules = GitignoreBuilder::new(folder);
    rules.add(file);
    rules.build().ok()
}

fn is_file(path: &Path) -> bool {
    std::fs::symlink_metadata(path).is_ok_and(|found| found.is_file())
}
