//! Hearing of changes in the folders of documents, from the kernel.

use notify::event::{AccessKind, AccessMode, ModifyKind};
use notify::{Config, EventKind, EventKindMask, RecommendedWatcher, RecursiveMode, Watcher};
use parking_lot::Mutex;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tokio::sync::Notify;

/// Folders that are watched; a kernel gives each user a limited number.
const MOST: usize = 8192;

/// What the kernel is asked for. It tells of each reading as well where it is not told otherwise, and thousands of
/// documents are read for one list.
const CHANGES: EventKindMask = EventKindMask::CREATE
    .union(EventKindMask::REMOVE)
    .union(EventKindMask::MODIFY_DATA)
    .union(EventKindMask::MODIFY_NAME)
    .union(EventKindMask::ACCESS_CLOSE);

/// The watched folders of one project. Dropped, it ends.
#[derive(Debug)]
pub struct FolderWatch {
    watcher: RecommendedWatcher,
    root: PathBuf,
    folders: BTreeSet<String>,
}

/// Paths to which something happened and that nobody has looked at yet.
#[derive(Debug, Default)]
pub struct TouchedPaths {
    paths: Mutex<TouchedSet>,
}

#[derive(Debug, Default)]
struct TouchedSet {
    paths: BTreeSet<PathBuf>,
    /// The kernel lost events.
    any: bool,
}

impl TouchedPaths {
    /// Takes them out; nothing where there are none, and an empty set where it may have been any.
    pub fn take(&self) -> Option<BTreeSet<PathBuf>> {
        let TouchedSet { paths, any } = std::mem::take(&mut *self.paths.lock());
        match any {
            true => Some(BTreeSet::new()),
            false => Some(paths).filter(|paths| !paths.is_empty()),
        }
    }

    /// Whether there are some.
    pub fn is_empty(&self) -> bool {
        let touched = self.paths.lock();
        touched.paths.is_empty() && !touched.any
    }

    fn add(&self, paths: Vec<PathBuf>, any: bool) {
        let mut touched = self.paths.lock();
        touched.paths.extend(paths);
        touched.any |= any;
    }
}

impl FolderWatch {
    /// Watches nothing yet. What happens is put into `touched`, and `heard` is notified.
    ///
    /// # Errors
    /// When the kernel gives no watch.
    pub fn new(root: &Path, touched: Arc<TouchedPaths>, heard: Arc<Notify>) -> notify::Result<FolderWatch> {
        let hear = move |event: notify::Result<notify::Event>| {
            match event {
                Ok(event) if !is_change(&event.kind) => return,
                Ok(event) if !event.need_rescan() => touched.add(event.paths, false),
                _ => touched.add(Vec::new(), true),
            }
            heard.notify_one();
        };
        let watcher = RecommendedWatcher::new(hear, Config::default().with_event_kinds(CHANGES))?;
        Ok(FolderWatch { watcher, root: root.to_owned(), folders: BTreeSet::new() })
    }

    /// Watches a folder too, from the project's root. Blocks for some microseconds.
    pub fn add(&mut self, folder: &str) {
        if self.folders.len() >= MOST {
            return;
        }
        // Also one that is watched: it may be another folder of that name by now.
        match self.watcher.watch(&self.root.join(folder), RecursiveMode::NonRecursive) {
            Ok(()) => _ = self.folders.insert(folder.to_owned()),
            Err(error) => {
                log::debug!("cannot watch {folder}: {error}");
                self.folders.remove(folder);
            }
        }
    }

    /// Watches no folders but these. False where the kernel does not watch all of them.
    pub fn keep_only(&mut self, folders: &BTreeSet<String>) -> bool {
        for gone in self.folders.difference(folders) {
            // It may be gone itself, and its watch with it.
            let _ = self.watcher.unwatch(&self.root.join(gone));
        }
        self.folders.retain(|folder| folders.contains(folder));
        self.folders.len() == folders.len()
    }
}

/// Whether an event can mean other content or another name. Reading does not: taken for a change, a look at a file would
/// call for the next one.
fn is_change(kind: &EventKind) -> bool {
    match kind {
        EventKind::Access(AccessKind::Close(AccessMode::Write)) => true,
        EventKind::Access(_) | EventKind::Modify(ModifyKind::Metadata(_)) => false,
        _ => true,
    }
}
