//! Reading what others name. A project, an agent or another person on the machine chooses what lies at such a path: a pipe
//! without a writer, a device, or a mount whose server is gone must not hold the daemon's one thread.
//!
//! Clippy refuses the calls of the standard library that do this (`.clippy.toml`), and a debug build logs where one of
//! this module is made on the loop's thread.

pub mod fs;

use parking_lot::Mutex;
use rustix::fs::OFlags;
use std::cell::Cell;
use std::collections::BTreeSet;
use std::fs::{File, OpenOptions};
use std::io::{Error, ErrorKind, Read, Result, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::panic::Location;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Weak};
use std::time::Duration;

/// Bytes of what is a line or a few, as git's own small files.
pub const FEW: u64 = 64 * 1024;
/// Bytes of what a person or a program writes as configuration.
pub const MANY: u64 = 4 * 1024 * 1024;

/// How long work on such paths may take. A disk that has to spin up takes a few seconds.
const LIMIT: Duration = Duration::from_secs(10);

thread_local! {
    static IS_LOOP: Cell<bool> = const { Cell::new(false) };
}

/// Says that this thread is the daemon's loop.
pub fn this_is_the_loop() {
    IS_LOOP.set(true);
}

/// Where a debug build finds out that the loop would wait for a path of others. Each place is told once, in the log.
#[track_caller]
pub fn beside_the_loop() {
    if cfg!(debug_assertions) && IS_LOOP.get() {
        let place = Location::caller();
        if TOLD.lock().insert(place) {
            log::error!("{place} waits on the daemon's loop for a path of others, which is for `foreign::within`");
        }
    }
}

/// The places that were told of.
static TOLD: Mutex<BTreeSet<&'static Location<'static>>> = Mutex::new(BTreeSet::new());

/// Opens a regular file to read.
///
/// # Errors
/// When there is none, or what is there is no regular file.
#[track_caller]
pub fn open(path: &Path) -> Result<File> {
    // Before it is opened: to open some devices does something.
    regular(&fs::metadata(path)?)?;
    open_with(File::options().read(true), path)
}

/// Opens a regular file in a way of the caller's, which may make it.
///
/// # Errors
/// As of the way, and when what is there is no regular file.
#[track_caller]
#[expect(clippy::disallowed_methods, reason = "the one place that makes this call")]
pub fn open_with(way: &mut OpenOptions, path: &Path) -> Result<File> {
    beside_the_loop();
    // To open a pipe or a leased file does not wait then.
    let flags = OFlags::NONBLOCK | OFlags::NOCTTY;
    #[allow(clippy::cast_possible_wrap, reason = "flags are bits")]
    let file = way.custom_flags(flags.bits() as i32).open(path)?;
    regular(&file.metadata()?)?;
    Ok(file)
}

/// Makes a file anew with these bytes, or replaces all that is in it.
///
/// # Errors
/// When what is there is no regular file, or it cannot be written.
#[track_caller]
pub fn write(path: impl AsRef<Path>, bytes: impl AsRef<[u8]>) -> Result<()> {
    open_with(File::options().write(true).create(true).truncate(true), path.as_ref())?.write_all(bytes.as_ref())
}

/// Copies a regular file, with who may read, write and run it.
///
/// # Errors
/// When one of the two is no regular file, or they cannot be read or written.
#[track_caller]
pub fn copy(from: &Path, to: &Path) -> Result<()> {
    let mut source = open(from)?;
    let mut target = open_with(File::options().write(true).create(true).truncate(true), to)?;
    std::io::copy(&mut source, &mut target)?;
    target.set_permissions(source.metadata()?.permissions())
}

fn regular(found: &std::fs::Metadata) -> Result<()> {
    match found.is_file() {
        true => Ok(()),
        false => Err(Error::new(ErrorKind::InvalidInput, "it is not a file")),
    }
}

/// What is in a regular file of at most `most` bytes.
///
/// # Errors
/// As of [`open`], and when it is larger.
#[track_caller]
pub fn read(path: &Path, most: u64) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    open(path)?.take(most.saturating_add(1)).read_to_end(&mut bytes)?;
    match bytes.len() as u64 > most {
        true => Err(Error::new(ErrorKind::FileTooLarge, format!("it is larger than {most} bytes"))),
        false => Ok(bytes),
    }
}

/// The text in a regular file of at most `most` bytes.
///
/// # Errors
/// As of [`read`], and when it is not UTF-8.
#[track_caller]
pub fn text(path: &Path, most: u64) -> Result<String> {
    String::from_utf8(read(path, most)?).map_err(|_| Error::new(ErrorKind::InvalidData, "it is not UTF-8"))
}

/// Works on `place` and what is below it, beside the daemon's one thread and for a limited time.
///
/// # Errors
/// When it takes longer than 10 s, at once where earlier work there has not come back yet, and when `work` panics.
pub async fn within<T: Send + 'static>(place: &Path, work: impl FnOnce() -> T + Send + 'static) -> Result<T> {
    limited(LIMIT, place, work).await
}

