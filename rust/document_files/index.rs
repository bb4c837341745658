//! What is known of a project's documents, kept so that only what changed is read again. Blocks.

use super::walk::{DocumentStat, list};
use super::{heads, walk};
use crate::contract::Category;
use crate::documents::outline::Head;
use crate::documents::patterns::DocumentPatterns;
use crate::foreign::fs;
use crate::status::Millis;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Files that change at once before all folders are read again rather than each of theirs.
const MOST_AT_ONCE: usize = 500;

/// Milliseconds by which the time of a file may lag behind the clock: the kernel stamps files with the last tick.
const TICK: Millis = 20;

/// Documents that are gone and remembered.
const MOST_GONE: usize = 10_000;

/// The documents of one project.
#[derive(Debug)]
pub struct DocumentIndex {
    root: PathBuf,
    patterns: Arc<DocumentPatterns>,
    has_git: bool,
    /// By path.
    documents: BTreeMap<String, IndexedDocument>,
    folders: BTreeSet<String>,
    /// Whether some were left out for their number.
    pub cut: bool,
    /// What git tracks although it ignores it.
    beside: Vec<String>,
    /// Counts the changes.
    generation: u64,
    /// Documents that are gone, and since which generation.
    gone: BTreeMap<String, u64>,
}

/// One document.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct IndexedDocument {
    /// As the file system describes it.
    pub stat: DocumentStat,
    /// What it says about itself.
    pub head: Head,
    /// Its category.
    pub category: Category,
    /// Whether it comes first.
    pub pinned: bool,
    /// Whether new documents are made from it.
    pub template: bool,
    /// The generation in which it was there first.
    since: u64,
}

impl DocumentIndex {
    /// Reads all of it. `beside` is what git tracks although it ignores it, asked for when the rest was read, and `enter`
    /// hears of folders as in [`walk`].
    pub fn read(
        root: &Path,
        patterns: Arc<DocumentPatterns>,
        has_git: bool,
        beside: impl FnOnce() -> Vec<String>,
        enter: &mut dyn FnMut(&str),
    ) -> DocumentIndex {
        let mut index = DocumentIndex {
            root: root.to_owned(),
            patterns,
            has_git,
            documents: BTreeMap::new(),
            folders: BTreeSet::new(),
            cut: false,
            beside: Vec::new(),
            generation: 1,
            gone: BTreeMap::new(),
        };
        index.read_folders(&mut BTreeMap::new(), enter);
        index.beside = beside();
        index.read_beside(&mut BTreeMap::new());
        index
    }

    /// Git tracks these files although it ignores them; the next [`DocumentIndex::renew`] of all takes that in.
    pub fn track_beside(&mut self, beside: Vec<String>) {
        self.beside = beside;
    }

    /// The documents by path.
    pub fn documents(&self) -> &BTreeMap<String, IndexedDocument> {
        &self.documents
    }

    /// Another number after each change.
    pub fn generation(&self) -> u64 {
        self.generation
    }

    /// The documents that came when the one at `path` went, those of its name first. What was there before is no other
    /// place of it but a copy. Of a document that was gone from the beginning: those that were made, written or renamed
    /// later than `last_there`. `of_wall` brings the times of files, which are on the wall clock, onto that one's clock.
    pub fn came_for(&self, path: &str, last_there: Millis, of_wall: impl Fn(Millis) -> Millis) -> Vec<String> {
        let came = |document: &IndexedDocument| match self.gone.get(path) {
            // The kernel reports the two names of a renamed file one after the other.
            Some(gone) => document.since + 1 >= *gone && document.since > 1,
            None => of_wall(document.stat.changed_at()) + TICK > last_there,
        };
        let name = |path: &str| path.rsplit('/').next().map(str::to_owned);
        let found = self.documents.iter().filter(|(other, document)| *other != path && came(document));
        let mut found: Vec<String> = found.map(|(other, _)| other.clone()).collect();
        found.sort_by_key(|other| name(other) != name(path));
        found
    }

    /// The folders in which documents may appear, from the project's root.
    pub fn folders(&self) -> &BTreeSet<String> {
        &self.folders
    }

    /// Takes in that something happened to these paths; an empty set stands for anything anywhere. Returns the documents
    /// that are new, different or gone.
    pub fn renew(&mut self, touched: &BTreeSet<PathBuf>, enter: &mut dyn FnMut(&str)) -> Vec<String> {
        let before = self.documents.clone();
        self.generation += 1;
        match self.folders_of(touched) {
            Some(folders) => folders.iter().for_each(|folder| self.read_folder(folder)),
            None => self.read_all(enter),
        }
        let changed = self.differing_from(&before);
        match changed.is_empty() {
            true => self.generation -= 1,
            false => self.note_gone(&before),
        }
        changed
    }

    /// The documents that are new, different or gone since another index of the project, by whatever globs.
    pub fn differing(&self, before: &DocumentIndex) -> Vec<String> {
        self.differing_from(&before.documents)
    }

