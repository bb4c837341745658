//! Which project a folder belongs to: the main worktree of its repository, else the folder itself.
//!
//! Read from the files git leaves (`gitrepository-layout(5)`), so that no process is started for it.

mod inside;

pub use inside::{find_inside, inside, real};

use crate::error::{Code, Error, Result};
use crate::foreign::{self, fs};
use crate::paths::{self, Access};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

/// The canonical project root for `folder`; the folder as it is when it does not exist. A `.git` of a stranger counts for
/// nothing.
pub fn root(folder: &Path) -> PathBuf {
    let folder = fs::canonicalize(folder).unwrap_or_else(|_| folder.to_owned());
    let found = trusted(&folder).find_map(worktree_root);
    found.unwrap_or(folder)
}

/// The same for the daemon, which does not wait for a file system that does not answer.
pub async fn find_root(folder: &Path) -> Result<PathBuf> {
    let asked = folder.to_owned();
    foreign::within(folder, move || root(&asked)).await.map_err(|error| {
        Error::new(Code::WrongState, format!("cannot find the project of {}: {error}", folder.display()))
            .hint("mount it again, or work in another folder")
    })
}

/// Whether the folder is inside a git repository.
pub fn has_git(folder: &Path) -> bool {
    trusted(folder).any(|dir| {
        let git = dir.join(".git");
        fs::is_dir(&git) || fs::is_file(&git)
    })
}

/// The folder and those above it, without those in which a `.git` is a stranger's.
fn trusted(folder: &Path) -> impl Iterator<Item = &Path> {
    let owner = fs::metadata(folder).ok().map(|found| found.uid());
    let me = rustix::process::geteuid().as_raw();
    folder.ancestors().filter(move |dir| {
        // A link's own owner decides where it leads.
        let git = fs::symlink_metadata(dir.join(".git"));
        git.is_ok_and(|git| is_trusted(git.uid(), me, owner))
    })
}

/// Whether a `.git` of that owner may say what a project is. In a folder that all may write to, as `/tmp`, anybody could
/// else make one for what others keep there; git refuses it, too (`safe.directory`). Whoever owns the folder that is asked
/// about decides about it anyway: in a container all of a mounted project is another user's.
fn is_trusted(git: u32, me: u32, folder: Option<u32>) -> bool {
    git == me || git == 0 || Some(git) == folder
}

/// [`has_git`] for the daemon; no also where the file system does not answer.
pub async fn find_git(folder: &Path) -> bool {
    let asked = folder.to_owned();
    foreign::within(folder, move || has_git(&asked)).await.unwrap_or_else(|error| {
        log::warn!("{error}");
        false
    })
}

/// Whether an agent there would write between a repository's own files.
pub fn in_git_folder(folder: &Path) -> bool {
    let is_git_folder =
        |dir: &Path| fs::is_file(dir.join("HEAD")) && fs::is_dir(dir.join("objects")) && fs::is_dir(dir.join("refs"));
    folder.ancestors().any(is_git_folder)
}

/// The git folder of the working tree at `root`, which a linked worktree has for itself: canonical; nothing where there is
/// no repository.
pub fn git_dir(root: &Path) -> Option<PathBuf> {
    let git = root.join(".git");
    fs::canonicalize(if fs::is_dir(&git) { git } else { pointed(&git)? }).ok()
}

/// The git folder that all worktrees of the repository at `root` share: canonical; nothing where there is no repository.
pub fn common_dir(root: &Path) -> Option<PathBuf> {
    let folder = git_dir(root)?;
    fs::canonicalize(common_of(&folder).unwrap_or(folder)).ok()
}

/// A file in the git folder of a worktree that Chorus made, and in the common one of a repository whose main working tree
/// git cannot tell (`--separate-git-dir`): the path of the project.
const PROJECT: &str = "chorus-project";

/// Notes in a worktree's own git folder whose it is.
pub fn note(git_folder: &Path, project: &Path) -> std::io::Result<()> {
    paths::replace(&git_folder.join(PROJECT), project.as_os_str().as_encoded_bytes(), Access::AsBefore)
}

/// Notes where the main working tree is, when `root` is one that git's files do not tell of.
pub fn note_main(root: &Path) -> std::io::Result<()> {
    let Some(folder) = pointed(&root.join(".git")) else { return Ok(()) };
    let is_told = common_of(&folder).is_some() || is_bare(&folder) || main_tree(&folder).as_deref() == Some(root);
    if is_told { Ok(()) } else { note(&folder, root) }
}

fn noted(git_folder: &Path) -> Option<PathBuf> {
    use std::os::unix::ffi::OsStringExt;
    let path = foreign::read(&git_folder.join(PROJECT), foreign::FEW).ok()?;
    Some(PathBuf::from(std::ffi::OsString::from_vec(path)))
}

