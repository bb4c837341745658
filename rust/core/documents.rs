//! What is known of each project's documents since the daemon began.

use crate::document_files::DocumentStat;
use crate::document_files::index::DocumentIndex;
use crate::document_files::watch::{FolderWatch, TouchedPaths};
use crate::documents::patterns::ConfiguredGlobs;
use parking_lot::Mutex;
use std::collections::HashMap;
use std::sync::Arc;
use tokio::sync::Notify;

/// The documents of every project that was asked about.
#[derive(Debug, Default)]
pub struct DocumentShelves {
    shelves: Mutex<HashMap<String, Arc<DocumentShelf>>>,
    /// Notified when something happened to a path that is watched.
    pub heard: Arc<Notify>,
}

/// The documents of one project.
#[derive(Debug, Default)]
pub struct DocumentShelf {
    /// Held while documents are read.
    pub known: Arc<tokio::sync::Mutex<KnownDocuments>>,
    /// What happened since.
    pub touched: Arc<TouchedPaths>,
    /// Versions of documents that agents have read, by path.
    pub versions: Mutex<HashMap<String, VersionSeen>>,
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
    /// Nothing where the kernel does not watch all of their folders: they are read at every use.
    pub watch: Option<FolderWatch>,
}

impl DocumentShelves {
    /// The project's documents.
    pub fn of(&self, project: &str) -> Arc<DocumentShelf> {
        self.shelves.lock().entry(project.to_owned()).or_default().clone()
    }

    /// The projects in which something happened.
    pub fn touched(&self) -> Vec<String> {
        let shelves = self.shelves.lock();
        shelves.iter().filter(|(_, shelf)| !shelf.touched.is_empty()).map(|(project, _)| project.clone()).collect()
    }

    /// The projects whose documents are watched.
    pub fn projects(&self) -> Vec<String> {
        self.shelves.lock().keys().cloned().collect()
    }

    /// Forgets a project's documents, and watches them no more.
    pub fn forget(&self, project: &str) {
        self.shelves.lock().remove(project);
    }
}
