//! The adapter against the real Claude Code client, and a scripted API instead of the service.
#![allow(clippy::unwrap_used, clippy::print_stderr, missing_docs)]

mod client;
mod context;
mod quiet;
mod requests;
mod sessions;
mod transcript;
