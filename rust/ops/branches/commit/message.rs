//! The message of a commit, and the summary of a task's commits when it completes.

use super::worktree;
use crate::commits::message::{self, TurnSummary};
use crate::config::Loaded;
use crate::contract::CommitMessage;
use crate::core::{Asker, Core};
use crate::error::Result;
use crate::ops::branches::trouble::{self, file_count};
use crate::ops::branches::uncommitted::Uncommitted;
use crate::ops::branches::worktrees::{Landed, Ways};
use crate::ops::branches::{upstream, worktrees};
use crate::ops::{edits, stacks};
use crate::task::{Isolation, Task};

/// The message made from the task's title, the turn's prompt and the agent's last message.
pub async fn generated(core: &Core, task: &Task, loaded: &Loaded) -> Result<String> {
    let entries = core.read(&task.uuid, |tx, task| tx.entries(task, 200)).await?;
    let last = |what: &str, lead: &str| {
        let entry = entries.iter().rev().find(|entry| entry.what == what)?;
        entry.text.strip_prefix(lead).map(str::to_owned)
    };
    let prompt = last("prompt", "Got a prompt: ").unwrap_or_default();
    let summary = last("turn_ended", "The turn ended: ").unwrap_or_default();
    // Chorus's own first prompt adds nothing to the title.
    let prompt = if prompt.starts_with(&format!("Work on task #{}", task.number)) { String::new() } else { prompt };
    let told = TurnSummary { title: &task.title, number: task.number, prompt: &prompt, summary: &summary };
    Ok(message::message(&told, loaded.config.vcs.message.as_deref()))
}

/// What a commit now would be.
pub async fn message(core: &Core, asker: &Asker, task: &str) -> Result<CommitMessage> {
    let task = core.task(asker, task).await?;
    let loaded = core.config_of(&task.project).await;
    let files = match task.isolation {
        Isolation::Stack => {
            let but = stacks::open_for(core, &task, &loaded).await?;
            edits::reconcile(core, &task.project).await?;
            let status = but.status().await?;
            upstream::follow(core, &task.project, &but, &status).await;
            let uncommitted = Uncommitted::read(core, &task.project, &but, status).await?;
            let mut files: Vec<String> =
                uncommitted.of(&task.uuid).iter().map(|(change, _)| change.path.clone()).collect();
            files.dedup();
            files
        }
        Isolation::Worktree => worktrees::uncommitted(core, &task).await?,
        Isolation::None | Isolation::Auto => Vec::new(),
    };
    Ok(CommitMessage { text: generated(core, &task, &loaded).await?, files })
}

/// The summary of a completed task: its commits, and how to land them.
pub async fn landing(core: &Core, task: &Task) -> String {
    let mut landed = Landed::Open;
    if task.isolation == Isolation::Worktree {
        let counted = worktree::count(core, task).await;
        counted.unwrap_or_else(|error| log::warn!("cannot count the commits of #{}: {error}", task.number));
        landed = worktrees::landed(core, task).await.unwrap_or(Landed::Open);
    }
    let row = core.read(&task.uuid, |tx, task| tx.row(task)).await.unwrap_or_else(|_| task.clone());
    let Some(branch) = &row.stack else {
        return "Nothing was committed: its edits are in the shared working tree (isolation none).".to_owned();
    };
    let commits = match row.commits {
        0 => "no commits".to_owned(),
        1 => "1 commit".to_owned(),
        more => format!("{more} commits"),
    };
    let left = match row.uncommitted {
        0 => String::new(),
        files => format!(" Its edits in {} are uncommitted.", file_count(files)),
    };
    let left = left + &trouble::unclaimed(&row).map(|text| format!(" {text}.")).unwrap_or_default();
    let land = match row.isolation {
        Isolation::Stack => format!("`but push {branch}` publishes it, `but land {branch}` lands it"),
        _ if row.commits == 0 => return format!("Nothing was committed.{left}"),
        _ if landed == Landed::Merged => "All of them are merged".to_owned(),
        _ if landed == Landed::Gone => return format!("{branch} is gone; it had {commits}.{left}"),
        _ => match worktrees::ways(core, task).await {
            Ok(Ways { in_workspace, remote }) => {
                // A merge on GitButler's own branch would make `but` refuse everything.
                let take = if in_workspace { "but apply" } else { "git merge" };
                let push = remote.map(|remote| format!(", `git push -u {remote} {branch}` publishes it"));
                format!("`{take} {branch}` takes it in{}", push.unwrap_or_default())
            }
            Err(error) => {
                log::warn!("cannot tell how to land {branch}: {error}");
                return format!("{branch} has {commits}.{left}");
            }
        },
    };
    format!("{branch} has {commits}.{left} {land}.")
}
