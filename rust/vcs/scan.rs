//! A scan of a working tree: which files differ from the scan before, by what the file system says of them alone.

use crate::attribution::FileState;
use crate::error::Result;
use crate::foreign::fs;
use crate::paths::is_unfinished;
use crate::vcs::git::Git;
use ignore::{WalkBuilder, WalkState};
use std::collections::HashMap;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::sync::mpsc;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// How long a scan may take.
pub const LIMIT: Duration = Duration::from_millis(300);

/// A file written this close to a scan (file systems stamp as coarsely) may be written again without a trace.
pub const GRAIN: i128 = 10_000_000;

/// What the file system says of one file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FileStat {
    modified: i128,
    /// Any write or change of mode moves it to the present; nothing else can set it.
    changed: i128,
    size: u64,
    inode: u64,
    mode: u32,
}

/// Every file that git would track, as it was at one moment. Links are themselves; nested repositories are not entered.
/// Files whose path is not UTF-8 are left out: they are never claimed.
#[derive(Clone, Debug, Default)]
pub struct Scan {
    began: i128,
    files: HashMap<Box<str>, FileStat>,
}

/// It took too long, and says nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cut;

impl FileStat {
    /// Of the file itself, not of where a link points; nothing where there is no file.
    pub fn of(path: &Path) -> Option<FileStat> {
        fs::symlink_metadata(path).ok().filter(|metadata| !metadata.is_dir()).map(|metadata| FileStat::from(&metadata))
    }
}

impl FileStat {
    /// Of a path below `root`: one below a link is not there.
    pub fn beneath(root: &Path, path: &str) -> Option<FileStat> {
        let is_there = crate::paths::Beneath::find(root, path).is_ok_and(|place| place.is_some());
        is_there.then(|| FileStat::of(&root.join(path))).flatten()
    }

    /// When its content or its mode was changed, in nanoseconds since 1970.
    pub fn changed(&self) -> i128 {
        self.changed
    }

    /// Whether it is the same state of the same file.
    pub fn is(&self, other: &FileState) -> bool {
        let FileState { ino, size, mode, mtime_ns, ctime_ns, .. } = *other;
        (self.inode, self.size, self.mode, self.modified, self.changed) == (ino, size, mode, mtime_ns, ctime_ns)
    }
}

impl From<&std::fs::Metadata> for FileStat {
    fn from(metadata: &std::fs::Metadata) -> FileStat {
        let nanos = |seconds: i64, nanos: i64| i128::from(seconds) * 1_000_000_000 + i128::from(nanos);
        FileStat {
            modified: nanos(metadata.mtime(), metadata.mtime_nsec()),
            changed: nanos(metadata.ctime(), metadata.ctime_nsec()),
            size: metadata.size(),
            inode: metadata.ino(),
            mode: metadata.mode(),
        }
    }
}

impl Scan {
    /// Scans `root`, a repository's working tree; `beside` are paths in it that git tracks although it ignores them
    /// ([`tracked_though_ignored`]). Blocks for at most about `limit`.
    pub fn at(root: &Path, beside: &[String], limit: Duration) -> std::result::Result<Scan, Cut> {
        let end = Instant::now() + limit;
        let began = now();
        let (send, received) = mpsc::channel();
        walker(root).run(|| {
            let send = send.clone();
            Box::new(move |entry| {
                if Instant::now() > end {
                    let _ = send.send(None);
                    return WalkState::Quit;
                }
                // What cannot be read now, or is gone again, is not there.
                if let Ok(entry) = entry
                    && entry.file_type().is_some_and(|kind| kind.is_file() || kind.is_symlink())
                    && let Ok(metadata) = entry.metadata()
                {
                    let _ = send.send(Some((entry.into_path(), FileStat::from(&metadata))));
                }
                WalkState::Continue
            })
        });
        drop(send);
        let mut scan = Scan { began, ..Scan::default() };
        for found in received {
            let (path, stat) = found.ok_or(Cut)?;
            if let Some(path) = path.strip_prefix(root).ok().and_then(Path::to_str) {
                scan.files.insert(path.into(), stat);
            }
        }
        for path in beside {
            if let Some(stat) = FileStat::beneath(root, path) {
                scan.files.insert(path.as_str().into(), stat);
            }
        }
        if Instant::now() > end { Err(Cut) } else { Ok(scan) }
    }

