//! Everything but a commit that rewrites a shared tree or moves branches in it: the bytes are kept, the store says what
//! is about to be done, it is done, and what came of every byte is looked at.
//!
//! [`keep`], then [`Kept::begin`], which gives the [`Permit`] that the calls ask for, then [`run`]. After a kill
//! [`recover`] finishes what the store says. Each step can be done twice.

mod act;
mod files;
mod intent;
mod permit;
mod verify;

pub use act::branch_again;
pub use files::{PlannedFile, committed_content, without};
pub use intent::{Action, Intent, RemoveIntent, RewriteIntent};
pub use permit::{IntentLog, Permit};

use crate::error::Result;
use crate::vcs::commit::CommitPlace;
use crate::vcs::rescue::{self, Rescue};
use std::collections::{BTreeMap, BTreeSet};

/// Every uncommitted byte, kept, and where the branches pointed.
#[derive(Debug)]
pub struct Kept {
    number: i64,
    /// The bytes.
    pub rescue: Rescue,
    tips: BTreeMap<String, String>,
    head: String,
}

/// What came of a rewriting.
#[derive(Debug)]
pub struct Rewritten {
    /// Whether it was done, or why not.
    pub done: Result<()>,
    /// A file of a discard that is not what it was planned from: nothing of it and what comes after it was touched.
    pub moved: Option<String>,
    /// Files of a restore whose edits do not fit what is there now.
    pub left: Vec<String>,
    /// Uncommitted files that are not as they were before, although nothing of it was for them.
    pub different: Vec<String>,
}

/// Keeps every uncommitted byte of the tree, and these paths, for task `number`.
pub async fn keep(place: CommitPlace<'_>, number: i64, more: &BTreeSet<String>) -> Result<Kept> {
    let status = place.but.status().await?;
    let changed = status.changes.iter().map(|change| change.path.clone()).chain(status.conflicted.iter().cloned());
    let named = changed.filter(|path| !path.contains(char::REPLACEMENT_CHARACTER));
    let paths: BTreeSet<String> = named.chain(more.iter().cloned()).collect();
    let rescue = rescue::keep(place.git, &paths, number).await?;
    let mut tips = place.git.tips().await?;
    tips.retain(|name, _| status.branch(name).is_some());
    let head = place.git.resolve("HEAD").await?.unwrap_or_default();
    Ok(Kept { number, rescue, tips, head })
}

impl Kept {
    /// Writes down what is about to be done, for which it then gives the permit.
    pub async fn begin<'h>(
        self,
        place: CommitPlace<'h>,
        action: Action,
        log: &mut dyn IntentLog,
    ) -> Result<(RewriteIntent, Permit<'h>)> {
        let Kept { number, rescue, tips, head } = self;
        let intent = RewriteIntent { number, at: crate::clock::wall(), action, rescue, tips, head };
        let whole = Intent::Rewrite(Box::new(intent));
        let permit = Permit::begin(place.held, &whole, log).await?;
        match whole {
            Intent::Rewrite(intent) => Ok((*intent, permit)),
            _ => Err(crate::error::Error::internal("another intent")),
        }
    }
}

/// Does what the intent says, and looks at every byte afterwards.
pub async fn run(place: CommitPlace<'_>, intent: &RewriteIntent, permit: &Permit<'_>) -> Result<Rewritten> {
    act::run(place, intent, permit, false).await
}

/// Finishes, after a kill, what the intent says; a change of the order of branches is not begun again.
pub async fn recover(place: CommitPlace<'_>, intent: &RewriteIntent) -> Result<Rewritten> {
    crate::vcs::commit::clear_locks(place.git, intent.at, &intent.tips).await;
    let paths = intent.rescue.entries.keys().map(String::as_str).chain(intent.action.files());
    rescue::sweep(place.git, paths, intent.number).await?;
    act::run(place, intent, &Permit::again(place.held), true).await
}
