//! Files as they are committed and as they are on the disk, in a form in which the two can be compared.

mod tree;

pub use tree::{between, dirty, head, is_ignored};

use crate::attribution::{Content, FileKind, LIMIT, Version};
use crate::error::{Error, Result};
use crate::paths::{self, Beneath};
use crate::vcs::cleaned;
use crate::vcs::git::Git;
use parking_lot::Mutex;
use rustix::fs::FileType;
use sha2::{Digest, Sha256};
use std::collections::HashMap;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// Paths in one command line.
const AT_ONCE: usize = 500;

/// Bytes of files that are read together.
const MOST_AT_ONCE: usize = 16 * 1024 * 1024;

/// A file as it is committed.
#[derive(Clone, Debug)]
pub struct Committed {
    version: Version,
    /// Whether git gives it another form in the working tree than it has in the commit.
    converted: bool,
}

impl Committed {
    /// To compare with `now`: git takes a file without carriage returns for the same where it would write them.
    pub fn beside(self, now: &Version) -> Version {
        let Version { kind, content } = self.version;
        match (content, now.text()) {
            (Content::Text(bytes), Some(text)) if self.converted && !text.contains(&b'\r') => {
                let mut rest = bytes.iter().copied().peekable();
                let plain = std::iter::from_fn(|| {
                    let byte = rest.next()?;
                    Some(if byte == b'\r' { rest.next_if_eq(&b'\n').unwrap_or(byte) } else { byte })
                });
                Version::of(kind, plain.collect())
            }
            (content, _) => Version { kind, content },
        }
    }
}

/// Git in a working tree, whose paths are no patterns.
fn git(root: &Path) -> Git {
    Git::at(root).literal()
}

fn with_paths<'a>(words: &[&'a str], paths: &'a [String]) -> Vec<&'a str> {
    words.iter().copied().chain(paths.iter().map(String::as_str)).collect()
}

fn records(bytes: &[u8]) -> impl Iterator<Item = &[u8]> {
    bytes.split(|byte| *byte == 0).filter(|record| !record.is_empty())
}

/// The files as they are committed in `head`, in the form they have in the working tree (line endings, filters).
pub async fn at(root: &Path, head: Option<&str>, paths: &[String]) -> Result<HashMap<String, Committed>> {
    let mut found = HashMap::new();
    let Some(head) = head else { return Ok(found) };
    for chunk in paths.chunks(AT_ONCE) {
        let words = ["ls-tree", "-z", "-l", "--full-tree", head, "--"];
        let listed = git(root).bytes(&with_paths(&words, chunk)).await?;
        let (small, large): (Vec<Entry>, Vec<Entry>) =
            records(&listed).filter_map(entry).partition(|entry| entry.size <= LIMIT);
        for entry in large {
            let version = alone(root, &entry).await?;
            found.insert(entry.path, Committed { version, converted: false });
        }
        let mut rest = small;
        while !rest.is_empty() {
            let mut room = MOST_AT_ONCE;
            let fits = |entry: &&Entry| {
                let has_room = room > entry.size;
                room = room.saturating_sub(entry.size);
                has_room
            };
            let together = rest.iter().take_while(fits).count().max(1);
            let later = rest.split_off(together);
            found.extend(whole(root, rest).await?);
            rest = later;
        }
    }
    Ok(found)
}

/// A file in a commit.
struct Entry {
    kind: FileKind,
    object: String,
    /// Bytes, before git gives it the form it has in the working tree.
    size: usize,
    path: String,
}

/// Files that are read as a whole. A filter may make much of little, so what is too long together is read in pieces.
async fn whole(root: &Path, entries: Vec<Entry>) -> Result<Vec<(String, Committed)>> {
    let (broken, entries): (Vec<Entry>, Vec<Entry>) =
        entries.into_iter().partition(|entry| BROKEN.lock().contains(root, entry));
    let mut found: Vec<(String, Committed)> = broken.into_iter().map(Entry::unreadable).collect();
    if let Ok(read) = contents(root, &entries).await {
        let version = |(entry, (bytes, converted)): (Entry, (Vec<u8>, bool))| {
            (entry.path, Committed { version: Version::of(entry.kind, bytes), converted })
        };
        let versions = move || entries.into_iter().zip(read).map(version).collect::<Vec<_>>();
        found.extend(tokio::task::spawn_blocking(versions).await.map_err(Error::internal)?);
        return Ok(found);
    }
    for entry in entries {
        let version = alone(root, &entry).await?;
        found.push((entry.path, Committed { version, converted: true }));
    }
    Ok(found)
}

