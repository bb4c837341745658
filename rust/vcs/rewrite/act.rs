//! Doing what an intent says, the first time or again after a kill.

use super::{Action, Permit, RewriteIntent, Rewritten, files, verify};
use crate::contract::Code;
use crate::error::{Error, Result};
use crate::vcs::but::{But, Grammar, Refusal, Stack};
use crate::vcs::commit::CommitPlace;
use crate::vcs::git::Git;

pub(super) async fn run(
    place: CommitPlace<'_>,
    intent: &RewriteIntent,
    permit: &Permit<'_>,
    again: bool,
) -> Result<Rewritten> {
    let mut rewritten = Rewritten { done: Ok(()), moved: None, left: Vec::new(), different: Vec::new() };
    rewritten.done = act(place, &intent.action, permit, again, &mut rewritten).await;
    apply_again(place, intent, permit).await?;
    rewritten.different = verify::verify(place.git, intent, again).await?;
    Ok(rewritten)
}

async fn act(
    place: CommitPlace<'_>,
    action: &Action,
    permit: &Permit<'_>,
    again: bool,
    found: &mut Rewritten,
) -> Result<()> {
    let CommitPlace { but, git, .. } = place;
    match action {
        // Whether it was done cannot be told: the task's trouble stays, and offers it again.
        Action::MoveAbove { .. } | Action::DropEmpty { .. } if again => Ok(()),
        Action::MoveAbove { branch, above } => Ok(but.move_above(branch, above, permit).await?),
        Action::DropEmpty { branch } => Ok(but.branch_delete(branch, permit).await?),
        Action::Apply { branch } => apply(but, branch, permit).await,
        Action::Reapply { branch } => {
            if !again {
                but.unapply(branch, permit).await?;
            }
            apply(but, branch, permit).await
        }
        Action::Preview { branch, commit, before } => {
            let reference = format!("refs/heads/{branch}");
            let now = git.resolve(&reference).await?;
            if now.as_ref() != Some(commit) {
                if but.status().await?.branch(branch).is_some() {
                    // Moved only while it is out of the workspace.
                    but.unapply(branch, permit).await?;
                }
                git.update_ref(&reference, commit, before.as_deref()).await?;
            }
            apply(but, branch, permit).await
        }
        Action::Discard { branch, files, reference } => {
            found.moved = files::write(git, files, permit).await?;
            match found.moved {
                Some(_) => Ok(()),
                None => delete(but, git, branch, reference, permit).await,
            }
        }
        Action::Restore { branch, reference, files } => {
            branch_again(git, branch, &format!("{reference}/tip")).await?;
            if git.resolve(&format!("refs/heads/{branch}")).await?.is_some() {
                apply(but, branch, permit).await?;
            }
            found.left = files::bring_back(git, files, reference, permit).await?;
            Ok(())
        }
    }
}

async fn apply(but: &But, branch: &str, permit: &Permit<'_>) -> Result<()> {
    if but.status().await?.branch(branch).is_some() {
        return Ok(());
    }
    match but.apply(branch, permit).await {
        Ok(()) | Err(Refusal::AlreadyApplied(_)) => Ok(()),
        Err(refusal) => Err(refusal.into()),
    }
}

/// Keeps the branch as it is now, whatever moved it since the discard began: a person, or GitButler's own window.
async fn keep_tip(git: &Git, branch: &str, reference: &str) -> Result<Option<String>> {
    let Some(now) = git.resolve(&format!("refs/heads/{branch}")).await? else { return Ok(None) };
    let kept = format!("{reference}/tip");
    let before = git.resolve(&kept).await?;
    if before.as_ref() == Some(&now) {
        return Ok(Some(now));
    }
    if let Some(before) = &before
        && !git.is_ancestor(before, &now).await?
    {
        git.update_ref(&format!("{reference}/tip-before-{now}"), before, None).await?;
    }
    log::warn!("{branch} was moved while it was discarded: {kept} keeps what it is now");
    git.update_ref(&kept, &now, before.as_deref()).await?;
    Ok(Some(now))
}

async fn delete(but: &But, git: &Git, branch: &str, reference: &str, permit: &Permit<'_>) -> Result<()> {
    let status = but.status().await?;
    let alone = |stack: &&Stack| matches!(&stack.branches[..], [one] if one.name == branch && !one.commits.is_empty());
    keep_tip(git, branch, reference).await?;
    if but.grammar() == Grammar::Old && status.stacks.iter().any(|stack| alone(&stack)) {
        // It deletes no branch with commits that is a stack of its own (2026-05). Out of the workspace it is git's.
        but.unapply(branch, permit).await?;
    } else if status.branch(branch).is_some() {
        but.branch_delete(branch, permit).await?;
    }
    // Left where it was not in the workspace, or where a kill came between the two.
    match keep_tip(git, branch, reference).await? {
        Some(tip) => git.delete_ref(&format!("refs/heads/{branch}"), &tip).await,
        None => Ok(()),
    }
}

/// Branches that were in the workspace, are not, and were not to go.
async fn apply_again(place: CommitPlace<'_>, intent: &RewriteIntent, permit: &Permit<'_>) -> Result<()> {
    let status = place.but.status().await?;
    let gone = |name: &&String| status.branch(name).is_none() && intent.action.goes() != Some(name.as_str());
    let gone: Vec<&String> = intent.tips.keys().filter(gone).collect();
    if gone.is_empty() {
        return Ok(());
    }
    let there = place.git.tips().await?;
    for name in gone.into_iter().filter(|name| there.contains_key(*name)) {
        match place.but.apply(name, permit).await {
            Ok(()) | Err(Refusal::AlreadyApplied(_)) => {}
            Err(refusal) => log::error!("{name} fell out of the workspace: {refusal}"),
        }
    }
    Ok(())
}

/// Makes a branch again at a commit.
pub async fn branch_again(git: &Git, branch: &str, tip: &str) -> Result<()> {
    let name = format!("refs/heads/{branch}");
    match (git.resolve(tip).await?, git.resolve(&name).await?) {
        (None, _) => Ok(()),
        (Some(tip), None) => git.update_ref(&name, &tip, None).await,
        (Some(tip), Some(now)) if tip == now => Ok(()),
        (Some(_), Some(_)) => {
            Err(Error::new(Code::VcsRefused, format!("cannot bring {branch} back: another branch has that name"))
                .hint(format!("rename it, or take the commits from {tip}")))
        }
    }
}
