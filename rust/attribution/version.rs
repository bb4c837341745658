//! A file as it was seen once.

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// Files above this many bytes have one owner as a whole.
pub const LIMIT: usize = 1 << 20;

/// What is at a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FileKind {
    /// Nothing.
    Absent,
    /// A file.
    File,
    /// A file with the executable bit.
    Executable,
    /// A symbolic link; its content is where it points.
    Symlink,
}

/// What is in a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Content {
    /// Lines, as bytes: line endings and a missing final newline are kept exactly.
    Text(Vec<u8>),
    /// More than [`LIMIT`] bytes, or holding a NUL.
    Opaque {
        /// SHA-256 in hexadecimal.
        hash: String,
    },
}

/// A file as it was seen once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Version {
    /// What it is.
    pub kind: FileKind,
    /// What is in it; empty where there is nothing.
    pub content: Content,
}

impl Version {
    /// No file.
    pub fn absent() -> Version {
        Version { kind: FileKind::Absent, content: Content::Text(Vec::new()) }
    }

    /// A file of these bytes, all of them.
    pub fn of(kind: FileKind, bytes: Vec<u8>) -> Version {
        let content = match bytes.len() > LIMIT || bytes.contains(&0) {
            true => Content::Opaque { hash: format!("{:x}", Sha256::digest(&bytes)) },
            false => Content::Text(bytes),
        };
        Version { kind, content }
    }

    /// The text whose lines have owners; nothing where the file has one owner as a whole.
    pub fn text(&self) -> Option<&[u8]> {
        match (self.kind, &self.content) {
            (FileKind::File | FileKind::Executable, Content::Text(bytes)) => Some(bytes),
            _ => None,
        }
    }

    /// The lines that have owners, each with its line ending; none where the file has one owner as a whole.
    pub fn lines(&self) -> Vec<&[u8]> {
        self.text().map(super::difference::lines).unwrap_or_default()
    }
}
