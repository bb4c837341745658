//! Where a task's edits go, decided when it starts: a stack, a worktree, or the project's own folder.

use crate::config::{Committer, Loaded};
use crate::contract::{Code, Environment};
use crate::core::Core;
use crate::error::{Error, Result};
use crate::foreign::{self, fs};
use crate::ops::branches::{commit, hooks, worktrees};
use crate::ops::{agents, edits, stacks};
use crate::store::TaskPlace;
use crate::task::{Isolation, Task};
use crate::vcs::but::But;
use crate::vcs::git::Git;
use crate::vcs::repository::{self, Repository, Use};
use std::path::{Path, PathBuf};

/// Where a task's edits go.
#[derive(Clone)]
pub struct Home {
    /// Never `auto`.
    pub isolation: Isolation,
    /// Branch, worktree and base commit.
    pub place: TaskPlace,
    /// Why the edits are not kept apart although that was not asked for.
    pub reason: Option<String>,
    /// For the journal, one sentence.
    pub said: String,
    /// The `but` that later commits use.
    pub but: Option<PathBuf>,
}

/// The home of a task's edits, made, and how to take back what was made for it.
pub struct Isolated {
    /// Where they go.
    pub home: Home,
    undo: Undo,
}

enum Undo {
    Nothing,
    Stack(Box<Task>, But, String),
    Worktree(worktrees::MadeWorktree),
}

impl Isolated {
    fn none(said: String, reason: Option<String>) -> Isolated {
        let home = Home { isolation: Isolation::None, place: TaskPlace::default(), reason, said, but: None };
        Isolated { home, undo: Undo::Nothing }
    }

    /// The folder the agent works in.
    pub fn folder(&self, task: &Task) -> PathBuf {
        self.home.place.worktree.as_deref().map_or_else(|| PathBuf::from(&task.project), PathBuf::from)
    }

    /// Takes back what was made, because the start failed later. A failure is only logged: an empty branch harms
    /// nobody, and the next start finds it.
    pub async fn undo(self, core: &Core) {
        let undone = match self.undo {
            Undo::Nothing => Ok(()),
            Undo::Stack(task, but, branch) => stacks::drop_empty(core, &task, &but, &branch).await,
            Undo::Worktree(made) => made.undo().await,
        };
        if let Err(error) = undone {
            log::warn!("cannot take back what a failed start made: {error}");
        }
    }
}

/// What of a start decides the isolation.
#[derive(Clone, Copy, Debug)]
pub struct Circumstances<'a> {
    /// The project's configuration.
    pub loaded: &'a Loaded,
    /// The agent's environment.
    pub environment: &'a Environment,
    /// The folder that the person works in.
    pub folder: &'a Path,
    /// Why the agent's hooks will not run, if so: without them a stack's edits cannot be attributed.
    pub hooks_off: Option<&'a str>,
}

/// Decides where the edits go and makes the branch or worktree; a reopened task finds the one it had. A refused start
/// makes nothing.
pub async fn isolate(core: &Core, task: &Task, start: Circumstances<'_>) -> Result<Isolated> {
    // A task that only could not be isolated last time may be now.
    let asked = if task.isolation_reason.is_some() { Isolation::Auto } else { task.isolation };
    let doing = |error: Error| match asked {
        Isolation::Stack => error.context(format!("cannot start #{} with isolation stack", task.number)),
        Isolation::Worktree => error.context(format!("cannot start #{} with isolation worktree", task.number)),
        Isolation::Auto | Isolation::None => error.context(format!("cannot start #{}", task.number)),
    };
    commit::recover::settle(core, &task.uuid).await.map_err(doing)?;
    let git = core.environments.git(task);
    let project = PathBuf::from(&task.project);
    let looked = crate::foreign::within(task.project.as_ref(), move || crate::project::in_git_folder(&project)).await;
    if looked.map_err(|error| doing(Error::new(Code::WrongState, error.to_string())))? {
        let why = format!("{} has no working tree: it is a repository's own folder", task.project);
        return Err(doing(Error::new(Code::VcsRefused, why).hint("create the task in a worktree or a clone of it")));
    }
    let scan = async || repository::inspect_with(&git).await.map_err(doing);
    match asked {
        Isolation::None => {
            let said = "Isolation is none: edits stay in the shared working tree and nothing is committed";
            Ok(Isolated::none(said.to_owned(), None))
        }
        Isolation::Stack => {
            let found = usable_but(core, task, start, &scan().await?).await.map_err(doing)?;
            stack(core, task, start.loaded, found).await.map_err(doing)
        }
        Isolation::Worktree => worktree(core, task, start.loaded, &scan().await?).await.map_err(doing),
        Isolation::Auto => auto(core, task, start, &git, &scan().await?).await.map_err(doing),
    }
}

/// A stack where the project is a GitButler project with a usable `but`, else a worktree, else none, and it says why.
async fn auto(core: &Core, task: &Task, start: Circumstances<'_>, git: &Git, found: &Repository) -> Result<Isolated> {
    let why_no_stack = match usable_but(core, task, start, found).await {
        Ok(but) => return stack(core, task, start.loaded, but).await,
        Err(error) => error.message,
    };
    match repository::refusal(found, Use::Worktree).or(untracked(git, start.folder).await?) {
        None => {
            let mut isolated = worktree(core, task, start.loaded, found).await?;
            isolated.home.said += &format!(" (no stack: {why_no_stack})");
            Ok(isolated)
        }
        Some(error) => {
            let reason = error.hint.map_or_else(|| error.message.clone(), |hint| format!("{}; {hint}", error.message));
            let said =
                format!("Not isolated: edits stay in the shared working tree and nothing is committed: {reason}");
            Ok(Isolated::none(said, Some(reason)))
        }
    }
}

