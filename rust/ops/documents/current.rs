//! The documents of a project as they are now: read once, then kept up to date by what the kernel tells.

use crate::config::Configuration;
use crate::contract::Code;
use crate::core::Core;
use crate::core::documents::{DocumentShelf, DocumentShelves, KnownDocuments};
use crate::document_files::index::DocumentIndex;
use crate::document_files::watch::FolderWatch;
use crate::documents::patterns::{ConfiguredGlobs, DocumentPatterns};
use crate::error::{Error, Result};
use crate::foreign;
use crate::vcs::scan::tracked_though_ignored;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::{OwnedMutexGuard, oneshot};

/// How much longer than reading all folders took it is not done again where the kernel does not watch them.
const REST: u32 = 10;
/// After which time the kernel is asked again to watch all folders.
const ASK_AGAIN: Duration = Duration::from_secs(10 * 60);

/// The documents as they are now.
pub struct CurrentDocuments {
    known: OwnedMutexGuard<KnownDocuments>,
}

impl CurrentDocuments {
    /// What is known of them.
    pub fn index(&self) -> Option<&DocumentIndex> {
        self.known.index.as_ref()
    }
}

/// Which files of the project are documents, by its configuration.
pub async fn patterns(core: &Core, project: &str) -> Arc<DocumentPatterns> {
    let globs = globs(&core.config_of(project).await.config);
    core.documents.of(project).patterns(&globs)
}

/// Brings what is known up to date. What was found to be different is followed up in the background.
///
/// # Errors
/// When the project's file system does not answer.
pub async fn current(core: &Core, project: &str) -> Result<CurrentDocuments> {
    let globs = globs(&core.config_of(project).await.config);
    let shelf = core.documents.of(project);
    let known = shelf.known.clone().lock_owned().await;
    let is_same = known.globs == globs;
    let touched = match (&known.index, &known.watch) {
        (Some(_), Some(_)) if is_same => match shelf.touched.take() {
            None => return Ok(CurrentDocuments { known }),
            touched => touched,
        },
        (Some(_), None) if is_same && is_fresh(&known) => return Ok(CurrentDocuments { known }),
        // Unwatched or by other globs, anything may have changed.
        _ => None,
    };
    let renewal = Renewal {
        documents: core.documents.clone(),
        shelf,
        project: project.to_owned(),
        globs,
        touched: touched.unwrap_or_default(),
    };
    // It goes on to its end, although nobody may wait for it any more: it holds what is known, and the kernel's watch.
    tokio::spawn(renewal.run(known)).await.map_err(Error::internal)?
}

/// Reading what changed of a project's documents.
struct Renewal {
    documents: Arc<DocumentShelves>,
    shelf: Arc<DocumentShelf>,
    project: String,
    globs: ConfiguredGlobs,
    /// What happened to paths; empty for anything anywhere.
    touched: BTreeSet<PathBuf>,
}

impl Renewal {
    async fn run(self, mut known: OwnedMutexGuard<KnownDocuments>) -> Result<CurrentDocuments> {
        let Renewal { documents, shelf, project, globs, touched } = self;
        let is_same = known.globs == globs;
        let patterns = shelf.patterns(&globs);
        let index = known.index.take();
        if index.is_none() || !is_same {
            // Generations are counted anew.
            shelf.searched.lock().clear();
        }
        let root = PathBuf::from(&project);
        let place = root.clone();
        let beside = match &index {
            Some(_) if is_same && !may_ignore_others(&touched) => None,
            _ => Some(tracked_beside(root.clone())),
        };
        let may_watch = known.unwatched.is_none_or(|since| since.elapsed() > ASK_AGAIN);
        let watch = match (known.watch.take(), may_watch) {
            (Some(watch), _) => Some(watch),
            (None, true) => FolderWatch::new(&root, shelf.touched.clone(), documents.heard.clone())
                .inspect_err(|error| log::warn!("documents are read again and again: {error}"))
                .ok(),
            (None, false) => None,
        };
        let read = move || read(&root, index.map(|index| (index, is_same)), patterns, &touched, beside, watch);
        let read = foreign::within(&place, read).await.map_err(|error| {
            // What was known is lost, and so is the watch. Nobody is woken for it: a file system that does not answer would
            // be asked again at once.
            shelf.due.lock().any = true;
            Error::new(Code::WrongState, format!("cannot read the documents of {project}: {error}"))
                .hint("try again; `[documents] patterns` with fewer folders are read faster")
        })?;
        known.unwatched = match read.watch {
            Some(_) => None,
            None => known.unwatched.filter(|_| !may_watch).or_else(|| Some(Instant::now())),
        };
        (known.index, known.watch, known.globs) = (Some(read.index), read.watch, globs);
        known.walked = read.walked.or(known.walked);
        if read.changed.as_ref().is_none_or(|changed| !changed.is_empty()) {
            documents.request(&project, |due| match read.changed {
                Some(changed) => due.changed.extend(changed),
                None => due.any = true,
            });
        }
        Ok(CurrentDocuments { known })
    }
}

