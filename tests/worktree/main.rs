//! Worktrees of tasks, with real git.
#![allow(clippy::unwrap_used)]

mod adding;
mod bed;
mod commits;
mod life;
mod preparation;
mod removal;
mod repositories;
mod submodules;
