//! Whether the repository's hooks run for a task, and the `post-checkout` hook of its new worktree.

use crate::config::{Loaded, RunHooks};
use crate::contract::Trouble;
use crate::core::Core;
use crate::error::Result;
use crate::foreign::{self, fs};
use crate::store::{Filter, Who};
use crate::task::{Isolation, Task};
use crate::vcs::git::{Git, Hooks};
use crate::vcs::hooks::{self, HookFiles};
use crate::vcs::worktree::{Worktree, hook_edits};
use std::path::Path;

/// Whether hooks run, and why they do not.
pub struct HookDecision {
    /// For git and `but`.
    pub hooks: Hooks,
    /// Files that the task may have changed.
    changed: Vec<String>,
}

impl HookDecision {
    /// They run as the user has them.
    pub fn run() -> HookDecision {
        HookDecision { hooks: Hooks::Run, changed: Vec::new() }
    }

    /// What the task says after a commit without hooks that its changes kept from running.
    pub fn trouble(&self) -> Option<Trouble> {
        let files = self.changed.clone();
        let named = files.iter().take(3).cloned().collect::<Vec<_>>().join(", ");
        let more = files.len().saturating_sub(3);
        let more = if more > 0 { format!(" and {more} more") } else { String::new() };
        (!files.is_empty()).then(|| Trouble {
            kind: "hooks".into(),
            text: format!("committed without the repository's hooks: {named}{more} changed since the task began"),
            remedy: Some("check the change and run the hooks yourself; `[vcs] hooks = \"always\"` runs them".into()),
            above: None,
            files,
        })
    }
}

/// The key of what hook managers had generated when tasks began: in a worktree of the task, else in the project's tree.
fn key(task: &Task) -> String {
    match task.isolation {
        Isolation::Worktree => format!("hook files {}", task.uuid),
        _ => format!("hook files of {}", task.project),
    }
}

/// Decides for a commit in the tree of `git`.
pub async fn decide(core: &Core, task: &Task, loaded: &Loaded, git: &Git) -> Result<HookDecision> {
    let decided = |hooks: Hooks, changed: Vec<String>| Ok(HookDecision { hooks, changed });
    match loaded.config.vcs.hooks {
        RunHooks::Always => return decided(Hooks::Run, Vec::new()),
        RunHooks::Never => return decided(Hooks::Off, Vec::new()),
        RunHooks::Unchanged => {}
    }
    let folder = git.folder.clone();
    if !foreign::within(&git.folder, move || fs::is_dir(folder)).await.unwrap_or_default() {
        // The commit itself says what is wrong.
        return decided(Hooks::Run, Vec::new());
    }
    let known = core.read(task, |tx, task| tx.recall(&key(task))).await?;
    let known: HookFiles = known.and_then(|json| serde_json::from_str(&json).ok()).unwrap_or_default();
    let Some(base) = base(core, task, git).await? else { return decided(Hooks::Run, Vec::new()) };
    let changed = hooks::changed(git, &base, &known).await?;
    decided(if changed.is_empty() { Hooks::Run } else { Hooks::Off }, changed)
}

/// The newest commit below the task that no task made: where the branch left its target, or that of the task below it.
async fn base(core: &Core, task: &Task, git: &Git) -> Result<Option<String>> {
    let mut lowest = task.clone();
    // As many tasks on top of each other as one can mean.
    for _ in 0..64 {
        let Some(on) = lowest.on else { break };
        let project = task.project.clone();
        let below = core.read(&on.to_string(), move |tx, on| tx.task(&project, on)).await;
        let Ok(below) = below else { break };
        lowest = below;
    }
    let begun = core.read(&lowest.uuid, |tx, task| tx.base(task)).await?;
    let target = super::worktrees::target(core, &lowest).await?;
    let target = match (target, task.isolation) {
        (Some(target), _) => Some(target),
        (None, Isolation::Stack) => crate::vcs::worktree::workspace_target(git).await?,
        (None, _) => None,
    };
    let left = match target {
        Some(target) => git.ask(&["merge-base", &target, "HEAD"]).await?,
        None => return Ok(begun),
    };
    let left = Some(left.text().trim().to_owned()).filter(|left| !left.is_empty());
    Ok(left.or(begun))
}

/// Notes what a hook manager has generated in the tree before the task works there. In a tree that tasks share only
/// while none works there: another may have written it.
pub async fn note(core: &Core, task: &Task, git: &Git) -> Result<()> {
    if task.isolation != Isolation::Worktree {
        let live = Filter::parse("live")?;
        let mine = task.uuid.clone();
        let project = task.project.clone();
        let shares = move |task: &Task| task.uuid != mine && task.isolation != Isolation::Worktree;
        let known = core.read(&live, move |tx, live| tx.tasks(Some(&project), live)).await?;
        if known.iter().any(shares) {
            return Ok(());
        }
    }
    let files = serde_json::to_string(&hooks::files(git).await?).unwrap_or_default();
    core.write(task, move |tx, task| tx.remember(&key(task), &files)).await
}

/// Notes what hook managers have generated in a new worktree, and runs the repository's `post-checkout` hook there. What
/// the hook edits is not the task's: it stays uncommitted as long as the task leaves it alone. Its failure is noted and
/// stops nothing.
pub async fn after_checkout(core: &Core, task: &Task, loaded: &Loaded, worktree: &Worktree) -> Result<()> {
    let task = &Task { isolation: Isolation::Worktree, ..task.clone() };
    let git = worktree.git();
    note(core, task, &git).await?;
    run_post_checkout(core, task, loaded, worktree).await?;
    let project = Path::new(&task.project).to_owned();
    if let Some(folder) = hooks::missing(&git, &project).await? {
        let text = format!(
            "The repository's hooks do not run in this worktree: their folder {} is not in it. `[vcs.worktree] run` can \
             make it (`npm install`), `link` can bring the project's",
            folder.display()
        );
        journal(core, task, "hooks_missing", text).await?;
    }
    note(core, task, &git).await
}

async fn run_post_checkout(core: &Core, task: &Task, loaded: &Loaded, worktree: &Worktree) -> Result<()> {
    let git = worktree.git();
    let Some(hook) = hooks::post_checkout(&git).await? else { return Ok(()) };
    let decision = decide(core, task, loaded, &git).await?;
    if decision.hooks == Hooks::Off {
        let why = "The repository's post-checkout hook did not run (`[vcs] hooks`)";
        return journal(core, task, "checkout_hook", why.to_owned()).await;
    }
    journal(core, task, "checkout_hook", "The repository's post-checkout hook runs".to_owned()).await?;
    let before = hook_edits::state(worktree).await?;
    let ran = hooks::run_post_checkout(&git, &hook).await;
    // However it ended.
    let edited = hook_edits::note(worktree, &before).await?;
    if edited > 0 {
        let text = format!(
            "The post-checkout hook edited {}, which Chorus leaves uncommitted",
            super::trouble::file_count(i64::try_from(edited).unwrap_or(i64::MAX))
        );
        journal(core, task, "checkout_hook", text).await?;
    }
    let Some(why) = ran? else { return Ok(()) };
    let text = format!("The repository's post-checkout hook failed: {why}. The worktree is used as it is");
    core.warn(&task.project, &format!("#{}: {text}", task.number));
    journal(core, task, "checkout_hook", text).await
}

async fn journal(core: &Core, task: &Task, what: &'static str, text: String) -> Result<()> {
    core.write(&task.uuid, move |tx, task| tx.journal(task, Who::Chorus, what, &text, None)).await
}
