//! The detector: on captures and recordings of the real client, on every situation in turn, on hostile input.
#![allow(clippy::unwrap_used)]

mod corpus;
mod fusion;
mod hostile;
mod scene;
mod situations;
mod timelines;
mod verdicts;
