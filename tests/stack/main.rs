//! A task's edits on its own branch, in one tree with everybody else's: on the stand-in for `but` in both grammars and
//! on each real program that the environment names.

#![allow(clippy::unwrap_used)]
// A failure says on which program it was.
#![allow(clippy::print_stderr)]

// Every test has `stack` in its name, so that `cargo test stack` selects it.
#[path = "."]
mod stack {
    mod conflicts;
    mod cut;
    mod discard;
    mod faults;
    mod hunks;
    mod meanwhile;
    mod moved;
    mod paths;
    mod world;
}
