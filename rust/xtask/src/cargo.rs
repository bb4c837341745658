//! Running cargo.

use chorus_testkit::repository;
use std::path::PathBuf;
use std::process::{Command, Stdio};

/// The cargo that runs this, in the checkout.
pub fn command() -> Command {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.current_dir(repository()).stdin(Stdio::null());
    command
}

/// Builds the program in the development profile, its progress on standard error; the program's path.
pub fn build() -> Result<PathBuf, String> {
    let mut command = command();
    command.args(["build", "--package", "chorus", "--bin", "chorus", "--message-format", "json-render-diagnostics"]);
    let output = command.stderr(Stdio::inherit()).output().map_err(|error| format!("cannot run cargo: {error}"))?;
    if !output.status.success() {
        return Err("cannot build chorus: see above".into());
    }
    let stdout = String::from_utf8_lossy(&output.stdout);
    let messages = stdout.lines().filter_map(|line| serde_json::from_str::<serde_json::Value>(line).ok());
    let executables = messages.filter(|message| message["target"]["name"] == "chorus");
    executables
        .filter_map(|message| message["executable"].as_str().map(PathBuf::from))
        .next_back()
        .ok_or_else(|| "cargo built no program named chorus".into())
}
