//! What a person was notified of, kept in the store: a daemon that begins notifies of the rest, and of nothing twice.

use crate::contract::Opened;
use crate::core::Core;
use crate::error::Result;
use crate::notifications::{Notified, Occasion};
use crate::status::Millis;
use crate::store::{Filter, Tx};
use crate::task::Task;
use serde::{Deserialize, Serialize};
use std::collections::HashSet;

const LEAD: &str = "notified/";

/// The key of such a fact, as JSON.
#[derive(Serialize, Deserialize)]
struct Key {
    task: String,
    occasion: Occasion,
    about: String,
}

/// All tasks, the open requests, and what an earlier daemon notified of.
pub async fn load(core: &Core) -> Result<(Vec<Task>, Vec<Opened>, Vec<Notified>)> {
    core.store()?.read(|tx| Ok((tx.tasks(None, &Filter::default())?, tx.open_requests(None)?, stored(tx)?))).await
}

fn stored(tx: &Tx<'_>) -> Result<Vec<Notified>> {
    let read = |(key, at): (String, String)| {
        let Key { task, occasion, about } = serde_json::from_str(&key).ok()?;
        Some(Notified { task, occasion, about, at: at.parse::<Millis>().ok()? })
    };
    Ok(tx.recall_all(LEAD)?.into_iter().filter_map(read).collect())
}

/// Stores what a person was notified of, and lets go of what is over.
pub async fn store(core: &Core, notified: Vec<Notified>) {
    if notified.is_empty() {
        return;
    }
    let Ok(store) = core.store() else { return };
    let kept = store.write(move |tx| {
        let (tasks, requests) = (tx.tasks(None, &Filter::default())?, tx.open_requests(None)?);
        let live: HashSet<&str> =
            tasks.iter().filter(|task| task.status.is_live()).map(|task| task.uuid.as_str()).collect();
        let open: HashSet<&str> = requests.iter().map(|request| request.id.as_str()).collect();
        for (key, _) in tx.recall_all(LEAD)? {
            let is_needed = serde_json::from_str::<Key>(&key).is_ok_and(|it| {
                live.contains(it.task.as_str())
                    && (it.occasion != Occasion::Request || open.contains(it.about.as_str()))
            });
            if !is_needed {
                tx.forget_fact(&format!("{LEAD}{key}"))?;
            }
        }
        for Notified { task, occasion, about, at } in notified {
            let key = serde_json::to_string(&Key { task, occasion, about }).unwrap_or_default();
            tx.remember(&format!("{LEAD}{key}"), &at.to_string())?;
        }
        Ok(())
    });
    if let Err(error) = kept.await {
        log::warn!("cannot keep what was notified: {error}");
    }
}
