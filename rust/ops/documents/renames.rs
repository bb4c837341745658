//! Where a document went that is no longer at its path: git knows of committed renames, its text tells of others.

use super::places;
use crate::core::Core;
use crate::core::documents::FailedSearch;
use crate::document_files::{self, DocumentContent};
use crate::documents::anchor::{Anchor, IndexedLines, Placement};
use crate::foreign;
use crate::project::find_git;
use crate::status::Millis;
use crate::store::StoredReference;
use crate::vcs::git::Git;
use std::collections::BTreeSet;
use std::path::Path;

/// Renames that are followed one after the other.
const MOST_STEPS: usize = 8;
/// Documents that are looked into.
const MOST_LOOKED_INTO: usize = 200;
/// References whose text is looked for.
const MOST_LOOKED_FOR: usize = 20;
/// Bytes of a text that is looked for: a short line may stand anywhere.
const TELLING: usize = 20;
/// Searches of one project that are remembered.
const MOST_REMEMBERED: usize = 1000;

/// A search for documents of a project. What was not found is not looked for again before something changed.
pub struct Search<'c> {
    core: &'c Core,
    project: &'c str,
    /// The commit that is checked out, once it was asked for.
    head: Option<Option<String>>,
}

/// What a reference is found by.
enum Trace {
    /// A whole document: by its version.
    Version(String),
    /// Lines: by their text.
    Text(Anchor),
}

impl<'c> Search<'c> {
    /// In that project.
    pub fn new(core: &'c Core, project: &'c str) -> Search<'c> {
        Search { core, project, head: None }
    }

    /// The project.
    pub fn project(&self) -> &'c str {
        self.project
    }

    /// The document that took the place of the one at `path`, with its content; nothing where none did for certain.
    pub async fn successor(&mut self, path: &str, references: &[StoredReference]) -> Option<(String, DocumentContent)> {
        let last_there = self.last_there(references).await;
        let (generation, candidates) = {
            let current = super::current::current(self.core, self.project).await.ok()?;
            let index = current.index()?;
            (index.generation(), index.came_for(path, last_there, crate::clock::of_wall))
        };
        let head = self.head().await;
        let wanted: BTreeSet<i64> = references.iter().map(|reference| reference.id).collect();
        let shelf = self.core.documents.of(self.project);
        let is_known = |known: &FailedSearch| {
            known.generation == generation && known.head == head && wanted.is_subset(&known.references)
        };
        if shelf.searched.lock().get(path).is_some_and(is_known) {
            return None;
        }
        if let Some(renamed) = by_git(self.project, path).await
            && let Ok(document) = places::read(self.project, &renamed).await
        {
            return Some((renamed, document));
        }
        let found = by_text(self.project, candidates, references).await;
        if found.is_none() {
            let mut searched = shelf.searched.lock();
            if searched.len() >= MOST_REMEMBERED {
                searched.clear();
            }
            searched.insert(path.to_owned(), FailedSearch { generation, head, references: wanted });
        }
        found
    }

    async fn head(&mut self) -> Option<String> {
        if self.head.is_none() {
            let has_git = find_git(Path::new(self.project)).await;
            let head = if has_git { Git::at(self.project).head().await.unwrap_or_default() } else { None };
            self.head = Some(head);
        }
        self.head.clone().flatten()
    }

    /// When one of these references was found last, on the daemon's clock, as far as that is known.
    async fn last_there(&self, references: &[StoredReference]) -> Millis {
        let versions: BTreeSet<String> = references.iter().map(|reference| reference.spot.version.clone()).collect();
        let Ok(store) = self.core.store() else { return Millis::MAX };
        let found = store.read(move |tx| {
            let times = versions.iter().map(|version| tx.version_kept_at(version));
            times.collect::<crate::error::Result<Vec<_>>>()
        });
        found.await.unwrap_or_default().into_iter().flatten().max().unwrap_or(Millis::MAX)
    }
}

/// Follows renames in the history of the current branch.
async fn by_git(project: &str, path: &str) -> Option<String> {
    if !find_git(Path::new(project)).await {
        return None;
    }
    let git = Git::at(project).literal();
    let mut path = path.to_owned();
    for _ in 0..MOST_STEPS {
        // One that is committed is only deleted: an earlier document of its name was renamed.
        let committed = format!("HEAD:{path}");
        if git.read(&["rev-parse", "--verify", "--quiet", "--end-of-options", &committed]).await.is_ok() {
            return None;
        }
        // The commit that took it away; then the name that the same commit gave its content.
        let args = ["log", "-1", "--diff-filter=D", "--no-renames", "--format=%H", "--", &path];
        let commit = git.read(&args).await.ok().map(|out| out.trim().to_owned()).filter(|out| !out.is_empty())?;
        let args = ["diff-tree", "-r", "-M", "-z", "--no-commit-id", "--name-status", "--diff-filter=R", &commit];
        let listed = Git::at(project).bytes(&args).await.ok()?;
        let names: Vec<&str> =
            listed.split(|byte| *byte == 0).filter_map(|name| std::str::from_utf8(name).ok()).collect();
        // A status, the old name, the new one.
        path = names.chunks(3).find(|rename| rename.get(1) == Some(&path.as_str()))?.get(2)?.to_string();
        if places::stats(project, vec![path.clone()]).await.is_ok_and(|found| !found.is_empty()) {
            return Some(path);
        }
    }
    None
}

/// The only document among `candidates` that holds the text of a reference.
async fn by_text(
    project: &str,
    mut candidates: Vec<String>,
    references: &[StoredReference],
) -> Option<(String, DocumentContent)> {
    candidates.truncate(MOST_LOOKED_INTO);
    let trace = |reference: &StoredReference| match reference.whole {
        true => Trace::Version(reference.spot.version.clone()),
        false => Trace::Text(reference.tied.anchor()),
    };
    let traces: Vec<Trace> = references.iter().take(MOST_LOOKED_FOR).map(trace).collect();
    let root = Path::new(project).to_owned();
    let look = move || {
        let mut found = None;
        for candidate in candidates {
            let Ok(document) = document_files::content(&root, &candidate) else { continue };
            if holds(&document, &traces) && found.replace((candidate, document)).is_some() {
                return None;
            }
        }
        found
    };
    foreign::within(Path::new(project), look).await.ok().flatten()
}

fn holds(document: &DocumentContent, traces: &[Trace]) -> bool {
    let lines = IndexedLines::of(&document.text);
    traces.iter().any(|trace| match trace {
        Trace::Version(version) => *version == document.version,
        Trace::Text(anchor) => {
            let is_telling = anchor.text.iter().map(String::len).sum::<usize>() >= TELLING;
            is_telling && matches!(anchor.place(&lines, None), Placement::Found(_))
        }
    })
}
