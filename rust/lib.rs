//! Chorus: many coding-agent tasks on one project, from Neovim.
//!
//! Verbs go down, facts come up, and the store is where they meet.

#![cfg_attr(not(test), deny(clippy::disallowed_methods))]

pub mod agent;
pub mod attribution;
pub mod bridge;
pub mod cli;
pub mod client;
pub mod clock;
pub mod commits;
pub(crate) mod config;
pub mod contract;
pub mod core;
pub mod daemon;
pub(crate) mod desktop;
pub mod detector;
pub mod document_files;
pub mod documents;
pub mod environment;
pub mod error;
pub mod evidence;
pub mod exec;
pub(crate) mod foreign;
pub(crate) mod guard;
pub mod hook;
pub(crate) mod hub;
pub(crate) mod monitor;
pub(crate) mod notifications;
pub mod notifier;
pub mod ops;
pub mod paths;
pub mod policy;
pub mod process;
pub(crate) mod project;
pub mod sgr;
pub mod spool;
pub mod status;
pub mod store;
pub mod task;
pub mod text;
pub mod tmux;
pub mod typing;
pub mod vcs;
pub mod verbs;
pub(crate) mod web;
pub mod wire;
