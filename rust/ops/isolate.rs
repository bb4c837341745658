//! Where a task's edits go, settled when it starts: a stack, a worktree, or the project's own folder.

use super::{Core, agents};
use crate::agent::but_hooks;
use crate::config::{Committer, Loaded};
use crate::contract::{Code, Environment};
use crate::error::{Error, Result};
use crate::store::Place;
use crate::task::{Isolation, Task};
use crate::vcs::but::But;
use crate::vcs::git::Git;
use crate::vcs::{name, repository, worktree};
use std::path::Path;

/// What was settled, and how to undo what was made for it.
pub struct Settled {
    /// Never `auto`.
    pub isolation: Isolation,
    /// Branch, worktree and base commit.
    pub place: Place,
    /// For the journal, one sentence.
    pub said: String,
    undo: Undo,
}

enum Undo {
    Nothing,
    Stack { but: But, branch: String },
    Worktree { made: worktree::Made },
}

impl Settled {
    /// The folder the agent works in.
    pub fn folder<'a>(&'a self, task: &'a Task) -> &'a str {
        self.place.worktree.as_deref().unwrap_or(&task.project)
    }

    /// Takes back what was made, because the start failed later. What cannot be is told in the log: an empty branch
    /// harms nobody, and the next start finds it.
    pub async fn undo(self) {
        let undone = match self.undo {
            Undo::Nothing => Ok(()),
            Undo::Stack { but, branch } => but.drop_empty_branch(&branch).await,
            Undo::Worktree { made } => made.undo().await,
        };
        if let Err(error) = undone {
            log::warn!("cannot take back what a failed start made: {error}");
        }
    }
}

/// Settles it, and makes branch or worktree. A reopened task finds what it had.
pub async fn settle(core: &Core, task: &Task, loaded: &Loaded, environment: &Environment) -> Result<Settled> {
    let found = look(core, task, loaded, environment).await;
    let why_not = |why: &Option<Error>, isolation: &str| {
        let why = why.clone().unwrap_or_else(|| Error::internal("nothing stands against it"));
        why.context(format!("cannot start #{} with isolation {isolation}", task.number))
    };
    match task.isolation {
        Isolation::None => Ok(none("Isolation is none: edits stay in the shared working tree and nothing is committed")),
        Isolation::Stack => match found.against_stack {
            None => stack(core, task, found).await,
            why => Err(why_not(&why, "stack")),
        },
        Isolation::Worktree => match found.against_worktree {
            None => in_worktree(core, task, loaded).await,
            why => Err(why_not(&why, "worktree")),
        },
        Isolation::Auto if found.against_stack.is_none() => stack(core, task, found).await,
        Isolation::Auto if found.against_worktree.is_none() => in_worktree(core, task, loaded).await,
        Isolation::Auto => {
            let why = found.against_worktree.map(|error| error.message).unwrap_or_default();
            Ok(none(&format!("Edits stay in the shared working tree and nothing is committed: {why}")))
        }
    }
}
