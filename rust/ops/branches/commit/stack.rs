//! A commit to a stack: planned, intended, made, recorded.

use super::message::generated;
use crate::attribution::{Ledger, Owner};
use crate::commits::change::ChangeKind;
use crate::commits::message;
use crate::commits::plan::{self, CommitPlan, ShownTree};
use crate::config::Loaded;
use crate::core::Core;
use crate::core::trees::HeldPaths;
use crate::error::Result;
use crate::ops::branches::trouble::{self, Done, NOT_COMMITTED, WITHOUT_HOOKS, describe, file_count};
use crate::ops::branches::{hooks, uncommitted, upstream};
use crate::ops::edits::{cleaned, renames};
use crate::ops::rewrite::TaskLog;
use crate::ops::{edits, stacks};
use crate::store::{NewCommit, Tx, Who};
use crate::task::Task;
use crate::vcs::but::{ButStatus, Grammar};
use crate::vcs::commit::{self as vcs, CommitDesk, CommitIntent, CommitOrder, CommitOutcome, CommitPlace, Made};
use crate::vcs::git::{Git, Hooks};
use crate::vcs::rewrite::{Intent, IntentLog};

/// What does not fit into one command goes into another commit; so many at most at once.
const MOST_COMMITS: usize = 100;

/// Commits the task's own hunks and files.
pub async fn commit(core: &Core, task: &Task, loaded: &Loaded, message: Option<&str>) -> Result<Done> {
    let Some(branch) = task.stack.clone() else { return Ok(Done::Nothing) };
    let but = stacks::open_for(core, task, loaded).await?;
    let message = match message {
        Some(message) => message::by_person(message, task.number),
        None => generated(core, task, loaded).await?,
    };
    let git = Git::plumbing(&task.project, but.environment());
    let order = CommitOrder { number: task.number, branch: branch.clone(), message };
    let mut desk = AtDesk { core, task, branch: &branch, held: None, settled: true, seen: None };
    // What was cut off while the daemon lived is finished before another begins.
    super::recover::settle(core, &task.uuid).await?;
    let held = stacks::hold(&but).await?;
    // Only under the lock, for which a task may have waited while others wrote. The new grammar runs no hooks.
    let decision = match but.grammar() {
        Grammar::Old => Some(hooks::decide(core, task, loaded, &core.environments.git(task)).await?),
        Grammar::New => None,
    };
    let but = but.with_hooks(decision.as_ref().map_or(Hooks::Run, |decision| decision.hooks));
    // Turns that end together would otherwise all scan the tree at once.
    edits::reconcile(core, &task.project).await?;
    let place = CommitPlace { git: &git, but: &but, held: &held };
    let mut done = Done::Nothing;
    for _ in 0..MOST_COMMITS {
        let outcome = vcs::commit(place, &order, &mut desk).await?;
        let rest = matches!(&outcome, CommitOutcome::Committed(made) if made.rest > 0);
        let more = matches!(done, Done::Committed) && matches!(outcome, CommitOutcome::Nothing { .. });
        let recorded = record(core, task, &order, outcome).await?;
        done = if more { Done::Committed } else { recorded };
        if !rest {
            break;
        }
        desk.settled = false;
    }
    let seen = desk.seen.take();
    drop(desk);
    if let (Done::Committed, Some(trouble)) = (&done, decision.and_then(|decision| decision.trouble())) {
        core.write(&task.uuid, move |tx, task| trouble::record(tx, task, WITHOUT_HOOKS, &trouble)).await?;
    }
    if let Some(status) = seen {
        upstream::follow(core, &task.project, &but, &status).await;
    }
    Ok(done)
}

/// The order that an intent was made for.
pub fn order_of(intent: &CommitIntent) -> CommitOrder {
    CommitOrder { number: intent.number, branch: intent.branch.clone(), message: intent.message.clone() }
}

/// What the commit engine asks: whose the changes are now, and to write down what it is about to do.
struct AtDesk<'a> {
    core: &'a Core,
    task: &'a Task,
    branch: &'a str,
    /// While it lives, edits of those paths wait.
    held: Option<HeldPaths>,
    settled: bool,
    /// The workspace as it was read last.
    seen: Option<ButStatus>,
}

