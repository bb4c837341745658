//! A task's edits go to its branch, and it is proved: `but`'s exit code is not believed.
//!
//! Under our lock: scan, plan, keep the bytes, write the intent down, `but commit`, scan again, put right what was
//! damaged, take back what is wrong. Planned again at most twice. [`recover`] finishes what a kill interrupted.

mod half;
mod index;
mod inspect;
mod intent;
mod locks;
mod narrow;
mod outcome;
mod reconcile;
mod repair;
mod scan;

pub use intent::{CommitIntent, PlannedPath};
pub(super) use locks::clear as clear_locks;
pub use outcome::{CommitOutcome, CommitTrouble, Made, TroubleKind};
pub(super) use repair::is_of_then;

use crate::commits::change;
use crate::commits::plan::{CommitPlan, ShownTree};
use crate::error::Result;
use crate::vcs::but::{But, ButStatus, Dependence, Refusal};
use crate::vcs::git::Git;
use crate::vcs::lock::Held;
use crate::vcs::rescue;
use crate::vcs::rewrite::{Intent, IntentLog, Permit};
use narrow::Excluded;
use reconcile::{ButAnswer, Reconciled, reconcile};
use scan::{ScannedWorkspace, scan, stack_of};
use std::collections::BTreeSet;

/// How often one commit is planned.
const PLANS: usize = 3;

/// The most bytes of paths and ids in one command: half of what Linux takes with its environment.
const LONGEST_LINE: usize = 1024 * 1024;

/// How often a plan is narrowed because of dependences.
const NARROWED: usize = 4;

/// What is asked for.
#[derive(Clone, Debug)]
pub struct CommitOrder {
    /// The task's number.
    pub number: i64,
    /// The task's branch, applied.
    pub branch: String,
    /// The whole message.
    pub message: String,
}

/// What a commit asks of its caller.
#[async_trait::async_trait]
pub trait CommitDesk: IntentLog {
    /// Which of the tree's changes, as just read, are the task's. Asked again when they changed meanwhile.
    async fn plan(&mut self, tree: ShownTree<'_>) -> Result<CommitPlan>;

    /// The workspace as it was just read: before the commit, and after it.
    fn saw(&mut self, _status: &ButStatus) {}
}

/// A repository to commit in, and our lock.
#[derive(Clone, Copy, Debug)]
pub struct CommitPlace<'a> {
    /// Git at the main worktree.
    pub git: &'a Git,
    /// `but` there.
    pub but: &'a But,
    /// Our lock, held over all of it.
    pub held: &'a Held,
}

/// Commits a task's edits. Errors are those of git, the store and the disk; what `but` refuses is a [`CommitTrouble`].
pub async fn commit(place: CommitPlace<'_>, order: &CommitOrder, desk: &mut dyn CommitDesk) -> Result<CommitOutcome> {
    let mut excluded = Excluded::default();
    let mut taken_along = BTreeSet::new();
    let (mut planned, mut narrowed) = (0, 0);
    loop {
        let tree = match scan(place, &order.branch).await? {
            Ok(tree) => tree,
            Err(trouble) => return Ok(CommitOutcome::Trouble(trouble)),
        };
        let (status, hunks) = (&tree.status, &tree.hunks);
        desk.saw(status);
        let shown = ShownTree { changes: &status.changes, conflicted: &status.conflicted, hunks };
        let mut plan = desk.plan(shown).await?;
        excluded.narrow(&mut plan, hunks);
        plan.leave_modes(&taken_along);
        if plan.take.is_empty() {
            return Ok(nothing(order, &excluded, &taken_along, plan));
        }
        let rest = plan.part_modes() + cut(&mut plan);
        planned += 1;
        let intent = intend(place, order, &plan, &tree).await?;
        let permit = Permit::begin(place.held, &Intent::Commit(Box::new(intent.clone())), desk).await?;
        let keeps_modes = plan.take.iter().all(|piece| plan.modes.contains(&piece.path));
        let but = if keeps_modes { place.but.clone().ignoring_modes() } else { place.but.clone() };
        let answer = but.commit(&order.branch, &order.message, &plan.take, status, &permit).await;
        let reconciled = reconcile(place, &permit, &intent, &ButAnswer::of(answer)).await?;
        desk.saw(&reconciled.status);
        match judged(place, &permit, &intent, reconciled, &plan, planned < PLANS).await? {
            CommitVerdict::Done(mut outcome) => {
                if let CommitOutcome::Committed(made) = outcome.as_mut() {
                    made.rest = rest;
                    let dependences = excluded.dependences();
                    if made.trouble.is_none() && !dependences.is_empty() {
                        let trouble = CommitTrouble::of(&Refusal::DependsOn(dependences), &order.branch);
                        made.trouble = Some(trouble.rescue(&made.rescue));
                    }
                    if made.trouble.is_none() && !taken_along.is_empty() {
                        made.trouble = Some(mode_trouble(&taken_along));
                    }
                }
                return Ok(*outcome);
            }
            CommitVerdict::Again => {}
            CommitVerdict::WithModes(paths) => {
                planned -= 1;
                taken_along.extend(paths);
            }
            CommitVerdict::Narrower(dependences) => {
                let mut added = false;
                for dependence in &dependences {
                    added |= excluded.add(dependence, hunks);
                }
                narrowed += 1;
                planned -= 1;
                if !added || narrowed > NARROWED {
                    let trouble = CommitTrouble::of(&Refusal::DependsOn(dependences), &order.branch);
                    return Ok(CommitOutcome::Trouble(trouble.rescue(&intent.rescue.reference)));
                }
            }
        }
    }
}

