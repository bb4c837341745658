//! Session files on disk. Only `<digits>.json` is ever opened: beside it lie `<pid>.<hash>.key` files, which are none of
//! our business.

use crate::foreign::fs;
use crate::process::{self, Identity};
use serde_json::Value;
use std::path::Path;

/// Bytes of a session file, at most; real ones have less than two thousand.
const MOST: u64 = 64 * 1024;

/// The processes of agents that run that conversation now, by the session files of one configuration folder.
/// A file that a killed agent left behind does not count.
pub fn running(config_dir: &Path, session_id: &str) -> Vec<u32> {
    let folder = config_dir.join("sessions");
    let runs = |pid: &u32| {
        let file = read(&folder.join(format!("{pid}.json"))).ok();
        let file: Option<Value> = file.and_then(|bytes| serde_json::from_slice(&bytes).ok());
        let field = |key: &str| file.as_ref()?.get(key)?.as_str();
        field("sessionId") == Some(session_id) && lives(*pid, field("procStart"))
    };
    pids(&folder).filter(runs).collect()
}

/// Elsewhere than on Linux the client words the start time in its own way.
fn lives(pid: u32, start: Option<&str>) -> bool {
    match start.filter(|_| cfg!(target_os = "linux")) {
        Some(start) => process::is_alive(&Identity { pid, start: start.to_owned() }),
        None => process::identity(pid).is_some(),
    }
}

/// The processes that have a session file there.
pub(super) fn pids(folder: &Path) -> impl Iterator<Item = u32> {
    fs::read_dir(folder).into_iter().flatten().flatten().filter_map(|entry| pid_of(&entry.path()))
}

/// `123.json`, and nothing that merely looks like it.
pub(super) fn pid_of(path: &Path) -> Option<u32> {
    let digits = path.file_name()?.to_str()?.strip_suffix(".json")?;
    digits.bytes().all(|byte| byte.is_ascii_digit()).then(|| digits.parse().ok())?
}

/// A file of bounded size, of those that the client writes or reads; a pipe or a link there is none of the client's.
pub(super) fn read(path: &Path) -> std::io::Result<Vec<u8>> {
    if !fs::symlink_metadata(path)?.is_file() {
        return Err(std::io::Error::other("not a file"));
    }
    crate::foreign::read(path, MOST)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_live_process_runs_a_session() {
        let root = tempfile::tempdir().unwrap();
        let folder = root.path().join("sessions");
        std::fs::create_dir(&folder).unwrap();
        let me = process::identity(std::process::id()).unwrap();
        let file = |id: &str, start: &str| format!(r#"{{"sessionId":"{id}","procStart":"{start}"}}"#);
        std::fs::write(folder.join(format!("{}.json", me.pid)), file("mine", &me.start)).unwrap();
        std::fs::write(folder.join("1.json"), file("stale", "no such start")).unwrap();
        assert_eq!(running(root.path(), "mine"), [me.pid]);
        assert!(running(root.path(), "other").is_empty());
        if cfg!(target_os = "linux") {
            assert!(running(root.path(), "stale").is_empty());
        }
    }
}
