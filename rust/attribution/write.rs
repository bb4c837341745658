//! One write that the kernel reported: which task's processes are about to change which path of the project.
//!
//! A report comes before its change: the system call waits while it is reported. It says that a task's process opened,
//! renamed or removed the path, and not which bytes it wrote; a process may write to an opened file for as long as it
//! keeps it open.

use serde::{Deserialize, Serialize};

/// Nanoseconds since 1970, as file systems stamp their files.
pub type Nanos = i128;

/// What the system call does to the path.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WriteKind {
    /// Opens it for writing, creates or truncates it: a file, or a link.
    Opened,
    /// Puts another path's file here, or a second link to it. `from` is absent where that path is not in the project.
    /// The old path has a report of its own, [`WriteKind::Removed`], unless it stays.
    Renamed {
        /// Relative to the project.
        from: Option<String>,
    },
    /// Takes the path away.
    Removed,
    /// Changes its permissions.
    Mode,
}

/// A file as it was when a call on it was stopped, in `lstat(2)`'s words.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileState {
    /// The file system.
    pub dev: u64,
    /// Its number there.
    pub ino: u64,
    /// In bytes.
    pub size: u64,
    /// Kind and permissions.
    pub mode: u32,
    /// When its content was last written.
    pub mtime_ns: Nanos,
    /// When its content or its permissions last changed; nothing but a change sets it.
    pub ctime_ns: Nanos,
}

/// One report.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Write {
    /// Relative to the project, with links resolved but for the last name of a removal or a renaming. With `folder`
    /// everything below it counts too.
    pub path: String,
    /// What happens to it.
    pub kind: WriteKind,
    /// A folder is renamed or removed.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub folder: bool,
    /// The task's uuid.
    pub task: String,
    /// The process that asks.
    pub pid: u32,
    /// When the call was stopped.
    pub at: Nanos,
    /// The path as it was then; absent where there was nothing.
    pub before: Option<FileState>,
}

impl Write {
    /// Whether the report is about `path`, or about a folder it lies in.
    pub fn covers(&self, path: &str) -> bool {
        match path.strip_prefix(self.path.as_str()) {
            Some("") => true,
            Some(below) => self.folder && below.starts_with('/'),
            None => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_covers_what_lies_in_it_and_a_file_only_itself() {
        let write = |path: &str, folder| Write {
            path: path.into(),
            kind: WriteKind::Removed,
            folder,
            task: "t".into(),
            pid: 1,
            at: 0,
            before: None,
        };
        assert!(write("src", true).covers("src/a.rs") && write("src", true).covers("src"));
        assert!(!write("src", true).covers("src.rs") && !write("src", false).covers("src/a.rs"));
    }
}