/// Asks one thing of one path, beside the daemon's one thread and for a limited time.
///
/// # Errors
/// As of [`within`].
pub async fn ask<T: Send + 'static>(
    path: impl Into<PathBuf>,
    look: impl FnOnce(PathBuf) -> T + Send + 'static,
) -> Result<T> {
    let path = path.into();
    let asked = path.clone();
    within(&path, move || look(asked)).await
}

/// Places where work has not come back, each with what that work holds until it does.
static HANGING: Mutex<Vec<(PathBuf, Weak<()>)>> = Mutex::new(Vec::new());

async fn limited<T: Send + 'static>(
    limit: Duration,
    place: &Path,
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T> {
    if hangs(place) {
        return Err(silent(place));
    }
    let under_way = Arc::new(());
    let seen = Arc::downgrade(&under_way);
    let working = tokio::task::spawn_blocking(move || {
        let found = work();
        drop(under_way);
        found
    });
    match tokio::time::timeout(limit, working).await {
        Ok(ended) => ended.map_err(Error::other),
        Err(_) => {
            HANGING.lock().push((place.to_owned(), seen));
            Err(silent(place))
        }
    }
}

/// Each call that does not return keeps a thread, of which there are not many.
fn hangs(place: &Path) -> bool {
    let mut hanging = HANGING.lock();
    hanging.retain(|(_, work)| work.strong_count() > 0);
    hanging.iter().any(|(at, _)| place.starts_with(at))
}

fn silent(place: &Path) -> Error {
    Error::new(ErrorKind::TimedOut, format!("the file system of {} does not answer", place.display()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::net::UnixListener;
    use std::sync::mpsc;

    #[test]
    fn only_a_regular_file_of_bounded_size_is_read() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        std::fs::write(at("file"), "12345").unwrap();
        assert_eq!(text(&at("file"), 5).unwrap(), "12345");
        assert_eq!(read(&at("file"), 4).unwrap_err().kind(), ErrorKind::FileTooLarge);
        std::os::unix::fs::symlink("file", at("link")).unwrap();
        assert_eq!(text(&at("link"), 5).unwrap(), "12345");
        std::fs::write(at("bytes"), b"\xff").unwrap();
        assert_eq!(text(&at("bytes"), 5).unwrap_err().kind(), ErrorKind::InvalidData);

        let made = std::process::Command::new("mkfifo").arg(at("pipe")).status().unwrap();
        assert!(made.success());
        std::os::unix::fs::symlink("pipe", at("to_pipe")).unwrap();
        std::fs::create_dir(at("folder")).unwrap();
        let _listens = UnixListener::bind(at("socket")).unwrap();
        let others = ["pipe", "to_pipe", "folder", "socket"].map(at).into_iter().chain([PathBuf::from("/dev/zero")]);
        for path in others {
            assert_eq!(read(&path, 5).unwrap_err().kind(), ErrorKind::InvalidInput, "{}", path.display());
        }
        assert_eq!(read(&at("none"), 5).unwrap_err().kind(), ErrorKind::NotFound);
    }

    #[test]
    fn nothing_is_written_into_what_is_no_file() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        write(at("file"), "1234").unwrap();
        write(at("file"), "56").unwrap();
        copy(&at("file"), &at("copy")).unwrap();
        assert_eq!(text(&at("copy"), 5).unwrap(), "56");

        let made = std::process::Command::new("mkfifo").arg(at("pipe")).status().unwrap();
        assert!(made.success());
        // Whether or not somebody reads it.
        assert!(write(at("pipe"), "x").is_err() && copy(&at("pipe"), &at("new")).is_err());
        let _reads = File::options().read(true).write(true).open(at("pipe")).unwrap();
        assert!(write(at("pipe"), "x").is_err() && copy(&at("file"), &at("pipe")).is_err());
        assert!(!at("new").exists());
    }

    #[tokio::test]
    async fn work_that_does_not_come_back_is_left_alone_and_not_repeated() {
        let soon = Duration::from_millis(5);
        let place = Path::new("/dead/mount");
        let (release, held) = mpsc::channel::<()>();
        let stuck = limited(soon, place, move || held.recv().is_ok()).await;
        assert_eq!(stuck.unwrap_err().kind(), ErrorKind::TimedOut);
        for below in ["/dead/mount", "/dead/mount/file"] {
            let again = within(Path::new(below), || unreachable!("it is not tried")).await;
            assert_eq!(again.unwrap_err().kind(), ErrorKind::TimedOut, "{below}");
        }
        assert_eq!(within(Path::new("/dead/other"), || 1).await.unwrap(), 1);
        release.send(()).unwrap();
        while hangs(place) {
            tokio::task::yield_now().await;
        }
        assert_eq!(within(place, || 2).await.unwrap(), 2);
    }
}
