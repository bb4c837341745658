//! Chorus's tmux on real tmux servers, each on a private socket.
//!
//! `CHORUS_TEST_TMUX` names the programs to test, separated by `:`; `tmux` on PATH otherwise.
#![allow(clippy::unwrap_used, missing_docs)]

mod attach;
mod bed;
mod capture;
mod delivery;
mod listing;
mod server;
mod session;
