//! Commits to stacks that the daemon was making when it was killed: finished, or found not to have been made.

use super::after_ending;
use super::stack::{order_of, record};
use crate::clock;
use crate::contract;
use crate::core::{Core, Ending};
use crate::error::Result;
use crate::ops::branches::trouble::{self, NOT_COMMITTED};
use crate::ops::stacks;
use crate::status::AgentStatus;
use crate::store::Filter;
use crate::task::{Isolation, Task};
use crate::vcs::commit::{self as vcs, CommitPlace, Intent};
use crate::vcs::git::Git;
use crate::vcs::rescue;
use std::collections::BTreeSet;

/// After the daemon was killed: commits that it was making are finished or found not to be made, and what turns left
/// meanwhile is committed.
pub async fn recover(core: &Core) {
    let Ok(store) = core.store() else { return };
    let intents = store.read(|tx| tx.intents::<Intent>()).await.unwrap_or_else(|error| {
        log::error!("cannot read which commits were being made: {error}");
        Vec::new()
    });
    for (task, intent) in intents {
        if let Err(error) = finish(core, &task, &intent).await {
            log::error!("cannot finish a commit: {error}");
            let words =
                format!("a commit that was being made when the daemon ended cannot be looked at: {}", error.message);
            let rescue = format!("all bytes are kept in {}", intent.rescue.reference);
            let trouble = contract::Trouble {
                kind: "damaged".into(),
                text: words,
                remedy: Some(rescue),
                above: None,
                files: Vec::new(),
            };
            let told = store.write(move |tx| trouble::record(tx, &task, NOT_COMMITTED, &trouble)).await;
            told.unwrap_or_else(|error| log::error!("cannot store a trouble: {error}"));
        }
    }
    prune(core).await;
    let resting =
        |task: &Task| task.status.is_live() && task.stack.is_some() && task.agent_status.status == AgentStatus::Idle;
    let tasks = store.read(|tx| tx.tasks(None, &Filter::default())).await.unwrap_or_default();
    for task in tasks.into_iter().filter(resting) {
        after_ending(core, Ending { task: task.uuid, is_turn: true, at: clock::now() }).await;
    }
}

/// Old rescues go, but those that an unfinished commit may need.
async fn prune(core: &Core) {
    let Ok(store) = core.store() else { return };
    let known = store.read(|tx| Ok((tx.tasks(None, &Filter::default())?, tx.intents::<Intent>()?))).await;
    let Ok((tasks, intents)) = known else { return };
    let named = intents.into_iter().map(|(_, intent)| intent.rescue.reference).collect();
    let stacks = tasks.iter().filter(|task| task.isolation == Isolation::Stack);
    for project in stacks.map(|task| task.project.as_str()).collect::<BTreeSet<&str>>() {
        let git = Git::plumbing(project, &core.environments.of_project(project));
        if let Err(error) = rescue::prune(&git, crate::clock::now(), &named).await {
            log::info!("cannot let go of old rescues in {project}: {error}");
        }
    }
}

async fn finish(core: &Core, task: &str, intent: &Intent) -> Result<()> {
    let task = core.read(task, |tx, task| tx.row(task)).await?;
    let loaded = core.config_of(&task.project);
    let but = stacks::open_for(core, &task, &loaded).await?;
    let git = Git::plumbing(&task.project, but.environment());
    let held = stacks::hold(&but).await?;
    let outcome = vcs::recover(CommitPlace { git: &git, but: &but, held: &held }, intent).await?;
    record(core, &task, &order_of(intent), outcome).await.map(drop)
}
