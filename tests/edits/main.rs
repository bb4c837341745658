//! Whose the edits in a shared tree are: hooks as the client sends them go in, on a real repository and a real store.
#![allow(clippy::unwrap_used)]

mod commands;
mod files;
mod filters;
mod overlap;
mod restarts;
mod saves;
mod together;
mod traced;
mod world;
