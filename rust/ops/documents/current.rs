//! The documents of a project as they are now: read once, then kept up to date by what the kernel tells.

use crate::config::Configuration;
use crate::contract::Code;
use crate::core::Core;
use crate::core::documents::KnownDocuments;
use crate::document_files::index::DocumentIndex;
use crate::document_files::watch::FolderWatch;
use crate::documents::patterns::{ConfiguredGlobs, DocumentPatterns};
use crate::error::{Error, Result};
use crate::foreign;
use crate::vcs::scan::tracked_though_ignored;
use std::path::Path;
use tokio::sync::OwnedMutexGuard;

/// The documents, and those of them that were found to be different.
pub struct CurrentDocuments {
    known: OwnedMutexGuard<KnownDocuments>,
    /// Paths.
    pub changed: Vec<String>,
}

impl CurrentDocuments {
    /// What is known of them.
    pub fn index(&self) -> Option<&DocumentIndex> {
        self.known.index.as_ref()
    }
}

/// Brings what is known up to date.
///
/// # Errors
/// When the project's file system does not answer.
pub async fn current(core: &Core, project: &str) -> Result<CurrentDocuments> {
    let globs = globs(&core.config_of(project).await.config);
    let shelf = core.documents.of(project);
    let mut known = shelf.known.clone().lock_owned().await;
    let root = Path::new(project).to_owned();
    let index = known.index.take().filter(|_| known.globs == globs);
    let touched = match (&index, &known.watch) {
        (Some(_), Some(_)) => shelf.touched.take(),
        // Unwatched, anything may have changed.
        _ => Some(Default::default()),
    };
    if index.is_some() && touched.is_none() {
        known.index = index;
        return Ok(CurrentDocuments { known, changed: Vec::new() });
    }
    let beside = match index {
        Some(_) => Vec::new(),
        None if crate::project::has_git(&root) => tracked_though_ignored(&root).await.unwrap_or_default(),
        None => Vec::new(),
    };
    let (watch, place) = (known.watch.take(), root.clone());
    let (waiting, heard) = (shelf.touched.clone(), core.documents.heard.clone());
    let patterns = globs.clone();
    let read = move || {
        let (index, changed, is_everything) = match index {
            Some(mut index) => {
                let touched = touched.unwrap_or_default();
                let before = index.folders().clone();
                let changed = index.renew(&touched);
                let is_everything = touched.is_empty() || before != *index.folders();
                (index, changed, is_everything)
            }
            None => {
                let has_git = crate::project::has_git(&root);
                let index = DocumentIndex::read(&root, DocumentPatterns::of(&patterns), has_git, beside);
                (index, Vec::new(), true)
            }
        };
        let watch = match watch {
            Some(watch) if !is_everything => Some(watch),
            Some(watch) => Some(watch).and_then(|watch| watching(watch, &index)),
            None => FolderWatch::new(&root, waiting, heard)
                .inspect_err(|error| log::warn!("documents are read at every use: {error}"))
                .ok()
                .and_then(|watch| watching(watch, &index)),
        };
        (index, changed, watch)
    };
    let (index, changed, watch) = foreign::within(&place, read).await.map_err(|error| {
        Error::new(Code::WrongState, format!("cannot read the documents of {project}: {error}"))
            .hint("try again; `[documents] patterns` with fewer folders are read faster")
    })?;
    (known.index, known.watch, known.globs) = (Some(index), watch, globs);
    Ok(CurrentDocuments { known, changed })
}

/// The watch, where it sees all folders.
fn watching(mut watch: FolderWatch, index: &DocumentIndex) -> Option<FolderWatch> {
    watch.set(index.folders()).then_some(watch)
}

/// The globs of a configuration.
fn globs(config: &Configuration) -> ConfiguredGlobs {
    use crate::contract::Category::{Communication, Context, General, Instructions, Plans};
    let (documents, categories) = (&config.documents, &config.categories);
    ConfiguredGlobs {
        documents: documents.patterns.clone(),
        pinned: documents.pinned.clone(),
        templates: documents.templates.clone(),
        categories: vec![
            (General, categories.general.clone()),
            (Instructions, categories.instructions.clone()),
            (Plans, categories.plans.clone()),
            (Communication, categories.communication.clone()),
            (Context, categories.context.clone()),
        ],
    }
}
