//! Which file a program's name stands for.

use crate::foreign::beside_the_loop;
use std::ffi::{OsStr, OsString};
use std::path::Path;

/// The path of the program `name` in `path`, a `PATH` list. A name that is a path already, and one that is not found, stay:
/// the attempt to run them tells what is wrong.
///
/// A program named by its path is started without a copy of this process's memory map. With its own `PATH` to be searched
/// by the new process, std (1.95) forks, which takes the daemon a few milliseconds.
pub fn program_in(path: Option<&OsStr>, name: impl AsRef<OsStr>) -> OsString {
    let name = name.as_ref();
    if name.as_encoded_bytes().contains(&b'/') {
        return name.to_owned();
    }
    let folders = std::env::split_paths(path.unwrap_or_default());
    // What follows a folder that depends on where the program runs is not looked at.
    let mut files = folders.take_while(|folder| folder.is_absolute()).map(|folder| folder.join(name));
    files.find(|file| may_run(file)).map_or_else(|| name.to_owned(), Into::into)
}

/// Whether this process may run the file there, named from the root.
#[track_caller]
pub fn is_executable(program: &Path) -> bool {
    beside_the_loop();
    may_run(program)
}

#[expect(clippy::disallowed_methods, reason = "whoever starts a program waits for the same folders")]
fn may_run(program: &Path) -> bool {
    program.is_absolute() && program.is_file() && rustix::fs::access(program, rustix::fs::Access::EXEC_OK).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    #[test]
    fn the_first_that_can_be_run_is_meant() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        for (name, mode) in [("plain/tool", 0o644), ("first/tool", 0o755), ("second/tool", 0o755)] {
            std::fs::create_dir_all(path(name).parent().unwrap()).unwrap();
            std::fs::write(path(name), "").unwrap();
            std::fs::set_permissions(path(name), std::fs::Permissions::from_mode(mode)).unwrap();
        }
        std::fs::create_dir_all(path("folder/tool")).unwrap();
        let list = |folders: &[&str]| std::env::join_paths(folders.iter().map(|name| path(name))).unwrap();

        let found = program_in(Some(&list(&["gone", "folder", "plain", "first", "second"])), "tool");
        assert_eq!(found, path("first/tool"));
        assert_eq!(program_in(Some(&list(&["plain"])), "tool"), "tool");
        assert_eq!(program_in(None, "tool"), "tool");
        assert_eq!(program_in(Some(&list(&["first"])), "./tool"), "./tool");
        let mut relative = OsString::from("bin:");
        relative.push(list(&["first"]));
        assert_eq!(program_in(Some(&relative), "tool"), "tool", "`bin` is searched where the program runs");
    }
}
