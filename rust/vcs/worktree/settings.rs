//! Git's settings for one worktree alone: what Chorus put into it is excluded there, also from the agent's own commits.
//!
//! The repository's configuration includes a file of the worktree's git folder on the condition that git runs in that
//! worktree (`includeIf`). `info/exclude` and the configuration itself are shared with the project's main worktree, which
//! must behave as before, and `extensions.worktreeConfig` would change the repository's format for every other tool.

use super::Worktree;
use crate::error::{Error, Result};
use crate::foreign::{self, fs};
use crate::vcs::git::Git;
use crate::vcs::look;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

/// The included file, in the worktree's git folder.
const CONFIG: &str = "chorus-config";

/// The patterns, beside it.
const EXCLUDED: &str = "chorus-exclude";

/// Chorus's own files, if it was killed in the middle of writing.
const UNFINISHED: &[u8] = b".chorus-????????-????-????-????-????????????\n";

/// More than this of the user's own patterns is not copied.
const MOST_PATTERNS: u64 = 1024 * 1024;

/// Excludes paths of the worktree, beside what the user's own `core.excludesFile` excludes: git reads only one such file,
/// so theirs is copied into it.
pub(super) async fn exclude(worktree: &Worktree, paths: &[PathBuf]) -> Result<()> {
    let git = worktree.git();
    let (mut own, mut patterns) = (false, users_patterns(&worktree.project).await?);
    for path in paths {
        match repository_around(&worktree.folder, path) {
            None => {
                own = true;
                patterns.extend(pattern(path));
            }
            // A submodule's git folder belongs to this worktree alone.
            Some(inner) => {
                let file = git.within(worktree.folder.join(&inner)).git_dir().await?.join("info/exclude");
                append(&file, &pattern(path.strip_prefix(&inner).unwrap_or(path)))?;
            }
        }
    }
    if own {
        patterns.extend(UNFINISHED);
        let file = git.git_dir().await?.join(EXCLUDED);
        look(&file, move |file| write(&file, &patterns)).await??;
        let quoted = file.to_string_lossy().replace('\\', "\\\\").replace('"', "\\\"");
        include(worktree, &format!("[core]\n\texcludesFile = \"{quoted}\"\n")).await?;
    }
    Ok(())
}

/// Sets something for git in that worktree.
pub(super) async fn set(worktree: &Worktree, section: &str, key: &str, value: &str) -> Result<()> {
    include(worktree, &format!("[{section}]\n\t{key} = {value}\n")).await
}

/// Adds to the included file and sees to it that it is included.
async fn include(worktree: &Worktree, text: &str) -> Result<()> {
    let git = worktree.git();
    let (folder, common) = (git.git_dir().await?, git.common_dir().await?);
    let Ok(name) = folder.strip_prefix(&common) else {
        return Err(Error::internal(format!("{} is no linked worktree", worktree.folder.display())));
    };
    tidy(&worktree.project).await;
    let file = folder.join(CONFIG);
    let added = text.to_owned();
    let written = look(file, move |file| {
        let mut all = foreign::read(&file, foreign::MANY).unwrap_or_default();
        if String::from_utf8_lossy(&all).contains(&added) {
            return Ok(());
        }
        all.extend(added.as_bytes());
        write(&file, &all)
    });
    written.await??;
    // `./` is the folder of the configuration: the repository may be moved.
    let mut key = "includeIf.gitdir:./".to_owned();
    for c in name.to_string_lossy().chars() {
        // The condition is a pattern.
        key.extend(matches!(c, '*' | '?' | '[' | '\\').then_some('\\'));
        key.push(c);
    }
    key += ".path";
    let value = name.join(CONFIG);
    let args = ["config", "--local", "--replace-all", &key, &value.to_string_lossy()];
    worktree.project.change(&args, Vec::new()).await.map(drop)
}

