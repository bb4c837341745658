//! From the words of a call to the path it means: relative to a folder that the process has open or stands in, by
//! links, and by its own descriptors.

use std::ffi::{CString, OsStr, OsString};
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Path, PathBuf};

/// The kernel follows no more links than this.
const MOST_LINKS: usize = 40;

/// A path, with its folder open, so that what is found there is of that very folder.
#[derive(Debug)]
pub struct Place {
    /// The folder.
    folder: OwnedFd,
    /// The last name in it.
    name: OsString,
    /// The folder's path and the name.
    pub path: PathBuf,
}

/// Where the process means; nothing where no such folder is. With `follow` a link at the end is followed.
pub fn place(thread: u32, at: Option<i32>, path: &OsStr, follow: bool) -> Option<Place> {
    let mut full = absolute(thread, at, path)?;
    for _ in 0..MOST_LINKS {
        let place = in_its_folder(&full)?;
        if !follow {
            return Some(place);
        }
        // A link below /proc leads to a file, not to the path it shows.
        match std::fs::read_link(below(&place.folder, &place.name)) {
            Err(_) => return Some(place),
            Ok(target) if place.path.starts_with("/proc") => {
                return opened(&below(&place.folder, &place.name), &target);
            }
            Ok(target) => full = place.path.parent()?.join(target),
        }
    }
    None
}

/// What an open descriptor of the process is.
pub fn of_descriptor(thread: u32, descriptor: i32) -> Option<Place> {
    let link = PathBuf::from(format!("/proc/{thread}/fd/{descriptor}"));
    let target = std::fs::read_link(&link).ok()?;
    opened(&link, &target)
}

/// An open file by the path it had, if that path still leads to it.
fn opened(link: &Path, target: &Path) -> Option<Place> {
    use std::os::unix::fs::MetadataExt;
    let (file, place) = (std::fs::metadata(link).ok()?, in_its_folder(target)?);
    let there = place.state()?;
    ((file.dev(), file.ino()) == (there.st_dev, there.st_ino)).then_some(place)
}

impl Place {
    /// The file there, not where a link leads.
    pub fn state(&self) -> Option<libc::stat> {
        let name = CString::new(self.name.as_bytes()).ok()?;
        let mut state = std::mem::MaybeUninit::<libc::stat>::uninit();
        let flags = libc::AT_SYMLINK_NOFOLLOW;
        // SAFETY: the name ends with a zero, and the kernel fills the state when it returns 0.
        let got = unsafe { libc::fstatat(self.folder.as_raw_fd(), name.as_ptr(), state.as_mut_ptr(), flags) };
        // SAFETY: as above.
        (got == 0).then(|| unsafe { state.assume_init() })
    }
}

/// The path in the supervisor's words.
fn absolute(thread: u32, at: Option<i32>, path: &OsStr) -> Option<PathBuf> {
    let bytes = path.as_bytes();
    if bytes.is_empty() {
        return None;
    }
    if bytes[0] == b'/' {
        let own = [
            (&b"/proc/self/"[..], format!("/proc/{thread}/")),
            (b"/proc/thread-self/", format!("/proc/{thread}/")),
            (b"/dev/fd/", format!("/proc/{thread}/fd/")),
        ];
        let found = own.into_iter().find_map(|(prefix, own)| Some((own, bytes.strip_prefix(prefix)?)));
        return Some(match found {
            Some((own, rest)) => PathBuf::from(OsString::from_vec([own.as_bytes(), rest].concat())),
            None => PathBuf::from(path),
        });
    }
    let base = match at {
        None | Some(libc::AT_FDCWD) => format!("/proc/{thread}/cwd"),
        Some(descriptor) => format!("/proc/{thread}/fd/{descriptor}"),
    };
    Some(Path::new(&base).join(path))
}

/// Opens the folder that a path lies in. The folder's true path comes from the open folder itself.
fn in_its_folder(path: &Path) -> Option<Place> {
    let (parent, name) = match path.file_name() {
        Some(name) => (path.parent()?, name),
        // `/`, or `..` at the end: a folder, which is not written to.
        None => return None,
    };
    let folder = open_folder(parent)?;
    let mut full = std::fs::read_link(format!("/proc/self/fd/{}", folder.as_raw_fd())).ok()?;
    full.push(name);
    Some(Place { folder, name: name.to_owned(), path: full })
}

