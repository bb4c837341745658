//! The daemon begins: it watches, types, and tells.

use crate::config;
use crate::contract::{Elsewhere, Event};
use crate::core::{Core, Ending, Inboxes};
use crate::environment;
use crate::store::Kept;
use crate::{monitor, ops};
use std::collections::HashMap;
use std::sync::{Arc, Weak};
use std::time::{Duration, Instant};
use tokio::sync::mpsc::UnboundedReceiver;

/// For so long clients wait until the daemon has compared its store with what lives.
const RECONCILE_FIRST: Duration = Duration::from_secs(1);

/// How often a daemon looks at its store's file, or for one.
const FOR_A_STORE: Duration = Duration::from_secs(2);
/// For so long what was written may be in the log beside the file only.
const SETTLED: Duration = Duration::from_secs(30);

/// Reconciles what the store says with what lives, then takes in spooled events.
pub async fn begin(core: &Arc<Core>) {
    if let Err(error) = ops::program::install(&core.state) {
        log::error!("{error}");
    }
    crate::web::sweep(&core.state);
    crate::spool::sweep(&core.state.spool());
    let Ok(store) = core.store() else { return };
    tokio::spawn(publish(core.clone(), store.subscribe()));
    tokio::spawn(ops::notifications::run(Arc::downgrade(core), store.subscribe()));
    tokio::spawn(ops::lifecycle::tidy::run(Arc::downgrade(core)));
    tokio::spawn(ops::documents::changes::run(Arc::downgrade(core)));
    if let Some(Inboxes { facts, free, ended }) = core.take_inboxes() {
        let variables = environment::variables();
        let loaded = config::find(None, &variables).await.load(&variables);
        let sweeps = monitor::SweepPlan::every(loaded.config.tmux.poll_interval);
        tokio::spawn(monitor::run(Arc::downgrade(core), sweeps, facts));
        tokio::spawn(deliver(core.clone(), free));
        tokio::spawn(commit(core.clone(), ended));
    }
    let me = core.clone();
    let reconciling = tokio::spawn(async move {
        ops::lifecycle::recover::reconcile(&me).await;
        ops::conversation::hooks::drain(&me).await;
        // Beside everything else: it may wait for another program that holds the repository.
        let working = me.hub.work();
        tokio::spawn(async move {
            ops::branches::commit::recover::recover(&me).await;
            drop(working);
        });
    });
    // A tmux that does not answer keeps nobody waiting.
    let _ = tokio::time::timeout(RECONCILE_FIRST, reconciling).await;
}

/// Lets the daemon leave once a daemon begun anew would have a store and this one has none.
pub async fn await_a_store(core: Weak<Core>) {
    loop {
        tokio::time::sleep(FOR_A_STORE).await;
        let Some(core) = core.upgrade() else { return };
        if core.store().is_ok_and(|store| store.damage().is_none()) {
            continue;
        }
        let looking = core.clone();
        if tokio::task::spawn_blocking(move || looking.could_have_a_store()).await.unwrap_or(false) {
            log::info!("the store can be opened now");
            return core.stop.cancel();
        }
    }
}

/// Keeps what the store knows in its file, whatever others do to that.
pub async fn look_after_store(core: Weak<Core>) {
    let mut settled = Instant::now();
    loop {
        tokio::time::sleep(FOR_A_STORE).await;
        let Some(core) = core.upgrade() else { return };
        let Some(store) = core.store().ok().filter(|store| store.damage().is_none()) else { continue };
        if store.is_displaced() {
            let file = store.file().display();
            match store.keep(crate::clock::now()).await {
                Ok(Kept::Whole) => log::warn!("a file beside {file} was taken away: the store is opened anew"),
                Ok(Kept::Back) => log::warn!("{file} was taken away: it is there again"),
                Ok(Kept::Beside(copy)) => {
                    log::warn!("{file} was replaced: what it held before is kept in {}", copy.display());
                }
                Err(error) => {
                    log::error!("{file} was taken away or replaced, and what it held cannot be kept: {error}");
                    continue;
                }
            }
            return core.stop.cancel();
        }
        if settled.elapsed() >= SETTLED {
            settled = Instant::now();
            // Where the disk is full, the log keeps it.
            if let Err(error) = store.settle().await {
                log::warn!("{error}");
            }
        }
    }
}

/// Types what is queued for tasks whose agents are free, each beside the others.
async fn deliver(core: Arc<Core>, mut freed: UnboundedReceiver<String>) {
    while let Some(task) = freed.recv().await {
        let core = core.clone();
        tokio::spawn(async move { ops::conversation::prompts::deliver(&core, &task).await });
    }
}

/// Commits what a turn left, each task beside the others.
async fn commit(core: Arc<Core>, mut ended: UnboundedReceiver<Ending>) {
    while let Some(end) = ended.recv().await {
        let core = core.clone();
        // The daemon does not leave in the middle of it.
        let working = core.hub.work();
        tokio::spawn(async move {
            ops::branches::commit::after_ending(&core, end).await;
            drop(working);
        });
    }
}

/// Tells Neovims what the store says became different, and other projects' Neovims how many tasks elsewhere wait.
async fn publish(core: Arc<Core>, mut changes: UnboundedReceiver<Arc<crate::store::StoreChange>>) {
    let mut told: HashMap<String, i64> = HashMap::new();
    while let Some(change) = changes.recv().await {
        core.hub.notify(&change.project, &change.event);
        if !matches!(change.event, Event::TaskChanged(_) | Event::TaskDeleted(_)) {
            continue;
        }
        for project in core.hub.projects().into_iter().filter(|project| *project != change.project) {
            let asked = project.clone();
            let Ok(store) = core.store() else { return };
            let Ok(count) = store.read(move |tx| tx.elsewhere(&asked)).await else { continue };
            if told.insert(project.clone(), count) != Some(count) {
                core.hub.notify(&project, &Event::Elsewhere(Elsewhere { count }));
            }
        }
    }
}
