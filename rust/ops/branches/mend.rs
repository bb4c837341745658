//! What a task's trouble offers, done when a person said so.

use crate::contract::{Code, Confirm, Offer, Trouble};
use crate::core::{Asker, Core};
use crate::error::{Error, Result};
use crate::ops::branches::commit;
use crate::ops::branches::trouble::{Done, as_error};
use crate::ops::stacks;
use crate::store::Who;
use crate::task::{Isolation, Task};
use crate::vcs::git::Git;
use crate::vcs::rescue;
use std::collections::BTreeSet;

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
    let others = stacks::dirty_beside(core, &task).await?;
    if !confirm.confirmed {
        return Ok(Offer { text: proposal(&remedy, branch, trouble, &others), done: false });
    }
    carry_out(core, &task, branch, &remedy).await.map_err(|error| error.context(&doing))?;
    let loaded = core.config_of(&task.project);
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
        text += &format!("\nOther tasks have uncommitted edits in {}; ", others.join(", "));
        text += "every file's bytes are kept under refs/chorus/rescue/ before.";
    }
    text
}

/// Under our lock, with every uncommitted byte kept before.
async fn carry_out(core: &Core, task: &Task, branch: &str, remedy: &Remedy) -> Result<()> {
    let loaded = core.config_of(&task.project);
    let but = stacks::open_for(core, task, &loaded).await?;
    let git = Git::plumbing(&task.project, but.environment());
    let held = stacks::hold(&but).await?;
    let dirty: BTreeSet<String> = but.status().await?.changes.into_iter().map(|change| change.path).collect();
    let kept = rescue::keep(&git, &dirty, task.number).await?;
    let done = match remedy {
        Remedy::Above(above) => but.move_above(branch, above, &held).await,
        Remedy::Apply => but.apply(branch, &held).await,
        Remedy::Again => match but.unapply(branch, &held).await {
            Ok(_) => but.apply(branch, &held).await,
            Err(error) => Err(error),
        },
    };
    let changed = kept.changed(&git).await?;
    let (reference, names) = (kept.reference.clone(), changed.into_keys().collect::<Vec<String>>());
    core.write(&task.uuid, move |tx, task| {
        let text = format!("Mended the branch; bytes before are in {reference}");
        tx.journal(task, Who::Person, "mended", &text, None)?;
        for name in &names {
            let text = format!("{name} is not as it was before: its bytes are in {reference}");
            tx.journal(task, Who::Chorus, "changed_by_mending", &text, None)?;
        }
        Ok(())
    })
    .await?;
    Ok(done?)
}
