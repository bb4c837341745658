//! Where a document went that is no longer at its path: git knows of committed renames, its text tells of others.

use super::places;
use crate::core::Core;
use crate::document_files::DocumentContent;
use crate::documents::anchor::{IndexedLines, Placement};
use crate::store::StoredReference;
use crate::vcs::git::Git;
use std::path::Path;

/// Renames that are followed one after the other.
const MOST_STEPS: usize = 8;
/// Documents that are looked into.
const MOST_LOOKED_INTO: usize = 200;

/// The document that took the place of the one at `path`, with its content; nothing where none did for certain.
pub async fn successor(
    core: &Core,
    project: &str,
    path: &str,
    references: &[StoredReference],
) -> Option<(String, DocumentContent)> {
    if let Some(renamed) = by_git(project, path).await
        && let Ok(document) = places::read(project, &renamed).await
    {
        return Some((renamed, document));
    }
    by_text(core, project, path, references).await
}

/// Follows renames in the history of the current branch.
async fn by_git(project: &str, path: &str) -> Option<String> {
    if !crate::project::has_git(Path::new(project)) {
        return None;
    }
    let git = Git::at(project).literal();
    let mut path = path.to_owned();
    for _ in 0..MOST_STEPS {
        // The commit that took it away; then the name that the same commit gave its content.
        let args = ["log", "-1", "--diff-filter=D", "--no-renames", "--format=%H", "--", &path];
        let commit = git.read(&args).await.ok().map(|out| out.trim().to_owned()).filter(|out| !out.is_empty())?;
        let args = ["diff-tree", "-r", "-M", "-z", "--no-commit-id", "--name-status", "--diff-filter=R", &commit];
        let listed = Git::at(project).bytes(&args).await.ok()?;
        let names: Vec<&str> =
            listed.split(|byte| *byte == 0).filter_map(|name| std::str::from_utf8(name).ok()).collect();
        // A status, the old name, the new one.
        path = names.chunks(3).find(|rename| rename.get(1) == Some(&path.as_str()))?.get(2)?.to_string();
        if Path::new(project).join(&path).is_file() {
            return Some(path);
        }
    }
    None
}

/// The only document that holds the text of a reference; those of the same name are looked into first.
async fn by_text(
    core: &Core,
    project: &str,
    path: &str,
    references: &[StoredReference],
) -> Option<(String, DocumentContent)> {
    let anchors: Vec<_> = references.iter().take(20).map(|reference| reference.tied.anchor()).collect();
    let candidates: Vec<String> = {
        let current = super::current::current(core, project).await.ok()?;
        let name = |path: &str| path.rsplit('/').next().map(str::to_owned);
        let mut paths: Vec<String> = current.index()?.documents().keys().cloned().collect();
        paths.sort_by_key(|other| name(other) != name(path));
        paths.truncate(MOST_LOOKED_INTO);
        paths
    };
    let mut found = None;
    for candidate in candidates {
        let Ok(document) = places::read(project, &candidate).await else { continue };
        let holds = {
            let lines = IndexedLines::of(&document.text);
            // A text of one short line may stand anywhere.
            let tells = anchors.iter().filter(|anchor| anchor.text.iter().map(String::len).sum::<usize>() >= 20);
            tells.map(|anchor| anchor.place(&lines, None)).any(|place| matches!(place, Placement::Found(_)))
        };
        if holds && found.replace((candidate, document)).is_some() {
            return None;
        }
    }
    found
}
