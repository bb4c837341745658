//! A scripted, loopback-only stand-in for the Anthropic Messages API: it drives the real Claude Code client into a
//! chosen state, deterministically, offline. Run the client with [`crate::claude::environment`].
//!
//! The reply depends on the `[[…]]` markers in the last *typed* user message. Several markers in one prompt run in
//! sequence: the k-th model turn plays the k-th marker; when they run out the turn ends with a plain text. A prompt
//! without a marker is answered "Hello from the fake model.". Markers may nest (see `subagent`).
//!
//! | text | |
//! |---|---|
//! | `[[say TEXT]]` | TEXT, end of turn |
//! | `[[slow N]]` | streams text for about N seconds |
//! | `[[think N]]` | a thinking block for N seconds, then text |
//! | `[[lines N]]`, `[[md]]` | N numbered lines; a markdown sample |
//! | `[[hang N]]` | headers, nothing for N seconds, then text |
//! | `[[usage N]]`, `[[stop REASON]]` | reports N input tokens; another stop reason |
//!
//! | tools | |
//! |---|---|
//! | `[[bash: CMD]]`, `[[bashbg: CMD]]` | Bash, in the background |
//! | `[[read F]]`, `[[write F]]`, `[[edit F]]` | edit replaces alpha by beta; read F first |
//! | `[[webfetch URL]]`, `[[websearch Q]]` | |
//! | `[[ask]]`, `[[ask2]]` | AskUserQuestion: one question; two, the second with several choices |
//! | `[[planfile]] [[plan]]`, `[[enterplan]]` | the plan dialog, in plan mode |
//! | `[[todo]]`, `[[subagent: PROMPT]]`, `[[subagentbg: PROMPT]]` | |
//! | `[[tool NAME JSON]]`, `[[par A \| B]]` | any tool; several in one message |
//!
//! | faults | |
//! |---|---|
//! | `[[error CODE]]`, `[[error CODE xK]]`, `[[error CODE ra=S]]` | always; K times; with `retry-after` |
//! | `[[errmsg CODE TEXT]]`, `[[sseerror TYPE]]` | a message of one's own; an error event in the stream |
//! | `[[drop]]`, `[[refuse]]` | closes in the middle of a text; before any byte |
//!
//! `GET /__stats` counts; `POST /__set?delay=S&usage=N&fail=CODE` changes a default.

mod calls;
mod http;
mod markers;
mod replies;
mod server;
mod sse;

pub use replies::Settings;
pub use server::{FakeApi, Request};
