//! A small git repository to try things in.

use std::path::Path;
use std::process::{Command, Stdio};

const README: &str = "\
# A scratch repository for trying Chorus

    :ChorusNew              write a task, then :w
    :ChorusStart            start it
    :Chorus                 all tasks; g? shows the keys
    :Chorus diff            what a task did, on its own branch
    :help chorus            everything else
";

const DEMO: &str = "
There is no `claude` here (or `--demo` was given), so tasks run a built-in
stand-in, marked (demo). It plays a small script and changes files in a
worktree of this repository, but understands nothing.
";

const GREET: &str = "\
def greet(name):
    return 'Hello, ' + name


if __name__ == '__main__':
    print(greet('world'))
";

/// Makes the repository unless it is there.
pub fn make(folder: &Path, demo: bool) -> Result<(), String> {
    if folder.join(".git").exists() {
        return Ok(());
    }
    let io = |error: std::io::Error| format!("cannot make {}: {error}", folder.display());
    std::fs::create_dir_all(folder).map_err(io)?;
    std::fs::write(folder.join("README.md"), if demo { format!("{README}{DEMO}") } else { README.into() })
        .map_err(io)?;
    std::fs::write(folder.join("greet.py"), GREET).map_err(io)?;
    git(folder, &["init", "--quiet", "--initial-branch=main"])?;
    // Kept in the repository, because the tried Neovim may not see the file that the user's own name is in.
    for (key, default) in [("user.name", "Chorus"), ("user.email", "chorus@localhost")] {
        let value = git(folder, &["config", key]).unwrap_or_else(|_| default.to_owned());
        git(folder, &["config", "--local", key, &value])?;
    }
    git(folder, &["config", "--local", "commit.gpgsign", "false"])?;
    git(folder, &["add", "--all"])?;
    git(folder, &["commit", "--quiet", "--message", "A scratch repository"]).map(|_| ())
}

fn git(folder: &Path, arguments: &[&str]) -> Result<String, String> {
    let output = Command::new("git").args(arguments).current_dir(folder).stdin(Stdio::null()).output();
    match output {
        Ok(output) if output.status.success() => Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned()),
        Ok(output) => Err(format!("git {}: {}", arguments[0], String::from_utf8_lossy(&output.stderr).trim())),
        Err(error) => Err(format!("cannot run git: {error}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_made_once() {
        let folder = tempfile::tempdir().unwrap();
        make(folder.path(), true).unwrap();
        std::fs::write(folder.path().join("README.md"), "mine").unwrap();
        make(folder.path(), true).unwrap();
        assert_eq!(std::fs::read_to_string(folder.path().join("README.md")).unwrap(), "mine");
    }
}
