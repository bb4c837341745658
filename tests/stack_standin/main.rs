//! The stand-in for `but` keeps to what was recorded of the real program, and the real ones that `CHORUS_TEST_BUT`
//! names do too.
#![allow(clippy::unwrap_used)]

mod commits;
mod each;
mod stacks;
