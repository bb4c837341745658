//! The stand-in for `but` keeps to what was recorded of the real programs, and the real ones that `CHORUS_TEST_BUT`
//! names do too: each situation runs on all of them.
#![allow(clippy::unwrap_used)]

mod applying;
mod commits;
mod each;
mod faults;
mod locks;
mod names;
mod outside;
mod paths;
mod probes;
mod pulling;
mod stacks;
mod undoing;
