//! Replacing a file in one step: a reader finds the old bytes or the new ones, also after a full disk or a kill.

use std::ffi::OsStr;
use std::fs::Permissions;
use std::io::{Result, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

/// Names of unfinished files begin so: they are hidden, and told apart from everybody else's.
pub const UNFINISHED: &str = ".chorus-";

/// Whether it is the name of a file that Chorus was putting in the place of another in somebody's tree.
pub fn is_unfinished(name: &OsStr) -> bool {
    let id = name.to_str().and_then(|name| name.strip_prefix(UNFINISHED));
    id.is_some_and(|id| id.len() == 36 && uuid::Uuid::parse_str(id).is_ok())
}

/// Who may use the file that takes another's place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// This user only.
    Private,
    /// Whoever may use the file that is there; a new one is open to all whom the umask lets in.
    AsBefore,
    /// These permission bits, whatever the umask.
    Bits(u32),
}

/// Puts `bytes` in the place of `path`; a link there is replaced, not followed.
pub fn replace(path: &Path, bytes: &[u8], access: Access) -> Result<()> {
    unfinished(path, bytes, access)?.persist(path).map(drop).map_err(|error| error.error)
}

/// As [`replace`], with the bytes on the disk before the file takes its place: for bytes that are nowhere else.
pub fn replace_durably(path: &Path, bytes: &[u8], access: Access) -> Result<()> {
    let file = unfinished(path, bytes, access)?;
    file.as_file().sync_all()?;
    file.persist(path).map(drop).map_err(|error| error.error)
}

/// Puts a link to `target` in the place of `path`.
pub fn replace_with_link(path: &Path, target: &Path) -> Result<()> {
    let make = |beside: &Path| std::os::unix::fs::symlink(target, beside);
    let link = tempfile::Builder::new().prefix(UNFINISHED).make_in(folder_of(path), make)?;
    link.into_temp_path().persist(path).map_err(|error| error.error)
}

fn folder_of(path: &Path) -> &Path {
    path.parent().unwrap_or(Path::new("/"))
}

fn unfinished(path: &Path, bytes: &[u8], access: Access) -> Result<tempfile::NamedTempFile> {
    let (created, then) = match access {
        Access::Private => (0o600, None),
        Access::Bits(bits) => (0o600, Some(bits)),
        Access::AsBefore => (0o666, std::fs::metadata(path).ok().map(|found| found.permissions().mode() & 0o7777)),
    };
    let mut file = tempfile::Builder::new()
        .prefix(UNFINISHED)
        .permissions(Permissions::from_mode(created))
        .tempfile_in(folder_of(path))?;
    file.write_all(bytes)?;
    if let Some(bits) = then {
        file.as_file().set_permissions(Permissions::from_mode(bits))?;
    }
    Ok(file)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::PathBuf;

    fn mode(path: &Path) -> u32 {
        std::fs::symlink_metadata(path).unwrap().permissions().mode() & 0o7777
    }

    fn names(folder: &Path) -> Vec<PathBuf> {
        std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into()).collect()
    }

    #[test]
    fn bytes_and_permissions_are_as_asked_and_nothing_else_is_left() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("a");
        std::fs::write(&file, "old").unwrap();
        std::fs::set_permissions(&file, Permissions::from_mode(0o751)).unwrap();
        for (access, bits) in [(Access::AsBefore, 0o751), (Access::Bits(0o705), 0o705), (Access::Private, 0o600)] {
            replace(&file, format!("{access:?}").as_bytes(), access).unwrap();
            assert_eq!((mode(&file), std::fs::read_to_string(&file).unwrap()), (bits, format!("{access:?}")));
            replace_durably(&file, b"again", access).unwrap();
            assert_eq!((mode(&file), std::fs::read(&file).unwrap()), (bits, b"again".to_vec()));
        }
        assert_eq!(names(folder.path()), [PathBuf::from("a")]);
    }

    #[test]
    fn a_new_file_is_as_any_program_would_make_it() {
        let folder = tempfile::tempdir().unwrap();
        let (usual, ours) = (folder.path().join("usual"), folder.path().join("ours"));
        std::fs::write(&usual, "").unwrap();
        replace(&ours, b"", Access::AsBefore).unwrap();
        assert_eq!(mode(&ours), mode(&usual));
    }

    #[test]
    fn a_link_is_replaced_and_its_target_stays() {
        let folder = tempfile::tempdir().unwrap();
        let (link, target) = (folder.path().join("link"), folder.path().join("target"));
        std::fs::write(&target, "kept").unwrap();
        std::os::unix::fs::symlink(&target, &link).unwrap();
        replace(&link, b"new", Access::Private).unwrap();
        assert!(!link.is_symlink() && std::fs::read(&link).unwrap() == b"new");
        replace_with_link(&link, Path::new("target")).unwrap();
        assert_eq!(std::fs::read_link(&link).unwrap(), Path::new("target"));
        assert_eq!(std::fs::read(&target).unwrap(), b"kept");
    }

    #[test]
    fn what_cannot_be_replaced_stays_and_leaves_nothing_beside_it() {
        let folder = tempfile::tempdir().unwrap();
        let dir = folder.path().join("dir");
        std::fs::create_dir_all(dir.join("full")).unwrap();
        assert!(replace(&dir, b"x", Access::Private).is_err());
        assert!(replace_with_link(&dir, Path::new("x")).is_err());
        assert!(replace(&folder.path().join("gone/x"), b"x", Access::Private).is_err());
        assert_eq!(names(folder.path()), [PathBuf::from("dir")]);
    }
}
