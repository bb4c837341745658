//! The ledgers of a tree in the lines that git would commit: hunks count those.

use crate::attribution::{Ledger, Version};
use crate::core::Core;
use crate::error::Result;
use crate::vcs::cleaned;
use std::collections::{BTreeSet, HashMap};
use std::path::Path;

/// The ledgers of a project.
pub struct CleanedLedgers {
    /// By path.
    pub ledgers: HashMap<String, Ledger>,
    /// Paths of which git commits something else than what is on the disk.
    pub converted: BTreeSet<String>,
}

/// Every ledger of the project.
pub async fn ledgers(core: &Core, project: &str) -> Result<CleanedLedgers> {
    let read = core.read(project, |tx, project| tx.ledgers(project)).await?;
    let mut ledgers: HashMap<String, Ledger> = read.into_iter().collect();
    let mut converted = BTreeSet::new();
    let root = Path::new(project);
    let texts: Vec<&str> =
        ledgers.iter().filter(|(_, ledger)| ledger.version().text().is_some()).map(|(path, _)| path.as_str()).collect();
    for path in cleaned::filtered(root, &texts).await? {
        let Some(ledger) = ledgers.get_mut(&path) else { continue };
        let content = ledger.version().text().unwrap_or_default();
        let committed = match cleaned::cleaned(root, &path, content).await {
            Ok(committed) => committed,
            Err(error) => {
                // What git would commit of it cannot be told, so nobody is named for any of it.
                log::warn!("a filter of {path} failed: {error}");
                ledgers.remove(&path);
                converted.insert(path);
                continue;
            }
        };
        if committed != content {
            *ledger = ledger.projected(&Version::of(ledger.version().kind, committed));
            converted.insert(path);
        }
    }
    Ok(CleanedLedgers { ledgers, converted })
}
