//! What follows from a change of a document: its references move, and every Neovim of the project is told.

use super::current::current;
use super::{known, references};
use crate::contract::{DocumentChanged, Event};
use crate::core::Core;
use crate::error::Result;
use std::sync::Weak;
use std::time::Duration;

/// Lets the several events of one save come together.
const SETTLE: Duration = Duration::from_millis(20);
/// Paths in one event.
const MOST_TOLD: usize = 50;

/// Takes in what the kernel tells of documents, as long as the daemon lives.
pub async fn run(core: Weak<Core>) {
    if let Some(core) = core.upgrade()
        && let Err(error) = resume(&core).await
    {
        log::warn!("documents are not watched yet: {error}");
    }
    loop {
        let Some(heard) = core.upgrade().map(|core| core.documents.heard.clone()) else { return };
        heard.notified().await;
        tokio::time::sleep(SETTLE).await;
        let Some(core) = core.upgrade() else { return };
        for project in core.documents.touched() {
            watch(&core, &project).await;
        }
    }
}

/// Goes on where the daemon before left off: documents may have changed meanwhile.
async fn resume(core: &Core) -> Result<()> {
    for project in core.store()?.read(|tx| tx.projects_with_readers()).await? {
        watch(core, &project).await;
        known::recount(core, &project).await?;
    }
    Ok(())
}

/// Keeps the project's documents watched from now on, and takes in what happened to them.
pub async fn watch(core: &Core, project: &str) {
    match current(core, project).await.map(|current| current.changed) {
        Ok(changed) => follow(core, project, changed).await,
        Err(error) => log::warn!("{error}"),
    }
}

/// These documents are different, new or gone.
pub async fn follow(core: &Core, project: &str, paths: Vec<String>) {
    if paths.is_empty() {
        return;
    }
    let changed: std::collections::BTreeSet<String> = paths.iter().cloned().collect();
    let moved = async {
        let mut stored = core.read(project, |tx, project| tx.references_in(project, None)).await?;
        stored.retain(|reference| changed.contains(&reference.path));
        references::follow(core, project, stored).await
    };
    if let Err(error) = moved.await {
        log::warn!("cannot follow references: {error}");
    }
    if let Err(error) = known::recount(core, project).await {
        log::warn!("cannot tell which agents read an earlier version: {error}");
    }
    tell(core, project, paths);
}

/// Tells every Neovim of the project.
pub fn tell(core: &Core, project: &str, mut paths: Vec<String>) {
    paths.truncate(MOST_TOLD);
    core.hub.notify(project, &Event::DocumentChanged(DocumentChanged { paths }));
}
