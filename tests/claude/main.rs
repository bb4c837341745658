//! The real Claude Code client under the real daemon, in a real tmux, driven by the shell verbs, against a scripted API.
#![allow(clippy::unwrap_used, clippy::print_stderr)]

mod alerts;
mod answers;
mod conversations;
mod faults;
mod guard;
mod keys;
mod life;
mod policy;
mod prompts;
mod quiet;
mod restarts;
mod stacks;
mod worktrees;
mod world;