/// Finishes what a kill interrupted: puts the tree right, and tells whether the commit was made. With
/// [`CommitOutcome::Nothing`] it was not, and the edits are uncommitted as before: commit again.
pub async fn recover(place: CommitPlace<'_>, intent: &CommitIntent) -> Result<CommitOutcome> {
    let permit = Permit::again(place.held);
    rescue::sweep(place.git, intent.rescue.entries.keys().map(String::as_str), intent.number).await?;
    let reconciled = reconcile(place, &permit, intent, &ButAnswer::Unknown(None)).await?;
    match judged(place, &permit, intent, reconciled, &CommitPlan::default(), true).await? {
        CommitVerdict::Done(outcome) => Ok(*outcome),
        CommitVerdict::Again | CommitVerdict::WithModes(_) => Ok(CommitOutcome::Nothing { left: Vec::new() }),
        CommitVerdict::Narrower(dependences) => {
            let trouble = CommitTrouble::of(&Refusal::DependsOn(dependences), &intent.branch);
            Ok(CommitOutcome::Trouble(trouble.rescue(&intent.rescue.reference)))
        }
    }
}

async fn intend(
    place: CommitPlace<'_>,
    order: &CommitOrder,
    plan: &CommitPlan,
    tree: &ScannedWorkspace,
) -> Result<CommitIntent> {
    let changed = tree.status.changes.iter().map(|change| change.path.clone());
    let all: BTreeSet<String> = changed.chain(tree.status.conflicted.iter().cloned()).collect();
    // `but` replaces what is not UTF-8: such a path cannot be named.
    let mut paths: BTreeSet<String> =
        all.into_iter().filter(|path| !path.contains(char::REPLACEMENT_CHARACTER)).collect();
    if tree.status.changes.iter().any(|change| change.kind == change::ChangeKind::Renamed) {
        // Their old paths, which `but` does not name, must stay away.
        let gone = place.git.bytes(&["ls-files", "--deleted", "-z"]).await?;
        paths
            .extend(gone.split(|byte| *byte == 0).filter_map(|path| std::str::from_utf8(path).ok()).map(str::to_owned));
        paths.remove("");
    }
    let rescue = rescue::keep(place.git, &paths, order.number).await?;
    Ok(CommitIntent {
        number: order.number,
        branch: order.branch.clone(),
        message: order.message.clone(),
        at: crate::clock::wall(),
        rescue,
        tips: tree.tips.clone(),
        stack: stack_of(&tree.status, &order.branch),
        head: tree.head.clone(),
        conflicted: tree.status.conflicted.clone(),
        wanted: intent::wanted(plan, &tree.status, &tree.hunks),
    })
}

fn nothing(
    order: &CommitOrder,
    excluded: &Excluded,
    taken_along: &BTreeSet<String>,
    plan: CommitPlan,
) -> CommitOutcome {
    match excluded.dependences() {
        none if none.is_empty() && !taken_along.is_empty() => CommitOutcome::Trouble(mode_trouble(taken_along)),
        none if none.is_empty() => CommitOutcome::Nothing { left: plan.left },
        dependences => CommitOutcome::Trouble(CommitTrouble::of(&Refusal::DependsOn(dependences), &order.branch)),
    }
}

/// Why lines stay uncommitted in files whose mode another changed.
fn mode_trouble(paths: &BTreeSet<String>) -> CommitTrouble {
    let paths: Vec<String> = paths.iter().cloned().collect();
    let text =
        format!("`but` would commit a change of the mode of {} with its lines, which is another's", paths.join(", "));
    let remedy = "commit the mode yourself, or take it back (`chmod`), then commit again";
    CommitTrouble::new(TroubleKind::Tool, text).paths(&paths).remedy(remedy)
}

