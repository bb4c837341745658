//! From stopped calls to reports about one project: what concerns nobody is left out.

use crate::attribution::{FileState, Nanos, Write, WriteKind};
use crate::process;
use chorus_write_trace::{self as trace, Stopped, Touch, TouchKind};
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// How long a folder counts as ignored after the daemon said so: what is ignored may change.
const IGNORED: Duration = Duration::from_secs(5);
/// More folders and files than these are not remembered.
const MOST_FOLDERS: usize = 200;
const MOST_FILES: usize = 500;

/// What is known of the project while reports are made.
pub struct Reports {
    root: PathBuf,
    /// A file that a program below the filter writes when it needs a daemon.
    request: PathBuf,
    requested: bool,
    ignored: HashMap<String, Instant>,
    /// Files about which the daemon was asked, as they were then.
    asked: HashMap<String, FileState>,
}

/// Nanoseconds since 1970.
pub fn now() -> Nanos {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_nanos() as Nanos)
}

impl Reports {
    /// For a project's folder, by its true path. A write to `request` asks for a daemon.
    pub fn of(root: String, request: &Path) -> Reports {
        let folder = request.parent().and_then(|folder| folder.canonicalize().ok());
        let request = folder.zip(request.file_name()).map(|(folder, name)| folder.join(name)).unwrap_or_default();
        Reports { root: root.into(), request, requested: false, ignored: HashMap::new(), asked: HashMap::new() }
    }

    /// Whether a daemon was asked for since this was last asked.
    pub fn wants_daemon(&mut self) -> bool {
        std::mem::take(&mut self.requested)
    }

    /// What the call is about to do to the project's files.
    pub fn of_call(&mut self, call: &Stopped, task: &str) -> Vec<Write> {
        let at = now();
        let touches = trace::touches(call);
        self.requested |= touches.iter().any(|touch| touch.path == self.request);
        let process = if touches.is_empty() { call.thread } else { process::of_thread(call.thread) };
        let write = |touch: Touch| self.write(touch, task, process, at);
        let writes: Vec<Write> = touches.into_iter().filter_map(write).collect();
        if writes.iter().any(|write| write.path.ends_with(".gitignore")) {
            self.ignored.clear();
        }
        writes
    }

    fn write(&self, touch: Touch, task: &str, pid: u32, at: Nanos) -> Option<Write> {
        let path = self.inside(&touch.path)?;
        if self.is_ignored(&path) {
            return None;
        }
        let kind = match touch.kind {
            TouchKind::Opened => WriteKind::Opened,
            TouchKind::Renamed { from } => WriteKind::Renamed { from: self.inside(&from) },
            TouchKind::Removed => WriteKind::Removed,
            TouchKind::Mode => WriteKind::Mode,
        };
        let before = touch.before.map(|state| FileState {
            dev: state.dev,
            ino: state.ino,
            size: state.size,
            mode: state.mode,
            mtime_ns: state.mtime_ns,
            ctime_ns: state.ctime_ns,
        });
        Some(Write { path, kind, folder: touch.folder, task: task.to_owned(), pid, at, before })
    }

    /// Relative to the project; nothing for what git never tracks: what lies outside or in a repository's own folder,
    /// and a name that is no text.
    fn inside(&self, path: &Path) -> Option<String> {
        let relative = path.strip_prefix(&self.root).ok()?;
        let is_gits = relative.components().any(|part| part.as_os_str() == ".git");
        let text = relative.to_str().filter(|text| !text.is_empty() && !is_gits)?;
        Some(text.to_owned())
    }

    fn is_ignored(&self, path: &str) -> bool {
        let is = |folder: &str| self.ignored.get(folder).is_some_and(|since| since.elapsed() < IGNORED);
        !self.ignored.is_empty() && path.match_indices('/').any(|(end, _)| is(&path[..end]))
    }

    /// Nothing in this folder concerns anybody, for a while.
    pub fn ignore(&mut self, folder: String) {
        if self.ignored.len() >= MOST_FOLDERS {
            self.ignored.clear();
        }
        self.ignored.insert(folder, Instant::now());
    }

    /// Whether the file is another than when the daemon was last asked about it; from now on it is that one.
    pub fn is_news(&mut self, path: &str, now: &FileState) -> bool {
        if self.asked.get(path) == Some(now) {
            return false;
        }
        if self.asked.len() >= MOST_FILES {
            self.asked.clear();
        }
        self.asked.insert(path.to_owned(), *now);
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn touch(path: &str) -> Touch {
        Touch { path: path.into(), kind: TouchKind::Opened, folder: false, before: None }
    }

    fn path_of(reports: &Reports, path: &str) -> Option<String> {
        reports.write(touch(path), "t", 1, 0).map(|write| write.path)
    }

    #[test]
    fn only_what_git_may_track_is_reported() {
        let mut reports = Reports::of("/p".into(), Path::new("/s/start"));
        assert_eq!(path_of(&reports, "/p/src/a.rs").as_deref(), Some("src/a.rs"));
        for outside in ["/p", "/pa", "/q/a", "/p/.git/index", "/p/.git", "/p/sub/.git/x"] {
            assert_eq!(path_of(&reports, outside), None, "{outside}");
        }
        assert_eq!(path_of(&reports, "/p/.github/x").as_deref(), Some(".github/x"));
        reports.ignore("target".into());
        assert_eq!(path_of(&reports, "/p/target/debug/x"), None);
        assert_eq!(path_of(&reports, "/p/targets").as_deref(), Some("targets"));
    }

    #[test]
    fn a_file_is_asked_about_once_as_long_as_it_stays_the_same() {
        let mut reports = Reports::of("/p".into(), Path::new("/s/start"));
        let state = FileState { dev: 1, ino: 1, size: 1, mode: 1, mtime_ns: 1, ctime_ns: 1 };
        assert!(reports.is_news("a", &state));
        assert!(!reports.is_news("a", &state));
        assert!(reports.is_news("a", &FileState { ctime_ns: 2, ..state }));
    }
}
