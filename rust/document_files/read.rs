//! Reading a document: its beginning for lists, or all of it.

use super::DocumentStat;
use crate::documents::{self, outline};
use crate::foreign;
use crate::paths::Beneath;
use std::io::{Error, ErrorKind, Read, Result};
use std::path::Path;

/// Bytes of a document whose text is read: 4 MiB. A larger file is listed by its beginning.
pub const MOST: u64 = foreign::MANY;

/// Bytes in which a title is looked for.
const HEAD: usize = 4096;

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

/// What tells that a file was written, and its title and description; no such words of a file that holds no text or may
/// not be read.
pub type HeadOfFile = (DocumentStat, outline::Head);

/// The heads of the files at `paths` in `root`; nothing of those that are no regular files. Files of one folder are read
/// fastest where their paths are neighbors.
pub fn heads(root: &Path, paths: &[&str]) -> Vec<Option<HeadOfFile>> {
    let cores = std::thread::available_parallelism().map_or(1, usize::from).min(MOST_THREADS);
    let of_each = paths.len().div_ceil(cores).max(OF_ONE_THREAD);
    if paths.len() <= of_each {
        return heads_in_turn(root, paths);
    }
    std::thread::scope(|scope| {
        let parts: Vec<_> =
            paths.chunks(of_each).map(|part| (part, scope.spawn(|| heads_in_turn(root, part)))).collect();
        let read = parts.into_iter().map(|(part, thread)| thread.join().unwrap_or_else(|_| without_heads(root, part)));
        read.flatten().collect()
    })
}

/// Of files whose reading panicked.
fn without_heads(root: &Path, paths: &[&str]) -> Vec<Option<HeadOfFile>> {
    paths.iter().map(|path| without_head(root, path)).collect()
}

fn without_head(root: &Path, path: &str) -> Option<HeadOfFile> {
    Some((DocumentStat::at(&root.join(path))?, outline::Head::default()))
}

fn heads_in_turn(root: &Path, paths: &[&str]) -> Vec<Option<HeadOfFile>> {
    let mut last: Option<(&str, Beneath)> = None;
    let read = paths.iter().map(|path| {
        let (folder, name) = path.rsplit_once('/').unwrap_or(("", path));
        let place = match last.take() {
            Some((of, place)) if of == folder => Some(place.neighbor(name)),
            _ => Beneath::find(root, path).ok().flatten(),
        };
        let head = place.as_ref().and_then(|place| head(place).ok()).or_else(|| without_head(root, path));
        last = place.map(|place| (folder, place));
        head
    });
    read.collect()
}

fn head(place: &Beneath) -> Result<HeadOfFile> {
    let mut file = place.open()?;
    let stat = DocumentStat::of(&file.metadata()?);
    let mut beginning = [0; HEAD];
    let mut length = 0;
    // A file is read to its known end: to find nothing behind it would cost as much as to read it.
    while length < HEAD && (length == 0 || (length as u64) < stat.size) {
        match file.read(&mut beginning[length..]) {
            Ok(0) | Err(_) => break,
            Ok(read) => length += read,
        }
    }
    let bytes = &beginning[..length];
    let is_text = !documents::is_binary(bytes);
    Ok((stat, if is_text { outline::head(&documents::text_of(bytes)) } else { outline::Head::default() }))
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

        let title = |name: &str| heads(root, &[name]).remove(0).and_then(|(_, head)| head.title).unwrap_or_default();
        let titles = ["bom.md", "latin.md", "picture.md", "large.md", "pipe.md", "link.md", "folder.md", "none.md"];
        assert_eq!(titles.map(title), ["T", "caf\u{fffd}", "", "", "", "", "", ""]);
        let is_file = |name: &&str| heads(root, &[*name])[0].is_some();
        assert_eq!(titles.iter().filter(|name| is_file(name)).count(), 4, "a pipe, a link and a folder are none");
        assert!(content(root, "latin.md").unwrap().text.starts_with("# caf"));
        for name in &titles[2..] {
            assert!(content(root, name).is_err(), "{name}");
        }
        for outside in ["../x.md", "/etc/hostname", "a/../../x.md"] {
            assert!(content(root, outside).is_err(), "{outside}");
        }
    }
}
