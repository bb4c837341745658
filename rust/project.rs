//! Which project a folder belongs to: the main worktree of its repository, else the folder itself.
//!
//! Read from the files git leaves (`gitrepository-layout(5)`), so that no process is started for it.

use std::path::{Component, Path, PathBuf};

/// The canonical project root for `folder`; the folder as it is when it does not exist.
pub fn root(folder: &Path) -> PathBuf {
    let folder = folder.canonicalize().unwrap_or_else(|_| folder.to_owned());
    folder.ancestors().find_map(worktree_root).unwrap_or(folder)
}

/// Whether the folder is inside a git repository.
pub fn has_git(folder: &Path) -> bool {
    folder.ancestors().any(|dir| dir.join(".git").exists())
}

/// The path of `file` under the canonical `root`; nothing for a file outside it or in a `.git`, and for one whose path is
/// not UTF-8.
///
/// Links are followed, also the last one: what an agent, an editor or a person writes through a link is written to the
/// file that it leads to. A file that is not there yet, perhaps without its folders, is where it would be made.
pub fn inside(root: &Path, file: &Path) -> Option<String> {
    let real = file.canonicalize().ok().or_else(|| {
        let there = file.ancestors().skip(1).find_map(|parent| Some((parent, parent.canonicalize().ok()?)));
        there.and_then(|(parent, real)| Some(real.join(file.strip_prefix(parent).ok()?)))
    })?;
    let path = real.strip_prefix(root).ok()?;
    let normal = |part| matches!(part, Component::Normal(name) if name != ".git");
    path.components().all(normal).then(|| path.to_str().map(str::to_owned)).flatten().filter(|path| !path.is_empty())
}

fn worktree_root(dir: &Path) -> Option<PathBuf> {
    let git = dir.join(".git");
    if git.is_dir() {
        return Some(dir.to_owned());
    }
    let pointer = std::fs::read_to_string(&git).ok()?;
    let target = dir.join(pointer.strip_prefix("gitdir:")?.trim());
    // A linked worktree's git folder names the common one; a submodule's does not and is its own project.
    let Ok(common) = std::fs::read_to_string(target.join("commondir")) else { return Some(dir.to_owned()) };
    let common = target.join(common.trim()).canonicalize().ok()?;
    match common.file_name() {
        Some(name) if name == ".git" => common.parent().map(Path::to_owned),
        _ => Some(common),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::process::Command;

    fn git(dir: &Path, args: &[&str]) {
        let identity = ["-c", "user.name=t", "-c", "user.email=t@example.org"];
        let output = Command::new("git").current_dir(dir).args(identity).args(args).output().unwrap();
        assert!(output.status.success(), "git {args:?}: {}", String::from_utf8_lossy(&output.stderr));
    }

    #[test]
    fn a_subfolder_a_symlink_and_a_worktree_are_the_same_project() {
        let base = tempfile::tempdir().unwrap();
        let base = base.path().canonicalize().unwrap();
        let main = base.join("main");
        std::fs::create_dir_all(main.join("a/b")).unwrap();
        git(&main, &["init", "-q"]);
        git(&main, &["commit", "-q", "--allow-empty", "-m", "x"]);
        git(&main, &["worktree", "add", "-q", "../side"]);
        std::os::unix::fs::symlink(&main, base.join("link")).unwrap();
        for folder in [main.join("a/b"), base.join("link/a"), base.join("side"), main.clone()] {
            assert_eq!(root(&folder), main, "{}", folder.display());
        }
        assert!(has_git(&main.join("a/b")));
    }

    #[test]
    fn a_file_is_where_its_links_lead_and_where_it_would_be_made() {
        let base = tempfile::tempdir().unwrap();
        let base = base.path().canonicalize().unwrap();
        let project = base.join("project");
        std::fs::create_dir_all(project.join("sub/.git")).unwrap();
        for file in ["project/a", "project/sub/b", "outside"] {
            std::fs::write(base.join(file), "").unwrap();
        }
        let link = |from: &str, to: &str| std::os::unix::fs::symlink(to, base.join(from)).unwrap();
        link("project/to_b", "sub/b");
        link("project/folder", "sub");
        link("project/out", "../outside");
        link("project/nowhere", "gone");
        link("project/loop", "loop");
        link("from_outside", "project/a");
        link("alias", "project");
        let found = |file: &str| inside(&project, &base.join(file));
        for (file, path) in [
            ("project/a", "a"),
            ("project/to_b", "sub/b"),
            ("project/folder/b", "sub/b"),
            ("from_outside", "a"),
            ("alias/sub/b", "sub/b"),
            ("project/sub/../a", "a"),
            ("project/new", "new"),
            ("project/folder/new", "sub/new"),
            ("project/new/folder/file", "new/folder/file"),
            ("project/nowhere", "nowhere"),
            ("project/loop", "loop"),
        ] {
            assert_eq!(found(file).as_deref(), Some(path), "{file}");
        }
        for file in ["outside", "project/out", "project", "project/sub/.git/x", "project/.git/x", "project/new/../../x"]
        {
            assert_eq!(found(file), None, "{file}");
        }
        assert_eq!(inside(&project, Path::new("relative")), None);
        let name: &std::ffi::OsStr = std::os::unix::ffi::OsStrExt::from_bytes(b"\xff");
        assert_eq!(inside(&project, &project.join(name)), None);
    }

    #[test]
    fn a_plain_folder_is_its_own_project() {
        let base = tempfile::tempdir().unwrap();
        let dir = base.path().canonicalize().unwrap();
        assert_eq!(root(&dir), dir);
        assert!(!has_git(&dir));
    }

    #[test]
    fn a_file_in_the_project_is_named_as_it_really_lies_there() {
        let base = tempfile::tempdir().unwrap();
        let base = base.path().canonicalize().unwrap();
        let project = base.join("project");
        std::fs::create_dir_all(project.join("src")).unwrap();
        std::fs::create_dir_all(project.join("src/.git")).unwrap();
        std::fs::write(project.join("src/a"), "").unwrap();
        std::fs::write(base.join("outside"), "").unwrap();
        let link = |to: &Path, at: &str| std::os::unix::fs::symlink(to, project.join(at)).unwrap();
        link(&project.join("src"), "folder");
        link(&project.join("src/a"), "file");
        link(&base.join("outside"), "away");
        let found = |path: &str| inside(&project, &project.join(path));
        for path in ["src/a", "folder/a", "file"] {
            assert_eq!(found(path).as_deref(), Some("src/a"), "{path}");
        }
        assert_eq!(found("folder/new/b").as_deref(), Some("src/new/b"));
        for path in ["away", "../outside", ".git/HEAD", "src/.git/HEAD", "src/../../outside", ""] {
            assert_eq!(found(path), None, "{path}");
        }
    }
}
