//! What a task's trouble offers, done when a person said so.

use crate::contract::{Code, Confirm, Offer, Trouble};
use crate::core::{Asker, Core};
use crate::error::{Error, Result};
use crate::ops::branches::commit;
use crate::ops::branches::commit::recover::settle;
use crate::ops::branches::trouble::{Done, as_error};
use crate::ops::{rewrite, stacks};
use crate::store::Who;
use crate::task::{Isolation, Task};
use crate::vcs::rewrite::Action;

/// A remedy that Chorus can carry out.
enum Remedy {
    /// Stack the branch above another, then commit.
    Above(String),
    /// Bring the branch into the workspace, then commit.
    Apply,
    /// Take it out and in again, which reads where it points now, then commit.
    Again,
}

/// Says what would be done, or does it.
pub async fn mend(core: &Core, asker: &Asker, confirm: Confirm) -> Result<Offer> {
    let task = core.task(asker, &confirm.task).await?;
    let doing = format!("cannot mend #{}", task.number);
    let (Some(trouble), Some(branch)) = (&task.trouble, &task.stack) else {
        return Err(Error::new(Code::WrongState, format!("{doing}: nothing is wrong with its branch")));
    };
    let remedy = remedy(&task, trouble).ok_or_else(|| {
        let error = Error::new(Code::WrongState, format!("{doing}: {}; only a person can", trouble.text));
        trouble.remedy.iter().fold(error, |error, remedy| error.hint(remedy.clone()))
    })?;
    if !confirm.confirmed {
        let others = beside(core, &task, branch, &remedy).await.map_err(|error| error.context(&doing))?;
        return Ok(Offer { text: proposal(&remedy, branch, trouble, &others), done: false });
    }
    settle(core, &task.uuid).await.map_err(|error| error.context(&doing))?;
    carry_out(core, &task, branch, &remedy).await.map_err(|error| error.context(&doing))?;
    let loaded = core.config_of(&task.project).await;
    match commit::run(core, &task, &loaded, None).await.map_err(|error| error.context(&doing))? {
        Done::Trouble(trouble) => Err(as_error(&doing, &trouble)),
        Done::Committed => Ok(Offer { text: format!("Done: its edits are committed to {branch}."), done: true }),
        Done::Nothing => Ok(Offer { text: format!("Done: {branch} is in order."), done: true }),
    }
}

fn remedy(task: &Task, trouble: &Trouble) -> Option<Remedy> {
    match (trouble.kind.as_str(), &trouble.above) {
        _ if task.isolation != Isolation::Stack => None,
        (_, Some(above)) => Some(Remedy::Above(above.clone())),
        ("not_applied", None) => Some(Remedy::Apply),
        ("moved_outside", None) => Some(Remedy::Again),
        _ => None,
    }
}

fn proposal(remedy: &Remedy, branch: &str, trouble: &Trouble, others: &[String]) -> String {
    let mut text = format!("{}\n", trouble.text);
    text += &match remedy {
        Remedy::Above(above) => format!(
            "{branch} would be stacked above {above}: both become one stack, each keeps its commits, and {branch} can \
             only land after {above}. Then the edits are committed."
        ),
        Remedy::Apply => format!("{branch} would be brought into the workspace (`but apply`), then committed to."),
        Remedy::Again => format!(
            "{branch} would be taken out of the workspace and brought in again, which reads where it points now; then \
             the edits are committed."
        ),
    };
    if !others.is_empty() {
        text += &format!("\nUncommitted edits that are not this task's are in {}; ", stacks::named(others));
        text += "every file's bytes are kept under refs/chorus/rescue/ before.";
    }
    text
}

/// Files with others' edits that the remedy could touch.
async fn beside(core: &Core, task: &Task, branch: &str, remedy: &Remedy) -> Result<Vec<String>> {
    let but = stacks::open_for(core, task, &core.config_of(&task.project).await).await?;
    let mut files = stacks::touched_beside(core, task, &but, branch).await?;
    if let Remedy::Above(above) = remedy {
        files.extend(stacks::touched_beside(core, task, &but, above).await?);
        files.sort();
        files.dedup();
    }
    Ok(files)
}

/// Under our lock, with every uncommitted byte kept before.
async fn carry_out(core: &Core, task: &Task, branch: &str, remedy: &Remedy) -> Result<()> {
    let loaded = core.config_of(&task.project).await;
    let but = stacks::open_for(core, task, &loaded).await?;
    let held = stacks::hold(&but).await?;
    let branch = branch.to_owned();
    let action = match remedy {
        Remedy::Above(above) => Action::MoveAbove { branch, above: above.clone() },
        Remedy::Apply => Action::Apply { branch },
        Remedy::Again => Action::Reapply { branch },
    };
    let mended = rewrite::run(core, task, &but, &held, action, |tx, task, rescue| {
        let text = format!("Mended the branch; bytes before are in {rescue}");
        tx.journal(task, Who::Person, "mended", &text, None)
    });
    mended.await?.done
}