/// Leaves a plan with as much as fits on a command line; how many pieces wait for the next commit.
fn cut(plan: &mut CommitPlan) -> usize {
    let mut size = 0;
    let fits = plan.take.iter().take_while(|piece| {
        size += piece.size();
        size <= LONGEST_LINE
    });
    let fits = fits.count().max(1);
    plan.take.split_off(fits).len()
}

enum CommitVerdict {
    Done(Box<CommitOutcome>),
    Again,
    Narrower(Vec<Dependence>),
    /// It took the mode of these files along, and was taken back.
    WithModes(Vec<String>),
}

/// What to make of what was found after `but` ran.
async fn judged(
    place: CommitPlace<'_>,
    permit: &Permit<'_>,
    intent: &CommitIntent,
    reconciled: Reconciled,
    plan: &CommitPlan,
    more: bool,
) -> Result<CommitVerdict> {
    let reference = intent.rescue.reference.as_str();
    let done =
        |trouble: CommitTrouble| Ok(CommitVerdict::Done(Box::new(CommitOutcome::Trouble(trouble.rescue(reference)))));
    let found = reconciled.found;
    if let Some(lost) = &found.lost {
        let mut trouble = CommitTrouble::of(&Refusal::MovedOutside(vec![intent.branch.clone()]), &intent.branch);
        trouble.text = format!("{}: the commit {lost} is not on it; the edits are uncommitted again", trouble.text);
        return done(trouble.paths(&reconciled.repaired.written));
    }
    let Some(oid) = found.oid else {
        return match reconciled.answer {
            Some(Refusal::DependsOn(dependences)) => {
                let named = reconcile::named(place.git, intent, &reconciled.status, dependences).await?;
                Ok(CommitVerdict::Narrower(named))
            }
            Some(refusal) if refusal.is_passing() && more => Ok(CommitVerdict::Again),
            Some(refusal) => done(reconciled.trouble.unwrap_or_else(|| CommitTrouble::of(&refusal, &intent.branch))),
            None => match reconciled.trouble {
                Some(trouble) => done(trouble),
                None => Ok(CommitVerdict::Again),
            },
        };
    };
    // A path that is clean by now was put back by its writer; one that is not was left out for what it builds on.
    let missing: Vec<String> =
        found.missing.into_iter().filter(|path| reconciled.status.change(path).is_some()).collect();
    if !found.wrong.is_empty() || found.paths.is_empty() || !found.modes.is_empty() {
        if let Err(refusal) = place.but.uncommit(&oid, permit).await {
            let text = format!("the commit {oid} is not as planned and cannot be taken back: {refusal}");
            return done(CommitTrouble::new(TroubleKind::Damaged, text).paths(&found.wrong));
        }
        reconcile::bytes(place, intent, &found.wrong).await?;
        if found.wrong.is_empty() && !found.modes.is_empty() {
            return Ok(CommitVerdict::WithModes(found.modes));
        }
        if found.wrong.is_empty() && !missing.is_empty() {
            return Ok(CommitVerdict::Narrower(
                reconcile::dependences(place.git, intent, &reconciled.status, missing).await?,
            ));
        }
        if more {
            return Ok(CommitVerdict::Again);
        }
        if found.wrong.is_empty() {
            let paths: Vec<String> = intent.wanted.iter().map(|wanted| wanted.path.clone()).collect();
            let text = format!("`but` made an empty commit of {}, which was taken back", paths.join(", "));
            let remedy = "look at `git diff`: `but` may not commit a file's mode alone";
            return done(CommitTrouble::new(TroubleKind::Tool, text).paths(&paths).remedy(remedy));
        }
        let text = "the files change faster than they can be committed";
        return done(CommitTrouble::new(TroubleKind::Changing, text).paths(&found.wrong));
    }
    let mut trouble = reconciled.trouble;
    let mut left = plan.left.clone();
    if !missing.is_empty() {
        let dependences = reconcile::dependences(place.git, intent, &reconciled.status, missing).await?;
        let why = |one: &Dependence| crate::commits::plan::Why::DependsOn(one.branches.clone());
        let one = |it: &Dependence| crate::commits::plan::Left { path: it.path.clone(), hunk: None, why: why(it) };
        left.extend(dependences.iter().map(one));
        trouble.get_or_insert_with(|| {
            CommitTrouble::of(&Refusal::DependsOn(dependences), &intent.branch).rescue(reference)
        });
    }
    Ok(CommitVerdict::Done(Box::new(CommitOutcome::Committed(Made {
        oid,
        change_id: reconciled.change_id,
        paths: found.paths,
        left,
        rest: 0,
        meanwhile: reconciled.repaired.meanwhile,
        rescue: reference.to_owned(),
        trouble,
    }))))
}
