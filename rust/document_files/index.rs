//! What is known of a project's documents, kept so that only what changed is read again. Blocks.

use super::walk::{DocumentStat, list};
use super::{FoundDocument, head, walk};
use crate::documents::outline::Head;
use crate::documents::patterns::DocumentPatterns;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// Files that change at once before all folders are read again rather than each of theirs.
const MOST_AT_ONCE: usize = 500;

/// The documents of one project.
#[derive(Debug)]
pub struct DocumentIndex {
    root: PathBuf,
    patterns: DocumentPatterns,
    has_git: bool,
    /// By path.
    documents: BTreeMap<String, IndexedDocument>,
    folders: BTreeSet<String>,
    /// Whether some were left out for their number.
    pub cut: bool,
    /// What git tracks although it ignores it.
    beside: Vec<String>,
}

/// One document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IndexedDocument {
    /// As the file system describes it.
    pub stat: DocumentStat,
    /// What it says about itself.
    pub head: Head,
}

impl DocumentIndex {
    /// Reads all of it. `beside` is what git tracks although it ignores it.
    pub fn read(root: &Path, patterns: DocumentPatterns, has_git: bool, beside: Vec<String>) -> DocumentIndex {
        let mut index = DocumentIndex {
            root: root.to_owned(),
            patterns,
            has_git,
            documents: BTreeMap::new(),
            folders: BTreeSet::new(),
            cut: false,
            beside,
        };
        index.read_all();
        index
    }

    /// The documents by path.
    pub fn documents(&self) -> &BTreeMap<String, IndexedDocument> {
        &self.documents
    }

    /// The globs.
    pub fn patterns(&self) -> &DocumentPatterns {
        &self.patterns
    }

    /// The folders in which documents may appear, from the project's root.
    pub fn folders(&self) -> &BTreeSet<String> {
        &self.folders
    }

    /// Takes in that something happened to these paths; an empty set stands for anything anywhere. Returns the documents
    /// that are new, different or gone.
    pub fn renew(&mut self, touched: &BTreeSet<PathBuf>) -> Vec<String> {
        let before = self.documents.clone();
        match self.folders_of(touched) {
            Some(folders) => folders.iter().for_each(|folder| self.read_folder(folder)),
            None => self.read_all(),
        }
        let differs = |path: &&String| before.get(*path) != self.documents.get(*path);
        before
            .keys()
            .chain(self.documents.keys())
            .filter(differs)
            .cloned()
            .collect::<BTreeSet<_>>()
            .into_iter()
            .collect()
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
            let is_folder = || std::fs::symlink_metadata(self.root.join(path)).is_ok_and(|found| found.is_dir());
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

    fn read_all(&mut self) {
        let walked = walk(&self.root, &self.patterns, self.has_git);
        self.cut = walked.cut;
        self.folders = walked.folders.into_iter().collect();
        let mut before = std::mem::take(&mut self.documents);
        for found in walked.documents {
            let known = before.remove(&found.path);
            self.put(found, known);
        }
        for path in self.beside.clone() {
            let is_new = !self.documents.contains_key(&path) && self.patterns.is_document(&path);
            if let Some(stat) = is_new.then(|| DocumentStat::at(&self.root.join(&path))).flatten() {
                let known = before.remove(&path);
                self.put(FoundDocument { path, stat }, known);
            }
        }
    }

    fn read_folder(&mut self, folder: &str) {
        let lies_in = |path: &str| path.rsplit_once('/').map_or("", |(parent, _)| parent) == folder;
        let gone: Vec<String> = self.documents.keys().filter(|path| lies_in(path)).cloned().collect();
        let mut before: BTreeMap<String, IndexedDocument> =
            gone.into_iter().filter_map(|path| self.documents.remove_entry(&path)).collect();
        let mut found = list(&self.root, folder, &self.patterns, self.has_git);
        let beside = self.beside.iter().filter(|path| lies_in(path) && self.patterns.is_document(path));
        let beside = beside.filter_map(|path| Some((path, DocumentStat::at(&self.root.join(path))?)));
        found.extend(beside.map(|(path, stat)| FoundDocument { path: path.clone(), stat }));
        for found in found {
            let known = before.remove(&found.path);
            self.put(found, known);
        }
    }

    fn put(&mut self, FoundDocument { path, stat }: FoundDocument, known: Option<IndexedDocument>) {
        let known = known.filter(|known| known.stat == stat);
        let document = known.unwrap_or_else(|| IndexedDocument { stat, head: head(&self.root, &path) });
        self.documents.insert(path, document);
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
        DocumentIndex::read(root, patterns, true, beside.iter().map(|path| (*path).to_owned()).collect())
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
        let title = |index: &DocumentIndex, path: &str| index.documents()[path].head.title.clone().unwrap();
        assert_eq!(title(&index, "docs/b.md"), "One");
        assert!(index.renew(&touched(root, &["docs/b.md"])).is_empty());

        fs::write(root.join("docs/b.md"), "# Two, longer\n").unwrap();
        fs::write(root.join("docs/new.md"), "# New\n").unwrap();
        fs::remove_file(root.join("a.md")).unwrap();
        assert_eq!(
            index.renew(&touched(root, &["docs/b.md", "docs/new.md", "a.md"])),
            ["a.md", "docs/b.md", "docs/new.md"]
        );
        assert_eq!(title(&index, "docs/b.md"), "Two, longer");

        fs::rename(root.join("docs/deep"), root.join("docs/deeper")).unwrap();
        let moved = index.renew(&touched(root, &["docs/deep", "docs/deeper"]));
        assert_eq!(moved, ["docs/deep/c.md", "docs/deeper/c.md"]);
        assert!(index.folders().contains("docs/deeper") && !index.folders().contains("docs/deep"));

        fs::write(root.join(".gitignore"), "docs/deeper/\n").unwrap();
        assert_eq!(index.renew(&touched(root, &[".gitignore"])), ["docs/deeper/c.md"]);
    }

    #[test]
    fn what_git_tracks_is_there_although_it_is_ignored() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path();
        fs::write(root.join(".gitignore"), "*.md\n").unwrap();
        fs::write(root.join("a.md"), "# A\n").unwrap();
        fs::write(root.join("b.md"), "# B\n").unwrap();
        let mut index = index(root, &["b.md", "gone.md", "x.txt"]);
        assert_eq!(index.documents().keys().collect::<Vec<_>>(), ["b.md"]);
        fs::write(root.join("b.md"), "# Bee\n").unwrap();
        assert_eq!(index.renew(&touched(root, &["b.md"])), ["b.md"]);
    }
}
