//! Git's own hooks, which only the old grammar runs, and the editor, which only the new one asks.

use super::answer::Refusal;
use super::git::Git;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// Runs a hook where there is one. A failure of it refuses.
pub fn run(git: &Git, name: &str, arguments: &[&Path]) -> Result<(), Refusal> {
    let Some(hook) = find(git, name) else { return Ok(()) };
    let output = Command::new(hook).args(arguments).current_dir(&git.root).stdin(Stdio::null()).output()?;
    if output.status.success() {
        return Ok(());
    }
    let said = [output.stdout, output.stderr].concat();
    let said = String::from_utf8_lossy(&said).trim().to_owned();
    let code = output.status.code().unwrap_or(-1);
    let said = if said.is_empty() { format!("hook produced no output (Exit Code {code})") } else { said };
    Err(Refusal::text(format!("{name} hook failed:\n{said}\n\nTo bypass the hook, run: but commit --no-hooks")))
}

/// A commit's message after `commit-msg` has seen it.
pub fn message(git: &Git, message: &str) -> Result<String, Refusal> {
    if find(git, "commit-msg").is_none() {
        return Ok(message.to_owned());
    }
    let file = git.folder.join("COMMIT_EDITMSG");
    std::fs::write(&file, message)?;
    run(git, "commit-msg", &[&file])?;
    Ok(std::fs::read_to_string(file)?)
}

/// Our own hooks on the workspace branch only pass on to the user's.
fn find(git: &Git, name: &str) -> Option<PathBuf> {
    let folder = git.folder.join("hooks");
    [format!("{name}-user"), name.to_owned()]
        .into_iter()
        .map(|name| folder.join(name))
        .find(|path| std::fs::read_to_string(path).is_ok_and(|text| !text.contains("GITBUTLER_MANAGED_HOOK")))
}

/// A message written in the editor that the environment names; without one there is nobody to ask.
pub fn edited(git: &Git) -> Result<String, Refusal> {
    let editor = ["GIT_EDITOR", "VISUAL", "EDITOR"].into_iter().find_map(|name| std::env::var(name).ok());
    let editor = editor.ok_or_else(|| Refusal::text("No such device or address (os error 6)"))?;
    let file = git.folder.join("gitbutler/standin.message");
    std::fs::write(&file, "\n# Please enter the commit message for your changes.\n")?;
    let script = format!("{editor} \"$1\"");
    let status = Command::new("sh").args(["-c", &script, "sh"]).arg(&file).stdin(Stdio::null()).status()?;
    if !status.success() {
        return Err(Refusal::text("Editor exited with non-zero status"));
    }
    let text = std::fs::read_to_string(&file)?;
    let lines: Vec<&str> = text.lines().filter(|line| !line.starts_with('#')).collect();
    Ok(lines.join("\n").trim().to_owned())
}
