//! Taking a task's branch and uncommitted edits away, after all of it was kept, and bringing it back.

mod plan;

use crate::contract::Code;
use crate::core::Core;
use crate::error::{Error, Result};
use crate::ops::branches::commit;
use crate::ops::branches::commit::recover::{put_back, settle};
use crate::ops::branches::discarded::Discarded;
use crate::ops::branches::worktrees;
use crate::ops::rewrite::TaskLog;
use crate::ops::{edits, rewrite, stacks};
use crate::task::{Isolation, Step, Task};
use crate::vcs::but::But;
use crate::vcs::commit::CommitPlace;
use crate::vcs::rescue::{self, RescueEntry};
use crate::vcs::rewrite::{self as vcs, Action, PlannedFile, RewriteIntent};
use plan::plan;
use std::collections::BTreeMap;

/// How often a discard is planned while somebody writes its files.
const PLANS: usize = 3;

/// Takes branch and uncommitted edits away; a sentence about where they are kept.
pub async fn discard(core: &Core, task: &Task) -> Result<String> {
    settle(core, &task.uuid).await?;
    let kept = match task.isolation {
        Isolation::Stack => of_stack(core, task).await?,
        Isolation::Worktree => worktrees::discard(core, task).await?,
        Isolation::None | Isolation::Auto => None,
    };
    Ok(kept.map_or_else(|| "There was nothing to discard.".to_owned(), |kept| kept.text()))
}

/// Whether [`discard`] could begin: asked before the task's agent is ended.
pub async fn check(core: &Core, task: &Task) -> Result<()> {
    let loaded = core.whole_config_of(&task.project).await?;
    if task.isolation == Isolation::Stack && task.stack.is_some() {
        stacks::open_for(core, task, &loaded).await?;
    }
    Ok(())
}

async fn of_stack(core: &Core, task: &Task) -> Result<Option<Discarded>> {
    let Some(branch) = task.stack.clone() else { return Ok(None) };
    let loaded = core.config_of(&task.project).await;
    let but = stacks::open_for(core, task, &loaded).await?;
    let held = stacks::hold(&but).await?;
    let git = rewrite::git(&but);
    let place = CommitPlace { git: &git, but: &but, held: &held };
    let reference = format!("refs/chorus/discarded/{}-{}", task.number, crate::clock::now());
    if let Some(tip) = git.resolve(&format!("refs/heads/{branch}")).await? {
        git.update_ref(&format!("{reference}/tip"), &tip, None).await?;
    }
    let kept = Discarded { reference, branch, files: Vec::new(), repositories: None };
    let mut begun = None;
    let error = match take_away(core, task, &but, place, kept, &mut begun).await {
        Ok(kept) => return Ok(Some(kept)),
        Err(error) => error,
    };
    let Some(intent) = begun else { return Err(error) };
    // It is not to be carried out later, when nobody expects it any more.
    let left = put_back(core, task, place, &intent).await?;
    let told = match left.is_empty() {
        true => "nothing was taken away".to_owned(),
        false => format!("edits of {} were taken away and are kept in {}", left.join(", "), intent.kept_in()),
    };
    Err(Error { message: format!("{}; {told}", error.message), ..error })
}

/// Plans and carries out. `begun` is what the store says is being done, also where it fails.
async fn take_away(
    core: &Core,
    task: &Task,
    but: &But,
    place: CommitPlace<'_>,
    mut kept: Discarded,
    begun: &mut Option<RewriteIntent>,
) -> Result<Discarded> {
    let Discarded { reference, branch, .. } = kept.clone();
    let mut files: Vec<PlannedFile> = Vec::new();
    let mut moved = None;
    for _ in 0..PLANS {
        let Some((before, planned)) = plan(core, task, but, place).await? else { continue };
        let paths = planned.iter().map(|file| file.path.clone());
        let _waiting = core.trees.hold(&task.project, paths);
        files.retain(|file| planned.iter().all(|other| other.path != file.path));
        files.extend(planned);
        for (name, entries) in [("edits", sides(&files, |file| &file.from)), ("after", sides(&files, |file| &file.to))]
        {
            rescue::keep_under(place.git, &format!("{reference}/{name}"), &entries, task.number).await?;
        }
        let action = Action::Discard { branch: branch.clone(), reference: reference.clone(), files: files.clone() };
        let (intent, permit) = before.begin(place, action, &mut TaskLog::of(core, &task.uuid)).await?;
        *begun = Some(intent.clone());
        let mut rewritten = vcs::run(place, &intent, &permit).await?;
        std::mem::replace(&mut rewritten.done, Ok(()))
            .map_err(|error| error.context(format!("cannot discard {branch}")))?;
        moved = rewritten.moved.clone();
        if moved.is_none() {
            kept.files = files.into_iter().map(|file| file.path).collect();
            let recorded = kept.clone();
            let end = rewrite::end(core, &task.uuid, &intent.rescue.reference, &rewritten, move |tx, task, _| {
                recorded.record(tx, task)
            });
            end.await?;
            *begun = None;
            if let Err(error) = edits::reconcile(core, &task.project).await {
                // It is done; the next look at the tree takes it in.
                log::warn!("cannot take in the discard of #{}: {error}", task.number);
            }
            return Ok(kept);
        }
        let mut written = Vec::new();
        for file in files {
            if rescue::now(place.git, &file.path).await?.same(&file.to) {
                written.push(file);
            }
        }
        files = written;
    }
    let why = match moved {
        None => "the files change faster than they can be read".to_owned(),
        Some(path) => format!("{path} changes again and again"),
    };
    Err(Error::new(Code::VcsRefused, format!("cannot discard {branch}: {why}"))
        .hint("wait until nobody writes it, then try again"))
}

fn sides(files: &[PlannedFile], side: impl Fn(&PlannedFile) -> &RescueEntry) -> BTreeMap<String, RescueEntry> {
    files.iter().map(|file| (file.path.clone(), side(file).clone())).collect()
}

/// Brings back what was discarded and reopens the task. Where that fails the task stays as it is.
pub async fn restore(core: &Core, task: &Task) -> Result<()> {
    settle(core, &task.uuid).await?;
    let kept = core
        .read(&task.uuid, |tx, task| {
            tx.may(task, Step::Reopen, "reopen")?;
            Discarded::of(tx, task)
        })
        .await?;
    if task.isolation != Isolation::Stack {
        worktrees::bring_back(core, task, &kept).await?;
        return commit::worktree::count(core, task).await;
    }
    let loaded = core.config_of(&task.project).await;
    let but = stacks::open_for(core, task, &loaded).await?;
    let held = stacks::hold(&but).await?;
    edits::reconcile(core, &task.project).await?;
    let action =
        Action::Restore { branch: kept.branch.clone(), reference: kept.reference.clone(), files: kept.files.clone() };
    let git = rewrite::git(&but);
    let place = CommitPlace { git: &git, but: &but, held: &held };
    let before = vcs::keep(place, task.number, &kept.files.iter().cloned().collect()).await?;
    let (intent, permit) = before.begin(place, action, &mut TaskLog::of(core, &task.uuid)).await?;
    let rewritten = vcs::run(place, &intent, &permit).await?;
    commit::recover::restored(core, task, &git, &intent, &rewritten).await?;
    rewritten.done
}
