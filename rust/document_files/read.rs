//! Reading a document: its beginning for lists, or all of it.

use crate::documents::{self, outline};
use crate::foreign;
use crate::paths::Beneath;
use std::io::{Error, ErrorKind, Read, Result};
use std::path::Path;

/// Bytes of a document whose text is read: 4 MiB. A larger file is listed by its beginning.
pub const MOST: u64 = foreign::MANY;

/// Bytes in which a title is looked for.
const HEAD: u64 = 4096;

/// What is in a document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DocumentContent {
    /// Its version.
    pub version: String,
    /// Its text, with lines that end as they do in the file.
    pub text: String,
}

/// Title and description of the file at `path` in `root`; none where it holds no text.
pub fn head(root: &Path, path: &str) -> outline::Head {
    let read = || -> Result<Vec<u8>> {
        let mut bytes = Vec::with_capacity(HEAD as usize);
        open(root, path)?.take(HEAD).read_to_end(&mut bytes)?;
        Ok(bytes)
    };
    match read() {
        Ok(bytes) if !documents::is_binary(&bytes) => outline::head(&documents::text_of(&bytes)),
        _ => outline::Head::default(),
    }
}

/// All of it.
///
/// # Errors
/// When nothing is there, it is no regular file, lies behind a link, holds no text or more than [`MOST`] bytes.
pub fn content(root: &Path, path: &str) -> Result<DocumentContent> {
    let mut bytes = Vec::new();
    open(root, path)?.take(MOST + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > MOST {
        return Err(Error::new(ErrorKind::FileTooLarge, "it is larger than 4 MB"));
    }
    if documents::is_binary(&bytes) {
        return Err(Error::new(ErrorKind::InvalidData, "it is no text"));
    }
    Ok(DocumentContent { version: documents::version(&bytes), text: documents::text_of(&bytes) })
}

fn open(root: &Path, path: &str) -> Result<std::fs::File> {
    Beneath::find(root, path)?.ok_or_else(|| Error::from(ErrorKind::NotFound))?.open()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    #[test]
    fn whatever_lies_there_is_survived() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path();
        fs::write(root.join("bom.md"), b"\xef\xbb\xbf---\r\ntitle: T\r\n---\r\n").unwrap();
        fs::write(root.join("latin.md"), b"# caf\xe9\n").unwrap();
        fs::write(root.join("picture.md"), b"# no\0title").unwrap();
        let large = fs::File::create(root.join("large.md")).unwrap();
        large.set_len(100 * 1024 * 1024).unwrap();
        assert!(std::process::Command::new("mkfifo").arg(root.join("pipe.md")).status().unwrap().success());
        std::os::unix::fs::symlink("bom.md", root.join("link.md")).unwrap();
        fs::create_dir(root.join("folder.md")).unwrap();

        let title = |name: &str| head(root, name).title.unwrap_or_default();
        let titles = ["bom.md", "latin.md", "picture.md", "large.md", "pipe.md", "link.md", "folder.md", "none.md"];
        assert_eq!(titles.map(title), ["T", "caf\u{fffd}", "", "", "", "", "", ""]);
        assert!(content(root, "latin.md").unwrap().text.starts_with("# caf"));
        for name in &titles[2..] {
            assert!(content(root, name).is_err(), "{name}");
        }
        for outside in ["../x.md", "/etc/hostname", "a/../../x.md"] {
            assert!(content(root, outside).is_err(), "{outside}");
        }
    }
}
