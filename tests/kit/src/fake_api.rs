//! A scripted, loopback-only stand-in for the Anthropic Messages API: it drives the real Claude Code client into a
//! chosen state, deterministically, offline. Run the client with [`crate::claude::environment`].
//!
//! The reply depends on the markers (see [`chorus_markers`]) in the last *typed* user message. Several markers in one
//! prompt run in sequence: the k-th model turn plays the k-th marker; when they run out the turn ends with a plain text.
//! A prompt without a marker is answered "Hello from the fake model.".
//!
//! `GET /__stats` counts; `POST /__set?delay=S&usage=N&fail=CODE` changes a default.

mod conversation;
mod http;
mod replies;
mod server;
mod sse;

pub use replies::Settings;
pub use server::{FakeApi, Request};
