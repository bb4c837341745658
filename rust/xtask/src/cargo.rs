//! Running cargo.

use chorus_testkit::repository;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// The cargo that runs this, in the checkout.
pub fn command() -> Command {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.current_dir(repository()).stdin(Stdio::null());
    command
}

/// Builds the program in the development profile, its progress on standard error; the program's path.
pub fn build() -> Result<PathBuf, String> {
    build_package("chorus", false)
}

/// As [`build`], as people install it.
pub fn build_release() -> Result<PathBuf, String> {
    build_package("chorus", true)
}

/// As [`build_release`], from nothing into a folder of its own.
pub fn build_release_in(folder: &Path) -> Result<PathBuf, String> {
    let mut command = command();
    run(command.args(["build", "--release", "--target-dir"]).arg(folder), "chorus")
}

/// Builds the program that has its package's name.
pub fn build_package(name: &str, release: bool) -> Result<PathBuf, String> {
    let mut command = command();
    command.args(["build", "--package", name, "--bin", name]).args(release.then_some("--release"));
    run(&mut command, name)
}

/// Runs a build; the path of the program of that name.
fn run(command: &mut Command, name: &str) -> Result<PathBuf, String> {
    command.args(["--message-format", "json-render-diagnostics"]).stderr(Stdio::inherit());
    let output = command.output().map_err(|error| format!("cannot run cargo: {error}"))?;
    if !output.status.success() {
        return Err(format!("cannot build {name}: see above"));
    }
    let stdout = String::from_utf8_lossy(&output.stdout);
    let messages = stdout.lines().filter_map(|line| serde_json::from_str::<serde_json::Value>(line).ok());
    let executables = messages.filter(|message| message["target"]["name"] == name);
    executables
        .filter_map(|message| message["executable"].as_str().map(PathBuf::from))
        .next_back()
        .ok_or_else(|| format!("cargo built no program named {name}"))
}

/// Takes out of a command's environment what cargo and rustup put into this process's: a Neovim opened from here, and
/// the agents in it, would else build other projects with this one's toolchain and libraries.
pub fn forget(command: &mut Command) -> &mut Command {
    for (name, _) in std::env::vars_os() {
        let text = name.to_string_lossy();
        let is_cargo_s = ["CARGO_PKG_", "CARGO_MANIFEST_"].iter().any(|prefix| text.starts_with(prefix));
        if is_cargo_s || matches!(&*text, "CARGO" | "RUSTUP_TOOLCHAIN" | "RUST_RECURSION_COUNT") {
            command.env_remove(name);
        }
    }
    for name in ["LD_LIBRARY_PATH", "DYLD_FALLBACK_LIBRARY_PATH"] {
        let Some(value) = std::env::var_os(name) else { continue };
        let is_foreign = |folder: &PathBuf| !is_build_folder(folder);
        let kept: Vec<PathBuf> = std::env::split_paths(&value).filter(is_foreign).collect();
        match std::env::join_paths(&kept) {
            Ok(value) if !kept.is_empty() => command.env(name, value),
            _ => command.env_remove(name),
        };
    }
    command
}

/// Folders of build products and of a Rust toolchain's libraries.
fn is_build_folder(folder: &Path) -> bool {
    let has = |name: &str| folder.components().any(|part| part.as_os_str() == name);
    folder.as_os_str().is_empty() || has("debug") || has("release") || has("rustlib") || has("toolchains")
}
