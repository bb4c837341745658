//! Programs that tests and `cargo xtask try` run: fetched once, verified, into a cache outside the repository.

pub mod clients;
pub mod dbus;
pub mod debian;
pub mod emmylua;
pub mod npm;
pub mod stylua;

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// A program that is there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tool {
    /// As it says itself: `0.10.4`, `3.3a`, `2.1.328`.
    pub version: String,
    /// Absolute.
    pub path: PathBuf,
}

/// Why a tool cannot be had and what to do about it.
#[derive(Clone, Debug)]
pub struct Missing(pub String);

impl std::fmt::Display for Missing {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Missing {}

/// The cache: `$CHORUS_TOOLS`, else `chorus-tools` in the user's cache folder. Anything in it may be deleted.
pub fn cache() -> PathBuf {
    let set = |name: &str| std::env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
    set("CHORUS_TOOLS")
        .or_else(|| Some(set("XDG_CACHE_HOME")?.join("chorus-tools")))
        .or_else(|| Some(set("HOME")?.join(".cache/chorus-tools")))
        .unwrap_or_else(|| std::env::temp_dir().join("chorus-tools"))
}

/// Holds the cache's lock of that name until dropped, so that concurrent callers fetch once.
pub fn lock(name: &str) -> Result<File, Missing> {
    let folder = cache().join("locks");
    let take = || {
        std::fs::create_dir_all(&folder)?;
        let file = File::create(folder.join(name))?;
        file.lock().map(|()| file)
    };
    take().map_err(|error| Missing(format!("cannot use the cache {}: {error}; set CHORUS_TOOLS", folder.display())))
}

/// The program of that name on PATH.
pub fn on_path(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path).filter(|folder| folder.is_absolute()).map(|folder| folder.join(name)).find(|program| {
        use std::os::unix::fs::PermissionsExt;
        program.metadata().is_ok_and(|data| data.is_file() && data.permissions().mode() & 0o111 != 0)
    })
}

/// Asks a program for its version: the first word with a digit on the first line of `program flag`.
pub fn tool(path: impl Into<PathBuf>, flag: &str) -> Option<Tool> {
    let path = path.into();
    let output = Command::new(&path).arg(flag).stdin(Stdio::null()).stderr(Stdio::null()).output().ok()?;
    let text = String::from_utf8_lossy(&output.stdout);
    let first = text.lines().next().filter(|_| output.status.success())?;
    let version = first.split_whitespace().find(|word| word.contains(|c: char| c.is_ascii_digit()))?;
    let version = version.trim_start_matches(|c: char| !c.is_ascii_digit()).to_owned();
    Some(Tool { version, path })
}

/// A Neovim at that path.
pub fn nvim(path: impl Into<PathBuf>) -> Option<Tool> {
    tool(path, "--version")
}

/// A tmux at that path.
pub fn tmux(path: impl Into<PathBuf>) -> Option<Tool> {
    tool(path, "-V")
}

impl Tool {
    /// Whether the version is that one or newer; letters (`3.3a`, `0.12.0-dev`) are ignored.
    pub fn is_at_least(&self, major: u32, minor: u32) -> bool {
        let number = |part: Option<&str>| {
            let digits: String = part.unwrap_or("0").chars().take_while(char::is_ascii_digit).collect();
            digits.parse().unwrap_or(0)
        };
        let mut parts = self.version.split('.');
        (number(parts.next()), number(parts.next())) >= (major, minor)
    }
}

/// Runs to the end; what went wrong is the end of its output.
pub(crate) fn run(command: &mut Command) -> Result<String, Missing> {
    let name = Path::new(command.get_program()).file_name().unwrap_or_default().to_string_lossy().into_owned();
    let output =
        command.stdin(Stdio::null()).output().map_err(|error| Missing(format!("cannot run {name}: {error}")))?;
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
    }
    let stderr = String::from_utf8_lossy(&output.stderr);
    let lines: Vec<&str> = stderr.lines().filter(|line| !line.trim().is_empty()).collect();
    Err(Missing(format!("{name}: {}", lines[lines.len().saturating_sub(6)..].join("\n"))))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn version(text: &str) -> Tool {
        Tool { version: text.into(), path: PathBuf::new() }
    }

    #[test]
    fn versions_compare_by_number() {
        assert!(version("0.10.4").is_at_least(0, 10));
        assert!(version("0.12.0-dev").is_at_least(0, 10));
        assert!(!version("0.9.5").is_at_least(0, 10));
        assert!(version("3.3a").is_at_least(3, 2));
        assert!(version("3.7-rc").is_at_least(3, 7));
        assert!(!version("3.1c").is_at_least(3, 2));
    }

    #[test]
    fn a_version_is_the_first_word_with_a_digit() {
        let folder = tempfile::tempdir().unwrap();
        let program = folder.path().join("nvim");
        std::fs::write(&program, "#!/bin/sh\necho NVIM v0.10.4\necho Build type\n").unwrap();
        run(Command::new("chmod").arg("+x").arg(&program)).unwrap();
        assert_eq!(nvim(&program).unwrap().version, "0.10.4");
    }
}
