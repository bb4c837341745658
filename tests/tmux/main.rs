//! Chorus's tmux on real tmux servers, each on a private socket.
//!
//! Which programs are tested is said in `chorus_testkit::given`.
#![allow(clippy::unwrap_used, clippy::print_stdout, missing_docs)]

mod attach;
mod bed;
mod capture;
mod delivery;
mod listing;
mod server;
mod session;
