//! Where a task's edits go, settled when it starts: a stack, a worktree, or the project's own folder.

use crate::config::{Committer, Loaded};
use crate::contract::{Code, Environment};
use crate::core::Core;
use crate::error::{Error, Result};
use crate::ops::branches::worktrees;
use crate::ops::{agents, edits, stacks};
use crate::store::Place;
use crate::task::{Isolation, Task};
use crate::vcs::but::But;
use crate::vcs::git::Git;
use crate::vcs::repository::{self, Use};
use std::path::PathBuf;

/// What was settled, and how to take back what was made for it.
pub struct Settled {
    /// Never `auto`.
    pub isolation: Isolation,
    /// Branch, worktree and base commit.
    pub place: Place,
    /// For the journal, one sentence.
    pub said: String,
    /// The `but` that later commits use.
    pub but: Option<PathBuf>,
    undo: Undo,
}

enum Undo {
    Nothing,
    Stack(But, String),
    Worktree(worktrees::Made),
}

impl Settled {
    fn none(said: String) -> Settled {
        Settled { isolation: Isolation::None, place: Place::default(), said, but: None, undo: Undo::Nothing }
    }

    /// Takes back what was made, because the start failed later. What cannot be is told in the log: an empty branch
    /// harms nobody, and the next start finds it.
    pub async fn undo(self) {
        let undone = match self.undo {
            Undo::Nothing => Ok(()),
            Undo::Stack(but, branch) => stacks::drop_empty(&but, &branch).await,
            Undo::Worktree(made) => made.undo().await,
        };
        if let Err(error) = undone {
            log::warn!("cannot take back what a failed start made: {error}");
        }
    }
}

/// Settles it and makes branch or worktree; a reopened task finds what it had. Nothing is made when it is refused.
pub async fn settle(core: &Core, task: &Task, loaded: &Loaded, environment: &Environment) -> Result<Settled> {
    let doing = |name: &str| format!("cannot start #{} with isolation {name}", task.number);
    match task.isolation {
        Isolation::None => {
            let said = "Isolation is none: edits stay in the shared working tree and nothing is committed";
            Ok(Settled::none(said.to_owned()))
        }
        Isolation::Stack => stack(core, task, loaded, environment).await.map_err(|error| error.context(doing("stack"))),
        Isolation::Worktree => {
            worktree(core, task, loaded, environment).await.map_err(|error| error.context(doing("worktree")))
        }
        Isolation::Auto => auto(core, task, loaded, environment).await,
    }
}

/// A stack where the project is a GitButler project with a usable `but`, else a worktree, else none, and it says why.
async fn auto(core: &Core, task: &Task, loaded: &Loaded, environment: &Environment) -> Result<Settled> {
    let why_no_stack = match can_stack(core, task, loaded, environment).await {
        Ok(_) => {
            return stack(core, task, loaded, environment)
                .await
                .map_err(|error| error.context(format!("cannot start #{}", task.number)));
        }
        Err(error) => error.message,
    };
    let found = repository::look_with(&git(&task.project, environment)).await?;
    match repository::refusal(&found, Use::Worktree) {
        None => {
            let made = worktree(core, task, loaded, environment).await;
            let mut settled = made.map_err(|error| error.context(format!("cannot start #{}", task.number)))?;
            settled.said += &format!(" (no stack: {why_no_stack})");
            Ok(settled)
        }
        Some(error) => Ok(Settled::none(format!(
            "Edits stay in the shared working tree and nothing is committed: {}",
            error.message
        ))),
    }
}

fn git(folder: &str, environment: &Environment) -> Git {
    Git::of_client(folder, environment)
}

/// Whether the task may have a stack.
async fn can_stack(core: &Core, task: &Task, loaded: &Loaded, environment: &Environment) -> Result<stacks::Found> {
    let agent = agents::named(loaded, &task.agent, &core.state);
    if !agent.capabilities().gives.hooks {
        let why = format!("agent {} tells nothing of its edits, so they cannot be told from others'", task.agent);
        return Err(Error::new(Code::Unsupported, why).hint("use isolation worktree"));
    }
    let found = repository::look_with(&git(&task.project, environment)).await?;
    if let Some(error) = repository::refusal(&found, Use::Stack) {
        return Err(error);
    }
    let found = stacks::find(core, &task.project, loaded, Some(environment)).await?;
    match stacks::against(&found, loaded.config.vcs.committer) {
        None => Ok(found),
        Some(error) => Err(error),
    }
}

async fn stack(core: &Core, task: &Task, loaded: &Loaded, environment: &Environment) -> Result<Settled> {
    let found = can_stack(core, task, loaded, environment).await?;
    if loaded.config.vcs.committer == Committer::ButHooks {
        let said =
            "GitButler's own hooks commit this task's edits (`[vcs] committer`); Chorus commits nothing".to_owned();
        return Ok(Settled::none(said));
    }
    let but = stacks::open(core, &task.project, loaded, Some(environment)).await?;
    let known = task.clone();
    let above = core.store()?.read(move |tx| stacks::above(tx, &known)).await?;
    // What is there before the first task is the person's.
    edits::first_look(core, &task.project).await?;
    let taken = Git::at(&task.project).branches("").await?;
    if let Some(error) = crate::vcs::name::refusal(&taken) {
        return Err(error);
    }
    let branch = stacks::name(task, |name| taken.iter().any(|other| other == name));
    // Before it is made: a daemon that is killed in between finds it again.
    let (uuid, place) = (task.uuid.clone(), Place { stack: Some(branch.clone()), ..Place::default() });
    let noted = place.clone();
    core.store()?.write(move |tx| tx.set_place(&uuid, &noted)).await?;
    let others = stacks::dirty_beside(core, task).await?;
    let made = stacks::make(&but, &branch, above.as_deref(), &others).await?;
    let base = Git::at(&task.project).resolve(&format!("refs/heads/{branch}")).await?;
    let on = above.map(|above| format!(" on top of {above}")).unwrap_or_default();
    Ok(Settled {
        isolation: Isolation::Stack,
        place: Place { base, ..place },
        said: match stacks::broken_hooks(&found) {
            None => format!("Edits go to the stack {branch}{on}, in the shared working tree"),
            Some(warning) => {
                core.warn(&task.project, &warning);
                format!("Edits go to the stack {branch}{on}, in the shared working tree. {warning}")
            }
        },
        but: Some(found.program),
        undo: if made { Undo::Stack(but, branch) } else { Undo::Nothing },
    })
}

async fn worktree(core: &Core, task: &Task, loaded: &Loaded, environment: &Environment) -> Result<Settled> {
    let git = git(&task.project, environment);
    let found = repository::look_with(&git).await?;
    if let Some(error) = repository::refusal(&found, Use::Worktree) {
        return Err(error);
    }
    let made = worktrees::make(core, task, loaded, &git).await?;
    let place = made.place();
    let (branch, folder) = (place.stack.clone().unwrap_or_default(), place.worktree.clone().unwrap_or_default());
    Ok(Settled {
        isolation: Isolation::Worktree,
        place,
        said: format!("Edits go to the branch {branch}, in a worktree at {folder}"),
        but: None,
        undo: Undo::Worktree(made),
    })
}

/// The folder the agent works in.
pub fn folder(task: &Task, settled: &Settled) -> PathBuf {
    settled.place.worktree.as_deref().map_or_else(|| PathBuf::from(&task.project), PathBuf::from)
}
