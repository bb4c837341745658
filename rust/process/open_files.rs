//! Which files a process has open for writing, as the kernel tells it.

#![expect(clippy::disallowed_methods, reason = "the kernel's own files")]

use std::collections::HashMap;
use std::path::{Path, PathBuf};

/// The bits of `O_WRONLY` and `O_RDWR`.
const WRITING: i32 = 0o3;

/// The files that some processes have open for writing; each process is looked at once.
#[derive(Debug, Default)]
pub struct OpenFiles {
    by_process: HashMap<u32, Vec<PathBuf>>,
}

impl OpenFiles {
    /// Whether the process has the file open for writing. A process of another user, one that has ended, and every process
    /// where there is no `/proc`, has nothing open.
    pub fn has(&mut self, pid: u32, file: &Path) -> bool {
        self.by_process.entry(pid).or_insert_with(|| written_by(pid)).iter().any(|open| open == file)
    }
}

/// Whether any process that may be looked at has the file open for writing.
pub fn is_written_by_any(file: &Path) -> bool {
    let Ok(file) = file.canonicalize() else { return false };
    let processes = std::fs::read_dir("/proc").into_iter().flatten().flatten();
    let pids = processes.filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok());
    let mut open = OpenFiles::default();
    pids.into_iter().any(|pid| open.has(pid, &file))
}

fn written_by(pid: u32) -> Vec<PathBuf> {
    let process = PathBuf::from(format!("/proc/{pid}"));
    let Ok(entries) = std::fs::read_dir(process.join("fd")) else { return Vec::new() };
    let names = entries.filter_map(|entry| Some(entry.ok()?.file_name()));
    let is_written = |about: &str| {
        let flags = about.lines().find_map(|line| line.strip_prefix("flags:"));
        flags.and_then(|flags| i32::from_str_radix(flags.trim(), 8).ok()).is_some_and(|flags| flags & WRITING != 0)
    };
    let open = |name: std::ffi::OsString| {
        let about = std::fs::read_to_string(process.join("fdinfo").join(&name)).ok()?;
        is_written(&about).then(|| std::fs::read_link(process.join("fd").join(&name)).ok())?
    };
    names.filter_map(open).collect()
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn a_file_counts_while_it_is_open_for_writing() {
        let folder = tempfile::tempdir().unwrap();
        let folder = folder.path().canonicalize().unwrap();
        let (read, written) = (folder.join("read"), folder.join("written"));
        std::fs::write(&read, "").unwrap();
        let _reads = std::fs::File::open(&read).unwrap();
        let writes = std::fs::File::create(&written).unwrap();
        let me = std::process::id();
        let mut open = OpenFiles::default();
        assert!(open.has(me, &written) && !open.has(me, &read) && !open.has(u32::MAX, &written));
        assert!(is_written_by_any(&written) && !is_written_by_any(&read));
        drop(writes);
        assert!(!is_written_by_any(&written));
        assert!(!OpenFiles::default().has(me, &written));
    }
}
