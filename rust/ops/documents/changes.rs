//! What follows from a change of a document: its references move, agents that read it know an earlier version, and every
//! Neovim of the project hears of it.

use super::current::current;
use super::{known, references};
use crate::contract::{DocumentChanged, Event};
use crate::core::Core;
use crate::core::documents::DueWork;
use crate::error::Result;
use std::collections::BTreeSet;
use std::sync::Weak;
use std::time::{Duration, Instant};

/// Lets the several events of one save come together.
const SETTLE: Duration = Duration::from_millis(20);
/// Paths in one event.
const MOST_TOLD: usize = 50;
/// Between two looks for projects in whose documents nobody has an interest any more.
const LET_GO: Duration = Duration::from_secs(10 * 60);

/// Follows up reported changes of documents, as long as the daemon lives.
pub async fn run(core: Weak<Core>) {
    if let Some(core) = core.upgrade()
        && let Err(error) = resume(&core).await
    {
        log::warn!("documents are not watched yet: {error}");
    }
    let mut looked = Instant::now();
    loop {
        let Some(heard) = core.upgrade().map(|core| core.documents.heard.clone()) else { return };
        let _ = tokio::time::timeout(LET_GO, heard.notified()).await;
        tokio::time::sleep(SETTLE).await;
        let Some(core) = core.upgrade() else { return };
        if looked.elapsed() >= LET_GO {
            looked = Instant::now();
            let_go(&core)
                .await
                .unwrap_or_else(|error| log::warn!("cannot find out whose documents are still read: {error}"));
        }
        for project in core.documents.waiting() {
            catch_up(&core, &project).await;
        }
    }
}

/// Goes on where the daemon before left off: documents may have changed meanwhile.
async fn resume(core: &Core) -> Result<()> {
    for project in core.store()?.read(|tx| tx.projects_with_readers()).await? {
        core.documents.request(&project, |due| due.recount = true);
    }
    Ok(())
}

/// Forgets the documents of projects that no Neovim shows and no live task's agent has read.
pub async fn let_go(core: &Core) -> Result<()> {
    let mut needed: BTreeSet<String> = core.hub.projects().into_iter().collect();
    needed.extend(core.store()?.read(|tx| tx.projects_with_readers()).await?);
    let unneeded = core.documents.projects().into_iter().filter(|project| !needed.contains(project));
    unneeded.for_each(|project| core.documents.forget(&project));
    Ok(())
}

/// Takes in what happened to the project's documents, watches them from now on, and follows up what is due.
async fn catch_up(core: &Core, project: &str) {
    if let Err(error) = current(core, project).await {
        return log::warn!("{error}");
    }
    let due = std::mem::take(&mut *core.documents.of(project).due.lock());
    if due != DueWork::default() {
        follow(core, project, due).await;
    }
}

async fn follow(core: &Core, project: &str, due: DueWork) {
    let DueWork { mut changed, any, .. } = due;
    let paths = changed.clone();
    let moved = async {
        let stored = core.read(project, move |tx, project| match any {
            true => tx.references_in(project),
            false => tx.references_to(project, &paths),
        });
        references::follow(core, project, stored.await?).await
    };
    match moved.await {
        Ok(followed) => changed.extend(followed.moved),
        Err(error) => log::warn!("cannot follow references: {error}"),
    }
    if let Err(error) = known::recount(core, project).await {
        log::warn!("cannot tell which agents read an earlier version: {error}");
    }
    if !changed.is_empty() {
        tell(core, project, changed.into_iter().collect());
    }
}

/// Tells every Neovim of the project that these documents changed, or references to them.
pub fn tell(core: &Core, project: &str, mut paths: Vec<String>) {
    let more = paths.len() > MOST_TOLD;
    paths.truncate(MOST_TOLD);
    core.hub.notify(project, &Event::DocumentChanged(DocumentChanged { paths, more }));
}
