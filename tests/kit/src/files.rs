//! Files that one process writes while another reads them: no reader may take a part for the whole.

use serde::de::DeserializeOwned;
use std::path::Path;

/// The complete lines of a file that another process appends to; none while there is no file.
///
/// # Panics
/// When a complete line is not UTF-8.
pub fn lines(path: &Path) -> Vec<String> {
    let bytes = std::fs::read(path).unwrap_or_default();
    let complete = bytes.iter().rposition(|byte| *byte == b'\n').map_or(0, |end| end + 1);
    let text = std::str::from_utf8(&bytes[..complete]).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    text.lines().map(str::to_owned).collect()
}

/// The complete lines of such a file, each a JSON value.
///
/// # Panics
/// When a complete line is not such a value.
pub fn json_lines<T: DeserializeOwned>(path: &Path) -> Vec<T> {
    let parse = |line: &String| {
        serde_json::from_str(line).unwrap_or_else(|error| panic!("{error} in {line:?} of {}", path.display()))
    };
    lines(path).iter().map(parse).collect()
}

/// A JSON file that another process writes over; nothing while it is missing or half written, so that the caller asks
/// again.
pub fn json<T: DeserializeOwned>(path: &Path) -> Option<T> {
    serde_json::from_slice(&std::fs::read(path).ok()?).ok()
}

/// Puts a file in its place in one step: a reader finds what was there before, or all of the new text. `draft` is a path
/// on the same file system that nobody else uses.
///
/// # Errors
/// When it cannot be written or moved.
pub fn replace(draft: &Path, path: &Path, text: &[u8]) -> std::io::Result<()> {
    std::fs::write(draft, text)?;
    if let Ok(present) = std::fs::metadata(path) {
        std::fs::set_permissions(draft, present.permissions())?;
    }
    std::fs::rename(draft, path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_counts_once_it_has_its_end() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("log");
        assert!(lines(&path).is_empty());
        std::fs::write(&path, "{\"a\":1}\n{\"a\"").unwrap();
        assert_eq!(lines(&path), ["{\"a\":1}"]);
        assert_eq!(json_lines::<serde_json::Value>(&path).len(), 1);
        std::fs::write(&path, "\u{e9}".as_bytes().split_at(1).0).unwrap();
        assert!(lines(&path).is_empty());
    }

    #[test]
    fn a_json_file_is_read_whole_or_not_at_all() {
        let folder = tempfile::tempdir().unwrap();
        let (draft, path) = (folder.path().join("draft"), folder.path().join("a.json"));
        assert_eq!(json::<serde_json::Value>(&path), None);
        std::fs::write(&path, "{\"a\":").unwrap();
        assert_eq!(json::<serde_json::Value>(&path), None);
        replace(&draft, &path, b"[1]").unwrap();
        assert_eq!(json::<Vec<u32>>(&path), Some(vec![1]));
        assert!(!draft.exists());
    }
}
