//! Where a file really lies, and whether that is in a project.

use crate::foreign::{self, fs};
use std::path::{Component, Path, PathBuf};

/// The path of `file` under the canonical `root`; nothing for a file outside it or in a `.git`, and for one whose path is
/// not UTF-8.
///
/// Links are followed, also the last one: what an agent, an editor or a person writes through a link is written to the
/// file that it leads to. A file that is not there yet, perhaps without its folders, is where it would be made.
pub fn inside(root: &Path, file: &Path) -> Option<String> {
    let real = real(file)?;
    let path = real.strip_prefix(root).ok()?;
    let normal = |part| matches!(part, Component::Normal(name) if name != ".git");
    path.components().all(normal).then(|| path.to_str().map(str::to_owned)).flatten().filter(|path| !path.is_empty())
}

/// Where `file` leads, links and `..` resolved; one that is not there, where it would be made. Nothing for a relative path,
/// and for links that lead in a circle.
pub fn real(file: &Path) -> Option<PathBuf> {
    fs::canonicalize(file).ok().or_else(|| would_be(file, &mut { MOST_LINKS }))
}

/// Links that are followed for one path, as many as a kernel follows.
const MOST_LINKS: u8 = 40;

/// The same for what is not there: a link to it leads there yet, and who writes through it makes it there.
fn would_be(file: &Path, left: &mut u8) -> Option<PathBuf> {
    let mut real = PathBuf::new();
    for part in file.components() {
        match part {
            Component::RootDir | Component::Prefix(_) => real.push(part),
            Component::CurDir => {}
            Component::ParentDir => _ = real.pop(),
            Component::Normal(name) => {
                real.push(name);
                if let Ok(target) = fs::read_link(&real) {
                    *left = left.checked_sub(1)?;
                    real.pop();
                    real = would_be(&real.join(target), left)?;
                }
            }
        }
    }
    real.is_absolute().then_some(real)
}

/// [`inside`] for the daemon; nothing also where the file system does not answer.
pub async fn find_inside(root: &Path, file: &Path) -> Option<String> {
    let (base, asked) = (root.to_owned(), file.to_owned());
    foreign::within(file, move || inside(&base, &asked)).await.unwrap_or_else(|error| {
        log::warn!("{error}");
        None
    })
}

#[cfg(test)]
mod tests {
    use super::*;

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
        link("project/new_outside", "../not/there");
        link("project/gone_folder", "../not");
        link("project/hook", ".git/hooks/x");
        link("project/twice", "new_outside");
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
            ("project/nowhere", "gone"),
        ] {
            assert_eq!(found(file).as_deref(), Some(path), "{file}");
        }
        for file in [
            "outside",
            "project/out",
            "project",
            "project/sub/.git/x",
            "project/.git/x",
            "project/new/../../x",
            "project/new_outside",
            "project/gone_folder/x",
            "project/hook",
            "project/twice",
            "project/loop",
            "project/loop/x",
        ] {
            assert_eq!(found(file), None, "{file}");
        }
        assert_eq!(real(&project.join("twice")), Some(base.join("not/there")));
        assert_eq!(inside(&project, Path::new("relative")), None);
        let name: &std::ffi::OsStr = std::os::unix::ffi::OsStrExt::from_bytes(b"\xff");
        assert_eq!(inside(&project, &project.join(name)), None);
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
