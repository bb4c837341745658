//! `chorus rpc`: the sidecar Neovim spawns. It finds or starts the daemon and carries bytes both ways.
//!
//! It ends at once when Neovim closes its end, on SIGTERM, and when the daemon's connection ends; Lua then starts
//! another and takes a full snapshot. A daemon that cannot be reached is told as one JSON line on standard error.

use crate::client::Client;
use crate::contract::Failure;
use crate::error::{Error, Result};
use crate::paths::State;
use std::fs::File;
use std::io::Write;
use std::os::fd::AsFd;
use std::os::unix::net::UnixStream;

/// Exit code of `chorus rpc --if-running` when no daemon runs.
pub const NO_DAEMON: i32 = 3;

/// Runs until either side ends; returns the exit code.
pub fn run(if_running: bool) -> i32 {
    match carry(if_running) {
        Ok(code) => code,
        Err(error) => {
            let line = serde_json::json!({ "error": Failure::from(error) });
            let _ = writeln!(std::io::stderr(), "{line}");
            1
        }
    }
}

fn carry(if_running: bool) -> Result<i32> {
    let state = State::from_environment()?;
    let client = match if_running {
        true => match Client::connect(&state)? {
            Some(client) => client,
            None => return Ok(NO_DAEMON),
        },
        false => Client::connect_or_start(&state)?,
    };
    let socket = client.into_stream();
    // Files, because `Stdout` holds bytes back until a newline.
    let stdin = File::from(std::io::stdin().as_fd().try_clone_to_owned().map_err(Error::internal)?);
    let stdout = File::from(std::io::stdout().as_fd().try_clone_to_owned().map_err(Error::internal)?);
    let up = socket.try_clone().map_err(Error::internal)?;
    std::thread::spawn(move || {
        copy_up(stdin, up);
        std::process::exit(0);
    });
    copy_down(socket, stdout);
    Ok(0)
}

// The end of either side is how a peer says goodbye, not an error.
fn copy_up(mut from: File, mut to: UnixStream) {
    let _ = std::io::copy(&mut from, &mut to);
}

fn copy_down(mut from: UnixStream, mut to: File) {
    let _ = std::io::copy(&mut from, &mut to);
}
