//! The detector over captures of the real client: `tests/fixtures/screens`, whose `index.jsonl` tells for each state what is
//! right and whether the rules were written with it in sight (`written`) or not (`held`).
#![allow(clippy::unwrap_used)]

mod corpus;
mod hostile;
mod scene;
mod situations;
mod timelines;
mod verdicts;
