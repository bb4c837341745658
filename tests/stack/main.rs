//! A task's edits on its own branch, in one tree with everybody else's: on the stand-in for `but` in both grammars and
//! on each real program that the environment names.

#![allow(clippy::unwrap_used)]

mod conflicts;
mod cut;
mod faults;
mod hunks;
mod meanwhile;
mod moved;
mod paths;
mod world;
