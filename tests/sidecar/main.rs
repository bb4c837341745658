//! The sidecar as a whole: real daemon, real tmux, real SQLite, and the demo agent in the panes.
#![allow(clippy::unwrap_used, clippy::print_stdout)]

mod by_screen;
mod configuration;
mod daemon;
mod desktop;
mod documents;
mod events;
mod faults;
mod from_agent;
mod hooks;
mod hostile;
mod hung;
mod killed;
mod neovim;
mod notifications;
mod policy;
mod secrets;
mod set_ups;
mod shell;
mod shell_watch;
mod tracer;
mod undo;
mod web;
mod world;