    fn differing_from(&self, before: &BTreeMap<String, IndexedDocument>) -> Vec<String> {
        let differs = |path: &&String| before.get(*path) != self.documents.get(*path);
        let changed = before.keys().chain(self.documents.keys()).filter(differs).cloned();
        changed.collect::<BTreeSet<_>>().into_iter().collect()
    }

    fn note_gone(&mut self, before: &BTreeMap<String, IndexedDocument>) {
        self.gone.retain(|path, _| !self.documents.contains_key(path));
        if self.gone.len() > MOST_GONE {
            self.gone.clear();
        }
        let gone = before.keys().filter(|path| !self.documents.contains_key(*path)).cloned();
        self.gone.extend(gone.map(|path| (path, self.generation)));
    }

    /// The folders to be read again; nothing for all of them: rules or folders changed.
    fn folders_of(&self, touched: &BTreeSet<PathBuf>) -> Option<BTreeSet<String>> {
        if touched.is_empty() || touched.len() > MOST_AT_ONCE {
            return None;
        }
        let mut folders = BTreeSet::new();
        for path in touched {
            let path = path.strip_prefix(&self.root).ok().and_then(Path::to_str).unwrap_or_default();
            let is_rules = path.rsplit('/').next() == Some(".gitignore");
            let may_lead = self.patterns.leads_through(path);
            let was_folder = self.folders.contains(path);
            let is_folder = || fs::symlink_metadata(self.root.join(path)).is_ok_and(|found| found.is_dir());
            if is_rules || path.is_empty() || was_folder || (may_lead && is_folder()) {
                return None;
            }
            let parent = path.rsplit_once('/').map_or("", |(parent, _)| parent);
            if self.patterns.is_document(path) && self.folders.contains(parent) {
                folders.insert(parent.to_owned());
            }
        }
        Some(folders)
    }

    fn read_all(&mut self, enter: &mut dyn FnMut(&str)) {
        let mut before = std::mem::take(&mut self.documents);
        self.read_folders(&mut before, enter);
        self.read_beside(&mut before);
    }

    fn read_folders(&mut self, before: &mut BTreeMap<String, IndexedDocument>, enter: &mut dyn FnMut(&str)) {
        let walked = walk(&self.root, &self.patterns, self.has_git, enter);
        self.cut = walked.cut;
        self.folders = walked.folders.into_iter().collect();
        self.put(walked.documents, before);
    }

    fn read_beside(&mut self, before: &mut BTreeMap<String, IndexedDocument>) {
        let is_new = |path: &&String| !self.documents.contains_key(*path) && self.patterns.is_document(path);
        let beside = self.beside.iter().filter(is_new).cloned().collect();
        self.put(beside, before);
    }

    fn read_folder(&mut self, folder: &str) {
        let lies_in = |path: &str| path.rsplit_once('/').map_or("", |(parent, _)| parent) == folder;
        let gone: Vec<String> = self.documents.keys().filter(|path| lies_in(path)).cloned().collect();
        let mut before: BTreeMap<String, IndexedDocument> =
            gone.into_iter().filter_map(|path| self.documents.remove_entry(&path)).collect();
        let mut found = list(&self.root, folder, &self.patterns, self.has_git);
        let beside = self.beside.iter().filter(|path| lies_in(path) && self.patterns.is_document(path));
        found.extend(beside.cloned());
        self.put(found, &mut before);
    }

