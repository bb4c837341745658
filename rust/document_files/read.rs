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

/// Files that are read by one thread before another is worth its start, and threads.
const OF_ONE_THREAD: usize = 500;
const MOST_THREADS: usize = 4;

/// Title and description of each of the files at `paths` in `root`; none of those that hold no text. Files of one folder
/// are read fastest where their paths are neighbors.
pub fn heads(root: &Path, paths: &[&str]) -> Vec<outline::Head> {
    let cores = std::thread::available_parallelism().map_or(1, usize::from).min(MOST_THREADS);
    let of_each = paths.len().div_ceil(cores).max(OF_ONE_THREAD);
    if paths.len() <= of_each {
        return heads_in_turn(root, paths);
    }
    std::thread::scope(|scope| {
        let parts: Vec<_> =
            paths.chunks(of_each).map(|part| (part, scope.spawn(|| heads_in_turn(root, part)))).collect();
        let read = parts.into_iter().map(|(part, thread)| thread.join().unwrap_or_else(|_| without_heads(part)));
        read.flatten().collect()
    })
}

/// Of files whose reading panicked.
fn without_heads(paths: &[&str]) -> Vec<outline::Head> {
    vec![outline::Head::default(); paths.len()]
}

fn heads_in_turn(root: &Path, paths: &[&str]) -> Vec<outline::Head> {
    let mut last: Option<(&str, Beneath)> = None;
    let read = paths.iter().map(|path| {
        let (folder, name) = path.rsplit_once('/').unwrap_or(("", path));
        let place = match last.take() {
            Some((of, place)) if of == folder => Some(place.neighbor(name)),
            _ => Beneath::find(root, path).ok().flatten(),
        };
        let head = place.as_ref().map(head).unwrap_or_default();
        last = place.map(|place| (folder, place));
        head
    });
    read.collect()
}

fn head(place: &Beneath) -> outline::Head {
    let read = || -> Result<Vec<u8>> {
        let mut bytes = Vec::with_capacity(HEAD as usize);
        place.open()?.take(HEAD).read_to_end(&mut bytes)?;
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

        let title = |name: &str| heads(root, &[name])[0].title.clone().unwrap_or_default();
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
