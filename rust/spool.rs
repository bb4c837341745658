//! Hook events that found no daemon: files in order, bounded, taken in before live ones.

#![expect(clippy::disallowed_methods, reason = "Chorus's own spool")]

use crate::contract::{Hook, Json};
use crate::paths::Access;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// More events than this are not kept: the session file and the screen will tell the rest.
const MOST_EVENTS: usize = 2000;
/// A writer takes no longer.
const HALF_WRITTEN: Duration = Duration::from_secs(60);
/// Longer events are kept without their bulk.
const LONGEST_EVENT: usize = 256 * 1024;

/// Events that cannot be taken in are set aside, this many of the newest, to be looked at.
const MOST_BAD: usize = 20;

/// Keeps one event; `shorten` takes the bulk out of one that is too long. The file appears whole or not at all.
pub fn put(dir: &Path, hook: &Hook, shorten: impl FnOnce(&mut Json)) -> io::Result<()> {
    if list(dir).len() >= MOST_EVENTS {
        return Ok(());
    }
    let mut bytes = serde_json::to_vec(hook)?;
    if bytes.len() > LONGEST_EVENT {
        let mut short = hook.clone();
        shorten(&mut short.event);
        bytes = serde_json::to_vec(&short)?;
    }
    crate::paths::replace(&dir.join(format!("{:016}-{}.json", hook.at, hook.id)), &bytes, Access::Private)
}

/// The kept events, oldest first. Remove each with [`done`] once it is in the store.
pub fn list(dir: &Path) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(dir) else { return Vec::new() };
    let mut files: Vec<PathBuf> = entries
        .flatten()
        .map(|entry| entry.path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "json"))
        .collect();
    files.sort();
    files
}

/// Reads one event; nothing when the file is not one of ours.
///
/// # Errors
/// When nothing can be read now, so that the event has to wait.
pub fn read(path: &Path) -> io::Result<Option<Hook>> {
    match fs::read(path) {
        Ok(bytes) => Ok(serde_json::from_slice(&bytes).ok()),
        Err(error) if is_exhausted(&error) => Err(error),
        Err(_) => Ok(None),
    }
}

/// Whether the machine has none left of what opening or reading a file takes.
fn is_exhausted(error: &io::Error) -> bool {
    use rustix::io::Errno;
    let exhausted = [Errno::MFILE, Errno::NFILE, Errno::NOMEM, Errno::INTR];
    error.raw_os_error().is_some_and(|code| exhausted.contains(&Errno::from_raw_os_error(code)))
}

/// Sets one event aside that is not to be taken in again.
pub fn set_aside(path: &Path) {
    let (Some(dir), Some(name)) = (path.parent(), path.file_name()) else { return };
    let bad = dir.join("bad");
    let is_kept = fs::create_dir_all(&bad).is_ok() && fs::rename(path, bad.join(name)).is_ok();
    if !is_kept {
        done(path);
    }
    let aside = list(&bad);
    aside.iter().take(aside.len().saturating_sub(MOST_BAD)).for_each(|old| done(old));
}

/// Removes what a writer left half-written, which only a full disk or a kill does. For a daemon that starts.
pub fn sweep(dir: &Path) {
    let Ok(entries) = fs::read_dir(dir) else { return };
    let is_old = |entry: &fs::DirEntry| {
        let age = entry.metadata().and_then(|found| found.modified()).ok().and_then(|at| at.elapsed().ok());
        age.is_some_and(|age| age > HALF_WRITTEN)
    };
    let is_draft = |entry: &fs::DirEntry| entry.file_name().to_string_lossy().starts_with(crate::paths::UNFINISHED);
    entries.flatten().filter(|entry| is_draft(entry) && is_old(entry)).for_each(|entry| done(&entry.path()));
}

/// Forgets one event.
pub fn done(path: &Path) {
    let _ = fs::remove_file(path);
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn hook(at: i64, id: &str, event: serde_json::Value) -> Hook {
        Hook { id: id.into(), task: "t".into(), launch: "l".into(), at, wait: false, event, agent: None }
    }

    #[test]
    fn events_come_back_in_order_and_long_ones_without_their_bulk() {
        let dir = tempfile::tempdir().unwrap();
        let shorten = |event: &mut Json| event["bulk"] = json!(null);
        put(dir.path(), &hook(20, "b", json!({"name": "short"})), shorten).unwrap();
        let bulk = "x".repeat(LONGEST_EVENT);
        put(dir.path(), &hook(3, "a", json!({"name": "long", "bulk": bulk})), shorten).unwrap();
        let read: Vec<Hook> = list(dir.path()).iter().filter_map(|path| super::read(path).unwrap()).collect();
        assert_eq!(read.iter().map(|hook| hook.at).collect::<Vec<_>>(), [3, 20]);
        assert_eq!(read[0].event, json!({"name": "long", "bulk": null}));
        assert_eq!(read[1].event, json!({"name": "short"}));
        list(dir.path()).iter().for_each(|path| done(path));
        assert!(list(dir.path()).is_empty());
    }

    #[test]
    fn what_was_set_aside_is_bounded_and_half_written_files_go() {
        let dir = tempfile::tempdir().unwrap();
        for n in 0..MOST_BAD as i64 + 5 {
            put(dir.path(), &hook(n, "x", json!({})), |_| {}).unwrap();
        }
        list(dir.path()).iter().for_each(|path| set_aside(path));
        let bad = list(&dir.path().join("bad"));
        assert_eq!((list(dir.path()).len(), bad.len()), (0, MOST_BAD));
        assert_eq!(super::read(&bad[0]).unwrap().unwrap().at, 5, "the newest are kept");

        let half = |name: &str, age: u64| {
            let path = dir.path().join(name);
            let file = fs::File::create(&path).unwrap();
            file.set_modified(std::time::SystemTime::now() - Duration::from_secs(age)).unwrap();
            path
        };
        let (old, young, other) = (half(".chorus-a", 3600), half(".chorus-b", 0), half(".started", 3600));
        sweep(dir.path());
        assert_eq!([old, young, other].map(|path| path.exists()), [false, true, true]);
    }
}
