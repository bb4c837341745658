//! A path below a folder that leads through no link: what other people's links point to is neither read nor written.

use super::moves::is_unsupported;
use super::replace::UNFINISHED;
use crate::foreign::{beside_the_loop, fs};
use rustix::fs::{AtFlags, CWD, FileType, Mode, OFlags, RenameFlags, Stat};
use rustix::io::Errno;
use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::io::{Error, ErrorKind, Read, Result, Write};
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Component, Path, PathBuf};

/// How a folder on the way is opened: only to go on from there, where the system can.
#[cfg(target_os = "linux")]
const FOLDER: OFlags = OFlags::PATH.union(OFlags::DIRECTORY).union(OFlags::CLOEXEC);
#[cfg(not(target_os = "linux"))]
const FOLDER: OFlags = OFlags::DIRECTORY.union(OFlags::CLOEXEC);

/// A place in a folder that is open: renaming or replacing a folder above it changes nothing.
#[derive(Debug)]
pub struct Beneath {
    folder: OwnedFd,
    name: OsString,
    shown: PathBuf,
}

/// What is at a place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Content {
    /// Nothing.
    Absent,
    /// A file.
    File {
        /// All of it.
        bytes: Vec<u8>,
        /// Whether somebody may run it.
        executable: bool,
    },
    /// A link, and where it points.
    Link(Vec<u8>),
    /// Neither a file nor a link, or a file that is too large to be held in memory.
    Other,
}

/// Files larger than this are [`Content::Other`]: 64 MiB.
pub const LARGEST: u64 = 64 * 1024 * 1024;

impl Beneath {
    /// The place of `path` below `root`; nothing where a folder above it is missing or is no folder but a link, for
    /// then there is no such path.
    pub fn find(root: &Path, path: impl AsRef<Path>) -> Result<Option<Beneath>> {
        Beneath::walk(root, path.as_ref(), false)
    }

    /// The same with the missing folders made; an error that names the link or file where a folder should be.
    pub fn make(root: &Path, path: impl AsRef<Path>) -> Result<Beneath> {
        Beneath::walk(root, path.as_ref(), true)?.ok_or_else(|| Error::from(ErrorKind::NotFound))
    }

    fn walk(root: &Path, path: &Path, make: bool) -> Result<Option<Beneath>> {
        beside_the_loop();
        let mut names = Vec::new();
        for component in path.components() {
            match component {
                Component::Normal(name) => names.push(name),
                Component::CurDir => {}
                _ => return Err(Error::new(ErrorKind::InvalidInput, format!("{} leads elsewhere", path.display()))),
            }
        }
        let Some(name) = names.pop() else { return Err(Error::from(ErrorKind::InvalidInput)) };
        let mut folder = rustix::fs::openat(CWD, root, FOLDER, Mode::empty())?;
        let mut shown = PathBuf::new();
        for parent in names {
            shown.push(parent);
            if make {
                match rustix::fs::mkdirat(&folder, parent, Mode::from_raw_mode(0o777)) {
                    Ok(()) | Err(Errno::EXIST) => {}
                    Err(error) => return Err(error.into()),
                }
            }
            folder = match rustix::fs::openat(&folder, parent, FOLDER | OFlags::NOFOLLOW, Mode::empty()) {
                Ok(folder) => folder,
                Err(Errno::NOENT | Errno::NOTDIR | Errno::LOOP) if !make => return Ok(None),
                Err(Errno::NOTDIR | Errno::LOOP) => {
                    let why = format!("{} is a link or a file where a folder is needed: move it away", shown.display());
                    return Err(Error::new(ErrorKind::NotADirectory, why));
                }
                Err(error) => return Err(error.into()),
            };
        }
        Ok(Some(Beneath { folder, name: name.to_owned(), shown: path.to_owned() }))
    }

    /// The place of another name in the same folder, which is one component.
    pub fn neighbor(self, name: &str) -> Beneath {
        Beneath { shown: self.shown.with_file_name(name), name: name.into(), folder: self.folder }
    }