/// Opens nothing: the descriptor only names the folder.
fn open_folder(path: &Path) -> Option<OwnedFd> {
    let path = CString::new(path.as_os_str().as_bytes()).ok()?;
    let flags = libc::O_PATH | libc::O_DIRECTORY | libc::O_CLOEXEC;
    // SAFETY: the path ends with a zero.
    let descriptor = unsafe { libc::open(path.as_ptr(), flags) };
    // SAFETY: the kernel just made it for us.
    (descriptor >= 0).then(|| unsafe { OwnedFd::from_raw_fd(descriptor) })
}

fn below(folder: &OwnedFd, name: &OsStr) -> PathBuf {
    let mut path = format!("/proc/self/fd/{}/", folder.as_raw_fd()).into_bytes();
    path.extend_from_slice(name.as_bytes());
    PathBuf::from(OsString::from_vec(path))
}

/// Keeps a file open for a test of descriptors.
#[cfg(test)]
fn held(path: &Path) -> std::fs::File {
    std::fs::File::options().write(true).create(true).truncate(false).open(path).expect("a file for the test")
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::symlink;

    fn resolved(path: &Path, follow: bool) -> Option<PathBuf> {
        place(std::process::id(), None, path.as_os_str(), follow).map(|place| place.path)
    }

    #[test]
    fn links_on_the_way_and_at_the_end_are_followed_where_the_call_does() {
        let folder = tempfile::tempdir().expect("a folder");
        let root = folder.path().canonicalize().expect("its path");
        std::fs::create_dir(root.join("real")).expect("a folder");
        symlink(root.join("real"), root.join("by")).expect("a link");
        symlink("real/made", root.join("end")).expect("a link");
        symlink("loop", root.join("loop")).expect("a link");
        assert_eq!(resolved(&root.join("by/./../by/new"), true), Some(root.join("real/new")));
        assert_eq!(resolved(&root.join("end"), true), Some(root.join("real/made")), "a link to nothing makes it");
        assert_eq!(resolved(&root.join("end"), false), Some(root.join("end")));
        assert_eq!(resolved(&root.join("loop"), true), None);
        assert_eq!(resolved(&root.join("gone/x"), true), None);
        assert_eq!(resolved(Path::new("/"), true), None);
        assert_eq!(resolved(&root.join("real/.."), true), None);
    }

    #[test]
    fn descriptors_of_the_process_are_its_own() {
        let folder = tempfile::tempdir().expect("a folder");
        let root = folder.path().canonicalize().expect("its path");
        let open = std::fs::File::open(&root).expect("a folder");
        let me = std::process::id();
        let by = |text: String| place(me, None, OsStr::new(&text), true).map(|place| place.path);
        for form in ["/proc/self/fd", "/proc/thread-self/fd", "/dev/fd"] {
            assert_eq!(by(format!("{form}/{}/new", open.as_raw_fd())), Some(root.join("new")), "{form}");
        }
        let relative = place(me, Some(open.as_raw_fd()), OsStr::new("a/../x"), true).map(|place| place.path);
        assert_eq!(relative, None, "there is no folder a");
        let relative = place(me, Some(open.as_raw_fd()), OsStr::new("x"), true).map(|place| place.path);
        assert_eq!(relative, Some(root.join("x")));

        let file = held(&root.join("file"));
        assert_eq!(by(format!("/proc/self/fd/{}", file.as_raw_fd())), Some(root.join("file")));
        assert_eq!(of_descriptor(me, file.as_raw_fd()).map(|place| place.path), Some(root.join("file")));
        std::fs::rename(root.join("file"), root.join("moved")).expect("renamed");
        held(&root.join("file"));
        assert_eq!(of_descriptor(me, file.as_raw_fd()).map(|place| place.path), Some(root.join("moved")));
        std::fs::remove_file(root.join("moved")).expect("removed");
        assert_eq!(of_descriptor(me, file.as_raw_fd()).map(|place| place.path), None);
    }
}
