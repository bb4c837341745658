//! The copy of this program that running agents call.

use crate::contract::Code;
use crate::error::{Error, Result};
use crate::paths::State;
use std::os::unix::fs::PermissionsExt;

/// Copies this program to where running agents call it, so that a rebuild does not break them. The copy appears whole.
pub fn install(state: &State) -> Result<()> {
    let own = std::env::current_exe().map_err(Error::internal)?;
    let target = state.program();
    if own == target {
        return Ok(());
    }
    let partial = target.with_extension("partial");
    let copied = std::fs::copy(&own, &partial)
        .and_then(|_| std::fs::set_permissions(&partial, std::fs::Permissions::from_mode(0o700)))
        .and_then(|()| std::fs::rename(&partial, &target));
    copied.map_err(|error| {
        let _ = std::fs::remove_file(&partial);
        Error::new(Code::StoreUnusable, format!("cannot copy the chorus program to {}: {error}", target.display()))
            .hint("free some space, or make the state folder writable")
    })
}

/// The same for a daemon that had no room for the copy when it began.
pub fn install_if_missing(state: &State) -> Result<()> {
    if state.program().exists() { Ok(()) } else { install(state) }
}