/// The project to which a folder with a `.git` belongs: the repository's main working tree. Where that has none, because
/// it is bare, each worktree is a project, and those that Chorus made belong to the project that they were made for.
fn worktree_root(dir: &Path) -> Option<PathBuf> {
    let git = dir.join(".git");
    if fs::is_dir(&git) {
        return Some(dir.to_owned());
    }
    let target = pointed(&git)?;
    // A linked worktree's git folder names the common one; a submodule's does not and is its own project.
    let Some(common) = common_of(&target).and_then(|common| fs::canonicalize(&common).ok()) else {
        return Some(dir.to_owned());
    };
    let of_same = |tree: &PathBuf| common_dir(tree).as_ref() == Some(&common);
    let noted = noted(&target);
    let made_for = noted.clone().filter(of_same);
    // Of a bare repository one worktree of many may be gone: its tasks still have this one.
    let was_made_for = || noted.filter(|tree| !fs::exists(tree));
    Some(made_for.or_else(|| main_tree(&common)).or_else(was_made_for).unwrap_or_else(|| dir.to_owned()))
}

/// Where a file `.git` points.
fn pointed(file: &Path) -> Option<PathBuf> {
    let pointer = foreign::text(file, foreign::FEW).ok()?;
    Some(file.parent()?.join(pointer.strip_prefix("gitdir:")?.trim()))
}

/// The common folder that a linked worktree's git folder names.
fn common_of(git_folder: &Path) -> Option<PathBuf> {
    let common = foreign::text(&git_folder.join("commondir"), foreign::FEW).ok()?;
    Some(git_folder.join(common.trim()))
}

/// The main working tree of a repository; nothing where it has none or git's files do not tell.
fn main_tree(common: &Path) -> Option<PathBuf> {
    if is_bare(common) {
        return None;
    }
    let tree = match setting(common, "worktree") {
        Some(tree) => common.join(tree),
        None if common.file_name().is_some_and(|name| name == ".git") => common.parent()?.to_owned(),
        None => noted(common)?,
    };
    let tree = fs::canonicalize(tree).ok()?;
    (common_dir(&tree) == fs::canonicalize(common).ok()).then_some(tree)
}

fn is_bare(common: &Path) -> bool {
    setting(common, "bare").is_some_and(|value| value.eq_ignore_ascii_case("true"))
}

