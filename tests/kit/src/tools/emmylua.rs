//! The checker of Lua types, pinned: built by cargo from its published crate with the lock file in it, once.

use super::{Missing, Tool, cache, lock, on_path, run, tool};
use std::path::PathBuf;
use std::process::Command;

const NAME: &str = "emmylua_check";
const VERSION: &str = "0.25.1";

/// The checker: the one on PATH if it has that version, else the cache's, built now if need be.
pub fn obtain() -> Result<PathBuf, Missing> {
    let is_ours = |tool: &Tool| tool.version == VERSION;
    if let Some(found) = on_path(NAME).and_then(|path| tool(path, "--version")).filter(is_ours) {
        return Ok(found.path);
    }
    let prefix = cache().join(format!("{NAME}-{VERSION}"));
    let program = prefix.join("bin").join(NAME);
    let _lock = lock(&format!("{NAME}-{VERSION}"))?;
    if program.exists() {
        return Ok(program);
    }
    let build = tempfile::tempdir_in(cache()).map_err(|error| Missing(error.to_string()))?;
    let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    // It runs for a second and is built for minutes: hardly optimized, it costs least.
    cargo.args(["install", NAME, "--version", VERSION, "--locked", "--quiet", "--debug", "--root"]).arg(&prefix);
    cargo.arg("--target-dir").arg(build.path()).env("CARGO_PROFILE_DEV_DEBUG", "false").current_dir(build.path());
    run(&mut cargo).map_err(|Missing(why)| Missing(format!("cannot build {NAME} {VERSION}: {why}")))?;
    Some(program).filter(|program| program.exists()).ok_or_else(|| Missing(format!("cargo installed no {NAME}")))
}