/// How long a file whose filter failed is not filtered again: each try may cost what a download waits in vain.
const PATIENCE: Duration = Duration::from_secs(600);

/// Files whose filter failed, and when.
#[derive(Default)]
struct BrokenFiles(Vec<(PathBuf, String, String, Instant)>);

static BROKEN: Mutex<BrokenFiles> = Mutex::new(BrokenFiles(Vec::new()));

impl BrokenFiles {
    fn contains(&mut self, root: &Path, entry: &Entry) -> bool {
        self.0.retain(|(.., at)| at.elapsed() < PATIENCE);
        self.0.iter().any(|(at, object, path, _)| at == root && *object == entry.object && *path == entry.path)
    }
}

impl Entry {
    /// As a file that equals nothing on the disk: what it is there only its filter could say.
    fn unreadable(self) -> (String, Committed) {
        let version = self.opaque();
        (self.path, Committed { version, converted: false })
    }

    fn opaque(&self) -> Version {
        Version { kind: self.kind, content: Content::Opaque { hash: format!("object {}", self.object) } }
    }
}

/// One file. Where its filter fails or does not answer (as that of large files which are not fetched), nothing is known of
/// it alone.
async fn alone(root: &Path, entry: &Entry) -> Result<Version> {
    if BROKEN.lock().contains(root, entry) {
        return Ok(entry.opaque());
    }
    let error = match streamed(root, entry).await {
        Ok(version) => return Ok(version),
        Err(error) => error,
    };
    // What git can read and has a filter for: it is the filter, not the repository.
    let is_filtered = !cleaned::filtered(root, &[&entry.path]).await?.is_empty();
    if !is_filtered || !git(root).succeeds(&["cat-file", "-e", &entry.object]).await? {
        return Err(error);
    }
    log::warn!("{} cannot be compared with its commit: {error}", entry.path);
    BROKEN.lock().0.push((root.to_owned(), entry.object.clone(), entry.path.clone(), Instant::now()));
    Ok(entry.opaque())
}

/// A file of any length, of which no more than [`LIMIT`] is ever held.
async fn streamed(root: &Path, entry: &Entry) -> Result<Version> {
    let (mut bytes, mut hash) = (Vec::new(), None::<Sha256>);
    let take = |piece: &[u8]| {
        match &mut hash {
            Some(hash) => hash.update(piece),
            None => bytes.extend_from_slice(piece),
        }
        if bytes.len() > LIMIT {
            hash = Some(Sha256::new_with_prefix(std::mem::take(&mut bytes)));
        }
        Ok(())
    };
    git(root).each(&["cat-file", "--filters", &format!("--path={}", entry.path), &entry.object], take).await?;
    Ok(match hash {
        Some(hash) => Version { kind: entry.kind, content: Content::Opaque { hash: format!("{:x}", hash.finalize()) } },
        None => Version::of(entry.kind, bytes),
    })
}

/// `MODE blob OID SIZE\tPATH`, the size padded.
fn entry(record: &[u8]) -> Option<Entry> {
    let (fields, path) = std::str::from_utf8(record).ok()?.split_once('\t')?;
    let mut fields = fields.split_whitespace();
    let kind = match fields.next()? {
        "100644" | "100664" => FileKind::File,
        "100755" => FileKind::Executable,
        "120000" => FileKind::Symlink,
        _ => return None,
    };
    let object = fields.nth(1)?.to_owned();
    Some(Entry { kind, object, size: fields.next()?.parse().ok()?, path: path.to_owned() })
}