    /// Paths that are new, different or gone since `before`, sorted, and those that were written too close to `before`
    /// to tell.
    pub fn since(&self, before: &Scan) -> Vec<String> {
        let here = self.files.iter().filter(|(path, stat)| !before.knows(path, Some(**stat)));
        let gone = before.files.keys().filter(|path| !self.files.contains_key(*path));
        let mut paths: Vec<String> = here.map(|(path, _)| path).chain(gone).map(|path| path.to_string()).collect();
        paths.sort();
        paths
    }

    /// Whether the file, as it is now, is surely as it was.
    pub fn knows(&self, path: &str, now: Option<FileStat>) -> bool {
        self.files.get(path).copied() == now && now.is_none_or(|stat| stat.changed <= self.began - GRAIN)
    }

    /// When it began, in nanoseconds since 1970.
    pub fn began(&self) -> i128 {
        self.began
    }

    /// Whether the file was as it is `now`.
    pub fn is_still(&self, path: &str, now: Option<&FileState>) -> bool {
        match (self.files.get(path), now) {
            (Some(stat), Some(now)) => stat.is(now),
            (None, None) => true,
            _ => false,
        }
    }

    /// Files that were moved since `before`, each with the path where it was: it is the same file there.
    pub fn moves_since(&self, before: &Scan) -> HashMap<String, String> {
        let gone = before.files.iter().filter(|(path, _)| !self.files.contains_key(*path));
        let gone: HashMap<u64, (&str, &FileStat)> = gone.map(|(path, stat)| (stat.inode, (&**path, stat))).collect();
        let mut moves = HashMap::new();
        for (path, stat) in self.files.iter().filter(|_| !gone.is_empty()) {
            if let Some((from, was)) = gone.get(&stat.inode)
                && (stat.size, stat.modified) == (was.size, was.modified)
            {
                moves.insert(path.to_string(), (*from).to_owned());
            }
        }
        moves
    }

    /// As it was.
    pub fn stat(&self, path: &str) -> Option<FileStat> {
        self.files.get(path).copied()
    }

    /// Whether it was there.
    pub fn has(&self, path: &str) -> bool {
        self.files.contains_key(path)
    }

    /// One file was checked by itself, and was so. The next scan checks it again, once.
    pub fn note(&mut self, path: &str, stat: Option<FileStat>) {
        match stat {
            Some(stat) => _ = self.files.insert(path.into(), stat),
            None => _ = self.files.remove(path),
        }
    }
}

/// Nanoseconds since 1970.
fn now() -> i128 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_nanos() as i128)
}

/// Everything that git does not ignore, by git's rules only, in two threads.
fn walker(root: &Path) -> ignore::WalkParallel {
    let mut walk = WalkBuilder::new(root);
    walk.standard_filters(false).git_ignore(true).git_exclude(true).git_global(true).threads(2);
    walk.filter_entry(|entry| {
        entry.file_name() != ".git"
            && !is_unfinished(entry.file_name())
            && (entry.depth() == 0
                || entry.file_type().is_none_or(|kind| !kind.is_dir())
                || fs::symlink_metadata(entry.path().join(".git")).is_err())
    });
    walk.build_parallel()
}

