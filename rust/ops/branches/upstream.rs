//! What happened to tasks' branches elsewhere: commits that were rewritten, commits that conflict with upstream.

use crate::contract::Trouble;
use crate::core::Core;
use crate::error::Result;
use crate::ops::branches::trouble;
use crate::store::Filter;
use crate::task::{Isolation, Task};
use crate::vcs::but::{But, ButStatus, Grammar};
use crate::vcs::conflicts::{self, Conflicts};
use crate::vcs::git::Git;

/// The kind of trouble that a conflict with upstream is.
const UPSTREAM: &str = "upstream";

/// Brings the store up to date with the workspace. A failure is only logged: the caller asked for something else.
pub async fn follow(core: &Core, project: &str, but: &But, status: &ButStatus) {
    if let Err(error) = record(core, project, but, status).await {
        log::warn!("cannot follow the branches of {project}: {error}");
    }
}

async fn record(core: &Core, project: &str, but: &But, status: &ButStatus) -> Result<()> {
    // A commit below others rewrites those above, and so do stacking and pulling.
    let commits = status.branches().flat_map(|branch| &branch.commits);
    let known: Vec<_> = commits.filter_map(|commit| Some((commit.change_id.clone()?, commit.oid.clone()))).collect();
    let tasks = core.write(project, move |tx, project| {
        tx.follow_commits(&known)?;
        tx.tasks(Some(project), &Filter::default())
    });
    let tasks = tasks.await?;
    for task in tasks.iter().filter(|task| task.isolation == Isolation::Stack) {
        let Some(branch) = &task.stack else { continue };
        let found = conflicts::of(&Git::at(project), status, branch).await?;
        record_conflicts(core, task, branch, but.grammar(), found).await?;
    }
    Ok(())
}

async fn record_conflicts(core: &Core, task: &Task, branch: &str, grammar: Grammar, found: Conflicts) -> Result<()> {
    let told = task.trouble.as_ref().is_some_and(|trouble| trouble.kind == UPSTREAM);
    let Some(newest) = found.commits.first() else {
        return if told { core.write(&task.uuid, |tx, task| tx.set_trouble(task, None)).await } else { Ok(()) };
    };
    let files: Vec<String> = found.files.into_iter().collect();
    let trouble = Trouble {
        kind: UPSTREAM.to_owned(),
        text: format!(
            "{} of {branch} conflict with upstream in {}",
            if found.commits.len() == 1 { "1 commit".into() } else { format!("{} commits", found.commits.len()) },
            files.join(", ")
        ),
        remedy: Some(match grammar {
            Grammar::New => format!("`but resolve conflicts {branch}` shows both sides, `but resolve apply` takes one"),
            Grammar::Old => format!("`but resolve {newest}` while no task runs"),
        }),
        above: None,
        files,
    };
    core.write(&task.uuid, move |tx, task| trouble::record(tx, task, "conflicts", &trouble)).await
}
