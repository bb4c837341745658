//! The working trees that tasks share: what is known of each since the daemon began, and which paths a commit holds.

use crate::attribution::interval::Interval;
use crate::attribution::{Ledger, Owner, Past, Write};
use crate::vcs::scan::{FileStat, Scan};
use parking_lot::Mutex;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;

/// Every shared tree, by project.
#[derive(Debug, Default)]
pub struct Trees {
    trees: Mutex<HashMap<String, Arc<SharedTree>>>,
}

/// One shared tree.
#[derive(Debug, Default)]
pub struct SharedTree {
    /// Held while edits are taken in, one after the other.
    pub known: Arc<tokio::sync::Mutex<TreeKnowledge>>,
    /// How many hold each path.
    held: watch::Sender<BTreeMap<String, usize>>,
}

/// What is known of a tree beside its ledgers; none of it outlives the daemon.
#[derive(Debug, Default)]
pub struct TreeKnowledge {
    /// The last complete scan; nothing before the first.
    pub scan: Option<Scan>,
    /// The time since then.
    pub interval: Interval,
    /// The commit that ledgers are about.
    pub head: Option<String>,
    /// Paths whose ledgers may say more than differs from that commit; any of them where that is not known.
    pub stale: Option<BTreeSet<String>>,
    /// Files that changed while an edit tool was open on them, and whose that is as far as the tool does not say.
    pub pending: BTreeMap<String, Owner>,
    /// Ledgers that were replaced since then or while commands run.
    pub past: Past,
    /// Files as they were before they were last taken in, and whose the change is if a save is told after that.
    pub latest: HashMap<String, (Ledger, Owner)>,
    /// Reports of writes that were taken in so early that more may follow, and whether their file was still open, by path.
    pub written: HashMap<String, Vec<(Write, bool)>>,
    /// What git tracks although it ignores it, and the index that says so.
    pub beside: Option<(Option<FileStat>, Vec<String>)>,
    /// The last warning to a task about others' edits in a file, by task and path.
    pub warned: HashMap<(String, String), String>,
}

impl TreeKnowledge {
    /// The ledgers of these paths are about to be written.
    pub fn touch<'a>(&mut self, paths: impl IntoIterator<Item = &'a String>) {
        if let Some(stale) = &mut self.stale {
            stale.extend(paths.into_iter().cloned());
        }
    }
}

/// Paths that wait while a commit runs; dropping it lets them go.
#[derive(Debug)]
pub struct HeldPaths {
    tree: Arc<SharedTree>,
    paths: BTreeSet<String>,
}

impl Trees {
    /// The project's tree.
    pub fn of(&self, project: &str) -> Arc<SharedTree> {
        self.trees.lock().entry(project.to_owned()).or_default().clone()
    }

    /// Lets edit tools wait before they change one of `paths`, until what is returned is dropped.
    pub fn hold(&self, project: &str, paths: impl IntoIterator<Item = String>) -> HeldPaths {
        let held = HeldPaths { tree: self.of(project), paths: paths.into_iter().collect() };
        held.tree.held.send_modify(|all| held.paths.iter().for_each(|path| *all.entry(path.clone()).or_default() += 1));
        held
    }
}

impl SharedTree {
    /// Waits until no commit holds `path`, for at most `limit`.
    pub async fn released(&self, path: &str, limit: Duration) {
        let mut held = self.held.subscribe();
        let free = held.wait_for(|held| !held.contains_key(path));
        if tokio::time::timeout(limit, free).await.is_err() {
            log::warn!("an edit stopped waiting for a commit");
        }
    }
}

impl Drop for HeldPaths {
    fn drop(&mut self) {
        self.tree.held.send_modify(|all| {
            all.retain(|path, holders| {
                *holders -= usize::from(self.paths.contains(path));
                *holders > 0
            });
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_path_waits_until_everybody_who_holds_it_lets_it_go() {
        let trees = Trees::default();
        let path = |name: &str| name.to_owned();
        let is_held = async |name: &str| {
            let tree = trees.of("p");
            let mut held = tree.held.subscribe();
            held.borrow_and_update().contains_key(name)
        };
        let mut held = trees.hold("p", [path("a"), path("b")]);
        assert!(is_held("a").await && held.paths.len() == 2);
        // A later plan takes the place of the one before.
        held = trees.hold("p", [path("b"), path("c")]);
        assert!(is_held("b").await && is_held("c").await && !is_held("a").await);
        let other = trees.hold("p", [path("c")]);
        drop(held);
        assert!(is_held("c").await && !is_held("b").await);
        drop(other);
        assert!(!is_held("c").await);
        trees.of("p").released("c", Duration::from_secs(600)).await;
    }
}