    /// What the file system says of it; nothing where there is nothing.
    pub fn facts(&self) -> Result<Option<Stat>> {
        match rustix::fs::statat(&self.folder, &self.name, AtFlags::SYMLINK_NOFOLLOW) {
            Ok(facts) => Ok(Some(facts)),
            Err(Errno::NOENT) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// The file, open to be read; one that is no regular file is an error, and never awaited.
    pub fn open(&self) -> Result<File> {
        let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
        let file = File::from(rustix::fs::openat(&self.folder, &self.name, flags, Mode::empty())?);
        if file.metadata()?.is_file() {
            return Ok(file);
        }
        Err(Error::new(ErrorKind::InvalidInput, format!("{} is no file", self.shown.display())))
    }

    /// Where the link there points.
    pub fn target(&self) -> Result<Vec<u8>> {
        let target = rustix::fs::readlinkat(&self.folder, &self.name, Vec::new())?;
        Ok(OsString::from_vec(target.into_bytes()).into_vec())
    }

    /// A file beside the place, to be written and then put there with [`Beneath::put`].
    pub fn begin(&self, executable: bool) -> Result<(Beneath, File)> {
        let beside = self.beside()?;
        let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let mode = Mode::from_raw_mode(if executable { 0o777 } else { 0o666 });
        let file = File::from(rustix::fs::openat(&beside.folder, &beside.name, flags, mode)?);
        Ok((beside, file))
    }

    /// Takes away a file that [`Beneath::begin`] made and that is not put anywhere.
    pub fn give_up(&self) {
        // Gone is as good.
        let _ = self.remove();
    }

    /// Puts a file of [`Beneath::begin`] in the place, or nothing, where that is as it was `seen`; false where something
    /// else is, which then stays. For files that are too large to be compared. Nothing of the file is left beside the place.
    ///
    /// # Errors
    /// Also where somebody wrote at that very moment and cannot have it back: the error names where it is.
    pub fn put(&self, new: Option<Beneath>, seen: Option<&Stat>) -> Result<bool> {
        match (new, seen) {
            (Some(new), None) => {
                let placed = new.rename_to_nothing(self);
                if !matches!(placed, Ok(true)) {
                    new.give_up();
                }
                placed
            }
            (None, None) => Ok(self.facts()?.is_none()),
            (new, Some(seen)) => self.replace(new.as_ref(), |taken_out| taken_out.is_still(seen)),
        }
    }

    /// Puts `new`, which is beside it, in the place of something, or nothing; false where what was there is not as
    /// `expected`, which then stays. Nothing of `new` is left, unless it is what was there by then.
    fn replace(&self, new: Option<&Beneath>, expected: impl Fn(&Beneath) -> Result<bool>) -> Result<bool> {
        if let Some(new) = new {
            match new.rename(self, RenameFlags::EXCHANGE) {
                Ok(()) => return self.settle(new, expected),
                Err(error) if is_unsupported(error) => {}
                Err(Errno::NOENT) => return new.remove().map(|()| false),
                Err(error) => {
                    new.give_up();
                    return Err(error.into());
                }
            }
        }
        let done = self.replace_by_steps(new, expected);
        if let Some(new) = new.filter(|_| !matches!(done, Ok(true))) {
            new.give_up();
        }
        done
    }

    /// Looks at what was taken out of the place in exchange: as expected it goes, else it is put back.
    fn settle(&self, taken_out: &Beneath, expected: impl Fn(&Beneath) -> Result<bool>) -> Result<bool> {
        let looked = expected(taken_out);
        if matches!(looked, Ok(true)) {
            return taken_out.remove().map(|()| true);
        }
        taken_out.rename(self, RenameFlags::EXCHANGE).map_err(|error| self.written_twice(taken_out, &error.into()))?;
        // Ours again, whose bytes the caller has.
        taken_out.remove()?;
        looked
    }

    /// The same where the file system cannot exchange, or nothing is to be put there.
    fn replace_by_steps(&self, new: Option<&Beneath>, expected: impl Fn(&Beneath) -> Result<bool>) -> Result<bool> {
        let aside = self.beside()?;
        if !self.rename_to_nothing(&aside)? {
            return Ok(false);
        }
        let looked = match expected(&aside) {
            Ok(true) => match new.map_or(Ok(true), |new| new.rename_to_nothing(self)) {
                // Where somebody was faster, theirs is in its place.
                Ok(placed) => return aside.remove().map(|()| placed),
                failed => failed,
            },
            looked => looked,
        };
        match aside.rename_to_nothing(self) {
            Ok(true) => looked,
            Ok(false) => Err(self.written_twice(&aside, &Error::from(ErrorKind::AlreadyExists))),
            Err(error) => Err(self.written_twice(&aside, &error)),
        }
    }

    fn written_twice(&self, first: &Beneath, why: &Error) -> Error {
        let (shown, name) = (self.shown.display(), first.name.to_string_lossy());
        Error::other(format!("{shown} was written twice at that moment: the first is in {name} beside it ({why})"))
    }

    /// Whether it is that very file, as long as it was. To move it changes the rest of what is known of it.
    fn is_still(&self, seen: &Stat) -> Result<bool> {
        let now = self.facts()?;
        Ok(now.is_some_and(|now| {
            (now.st_ino, now.st_size, now.st_mtime, now.st_mtime_nsec)
                == (seen.st_ino, seen.st_size, seen.st_mtime, seen.st_mtime_nsec)
        }))
    }

    /// What is there.
    pub fn content(&self) -> Result<Content> {
        let Some(facts) = self.facts()? else { return Ok(Content::Absent) };
        let found = match FileType::from_raw_mode(facts.st_mode) {
            FileType::Symlink => self.target().map(Content::Link),
            FileType::RegularFile if u64::try_from(facts.st_size).is_ok_and(|size| size <= LARGEST) => {
                let executable = facts.st_mode & 0o111 != 0;
                let mut bytes = Vec::new();
                let read = self.open().and_then(|file| file.take(LARGEST + 1).read_to_end(&mut bytes));
                read.map(|_| Content::File { bytes, executable })
            }
            _ => Ok(Content::Other),
        };
        match found {
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(Content::Absent),
            found => found,
        }
    }

    fn beside(&self) -> Result<Beneath> {
        let name = format!("{UNFINISHED}{}", uuid::Uuid::new_v4()).into();
        Ok(Beneath { folder: self.folder.try_clone()?, name, shown: self.shown.clone() })
    }

    fn remove(&self) -> Result<()> {
        Ok(rustix::fs::unlinkat(&self.folder, &self.name, AtFlags::empty())?)
    }

    fn rename(&self, to: &Beneath, flags: RenameFlags) -> rustix::io::Result<()> {
        rustix::fs::renameat_with(&self.folder, &self.name, &to.folder, &to.name, flags)
    }

    /// Moves it to where nothing is; false where something is.
    fn rename_to_nothing(&self, to: &Beneath) -> Result<bool> {
        match self.rename(to, RenameFlags::NOREPLACE) {
            Ok(()) => Ok(true),
            Err(Errno::EXIST) => Ok(false),
            Err(error) if is_unsupported(error) => {
                match rustix::fs::linkat(&self.folder, &self.name, &to.folder, &to.name, AtFlags::empty()) {
                    Ok(()) => self.remove().map(|()| true),
                    Err(Errno::EXIST) => Ok(false),
                    Err(error) => Err(error.into()),
                }
            }
            Err(error) => Err(error.into()),
        }
    }

    /// Makes it anew: the bytes are on the disk before this returns.
    fn create(&self, content: &Content, access: Option<u32>) -> Result<()> {
        match content {
            Content::File { bytes, executable } => {
                let usual = if *executable { 0o777 } else { 0o666 };
                let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
                let mode = Mode::from_raw_mode(usual);
                let mut file = File::from(rustix::fs::openat(&self.folder, &self.name, flags, mode)?);
                file.write_all(bytes)?;
                if let Some(bits) = access {
                    let bits = if *executable { bits | ((bits & 0o444) >> 2) } else { bits & !0o111 };
                    rustix::fs::fchmod(file.as_fd(), Mode::from_raw_mode(bits as _))?;
                }
                file.sync_all()
            }
            Content::Link(target) => Ok(rustix::fs::symlinkat(OsStr::from_bytes(target), &self.folder, &self.name)?),
            Content::Absent | Content::Other => Err(Error::from(ErrorKind::InvalidInput)),
        }
    }
}

/// Puts `new` in the place of `path` below `root`, in one step and only where `expected` is there; false where something
/// else is, which then stays. What somebody writes at that very moment is put back.
pub fn replace_expected(root: &Path, path: impl AsRef<Path>, expected: &Content, new: &Content) -> Result<bool> {
    let place = match new {
        Content::Absent => Beneath::find(root, path)?,
        _ => Some(Beneath::make(root, path)?),
    };
    let Some(place) = place else { return Ok(*expected == Content::Absent) };
    if place.content()? != *expected || *expected == Content::Other {
        return Ok(false);
    }
    if expected == new {
        return Ok(true);
    }
    let as_expected = |taken_out: &Beneath| Ok(taken_out.content()? == *expected);
    if *new == Content::Absent {
        return place.replace(None, as_expected);
    }
    let beside = place.beside()?;
    let access = place.facts()?.filter(|_| matches!(expected, Content::File { .. })).map(|facts| facts.st_mode);
    #[allow(clippy::useless_conversion, reason = "its width depends on the system")]
    let access = access.map(|mode| u32::from(mode) & 0o777);
    if let Err(error) = beside.create(new, access) {
        // Nothing of it stays, also where it was not made.
        beside.give_up();
        return Err(error);
    }
    match expected {
        Content::Absent => place.put(Some(beside), None),
        _ => place.replace(Some(&beside), as_expected),
    }
}

/// The link among the folders above a path, if there is one: what is below it is not in `root`.
pub fn link_above(root: &Path, path: &str) -> Option<String> {
    let parents = Path::new(path).ancestors().skip(1).filter(|parent| !parent.as_os_str().is_empty());
    let links = parents.filter(|parent| fs::symlink_metadata(root.join(parent)).is_ok_and(|facts| facts.is_symlink()));
    links.last().map(|link| link.to_string_lossy().into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(text: &str) -> Content {
        Content::File { bytes: text.as_bytes().to_vec(), executable: false }
    }

    fn at(root: &Path, path: &str) -> Content {
        Beneath::find(root, path).unwrap().map_or(Content::Absent, |place| place.content().unwrap())
    }

    fn names(folder: &Path) -> usize {
        std::fs::read_dir(folder).map_or(0, Iterator::count)
    }

    #[test]
    fn only_what_is_expected_is_replaced() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path();
        let contents = [Content::Absent, file("a"), file("b"), Content::Link(b"no where".to_vec())];
        for from in &contents {
            for to in &contents {
                for expected in &contents {
                    let now = at(root, "deep/x");
                    assert!(replace_expected(root, "deep/x", &now, from).unwrap());
                    let done = replace_expected(root, "deep/x", expected, to).unwrap();
                    assert_eq!((done, at(root, "deep/x")), (expected == from, if done { to } else { from }.clone()));
                    assert!(names(&root.join("deep")) <= 1, "nothing is left beside it");
                }
            }
        }
    }

    #[test]
    fn nothing_beyond_a_link_is_read_or_written() {
        let folder = tempfile::tempdir().unwrap();
        let (root, outside) = (folder.path().join("root"), folder.path().join("outside"));
        std::fs::create_dir_all(&root).unwrap();
        std::fs::create_dir_all(outside.join("deep")).unwrap();
        std::fs::write(outside.join("deep/a"), "secret").unwrap();
        std::os::unix::fs::symlink(&outside, root.join("docs")).unwrap();
        for path in ["docs/deep/a", "docs/b", "docs/deep/c/d"] {
            assert!(Beneath::find(&root, path).unwrap().is_none(), "{path}");
            assert!(replace_expected(&root, path, &Content::Absent, &Content::Absent).unwrap());
            let refused = replace_expected(&root, path, &Content::Absent, &file("x")).unwrap_err();
            assert!(refused.to_string().starts_with("docs is a link"), "{refused}");
            assert!(!replace_expected(&root, path, &file("secret"), &Content::Absent).unwrap());
            assert_eq!(link_above(&root, path).as_deref(), Some("docs"));
        }
        assert_eq!((names(&outside), names(&outside.join("deep"))), (1, 1));
        assert_eq!(at(&root, "docs"), Content::Link(outside.as_os_str().as_bytes().to_vec()));
        assert!(Beneath::find(&root, "../outside/deep/a").is_err() && Beneath::find(&root, "/etc/passwd").is_err());
    }

    #[test]
    fn a_file_that_cannot_be_compared_is_replaced_where_nobody_wrote_it() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path();
        std::fs::write(root.join("x"), "old").unwrap();
        let place = Beneath::find(root, "x").unwrap().unwrap();
        let seen = place.facts().unwrap().unwrap();
        let put = |text: &str, seen: Option<&Stat>| {
            let (beside, mut file) = place.begin(false).unwrap();
            file.write_all(text.as_bytes()).unwrap();
            let done = place.put(Some(beside), seen).unwrap();
            assert_eq!(names(root), 1);
            (done, std::fs::read_to_string(root.join("x")).unwrap())
        };
        assert_eq!(put("new", None), (false, "old".into()));
        assert_eq!(put("new", Some(&seen)), (true, "new".into()));
        std::fs::write(root.join("x"), "theirs").unwrap();
        assert_eq!(put("more", Some(&seen)), (false, "theirs".into()));
        assert!(!place.put(None, Some(&seen)).unwrap() && !place.put(None, None).unwrap());
        assert!(place.put(None, Some(&place.facts().unwrap().unwrap())).unwrap() && names(root) == 0);
        assert!(place.put(None, None).unwrap());
    }

    /// A way of putting a file in a place.
    type Way = fn(&Beneath, Option<&Beneath>, Expected) -> Result<bool>;
    type Expected<'a> = &'a dyn Fn(&Beneath) -> Result<bool>;
    const WAYS: [Way; 2] = [
        |place, new, expected| place.replace(new, expected),
        |place, new, expected| {
            let done = place.replace_by_steps(new, expected);
            new.filter(|_| !matches!(done, Ok(true))).inspect(|new| new.give_up());
            done
        },
    ];

    #[test]
    fn what_is_written_at_the_moment_of_the_exchange_is_put_back() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path();
        std::fs::write(root.join("x"), "theirs").unwrap();
        let place = Beneath::find(root, "x").unwrap().unwrap();
        let other: Expected = &|_| Ok(false);
        let unreadable: Expected = &|_| Err(Error::from(ErrorKind::PermissionDenied));
        for way in WAYS {
            for (expected, is_error) in [(other, false), (unreadable, true)] {
                let beside = place.beside().unwrap();
                beside.create(&file("ours"), None).unwrap();
                for new in [Some(&beside), None] {
                    let done = way(&place, new, expected);
                    assert!(if is_error { done.is_err() } else { !done.unwrap() });
                    assert_eq!((at(root, "x"), names(root)), (file("theirs"), 1));
                }
            }
        }
    }

