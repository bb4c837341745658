//! A worktree task's commits shown in the GitButler workspace, on a branch of their own.

use crate::contract::{Code, Confirm, Offer};
use crate::core::{Asker, Core};
use crate::error::{Error, Result};
use crate::ops::branches::commit::recover::settle;
use crate::ops::branches::commit::worktree::preparation_trouble;
use crate::ops::branches::trouble::as_error;
use crate::ops::{rewrite, stacks};
use crate::task::{Isolation, Task};
use crate::vcs::but::But;
use crate::vcs::git::Git;
use crate::vcs::lock::Held;
use crate::vcs::rewrite::Action;

/// The branch that shows a worktree task's commits in the workspace. The task's own branch is never applied there:
/// GitButler loses commits on an applied branch that something else moved (2026-08).
fn shown(branch: &str) -> String {
    format!("{branch}-preview")
}

/// Shows the task's branch in the GitButler workspace, or brings what is shown up to date.
pub async fn preview(core: &Core, asker: &Asker, confirm: Confirm) -> Result<Offer> {
    let task = core.task(asker, &confirm.task).await?;
    let doing = format!("cannot show #{} in the workspace", task.number);
    let (Isolation::Worktree, Some(branch)) = (task.isolation, &task.stack) else {
        let hint = "a stack is in the workspace already; a task with isolation worktree can be shown there";
        return Err(Error::new(Code::WrongState, format!("{doing}: it has no worktree")).hint(hint));
    };
    let loaded = core.config_of(&task.project).await;
    let but = stacks::open_for(core, &task, &loaded).await.map_err(|error| error.context(&doing))?;
    if let Some(trouble) = preparation_trouble(core, &task, &loaded).await? {
        return Err(as_error(&doing, &trouble));
    }
    if !confirm.confirmed {
        let others = beside(core, &task, &but, branch).await.map_err(|error| error.context(&doing))?;
        let mut text = format!(
            "The commits of {branch} would be shown in the workspace as {}, a branch of their own: the task goes on in \
             its worktree, and `preview` again brings the branch up to date.",
            shown(branch)
        );
        if !others.is_empty() {
            text += &format!(
                "\nNot now: uncommitted edits that are not this task's are in {}, which it changes.",
                stacks::named(&others)
            );
        }
        return Ok(Offer { text, done: false });
    }
    settle(core, &task.uuid).await.map_err(|error| error.context(&doing))?;
    let base = core.read(&task.uuid, |tx, task| tx.base(task)).await?;
    let held = stacks::hold(&but).await.map_err(|error| error.context(&doing))?;
    // Only under the lock, for which others may have written meanwhile.
    let others = beside(core, &task, &but, branch).await.map_err(|error| error.context(&doing))?;
    stacks::refuse_beside(&others, &format!("show #{} in the workspace", task.number))?;
    show(core, &but, &held, &task, branch, base).await.map_err(|error| error.context(&doing))?;
    Ok(Offer { text: format!("{} is in the workspace.", shown(branch)), done: true })
}

/// Files with others' uncommitted edits that it would change.
async fn beside(core: &Core, task: &Task, but: &But, branch: &str) -> Result<Vec<String>> {
    let mut others = stacks::touched_beside(core, task, but, branch).await?;
    if Git::at(&task.project).resolve(&format!("refs/heads/{}", shown(branch))).await?.is_some() {
        others.extend(stacks::touched_beside(core, task, but, &shown(branch)).await?);
        others.sort();
        others.dedup();
    }
    Ok(others)
}

async fn show(core: &Core, but: &But, held: &Held, task: &Task, branch: &str, base: Option<String>) -> Result<()> {
    let git = Git::at(&task.project);
    let (name, reference) = (shown(branch), format!("refs/heads/{}", shown(branch)));
    let tree = |rev: &str| format!("{rev}^{{tree}}");
    let wanted = git.find(&["rev-parse", "--verify", "--quiet", &tree(&format!("refs/heads/{branch}"))]).await?;
    let wanted = wanted.ok_or_else(|| Error::new(Code::VcsRefused, format!("there is no branch {branch} any more")))?;
    let before = git.resolve(&reference).await?;
    let applied = but.status().await?.branch(&name).is_some();
    if applied && git.find(&["rev-parse", "--verify", "--quiet", &tree(&reference)]).await?.as_ref() == Some(&wanted) {
        return Ok(());
    }
    // One commit with an id of its own: the branch's commits must not count as being in the workspace.
    let base = base.ok_or_else(|| Error::internal("the task has no base commit"))?;
    let message = format!("Preview of #{}: {}\n", task.number, task.title);
    let made = git.change(&["commit-tree", &wanted, "-p", &base, "-F", "-"], message.into_bytes()).await?;
    let action = Action::Preview { branch: name, commit: made.trim().to_owned(), before };
    rewrite::run(core, task, but, held, action, |_, _, _| Ok(())).await?.done
}