/// Each content, and whether it was converted. `cat-file --filters` tells the size before that, so each content is
/// followed by a name that no object has.
async fn contents(root: &Path, entries: &[Entry]) -> Result<Vec<(Vec<u8>, bool)>> {
    if entries.iter().any(|entry| entry.path.contains('\n')) {
        let mut all = Vec::new();
        for Entry { object, path, .. } in entries {
            let one = git(root).bytes(&["cat-file", "--filters", &format!("--path={path}"), object]).await?;
            all.push((one, true));
        }
        return Ok(all);
    }
    if entries.is_empty() {
        return Ok(Vec::new());
    }
    let end = format!("end-{}", uuid::Uuid::new_v4());
    let asked: String =
        entries.iter().map(|Entry { object, path, .. }| format!("{object} {path}\n{end} x\n")).collect();
    let output = git(root).feed(&["cat-file", "--batch", "--filters"], asked.into_bytes()).await?;
    let end = format!("\n{end} missing\n").into_bytes();
    let count = entries.len();
    tokio::task::spawn_blocking(move || split(&output, count, &end)).await.map_err(Error::internal)?
}

/// The answers of `cat-file --batch`, each followed by `end`.
fn split(output: &[u8], count: usize, end: &[u8]) -> Result<Vec<(Vec<u8>, bool)>> {
    let mut rest = output;
    let mut all = Vec::new();
    for _ in 0..count {
        let header = rest.iter().position(|byte| *byte == b'\n');
        let body = header.and_then(|header| rest.get(header + 1..));
        let (Some(header), Some(body)) = (header, body) else {
            return Err(Error::internal("cannot read what is committed: git answered something else"));
        };
        let size = rest[..header].rsplit(|byte| *byte == b' ').next().unwrap_or_default();
        let told = std::str::from_utf8(size).ok().and_then(|size| size.parse::<usize>().ok());
        // Where nothing was converted, the size says where the content ends.
        let as_told = told.filter(|size| body.get(*size..).is_some_and(|after| after.starts_with(end)));
        let length = as_told.or_else(|| body.windows(end.len()).position(|window| window == end));
        let Some(length) = length else {
            return Err(Error::internal("cannot read what is committed: git answered something else"));
        };
        all.push((body[..length].to_vec(), size != length.to_string().as_bytes()));
        rest = &body[length + end.len()..];
    }
    Ok(all)
}

/// The file as it is on the disk, below `root`. Blocks. What cannot be read counts as it is told: an error, not absence. A
/// path below a link is absent.
pub fn on_disk(root: &Path, path: &str) -> std::io::Result<Version> {
    let Some(place) = Beneath::find(root, path)? else { return Ok(Version::absent()) };
    let Some(facts) = place.facts()? else { return Ok(Version::absent()) };
    match FileType::from_raw_mode(facts.st_mode) {
        FileType::Symlink => return Ok(Version::of(FileKind::Symlink, place.target()?)),
        FileType::RegularFile => {}
        _ => return Ok(Version::absent()),
    }
    let kind = if facts.st_mode & 0o100 == 0 { FileKind::File } else { FileKind::Executable };
    let mut file = place.open()?;
    let mut bytes = Vec::new();
    file.by_ref().take(LIMIT as u64 + 1).read_to_end(&mut bytes)?;
    if bytes.len() <= LIMIT {
        return Ok(Version::of(kind, bytes));
    }
    let mut hash = Sha256::new_with_prefix(&bytes);
    std::io::copy(&mut file, &mut hash)?;
    Ok(Version { kind, content: Content::Opaque { hash: format!("{:x}", hash.finalize()) } })
}

