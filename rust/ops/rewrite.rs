//! The one way to whatever rewrites a shared tree: its bytes are kept, the intent is in the store before anything is
//! touched, and what came of it is recorded in the transaction that ends the intent.

use crate::core::Core;
use crate::error::Result;
use crate::store::{Tx, Who};
use crate::task::Task;
use crate::vcs::but::But;
use crate::vcs::commit::CommitPlace;
use crate::vcs::git::Git;
use crate::vcs::lock::Held;
use crate::vcs::rewrite::{self, Action, Intent, IntentLog, Rewritten};
use std::collections::BTreeSet;

/// Writes a task's intents down, on the disk before anything is touched.
pub struct TaskLog<'a> {
    core: &'a Core,
    task: &'a str,
}

impl<'a> TaskLog<'a> {
    /// For the task with that uuid.
    pub fn of(core: &'a Core, task: &'a str) -> TaskLog<'a> {
        TaskLog { core, task }
    }
}

#[async_trait::async_trait]
impl IntentLog for TaskLog<'_> {
    async fn intend(&mut self, intent: &Intent) -> Result<()> {
        let intent = intent.clone();
        self.core.write_durably(self.task, move |tx, task| tx.begin_intent(task, &intent)).await
    }
}

/// Git beside `but` in its tree.
pub fn git(but: &But) -> Git {
    Git::plumbing(but.root(), but.environment())
}

/// Keeps every uncommitted byte, writes the intent down, acts, and looks at every byte. `record` writes down what came of
/// it, with the end of the intent, unless it was not done.
pub async fn run(
    core: &Core,
    task: &Task,
    but: &But,
    held: &Held,
    action: Action,
    record: impl FnOnce(&mut Tx<'_>, &str, &str) -> Result<()> + Send + 'static,
) -> Result<Rewritten> {
    let git = git(but);
    let place = CommitPlace { git: &git, but, held };
    let kept = rewrite::keep(place, task.number, &BTreeSet::new()).await?;
    let (intent, permit) = kept.begin(place, action, &mut TaskLog::of(core, &task.uuid)).await?;
    let rewritten = rewrite::run(place, &intent, &permit).await?;
    end(core, &task.uuid, &intent.rescue.reference, &rewritten, record).await?;
    Ok(rewritten)
}

/// Records what came of an intent and ends it.
pub async fn end(
    core: &Core,
    task: &str,
    rescue: &str,
    rewritten: &Rewritten,
    record: impl FnOnce(&mut Tx<'_>, &str, &str) -> Result<()> + Send + 'static,
) -> Result<()> {
    let (rescue, different) = (rescue.to_owned(), rewritten.different.clone());
    let is_done = rewritten.done.is_ok() && rewritten.moved.is_none();
    core.write(task, move |tx, task| {
        for path in &different {
            let text = format!("{path} is not as it was before: its bytes are in {rescue}");
            tx.journal(task, Who::Chorus, "changed_by_rewriting", &text, None)?;
        }
        if is_done {
            record(tx, task, &rescue)?;
        }
        tx.end_intent(task)
    })
    .await
}