/// A value of `[core]` in a repository's own configuration, as git writes it: one plain line.
fn setting(common: &Path, name: &str) -> Option<String> {
    let read = |file: &str| {
        let text = foreign::text(&common.join(file), foreign::MANY).ok()?;
        let (mut in_core, mut found) = (false, None);
        for line in text.lines().map(str::trim) {
            if line.starts_with('[') {
                in_core = line.eq_ignore_ascii_case("[core]");
            } else if in_core
                && let Some((key, value)) = line.split_once('=')
                && key.trim().eq_ignore_ascii_case(name)
            {
                found = Some(value.trim().trim_matches('"').to_owned());
            }
        }
        found
    };
    // With `extensions.worktreeConfig` it is in the file of the main worktree.
    read("config.worktree").or_else(|| read("config"))
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
    fn a_note_goes_in_the_place_of_whatever_is_there() {
        let base = tempfile::tempdir().unwrap();
        let base = base.path().canonicalize().unwrap();
        let target = base.join("target");
        std::fs::write(&target, "mine").unwrap();
        std::os::unix::fs::symlink(&target, base.join(PROJECT)).unwrap();
        note(&base, Path::new("/p")).unwrap();
        assert_eq!((noted(&base), std::fs::read(&target).unwrap()), (Some("/p".into()), b"mine".to_vec()));
        std::fs::remove_file(base.join(PROJECT)).unwrap();
        assert!(Command::new("mkfifo").arg(base.join(PROJECT)).status().unwrap().success());
        note(&base, Path::new("/q")).unwrap();
        assert_eq!(noted(&base), Some("/q".into()));
    }

    /// A repository with one commit at `source`, to clone from.
    fn source(base: &Path) -> PathBuf {
        let source = base.join("source");
        std::fs::create_dir(&source).unwrap();
        git(&source, &["init", "-q", "-b", "trunk"]);
        git(&source, &["commit", "-q", "--allow-empty", "-m", "x"]);
        source
    }

    #[test]
    fn of_a_bare_repository_each_worktree_is_a_project() {
        let base = tempfile::tempdir().unwrap();
        let base = base.path().canonicalize().unwrap();
        source(&base);
        git(&base, &["clone", "-q", "--bare", "source", "inside/.git"]);
        git(&base, &["clone", "-q", "--bare", "source", "beside/.bare"]);
        std::fs::write(base.join("beside/.git"), "gitdir: ./.bare\n").unwrap();
        git(&base, &["clone", "-q", "--bare", "source", "moved/.git"]);
        git(&base.join("moved"), &["config", "extensions.worktreeConfig", "true"]);
        git(&base.join("moved"), &["config", "--unset", "core.bare"]);
        git(&base.join("moved"), &["config", "--file", ".git/config.worktree", "core.bare", "true"]);
        for name in ["inside", "beside", "moved"] {
            let folder = base.join(name);
            for tree in ["main", "side"] {
                git(&folder, &["worktree", "add", "-q", tree]);
                assert_eq!(root(&folder.join(tree)), folder.join(tree));
            }
            // One that was made for the first belongs to it.
            let common = common_dir(&folder.join("side")).unwrap();
            note(&common.join("worktrees/side"), &folder.join("main")).unwrap();
            assert_eq!(root(&folder.join("side")), folder.join("main"));
            git(&folder, &["worktree", "add", "-q", "gone"]);
            note(&common.join("worktrees/side"), &folder.join("gone")).unwrap();
            git(&folder, &["worktree", "remove", "gone"]);
            assert_eq!(root(&folder.join("side")), folder.join("gone"));
            assert_eq!(root(&folder), folder);
            assert!(in_git_folder(&common) && in_git_folder(&common.join("refs")));
            assert!(!in_git_folder(&folder) && !in_git_folder(&folder.join("main")));
        }
    }

    #[test]
    fn a_git_folder_elsewhere_leads_to_its_main_working_tree() {
        let base = tempfile::tempdir().unwrap();
        let base = base.path().canonicalize().unwrap();
        let source = source(&base);
        let main = base.join("main");
        let from = source.to_string_lossy();
        git(
            &base,
            &["-c", "protocol.file.allow=always", "clone", "-q", "--separate-git-dir", "shop.git", &from, "main"],
        );
        git(&main, &["worktree", "add", "-q", "../side"]);
        assert_eq!(root(&main), main);
        assert_eq!(root(&base.join("side")), base.join("side"), "git's files do not tell of the main one");
        note_main(&main).unwrap();
        assert_eq!(root(&base.join("side")), main);

        git(&main, &["-c", "protocol.file.allow=always", "submodule", "--quiet", "add", &from, "sub"]);
        git(&main.join("sub"), &["worktree", "add", "-q", "../../of_sub"]);
        assert_eq!(root(&base.join("of_sub")), main.join("sub"));
        note_main(&main.join("sub")).unwrap();
        assert_eq!(root(&main.join("sub")), main.join("sub"));
    }

    #[test]
    fn what_is_no_file_of_git_s_makes_no_project() {
        let base = tempfile::tempdir().unwrap();
        let base = base.path().canonicalize().unwrap();
        for name in ["pipe", "large", "to_pipe"] {
            std::fs::create_dir_all(base.join(name).join("sub")).unwrap();
        }
        let pipe = base.join("pipe/.git");
        assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
        std::os::unix::fs::symlink(&pipe, base.join("to_pipe/.git")).unwrap();
        std::fs::write(base.join("large/.git"), format!("gitdir: ../{}", " ".repeat(100_000))).unwrap();
        for name in ["pipe", "large", "to_pipe"] {
            let sub = base.join(name).join("sub");
            assert_eq!(root(&sub), sub);
        }
        assert!(!has_git(&base.join("pipe/sub")));
        // Nor do pipes in the place of what a `.git` leads to.
        std::fs::create_dir_all(base.join("led/sub")).unwrap();
        std::fs::create_dir(base.join("of_pipes")).unwrap();
        std::fs::write(base.join("led/.git"), "gitdir: ../of_pipes").unwrap();
        for name in ["commondir", "config", "config.worktree", PROJECT] {
            assert!(Command::new("mkfifo").arg(base.join("of_pipes").join(name)).status().unwrap().success());
        }
        assert_eq!(root(&base.join("led/sub")), base.join("led"));
    }

    #[test]
    fn a_stranger_s_git_is_none() {
        let (me, stranger) = (1000, 65534);
        assert!(
            is_trusted(me, me, Some(me)) && is_trusted(0, me, Some(me)) && is_trusted(stranger, me, Some(stranger))
        );
        assert!(!is_trusted(stranger, me, Some(me)) && !is_trusted(stranger, 0, Some(0)));
        assert!(!is_trusted(stranger, me, None));

        let base = tempfile::tempdir().unwrap();
        let base = base.path().canonicalize().unwrap();
        let mine = base.join("shared/mine");
        std::fs::create_dir_all(&mine).unwrap();
        std::fs::create_dir(base.join("shared/.git")).unwrap();
        assert_eq!(root(&mine), base.join("shared"));
        // Only root can give a file away.
        if std::os::unix::fs::chown(base.join("shared/.git"), Some(stranger), None).is_ok() {
            assert_eq!(root(&mine), mine);
            assert!(!has_git(&mine));
        }
    }

    #[test]
    fn a_plain_folder_is_its_own_project() {
        let base = tempfile::tempdir().unwrap();
        let dir = base.path().canonicalize().unwrap();
        assert_eq!(root(&dir), dir);
        assert!(!has_git(&dir));
    }
}