/// Why a worktree would hold nothing of what the person works on: their folder has files and the repository around it
/// tracks none of them, as where the home folder is a repository of settings.
async fn untracked(git: &Git, folder: &Path) -> Result<Option<Error>> {
    let asked = folder.to_owned();
    let look = move || {
        let folder = fs::canonicalize(&asked).ok()?;
        let has_files = fs::read_dir(&folder).is_ok_and(|mut entries| entries.next().is_some());
        Some((folder, has_files))
    };
    let Ok(Some((folder, has_files))) = foreign::within(folder, look).await else { return Ok(None) };
    let Ok(inside) = folder.strip_prefix(&git.folder) else { return Ok(None) };
    if inside.as_os_str().is_empty() || !has_files {
        return Ok(None);
    }
    let tracked = git.clone().literal().bytes(&["ls-files", "-z", "--", &inside.to_string_lossy()]).await?;
    let why = format!("the repository {} tracks nothing in {}", git.folder.display(), folder.display());
    Ok(tracked.is_empty().then(|| {
        let hint = "`git init` there makes a project of its own; isolation worktree takes the repository around it";
        Error::new(Code::NotARepository, why).hint(hint)
    }))
}

/// The `but` of a task that may have a stack, or why it may not.
async fn usable_but(
    core: &Core,
    task: &Task,
    start: Circumstances<'_>,
    found: &Repository,
) -> Result<stacks::FoundBut> {
    let Circumstances { loaded, environment, hooks_off, .. } = start;
    let agent = agents::named(loaded, &task.agent, &core.state);
    if !agent.capabilities().gives.hooks {
        let why = format!("agent {} does not report its edits, so they cannot be attributed", task.agent);
        return Err(Error::new(Code::Unsupported, why).hint("use isolation worktree"));
    }
    if let Some(cause) = hooks_off {
        let why = format!("the agent's hooks will not run ({cause}), so its edits cannot be attributed");
        return Err(Error::new(Code::Unsupported, why).hint("use isolation worktree, or let its hooks run"));
    }
    if let Some(error) = repository::refusal(found, Use::Stack) {
        return Err(error);
    }
    let found = stacks::find(core, &task.project, loaded, Some(environment)).await?;
    match stacks::against(&found, loaded.config.vcs.committer) {
        None => Ok(found),
        Some(error) => Err(error),
    }
}

async fn stack(core: &Core, task: &Task, loaded: &Loaded, found: stacks::FoundBut) -> Result<Isolated> {
    if loaded.config.vcs.committer == Committer::ButHooks {
        let said =
            "GitButler's own hooks commit this task's edits (`[vcs] committer`); Chorus commits nothing".to_owned();
        return Ok(Isolated::none(said, None));
    }
    let but = found.open(&task.project).await?.under(core.environments.of_task(task));
    let above = core.read(task, stacks::above).await?;
    // What is there before the first task is the person's.
    edits::first_scan(core, &task.project).await?;
    let taken = Git::at(&task.project).branches("").await?;
    if let Some(error) = crate::vcs::name::refusal(&taken) {
        return Err(error);
    }
    let branch = stacks::name(task, |name| taken.iter().any(|other| other == name));
    // Before it is made: a daemon that is killed in between finds it again.
    let place = TaskPlace { stack: Some(branch.clone()), ..TaskPlace::default() };
    let noted = place.clone();
    core.write(&task.uuid, move |tx, task| tx.set_place(task, &noted)).await?;
    let made = stacks::make(core, task, &but, &branch, above.as_deref()).await?;
    let base = Git::at(&task.project).resolve(&format!("refs/heads/{branch}")).await?;
    let on = above.map(|above| format!(" on top of {above}")).unwrap_or_default();
    hooks::note(core, &Task { isolation: Isolation::Stack, ..task.clone() }, &core.environments.git(task)).await?;
    let home = Home {
        isolation: Isolation::Stack,
        place: TaskPlace { base, ..place },
        reason: None,
        said: match stacks::broken_hooks(&found) {
            None => format!("Edits go to the stack {branch}{on}, in the shared working tree"),
            Some(warning) => {
                core.warn(&task.project, &warning);
                format!("Edits go to the stack {branch}{on}, in the shared working tree. {warning}")
            }
        },
        but: Some(found.program),
    };
    Ok(Isolated { home, undo: if made { Undo::Stack(Box::new(task.clone()), but, branch) } else { Undo::Nothing } })
}

async fn worktree(core: &Core, task: &Task, loaded: &Loaded, found: &Repository) -> Result<Isolated> {
    if let Some(error) = repository::refusal(found, Use::Worktree) {
        return Err(error);
    }
    let made = worktrees::make(core, task, loaded).await?;
    if let Some(fresh) = made.fresh()
        && let Err(error) = hooks::after_checkout(core, task, loaded, fresh).await
    {
        log::warn!("cannot run or note the hooks of a worktree: {error}");
    }
    // Only now: after a kill in the middle of a hook the worktree is made anew.
    worktrees::finish_making(core, task, &made).await?;
    let place = made.place();
    let (branch, folder) = (place.stack.clone().unwrap_or_default(), place.worktree.clone().unwrap_or_default());
    let mut said = format!("Edits go to the branch {branch}, in a worktree at {folder}");
    for note in &made.notes {
        said += &format!(". {note}");
    }
    let home = Home { isolation: Isolation::Worktree, place, reason: None, said, but: None };
    Ok(Isolated { home, undo: Undo::Worktree(made) })
}
