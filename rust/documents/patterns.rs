//! Which files are documents, and what kind each is, by globs relative to the project. Pure.

use crate::contract::Category;
use globset::{GlobBuilder, GlobMatcher, GlobSet, GlobSetBuilder};

/// The globs of a configuration, ready to match.
#[derive(Clone, Debug)]
pub struct DocumentPatterns {
    documents: GlobSet,
    pinned: GlobSet,
    templates: GlobSet,
    /// The first that matches decides.
    categories: Vec<(Category, GlobSet)>,
    folders: Vec<Way>,
}

/// The globs as they are configured.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ConfiguredGlobs {
    /// Files that are documents.
    pub documents: Vec<String>,
    /// Documents that come first.
    pub pinned: Vec<String>,
    /// Documents that new ones are made from.
    pub templates: Vec<String>,
    /// Documents of each category.
    pub categories: Vec<(Category, Vec<String>)>,
}

/// The folders that lead to what a glob matches.
#[derive(Clone, Debug)]
struct Way {
    /// The names on the way, up to a `**` or the file's own.
    names: Vec<GlobMatcher>,
    /// Whether every folder behind them may hold such a file.
    is_open: bool,
}

impl DocumentPatterns {
    /// Globs with a fault match nothing: the configuration refuses them before.
    pub fn of(globs: &ConfiguredGlobs) -> DocumentPatterns {
        // A template is a document as well.
        let documents: Vec<String> = globs.documents.iter().chain(&globs.templates).cloned().collect();
        DocumentPatterns {
            documents: set(&documents, false),
            pinned: set(&globs.pinned, true),
            templates: set(&globs.templates, true),
            categories: globs.categories.iter().map(|(category, globs)| (*category, set(globs, true))).collect(),
            folders: documents.iter().map(|glob| way(glob)).collect(),
        }
    }

    /// Whether the file at `path`, relative to the project, is a document.
    pub fn is_document(&self, path: &str) -> bool {
        self.documents.is_match(path)
    }

    /// Whether a document may lie in `folder` or below it.
    pub fn leads_through(&self, folder: &str) -> bool {
        self.folders.iter().any(|way| way.leads_through(folder))
    }

    /// Whether the document comes first.
    pub fn is_pinned(&self, path: &str) -> bool {
        self.pinned.is_match(path)
    }

    /// Whether new documents are made from it.
    pub fn is_template(&self, path: &str) -> bool {
        self.templates.is_match(path)
    }

    /// The document's category.
    pub fn category(&self, path: &str) -> Category {
        let found = self.categories.iter().find(|(_, globs)| globs.is_match(path));
        found.map_or(Category::General, |(category, _)| *category)
    }
}

impl Way {
    fn leads_through(&self, folder: &str) -> bool {
        let mut names = self.names.iter();
        for part in folder.split('/') {
            match names.next() {
                Some(name) if name.is_match(part) => {}
                Some(_) => return false,
                None => return self.is_open,
            }
        }
        // The last name is the file's own.
        self.is_open || names.next().is_some()
    }
}

fn way(glob: &str) -> Way {
    // A name with alternatives may hold the `/` that would divide it.
    let is_open = glob.contains(['{', '\\']) || glob.split('/').any(|part| part.contains("**"));
    let closed = glob.split('/').take_while(|part| !part.contains("**") && !part.contains(['{', '\\']));
    let names = closed.map(|part| compile(part, false).ok()).map_while(|glob| glob).collect();
    Way { names, is_open }
}

fn compile(glob: &str, any_case: bool) -> Result<GlobMatcher, String> {
    let made = GlobBuilder::new(glob).literal_separator(true).case_insensitive(any_case).build();
    made.map(|glob| glob.compile_matcher()).map_err(|error| error.kind().to_string())
}

fn set(globs: &[String], any_case: bool) -> GlobSet {
    let mut set = GlobSetBuilder::new();
    for glob in globs {
        if let Ok(glob) = GlobBuilder::new(glob).literal_separator(true).case_insensitive(any_case).build() {
            set.add(glob);
        }
    }
    set.build().unwrap_or_default()
}

/// What is wrong with a glob, as the end of a sentence.
pub fn fault(glob: &str) -> Option<String> {
    if glob.is_empty() || glob.len() > 500 {
        return Some("a pattern is a text of at most 500 bytes".to_owned());
    }
    if glob.starts_with('/') || glob.split('/').any(|part| part == "..") {
        return Some(format!("`{glob}` leads out of the project: patterns are relative to it"));
    }
    compile(glob, false).err().map(|why| format!("`{glob}` is no pattern: {why}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn patterns(globs: &[&str]) -> DocumentPatterns {
        let documents = globs.iter().map(|glob| (*glob).to_owned()).collect();
        DocumentPatterns::of(&ConfiguredGlobs { documents, ..ConfiguredGlobs::default() })
    }

    #[test]
    fn only_folders_that_lead_to_documents_are_entered() {
        let usual = patterns(&["*.md", "docs/**/*.md", ".claude/**/*.md", "a*/b/x.md"]);
        for (folder, leads) in [
            ("docs", true),
            ("docs/a/b", true),
            (".claude/commands", true),
            ("src", false),
            ("src/docs", false),
            ("ab", true),
            ("ab/b", true),
            ("ab/b/c", false),
            ("ab/c", false),
        ] {
            assert_eq!(usual.leads_through(folder), leads, "{folder}");
        }
        assert!(patterns(&["**/*.md"]).leads_through("a/b/c"));
        assert!(patterns(&["{a,b/c}/*.md"]).leads_through("b/c"));
        assert!(!patterns(&["*.md"]).leads_through("a"));
    }

    #[test]
    fn a_star_stays_in_its_folder() {
        let usual = patterns(&["*.md", "docs/**/*.md"]);
        let is = ["a.md", "docs/a.md", "docs/b/c/a.md"].map(|path| usual.is_document(path));
        let is_not = ["src/a.md", "a.txt", "docsx/a.md"].map(|path| usual.is_document(path));
        assert_eq!((is, is_not), ([true; 3], [false; 3]));
    }

    #[test]
    fn the_first_category_that_matches_decides() {
        let categories = vec![
            (Category::Instructions, vec!["**/CLAUDE.md".to_owned()]),
            (Category::Plans, vec!["**/*plan*.md".to_owned()]),
        ];
        let globs = ConfiguredGlobs { categories, pinned: vec!["README.md".into()], ..ConfiguredGlobs::default() };
        let patterns = DocumentPatterns::of(&globs);
        let found = ["docs/claude.md", "PLAN.md", "x.md"].map(|path| patterns.category(path));
        assert_eq!(found, [Category::Instructions, Category::Plans, Category::General]);
        assert!(patterns.is_pinned("readme.md") && !patterns.is_pinned("docs/readme.md"));
    }

    #[test]
    fn a_faulty_glob_is_told() {
        assert_eq!(fault("docs/**/*.md"), None);
        for glob in ["", "/etc/*", "../x.md", "a/../b", "[", "{a"] {
            assert!(fault(glob).is_some(), "{glob}");
        }
    }
}
