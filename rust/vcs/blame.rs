//! Which commit a line is from, whatever the user's configuration makes of `git blame`.

use super::git::Git;
use crate::error::{Error, Result};
use crate::foreign::{self, fs};
use std::path::Path;

/// What `git blame` prints, in its form for programs, of one line of a file, counted from 1.
pub async fn line(git: &Git, path: &str, number: usize) -> Result<String> {
    let range = format!("{number},{number}");
    // An empty name clears what `blame.ignoreRevsFile` names: that changes whose a line is.
    let args = ["blame", "--porcelain", "--ignore-revs-file=", "-L", &range, "--", path];
    match git.read(&args).await {
        Err(error) if error.message.contains("object name list") => {}
        done => return done,
    }
    // Git reads the files before it forgets them, and ends where one is missing.
    let folder = tempfile::tempdir().map_err(Error::internal)?;
    without_ignored(git, folder.path()).await?.read(&args).await
}

/// The repository with the same commits and settings, but those of `git blame`, in a git folder of its own.
async fn without_ignored(git: &Git, folder: &Path) -> Result<Git> {
    let head = git.head().await?.unwrap_or_default();
    let objects = git.read(&["rev-parse", "--git-path", "objects"]).await?;
    let objects = git.folder.join(objects);
    let settings = git.bytes(&["config", "--list", "-z"]).await?;
    let index = git.git_dir().await?.join("index");
    let format =
        if head.len() > 40 { "\trepositoryformatversion = 1\n[extensions]\n\tobjectformat = sha256\n" } else { "" };
    let into = folder.to_owned();
    let write = move || {
        let folder = into;
        for dir in ["objects/info", "refs"] {
            fs::create_dir_all(folder.join(dir))?;
        }
        foreign::write(
            folder.join("objects/info/alternates"),
            [objects.as_os_str().as_encoded_bytes(), b"\n"].concat(),
        )?;
        foreign::write(folder.join("HEAD"), format!("{head}\n"))?;
        foreign::write(folder.join("config"), format!("[core]\n{format}"))?;
        foreign::write(folder.join("settings"), as_file(&settings))
    };
    foreign::within(folder, write).await.flatten().map_err(Error::internal)?;
    Ok(git
        .clone()
        .with("GIT_DIR", folder)
        .with("GIT_WORK_TREE", &git.folder)
        .with("GIT_INDEX_FILE", index)
        .with("GIT_CONFIG_GLOBAL", folder.join("settings"))
        .with("GIT_CONFIG_NOSYSTEM", "1"))
}

/// Settings as `git config --list -z` prints them, as a file: without those of `git blame`, of the repository's format,
/// and of other files.
fn as_file(settings: &[u8]) -> String {
    let left_out = ["blame.", "include.", "includeif.", "extensions.", "core.bare", "core.worktree", "core.repository"];
    let mut file = String::new();
    for setting in settings.split(|byte| *byte == 0) {
        let setting = String::from_utf8_lossy(setting);
        let (key, value) = setting.split_once('\n').map_or((&*setting, None), |(key, value)| (key, Some(value)));
        let (Some((section, _)), Some((rest, name))) = (key.split_once('.'), key.rsplit_once('.')) else { continue };
        if left_out.iter().any(|lead| key.starts_with(lead)) {
            continue;
        }
        let escaped = |text: &str| text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n");
        file += &match rest.strip_prefix(section).and_then(|sub| sub.strip_prefix('.')) {
            Some(sub) => format!("[{section} \"{}\"]\n", escaped(sub)),
            None => format!("[{section}]\n"),
        };
        file += &match value {
            Some(value) => format!("\t{name} = \"{}\"\n", escaped(value)),
            None => format!("\t{name}\n"),
        };
    }
    file
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_the_user_ignores_and_a_file_that_is_missing_change_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let git = Git::at(folder.path().canonicalize().unwrap()).as_chorus();
        git.change(&["init", "-q"], Vec::new()).await.unwrap();
        let mut oids = Vec::new();
        for text in ["one\n", "One\n"] {
            std::fs::write(git.folder.join("a b"), text).unwrap();
            git.change(&["add", "-A"], Vec::new()).await.unwrap();
            git.change(&["commit", "-qm", "x"], Vec::new()).await.unwrap();
            oids.push(git.head().await.unwrap().unwrap());
        }
        let set = async |key: &str, value: &str| git.change(&["config", key, value], Vec::new()).await.unwrap();
        set("filter.x y.clean", "cat \"\\\"").await;
        set("core.autocrlf", "input").await;
        let of_line = async || line(&git, "a b", 1).await.unwrap().split(' ').next().unwrap().to_owned();
        assert_eq!(of_line().await, oids[1]);
        std::fs::write(git.folder.join("ignored"), format!("{}\n", oids[1])).unwrap();
        set("blame.ignoreRevsFile", "ignored").await;
        assert_eq!(of_line().await, oids[1]);
        set("blame.ignoreRevsFile", "missing").await;
        assert_eq!(of_line().await, oids[1]);
        std::fs::write(git.folder.join("a b"), "mine\n").unwrap();
        assert_eq!(of_line().await, "0".repeat(40));
        std::fs::write(git.folder.join("a b"), "One\r\n").unwrap();
        assert_eq!(of_line().await, oids[1], "settings of the user's count still");
    }
}
