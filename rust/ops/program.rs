//! The copy of this program that running agents call.

use crate::error::{Error, Result};
use crate::paths::State;
use std::os::unix::fs::PermissionsExt;

/// Copies this program to where running agents call it, so that a rebuild does not break them. The copy appears whole.
pub fn install(state: &State) -> Result<()> {
    let fault = |error: std::io::Error| Error::internal(format!("cannot copy the chorus program: {error}"));
    let own = std::env::current_exe().map_err(fault)?;
    let target = state.program();
    if own == target {
        return Ok(());
    }
    let partial = target.with_extension("partial");
    std::fs::copy(&own, &partial).map_err(fault)?;
    std::fs::set_permissions(&partial, std::fs::Permissions::from_mode(0o700)).map_err(fault)?;
    std::fs::rename(&partial, &target).map_err(fault)
}
