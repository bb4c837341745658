//! Conversations on disk, `<config>/projects/<folder>/<session id>.jsonl`: where one lies, and whether it can be resumed.

use super::transcript::{head, is_of_user};
use crate::foreign::{self, fs};
use std::io::Read;
use std::path::{Path, PathBuf};

/// Bytes in which the first prompt is looked for.
const BEGINNING: u64 = 256 * 1024;

/// The file of that conversation, if it exists: where the client puts it for that folder, else wherever it is.
pub fn find(config_dir: &Path, folder: &Path, session_id: &str) -> Option<PathBuf> {
    // The id may come from a hook; it must not lead elsewhere.
    if session_id.is_empty() || !session_id.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-') {
        return None;
    }
    let projects = config_dir.join("projects");
    let name = format!("{session_id}.jsonl");
    let usual = projects.join(mangled(&folder.to_string_lossy())).join(&name);
    if fs::is_file(&usual) {
        return Some(usual);
    }
    // Long names are cut, and a conversation may have been begun in another folder.
    let folders = fs::read_dir(projects).ok()?.flatten();
    folders.map(|folder| folder.path().join(&name)).find(|path| fs::is_file(path))
}

/// What there is of a conversation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Conversation {
    /// Nothing: it had no prompt, or its process was killed before it had one.
    None,
    /// A file without a word in it, which a client leaves that had no prompt and was ended by `/exit`. The client
    /// refuses to resume it ("No conversation found") and to begin it ("already in use").
    Empty,
    /// It can be resumed.
    Begun,
}

/// What there is of that conversation, in `recorded`, the path that a hook told, or where [`find`] finds it.
pub fn conversation(recorded: Option<&Path>, config_dir: &Path, folder: &Path, session_id: &str) -> Conversation {
    let recorded = recorded.filter(|path| fs::is_file(path)).map(Path::to_owned);
    let Some(path) = recorded.or_else(|| find(config_dir, folder, session_id)) else { return Conversation::None };
    let mut beginning = Vec::new();
    let read = foreign::open(&path).and_then(|file| file.take(BEGINNING).read_to_end(&mut beginning));
    // A file of that size, or one that cannot be read now, is no empty one.
    if read.is_err() || beginning.len() as u64 == BEGINNING || beginning.split(|byte| *byte == b'\n').any(is_said) {
        return Conversation::Begun;
    }
    Conversation::Empty
}

/// Whether a line is a word of the person or the agent.
fn is_said(line: &[u8]) -> bool {
    let head = head(line);
    is_of_user(&head) || head.contains(r#""type":"assistant""#) || head.contains(r#""message":{"#)
}

/// A folder as the client names it: every UTF-16 unit but ASCII letters and digits becomes `-`.
fn mangled(folder: &str) -> String {
    let mangle = |c: char| if c.is_ascii_alphanumeric() { c.to_string() } else { "-".repeat(c.len_utf16()) };
    folder.chars().map(mangle).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_without_a_word_is_no_conversation() {
        let root = tempfile::tempdir().unwrap();
        let path = root.path().join("u.jsonl");
        let there = || conversation(Some(&path), Path::new("/nonexistent"), Path::new("/f"), "u");
        assert_eq!(there(), Conversation::None);
        let left = r#"{"type":"mode","mode":"normal","sessionId":"u"}"#;
        std::fs::write(&path, format!("{left}\n")).unwrap();
        assert_eq!(there(), Conversation::Empty);
        let prompt = r#"{"parentUuid":null,"isSidechain":false,"promptId":"p","type":"user"}"#;
        std::fs::write(&path, format!("{left}\n{prompt}\n")).unwrap();
        assert_eq!(there(), Conversation::Begun);
    }

    #[test]
    fn a_conversation_is_found_wherever_it_lies() {
        let root = tempfile::tempdir().unwrap();
        let folder = Path::new("/tmp/we ird_dir.x/é🎵");
        assert_eq!(mangled(&folder.to_string_lossy()), "-tmp-we-ird-dir-x----");
        assert_eq!(find(root.path(), folder, "u"), None);
        let elsewhere = root.path().join("projects/-other/u.jsonl");
        std::fs::create_dir_all(elsewhere.parent().unwrap()).unwrap();
        std::fs::write(&elsewhere, "").unwrap();
        assert_eq!(find(root.path(), folder, "u"), Some(elsewhere));
        let usual = root.path().join("projects/-tmp-we-ird-dir-x----/u.jsonl");
        std::fs::create_dir_all(usual.parent().unwrap()).unwrap();
        std::fs::write(&usual, "").unwrap();
        assert_eq!(find(root.path(), folder, "u"), Some(usual));
        assert_eq!(find(root.path(), folder, "../-other/u"), None);
    }
}
