//! `chorus rpc`: the sidecar Neovim spawns. It finds or starts the daemon and carries bytes both ways.
//!
//! It ends at once when Neovim closes its end, on SIGTERM, and when the daemon's connection ends; Lua then starts
//! another and takes a full snapshot. A daemon that cannot be reached is told as one JSON line on standard error.

use crate::client::Client;
use crate::contract::Failure;
use crate::error::{Error, Result};
use crate::paths::State;
use std::fs::File;
use std::io::{Read, Write};
use std::os::fd::AsFd;

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
    let socket = client.into_stream()?;
    // Files, because `Stdout` holds bytes back until a newline.
    let stdin = File::from(std::io::stdin().as_fd().try_clone_to_owned().map_err(Error::internal)?);
    let stdout = File::from(std::io::stdout().as_fd().try_clone_to_owned().map_err(Error::internal)?);
    let up = socket.try_clone().map_err(Error::internal)?;
    std::thread::spawn(move || {
        carry_on(stdin, up);
        std::process::exit(0);
    });
    carry_on(socket, stdout);
    Ok(0)
}

/// Carries bytes until either side ends, which is how a peer says goodbye and no error.
///
/// Not `std::io::copy`: on Linux it splices, which holds the pipe's lock while it waits for the socket, and Neovim's
/// read of that pipe then blocks the whole editor (Linux 6.18).
fn carry_on(mut from: impl Read, mut to: impl Write) {
    let mut buffer = vec![0; 64 * 1024];
    while let Ok(read @ 1..) = from.read(&mut buffer) {
        if to.write_all(&buffer[..read]).is_err() {
            return;
        }
    }
}
