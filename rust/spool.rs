//! Hook events that found no daemon: files in order, bounded, taken in before live ones.

use crate::contract::{Hook, Json};
use crate::paths::Access;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// More events than this are not kept: the session file and the screen will tell the rest.
const MOST_EVENTS: usize = 2000;
/// Longer events are kept without their bulk.
const LONGEST_EVENT: usize = 256 * 1024;

/// Keeps one event; `shorten` takes the bulk out of one that is too long. The file appears whole or not at all.
pub fn put(dir: &Path, hook: &Hook, shorten: impl FnOnce(&mut Json)) -> io::Result<()> {
    if fs::read_dir(dir)?.count() >= MOST_EVENTS {
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
pub fn read(path: &Path) -> Option<Hook> {
    serde_json::from_slice(&fs::read(path).ok()?).ok()
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
        let read: Vec<Hook> = list(dir.path()).iter().filter_map(|path| super::read(path)).collect();
        assert_eq!(read.iter().map(|hook| hook.at).collect::<Vec<_>>(), [3, 20]);
        assert_eq!(read[0].event, json!({"name": "long", "bulk": null}));
        assert_eq!(read[1].event, json!({"name": "short"}));
        list(dir.path()).iter().for_each(|path| done(path));
        assert!(list(dir.path()).is_empty());
    }
}