#[async_trait::async_trait]
impl CommitDesk for AtDesk<'_> {
    async fn plan(&mut self, tree: ShownTree<'_>) -> Result<CommitPlan> {
        if !std::mem::take(&mut self.settled) {
            edits::reconcile(self.core, &self.task.project).await?;
        }
        let ledgers = cleaned::ledgers(self.core, &self.task.project).await?.ledgers;
        let git = Git::at(&self.task.project);
        let origins = renames::origins(&git, tree.changes, tree.hunks, &ledgers).await?;
        let mut owners =
            |path: &str, hunk: &crate::commits::change::DiffHunk| uncommitted::owners(&ledgers, &origins, path, hunk);
        let mut plan = plan::plan(&self.task.uuid, self.branch, tree, &mut owners);
        let is_modified = |path: &String| {
            tree.changes.iter().any(|change| change.path == *path && change.kind == ChangeKind::Modified)
        };
        let mine = Owner::Task(self.task.uuid.clone());
        let is_another_s = |path: &String| {
            let ledger = ledgers.get(path).filter(|ledger| ledger.version().text().is_some());
            ledger.and_then(Ledger::whole).is_some_and(|owner| *owner != mine)
        };
        let paths = plan.take.iter().map(|piece| &piece.path);
        plan.modes = paths.filter(|path| is_modified(path) && is_another_s(path)).cloned().collect();
        let paths = plan.take.iter().map(|piece| piece.path.clone());
        self.held = Some(self.core.trees.hold(&self.task.project, paths));
        Ok(plan)
    }

    fn saw(&mut self, status: &ButStatus) {
        self.seen = Some(status.clone());
    }
}

#[async_trait::async_trait]
impl IntentLog for AtDesk<'_> {
    async fn intend(&mut self, intent: &Intent) -> Result<()> {
        TaskLog::of(self.core, &self.task.uuid).intend(intent).await
    }
}

/// Writes down what came of it, and brings the ledgers up to the new base.
pub async fn record(core: &Core, task: &Task, order: &CommitOrder, outcome: CommitOutcome) -> Result<Done> {
    let branch = order.branch.clone();
    let change = match &outcome {
        CommitOutcome::Committed(made) if made.change_id.is_none() => {
            let git = Git::at(&task.project);
            let raw = git.ask(&["cat-file", "commit", made.oid.as_str()]).await;
            raw.ok().and_then(|raw| crate::vcs::change_id(&raw.text()))
        }
        CommitOutcome::Committed(made) => made.change_id.clone(),
        _ => None,
    };
    let subject = order.message.lines().next().unwrap_or_default().to_owned();
    let taken_in = match &outcome {
        CommitOutcome::Nothing { .. } => Ok(()),
        CommitOutcome::Committed(made) if made.meanwhile.is_empty() && made.trouble.is_none() => {
            edits::rebase(core, &task.project).await.map(drop)
        }
        _ => edits::reconcile(core, &task.project).await.map(drop),
    };
    // The commit is recorded in any case; the next look at the tree takes it in.
    taken_in.unwrap_or_else(|error| log::warn!("cannot take in a commit of #{}: {error}", task.number));
    core.write(task, move |tx, task| {
        let uuid = &task.uuid;
        tx.end_intent(uuid)?;
        let done = match outcome {
            CommitOutcome::Committed(made) => {
                committed(tx, uuid, &branch, subject, change, &made)?;
                tx.notify_edits(&task.project, &made.paths);
                Done::Committed
            }
            CommitOutcome::Nothing { .. } => {
                tx.set_trouble(uuid, None)?;
                Done::Nothing
            }
            CommitOutcome::Trouble(trouble) => {
                let trouble = describe(trouble);
                trouble::record(tx, uuid, NOT_COMMITTED, &trouble)?;
                Done::Trouble(trouble)
            }
        };
        tx.recount_edits(&task.project)?;
        Ok(done)
    })
    .await
}

fn committed(
    tx: &mut Tx<'_>,
    task: &str,
    branch: &str,
    subject: String,
    change: Option<String>,
    made: &Made,
) -> Result<()> {
    let files = i64::try_from(made.paths.len()).unwrap_or(i64::MAX);
    let text = format!("Committed {} to {branch}: {subject}", file_count(files));
    tx.add_commit(task, &NewCommit { oid: made.oid.clone(), change, branch: branch.to_owned(), subject, files })?;
    let data = serde_json::json!({ "commit": made.oid, "paths": made.paths, "rescue": made.rescue });
    tx.journal(task, Who::Chorus, "committed", &text, Some(&data))?;
    for path in &made.meanwhile {
        let text = format!("{path} was written while it was committed: its bytes before are in {}", made.rescue);
        tx.journal(task, Who::Chorus, "written_meanwhile", &text, None)?;
    }
    match made.trouble.clone().map(describe) {
        Some(trouble) => trouble::record(tx, task, NOT_COMMITTED, &trouble),
        None => tx.set_trouble(task, None),
    }
}
