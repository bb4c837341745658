//! What is known of each project's documents since the daemon began.

use crate::document_files::DocumentStat;
use crate::document_files::index::DocumentIndex;
use crate::document_files::watch::{FolderWatch, TouchedPaths};
use crate::documents::patterns::{ConfiguredGlobs, DocumentPatterns};
use parking_lot::Mutex;
use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::Notify;

/// The documents of every project that was asked about.
#[derive(Debug, Default)]
pub struct DocumentShelves {
    shelves: Mutex<HashMap<String, Arc<DocumentShelf>>>,
    /// Notified when something happened to a path that is watched, and when there is something to follow up.
    pub heard: Arc<Notify>,
}

/// The documents of one project.
#[derive(Debug, Default)]
pub struct DocumentShelf {
    /// Held while documents are read.
    pub known: Arc<tokio::sync::Mutex<KnownDocuments>>,
    /// What happened since.
    pub touched: Arc<TouchedPaths>,
    /// What was found and not followed up yet.
    pub due: Mutex<DueWork>,
    /// Versions of documents that agents have read, by path.
    pub versions: Mutex<HashMap<String, VersionSeen>>,
    /// Searches for documents that are gone, by path.
    pub searched: Mutex<HashMap<String, FailedSearch>>,
    patterns: Mutex<Option<(ConfiguredGlobs, Arc<DocumentPatterns>)>>,
}

/// What is to be followed up in a project. Whoever finds a change leaves it here, so that none is lost.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DueWork {
    /// Documents that are different, new or gone.
    pub changed: BTreeSet<String>,
    /// Any document may have changed: nothing was known before.
    pub any: bool,
    /// It is to be counted anew which agents know earlier versions, and the documents are to be watched.
    pub recount: bool,
}

/// A search for a document that is gone, which found nothing.
#[derive(Clone, Debug)]
pub struct FailedSearch {
    /// The state of the documents then.
    pub generation: u64,
    /// The commit that was checked out then.
    pub head: Option<String>,
    /// The references that were looked for.
    pub references: BTreeSet<i64>,
}

/// The version of a document when it was last read.
#[derive(Clone, Debug)]
pub struct VersionSeen {
    /// The file then.
    pub stat: DocumentStat,
    /// Its version.
    pub version: String,
}

/// What is known of a project's documents.
#[derive(Debug, Default)]
pub struct KnownDocuments {
    /// Nothing before they were first read.
    pub index: Option<DocumentIndex>,
    /// By which globs.
    pub globs: ConfiguredGlobs,
    /// Nothing where the kernel does not watch all of their folders: they are read again and again.
    pub watch: Option<FolderWatch>,
    /// When all of their folders were read last, and how long that took.
    pub walked: Option<(Instant, Duration)>,
    /// When the kernel last did not watch all of their folders.
    pub unwatched: Option<Instant>,
}

impl DocumentShelves {
    /// The project's documents.
    pub fn of(&self, project: &str) -> Arc<DocumentShelf> {
        self.shelves.lock().entry(project.to_owned()).or_default().clone()
    }

    /// Leaves something to be followed up.
    pub fn request(&self, project: &str, add: impl FnOnce(&mut DueWork)) {
        add(&mut self.of(project).due.lock());
        self.heard.notify_one();
    }

    /// The projects in which something happened or is to be followed up.
    pub fn waiting(&self) -> Vec<String> {
        let shelves = self.shelves.lock();
        shelves.iter().filter(|(_, shelf)| shelf.is_waiting()).map(|(project, _)| project.clone()).collect()
    }

    /// The projects whose documents are known.
    pub fn projects(&self) -> Vec<String> {
        self.shelves.lock().keys().cloned().collect()
    }

    /// Forgets a project's documents, and watches them no more.
    pub fn forget(&self, project: &str) {
        self.shelves.lock().remove(project);
    }
}

impl DocumentShelf {
    fn is_waiting(&self) -> bool {
        !self.touched.is_empty() || *self.due.lock() != DueWork::default()
    }

    /// What `globs` match, made once.
    pub fn patterns(&self, globs: &ConfiguredGlobs) -> Arc<DocumentPatterns> {
        let mut patterns = self.patterns.lock();
        match &*patterns {
            Some((known, made)) if known == globs => made.clone(),
            _ => {
                let made = Arc::new(DocumentPatterns::of(globs));
                *patterns = Some((globs.clone(), made.clone()));
                made
            }
        }
    }
}
