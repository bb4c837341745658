//! Tasks with a worktree of their own, from start to end: real daemon, real tmux, real git, the demo agent in the panes.
#![allow(clippy::unwrap_used, clippy::print_stdout)]

mod endings;
mod environment;
mod harm;
mod input;
mod layouts;
mod life;
#[path = "../sidecar/neovim.rs"]
#[allow(dead_code, reason = "the suite of the sidecar uses the rest")]
mod neovim;
mod pager;
mod preparation;
mod preview;
mod rewritten;
#[path = "../sidecar/world.rs"]
#[allow(dead_code, reason = "the suite of the sidecar uses the rest")]
mod sidecar;
mod world;