    #[test]
    fn what_cannot_be_put_back_stays_beside_the_place_and_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path();
        let place = Beneath::find(root, "x").unwrap().unwrap();
        // In the meantime the writer takes its file away, or makes it anew.
        let gone = |_: &Beneath| std::fs::remove_file(root.join("x")).map(|()| false);
        let anew = |_: &Beneath| std::fs::write(root.join("x"), "second").map(|()| false);
        for (way, meanwhile, then) in [(WAYS[0], &gone as Expected, Content::Absent), (WAYS[1], &anew, file("second"))]
        {
            std::fs::write(root.join("x"), "theirs").unwrap();
            let (beside, mut new) = place.begin(false).unwrap();
            new.write_all(b"ours").unwrap();
            let error = way(&place, Some(&beside), meanwhile).unwrap_err().to_string();
            assert_eq!(at(root, "x"), then);
            let left = std::fs::read_dir(root).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
            let left: Vec<String> = left.filter(|name| name != "x").collect();
            assert!(left.len() == 1 && error.contains(&left[0]), "{error}: {left:?}");
            assert_eq!(at(root, &left[0]), file("theirs"));
            std::fs::remove_file(root.join(&left[0])).unwrap();
        }
    }

    #[test]
    fn permissions_stay_and_what_is_no_file_is_left_alone() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path();
        std::fs::write(root.join("x"), "a").unwrap();
        std::fs::set_permissions(root.join("x"), PermissionsExt::from_mode(0o640)).unwrap();
        let run = Content::File { bytes: b"b".to_vec(), executable: true };
        assert!(replace_expected(root, "x", &file("a"), &run).unwrap());
        assert_eq!(std::fs::metadata(root.join("x")).unwrap().permissions().mode() & 0o777, 0o750);
        std::fs::create_dir(root.join("dir")).unwrap();
        assert_eq!(at(root, "dir"), Content::Other);
        assert!(!replace_expected(root, "dir", &Content::Other, &Content::Absent).unwrap());
    }
}
