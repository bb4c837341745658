//! What a test run has: the programs that the environment names (`cargo xtask test` names them all), else those that
//! are on PATH or were fetched before. Nothing is fetched here.

pub use crate::tools::Tool;
use crate::tools::{self, clients, dbus, debian};
use std::io::Write;
use std::path::PathBuf;
use std::sync::OnceLock;

/// Colon-separated paths of Neovims; people add their own, `cargo xtask test` passes all on.
pub const NVIMS: &str = "CHORUS_TEST_NVIMS";
/// Colon-separated paths of tmuxes.
pub const TMUXES: &str = "CHORUS_TEST_TMUX";
/// Colon-separated paths of Claude Code clients, main one first.
pub const CLIENTS: &str = "CHORUS_TEST_CLAUDE";
/// A program used as `PROGRAM -- COMMAND…` to run a command on a session bus of its own.
pub const DBUS: &str = "CHORUS_TEST_DBUS";
/// Path of ttyd.
pub const TTYD: &str = "CHORUS_TEST_TTYD";
/// A file that gets one line for each skip.
pub const SKIPS: &str = "CHORUS_TEST_SKIPS";

/// Paths in a list variable; nothing when it is unset or empty.
pub fn listed(name: &str) -> Option<Vec<PathBuf>> {
    let value = std::env::var_os(name).filter(|value| !value.is_empty())?;
    Some(std::env::split_paths(&value).filter(|path| !path.as_os_str().is_empty()).collect())
}

/// Neovims from 0.10 on, oldest first.
pub fn nvims() -> Vec<Tool> {
    static ASKED: OnceLock<Vec<Tool>> = OnceLock::new();
    ASKED.get_or_init(find_nvims).clone()
}

fn find_nvims() -> Vec<Tool> {
    let found = listed(NVIMS).unwrap_or_else(|| {
        let fetched = [debian::NVIM_FLOOR.cached(), debian::NVIM_NEWEST.cached()];
        let fetched: Vec<PathBuf> = fetched.into_iter().flatten().collect();
        if fetched.is_empty() { tools::on_path("nvim").into_iter().collect() } else { fetched }
    });
    found.into_iter().filter_map(tools::nvim).filter(|nvim| nvim.is_at_least(0, 10)).collect()
}

/// tmuxes from 3.2 on; the one on PATH first.
pub fn tmuxes() -> Vec<Tool> {
    static ASKED: OnceLock<Vec<Tool>> = OnceLock::new();
    ASKED.get_or_init(find_tmuxes).clone()
}

fn find_tmuxes() -> Vec<Tool> {
    let here = || tools::on_path("tmux").into_iter().chain(debian::TMUX_NEWEST.cached()).collect();
    let found = listed(TMUXES).unwrap_or_else(here);
    found.into_iter().filter_map(tools::tmux).filter(|tmux| tmux.is_at_least(3, 2)).collect()
}

/// Real Claude Code clients, the main one first.
pub fn clients() -> Vec<Tool> {
    let here = || clients::ALL.iter().filter_map(tools::npm::Pinned::cached).collect();
    listed(CLIENTS).unwrap_or_else(here).iter().filter_map(|path| clients::at(path)).collect()
}

/// A program that gives a command a session bus of its own.
pub fn dbus() -> Option<PathBuf> {
    listed(DBUS).and_then(|paths| paths.into_iter().next()).or_else(dbus::cached)
}

/// ttyd.
pub fn ttyd() -> Option<PathBuf> {
    let here = || tools::on_path("ttyd").or_else(|| debian::TTYD.cached());
    listed(TTYD).and_then(|paths| paths.into_iter().next()).or_else(here)
}

/// Says that a test did not run, and why. With `CI=true` that is a failure.
///
/// `let Some(client) = given::clients().into_iter().next() else { return skip("no Claude Code client") };`
#[track_caller]
pub fn skip(reason: &str) {
    assert!(std::env::var_os("CI").is_none_or(|ci| ci != "true"), "nothing may be skipped with CI=true: {reason}");
    let test = std::thread::current().name().unwrap_or("a test").to_owned();
    if let Some(file) = std::env::var_os(SKIPS) {
        let file = std::fs::OpenOptions::new().create(true).append(true).open(file);
        // A lost line only makes the summary shorter.
        let _ = file.and_then(|mut file| file.write_all(format!("{test}: {reason}\n").as_bytes()));
    }
}
