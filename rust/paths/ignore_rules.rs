//! The files with rules that git ignores by, one at a time. Blocks, for a pipe or a device in such a place only until it is
//! seen.

use crate::foreign::{self, fs};
use ignore::gitignore::{Gitignore, GitignoreBuilder};
use std::path::Path;

/// The rules of the user's git configuration and of the repository's own list. Paths are matched as they are from `root`.
pub fn general(root: &Path) -> Vec<Gitignore> {
    let own = rules_of(Path::new(""), &root.join(".git/info/exclude"));
    own.into_iter().chain([Gitignore::global().0]).collect()
}

/// The rules of a folder's own `.gitignore`, where it has one.
pub fn of_folder(folder: &Path) -> Option<Gitignore> {
    let file = folder.join(".gitignore");
    // Git follows no link in that place.
    let is_file = fs::symlink_metadata(&file).is_ok_and(|found| found.is_file());
    is_file.then(|| rules_of(folder, &file))?
}

/// A pipe or a device in the place of the file holds no rules.
fn rules_of(folder: &Path, file: &Path) -> Option<Gitignore> {
    let text = foreign::text(file, foreign::MANY).ok()?;
    let mut rules = GitignoreBuilder::new(folder);
    for line in text.trim_start_matches('\u{feff}').lines() {
        // A line that is no pattern counts for nothing, as in a file.
        let _ = rules.add_line(None, line);
    }
    rules.build().ok()
}