/// Takes the inclusions of worktrees that are gone out of the configuration. A failure harms nobody: git passes over a
/// file that is not there.
pub(super) async fn tidy(project: &Git) {
    if let Err(error) = try_tidy(project).await {
        log::info!("cannot tidy the settings of removed worktrees: {error}");
    }
}

async fn try_tidy(project: &Git) -> Result<()> {
    let common = project.common_dir().await?;
    let listed = ["config", "--local", "-z", "--get-regexp", r"^includeif\.gitdir:\./worktrees/.*\.path$"];
    for entry in project.find(&listed).await?.unwrap_or_default().split('\0') {
        let Some((key, value)) = entry.split_once('\n') else { continue };
        if value.ends_with(CONFIG) && !look(common.join(value), fs::exists).await? {
            // Git lists names in lower case and takes a section away only by the name as written.
            let name = key.trim_start_matches("includeif.").trim_end_matches(".path");
            let args = ["config", "--local", "--remove-section", &format!("includeIf.{name}")];
            project.change(&args, Vec::new()).await?;
        }
    }
    Ok(())
}

/// The innermost folder above a path, below the worktree's root, that is a repository of its own.
pub(super) fn repository_around(worktree: &Path, path: &Path) -> Option<PathBuf> {
    let above = path.ancestors().skip(1).filter(|above| !above.as_os_str().is_empty());
    above.into_iter().find(|above| fs::exists(worktree.join(above).join(".git"))).map(Path::to_owned)
}

/// What the user's own file excludes everywhere.
async fn users_patterns(project: &Git) -> Result<Vec<u8>> {
    let named = project.find(&["config", "--type=path", "--get", "core.excludesFile"]).await?;
    let usual = || {
        let base = project.variable("XDG_CONFIG_HOME").filter(|base| !base.is_empty()).map(PathBuf::from);
        base.or_else(|| Some(PathBuf::from(project.variable("HOME")?).join(".config")))
            .map(|base| base.join("git/ignore"))
    };
    let file = named.map(|named| project.folder.join(named)).or_else(usual);
    let Some(file) = file else { return Ok(Vec::new()) };
    let mut patterns = look(file, |file| foreign::read(&file, MOST_PATTERNS)).await?.unwrap_or_default();
    if !patterns.is_empty() {
        patterns.push(b'\n');
    }
    Ok(patterns)
}

/// The path as a pattern that means nothing else.
fn pattern(path: &Path) -> Vec<u8> {
    let mut pattern = b"/".to_vec();
    for byte in path.as_os_str().as_bytes() {
        if matches!(byte, b'*' | b'?' | b'[' | b'\\' | b' ') {
            pattern.push(b'\\');
        }
        pattern.push(*byte);
    }
    pattern.push(b'\n');
    pattern
}

fn append(file: &Path, pattern: &[u8]) -> Result<()> {
    let mut text = match foreign::read(file, foreign::MANY) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(cannot_write(file, &error)),
        found => found.unwrap_or_default(),
    };
    if text.split_inclusive(|byte| *byte == b'\n').any(|line| line == pattern) {
        return Ok(());
    }
    if text.last().is_some_and(|last| *last != b'\n') {
        text.push(b'\n');
    }
    text.extend(pattern);
    write(file, &text)
}

fn write(file: &Path, bytes: &[u8]) -> Result<()> {
    let written = file.parent().map_or(Ok(()), fs::create_dir_all).and_then(|()| foreign::write(file, bytes));
    written.map_err(|error| cannot_write(file, &error))
}

fn cannot_write(file: &Path, error: &std::io::Error) -> Error {
    Error::internal(format!("cannot write {}: {error}", file.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pipe_in_the_place_of_the_exclusions_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("exclude");
        append(&file, b"/a\n").unwrap();
        append(&file, b"/b\n").unwrap();
        append(&file, b"/a\n").unwrap();
        assert_eq!(std::fs::read(&file).unwrap(), b"/a\n/b\n");
        let pipe = folder.path().join("pipe");
        assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
        assert!(append(&pipe, b"/a\n").unwrap_err().message.contains("it is not a file"));
    }
}
