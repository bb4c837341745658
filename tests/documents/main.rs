//! What follows from changes of documents: where references are, and what agents know. A real repository, a real store, and
//! the kernel's word.
#![allow(clippy::unwrap_used)]

mod known;
mod references;
mod world;