    /// Takes in what was found. What was written since it was `before` is read.
    fn put(&mut self, found: Vec<String>, before: &mut BTreeMap<String, IndexedDocument>) {
        let mut unread = Vec::new();
        for path in found {
            match before.remove(&path) {
                Some(known) if DocumentStat::at(&self.root.join(&path)) == Some(known.stat) => {
                    self.documents.insert(path, known);
                }
                known => unread.push((known.map_or(self.generation, |known| known.since), path)),
            }
        }
        let paths: Vec<&str> = unread.iter().map(|(_, path)| path.as_str()).collect();
        let heads = heads(&self.root, &paths);
        for ((since, path), head) in unread.into_iter().zip(heads) {
            // What vanished in the meantime is no document.
            let Some((stat, head)) = head else { continue };
            let document = IndexedDocument {
                stat,
                head,
                category: self.patterns.category(&path),
                pinned: self.patterns.is_pinned(&path),
                template: self.patterns.is_template(&path),
                since,
            };
            self.documents.insert(path, document);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::documents::patterns::ConfiguredGlobs;
    use std::fs;

    fn index(root: &Path, beside: &[&str]) -> DocumentIndex {
        let documents = ["*.md", "docs/**/*.md"].map(str::to_owned).into();
        let patterns = DocumentPatterns::of(&ConfiguredGlobs { documents, ..ConfiguredGlobs::default() });
        let beside = || beside.iter().map(|path| (*path).to_owned()).collect();
        DocumentIndex::read(root, patterns.into(), true, beside, &mut |_| {})
    }

    fn touched(root: &Path, paths: &[&str]) -> BTreeSet<PathBuf> {
        paths.iter().map(|path| root.join(path)).collect()
    }

    #[test]
    fn what_changed_is_read_again_and_told() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path();
        fs::create_dir_all(root.join("docs/deep")).unwrap();
        for path in ["a.md", "docs/b.md", "docs/deep/c.md"] {
            fs::write(root.join(path), "# One\n").unwrap();
        }
        let mut index = index(root, &[]);
        let renew = |index: &mut DocumentIndex, paths: &[&str]| index.renew(&touched(root, paths), &mut |_| {});
        let title = |index: &DocumentIndex, path: &str| index.documents()[path].head.title.clone().unwrap();
        assert_eq!(title(&index, "docs/b.md"), "One");
        assert!(renew(&mut index, &["docs/b.md"]).is_empty());

        fs::write(root.join("docs/b.md"), "# Two, longer\n").unwrap();
        fs::write(root.join("docs/new.md"), "# New\n").unwrap();
        fs::remove_file(root.join("a.md")).unwrap();
        assert_eq!(renew(&mut index, &["docs/b.md", "docs/new.md", "a.md"]), ["a.md", "docs/b.md", "docs/new.md"]);
        assert_eq!(title(&index, "docs/b.md"), "Two, longer");

        fs::rename(root.join("docs/deep"), root.join("docs/deeper")).unwrap();
        let moved = renew(&mut index, &["docs/deep", "docs/deeper"]);
        assert_eq!(moved, ["docs/deep/c.md", "docs/deeper/c.md"]);
        assert!(index.folders().contains("docs/deeper") && !index.folders().contains("docs/deep"));

        fs::write(root.join(".gitignore"), "docs/deeper/\n").unwrap();
        assert_eq!(renew(&mut index, &[".gitignore"]), ["docs/deeper/c.md"]);
    }

    #[test]
    fn what_git_tracks_is_there_although_it_is_ignored() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path();
        fs::write(root.join(".gitignore"), "*.md\n").unwrap();
        fs::write(root.join("a.md"), "# A\n").unwrap();
        fs::write(root.join("b.md"), "# B\n").unwrap();
        let mut index = index(root, &["b.md", "gone.md", "x.txt"]);
        let renew = |index: &mut DocumentIndex, paths: &[&str]| index.renew(&touched(root, paths), &mut |_| {});
        assert_eq!(index.documents().keys().collect::<Vec<_>>(), ["b.md"]);
        fs::write(root.join("b.md"), "# Bee\n").unwrap();
        assert_eq!(renew(&mut index, &["b.md"]), ["b.md"]);
        index.track_beside(vec!["a.md".to_owned()]);
        assert_eq!(renew(&mut index, &[".gitignore"]), ["a.md", "b.md"]);
    }

    #[test]
    fn only_what_came_when_a_document_went_can_be_its_new_place() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path();
        fs::create_dir(root.join("docs")).unwrap();
        fs::write(root.join("a.md"), "# A\n").unwrap();
        fs::write(root.join("docs/copy.md"), "# A\n").unwrap();
        let mut index = index(root, &[]);
        let renew = |index: &mut DocumentIndex, paths: &[&str]| index.renew(&touched(root, paths), &mut |_| {});
        fs::write(root.join("docs/later.md"), "# A\n").unwrap();
        renew(&mut index, &["docs/later.md"]);
        fs::write(root.join("docs/more.md"), "# More\n").unwrap();
        renew(&mut index, &["docs/more.md"]);
        let generation = index.generation();
        assert!(renew(&mut index, &["docs/more.md"]).is_empty());
        assert_eq!(index.generation(), generation);
        fs::write(root.join("docs/copy.md"), "# A\n\nEdited.\n").unwrap();
        renew(&mut index, &["docs/copy.md"]);
        fs::rename(root.join("a.md"), root.join("docs/moved.md")).unwrap();
        // The two names come one after the other.
        renew(&mut index, &["docs/moved.md"]);
        renew(&mut index, &["a.md"]);
        let same = |stamp| stamp;
        assert_eq!(index.came_for("a.md", 0, same), ["docs/moved.md"]);
        let all = ["docs/copy.md", "docs/later.md", "docs/more.md", "docs/moved.md"];
        assert_eq!(index.came_for("never.md", 0, same), all);
        assert!(index.came_for("never.md", Millis::MAX, same).is_empty());
        // The wall clock was set back by an hour before all of this.
        let hour = 3_600_000;
        let last_there = index.documents()["docs/copy.md"].stat.changed_at() + hour / 2;
        assert!(index.came_for("never.md", last_there, same).is_empty());
        assert_eq!(index.came_for("never.md", last_there, |stamp| stamp + hour), all);
    }

    #[test]
    fn a_folder_is_announced_before_it_is_read() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path();
        fs::create_dir(root.join("docs")).unwrap();
        let documents = ["docs/**/*.md".to_owned()].into();
        let patterns = DocumentPatterns::of(&ConfiguredGlobs { documents, ..ConfiguredGlobs::default() });
        let mut announced = Vec::new();
        let mut enter = |name: &str| {
            announced.push(name.to_owned());
            fs::write(root.join(name).join("made_now.md"), "# Made now\n").unwrap();
        };
        let index = DocumentIndex::read(root, patterns.into(), false, Vec::new, &mut enter);
        assert!(index.documents().contains_key("docs/made_now.md"));
        assert_eq!(announced, ["", "docs"]);
    }
}