/// A content as ledgers hold it.
pub fn version_of(content: &paths::Content) -> Version {
    match content {
        paths::Content::File { bytes, executable } => {
            Version::of(if *executable { FileKind::Executable } else { FileKind::File }, bytes.clone())
        }
        paths::Content::Link(target) => Version::of(FileKind::Symlink, target.clone()),
        paths::Content::Absent | paths::Content::Other => Version::absent(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    async fn run(root: &Path, args: &[&str]) {
        Git::at(root).as_chorus().change(args, Vec::new()).await.unwrap();
    }

    #[tokio::test]
    async fn the_same_file_in_git_and_on_the_disk() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path();
        run(root, &["init", "-q"]).await;
        run(root, &["config", "core.autocrlf", "true"]).await;
        assert_eq!(head(root).await.unwrap(), None);
        let big = "line\n".repeat(LIMIT / 4).replace('\n', "\r\n");
        let huge = [b"\0".as_slice(), &b"x\n".repeat(4 * LIMIT)].concat();
        let files: [(&str, &[u8]); 8] = [
            ("a b", b"x\r\ny"),
            (":c", b"1\r\n"),
            ("é\n2", b"2\r\n"),
            ("sub/*", b""),
            ("bin", b"\0\n"),
            ("big", big.as_bytes()),
            ("run", b"#!\r\n"),
            ("huge", &huge),
        ];
        std::fs::create_dir(root.join("sub")).unwrap();
        for (path, bytes) in files {
            std::fs::write(root.join(path), bytes).unwrap();
        }
        std::fs::set_permissions(root.join("run"), std::fs::Permissions::from_mode(0o755)).unwrap();
        std::os::unix::fs::symlink("no where", root.join("link")).unwrap();
        run(root, &["add", "-A"]).await;
        run(root, &["commit", "-qm", "m"]).await;
        let head = head(root).await.unwrap();
        let mut paths: Vec<String> = files.iter().map(|(path, _)| (*path).to_owned()).collect();
        paths.extend(["link".to_owned(), "sub/x".to_owned(), "sub".to_owned()]);
        let committed = at(root, head.as_deref(), &paths).await.unwrap();
        assert_eq!(committed.len(), 9);
        for (path, committed) in &committed {
            assert!(on_disk(root, path).unwrap() == committed.version, "{path:?}");
        }
        let plain = Version::of(FileKind::File, b"x\ny".to_vec());
        assert!(committed["a b"].clone().beside(&plain) == plain && committed["bin"].clone().beside(&plain) != plain);
        assert_eq!(dirty(root, &[]).await.unwrap(), Vec::<String>::new());
        assert_eq!(on_disk(root, "sub").unwrap(), Version::absent());
        let one = at(root, head.as_deref(), &paths[..1]).await.unwrap();
        assert!(one["a b"].version == committed["a b"].version);
    }

    #[tokio::test]
    async fn a_filter_that_fails_is_the_matter_of_its_file_alone() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path();
        run(root, &["init", "-q"]).await;
        std::fs::write(root.join(".gitattributes"), "*.big filter=far\n").unwrap();
        std::fs::write(root.join("a.big"), "pointer\n").unwrap();
        std::fs::write(root.join("huge.big"), "x\n".repeat(LIMIT)).unwrap();
        std::fs::write(root.join("b"), "text\n").unwrap();
        run(root, &["add", "-A"]).await;
        run(root, &["commit", "-qm", "m"]).await;
        let filter = "printf x >> asked; exit 1";
        run(root, &["config", "filter.far.smudge", filter]).await;
        run(root, &["config", "filter.far.required", "true"]).await;
        let head = head(root).await.unwrap();
        let paths = ["a.big", "huge.big", "b"].map(str::to_owned);
        let asked = || std::fs::read(root.join("asked")).unwrap_or_default().len();
        for again in [false, true] {
            let before = asked();
            let committed = at(root, head.as_deref(), &paths).await.unwrap();
            assert!(on_disk(root, "b").unwrap() == committed["b"].version);
            for path in ["a.big", "huge.big"] {
                assert!(on_disk(root, path).unwrap() != committed[path].version, "{path}");
            }
            assert_eq!(asked() == before, again, "it is not asked again at once");
        }
        // What git itself cannot read is still an error.
        std::fs::remove_dir_all(root.join(".git/objects")).unwrap();
        std::fs::create_dir_all(root.join(".git/objects")).unwrap();
        assert!(at(root, head.as_deref(), &paths).await.is_err());
    }
}