/// Paths in `root` that git tracks although they are ignored.
pub async fn tracked_though_ignored(root: &Path) -> Result<Vec<String>> {
    let listed = Git::at(root).bytes(&["ls-files", "-ciz", "--exclude-standard"]).await?;
    let paths = listed.split(|byte| *byte == 0).filter(|path| !path.is_empty());
    Ok(paths.filter_map(|path| String::from_utf8(path.to_vec()).ok()).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;
    use std::process::Command;

    fn git(root: &Path, args: &[&str]) {
        let output = Command::new("git").current_dir(root).args(args).output().unwrap();
        assert!(output.status.success(), "git {args:?}: {}", String::from_utf8_lossy(&output.stderr));
    }

    fn write(root: &Path, files: &[&str]) {
        for file in files {
            let path = root.join(file);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, "x\n").unwrap();
        }
    }

    fn scan(root: &Path) -> Scan {
        Scan::at(root, &[], Duration::from_secs(10)).unwrap()
    }

    /// A scan far enough from what was written before it.
    fn later(mut scan: Scan) -> Scan {
        scan.began += 1_000_000_000;
        scan
    }

    #[test]
    fn it_sees_what_git_would() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path();
        git(root, &["init", "-q"]);
        fs::write(root.join(".gitignore"), "*.log\n/build/\n!keep.log\n").unwrap();
        fs::write(root.join(".git/info/exclude"), "private\n").unwrap();
        fs::write(root.join(".ignore"), "a b\n").unwrap();
        write(
            root,
            &["a b", "c:d", "é/ü", ".hidden", "x.log", "keep.log", "build/out", "private", "sub/x.log", "sub/y"],
        );
        write(root, &["nested/in", "module/in"]);
        git(&root.join("nested"), &["init", "-q"]);
        fs::write(root.join("module/.git"), "gitdir: elsewhere\n").unwrap();
        write(root, &[&format!("sub/.chorus-{}", uuid::Uuid::nil())]);
        std::os::unix::fs::symlink("nowhere", root.join("link")).unwrap();
        std::os::unix::fs::symlink("sub", root.join("folder link")).unwrap();
        let scan = Scan::at(root, &["x.log".into(), "gone".into()], Duration::from_secs(10)).unwrap();
        let mut seen: Vec<&str> = scan.files.keys().map(|path| &**path).collect();
        seen.sort_unstable();
        let expected = [".gitignore", ".hidden", ".ignore", "a b", "c:d", "folder link", "keep.log", "link", "sub/y"];
        assert_eq!(seen, [&expected[..], &["x.log", "é/ü"]].concat());
    }

    #[test]
    fn what_changed_is_told_and_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path();
        git(root, &["init", "-q"]);
        write(root, &["same", "changed", "gone", "mode", "replaced"]);
        let before = later(scan(root));
        assert_eq!(scan(root).since(&before), Vec::<String>::new());
        fs::write(root.join("changed"), "y\n").unwrap();
        fs::remove_file(root.join("gone")).unwrap();
        fs::set_permissions(root.join("mode"), std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
        write(root, &["other", "new"]);
        fs::rename(root.join("other"), root.join("replaced")).unwrap();
        assert_eq!(scan(root).since(&before), ["changed", "gone", "mode", "new", "replaced"]);
    }

    #[test]
    fn a_file_written_at_the_moment_of_a_scan_is_checked_again() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path();
        git(root, &["init", "-q"]);
        write(root, &["a"]);
        let stat = FileStat::of(&root.join("a"));
        let mut before = scan(root);
        before.began = stat.unwrap().changed + GRAIN / 2;
        assert_eq!(scan(root).since(&before), ["a"], "it may be written again within the same tick");
        before.began += GRAIN;
        assert!(scan(root).since(&before).is_empty());
        before.note("a", None);
        assert_eq!(scan(root).since(&before), ["a"]);
        before.note("a", stat);
        assert!(scan(root).since(&before).is_empty() && before.knows("a", stat) && before.has("a"));
    }

    #[test]
    fn a_scan_that_takes_too_long_says_nothing() {
        let folder = tempfile::tempdir().unwrap();
        write(folder.path(), &["a"]);
        assert!(matches!(Scan::at(folder.path(), &[], Duration::ZERO), Err(Cut)));
    }

    #[tokio::test]
    async fn what_is_tracked_though_ignored() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path();
        git(root, &["init", "-q"]);
        write(root, &["a b.log", "c.log"]);
        fs::write(root.join(".gitignore"), "*.log\n").unwrap();
        git(root, &["add", "-f", "a b.log"]);
        assert_eq!(tracked_though_ignored(root).await.unwrap(), ["a b.log"]);
    }
}