/// Whether all folders were read so short a time ago that it is not done again.
fn is_fresh(known: &KnownDocuments) -> bool {
    known.walked.is_some_and(|(at, took)| at.elapsed() < took * REST)
}

/// Whether git may ignore other files than before.
fn may_ignore_others(touched: &BTreeSet<PathBuf>) -> bool {
    touched.is_empty() || touched.iter().any(|path| path.ends_with(".gitignore"))
}

/// What git tracks although it ignores it. Git is asked while the folders are read.
fn tracked_beside(root: PathBuf) -> oneshot::Receiver<Vec<String>> {
    let (tell, told) = oneshot::channel();
    tokio::spawn(async move {
        if crate::project::find_git(&root).await {
            // Nobody waits for it where the folders could not be read.
            let _ = tell.send(tracked_though_ignored(&root).await.unwrap_or_default());
        }
    });
    told
}

/// What was read.
struct ReadDocuments {
    index: DocumentIndex,
    /// Nothing where nothing was known before.
    changed: Option<Vec<String>>,
    /// Nothing where the kernel does not watch all folders.
    watch: Option<FolderWatch>,
    walked: Option<(Instant, Duration)>,
}

/// Reads what was touched, or all where nothing is named. `before` is what was known, and whether by the same globs; `beside`
/// is what git tracks although it ignores it, where that may be other than before. Blocks.
fn read(
    root: &Path,
    before: Option<(DocumentIndex, bool)>,
    patterns: Arc<DocumentPatterns>,
    touched: &BTreeSet<PathBuf>,
    mut beside: Option<oneshot::Receiver<Vec<String>>>,
    mut watch: Option<FolderWatch>,
) -> ReadDocuments {
    let began = Instant::now();
    let mut enter = |folder: &str| {
        if let Some(watch) = &mut watch {
            watch.add(folder);
        }
    };
    let mut beside = || beside.take().and_then(|told| told.blocking_recv().ok());
    let mut anew = |enter: &mut dyn FnMut(&str)| {
        let has_git = crate::project::has_git(root);
        DocumentIndex::read(root, patterns.clone(), has_git, || beside().unwrap_or_default(), enter)
    };
    let (index, changed, is_everything) = match before {
        Some((mut index, true)) => {
            if let Some(beside) = beside() {
                index.track_beside(beside);
            }
            let folders = index.folders().clone();
            let changed = index.renew(touched, &mut enter);
            let is_everything = touched.is_empty() || folders != *index.folders();
            (index, Some(changed), is_everything)
        }
        Some((before, false)) => {
            let index = anew(&mut enter);
            let changed = index.differing(&before);
            (index, Some(changed), true)
        }
        None => (anew(&mut enter), None, true),
    };
    let watch = match watch {
        Some(watch) if !is_everything => Some(watch),
        Some(mut watch) => watch.keep_only(index.folders()).then_some(watch),
        None => None,
    };
    ReadDocuments { index, changed, watch, walked: is_everything.then(|| (began, began.elapsed())) }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unwatched_tree_is_not_read_again_at_each_use() {
        let read = |before: Duration, took: Duration| {
            let walked = Instant::now().checked_sub(before).map(|at| (at, took));
            is_fresh(&KnownDocuments { walked, ..KnownDocuments::default() })
        };
        let (second, hour) = (Duration::from_secs(1), Duration::from_secs(3600));
        assert!(read(Duration::ZERO, hour) && read(second, hour));
        assert!(!read(hour, second) && !is_fresh(&KnownDocuments::default()));
    }
}
